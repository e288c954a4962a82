"""OAuth 1.0 (RFC 5849): sign requests, and read the responses of a sign-in."""
