"""The specifications that methods speak, a package each; what they share is in `templates`."""
