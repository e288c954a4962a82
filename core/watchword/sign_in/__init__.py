"""Signing a person in: the library calls behind `watchword login`."""
