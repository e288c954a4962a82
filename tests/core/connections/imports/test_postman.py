"""The authentication of a Postman collection becomes connection documents, as its exports really look."""

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
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
URL = "https://api.example.com/v1/me"
BASE = {"base_url": "https://api.example.com"}
TEST = {"test_url": URL}
OAUTH2 = {
    "accessTokenUrl": "https://auth.example.com/oauth/token",
    "clientId": "pm-client",
    "clientSecret": CANARY,
}
TOKENS = {
    "token_url": "https://auth.example.com/oauth/token",
    "client_id": "pm-client",
    "client_secret": CANARY,
}


def auth(kind, **parameters):
    """Return an `auth` as v2.1 writes it."""
    return {
        "type": kind,
        kind: [{"key": key, "value": value, "type": "any"} for key, value in parameters.items()],
    }


def request(url=URL, name="me", **more):
    content = {"method": "GET", "header": [], "url": {"raw": url}, **more}
    return {"name": name, "request": content, "response": []}


def collection(*items, **more):
    info = {"_postman_id": "73945e9f", "name": "Acme", "schema": SCHEMA}
    return {"info": info, "item": list(items) or [request()], **more}


def entries(content, values=None):
    return entries_in(json.dumps(content), "acme", values or {})


def one(content, values=None):
    """Return the only entry of a collection, which can be read."""
    (entry,) = chosen(entries(content, values), "acme", "")
    assert (entry.findings, entry.skipped) == ((), "")
    assert CANARY not in repr(entry)
    return entry


CASES = [
        pytest.param(
            auth("basic", username="sk_test_1", password=""),
            {"method": "basic", "username": "sk_test_1"},
            id="stripe",
        ),
        pytest.param(
            auth("basic", username="ann@example.com/token", password=CANARY),
            {"method": "basic", "username": "ann@example.com/token", "password": CANARY},
            id="zendesk",
        ),
        pytest.param(
            auth("bearer", token=CANARY), {"method": "bearer", "bearer_token": CANARY}, id="hubspot"
        ),
        pytest.param(
            auth("apikey", key="X-Shopify-Access-Token", value=CANARY),
            {"method": "api_key", "key_name": "X-Shopify-Access-Token",
             "api_key": CANARY, "add_to": "header"},
            id="shopify",
        ),
        pytest.param(
            auth("apikey", key="api_key", value=CANARY, **{"in": "query"}),
            {"method": "api_key", "key_name": "api_key", "api_key": CANARY, "add_to": "query"},
            id="nasa",
        ),
        pytest.param(
            auth("digest", username="public", password=CANARY, algorithm="MD5", realm="", nonce=""),
            {"method": "digest", "username": "public", "password": CANARY},
            id="mongodb-atlas",
        ),
        pytest.param(
            auth(
                "oauth1", consumerKey="ck", consumerSecret=CANARY, token="at", tokenSecret="ts",
                signatureMethod="HMAC-SHA1", version="1.0", addParamsToHeader=True,
            ),
            {"method": "oauth1", "consumer_key": "ck", "consumer_secret": CANARY, "access_token": "at",
             "token_secret": "ts", "signature_method": "HMAC-SHA1", "add_to": "header"},
            id="x-twitter",
        ),
        pytest.param(
            auth(
                "oauth1", consumerKey="ck", consumerSecret=CANARY, token="at", tokenSecret="ts",
                signatureMethod="HMAC-SHA256", realm="1234567_SB1", addParamsToHeader=True,
            ),
            {"method": "oauth1", "consumer_key": "ck", "consumer_secret": CANARY, "access_token": "at",
             "token_secret": "ts", "signature_method": "HMAC-SHA256", "realm": "1234567_SB1",
             "add_to": "header"},
            id="netsuite",
        ),
        pytest.param(
            auth("oauth2", grant_type="client_credentials", client_authentication="body",
                 addTokenTo="header", scope="https://graph.microsoft.com/.default", **OAUTH2),
            {"method": "oauth2_client_credentials", "client_auth": "client_secret_post",
             "scope": "https://graph.microsoft.com/.default", **TOKENS},
            id="microsoft-graph",
        ),
        pytest.param(
            auth("oauth2", grant_type="client_credentials", audience="https://api.example.com/", **OAUTH2),
            {"method": "oauth2_client_credentials", "client_auth": "client_secret_basic",
             "grant_body": {"audience": "https://api.example.com/"}, **TOKENS},
            id="auth0",
        ),
        pytest.param(
            auth("oauth2", grant_type="client_credentials", **OAUTH2, tokenRequestParams=[
                {"key": "grant_type", "value": "account_credentials", "send_as": "request_body"},
                {"key": "account_id", "value": "a-1", "enabled": True, "send_as": "request_body"},
                {"key": "X-Tenant", "value": "t", "enabled": True, "send_as": "request_header"},
                {"key": "off", "value": "x", "enabled": False, "send_as": "request_body"},
            ]),
            {"method": "oauth2_client_credentials", "client_auth": "client_secret_basic",
             "grant_body": {"grant_type": "account_credentials", "account_id": "a-1"},
             "grant_headers": {"X-Tenant": "t"}, **TOKENS},
            id="zoom",
        ),
        pytest.param(
            auth("oauth2", grant_type="password_credentials", username="ann", password="pw", **OAUTH2),
            {"method": "oauth2_password", "username": "ann", "password": "pw",
             "client_auth": "client_secret_basic", **TOKENS},
            id="keycloak",
        ),
        pytest.param(
            auth("oauth2", grant_type="authorization_code", authUrl="https://auth.example.com/authorize",
                 redirect_uri="https://oauth.pstmn.io/v1/callback", scope="a b",
                 headerPrefix="Zoho-oauthtoken",
                 refreshTokenUrl="https://auth.example.com/refresh",
                 authRequestParams=[{"key": "access_type", "value": "offline"}], **OAUTH2),
            {"method": "oauth2_authorization_code", "authorize_url": "https://auth.example.com/authorize",
             "refresh_url": "https://auth.example.com/refresh", "scope": "a b", "prefix": "Zoho-oauthtoken",
             "authorize_parameters": {"access_type": "offline"}, "client_auth": "client_secret_basic",
             **TOKENS},
            id="zoho",
        ),
        pytest.param(
            auth("oauth2", grant_type="authorization_code_with_pkce", challengeAlgorithm="S256",
                 authUrl="https://auth.example.com/authorize", accessTokenUrl=OAUTH2["accessTokenUrl"],
                 clientId="pm-client", redirect_uri="http://127.0.0.1:8400/callback"),
            {"method": "oauth2_authorization_code", "authorize_url": "https://auth.example.com/authorize",
             "token_url": TOKENS["token_url"], "client_id": "pm-client", "client_auth": "none",
             "redirect_uri": "http://127.0.0.1:8400/callback"},
            id="airtable",
        ),
        pytest.param(
            auth("awsv4", accessKey="AKID", secretKey=CANARY, region="eu-west-1", service="execute-api"),
            {"method": "aws_sigv4", "access_key": "AKID", "secret_key": CANARY, "region": "eu-west-1",
             "service": "execute-api"},
            id="api-gateway",
        ),
        pytest.param(
            auth("jwt", algorithm="HS256", secret=CANARY * 2, isSecretBase64Encoded=False,
                 payload='{"iss": "key-1", "aud": "v1"}', header='{"kid": "1"}', addTokenTo="header",
                 headerPrefix="Bearer", queryParamKey="token"),
            {"method": "jwt_bearer", "algorithm": "HS256", "jwt_secret": CANARY * 2, "prefix": "Bearer",
             "payload": {"iss": "key-1", "aud": "v1"}, "jwt_headers": {"kid": "1"}},
            id="ghost",
        ),
        pytest.param(
            {"type": "basic", "basic": {"username": "ann", "password": CANARY, "showPassword": False}},
            {"method": "basic", "username": "ann", "password": CANARY},
            id="version-2.0",
        ),
]  # fmt: skip
AUTHS = [case.values[0] for case in CASES]


@pytest.mark.parametrize(("given", "fields"), CASES)
def test_each_type_of_authentication(given, fields):
    """Each `auth` becomes the method that sends the same credential; a GET becomes the test URL."""
    assert one(collection(auth=given)).document == {**BASE, **fields, **TEST}
    assert watchword.load(dict(one(collection(request(auth=given))).document))


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ([{"key": "Authorization", "value": f"Bearer {CANARY}"}],
         {"method": "bearer", "bearer_token": CANARY}),
        (
            [{"key": "Authorization", "value": f"SSWS {CANARY}"}],
            {"method": "api_key", "key_name": "Authorization", "api_key": f"SSWS {CANARY}"},
        ),
        ([{"key": "Accept", "value": "*/*"}, {"key": "X-Api-Key", "value": CANARY}],
         {"method": "api_key", "key_name": "X-Api-Key", "api_key": CANARY}),
        ([{"key": "DD-API-KEY", "value": CANARY}, {"key": "DD-APPLICATION-KEY", "value": "b"}],
         {"method": "custom",
          "secret_parameters": {"header:DD-API-KEY": CANARY, "header:DD-APPLICATION-KEY": "b"}}),
        ([{"key": "X-Api-Key", "value": CANARY, "disabled": True}], {"method": "none"}),
        (f"Accept: */*\nX-Api-Key: {CANARY}",
         {"method": "api_key", "key_name": "X-Api-Key", "api_key": CANARY}),
    ],
)  # fmt: skip
def test_a_credential_in_a_request_s_headers(header, fields):
    """Collections without an `auth` often have the credential in a header, as those of Okta and Datadog."""
    content = one(collection(request(header=header))).document
    assert content == {**BASE, **fields, **TEST}


def test_a_user_in_the_url_becomes_basic():
    """User and password of a request's URL become the method basic; no URL keeps them."""
    content = one(collection(request(f"https://ann:{CANARY}%21@api.example.com/v1/me"))).document
    assert content == {**BASE, "method": "basic", "username": "ann", "password": f"{CANARY}!", **TEST}


def test_a_key_in_the_query_leaves_the_test_url():
    """A key in the query becomes an api_key, and the test URL keeps the rest of the query."""
    content = one(collection(request(f"{URL}?page=1&api_key=a%2Fb"))).document
    assert content["test_url"] == f"{URL}?page=1"
    assert (content["key_name"], content["add_to"], content["api_key"]) == ("api_key", "query", "a/b")


def test_variables_are_filled_in_from_collection_and_environment():
    """The environment's variables count more than the collection's; one may refer to another."""
    variables = [
        {"key": "baseUrl", "value": "https://{{host}}/v1"},
        {"key": "host", "value": "old.example.com"},
        {"key": "off", "value": "x", "disabled": True},
        {"key": "token", "value": ""},
    ]
    content = collection(
        request("{{baseUrl}}/me"), auth=auth("bearer", token="{{token}}"), variable=variables
    )
    entry = one(content, {"host": "api.example.com", "token": "env:HOME"})
    expected = {**BASE, "method": "bearer", "bearer_token": "literal:env:HOME", **TEST}
    assert entry.document == expected
    entry = one(content)
    assert entry.document["base_url"] == "https://old.example.com"
    assert entry.lacking == {"token": True}


@pytest.mark.parametrize(
    ("content", "lacking"),
    [
        (collection(auth=auth("bearer", token="{{bearerToken}}")), {"bearerToken": True}),
        (collection(request("{{baseUrl}}/me"), auth=auth("bearer", token=CANARY)), {"baseUrl": False}),
        (collection(request("https://{{sub}}.example.com/me"), auth=auth("bearer", token="{{t}}")),
         {"sub": False, "t": True}),
        (collection(auth=auth("oauth2", grant_type="client_credentials", accessTokenUrl="https://a.test/t")),
         {"clientId": False, "clientSecret": True}),
        (collection(auth=auth("oauth2", addTokenTo="header")), {"accessToken": True}),
        (collection(auth=auth("basic")), {"username": False, "password": True}),
        (collection(auth=auth("apikey", key="X-Key", value="Key {{vault:key}}")), {"vault:key": True}),
        ({**collection(auth=auth("bearer", token=CANARY)), "item": []}, {"base_url": False}),
    ],
)  # fmt: skip
def test_what_an_export_lacks_is_named(content, lacking):
    """A variable without a value and a secret that the export left out are named; once given, they fit in."""
    entry = one(content)
    assert entry.lacking == lacking
    answers = {name: "https://x.test" if "rl" in name else "x" for name in lacking}
    completed = entry.completed(answers)
    assert not completed.lacking
    assert watchword.load(dict(completed.document))


def test_one_connection_for_each_host_and_credential():
    """Requests with the same host and credential are one connection; a folder's `auth` counts for its own."""
    folder = {
        "name": "Billing",
        "item": [
            request("https://billing.example.com/v2/invoices"),
            request("https://billing.example.com/v2/me"),
        ],
        "auth": auth("apikey", key="X-Key", value="k"),
    }
    post = request("https://api.example.com/v1/orders", method="POST")
    open_one = request("https://status.example.com/", auth={"type": "noauth"})
    content = collection(post, request(), folder, open_one, auth=auth("bearer", token="t"))
    found = chosen(entries(content), None, "acme")
    assert [(each.label, each.document["base_url"]) for each in found] == [
        ("acme-api-example-com", "https://api.example.com"),
        ("acme-billing", "https://billing.example.com"),
    ]
    assert found[0].document["test_url"] == URL
    (chosen_one,) = chosen(entries(content), "acme-billing", "acme")
    assert chosen_one.label == "acme-billing"
    with pytest.raises(DocumentError, match="acme-api-example-com, acme-billing"):
        chosen(entries(content), "other", "acme")


@pytest.mark.parametrize("kind", ["hawk", "ntlm", "edgegrid", "asap", "new-one"])
def test_a_type_that_no_method_has_is_skipped_by_name(kind):
    """Hawk, NTLM, EdgeGrid and ASAP are named as not offered; the other requests are read."""
    content = collection(
        request(auth=auth(kind, user=CANARY)), request("https://b.test", auth=auth("bearer", token="t"))
    )
    skipped, read = entries(content)
    assert (kind if kind != "new-one" else "this type") in skipped.skipped
    assert CANARY not in skipped.skipped
    assert read.document["method"] == "bearer"


HALF_A_CHARACTER = [{"key": "a", "value": "\ud83d", "send_as": "request_url", "enabled": True}]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (auth("jwt", algorithm="HS256", secret="s", payload='{"iat": {{now}}}'), "isn't a JSON object"),
        (auth("oauth2", grant_type="implicit", **OAUTH2), "grant of the authentication isn't offered"),
        (
            auth("oauth2", grant_type="client_credentials", tokenRequestParams=HALF_A_CHARACTER, **OAUTH2),
            "holds half a character",
        ),
    ],
)
def test_one_bad_request_stops_no_other(given, words):
    """An `auth` that can't be converted is a finding, and the other requests are read."""
    bad, read = entries(collection(request(auth=given), request(auth=auth("bearer", token="t"))))
    assert words in bad.findings[0].message
    assert CANARY not in str(bad.findings)
    assert read.document["method"] == "bearer"


def test_variables_that_refer_to_each_other_end():
    """Variables in a circle stay lacking, and variables that multiply are refused."""
    circle = [{"key": "a", "value": "{{b}}"}, {"key": "b", "value": "{{a}}"}]
    entry = one(collection(auth=auth("bearer", token="{{a}}"), variable=circle))
    assert len(entry.lacking) == 1
    laughs = [{"key": f"v{number}", "value": f"{{{{v{number + 1}}}}}" * 50} for number in range(9)]
    (entry,) = entries(collection(auth=auth("bearer", token="{{v0}}"), variable=laughs))
    assert "more than 16384 characters" in entry.findings[0].message


TEXTS = (
    *("{{a}}", "https://{{a}}/x", URL, "{{import:a}}", "client_credentials", "password_credentials", "RS256"),
    *("https://[::1", "oauth2", "jwt", "oauth1", "basic", "hawk", "noauth", "implicit", "queryParams", "{"),
)


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.sampled_from(AUTHS), CHANGES)
def test_any_collection_becomes_entries_or_findings(given, changes):
    """Whatever a collection holds, each part becomes a document, a skipped type, or a finding."""
    variable = [{"key": "a", "value": "{{b}}"}, {"key": "b", "value": "x"}]
    folder = {"name": "f", "item": [request("{{a}}/me", header=[{"key": "X-Key", "value": "{{b}}"}])]}
    content = changed(collection(request(auth=given), folder, auth=given, variable=variable), changes, TEXTS)
    try:
        found = chosen(entries(content), None, "acme")
    except DocumentError as error:
        assert error.code in {"import_unreadable", "document_unreadable"}
        return
    for entry in found:
        assert entry.label
        assert entry.findings or entry.skipped or entry.document["method"]


def test_an_authentication_that_is_inherited_is_that_of_the_collection():
    """`inherit`, as newer exports write it, counts as absent in requests and folders."""
    inherit = {"type": "inherit"}
    folder = {"name": "f", "auth": inherit, "item": [request(auth=inherit)]}
    entry = one(collection(folder, auth=auth("bearer", token=CANARY)))
    assert entry.document["bearer_token"] == CANARY
    assert one(collection(request(auth=inherit))).document["method"] == "none"


@pytest.mark.parametrize(
    ("username", "password", "expected"),
    [
        ("", CANARY, {"username": "", "password": CANARY}),
        ("ann", "", {"username": "ann"}),
        ("", "", {"username": "{{import:username}}", "password": "{{import:password}}"}),
    ],
)
def test_a_password_of_nobody_stays_one(username, password, expected):
    """Azure DevOps takes a key as password without a user name; exports leave out both."""
    document = one(collection(auth=auth("basic", username=username, password=password))).document
    assert document == {**BASE, **TEST, "method": "basic", **expected}


@pytest.mark.parametrize(
    ("url", "base", "test", "name"),
    [
        ("https://api.telegram.org/bot{{token}}/getMe", "https://api.telegram.org/bot{{secret:token}}",
         "https://api.telegram.org/bot{{secret:token}}/getMe", "token"),
        ("https://api.telegram.org/bot{{BOT_TOKEN}}/getMe?a=1",
         "https://api.telegram.org/bot{{secret:bot_token}}",
         "https://api.telegram.org/bot{{secret:bot_token}}/getMe?a=1", "bot_token"),
        ("https://hooks.slack.com/services/T1/B1/{{webhook_secret}}",
         "https://hooks.slack.com/services/T1/B1/{{secret:webhook_secret}}",
         "https://hooks.slack.com/services/T1/B1/{{secret:webhook_secret}}", "webhook_secret"),
        ("mainnet.infura.io/v3/{{api-key}}/x", "https://mainnet.infura.io/v3/{{secret:api_key}}",
         "https://mainnet.infura.io/v3/{{secret:api_key}}/x", "api_key"),
    ],
)  # fmt: skip
def test_a_secret_in_the_path_becomes_a_secret_parameter(url, base, test, name):
    """A variable with a secret's name in the path is never a part of a field that is shown."""
    variable = url.partition("{{")[2].partition("}}")[0]
    document = one(collection(request(url)), {variable: CANARY}).document
    assert document == {
        "base_url": base, "test_url": test, "method": "custom",
        "secret_parameters": {f"template:{name}": CANARY},
    }  # fmt: skip
    assert watchword.load(dict(document)).lint() == []


@pytest.mark.parametrize("url", ["https://{{host}}/users/{{user}}", "https://{{host}}/a?page={{page}}"])
def test_other_variables_of_a_path_are_filled_in(url):
    """A variable of another name doesn't count as secret, and stays a part of the test URL."""
    values = {"host": "api.example.com", "user": "ann", "page": "2"}
    document = one(collection(request(url)), values).document
    assert (document["base_url"], document["method"]) == ("https://api.example.com", "none")
    assert "{{" not in document["test_url"]


def test_a_parameter_of_the_token_url_stays_in_it():
    """`request_url` belongs to the URL of the token endpoint; a secret is sent in the body instead."""
    rows = [
        {"key": "tenant", "value": "a b", "enabled": "true", "send_as": "request_url"},
        {"key": "api_key", "value": CANARY, "enabled": "true", "send_as": "request_url"},
        {"key": "audience", "value": "x", "enabled": "true", "send_as": "request_body"},
    ]
    given = auth("oauth2", grant_type="client_credentials", tokenRequestParams=rows, **OAUTH2)
    document = one(collection(auth=given)).document
    assert document["token_url"] == "https://auth.example.com/oauth/token?tenant=a+b"
    assert document["grant_body"] == {"api_key": "{{secret:api_key}}", "audience": "x"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps({"name": "e", "values": [{"key": "token", "value": CANARY}]}), "--variables"),
        (json.dumps({"values": [], "_postman_variable_scope": "globals"}), "--variables"),
        (f"wget --header='X-Api-Key: {CANARY}' {URL}", "wget"),
        (f"$ http GET {URL} X-Api-Key:{CANARY}", "http"),
        (f"Invoke-WebRequest -Uri {URL}", "Invoke-WebRequest"),
        (f"fetch('{URL}')", "fetch"),
    ],
)
def test_a_text_that_holds_no_connection_is_named(text, words):
    """An environment alone, and another program's command, get one error that says what to give."""
    with pytest.raises(DocumentError) as caught:
        entries_in(text, "acme", {})
    assert words in str(caught.value)
    assert CANARY not in str(caught.value)
