"""The OAuth 2.0 token endpoint (RFC 6749): the request, the call and the reply."""
