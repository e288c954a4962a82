# No `from __future__ import annotations`: Dagster reads `ResourceDependency[...]` as an object.
import pickle  # noqa: TID251 - to see it refused
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest
import requests
from pydantic import ValidationError

import watchword
from dagster_watchword import (
    RESOURCES,
    ApiKeyResource,
    ApiResource,
    CustomResource,
    DescribedResource,
    NoAuthenticationResource,
    OAuth2ClientCredentialsResource,
    StoredConnectionResource,
)
from watchword_playground import Playground, document

MakeResource = Callable[..., ApiResource]
Materialize = Callable[..., dg.ExecuteInProcessResult]

ROWS = 3376

# Dagster's own code for nested resources reads a property that Dagster has deprecated.
nests = pytest.mark.filterwarnings("ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning")


@dg.asset
def airports(playground: ApiResource) -> dg.MaterializeResult[None]:
    """Count the airports with any resource."""
    with playground.session() as api:
        response = api.get("/v1/airports")
    response.raise_for_status()
    return dg.MaterializeResult(metadata={"total": response.json()["total"]})


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


def key_fields(playground: Playground) -> dict[str, Any]:
    fields = document(playground.url, "api_key")
    return {name: value for name, value in fields.items() if name not in {"method", "api_key"}}


@pytest.mark.parametrize("method", RESOURCES)
def test_each_method_authenticates_an_asset(
    method: str, make_resource: MakeResource, materialize: Materialize
) -> None:
    """An asset that annotates the base works with the resource of every method."""
    assert total(materialize([airports], playground=make_resource(method))) == ROWS


@pytest.mark.parametrize("method", sorted(set(RESOURCES) - {"none"}))
def test_each_method_validates_its_credential(
    method: str, make_resource: MakeResource, playground: Playground
) -> None:
    """A good credential validates, a revoked one doesn't."""
    assert make_resource(method).validate().verdict is watchword.Verdict.VALID
    playground.revoke(method)
    assert make_resource(method).validate().verdict is watchword.Verdict.INVALID


def test_auth_authenticates_a_foreign_session(make_resource: MakeResource, playground: Playground) -> None:
    """`auth()` authenticates the session of another library."""
    response = requests.get(f"{playground.url}/basic/v1/me", auth=make_resource("basic").auth(), timeout=60)
    assert response.json()["user"] == "playground"


def test_the_connection_is_made_once_and_bears_the_name(make_resource: MakeResource) -> None:
    """A resource makes its connection once, and the connection has the resource's name."""
    resource = make_resource()
    assert resource.connection is resource.connection
    assert resource.connection.name == "playground"


def test_one_token_serves_all_steps_of_a_process(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """Dagster makes the resource anew for each run, and all of them use one token."""
    for _ in range(2):
        materialize([airports], playground=make_resource("oauth2_client_credentials"))
    assert playground.token_requests == 1


@nests
def test_a_resource_nests_in_another(make_resource: MakeResource, materialize: Materialize) -> None:
    """Another resource can depend on an API by `ResourceDependency[ApiResource]`."""
    assert total(materialize([counted], warehouse=Warehouse(api=make_resource("bearer")))) == ROWS


@nests
def test_environment_variables_are_resolved_in_a_nested_resource(
    playground: Playground, materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `EnvVar` of an inner resource has its value when the outer one is used."""
    monkeypatch.setenv("INNER_KEY", document(playground.url, "api_key")["api_key"])
    inner = ApiKeyResource(**key_fields(playground), api_key=dg.EnvVar("INNER_KEY"))
    assert total(materialize([counted], warehouse=Warehouse(api=inner))) == ROWS


def test_an_environment_variable_works_in_text_number_list_and_mapping(
    playground: Playground, materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`EnvVar` is resolved in text, numbers, lists and mappings of text."""
    secrets = document(playground.url, "custom")["secret_parameters"]
    variables = {name: f"PLAYGROUND_{index}" for index, name in enumerate(secrets)}
    for name, variable in variables.items():
        monkeypatch.setenv(variable, secrets[name])
    monkeypatch.setenv("PLAYGROUND_URL", f"{playground.url}/custom")
    monkeypatch.setenv("PLAYGROUND_RETRIES", "1")
    resource = CustomResource(
        base_url=dg.EnvVar("PLAYGROUND_URL"),
        allowed_origins=[dg.EnvVar("PLAYGROUND_URL")],
        retries=dg.EnvVar.int("PLAYGROUND_RETRIES"),
        secret_parameters={name: dg.EnvVar(variable) for name, variable in variables.items()},
    )
    assert total(materialize([airports], playground=resource)) == ROWS


@pytest.mark.parametrize(
    "fields",
    [
        {"api_key": dg.EnvVar("NOT_YET")},
        {"api_key": "key", "secret_parameters": {"header:Client": dg.EnvVar("NOT_YET")}},
        {"api_key": "key", "allowed_origins": [dg.EnvVar("NOT_YET")]},
        {"api_key": "key", "retries": dg.EnvVar.int("NOT_YET")},
    ],
    ids=["text", "mapping", "list", "number"],
)
def test_an_unresolved_environment_variable_is_refused(
    fields: dict[str, Any], playground: Playground
) -> None:
    """An `EnvVar` outside of a run is refused, because it is only a name and would be sent as the secret."""
    resource = ApiKeyResource(**key_fields(playground), **fields)
    with pytest.raises(watchword.DocumentError, match="NOT_YET") as refused:
        resource.session()
    assert refused.value.code == "reference_unresolved"
    assert resource.validate().deciding.code.name == "reference_unresolved"
    assert playground.counts() == {}


def test_an_environment_variable_is_resolved_outside_of_a_run_on_demand(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`process_config_and_initialize`, which the refusal advises, resolves an `EnvVar` outside of a run."""
    monkeypatch.setenv("KEY", document(playground.url, "api_key")["api_key"])
    resource = ApiKeyResource(**key_fields(playground), api_key=dg.EnvVar("KEY"))
    with resource.process_config_and_initialize().session() as api:
        assert api.get("/v1/me").ok


@pytest.mark.parametrize("content", [{"audience": dg.EnvVar("A")}, {"list": [{"deep": dg.EnvVar("A")}]}])
def test_an_environment_variable_in_free_json_is_refused_at_once(content: dict[str, Any]) -> None:
    """An `EnvVar` in a field of any JSON is refused, because Dagster would send {"env": "A"} in its place."""
    with pytest.raises(ValidationError, match=r"secret:NAME"):
        OAuth2ClientCredentialsResource(
            base_url="https://api.example.test",
            token_url="https://api.example.test/token",
            client_id="me",
            client_secret="s",
            grant_body=content,
        )


def test_a_template_takes_an_environment_variable(
    playground: Playground, materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template with the `EnvVar` in secret_parameters, which the refusal advises, works."""
    fields = document(playground.url, "oauth2_client_credentials")
    monkeypatch.setenv("CLIENT_SECRET", fields["client_secret"])
    resource = OAuth2ClientCredentialsResource(
        base_url=fields["base_url"],
        token_url=fields["token_url"],
        client_id=fields["client_id"],
        client_secret="replaced in the body",
        client_auth="client_secret_post",
        grant_body={"client_secret": "{{secret:real}}"},
        secret_parameters={"template:real": dg.EnvVar("CLIENT_SECRET")},
    )
    assert total(materialize([airports], playground=resource)) == ROWS


def test_asterisks_from_the_launchpad_are_refused(
    playground: Playground, materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The asterisks that Dagster shows in place of a secret are refused as a secret."""
    monkeypatch.setenv("KEY", "********")
    resource = ApiKeyResource(**key_fields(playground), api_key=dg.EnvVar("KEY"))
    assert not materialize([airports], playground=resource).success
    assert resource.process_config_and_initialize().validate().deciding.code.name == "placeholder_secret"
    assert playground.counts() == {}


def test_former_names_and_values_are_accepted() -> None:
    """A resource takes the synonyms that documents take, and has the standard names and values."""
    resource = OAuth2ClientCredentialsResource(  # type: ignore[call-arg]
        base_url="https://api.example.test",
        grant_url="https://api.example.test/token",
        client_id="me",
        client_auth="body",  # type: ignore[arg-type]
    )
    assert resource.token_url == "https://api.example.test/token"
    assert resource.client_auth == "client_secret_post"


def test_a_field_of_another_method_is_refused() -> None:
    """An unknown field is an error; otherwise it would silently have no effect."""
    with pytest.raises(ValidationError, match="api_key"):
        NoAuthenticationResource(base_url="https://api.example.test", api_key="key")  # type: ignore[call-arg]


def test_the_base_of_all_methods_is_not_a_method() -> None:
    """The error of a `DescribedResource` used by itself lists the methods."""
    with pytest.raises(watchword.DocumentError, match="oauth2_client_credentials"):
        DescribedResource(base_url="https://api.example.test").session()


def test_the_base_alone_has_no_connection() -> None:
    """The error of an `ApiResource` used by itself says which class to use instead."""
    with pytest.raises(NotImplementedError, match="StoredConnectionResource"):
        ApiResource().session()


def test_a_wrong_field_is_reported_without_its_value() -> None:
    """Neither repr nor a validation error shows a secret."""
    with pytest.raises(ValidationError) as error:
        ApiKeyResource(base_url="https://api.example.test", api_key=["canary-1f0c"])  # type: ignore[arg-type]
    assert "canary-1f0c" not in str(error.value)
    assert "canary-1f0c" not in repr(ApiKeyResource(base_url="https://a.test", api_key="canary-1f0c"))


def test_a_resource_is_never_pickled(make_resource: MakeResource) -> None:
    """Pickling a resource is refused, because it would write secrets; Dagster makes resources anew."""
    for resource in (make_resource(), StoredConnectionResource(name="acme")):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(resource)


def test_a_resource_can_be_validated_before_each_step(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """With `validate_on_setup`, bad credentials fail the run with the reason before any asset runs."""
    assert total(materialize([airports], playground=make_resource(validate_on_setup=True))) == ROWS
    playground.revoke("api_key")
    failed = materialize([airports], playground=make_resource(validate_on_setup=True))
    (event,) = [event for event in failed.all_events if event.event_type_value == "RESOURCE_INIT_FAILURE"]
    error = event.engine_event_data.error
    assert error is not None
    assert error.cls_name == "CredentialsError"
    assert "unauthorized_401" in error.message
    assert not [event for event in failed.all_events if event.event_type_value == "STEP_START"]


def test_setup_raises_the_report(make_resource: MakeResource, playground: Playground) -> None:
    """The error of a setup carries the whole report."""
    playground.revoke("bearer")
    resource = make_resource("bearer", validate_on_setup=True)
    with pytest.raises(watchword.CredentialsError) as refused:
        resource.process_config_and_initialize()
    assert refused.value.report.verdict is watchword.Verdict.INVALID
    assert not refused.value.retryable
