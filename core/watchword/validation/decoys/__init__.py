"""Decoys: credentials of the same form as the real ones that no API has ever issued."""
