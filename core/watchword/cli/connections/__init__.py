"""The commands `watchword connections …`: a module for each, and what they share."""
