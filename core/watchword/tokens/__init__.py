"""Token life: what a token is, and the keeper that fetches each one once."""
