"""A connection document: read, with its references resolved."""
