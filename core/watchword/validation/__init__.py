"""Validating a connection: its credential is proven by using it, or the report says what is wrong."""
