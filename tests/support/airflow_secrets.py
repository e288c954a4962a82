"""Secrets that each test has for itself, with Airflow in its process. Airflow is imported before it."""

from __future__ import annotations

import pytest
from airflow.sdk._shared.secrets_masker import reset_secrets_masker

from airflow_provider_watchword import adapter_cache
from watchword.redact import texts
from watchword.redact.registry import Registry
from watchword.tokens import token_caches


def give_own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a test its own registry of secrets and its own masker of Airflow.

    Airflow's masker compiles the pattern of all its secrets anew for each secret that it learns. With the
    secrets of a hundred tests, telling them to the masker of a forked child takes half a minute.
    """
    monkeypatch.setattr(adapter_cache, "_adapters", type(adapter_cache._adapters)())
    monkeypatch.setattr(token_caches, "_token_caches", token_caches.TokenCaches())
    registry = Registry()
    registry._listeners = texts._registry._listeners  # the provider subscribes once in a process
    monkeypatch.setattr(texts, "_registry", registry)
    reset_secrets_masker()
