"""Thin adapters that step a method's flow inside an HTTP library."""
