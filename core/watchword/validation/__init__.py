"""Prove a credential by using it, and say what is wrong where that fails."""
