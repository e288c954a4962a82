"""A connection document: it is read, its references are resolved, and its credential is put to use."""
