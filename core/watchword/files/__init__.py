"""Files of this machine: whether other users could replace them, and what was really opened."""
