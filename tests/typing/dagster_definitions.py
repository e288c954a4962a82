"""Definitions with a resource for a method, a stored one and the gate, as a user types them."""

import dagster as dg
import requests
from typing_extensions import assert_type

import watchword
from dagster_watchword import (
    ApiCredentialsComponent,
    ApiKeyResource,
    ApiResource,
    BearerResource,
    DescribedResource,
    OAuth2ClientCredentialsResource,
    StoredConnectionResource,
    build_credentials_check,
    resource_from_document,
)

gate = build_credentials_check(
    "acme", expected_status=[200], on_inconclusive="warn", retry_policy=dg.RetryPolicy(max_retries=2)
)
assert_type(gate, dg.AssetsDefinition)


@dg.asset(deps=[gate])
def orders(acme: ApiResource) -> int:
    """Count the orders."""
    with acme.session() as api:
        session: requests.Session = api
        assert_type(session.get("/v1/orders"), requests.Response)
        return len(api.get("/v1/orders").json())


def look(acme: ApiResource) -> None:
    """What a resource is asked beside calls."""
    assert_type(acme.connection, watchword.Connection)
    report = acme.validate("https://api.example.com/v1/me", timeout=5)
    assert_type(report, watchword.Report)
    requests.get("https://api.example.com/v1/me", auth=acme.auth(), timeout=10)
    acme.session().gett("/v1/orders")  # type: ignore[attr-defined]
    acme.validate(expected_status=200)  # type: ignore[arg-type]


acme = ApiKeyResource(base_url="https://api.example.com", api_key=dg.EnvVar("ACME_KEY"), add_to="query")
any_resource: ApiResource = acme
described: DescribedResource = BearerResource(base_url="https://api.example.com", bearer_token="made-up")
fetched = OAuth2ClientCredentialsResource(
    base_url="https://api.example.com",
    token_url="https://auth.example.com/token",
    client_id="acme",
    client_secret=dg.EnvVar("ACME_SECRET"),
)
stored = StoredConnectionResource(name="acme", source="gcp://acme-prod")
assert_type(resource_from_document({}, "acme"), DescribedResource)

ApiKeyResource(base_url="https://api.example.com")  # type: ignore[call-arg]
ApiKeyResource(base_url="https://api.example.com", api_key="k", add_to="body field")  # type: ignore[arg-type]
BearerResource(base_url=7, bearer_token="made-up")  # type: ignore[arg-type]
StoredConnectionResource()  # type: ignore[call-arg]
build_credentials_check("acme", on_inconclusive="wait")  # type: ignore[arg-type]
build_credentials_check()  # type: ignore[call-arg]

component = ApiCredentialsComponent(name="acme", connection={"stored_as": "acme"}, schedule="0 * * * *")
ApiCredentialsComponent(name="acme", on_inconclusive="wait")  # type: ignore[arg-type]

defs = dg.Definitions(assets=[gate, orders], resources={"acme": acme, "stored": stored, "fetched": fetched})
