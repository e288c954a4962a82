"""Session login: the request that opens a session, what its answer holds, and the logout."""
