# No `from __future__ import annotations`: Dagster reads `ResourceDependency[...]` as an object.
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

import watchword
from dagster_watchword import ApiResource, StoredConnectionResource, build_credentials_check
from watchword.connections.airflow_format import airflow_json
from watchword.connections.by_name import keep
from watchword.redact import forms
from watchword.secrets import sources
from watchword.secrets.cache import Caching
from watchword.secrets.google.calls import CallTimeouts
from watchword.secrets.google.manager import Options, SecretManager
from watchword.secrets.vault import Vault
from watchword_playground import Playground
from watchword_playground.secret_manager import SecretManagerServer

Materialize = Callable[..., dg.ExecuteInProcessResult]
Written = Callable[[dg.ExecuteInProcessResult], str]

PROJECT = "acme-prod"
GOOGLE = f"gcp://{PROJECT}"
SECRET_NAME = "airflow-connections-shop"
ROWS = 3376

GATE = build_credentials_check("playground", retry_policy=dg.RetryPolicy(max_retries=1))

FORMS: Mapping[str, Callable[[dict[str, Any]], str]] = {"bare": json.dumps, "Airflow's": airflow_json}

# Dagster's own code for nested resources reads a property that Dagster has deprecated.
nests = pytest.mark.filterwarnings("ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning")


@dg.asset(deps=[GATE])
def airports(playground: ApiResource) -> dg.MaterializeResult[None]:
    """Count the airports with any resource."""
    with playground.session() as api:
        return dg.MaterializeResult(metadata={"total": api.get("/v1/airports").json()["total"]})


class Warehouse(dg.ConfigurableResource[Any]):
    """A user's resource that needs an API."""

    api: dg.ResourceDependency[ApiResource]


@dg.asset(name="airports")
def counted(warehouse: Warehouse) -> dg.MaterializeResult[None]:
    """Count the airports with a resource that is nested in another."""
    with warehouse.api.session() as api:
        return dg.MaterializeResult(metadata={"total": api.get("/v1/airports").json()["total"]})


def total(result: dg.ExecuteInProcessResult) -> object:
    assert result.success
    (event,) = result.asset_materializations_for_node("airports")
    return event.metadata["total"].value


def reason(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Return description and metadata of the failed check, after which nothing was extracted."""
    assert not result.asset_materializations_for_node("airports")
    found = result.get_asset_check_evaluations()[0]
    assert not found.passed
    return {"description": found.description, **{name: e.value for name, e in found.metadata.items()}}


def codes(result: dg.ExecuteInProcessResult) -> list[object]:
    """Return the code of each attempt of the check."""
    return [found.metadata["code"].value for found in result.get_asset_check_evaluations()]


@pytest.fixture
def fields(playground: Playground) -> dict[str, Any]:
    """Give a document that can be validated."""
    return {**playground.document("api_key"), "test_url": f"{playground.url}/api_key/v1/me"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", ["", "local", GOOGLE, "gcp"])
def test_one_stored_connection_serves_gate_and_extraction(
    source: str,
    form: str,
    fields: dict[str, Any],
    vault: Vault,
    server: SecretManagerServer,
    materialize: Materialize,
) -> None:
    """One stored connection, in the vault or at Google, as a document or in Airflow's form, serves both."""
    payload = FORMS[form](fields)
    if source in {"", "local"}:
        vault.put(SECRET_NAME, payload.encode())
    else:
        server.put(PROJECT, SECRET_NAME, payload)
    resource = StoredConnectionResource(name="shop", source=source)
    assert total(materialize([GATE, airports], playground=resource)) == ROWS
    assert resource.connection.name == "shop"
    assert server.calls == ({} if source in {"", "local"} else {"AccessSecretVersion": 1})


def test_the_environment_is_one_of_the_configured_sources(
    fields: dict[str, Any], materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a source, the connection is read as `watchword.connect` reads it, also from the environment."""
    monkeypatch.setenv("WATCHWORD_SECRETS", "env")
    monkeypatch.setenv("WATCHWORD_CONN_SHOP", json.dumps(fields))
    assert total(materialize([GATE, airports], playground=StoredConnectionResource(name="shop"))) == ROWS


def test_a_step_reads_the_connection_that_is_stored_then(
    fields: dict[str, Any], vault: Vault, materialize: Materialize
) -> None:
    """The next run uses a new key without a new deployment."""
    resource = StoredConnectionResource(name="shop", source="local")
    keep(vault, "shop", {**fields, "api_key": "the-key-of-last-year"})
    assert reason(materialize([GATE, airports], playground=resource))["code"] == "unauthorized_401"
    keep(vault, "shop", fields)
    assert total(materialize([GATE, airports], playground=resource)) == ROWS


def test_it_shares_the_token_of_its_name(
    playground: Playground, vault: Vault, materialize: Materialize
) -> None:
    """The resource uses the token that `watchword.connect` has fetched, as another host would."""
    keep(vault, "shop", playground.document("oauth2_client_credentials"))
    with watchword.connect("shop").session() as api:
        api.get("/v1/me").raise_for_status()
    resource = StoredConnectionResource(name="shop", source="local")
    with resource.session() as api:
        api.get("/v1/me").raise_for_status()
    assert playground.token_requests == 1


def test_name_and_source_take_environment_variables(
    fields: dict[str, Any], vault: Vault, materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name and source take an `EnvVar`, which is refused outside of a run."""
    monkeypatch.setenv("SHOP_NAME", "shop")
    monkeypatch.setenv("SHOP_SOURCE", "local")
    keep(vault, "shop", fields)
    resource = StoredConnectionResource(name=dg.EnvVar("SHOP_NAME"), source=dg.EnvVar("SHOP_SOURCE"))
    assert total(materialize([GATE, airports], playground=resource)) == ROWS
    with pytest.raises(watchword.DocumentError, match=r"(?s)SHOP_NAME.*SHOP_SOURCE") as refused:
        resource.session()
    assert refused.value.code == "reference_unresolved"


@nests
def test_it_nests_in_another_resource(
    fields: dict[str, Any], vault: Vault, materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another resource can depend on it by `ResourceDependency[ApiResource]`, `EnvVar` included."""
    monkeypatch.setenv("SHOP_NAME", "shop")
    keep(vault, "shop", fields)
    inner = StoredConnectionResource(name=dg.EnvVar("SHOP_NAME"), source="local")
    assert total(materialize([counted], warehouse=Warehouse(api=inner))) == ROWS


@pytest.mark.parametrize(
    ("source", "place"),
    [("", "env, local"), ("local", "the vault sqlite:///"), (GOOGLE, "Google Secret Manager of acme-prod")],
)
def test_a_connection_that_is_missing_closes_the_gate(
    source: str, place: str, vault: Vault, server: SecretManagerServer, materialize: Materialize
) -> None:
    """The check names the source that lacks the connection, and isn't tried again."""
    result = materialize([GATE, airports], playground=StoredConnectionResource(name="shop", source=source))
    assert codes(result) == ["connection_missing"]
    assert "'shop'" in reason(result)["description"]
    assert place in reason(result)["description"]


def test_a_denied_connection_closes_the_gate(
    fields: dict[str, Any], server: SecretManagerServer, materialize: Materialize
) -> None:
    """A missing permission has its own code and advice, and is not tried again."""
    server.put(PROJECT, SECRET_NAME, json.dumps(fields))
    server.fault("denied", None)
    resource = StoredConnectionResource(name="shop", source=GOOGLE)
    result = materialize([GATE, airports], playground=resource)
    assert codes(result) == ["secrets_denied"]
    assert "roles/secretmanager.secretAccessor" in reason(result)["advice"]
    assert server.calls == {"AccessSecretVersion": 1}


def test_a_source_that_is_down_is_tried_again(
    fields: dict[str, Any],
    server: SecretManagerServer,
    materialize: Materialize,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A failure of the source is transient, and the check's retry policy applies."""
    options = Options(Caching(fresh=0, missing=0, grace=0), CallTimeouts(deadline=1.0, attempt=1.0))
    impatient = SecretManager(PROJECT, options=options)
    monkeypatch.setattr(sources, "secret_store", lambda _: impatient)
    server.put(PROJECT, SECRET_NAME, json.dumps(fields))
    assert impatient.client() is not None  # its import, and its making, take no time of a call
    server.fault("unavailable", None)
    resource = StoredConnectionResource(name="shop", source=GOOGLE)
    result = materialize([GATE, airports], playground=resource)
    assert codes(result) == ["secrets_unreachable"] * 2
    assert reason(result)["description"].startswith("transient: unreachable: secrets_unreachable")


@pytest.mark.parametrize(
    ("store", "code"),
    [
        ("sqlite:///{folder}/damaged.db", "store_damaged"),
        ("mysql://root:canary-3e9a@db/tokens", "store_unsuitable"),
    ],
)
def test_a_vault_that_can_t_be_used_closes_the_gate(
    store: str, code: str, materialize: Materialize, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A store that can't be used gives a failed check with a code, not a traceback."""
    tmp_path.joinpath("damaged.db").write_bytes(b"no database at all" * 300)
    monkeypatch.setenv("WATCHWORD_STORE", store.format(folder=tmp_path))
    resource = StoredConnectionResource(name="shop", source="local")
    result = materialize([GATE, airports], playground=resource)
    assert reason(result)["code"] == code
    assert "canary-3e9a" not in str(reason(result))


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"canary-91d4", "secret_unreadable"),
        (b"\xff\xfe\x00canary-91d4", "secret_unreadable"),
        (b'{"method": "api_key", "base_url": "https://a.test", "api_key": 91}', "wrong_type"),
        (b'{"method": "apikey", "api_key": "canary-91d4"}', "unknown_method"),
        (
            b'{"method": "api_key", "base_url": "https://a.test", "api_key": "env:HOME"}',
            "reference_not_allowed",
        ),
    ],
)
def test_an_unusable_stored_connection_closes_the_gate(
    payload: bytes, code: str, vault: Vault, materialize: Materialize
) -> None:
    """An unusable stored connection, or one with a forbidden reference, gives a failed check with a code."""
    vault.put(SECRET_NAME, payload)
    resource = StoredConnectionResource(name="shop", source="local")
    result = materialize([GATE, airports], playground=resource)
    assert reason(result)["code"] == code
    assert "canary-91d4" not in reason(result)["description"]


@pytest.mark.parametrize("source", ["env", "vault", "gcp://Acme Prod", "https://acme.test"])
def test_an_unknown_source_is_refused_with_advice(source: str) -> None:
    """The advice for an unknown source is about the resource's field."""
    report = StoredConnectionResource(name="shop", source=source).validate()
    assert report.deciding.code.name == "secrets_unsuitable"
    assert "Set source to local, gcp://PROJECT" in report.deciding.advice


@pytest.mark.parametrize("name", ["a/b", "../shop", "a b"])
def test_an_illegal_name_is_refused(name: str, vault: Vault) -> None:
    """A name that can't be that of a connection's secret is refused."""
    report = StoredConnectionResource(name=name, source="local").validate()
    assert report.deciding.code.name == "secret_name_illegal"


def test_a_missing_connection_fails_the_setup(vault: Vault, materialize: Materialize) -> None:
    """With `validate_on_setup`, a missing connection ends the run with the reason before any asset runs."""
    resource = StoredConnectionResource(name="shop", source="local", validate_on_setup=True)
    failed = materialize([GATE, airports], playground=resource)
    (event,) = [event for event in failed.all_events if event.event_type_value == "RESOURCE_INIT_FAILURE"]
    assert event.engine_event_data.error is not None
    assert event.engine_event_data.error.cls_name == "CredentialsError"
    assert "connection_missing" in event.engine_event_data.error.message
    assert not [event for event in failed.all_events if event.event_type_value == "STEP_START"]


@pytest.mark.parametrize("way", ["good", "revoked", "ungated", "on setup"])
def test_dagster_stores_the_name_alone(
    way: str,
    fields: dict[str, Any],
    playground: Playground,
    vault: Vault,
    materialize: Materialize,
    written: Written,
) -> None:
    """Configuration, plan, events and repr hold the name and the URL of a call, but no document or secret."""
    keep(vault, "shop", fields)
    if way != "good":
        playground.revoke("api_key")
    resource = StoredConnectionResource(name="shop", source="local", validate_on_setup=way == "on setup")
    assert resource.connection.name == "shop"
    gate = build_credentials_check("playground", blocking=way != "ungated")
    result = materialize([gate, airports], playground=resource)
    assert result.success == (way == "good")
    everything = written(result) + repr(resource) + str(dict(resource))
    assert "shop" in everything
    assert not [form for form in forms(fields["api_key"]) if form in everything]
    if way == "good":
        assert fields["key_name"] not in everything
