"""Connections by name: where they are stored, and the forms in which they are written."""
