"""HTTP Digest (RFC 7616): the challenge that a server sends, and the answer to it."""
