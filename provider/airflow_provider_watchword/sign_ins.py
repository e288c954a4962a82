"""What this deployment's token store knows of the users who have signed in, for a DAG that watches it."""

from __future__ import annotations

from airflow_provider_watchword.configuration import token_store
from watchword.tokens.health import Health, health


def sign_ins() -> list[Health]:
    """Return how each sign-in is, nothing secret; raises StoreError where the store can't be used."""
    return [each for each in health(token_store()) if each.signs_in]
