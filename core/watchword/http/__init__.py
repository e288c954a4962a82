"""Requests and responses as the standards describe them: placement, origins, URLs, bodies, network faults."""
