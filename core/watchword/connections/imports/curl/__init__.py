"""Commands of curl."""
