"""The OAuth 2.0 token endpoint (RFC 6749): client authentication, the token request and its response."""
