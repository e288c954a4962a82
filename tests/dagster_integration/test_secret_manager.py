# No `from __future__ import annotations`: Dagster reads `ResourceDependency[...]` as an object.
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud.secretmanager_v1 import SecretManagerServiceClient

import watchword
from dagster_watchword import GoogleSecretManagerResource, secret_manager
from watchword import redact
from watchword_playground.secret_manager import FaultKind, SecretManagerServer

Materialize = Callable[..., dg.ExecuteInProcessResult]
Written = Callable[[dg.ExecuteInProcessResult], str]

PROJECT = "acme-prod"
SECRET = "canary-pässword-of-the-warehouse-5c1e"

# Dagster's own code for nested resources reads a property that Dagster has deprecated.
nests = pytest.mark.filterwarnings("ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning")


@dg.asset
def measured(secrets: GoogleSecretManagerResource) -> dg.MaterializeResult[None]:
    """Report the length of a secret, and nothing else of it."""
    return dg.MaterializeResult(metadata={"length": len(secrets.fetch_secret("warehouse"))})


@dg.asset(deps=[measured])
def again(secrets: GoogleSecretManagerResource) -> dg.MaterializeResult[None]:
    """Report the length in another step."""
    return dg.MaterializeResult(metadata={"length": len(secrets.fetch_secret("warehouse"))})


class Warehouse(dg.ConfigurableResource[Any]):
    """A user's resource that needs secrets."""

    secrets: dg.ResourceDependency[GoogleSecretManagerResource]


def length(result: dg.ExecuteInProcessResult, step: str) -> object:
    assert result.success
    (event,) = result.asset_materializations_for_node(step)
    return event.metadata["length"].value


@pytest.fixture
def secrets(server: SecretManagerServer) -> GoogleSecretManagerResource:
    """Give the resource of a project that has one secret."""
    server.put(PROJECT, "warehouse", SECRET)
    return GoogleSecretManagerResource(project_id=PROJECT)


def test_all_steps_of_a_process_make_one_call(
    secrets: GoogleSecretManagerResource, server: SecretManagerServer, materialize: Materialize
) -> None:
    """All steps and runs of a process share one call and one channel, although each makes its resource."""
    for _ in range(2):
        result = materialize([measured, again], secrets=secrets)
        assert (length(result, "measured"), length(result, "again")) == (len(SECRET), len(SECRET))
    assert (server.calls, server.connections) == ({"AccessSecretVersion": 1}, 1)


def test_a_secret_is_read_by_its_version(
    secrets: GoogleSecretManagerResource, server: SecretManagerServer
) -> None:
    """The latest version is read unless a number is given, and its text is unchanged."""
    server.put(PROJECT, "warehouse", "new\n")
    assert (secrets.fetch_secret("warehouse"), secrets.fetch_secret("warehouse", "1")) == ("new\n", SECRET)


def test_several_secrets_come_by_their_names(
    secrets: GoogleSecretManagerResource, server: SecretManagerServer
) -> None:
    """Several secrets are returned by their names, each with one call."""
    server.put(PROJECT, "shop", "of the shop")
    for _ in range(2):
        assert secrets.fetch_secrets(["shop", "warehouse"]) == {"shop": "of the shop", "warehouse": SECRET}
    assert server.calls == {"AccessSecretVersion": 2}


def test_missing_secrets_are_all_named(
    secrets: GoogleSecretManagerResource, server: SecretManagerServer
) -> None:
    """The error names all missing secrets at once."""
    with pytest.raises(watchword.SecretError, match="secret shop in Google Secret Manager of acme-prod"):
        secrets.fetch_secret("shop")
    with pytest.raises(watchword.SecretError, match=r"(?s)secret shop .*secret till ") as raised:
        secrets.fetch_secrets(["shop", "warehouse", "till"])
    assert [found.code.name for found in raised.value.findings] == ["secret_missing"] * 2
    with pytest.raises(watchword.SecretError, match="no version 7 of the secret warehouse"):
        secrets.fetch_secret("warehouse", "7")


def test_bytes_that_are_not_text_are_not_shown(
    secrets: GoogleSecretManagerResource, server: SecretManagerServer
) -> None:
    """Neither the error nor its cause shows bytes that aren't text; the client can read them."""
    server.put(PROJECT, "keystore", b"\xff\xfecanary-0b7a")
    with pytest.raises(watchword.SecretError, match="keystore") as raised:
        secrets.fetch_secret("keystore")
    assert raised.value.code == "secret_unreadable"
    assert "canary" not in str(raised.value)
    assert raised.value.__context__ is None
    name = f"projects/{PROJECT}/secrets/keystore/versions/latest"
    response = secrets.get_client().access_secret_version(request={"name": name})
    assert response.payload.data.endswith(b"canary-0b7a")


@pytest.mark.parametrize(
    ("kind", "code", "retryable"),
    [
        ("denied", "secrets_denied", False),
        ("unauthenticated", "secrets_unauthenticated", False),
        ("throttled", "secrets_throttled", True),
        ("hang", "secrets_timeout", True),
        ("unavailable", "secrets_unreachable", True),
        ("corrupt", "secret_corrupt", True),
    ],
)
def test_each_failure_has_a_code(
    kind: FaultKind,
    code: str,
    retryable: bool,  # noqa: FBT001 - a column of the table
    secrets: GoogleSecretManagerResource,
    server: SecretManagerServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each kind of failure has its own code, and a wrong checksum is one of them."""
    # An attempt that is slow for once would be another fault, and so would a connection that opens slowly.
    monkeypatch.setattr(secret_manager, "_ATTEMPT", 1.0)
    assert secrets.fetch_secret("warehouse")
    server.fault(kind, None)
    with pytest.raises(watchword.SecretError) as raised:
        GoogleSecretManagerResource(project_id=PROJECT, deadline=2.0).fetch_secret("warehouse")
    assert (raised.value.code, raised.value.retryable) == (code, retryable)
    assert "warehouse" in str(raised.value)


def test_without_caching_each_secret_is_fetched_again(
    secrets: GoogleSecretManagerResource, server: SecretManagerServer
) -> None:
    """With `cache_ttl=0` a new version is read at once, also of a secret that was missing before."""
    uncached = GoogleSecretManagerResource(project_id=PROJECT, cache_ttl=0)
    with pytest.raises(watchword.SecretError):
        uncached.fetch_secret("shop")
    for text in ("one", "two"):
        server.put(PROJECT, "shop", text)
        assert uncached.fetch_secret("shop") == text
    assert server.calls == {"AccessSecretVersion": 3}


def test_the_client_is_google_s_own_and_one(
    secrets: GoogleSecretManagerResource, server: SecretManagerServer
) -> None:
    """`get_client` returns Google's own client, one for all resources with the same fields."""
    client = secrets.get_client()
    assert isinstance(client, SecretManagerServiceClient)
    assert GoogleSecretManagerResource(project_id=PROJECT).get_client() is client
    assert GoogleSecretManagerResource(project_id="acme-dev").get_client() is not client


def test_regional_secrets_are_found_in_their_location(
    secrets: GoogleSecretManagerResource, server: SecretManagerServer
) -> None:
    """A regional secret is read in its location; the project may come from the environment."""
    server.put(PROJECT, "warehouse", "of Frankfurt", location="europe-west3")
    assert GoogleSecretManagerResource(location="europe-west3").fetch_secret("warehouse") == "of Frankfurt"


def test_fields_take_environment_variables(
    secrets: GoogleSecretManagerResource, materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `EnvVar` in a field is resolved in a run and refused outside of one."""
    monkeypatch.setenv("SECRETS_PROJECT", PROJECT)
    resource = GoogleSecretManagerResource(project_id=dg.EnvVar("SECRETS_PROJECT"))
    assert length(materialize([measured], secrets=resource), "measured") == len(SECRET)
    with pytest.raises(watchword.SecretError, match="SECRETS_PROJECT") as refused:
        resource.fetch_secret("warehouse")
    assert refused.value.code == "reference_unresolved"


@nests
def test_it_nests_in_another_resource(secrets: GoogleSecretManagerResource, materialize: Materialize) -> None:
    """Another resource can depend on it by `ResourceDependency[GoogleSecretManagerResource]`."""

    @dg.asset(name="measured")
    def inner(warehouse: Warehouse) -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"length": len(warehouse.secrets.fetch_secret("warehouse"))})

    assert length(materialize([inner], warehouse=Warehouse(secrets=secrets)), "measured") == len(SECRET)


def test_dagster_stores_no_secret(
    secrets: GoogleSecretManagerResource,
    server: SecretManagerServer,
    materialize: Materialize,
    written: Written,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """No event, configuration, output or repr holds the secret, also if a step fails; watchword masks it."""

    @dg.asset
    def failing(secrets: GoogleSecretManagerResource) -> None:
        secrets.fetch_secret("warehouse")
        server.fault("denied", None)
        secrets.fetch_secret("till")

    result = materialize([failing, measured], secrets=secrets)
    assert not result.success
    out, err = capfd.readouterr()
    everything = written(result) + out + err + repr(secrets) + str(dict(secrets))
    assert "secrets_denied" in everything
    assert not [form for form in redact.forms(SECRET) if form in everything]
    assert redact.text(f"password={SECRET}") == "password=***"


def test_it_acts_as_the_last_account_of_the_chain(
    server: SecretManagerServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Key file and chain become Google's credentials, as their private attributes show."""
    monkeypatch.delenv("SECRET_MANAGER_EMULATOR_HOST")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "key.json"
    account = {
        "type": "service_account",
        "project_id": "acme-keys",
        "private_key": pem.decode(),
        "client_email": "dagster@acme-keys.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    path.write_text(json.dumps(account), encoding="utf-8")
    chain = ["a@acme-keys.iam.gserviceaccount.com", "b@acme-keys.iam.gserviceaccount.com"]
    resource = GoogleSecretManagerResource(key_path=str(path), impersonation_chain=chain)
    credentials: Any = resource.get_client().transport._credentials
    assert credentials._source_credentials.service_account_email == account["client_email"]
    assert (credentials._delegates, credentials._target_principal) == (chain[:1], chain[1])


def test_a_missing_key_file_is_reported(
    server: SecretManagerServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A missing key file gives the error of missing credentials."""
    monkeypatch.delenv("SECRET_MANAGER_EMULATOR_HOST")
    with pytest.raises(watchword.SecretError) as raised:
        GoogleSecretManagerResource(key_path=str(tmp_path / "none.json")).fetch_secret("warehouse")
    assert raised.value.code == "secrets_unauthenticated"


def test_a_missing_extra_is_named(server: SecretManagerServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a missing extra says what to install."""
    monkeypatch.setitem(sys.modules, "google.cloud.secretmanager_v1", None)
    resource = GoogleSecretManagerResource()
    for ask in (resource.get_client, lambda: resource.fetch_secret("warehouse")):
        with pytest.raises(watchword.SecretError, match=r"watchword\[gcp\]") as raised:
            ask()
        assert raised.value.code == "extra_missing"


def test_nothing_of_google_s_is_imported_with_a_definition() -> None:
    """Loading definitions imports no library of Google."""
    code = (
        "import sys, dagster as dg, dagster_watchword as dw\n"
        "dg.Definitions(resources={'a': dw.StoredConnectionResource(name='a', source='gcp://acme'),"
        " 'b': dw.GoogleSecretManagerResource(project_id='acme')})\n"
        "of_google = ('google.cloud', 'google.auth', 'google.api')\n"
        "print([name for name in sys.modules if name.startswith(of_google)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
