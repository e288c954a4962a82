"""A resource that holds a secret in clear is named when Dagster loads it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest

from dagster_watchword import (
    ApiKeyResource,
    ApiResource,
    BasicResource,
    JwtBearerResource,
    SessionLoginResource,
    clear_secrets,
)
from watchword_playground import Playground

URL = "https://api.acme.test"
LOGGER = "dagster_watchword.clear_secrets"


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clear_secrets, "_warned", set())


@pytest.fixture
def warned(caplog: pytest.LogCaptureFixture) -> Callable[..., list[str]]:
    """Return a function that loads a resource as Dagster does, and returns the warnings."""
    caplog.set_level(logging.WARNING, logger=LOGGER)

    def load(resource: ApiResource) -> list[str]:
        dg.Definitions(resources={"acme": resource}).get_repository_def()
        return [record.getMessage() for record in caplog.records if record.name == LOGGER]

    return load


def test_a_literal_secret_is_warned_of_once(warned: Callable[..., list[str]]) -> None:
    """The warning names resource and field, never the value, and comes once for each field."""
    resource = ApiKeyResource(
        name="acme",
        base_url=URL,
        api_key="made-up-key",
        secret_parameters={"header:X-Id": "made-up-id", "header:X-Ref": "env:ID"},
    )
    warned(resource)
    messages = warned(resource)
    assert [message.partition(" holds ")[0] for message in messages] == [
        "The field secret_parameters.header:X-Id of ApiKeyResource 'acme'",
        "The field api_key of ApiKeyResource 'acme'",
    ]
    assert "made-up" not in "".join(messages)
    assert "env:NAME" in messages[0]


@pytest.mark.parametrize(
    ("resource_class", "fields", "names"),
    [
        (ApiKeyResource, {"api_key": "literal:k"}, ["api_key"]),
        (BasicResource, {"username": "ann", "password": "p"}, ["password"]),
        (ApiKeyResource, {"api_key": "env:K", "proxy": "http://ann:p@proxy.test:3128"}, ["proxy"]),
        (ApiKeyResource, {"api_key": "env:K", "test_url": "https://ann:p@a.test/me"}, ["test_url"]),
        (
            SessionLoginResource,
            {"login_url": URL, "login_body": {"user": "ann", "password": "p"}},
            ["login_body.password"],
        ),
        (JwtBearerResource, {"jwt_secret": "-----BEGIN PRIVATE KEY-----"}, ["jwt_secret"]),
        (
            SessionLoginResource,
            {"login_url": URL, "login_with": {"login_with": {"api_key": "k"}, "password": "{{p"}},
            ["login_with.login_with.api_key", "login_with.password"],
        ),
    ],
)
def test_every_kind_of_literal_is_found(
    resource_class: type[ApiResource],
    fields: dict[str, Any],
    names: list[str],
    warned: Callable[..., list[str]],
) -> None:
    """Passwords, keys, a proxy's user, a URL's user and a login's body are found by their fields."""
    messages = warned(resource_class(base_url=URL, **fields))
    expected = [f"The field {name} of {resource_class.__name__} holds the secret itself" for name in names]
    assert [message.partition(",")[0] for message in messages] == expected


@pytest.mark.parametrize(
    ("resource_class", "fields"),
    [
        (ApiKeyResource, {"api_key": dg.EnvVar("K"), "proxy": "http://proxy.test:3128"}),
        (ApiKeyResource, {"api_key": "gcp:k", "secret_parameters": {"header:X-Id": dg.EnvVar("ID")}}),
        (BasicResource, {"username": "key", "password": ""}),
        (
            SessionLoginResource,
            {"login_url": URL, "login_with": {"api_key": "env:K", "password": "{{secret:P}}"}},
        ),
        (ApiKeyResource, {"api_key": "file:/run/secrets/k", "client_private_key": "/run/secrets/key.pem"}),
        (
            SessionLoginResource,
            {
                "login_url": URL,
                "login_body": {"password": "{{secret:password}}"},
                "secret_parameters": {"template:password": "env:P"},
            },
        ),
    ],
)
def test_references_variables_and_paths_are_no_secrets(
    resource_class: type[ApiResource], fields: dict[str, Any], warned: Callable[..., list[str]]
) -> None:
    """No warning comes for what only leads to a secret."""
    assert warned(resource_class(base_url=URL, **fields)) == []


def test_a_run_does_not_warn_of_the_value_of_a_variable(
    playground: Playground,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In a run Dagster fills in an EnvVar: that isn't a literal of the definitions."""
    fields = playground.document("api_key")
    monkeypatch.setenv("PLAYGROUND_KEY", fields["api_key"])
    resource = ApiKeyResource(
        name="playground",
        base_url=fields["base_url"],
        api_key=dg.EnvVar("PLAYGROUND_KEY"),
        key_name=fields.get("key_name", "X-API-Key"),
    )

    @dg.asset
    def airports(acme: ApiResource) -> None:
        with acme.session() as api:
            api.get("/v1/airports").raise_for_status()

    with caplog.at_level(logging.WARNING, logger=LOGGER):
        assert dg.materialize([airports], resources={"acme": resource}, instance=instance).success
    assert [record for record in caplog.records if record.name == LOGGER] == []
