"""AWS Signature Version 4: the canonical request, its signature, and the credentials that sign it."""
