"""Requests and responses as the standards describe them: places, origins, URLs, bodies, faults; no methods."""
