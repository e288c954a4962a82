"""Airflow and Dagster in one environment: one document authenticates in both, with one token."""

from __future__ import annotations

import json
import os
import tempfile
import warnings

import pytest

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="watchword-together-"))
os.environ["WATCHWORD_HOME"] = tempfile.mkdtemp(prefix="watchword-together-")

with warnings.catch_warnings():
    # Airflow, Dagster and their dependencies emit warnings on import that don't concern this project.
    warnings.simplefilter("ignore")
    import airflow.providers.http.hooks.http  # noqa: F401 - imported here for its warnings
    import dagster as dg

    from airflow_provider_watchword import ApiHook
    from dagster_watchword import ApiResource, build_credentials_check, resource_from_document
    from tests.support.airflow_secrets import give_own_secrets
    from watchword_playground import CREDENTIALS, Playground


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch):
    give_own_secrets(monkeypatch)


@pytest.fixture
def playground():
    with Playground() as running:
        yield running


@pytest.mark.parametrize("method", sorted(set(CREDENTIALS) - {"none"}))
def test_one_document_serves_both_hosts(playground, monkeypatch, method):
    """One document authenticates an Airflow hook and a Dagster resource."""
    fields = playground.document(method)
    fields["test_url"] = f"{fields['base_url']}/v1/me"
    rest = {name: value for name, value in fields.items() if name not in {"base_url", "username", "password"}}
    stored = {
        "conn_type": "watchword", "host": fields["base_url"], "login": fields.get("username"),
        "password": fields.get("password"), "extra": {"schema_version": 1, **rest},
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_ACME", json.dumps(stored))

    hook = ApiHook("acme")
    assert hook.validate().ok
    with hook.get_conn() as api:
        assert api.get("/v1/airports").json()["total"] == 3376

    gate = build_credentials_check("acme")

    @dg.asset(deps=[gate])
    def airports(acme: ApiResource) -> int:
        with acme.session() as api:
            return api.get("/v1/airports").json()["total"]

    resources = {"acme": resource_from_document({"schema_version": 1, **fields}, "acme")}
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([gate, airports], resources=resources, instance=instance)
    assert result.output_for_node("airports") == 3376


def test_both_hosts_use_one_token_in_one_process(playground, monkeypatch):
    """A hook and a resource of the same document make one token request."""
    fields = playground.document("oauth2_client_credentials")
    rest = {name: value for name, value in fields.items() if name != "base_url"}
    stored = {"conn_type": "watchword", "host": fields["base_url"], "extra": {"schema_version": 1, **rest}}
    monkeypatch.setenv("AIRFLOW_CONN_ACME", json.dumps(stored))
    with ApiHook("acme").get_conn() as api:
        api.get("/v1/me").raise_for_status()
    with resource_from_document(fields, "acme").session() as api:
        api.get("/v1/me").raise_for_status()
    assert playground.token_requests == 1
