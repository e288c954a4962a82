from __future__ import annotations

import logging
from collections.abc import Callable

import dagster as dg
import pytest

from dagster_watchword import ApiKeyResource, ApiResource, StoredConnectionResource, build_credentials_check
from watchword.connections.by_name import keep
from watchword.secrets.vault import Vault
from watchword.stores import open_store
from watchword.validation.history import PastVerdict, _warned, history
from watchword_playground import Playground

MakeResource = Callable[..., ApiResource]
Materialize = Callable[..., dg.ExecuteInProcessResult]

GATE = build_credentials_check("playground")


@dg.asset
def airports(playground: ApiResource) -> None:
    """Extract one page."""
    with playground.session() as api:
        api.get("/v1/airports").raise_for_status()


def verdicts(name: str = "playground") -> list[PastVerdict]:
    return list(history(open_store(), name))


def test_the_check_notes_its_verdict(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """Each run of the credentials check leaves its verdict, with the asset and the run."""
    first = materialize([GATE], playground=make_resource())
    playground.revoke("api_key")
    second = materialize([GATE], playground=make_resource())
    assert [(past.code, past.where.kind, past.where.job) for past in verdicts()] == [
        ("unauthorized_401", "dagster", f"playground_credentials, run {second.run_id}"),
        ("authenticated", "dagster", f"playground_credentials, run {first.run_id}"),
    ]


def test_a_resource_notes_its_verdict(make_resource: MakeResource, materialize: Materialize) -> None:
    """A validation before each step leaves its verdict with the run, and so does a direct call."""
    run = materialize([airports], playground=make_resource(validate_on_setup=True))
    assert make_resource().validate()
    assert [past.where.job for past in verdicts()] == ["", f"resource, run {run.run_id}"]


def test_a_resource_without_a_name_notes_nothing(playground: Playground) -> None:
    """A resource without a name has no history, and one whose name is not resolved yet has none either."""
    fields = {name: value for name, value in playground.document("api_key").items() if name != "method"}
    assert ApiKeyResource(**fields).validate(f"{playground.url}/api_key/v1/me")
    unresolved = StoredConnectionResource(name=dg.EnvVar("WATCHWORD_TEST_NAME"))
    assert unresolved.validate().deciding.code.name == "reference_unresolved"
    assert StoredConnectionResource(name="nobody").validate().deciding.code.name == "connection_missing"
    assert open_store().history.all() == {}


def test_a_stored_connection_that_can_t_be_used_is_noted(vault: Vault, playground: Playground) -> None:
    """A stored connection whose document is wrong leaves that verdict under its name."""
    keep(vault, "acme", {**playground.document("api_key"), "api_keys": "x"})
    assert not StoredConnectionResource(name="acme").validate()
    assert [past.code for past in verdicts("acme")] == ["unknown_field"]


def test_a_store_that_is_down_leaves_the_check_s_verdict(
    make_resource: MakeResource,
    materialize: Materialize,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The check passes as it did if the store can't be used, and the log says that the verdict is missing."""
    _warned.clear()
    monkeypatch.setenv("WATCHWORD_STORE", "nonsense")
    with caplog.at_level(logging.WARNING):
        assert materialize([GATE], playground=make_resource()).success
    assert "The verdict on 'playground' is missing from its history: store_unsuitable" in caplog.text
