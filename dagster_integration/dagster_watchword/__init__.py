"""watchword for Dagster: authenticated HTTP APIs as resources, and a credentials check before extraction.

acme_credentials = build_credentials_check("acme")

@dg.asset(deps=[acme_credentials])
def orders(acme: ApiResource) -> None:
    with acme.session() as api:
        rows = api.get("/v1/orders").json()

defs = dg.Definitions(
    assets=[acme_credentials, orders],
    resources={"acme": ApiKeyResource(base_url="https://api.acme.test", api_key=dg.EnvVar("KEY"))},
)
"""

from dagster_shared.libraries import DagsterLibraryRegistry

from dagster_watchword.base import ApiResource
from dagster_watchword.check import as_check_result, build_credentials_check
from dagster_watchword.component import ApiCredentialsComponent
from dagster_watchword.described import DescribedResource
from dagster_watchword.documents import resource_from_document
from dagster_watchword.resources import (
    RESOURCES,
    ApiKeyResource,
    AwsSigV4Resource,
    BasicResource,
    BearerResource,
    CustomResource,
    DigestResource,
    HmacSignatureResource,
    JwtBearerResource,
    NoAuthenticationResource,
    OAuth1Resource,
    OAuth2AuthorizationCodeResource,
    OAuth2ClientCredentialsResource,
    OAuth2DeviceCodeResource,
    OAuth2JwtBearerResource,
    OAuth2PasswordResource,
    OAuth2TokenExchangeResource,
    SessionLoginResource,
)
from dagster_watchword.secret_manager import GoogleSecretManagerResource
from dagster_watchword.stored import StoredConnectionResource
from watchword import __version__

__all__ = [
    "RESOURCES",
    "ApiCredentialsComponent",
    "ApiKeyResource",
    "ApiResource",
    "AwsSigV4Resource",
    "BasicResource",
    "BearerResource",
    "CustomResource",
    "DescribedResource",
    "DigestResource",
    "GoogleSecretManagerResource",
    "HmacSignatureResource",
    "JwtBearerResource",
    "NoAuthenticationResource",
    "OAuth1Resource",
    "OAuth2AuthorizationCodeResource",
    "OAuth2ClientCredentialsResource",
    "OAuth2DeviceCodeResource",
    "OAuth2JwtBearerResource",
    "OAuth2PasswordResource",
    "OAuth2TokenExchangeResource",
    "SessionLoginResource",
    "StoredConnectionResource",
    "as_check_result",
    "build_credentials_check",
    "resource_from_document",
]

DagsterLibraryRegistry.register("watchword", __version__, is_dagster_package=False)
