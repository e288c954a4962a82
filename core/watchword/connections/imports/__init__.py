"""Files and texts from other tools, each read as connections."""
