"""Airbyte's low-code manifests."""
