"""The protocols that methods use, one package each, without I/O; `templates` fills in JSON fields."""
