"""AWS Signature Version 4: the canonical request, its signature, and whose credentials sign it."""
