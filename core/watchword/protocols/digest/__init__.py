"""HTTP Digest (RFC 7616): the challenge of a server, and the response to it."""
