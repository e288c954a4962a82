"""Exports of Insomnia and files of Bruno become connection documents, as these programs write them."""

# ruff: noqa: E501 - tables

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.mutations import CHANGES, changed
from tests.support.nightly import usually
from watchword.connections.imports.formats import chosen, entries_in
from watchword.errors import DocumentError

CANARY = "canary-8d1f5c07"
URL = "https://api.example.com/v1/me"
BASE = {"base_url": "https://api.example.com", "test_url": URL}
TOKEN_URL = "https://auth.example.com/t"


def insomnia_4(authentication, *, url=URL, data=None, folder=None, **more):
    """Return an export of version 4: a flat list, whose entries name their parents."""
    parent = "wrk_1" if folder is None else "fld_1"
    return {
        "_type": "export",
        "__export_format": 4,
        "resources": [
            {"_id": "req_1", "_type": "request", "parentId": parent, "name": "me", "method": "GET", "url": url,
             "authentication": authentication, **more},
            {"_id": "fld_1", "_type": "request_group", "parentId": "wrk_1", "name": "f", "authentication": folder or {}},
            {"_id": "wrk_1", "_type": "workspace", "parentId": None, "name": "Acme", "scope": "collection"},
            {"_id": "env_1", "_type": "environment", "parentId": "wrk_1", "data": data or {}},
            {"_id": "jar_1", "_type": "cookie_jar", "parentId": "wrk_1", "cookies": []},
        ],
    }  # fmt: skip


def insomnia_5(authentication, *, url=URL, data=None, folder=None, **more):
    """Return an export of version 5, a tree."""
    request = {"url": url, "name": "me", "method": "GET", "authentication": authentication, **more}
    return {
        "type": "collection.insomnia.rest/5.0",
        "name": "Acme",
        "collection": [
            request if folder is None else {"name": "f", "children": [request], "authentication": folder}
        ],
        "environments": {"name": "Base Environment", "data": data or {}},
    }


INSOMNIA = {
    "bearer": ({"type": "bearer", "token": CANARY, "prefix": ""}, {"method": "bearer", "bearer_token": CANARY}),
    "bearer with another prefix": (
        {"type": "bearer", "token": CANARY, "prefix": "Token"},
        {"method": "bearer", "bearer_token": CANARY, "prefix": "Token"},
    ),
    "bearer without a prefix": (
        {"type": "bearer", "token": CANARY, "prefix": "NO_PREFIX"},
        {"method": "bearer", "bearer_token": CANARY, "use_prefix": False},
    ),
    "basic in Latin-1": (
        {"type": "basic", "username": "ann", "password": CANARY, "useISO88591": True},
        {"method": "basic", "username": "ann", "password": CANARY, "charset": "latin-1"},
    ),
    "basic": (
        {"type": "basic", "username": "ann", "password": CANARY, "disabled": False},
        {"method": "basic", "username": "ann", "password": CANARY},
    ),
    "digest": (
        {"type": "digest", "username": "ann", "password": CANARY},
        {"method": "digest", "username": "ann", "password": CANARY},
    ),
    "API key": (
        {"type": "apikey", "key": "X-Key", "value": CANARY, "addTo": "header"},
        {"method": "api_key", "key_name": "X-Key", "api_key": CANARY, "add_to": "header"},
    ),
    "API key in the query": (
        {"type": "apikey", "key": "key", "value": CANARY, "addTo": "queryParams"},
        {"method": "api_key", "key_name": "key", "api_key": CANARY, "add_to": "query"},
    ),
    "AWS": (
        {"type": "iam", "accessKeyId": "AKIA1", "secretAccessKey": CANARY, "region": "eu-west-1", "service": "s3"},
        {"method": "aws_sigv4", "region": "eu-west-1", "service": "s3", "access_key": "AKIA1", "secret_key": CANARY},
    ),
    "OAuth 1": (
        {"type": "oauth1", "signatureMethod": "HMAC-SHA256", "consumerKey": "c", "consumerSecret": CANARY,
         "tokenKey": "t", "tokenSecret": CANARY},
        {"method": "oauth1", "signature_method": "HMAC-SHA256", "consumer_key": "c", "consumer_secret": CANARY,
         "access_token": "t", "token_secret": CANARY, "add_to": "header"},
    ),
    "client credentials": (
        {"type": "oauth2", "grantType": "client_credentials", "accessTokenUrl": TOKEN_URL, "clientId": "c",
         "clientSecret": CANARY, "scope": "read", "credentialsInBody": True, "audience": "api"},
        {"method": "oauth2_client_credentials", "token_url": TOKEN_URL, "client_id": "c", "client_secret": CANARY,
         "client_auth": "client_secret_post", "scope": "read", "grant_body": {"audience": "api"}},
    ),
    "password": (
        {"type": "oauth2", "grantType": "password", "accessTokenUrl": TOKEN_URL, "clientId": "c", "username": "ann",
         "password": CANARY},
        {"method": "oauth2_password", "token_url": TOKEN_URL, "client_id": "c", "username": "ann", "password": CANARY},
    ),
    "authorization code with PKCE": (
        {"type": "oauth2", "grantType": "authorization_code", "accessTokenUrl": TOKEN_URL, "clientId": "c",
         "authorizationUrl": "https://auth.example.com/a", "usePkce": True, "redirectUrl": "http://localhost:9000/cb"},
        {"method": "oauth2_authorization_code", "token_url": TOKEN_URL, "authorize_url": "https://auth.example.com/a",
         "client_id": "c", "client_auth": "none", "redirect_uri": "http://localhost:9000/cb"},
    ),
}  # fmt: skip


def one(content, values=None):
    """Return the document of the only connection in an export, which can be read."""
    text = content if isinstance(content, str) else json.dumps(content)
    (entry,) = chosen(entries_in(text, "acme", values or {}), "acme", "")
    assert (entry.findings, entry.skipped) == ((), "")
    assert CANARY not in repr(entry)
    watchword.load(entry.document, name="acme")
    return entry.document


both = pytest.mark.parametrize("form", [insomnia_4, insomnia_5])


@both
@pytest.mark.parametrize("name", INSOMNIA)
def test_each_authentication_of_insomnia_is_a_method(form, name):
    """The export of each version gives the method and all its fields."""
    authentication, expected = INSOMNIA[name]
    assert one(form(authentication)) == {**BASE, **expected}


@both
def test_variables_of_insomnia_come_from_its_environment_or_a_file(form):
    """`{{ _.name }}` is filled in, also from nested values; another file's value counts more."""
    data = {"base": "https://{{ _.host }}", "host": "api.example.com", "auth": {"token": CANARY}}
    content = form({"type": "bearer", "token": "{{ _['auth.token'] }}"}, url="{{ _.base }}/v1/me", data=data)
    assert one(content) == {**BASE, "method": "bearer", "bearer_token": CANARY}
    assert one(content, {"auth.token": "other"})["bearer_token"] == "other"


@both
@pytest.mark.parametrize(
    "written",
    ["_.auth.token", "_.auth['token']", '_.auth["token"]', "_['auth']['token']", "_[ 'auth.token' ]", "auth['token']", "auth.token"],
)  # fmt: skip
def test_variables_of_insomnia_are_written_with_dots_or_brackets(form, written):
    """Both notations of Nunjucks name the same value."""
    content = form({"type": "bearer", "token": f"{{{{ {written} }}}}"}, data={"auth": {"token": CANARY}})
    assert one(content)["bearer_token"] == CANARY


@both
def test_a_request_of_insomnia_inherits_its_folder_s_authentication(form):
    """An empty authentication is that of the folder, one of type none is none."""
    folder = {"type": "bearer", "token": CANARY}
    assert one(form({}, folder=folder))["method"] == "bearer"
    assert one(form({"type": "none"}, folder=folder))["method"] == "none"


@both
def test_a_key_among_the_parameters_is_found(form):
    """A request without an authentication may have a key in its query; what is switched off is left out."""
    rows = [{"name": "api_key", "value": CANARY}, {"name": "token", "value": "x", "disabled": True}]
    found = one(form({}, parameters=rows))
    assert (found["method"], found["api_key"], found["test_url"]) == ("api_key", CANARY, URL)


def test_what_insomnia_has_and_no_method_does_is_named():
    """NTLM and the implicit grant are taken for nothing else, and the value of a tag is asked for."""
    (skipped,) = entries_in(
        json.dumps(insomnia_4({"type": "ntlm", "username": "a", "password": CANARY})), "a", {}
    )
    assert "ntlm" in skipped.skipped
    implicit = {"type": "oauth2", "grantType": "implicit", "accessTokenUrl": URL, "clientId": "c"}
    (refused,) = entries_in(json.dumps(insomnia_4(implicit)), "a", {})
    assert "grant" in refused.findings[0].message
    tagged = insomnia_5({"type": "bearer", "token": "{% response 'body', 'req_2', 'b64::JC50==::46b' %}"})
    (lacking,) = entries_in(json.dumps(tagged), "a", {})
    assert "template_tag" in lacking.document["bearer_token"]


def test_insomnia_s_yaml_is_read():
    """An export as YAML is recognised by its content."""
    text = f"""type: collection.insomnia.rest/5.0
name: Acme
collection:
  - url: "{{{{ _.base_url }}}}/v1/me"
    name: me
    method: GET
    authentication:
      type: apikey
      key: X-Key
      value: {CANARY}
environments:
  name: Base Environment
  data:
    base_url: https://api.example.com
"""
    assert one(text) == {**BASE, **INSOMNIA["API key"][1]}


def block(name, /, **pairs):
    return f"{name} {{\n" + "".join(f"  {key}: {value}\n" for key, value in pairs.items()) + "}\n"


def bru(kind, /, *, url=URL, **pairs):
    """Return a request's file, with a header that is switched off and a script that isn't read."""
    return "\n".join(
        (
            block("meta", name="me", type="http", seq=1),
            block("get", url=url, body="none", auth=kind),
            block("headers", **{"Accept": "application/json", "~X-Off": CANARY}),
            block(f"auth:{kind}", **pairs),
            block("vars:pre-request", host="api.example.com"),
            "script:post-response {\n  const a = { b: 1 };\n}\n",
        )
    )


BRUNO = {
    "bearer": (bru("bearer", token=CANARY), {"method": "bearer", "bearer_token": CANARY}),
    "basic": (bru("basic", username="ann", password=CANARY), INSOMNIA["basic"][1]),
    "digest": (bru("digest", username="ann", password=CANARY), INSOMNIA["digest"][1]),
    "API key": (bru("apikey", key="X-Key", value=CANARY, placement="header"), INSOMNIA["API key"][1]),
    "API key in the query": (
        bru("apikey", key="key", value=CANARY, placement="queryparams"),
        INSOMNIA["API key in the query"][1],
    ),
    "AWS": (
        bru("awsv4", accessKeyId="AKIA1", secretAccessKey=CANARY, sessionToken="", service="s3", region="eu-west-1", profileName=""),
        INSOMNIA["AWS"][1],
    ),
    "OAuth 1": (
        bru("oauth1", consumer_key="c", consumer_secret=CANARY, access_token="t", token_secret=CANARY, callback_url="",
            signature_method="HMAC-SHA256", private_key="", timestamp="", realm="r", placement="header", include_body_hash="false"),
        {**INSOMNIA["OAuth 1"][1], "realm": "r"},
    ),
    "OAuth 1 in the query": (
        bru("oauth1", consumer_key="c", consumer_secret=CANARY, access_token="t", token_secret=CANARY,
            signature_method="HMAC-SHA256", placement="query", realm="r"),
        {**INSOMNIA["OAuth 1"][1], "add_to": "query"},
    ),
    "OAuth 1 in the body": (
        bru("oauth1", consumer_key="c", consumer_secret=CANARY, access_token="t", token_secret=CANARY,
            signature_method="HMAC-SHA256", placement="body", realm="r"),
        {**INSOMNIA["OAuth 1"][1], "add_to": "body"},
    ),
    "client credentials": (
        bru("oauth2", grant_type="client_credentials", access_token_url=TOKEN_URL, client_id="c", client_secret=CANARY,
            scope="read", credentials_placement="basic_auth_header", token_header_prefix="Bearer"),
        {"method": "oauth2_client_credentials", "token_url": TOKEN_URL, "client_id": "c", "client_secret": CANARY,
         "client_auth": "client_secret_basic", "scope": "read"},
    ),
    "authorization code": (
        bru("oauth2", grant_type="authorization_code", callback_url="http://localhost:9000/cb", pkce="true",
            authorization_url="https://auth.example.com/a", access_token_url=TOKEN_URL, client_id="c", client_secret=CANARY),
        {"method": "oauth2_authorization_code", "token_url": TOKEN_URL, "authorize_url": "https://auth.example.com/a",
         "client_id": "c", "client_secret": CANARY, "client_auth": "client_secret_post",
         "redirect_uri": "http://localhost:9000/cb"},
    ),
}  # fmt: skip


CLIENT = {
    "grant_type": "client_credentials",
    "access_token_url": TOKEN_URL,
    "client_id": "c",
    "client_secret": CANARY,
}
EXPORTED = {
    "grantType": "client_credentials",
    "accessTokenUrl": TOKEN_URL,
    "clientId": "c",
    "clientSecret": CANARY,
}


@pytest.mark.parametrize(
    ("placed", "exported", "expected"),
    [
        ({"token_placement": "header", "token_header_prefix": "Token"}, {"tokenPlacement": "header", "tokenHeaderPrefix": "Token"}, {"prefix": "Token"}),
        ({"token_placement": "header", "token_header_prefix": ""}, {"tokenPlacement": "header", "tokenHeaderPrefix": ""}, {"use_prefix": False}),
        ({"token_placement": "header"}, {"tokenPlacement": "header"}, {}),
        ({"token_placement": "url", "token_query_key": "access_token"}, {"tokenPlacement": "url"}, {"add_to": "query"}),
        ({"token_placement": "url", "token_query_key": "auth"}, {"tokenPlacement": "url", "tokenQueryKey": "auth"}, {"add_to": "query", "query_name": "auth"}),
    ],
)  # fmt: skip
def test_a_token_goes_where_bruno_puts_it(placed, exported, expected):
    """Header or query, the query's name and the prefix are kept, from a file and from an export."""
    request = {"url": URL, "method": "GET", "auth": {"mode": "oauth2", "oauth2": {**EXPORTED, **exported}}}
    export = {"name": "A", "version": "1", "items": [{"type": "http", "name": "me", "request": request}]}
    method = {"method": "oauth2_client_credentials", "token_url": TOKEN_URL, "client_id": "c"}
    client = {"client_secret": CANARY, "client_auth": "client_secret_post"}
    for content in (bru("oauth2", **CLIENT, **placed), export):
        assert one(content) == {**BASE, **method, **client, **expected}


def test_what_bruno_adds_to_requests_for_a_token_is_kept():
    """Further parameters go where the file puts them, a secret one where no form shows it."""
    further = {
        "body": {"audience": "api", "api_key": CANARY, "~off": "x"},
        "headers": {"X-Tenant": "t"},
        "queryparams": {"v": "2"},
    }
    token = "auth:oauth2:additional_params:access_token_req"
    text = bru("oauth2", **CLIENT) + "\n".join(
        block(f"{token}:{place}", **pairs) for place, pairs in further.items()
    )
    rows = [
        {"name": name.lstrip("~"), "value": value, "sendIn": place, "enabled": name[0] != "~"}
        for place, pairs in further.items()
        for name, value in pairs.items()
    ]
    auth = {"mode": "oauth2", "oauth2": {**EXPORTED, "additionalParameters": {"token": rows, "other": 1}}}
    request = {"url": URL, "method": "GET", "auth": auth}
    for content in (text, {"name": "A", "version": "1", "items": [{"name": "me", "request": request}]}):
        found = one(content)
        assert found["grant_body"] == {"audience": "api", "api_key": "{{secret:api_key}}"}
        assert found["secret_parameters"] == {"template:api_key": CANARY}
        assert (found["grant_headers"], found["token_url"]) == ({"X-Tenant": "t"}, f"{TOKEN_URL}?v=2")


def test_what_bruno_adds_to_a_sign_in_is_kept():
    """Parameters of the authorization and the refresh are kept too, and so is an ID token as the one to send."""
    prefix = "auth:oauth2:additional_params"
    pairs = {
        "grant_type": "authorization_code",
        "authorization_url": "https://auth.example.com/a",
        "token_source": "id_token",
    }
    text = bru("oauth2", **{**CLIENT, **pairs}) + "\n".join(
        (
            block(f"{prefix}:auth_req:queryparams", prompt="login"),
            block(f"{prefix}:refresh_token_req:body", resource="r"),
        )
    )
    found = one(text)
    assert (found["authorize_parameters"], found["refresh_body"]) == ({"prompt": "login"}, {"resource": "r"})
    assert found["response_access_path"] == "id_token"


@pytest.mark.parametrize("name", BRUNO)
def test_each_authentication_of_bruno_is_a_method(name):
    """A request's file gives the method and all its fields; what is switched off is left out."""
    text, expected = BRUNO[name]
    assert one(text) == {**BASE, **expected}


def test_variables_of_bruno_are_filled_in():
    """A file's own variables are used, and the values of another file; what nobody gives is asked for."""
    text = bru("bearer", token="{{token}}", url="https://{{host}}/v1/me")
    assert one(text, {"token": CANARY}) == {**BASE, "method": "bearer", "bearer_token": CANARY}
    (lacking,) = entries_in(text, "acme", {})
    assert "token" in lacking.document["bearer_token"]


def test_the_collection_s_own_file_is_read():
    """`collection.bru` has an authentication without a request; its base URL is asked for."""
    (entry,) = entries_in(block("auth", mode="bearer") + block("auth:bearer", token=CANARY), "acme", {})
    assert entry.document["bearer_token"] == CANARY


def test_an_export_of_bruno_is_read():
    """The JSON export has the collection's authentication at its root, and requests that inherit it."""
    request = {"url": "{{base}}/v1/me", "method": "GET", "headers": [], "auth": {"mode": "inherit"}}
    variable = {"name": "base", "value": "https://api.example.com", "enabled": True}
    content = {
        "name": "Acme",
        "version": "1",
        "items": [
            {"type": "folder", "name": "f", "items": [{"type": "http", "name": "me", "request": request}]}
        ],
        "environments": [{"name": "prod", "variables": [variable]}],
        "root": {"request": {"auth": {"mode": "bearer", "bearer": {"token": CANARY}}}},
    }
    assert one(content) == {**BASE, "method": "bearer", "bearer_token": CANARY}


def test_folders_without_end_are_refused():
    """An export whose folders are too deep is told so; folders that are each other's parents have no request."""
    groups = [
        {"_id": f"f{number}", "_type": "request_group", "parentId": f"f{number - 1}" if number else "wrk_1"}
        for number in range(500)
    ]
    deep = {"_type": "export", "resources": [*groups, {"_id": "wrk_1", "_type": "workspace"}]}
    with pytest.raises(DocumentError, match="folders in each other"):
        entries_in(json.dumps(deep), "a", {})
    circle = [
        {"_id": one, "_type": "request_group", "parentId": other} for one, other in (("a", "b"), ("b", "a"))
    ]
    assert len(entries_in(json.dumps({"_type": "export", "resources": circle}), "a", {})) == 1


GIVEN = [
    insomnia_4({"type": "bearer", "token": CANARY}, folder={"type": "none"}),
    insomnia_5(INSOMNIA["client credentials"][0], data={"a": {"b": "{{ _.a }}"}}),
]


@pytest.mark.timeout(usually(120, 1_200))
@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.sampled_from(GIVEN), CHANGES)
def test_any_export_ends_in_entries_or_a_finding(content, changes):
    """Whatever an export holds, there are entries, or a typed error that shows nothing of it."""
    try:
        found = entries_in(
            json.dumps(changed(content, changes, ("{{ _.a }}", "oauth2", "request"))), "acme", {}
        )
    except DocumentError as error:
        assert CANARY not in str(error)
    else:
        assert CANARY not in repr(found)


LINES = st.sampled_from(
    ["get {", "auth:oauth2 {", "auth {", "}", "  url: x", "  mode: bearer", "vars {", ":", "{{", "~"]
)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.lists(LINES | st.text(max_size=9), max_size=30))
def test_any_file_of_bruno_ends_in_entries_or_a_finding(lines):
    """Whatever follows the first line of a file, there are entries, or a typed error."""
    try:
        found = entries_in("\n".join(["meta {", *lines]), "acme", {})
    except DocumentError as error:
        assert error.findings
    else:
        assert len(found) == 1
