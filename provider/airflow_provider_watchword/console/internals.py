"""The internal names of Airflow that the console uses, in one place: a version of Airflow may move them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import ConnectionDetails
from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user, resolve_user_from_token
from airflow.configuration import conf, ensure_secrets_loaded
from airflow.models.connection import Connection, sanitize_conn_id
from airflow.models.crypto import get_fernet
from airflow.models.log import Log
from airflow.secrets.base_secrets import BaseSecretsBackend
from airflow.secrets.environment_variables import CONN_ENV_PREFIX, EnvironmentVariablesBackend
from airflow.secrets.metastore import MetastoreBackend
from airflow.utils.session import create_session
from fastapi import HTTPException
from starlette.requests import Request

__all__ = [
    "CONN_ENV_PREFIX",
    "BaseSecretsBackend",
    "BaseUser",
    "Connection",
    "EnvironmentVariablesBackend",
    "MetastoreBackend",
    "create_session",
]

TEAM_SEP = "___"
"""What follows the name of a team in environment variables. Airflow 3.2 has no constant for it."""

Verb = Literal["GET", "POST", "PUT", "DELETE"]


async def account_of(request: Request) -> BaseUser | None:
    """Return the person that a request's token, cookie or middleware names; None for an anonymous visitor."""
    try:
        return await get_user(request, None, await bearer_scheme(request))
    except HTTPException:
        return None


async def account_of_cookie(request: Request) -> BaseUser | None:
    """Return the person that the session's cookie alone names; None for an anonymous visitor."""
    try:
        return await resolve_user_from_token(request.cookies.get(COOKIE_NAME_JWT_TOKEN))
    except HTTPException:
        return None


def may(account: BaseUser, verb: Verb, name: str, team: str | None) -> bool:
    """Return whether the auth manager lets a person do something with a connection, existing or not."""
    details = ConnectionDetails(conn_id=name or None, team_name=team)
    return bool(get_auth_manager().is_authorized_connection(method=verb, details=details, user=account))


def readable(account: BaseUser, names: Collection[str], team: str | None) -> set[str]:
    """Return which of a team's connections a person may read; the auth manager is asked once."""
    return set(
        get_auth_manager().filter_authorized_connections(
            conn_ids=set(names), user=account, method="GET", team_name=team
        )
    )


def has_teams() -> bool:
    """Return whether connections may belong to teams."""
    return bool(conf.getboolean("core", "multi_team", fallback=False))


def base_url() -> str:
    """Return the configured address of the API server without a slash at the end, "" if there is none."""
    return (conf.get("api", "base_url", fallback="") or "").rstrip("/")


def derived_key(purpose: str) -> str:
    """Return a secret of this deployment for one purpose; the same in every replica of the API server."""
    key = get_signing_key("api", "secret_key")
    return hmac.new(key.encode(), purpose.encode(), "sha256").hexdigest()


def can_be_named(name: str) -> bool:
    """Return whether Airflow takes a text as the id of a connection."""
    return sanitize_conn_id(name) == name


def decrypted(text: str | None, *, is_encrypted: bool) -> str | None:
    """Return a column of a connection in clear.

    Raises:
        ValueError: it was encrypted with another key.
    """
    if not text or not is_encrypted:
        return text
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - beside its only use

    try:
        return get_fernet().decrypt(text.encode()).decode()
    except InvalidToken:
        problem = "it was encrypted with another key"
    raise ValueError(problem)


def secrets_backends() -> Sequence[BaseSecretsBackend]:
    """Return the places in which this process looks for a connection, in order."""
    return list(ensure_secrets_loaded())


def log_entry(event: str, account: BaseUser, facts: Mapping[str, object]) -> Log:
    """Return a row of the audit log, as the REST API writes it."""
    name = account.get_name()
    return Log(event=event, owner=name, owner_display_name=name, extra=json.dumps(facts))
