"""The security schemes of OpenAPI documents become skeletons of connections, whose secrets are asked for."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.mutations import CHANGES, changed
from tests.support.nightly import usually
from watchword.connections.imports.formats import chosen, entries_in
from watchword.errors import DocumentError

BASE = {"base_url": "https://api.example.com/v1"}
CLIENT = {"client_id": "{{import:client_id}}", "client_secret": "{{import:client_secret}}"}
TOKEN_URL = "https://auth.example.com/token"
PAGE = "https://auth.example.com/authorize"


def description(schemes, **more):
    return {
        "openapi": "3.1.0",
        "info": {"title": "Acme", "version": "1"},
        "servers": [{"url": "https://api.example.com/v1/"}],
        "paths": {},
        "components": {"securitySchemes": schemes},
        **more,
    }


def swagger(schemes, **more):
    return {
        "swagger": "2.0",
        "info": {"title": "Acme", "version": "1"},
        "host": "api.example.com",
        "basePath": "/v1",
        "schemes": ["http", "https"],
        "securityDefinitions": schemes,
        **more,
    }


def entries(content, values=None):
    return entries_in(yaml.safe_dump(content, sort_keys=False), "acme", values or {})


CASES = [
    pytest.param(
        {"type": "http", "scheme": "basic"},
        {"method": "basic", "username": "{{import:username}}", "password": "{{import:password}}"},
        id="twilio",
    ),
    pytest.param(
        {"type": "http", "scheme": "Bearer", "bearerFormat": "JWT"},
        {"method": "bearer", "bearer_token": "{{import:bearer_token}}"},
        id="openai",
    ),
    pytest.param(
        {"type": "http", "scheme": "digest"},
        {"method": "digest", "username": "{{import:username}}", "password": "{{import:password}}"},
        id="mongodb-atlas",
    ),
    pytest.param(
        {"type": "apiKey", "in": "header", "name": "X-Figma-Token"},
        {"method": "api_key", "key_name": "X-Figma-Token", "api_key": "{{import:api_key}}",
         "add_to": "header"},
        id="figma",
    ),
    pytest.param(
        {"type": "apiKey", "in": "query", "name": "apiKey"},
        {"method": "api_key", "key_name": "apiKey", "api_key": "{{import:api_key}}", "add_to": "query"},
        id="polygon",
    ),
    pytest.param(
        {"type": "apiKey", "in": "cookie", "name": "session"},
        {"method": "api_key", "key_name": "session", "api_key": "{{import:api_key}}", "add_to": "cookie"},
        id="cookie",
    ),
    pytest.param(
        {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": TOKEN_URL, "scopes": {"read": ""}}}},
        {"method": "oauth2_client_credentials", "token_url": TOKEN_URL, **CLIENT},
        id="ebay",
    ),
    pytest.param(
        {"type": "oauth2", "flows": {"authorizationCode": {
            "authorizationUrl": PAGE, "tokenUrl": TOKEN_URL, "refreshUrl": TOKEN_URL, "scopes": {}}}},
        {"method": "oauth2_authorization_code", "authorize_url": PAGE, "token_url": TOKEN_URL,
         "refresh_url": TOKEN_URL, **CLIENT},
        id="slack",
    ),
    pytest.param(
        {"type": "oauth2", "flows": {"password": {"tokenUrl": TOKEN_URL, "scopes": {}}}},
        {"method": "oauth2_password", "token_url": TOKEN_URL, "username": "{{import:username}}",
         "password": "{{import:password}}", **CLIENT},
        id="fastapi",
    ),
    pytest.param(
        {"type": "oauth2", "flows": {"deviceAuthorization": {
            "deviceAuthorizationUrl": PAGE, "tokenUrl": TOKEN_URL, "scopes": {}}}},
        {"method": "oauth2_device_code", "token_url": TOKEN_URL, "device_authorization_endpoint": PAGE,
         **CLIENT},
        id="openapi-3.2",
    ),
    pytest.param(
        {"type": "openIdConnect", "openIdConnectUrl": "https://id.example.com/openid-configuration"},
        {"method": "oauth2_authorization_code", "authorize_url": "{{import:authorize_url}}",
         "token_url": "{{import:token_url}}", **CLIENT},
        id="openid",
    ),
    pytest.param(
        {"type": "mutualTLS"},
        {"method": "none", "client_certificate": "{{import:client_certificate}}",
         "client_private_key": "{{import:client_private_key}}"},
        id="mutual-tls",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "fields"), CASES)
def test_each_security_scheme(scheme, fields):
    """Each scheme becomes a document of its method; what no OpenAPI document has is lacking."""
    (entry,) = chosen(entries(description({"main": scheme})), "acme", "")
    assert (entry.findings, entry.skipped, entry.document) == ((), "", {**BASE, **fields})
    answers = {name: "https://x.test" if "url" in name else "x" for name in entry.lacking}
    assert watchword.load(dict(entry.completed(answers).document))


@pytest.mark.parametrize(
    ("scheme", "fields"),
    [
        ({"type": "basic"}, {"method": "basic", "username": "a", "password": "b"}),
        ({"type": "apiKey", "in": "header", "name": "k"},
         {"method": "api_key", "key_name": "k", "api_key": "literal:env:HOME", "add_to": "header"}),
        ({"type": "oauth2", "flow": "application", "tokenUrl": TOKEN_URL, "scopes": {"read": ""}},
         {"method": "oauth2_client_credentials", "token_url": TOKEN_URL, "client_id": "c",
          "client_secret": "d"}),
        ({"type": "oauth2", "flow": "accessCode", "tokenUrl": TOKEN_URL, "authorizationUrl": PAGE},
         {"method": "oauth2_authorization_code", "token_url": TOKEN_URL, "authorize_url": PAGE,
          "client_id": "c", "client_secret": "d"}),
    ],
)  # fmt: skip
def test_version_2_and_values(scheme, fields):
    """Swagger 2.0 names its schemes differently; values from a file are never references."""
    values = {"username": "a", "password": "b", "api_key": "env:HOME", "client_id": "c", "client_secret": "d"}
    (entry,) = entries(swagger({"main": scheme}), values)
    assert entry.document == {**BASE, **fields}


@pytest.mark.parametrize(
    ("server", "values", "base_url"),
    [
        ({"url": "https://{region}.example.com/", "variables": {"region": {"default": "eu"}}}, {},
         "https://eu.example.com"),
        ({"url": "https://{region}.example.com", "variables": {"region": {"default": "eu"}}},
         {"region": "us"}, "https://us.example.com"),
        ({"url": "https://{sub}.example.com"}, {}, "https://{{import:sub}}.example.com"),
        ({"url": "/api/v3"}, {}, "{{import:base_url}}"),
        ({"url": "/api/v3"}, {"base_url": "https://a.test"}, "https://a.test"),
    ],
)  # fmt: skip
def test_the_server_is_the_base_url(server, values, base_url):
    """The first server is the base URL, with its variables; a relative one is asked for."""
    (entry,) = entries(description({"a": {"type": "http", "scheme": "bearer"}}, servers=[server]), values)
    assert entry.document["base_url"] == base_url


KEY = {"type": "apiKey", "in": "header", "name": "X-App-Key"}
TOKEN = {"type": "apiKey", "in": "header", "name": "X-App-Token"}
BEARER = {"type": "http", "scheme": "bearer"}


def test_the_schemes_that_serve_the_whole_api_count():
    """`security` says which schemes are alternatives, and which are sent together."""
    schemes = {"key": KEY, "token": TOKEN, "other": BEARER}
    (entry,) = entries(description(schemes, security=[{"key": [], "token": []}]))
    assert entry.document["method"] == "custom"
    assert entry.document["secret_parameters"] == {
        "header:X-App-Key": "{{import:x_app_key}}", "header:X-App-Token": "{{import:x_app_token}}"
    }  # fmt: skip
    found = chosen(entries(description(schemes, security=[{}, {"key": []}, {"other": []}])), None, "acme")
    assert [(each.label, each.is_alternative) for each in found] == [("acme-key", True), ("acme-other", True)]
    (entry,) = entries(description(schemes, security=[{"key": [], "other": []}]))
    assert "not all of them are API keys" in entry.findings[0].message


def test_scopes_are_requested_if_the_api_requires_them():
    """Scopes stand in `security`; those that the API merely knows aren't requested, with a remark."""
    flows = {"clientCredentials": {"tokenUrl": TOKEN_URL, "scopes": {"read": "", "write": ""}}}
    content = description({"a": {"type": "oauth2", "flows": flows}})
    (entry,) = entries(content)
    assert ("scope" in entry.document, entry.remarks) == (
        False, ("The API knows 2 scopes: set scope if it requires some.",)
    )  # fmt: skip
    (entry,) = entries({**content, "security": [{"a": ["read", "write"]}]})
    assert (entry.document["scope"], entry.remarks) == ("read write", ())


@pytest.mark.parametrize(
    "scheme",
    [
        {"type": "http", "scheme": "negotiate"},
        {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": PAGE, "scopes": {}}}},
        {"type": "x-own"},
    ],
)
def test_a_scheme_that_no_method_has_is_skipped(scheme):
    """Negotiate, the implicit flow and unknown types are named as not offered."""
    skipped, read = entries(description({"own": scheme, "other": BEARER}))
    assert (skipped.skipped, skipped.label) == ("its security scheme isn't offered", "own")
    assert (read.document["method"], read.is_alternative) == ("bearer", False)


def test_a_document_without_schemes_is_refused():
    """An API without security schemes has nothing to import."""
    with pytest.raises(DocumentError, match="no security schemes"):
        entries(description({}))


TEXTS = (
    *("https://[", "{a}", "https://{a}/", "oauth2", "apiKey", "http", "implicit"),
    *("bearer", "openIdConnect", "mutualTLS", "cookie", "3.0.0", "{{import:x}}"),
)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.sampled_from([case.values[0] for case in CASES]), st.booleans(), CHANGES)
def test_any_description_becomes_entries_or_findings(scheme, is_old, changes):
    """Whatever a description holds, each scheme becomes a document, is skipped, or is a finding."""
    schemes = {"a": scheme, "b": {"$ref": "#/components/securitySchemes/a"}, "c": KEY}
    content = (swagger if is_old else description)(schemes, security=[{"a": ["x"], "c": []}, {"b": []}])
    try:
        found = chosen(entries_in(json.dumps(changed(content, changes, TEXTS)), "acme", {}), None, "acme")
    except DocumentError as error:
        assert error.code in {"import_unreadable", "document_unreadable"}
        return
    for entry in found:
        assert entry.label
        assert entry.findings or entry.skipped or entry.document["method"]


@pytest.mark.parametrize(
    ("server", "url", "expected"),
    [
        ("https://api.example.com/v1", "/oauth/token", "https://api.example.com/oauth/token"),
        ("https://api.example.com/v1/", "token", "https://api.example.com/v1/token"),
        ("https://api.example.com", "../token", "https://api.example.com/token"),
        ("https://api.example.com/v1", "https://auth.test/token", "https://auth.test/token"),
        ("/v1", "/oauth/token", "{{import:token_url}}"),
    ],
)
def test_a_relative_token_url_belongs_to_the_server(server, url, expected):
    """A URL of a flow may be relative; if the server's is too, it is asked for."""
    flows = {"clientCredentials": {"tokenUrl": url, "scopes": {}}}
    content = {
        "openapi": "3.1.0", "servers": [{"url": server}],
        "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": flows}}},
    }  # fmt: skip
    (entry,) = entries_in(json.dumps(content), "acme", {})
    assert entry.document["token_url"] == expected
