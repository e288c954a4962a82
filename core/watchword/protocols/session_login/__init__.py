"""Session login: the request that opens a session, the token in its response, and the logout."""
