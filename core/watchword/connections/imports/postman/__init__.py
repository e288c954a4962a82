"""Postman's collections."""
