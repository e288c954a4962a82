"""The sign-ins in this deployment's token store, for a DAG that watches them."""

from __future__ import annotations

from airflow_provider_watchword.configuration import token_store
from watchword.tokens.health import Health, health


def sign_ins() -> list[Health]:
    """Return the health of each sign-in, without secrets; raises StoreError if the store can't be used."""
    return [credential for credential in health(token_store()) if credential.signs_in]
