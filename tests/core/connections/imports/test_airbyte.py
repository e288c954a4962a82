"""The authenticators of Airbyte's low-code manifests become connection documents."""

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

CANARY = "canary-8d1f5c07"
BASE = {"base_url": "https://api.example.com/v1"}
TOKEN_URL = "https://auth.example.com/oauth/token"
CLIENT = {
    "token_refresh_endpoint": TOKEN_URL,
    "client_id": "{{ config['client_id'] }}",
    "client_secret": '{{ config["client_secret"] }}',
}
TOKENS = {
    "token_url": TOKEN_URL,
    "client_id": "{{import:client_id}}",
    "client_secret": "{{import:client_secret}}",
}


def requester(authenticator, **more):
    return {
        "type": "HttpRequester", "url_base": BASE["base_url"], "authenticator": authenticator, **more
    }  # fmt: skip


def manifest(authenticator, **more):
    """Return a manifest as the connector builder writes it: the requester is in a stream, and referred to."""
    stream = {
        "type": "DeclarativeStream",
        "name": "orders",
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {"$ref": "#/definitions/base_requester", "path": "/orders", "http_method": "GET"},
        },
    }
    return {
        "version": "6.36.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["orders"]},
        "definitions": {"base_requester": requester(authenticator), "streams": {"orders": stream}},
        "streams": [{"$ref": "#/definitions/streams/orders"}],
        "schemas": {"orders": {"type": "object"}},
        **more,
    }


def entries(content, values=None):
    return entries_in(yaml.safe_dump(content, sort_keys=False), "acme", values or {})


def one(content, values=None):
    """Return the only entry of a manifest, which can be read."""
    (entry,) = chosen(entries(content, values), "acme", "")
    assert (entry.findings, entry.skipped) == ((), "")
    assert CANARY not in repr(entry)
    return entry


def session_token(authenticator, place):
    """Return a login that is authenticated itself, and whose token is sent in a place."""
    login = {"url_base": "https://login.example.com/", "path": "in", "http_method": "POST"}
    body = {"api_key": "{{ config['other'] }}"}
    return {
        "type": "SessionTokenAuthenticator", "session_token_path": ["id"],
        "login_requester": {**login, "authenticator": authenticator, "request_body_json": body},
        "request_authentication": {"type": "ApiKey", "inject_into": place},
    }  # fmt: skip


SESSION = {
    "method": "session_login",
    "login_url": "https://login.example.com/in",
    "login_method": "POST",
    "response_access_path": "id",
}

CASES = [
        pytest.param(
            {"type": "ApiKeyAuthenticator", "api_token": "{{ config['api_key'] }}",
             "inject_into": {"type": "RequestOption", "inject_into": "header", "field_name": "X-Api-Key"}},
            {"method": "api_key", "key_name": "X-Api-Key", "api_key": "{{import:api_key}}",
             "add_to": "header"},
            id="klaviyo",
        ),
        pytest.param(
            {"type": "ApiKeyAuthenticator", "api_token": "{{ config['api_token'] }}",
             "inject_into": {"type": "RequestOption", "inject_into": "request_parameter",
                             "field_name": "api_token"}},
            {"method": "api_key", "key_name": "api_token", "api_key": "{{import:api_token}}",
             "add_to": "query"},
            id="pipedrive",
        ),
        pytest.param(
            {"type": "ApiKeyAuthenticator", "header": "Authorization",
             "api_token": "Token token={{ config['token'] }}"},
            {"method": "api_key", "key_name": "Authorization", "api_key": "Token token={{import:token}}",
             "add_to": "header"},
            id="pagerduty",
        ),
        pytest.param(
            {"type": "BearerAuthenticator", "api_token": "{{ config.get('access_token') }}"},
            {"method": "bearer", "bearer_token": "{{import:access_token}}"},
            id="intercom",
        ),
        pytest.param(
            {"type": "BearerAuthenticator", "api_token": "{{ config['credentials']['personal_token'] }}"},
            {"method": "bearer", "bearer_token": "{{import:credentials.personal_token}}"},
            id="asana",
        ),
        pytest.param(
            {"type": "BasicHttpAuthenticator", "username": "{{ config['email'] }}/token",
             "password": "{{ config.api_token }}"},
            {"method": "basic", "username": "{{import:email}}/token", "password": "{{import:api_token}}"},
            id="zendesk",
        ),
        pytest.param(
            {"type": "BasicHttpAuthenticator", "username": "{{ config['api_key'] }}", "password": ""},
            {"method": "basic", "username": "{{import:api_key}}"},
            id="greenhouse",
        ),
        pytest.param(
            {"type": "OAuthAuthenticator", **CLIENT, "refresh_token": "{{ config['refresh_token'] }}",
             "refresh_token_updater": {}},
            {"method": "oauth2_authorization_code", **TOKENS, "client_auth": "client_secret_post",
             "refresh_token": "{{import:refresh_token}}", "single_use_refresh": True},
            id="airtable",
        ),
        pytest.param(
            {"type": "OAuthAuthenticator", **CLIENT, "grant_type": "client_credentials",
             "scopes": ["read", "write"], "access_token_name": "token", "expires_in_name": "ttl"},
            {"method": "oauth2_client_credentials", **TOKENS, "client_auth": "client_secret_post",
             "scope": "read write", "response_access_path": "token", "response_expires_path": "ttl"},
            id="amazon-ads-like",
        ),
        pytest.param(
            {"type": "OAuthAuthenticator", **CLIENT, "grant_type": "account_credentials",
             "refresh_request_body": {"account_id": "{{ config['account_id'] }}"},
             "refresh_request_headers": {
                 "Authorization":
                     "Basic {{ (config['client_id'] ~ ':' ~ config['client_secret']) | base64encode }}",
                 "Content-Type": "application/x-www-form-urlencoded"}},
            {"method": "oauth2_client_credentials", **TOKENS, "client_auth": "client_secret_basic",
             "grant_body": {"grant_type": "account_credentials", "account_id": "{{import:account_id}}"}},
            id="zoom",
        ),
        pytest.param(
            {"type": "OAuthAuthenticator", **CLIENT, "grant_type": "password",
             "refresh_request_body": {
                 "username": "{{ config['user'] }}", "password": "{{ config['pw'] }}"}},
            {"method": "oauth2_password", **TOKENS, "client_auth": "client_secret_post",
             "username": "{{import:user}}", "password": "{{import:pw}}"},
            id="password-grant",
        ),
        pytest.param(
            {"type": "OAuthAuthenticator", "token_refresh_endpoint": TOKEN_URL, "use_profile_assertion": True,
             "profile_assertion": {
                 "type": "JwtAuthenticator", "algorithm": "RS256",
                 "secret_key": "{{ config['private_key'] }}",
                 "token_duration": 600,
                 "jwt_payload": {"iss": "{{ config['client_email'] }}", "aud": TOKEN_URL},
                 "additional_jwt_payload": {"scope": "https://www.googleapis.com/auth/analytics.readonly"}}},
            {"method": "oauth2_jwt_bearer", "token_url": TOKEN_URL, "private_key": "{{import:private_key}}",
             "algorithm": "RS256", "lifetime": 600,
             "payload": {"iss": "{{import:client_email}}", "aud": TOKEN_URL,
                         "scope": "https://www.googleapis.com/auth/analytics.readonly"}},
            id="google",
        ),
        pytest.param(
            {"type": "JwtAuthenticator", "algorithm": "ES256", "secret_key": "{{ config['private_key'] }}",
             "token_duration": 1200, "header_prefix": "Bearer",
             "jwt_headers": {"kid": "{{ config['key_id'] }}", "typ": "JWT"},
             "jwt_payload": {"iss": "{{ config['issuer_id'] }}", "aud": "appstoreconnect-v1"}},
            {"method": "jwt_bearer", "algorithm": "ES256", "jwt_secret": "{{import:private_key}}",
             "payload": {"iss": "{{import:issuer_id}}", "aud": "appstoreconnect-v1"},
             "jwt_headers": {"kid": "{{import:key_id}}"}, "lifetime": 1200},
            id="app-store-connect",
        ),
        pytest.param(
            {"type": "SessionTokenAuthenticator", "session_token_path": ["id"], "expiration_duration": "P14D",
             "login_requester": {
                 "type": "HttpRequester", "url_base": "{{ config['instance_api_url'] }}", "path": "session",
                 "http_method": "POST", "authenticator": {"type": "NoAuth"},
                 "request_body_json": {"username": "{{ config['username'] }}",
                                       "password": "{{ config['password'] }}"}},
             "request_authentication": {"type": "ApiKey", "inject_into": {
                 "type": "RequestOption", "field_name": "X-Metabase-Session", "inject_into": "header"}}},
            {"method": "session_login", "login_url": "{{import:instance_api_url}}/session",
             "login_method": "POST",
             "login_body": {"username": "{{import:username}}", "password": "{{secret:password}}"},
             "secret_parameters": {"template:password": "{{import:password}}"},
             "response_access_path": "id", "default_lifetime": 1_209_600, "use_prefix": False,
             "header_name": "X-Metabase-Session"},
            id="metabase",
        ),
        pytest.param(
            {"type": "SessionTokenAuthenticator", "session_token_path": ["data", "access-token"],
             "login_requester": {
                 "type": "HttpRequester", "url_base": "https://login.example.com/", "path": "/v1/token",
                 "http_method": "GET",
                 "authenticator": {"type": "BasicHttpAuthenticator", "username": "{{ config['user'] }}",
                                   "password": "{{ config['pw'] }}"}},
             "request_authentication": {"type": "Bearer"}},
            {"method": "session_login", "login_url": "https://login.example.com/v1/token",
             "login_method": "GET", "login_auth": "basic", "username": "{{import:user}}",
             "password": "{{import:pw}}", "response_access_path": "$['data']['access-token']"},
            id="basic-login",
        ),
        pytest.param(
            {"type": "LegacySessionTokenAuthenticator", "header": "X-Session",
             "api_url": "https://api.example.com", "login_url": "session", "session_token_response_key": "id",
             "username": "{{ config['username'] }}", "password": "{{ config['password'] }}"},
            {"method": "session_login", "login_url": "https://api.example.com/session",
             "username": "{{import:username}}", "password": "{{import:password}}",
             "response_access_path": "id", "header_name": "X-Session", "use_prefix": False},
            id="legacy-session",
        ),
        pytest.param(
            {"type": "OAuthAuthenticator", **CLIENT, "refresh_token": "{{ config['refresh_token'] }}",
             "client_id_name": "client_key", "client_secret_name": "client_secret",
             "refresh_token_name": "refresh", "grant_type_name": "grant"},
            {"method": "oauth2_authorization_code", **TOKENS, "client_auth": "client_secret_post",
             "refresh_token": "{{import:refresh_token}}", "refresh_name": "refresh",
             "refresh_body": {"client_id": None, "client_key": "{{client_id}}",
                              "grant_type": None, "grant": "refresh_token"}},
            id="tiktok-like",
        ),
        pytest.param(
            {"type": "OAuthAuthenticator", **CLIENT, "grant_type": "account_credentials",
             "client_id_name": "app_id", "client_secret_name": "secret", "grant_type_name": "kind"},
            {"method": "oauth2_client_credentials", **TOKENS, "client_auth": "client_secret_post",
             "grant_body": {"client_id": None, "app_id": "{{client_id}}", "client_secret": None,
                            "secret": "{{client_secret}}", "grant_type": None,
                            "kind": "account_credentials"}},
            id="renamed-machine",
        ),
        pytest.param(
            session_token(
                {"type": "ApiKeyAuthenticator", "api_token": "{{ config['api_key'] }}",
                 "inject_into": {"inject_into": "request_parameter", "field_name": "key"}},
                {"field_name": "session", "inject_into": "body_json"}),
            {**SESSION, "add_to": "body", "body_name": "session", "use_prefix": False,
             "login_body": {"api_key": "{{secret:api_key_2}}"},
             "login_with": {"method": "api_key", "key_name": "key", "api_key": "{{secret:api_key}}",
                            "add_to": "query"},
             "secret_parameters": {"template:api_key": "{{import:api_key}}",
                                   "template:api_key_2": "{{import:other}}"}},
            id="login-by-key-in-query",
        ),
        pytest.param(
            session_token(
                {"type": "JwtAuthenticator", "algorithm": "RS256", "secret_key": "{{ config['key'] }}",
                 "token_duration": 60, "header_prefix": "Bearer", "jwt_payload": {"iss": "app"}},
                {"field_name": "X-Session", "inject_into": "header"}),
            {**SESSION, "header_name": "X-Session", "use_prefix": False,
             "login_body": {"api_key": "{{secret:api_key}}"},
             "login_with": {"method": "jwt_bearer", "algorithm": "RS256", "lifetime": 60,
                            "jwt_secret": "{{secret:jwt_secret}}", "payload": {"iss": "app"}},
             "secret_parameters": {"template:jwt_secret": "{{import:key}}",
                                   "template:api_key": "{{import:other}}"}},
            id="login-by-jwt",
        ),
        pytest.param(
            session_token(
                {"type": "OAuthAuthenticator", **CLIENT, "grant_type": "client_credentials"},
                {"field_name": "sid", "inject_into": "request_parameter"}),
            {**SESSION, "add_to": "query", "query_name": "sid", "use_prefix": False,
             "login_body": {"api_key": "{{secret:api_key}}"},
             "login_with": {"method": "oauth2_client_credentials", **TOKENS,
                            "client_auth": "client_secret_post", "client_secret": "{{secret:client_secret}}"},
             "secret_parameters": {"template:client_secret": "{{import:client_secret}}",
                                   "template:api_key": "{{import:other}}"}},
            id="login-by-client",
        ),
        pytest.param({"type": "NoAuth"}, {"method": "none"}, id="open"),
]  # fmt: skip
AUTHENTICATORS = [case.values[0] for case in CASES]


@pytest.mark.parametrize(("authenticator", "fields"), CASES)
def test_each_authenticator(authenticator, fields):
    """Each authenticator becomes the method that sends the same; its expressions name the lacking values."""
    entry = one(manifest(authenticator))
    assert entry.document == {**BASE, **fields}
    answers = {name: "https://x.test" if "url" in name else "x" for name in entry.lacking}
    assert watchword.load(dict(entry.completed(answers).document))


def test_a_configuration_gives_the_values():
    """The values of a source's configuration are filled in, as literal texts; nested ones have a path."""
    content = manifest({"type": "BearerAuthenticator", "api_token": "{{ config['credentials']['token'] }}"})
    content["definitions"]["base_requester"]["url_base"] = "https://{{ config['sub'] }}.example.com/v1/"
    values = {"credentials.token": "env:HOME", "sub": "acme"}
    entry = one(content, values)
    assert entry.document == {
        "base_url": "https://acme.example.com/v1/", "method": "bearer", "bearer_token": "literal:env:HOME"
    }  # fmt: skip


@pytest.mark.parametrize(
    "expression",
    [
        "{{ ('x' ~ config['a']) | base64encode }}",
        "{{ config['a'] if config['b'] else 'c' }}",
        "{% if config['a'] %}x{% endif %}",
        "{{ now_utc() }}",
        "{{ config['a'] }}{{ stream_state['b'] }}",
        "{{ ''.__class__.__mro__ }}",
    ],
)
def test_no_expression_is_run(expression):
    """An expression that does more than name a value isn't evaluated: the field's value is asked for."""
    entry = one(manifest({"type": "BearerAuthenticator", "api_token": expression}))
    assert entry.document["bearer_token"] == "{{import:api_token}}"
    assert "The expression for api_token isn't evaluated" in entry.remarks[0]


SELECTIVE = {
    "type": "SelectiveAuthenticator",
    "authenticator_selection_path": ["credentials", "auth_type"],
    "authenticators": {
        "oauth2.0": {"$ref": "#/definitions/oauth"},
        "api_token": {"type": "BearerAuthenticator", "api_token": "{{ config['credentials']['api_token'] }}"},
        "own": {"type": "CustomAuthenticator", "class_name": "source_acme.components.Own"},
    },
}


def selective():
    content = manifest(SELECTIVE)
    content["definitions"]["oauth"] = {
        "type": "OAuthAuthenticator", **CLIENT, "refresh_token": "{{ config['refresh_token'] }}"
    }  # fmt: skip
    return content


def test_one_of_several_authenticators_is_chosen():
    """The alternatives are named; the configuration or the command's name chooses one."""
    found = chosen(entries(selective()), None, "acme")
    assert [each.label for each in found] == ["acme-oauth2-0", "acme-api-token", "acme-own"]
    assert all(each.is_alternative for each in found)
    assert "CustomAuthenticator source_acme.components.Own is code" in found[2].skipped
    (entry,) = chosen(entries(selective()), "acme-api-token", "acme")
    assert (entry.document["method"], entry.is_alternative) == ("bearer", False)
    entry = one(selective(), {"credentials.auth_type": "api_token"})
    assert (entry.document["method"], entry.is_alternative) == ("bearer", False)


def test_requesters_with_the_same_authenticator_are_one_connection():
    """Streams that share base URL and authenticator are one connection, and another host is another one."""
    content = manifest({"type": "BearerAuthenticator", "api_token": CANARY})
    other = requester({"type": "BearerAuthenticator", "api_token": CANARY}, url_base="https://b.test")
    content["streams"].append({"retriever": {"requester": other}})
    found = chosen(entries(content), None, "acme")
    assert [each.label for each in found] == ["acme-api-example-com", "acme-b-test"]


def test_a_manifest_may_be_json():
    """The manifest of Airbyte's API is JSON."""
    (entry,) = entries_in(json.dumps(manifest({"type": "BearerAuthenticator", "api_token": "t"})), "a", {})
    assert entry.document["method"] == "bearer"


@pytest.mark.parametrize(
    ("authenticator", "words"),
    [
        ({"$ref": "#/definitions/nothing"}, "leads nowhere"),
        ({"$ref": "#/definitions/base_requester/authenticator"}, "leads to itself"),
        ({"type": "ApiKeyAuthenticator", "inject_into": {"inject_into": "path"}}, "isn't known"),
        ({"type": "ApiKeyAuthenticator", "inject_into": {"inject_into": "body_json", "field_path": ["a"]}},
         "nested field"),
        ({"type": "SessionTokenAuthenticator", "login_requester": {
            "url_base": "https://a.test", "authenticator": {"type": "OAuthAuthenticator"}}},
         "sign-in of a person"),
        ({"type": "SessionTokenAuthenticator", "login_requester": {
            "url_base": "https://a.test", "authenticator": {"type": "CustomAuthenticator"}}}, "login itself"),
    ],
)  # fmt: skip
def test_an_authenticator_that_can_not_be_converted_is_a_finding(authenticator, words):
    """A broken reference, or what no method does, is a finding for this requester alone."""
    content = manifest(authenticator)
    content["streams"].append(
        {"retriever": {"requester": requester({"type": "NoAuth"}, url_base="https://b.test")}}
    )
    content["streams"].append({"retriever": {"requester": requester({"type": "BearerAuthenticator"})}})
    found = entries(content)
    assert [each.message for entry in found for each in entry.findings if words in each.message]
    assert any(entry.document.get("method") == "bearer" for entry in found)


def test_entries_along_a_chain_of_references_are_counted():
    """Each reference may add entries, so that a short manifest stands for many: they count as parts."""
    chain = {f"a{number}": {"$ref": f"#/definitions/a{number + 1}"} for number in range(40)}
    chain["a40"] = {"type": "BearerAuthenticator", "api_token": "x"}
    streams = [{"retriever": {"requester": requester({"$ref": "#/definitions/a0", **added})}}
               for added in [{f"k{number}": 1 for number in range(300)}] * 60]  # fmt: skip
    content = {**manifest({"type": "NoAuth"}), "definitions": chain, "streams": streams}
    with pytest.raises(DocumentError, match="too many parts"):
        entries_in(json.dumps(content), "acme", {})


def test_a_secret_with_half_a_character_is_a_finding():
    """JSON can hold half a character, which Base64 can't encode: the requester alone has a finding."""
    signed = {"type": "JwtAuthenticator", "algorithm": "HS256", "base64_encode_secret_key": True}
    (entry,) = entries_in(json.dumps(manifest(signed | {"secret_key": "\ud83d"})), "acme", {})
    assert "half a character" in entry.findings[0].message


@pytest.mark.parametrize(
    ("kind", "words"), [("CustomAuthenticator", "is code"), ("NewAuthenticator", "isn't known")]
)
def test_code_and_unknown_types_are_skipped_by_name(kind, words):
    """What is code of the connector can't be imported, and is named."""
    (entry,) = entries(manifest({"type": kind, "class_name": f"x {CANARY}"}))
    assert words in entry.skipped
    assert CANARY not in entry.skipped


def test_a_manifest_without_a_requester_is_refused():
    """A manifest of which the streams were cut off has nothing to import."""
    with pytest.raises(DocumentError, match="no requester"):
        entries({"type": "DeclarativeSource", "streams": []})


TEXTS = (
    *(
        "{{ config['a'] }}",
        "{{ config",
        "#/definitions/oauth",
        "https://[",
        "NoAuth",
        "HS256",
        "{{import:x}}",
    ),
    *("ApiKeyAuthenticator", "OAuthAuthenticator", "JwtAuthenticator", "SelectiveAuthenticator", "header"),
    *("SessionTokenAuthenticator", "BasicHttpAuthenticator", "refresh_token", "P1D", "*", "form"),
)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.sampled_from([SELECTIVE, *AUTHENTICATORS]), CHANGES)
def test_any_manifest_becomes_entries_or_findings(authenticator, changes):
    """Whatever a manifest holds, each requester becomes a document, a skipped type, or a finding."""
    definitions = {**selective()["definitions"], "base_requester": requester(authenticator)}
    content = changed({**selective(), "definitions": definitions}, changes, TEXTS)
    try:
        found = chosen(entries_in(json.dumps(content), "acme", {}), None, "acme")
    except DocumentError as error:
        assert error.code in {"import_unreadable", "document_unreadable"}
        return
    for entry in found:
        assert entry.label
        assert entry.findings or entry.skipped or entry.document["method"]
