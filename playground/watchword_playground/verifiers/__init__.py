"""One verifier per method, each built on somebody else's code."""
