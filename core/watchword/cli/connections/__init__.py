"""The commands `watchword connections …`: one module for each or for a few, and what they share."""
