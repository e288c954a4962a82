"""Adapters for HTTP clients: each steps a method's flow inside one library."""
