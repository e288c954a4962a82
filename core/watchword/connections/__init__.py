"""Connections by name: where they are kept, and the forms in which they are written."""
