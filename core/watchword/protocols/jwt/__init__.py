"""JSON Web Tokens that are signed here (RFC 7519, RFC 7515): algorithm, key, content and signature."""
