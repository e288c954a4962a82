"""Sign JSON Web Tokens (RFC 7519, RFC 7515): algorithm, key, content and signature."""
