"""DPoP (RFC 9449): tokens that are bound to a key, and the proofs of that key in each request."""
