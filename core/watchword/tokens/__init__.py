"""The life of a token: fetched once, shared by threads, processes and hosts, renewed without a loss."""
