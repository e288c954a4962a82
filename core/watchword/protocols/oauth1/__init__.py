"""OAuth 1.0 (RFC 5849): what is signed, and what servers answer."""
