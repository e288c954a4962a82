"""Where secrets and connections are kept by name: Google Secret Manager, the encrypted vault."""
