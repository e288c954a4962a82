"""OAuth 1.0 (RFC 5849): signatures, and the sign-in in three steps that tokens come from."""
