"""Signatures by HMAC (RFC 2104) that an API has designed itself, described by templates of what is signed."""
