"""Requests and responses: the address as it was sent, refusals, and the pages that people see."""
