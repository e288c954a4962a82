"""One verifier per method, each built on independent code."""
