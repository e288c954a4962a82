"""Token and refresh requests as real providers want them: GET, other names, other places."""

from __future__ import annotations

import base64
import json
import logging
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword import redact
from watchword.errors import WatchwordError
from watchword.findings.finding import errors
from watchword.http.transport_options import TransportOptions
from watchword.methods import METHODS
from watchword.protocols import templates

SECRET = "s3cret-client-0123456789abcdef0123456789abcdef"
USED = "s3cret-refresh-1"
BASIC = "Basic " + base64.b64encode(f"client-1:{SECRET}".encode()).decode()

CLIENT = "oauth2_client_credentials"
GRANTS = [
    ("Marketo", CLIENT, {"client_auth": "client_secret_post", "grant_method": "GET"},
     "GET", {"grant_type": "client_credentials", "client_id": "client-1", "client_secret": SECRET}, {}, ""),
    ("WeChat", CLIENT,
     {"client_auth": "none", "grant_method": "GET", "grant_body": {
         "grant_type": "client_credential", "client_id": None, "appid": "client-1",
         "secret": "{{secret:APP}}"},
      "secret_parameters": {"template:APP": SECRET}},
     "GET", {"grant_type": "client_credential", "appid": "client-1", "secret": SECRET}, {}, ""),
    ("WeCom", CLIENT,
     {"client_auth": "none", "grant_method": "GET", "grant_body": {
         "grant_type": None, "client_id": None, "corpid": "client-1", "corpsecret": "{{secret:APP}}"},
      "secret_parameters": {"template:APP": SECRET}},
     "GET", {"corpid": "client-1", "corpsecret": SECRET}, {}, ""),
    ("Zoom, server to server", CLIENT,
     {"grant_format": "query", "grant_body": {"grant_type": "account_credentials", "account_id": "acc-1"}},
     "POST", {"grant_type": "account_credentials", "account_id": "acc-1"}, {"Authorization": BASIC}, ""),
    ("a vault of secrets that takes PUT", CLIENT,
     {"client_auth": "client_secret_post", "grant_method": "PUT", "grant_format": "json"},
     "PUT", {}, {"Content-Type": "application/json"},
     {"grant_type": "client_credentials", "client_id": "client-1", "client_secret": SECRET}),
    ("AWS ECR: an object without members", CLIENT,
     {"grant_format": "json", "grant_body": {"grant_type": None}},
     "POST", {}, {"Authorization": BASIC, "Content-Type": "application/json", "Content-Length": "2"}, {}),
    ("Baidu, by GET with Basic", CLIENT, {"grant_method": "GET"},
     "GET", {"grant_type": "client_credentials"}, {"Authorization": BASIC}, ""),
    ("TikTok for Business", CLIENT,
     {"client_auth": "client_secret_post", "grant_format": "json", "grant_body": {
         "grant_type": None, "client_id": None, "client_secret": None, "app_id": "{{client_id}}",
         "secret": "{{client_secret}}"}},
     "POST", {}, {}, {"app_id": "client-1", "secret": SECRET}),
    ("Lark: id and secret in headers", CLIENT,
     {"client_auth": "client_secret_post", "grant_body": {"client_id": None, "client_secret": None},
      "grant_headers": {"X-App-Id": "{{client_id}}", "X-App-Secret": "{{ client_secret }}"}},
     "POST", {}, {"X-App-Id": "client-1", "X-App-Secret": SECRET}, {"grant_type": "client_credentials"}),
    ("a user under other names", "oauth2_password",
     {"grant_body": {"username": None, "password": None,
                     "user": {"name": "{{username}}", "pw": "{{password}}"}},
      "grant_format": "json"},
     "POST", {}, {}, {"grant_type": "password", "user": {"name": "ann", "pw": "s3cret-password"}}),
    ("a user by GET", "oauth2_password", {"grant_method": "GET"},
     "GET", {"grant_type": "password", "username": "ann", "password": "s3cret-password"}, {}, ""),
]  # fmt: skip


def query(seen):
    return dict(parse_qsl(urlsplit(seen.path).query, keep_blank_values=True))


def content(seen):
    """Return the body: of JSON the content, of a form the fields, "" for none."""
    if not seen.body:
        return ""
    if seen.headers["Content-Type"] == "application/json":
        return json.loads(seen.body)
    return dict(parse_qsl(seen.body.decode()))


@pytest.mark.parametrize(
    ("provider", "method", "fields", "verb", "in_query", "headers", "body"),
    GRANTS,
    ids=[row[0] for row in GRANTS],
)
def test_a_token_request_is_sent_as_the_provider_wants_it(
    endpoint, provider, method, fields, verb, in_query, headers, body
):
    """Each provider gets the verb, the query, the headers and the body that its manual asks for."""
    endpoint.fetch(method, **fields)
    (seen,) = endpoint.seen
    assert (seen.method, query(seen), content(seen)) == (verb, in_query, body), provider
    assert {name: seen.headers.get(name) for name in headers} == headers


REFRESHES = [
    ("Instagram", {"client_auth": "none", "grant_method": "GET", "refresh_name": "access_token",
                   "refresh_body": {"grant_type": "ig_refresh_token", "client_id": None}},
     "GET", {"grant_type": "ig_refresh_token", "access_token": USED}, {}, ""),
    ("Threads", {"client_auth": "none", "refresh_method": "GET", "refresh_body": {
        "grant_type": "th_refresh_token", "client_id": None, "refresh_token": None,
        "access_token": "{{refresh_token}}"}},
     "GET", {"grant_type": "th_refresh_token", "access_token": USED}, {}, ""),
    ("Facebook", {"client_auth": "client_secret_post", "grant_method": "GET",
                  "refresh_name": "fb_exchange_token", "refresh_body": {"grant_type": "fb_exchange_token"}},
     "GET", {"grant_type": "fb_exchange_token", "fb_exchange_token": USED, "client_id": "client-1",
             "client_secret": SECRET}, {}, ""),
    ("WeChat", {"client_auth": "none", "refresh_method": "GET", "refresh_body": {
        "client_id": None, "appid": "client-1"}},
     "GET", {"grant_type": "refresh_token", "refresh_token": USED, "appid": "client-1"}, {}, ""),
    ("flask-jwt-extended", {"client_auth": "none",
                            "refresh_headers": {"Authorization": "Bearer {{refresh_token}}"},
                            "refresh_body": {"grant_type": None, "refresh_token": None, "client_id": None}},
     "POST", {}, {"Authorization": f"Bearer {USED}"}, ""),
    ("Simple JWT", {"client_auth": "none", "grant_format": "json", "refresh_name": "refresh",
                    "refresh_body": {"grant_type": None, "client_id": None}},
     "POST", {}, {}, {"refresh": USED}),
    ("Directus", {"client_auth": "none", "grant_format": "json",
                  "refresh_body": {"grant_type": None, "client_id": None, "mode": "json"}},
     "POST", {}, {}, {"refresh_token": USED, "mode": "json"}),
    ("Cognito's InitiateAuth", {"client_auth": "none", "grant_format": "json", "refresh_body": {
        "grant_type": None, "client_id": None, "refresh_token": None, "ClientId": "client-1",
        "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": "{{refresh_token}}"}}},
     "POST", {}, {}, {"ClientId": "client-1", "AuthFlow": "REFRESH_TOKEN_AUTH",
                      "AuthParameters": {"REFRESH_TOKEN": USED}}),
    ("an API of its own making", {"client_auth": "none", "refresh_method": "PUT", "grant_format": "json",
                                  "refresh_name": "refreshToken",
                                  "refresh_body": {"grant_type": None, "client_id": None}},
     "PUT", {}, {}, {"refreshToken": USED}),
    ("code by GET, refresh by POST", {"grant_method": "GET", "refresh_method": "POST"},
     "POST", {}, {"Authorization": BASIC}, {"grant_type": "refresh_token", "refresh_token": USED}),
]  # fmt: skip


@pytest.mark.parametrize("method", ["oauth2_authorization_code", "oauth2_device_code"])
@pytest.mark.parametrize(
    ("provider", "fields", "verb", "in_query", "headers", "body"),
    REFRESHES,
    ids=[row[0] for row in REFRESHES],
)
def test_a_refresh_request_is_sent_as_the_provider_wants_it(
    endpoint, method, provider, fields, verb, in_query, headers, body
):
    """The refresh token goes under the provider's name, in its place, by its verb."""
    endpoint.fetch(method, USED, **fields)
    (seen,) = endpoint.seen
    assert (seen.method, query(seen), content(seen)) == (verb, in_query, body), provider
    assert {name: seen.headers.get(name) for name in headers} == headers


def test_a_sign_ins_code_goes_under_another_name(endpoint):
    """`{{code}}` in grant_body renames the code of a sign-in, as TikTok for Business wants it."""
    body = {
        "grant_type": None, "code": None, "client_id": None, "client_secret": None,
        "auth_code": "{{code}}", "app_id": "{{client_id}}", "secret": "{{client_secret}}",
    }  # fmt: skip
    document = endpoint.document(
        "oauth2_authorization_code", client_auth="client_secret_post", grant_format="json", grant_body=body
    )
    connection = watchword.load(document, name="acme")
    assert connection.lint() == []
    fields = {"grant_type": "authorization_code", "code": "s3cret-code"}
    request = connection.credential.resolved.method.token_request(fields, {})
    sent = {"auth_code": "s3cret-code", "app_id": "client-1", "secret": SECRET}
    assert json.loads(request.body) == sent


def test_a_token_is_renewed_by_itself(endpoint, serve, reply):
    """With response_refresh_path access_token, each renewal sends the token that the last one gave."""
    tokens = iter(["s3cret-long-2", "s3cret-long-3"])
    accepted = ["s3cret-long-1"]

    def answer(seen):
        if seen.path.startswith("/refresh") and query(seen).get("access_token") == accepted[-1]:
            accepted.append(next(tokens))
            return reply(body={"access_token": accepted[-1], "expires_in": 5183944})
        return reply(200 if query(seen).get("access_token") == accepted[-1] else 400, body={})

    server = serve(answer)
    document = {
        "base_url": server.url, "method": "oauth2_authorization_code", "token_url": f"{server.url}/refresh",
        "client_id": "ig", "client_auth": "none", "refresh_token": "s3cret-long-1", "add_to": "query",
        "grant_method": "GET", "refresh_name": "access_token", "response_refresh_path": "access_token",
        "refresh_body": {"grant_type": "ig_refresh_token", "client_id": None},
    }  # fmt: skip
    connection = watchword.load(document, name="ig", store="memory://")
    assert [each.code.name for each in connection.lint()] == []
    with connection.session() as api:
        assert api.get("/me").status_code == 200
        connection.renew_token()
        assert api.get("/me").status_code == 200
    assert accepted == ["s3cret-long-1", "s3cret-long-2", "s3cret-long-3"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [((400, {"error": "invalid_request"}), None), ((400, {"error": "invalid_grant"}), "sign_in_required")],
)
def test_a_request_in_a_wrong_shape_uses_up_no_refresh_token(endpoint, answer, code):
    """A refresh token whose request was refused for its shape can be imported under another name."""
    status, body = answer
    document = endpoint.document("oauth2_authorization_code", refresh_token="s3cret-imported-1")
    good, endpoint.answer = endpoint.answer, endpoint.reply(status, body=body)
    with pytest.raises(WatchwordError):
        watchword.load(document, name="wrong", store="memory://").renew_token()
    endpoint.answer = good
    corrected = watchword.load({**document, "refresh_method": "GET"}, name="right", store="memory://")
    if code is None:
        assert corrected.renew_token().is_new
        return
    with pytest.raises(WatchwordError) as error:
        corrected.renew_token()
    assert error.value.code == code


ASSERTIONS = [
    ({"grant_headers": {"Authorization": "Bearer {{assertion}}"},
      "grant_body": {"assertion": None, "grant_type": None}}, lambda seen: seen.headers["Authorization"][7:]),
    ({"grant_body": {"assertion": None, "grant_type": None, "jwt": "{{assertion}}"}},
     lambda seen: content(seen)["jwt"]),
    ({"grant_format": "json", "grant_body": {
        "assertion": None, "grant_type": None, "auth": {"proof": ["{{ assertion }}"]}}},
     lambda seen: content(seen)["auth"]["proof"][0]),
    ({"grant_method": "GET"}, lambda seen: query(seen)["assertion"]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "place"), ASSERTIONS)
def test_the_signed_jwt_goes_where_the_provider_wants_it(endpoint, fields, place):
    """`{{assertion}}` puts the JWT of oauth2_jwt_bearer into a header or any place of the body."""
    endpoint.fetch("oauth2_jwt_bearer", **fields)
    endpoint.fetch("oauth2_jwt_bearer", **fields)
    first, second = map(place, endpoint.seen)
    assert first.count(".") == second.count(".") == 2
    assert redact.text(f"it was {first}") == "it was ***"


@pytest.mark.parametrize(
    ("method", "fields", "shown"),
    [
        (CLIENT, {"client_auth": "client_secret_post"}, None),
        ("oauth2_password", {}, None),
        ("oauth2_authorization_code", {"refresh_name": "access_token"}, USED),
        ("oauth2_token_exchange", {}, None),
        ("oauth2_jwt_bearer", {}, None),
    ],
)
@pytest.mark.parametrize("answer", ["refused", "echo", "gone"])
def test_secrets_in_the_query_are_shown_nowhere(endpoint, caplog, method, fields, shown, answer):
    """A GET with secrets in its URL leaves none in errors and logs, not even if the server echoes the URL."""
    caplog.set_level(logging.DEBUG)
    source = endpoint.source(method, grant_method="GET", **fields)
    if answer == "gone":
        source = endpoint.source(method, grant_method="GET", token_url="http://127.0.0.1:9/t?x=1", **fields)
    elif answer == "refused":
        endpoint.answer = endpoint.reply(401, body={"error": "invalid_client"})
    else:
        endpoint.answer = endpoint.reply(302, body="", headers={"Location": f"/other?client_secret={SECRET}"})
    with pytest.raises(WatchwordError) as error:
        source.fetch(TransportOptions(), shown)
    secrets = (SECRET, USED, "s3cret-password", "s3cret-subject-token")
    said = f"{error.value} {error.value.findings} {caplog.text}"
    assert [each for each in (*secrets, "eyJ") if each in said] == []


@pytest.mark.parametrize(
    ("body_format", "http_method"), [("form", "POST"), ("query", "POST"), ("form", "GET")]
)
def test_a_list_repeats_its_field(endpoint, body_format, http_method):
    """RFC 8707 and RFC 8693 have several resources and audiences: one field for each."""
    names = ["https://a.test", "https://b.test"]
    body = {"resource": names, "ids": [1, 2], "none": []}
    endpoint.fetch(CLIENT, grant_body=body, grant_format=body_format, grant_method=http_method)
    (sent,) = endpoint.seen
    pairs = parse_qsl(urlsplit(sent.path).query or sent.body.decode())
    assert [value for name, value in pairs if name == "resource"] == names
    assert [value for name, value in pairs if name == "ids"] == ["1", "2"]
    assert "none" not in dict(pairs)


KEY = {"secret_parameters": {"template:KEY": "s3cret-key"}}
WITHOUT_CLIENT = [
    ("a managed identity", {"grant_method": "GET", "grant_body": {"resource": "https://a.test"},
     "grant_headers": {"Metadata": "true"}}, "Metadata", "true"),
    ("a key in a header", {"grant_headers": {"X-Key": "{{secret:KEY}}"}, **KEY}, "X-Key", "s3cret-key"),
    ("IBM: a key in the body",
     {"grant_body": {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": "{{secret:KEY}}"},
      **KEY}, "apikey", "s3cret-key"),
    ("a login", {"login_with": {"method": "bearer", "bearer_token": "{{secret:KEY}}"}, **KEY},
     "Authorization", "Bearer s3cret-key"),
    ("a certificate", {"client_auth": "tls_client_auth"}, "grant_type", "client_credentials"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "fields", "name", "value"), WITHOUT_CLIENT)
def test_a_machine_needs_no_client_id_if_something_else_authenticates_it(endpoint, what, fields, name, value):
    """A header, a secret in the body, login_with or a certificate takes the place of the client."""
    document = {**endpoint.document(CLIENT, **fields), "client_id": None, "client_secret": None}
    made = watchword.load(document, name="acme")
    assert errors(made.lint()) == [], what
    made.renew_token()
    (sent,) = endpoint.seen
    given = {**sent.headers, **dict(parse_qsl(sent.body.decode()))}
    assert given.get(name) == value
    assert given.keys() & {"client_id", "client_secret"} == set()
    assert made.credential.document.method.can_ask_as_decoy is False


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, ["client_id", "client_secret"]),
        ({"client_auth": "none"}, ["client_id"]),
        ({"grant_body": {"audience": "https://a.test"}}, ["client_id", "client_secret"]),
    ],
)
def test_a_machine_that_nothing_authenticates_lacks_its_client(endpoint, fields, missing):
    """Nothing is sent for a document that forgets the client."""
    document = {**endpoint.document(CLIENT, **fields), "client_id": None, "client_secret": None}
    found = watchword.load(document).lint()
    assert [each.message for each in found] == [f"The field {name} is missing." for name in missing]
    assert {each.code.name for each in found} == {"missing_field"}
    assert endpoint.seen == []


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.mark.parametrize(
    ("method", "fields", "shown"),
    [
        (CLIENT, {"grant_headers": {"X-Id": "{{uuid}}"}, "grant_body": {"at": "{{now}}"}}, None),
        ("oauth2_authorization_code",
         {"refresh_headers": {"X-Id": "{{uuid}}"}, "refresh_body": {"at": "{{now-30}}"}}, USED),
    ],
)  # fmt: skip
def test_values_that_are_new_in_each_token_request(endpoint, method, fields, shown):
    """Walmart wants another correlation ID in each request; the token's identity has none of these values."""
    source = endpoint.source(method, **fields)
    for _ in range(2):
        source.fetch(TransportOptions(), shown)
    ids = [seen.headers["X-Id"] for seen in endpoint.seen]
    assert all(UUID.fullmatch(each) for each in ids)
    assert len(set(ids)) == 2
    assert all(form["at"].isdecimal() for form in endpoint.forms)
    assert source.identity == endpoint.source(method, **fields).identity


def test_values_that_are_new_in_each_login(serve, reply):
    """A login may have them in body and headers; its identity, by which processes share it, has none."""
    server = serve(lambda _: reply(body={"token": "s3cret-token"}))
    document = {
        "base_url": server.url, "method": "session_login", "login_url": f"{server.url}/login",
        "username": "ann", "password": "s3cret-password", "response_access_path": "token",
        "login_headers": {"X-Id": "{{uuid}}"},
        "login_body": {"user": "{{username}}", "id": "{{uuid}}", "at": "{{now}}"},
    }  # fmt: skip
    made = watchword.load(document)
    assert made.lint() == []
    source = made.credential.source
    for _ in range(2):
        source.fetch(TransportOptions())
    bodies = [json.loads(seen.body) for seen in server.seen]
    ids = [seen.headers["X-Id"] for seen in server.seen] + [body["id"] for body in bodies]
    assert len(set(ids)) == 4
    assert all(UUID.fullmatch(each) for each in ids)
    assert [body["user"] for body in bodies] == ["ann", "ann"]
    assert source.identity == watchword.load(document).credential.source.identity


def test_a_secret_in_a_header_alone_can_be_the_whole_login(serve, reply):
    """A login that names no user, and has a secret in a header, sends no body."""
    server = serve(lambda _: reply(body={"token": "s3cret-token"}))
    made = watchword.load({
        "base_url": server.url, "method": "session_login", "login_url": f"{server.url}/login",
        "response_access_path": "token", "login_headers": {"X-Key": "{{secret:KEY}}"}, **KEY,
    })  # fmt: skip
    assert made.lint() == []
    made.renew_token()
    assert (server.seen[0].headers["X-Key"], server.seen[0].body) == ("s3cret-key", b"")


@pytest.mark.parametrize(
    ("method", "fields", "code"),
    [
        (CLIENT, {"grant_method": "GET", "grant_format": "json"}, "fields_ignored"),
        (CLIENT, {"grant_headers": {"X-Id": "{{uid}}"}}, "template_unresolved"),
        (CLIENT, {"assertion_headers": {"x5t": "a"}}, "fields_ignored"),
        (CLIENT, {"client_auth": "none"}, "fields_ignored"),
        ("oauth2_authorization_code", {"refresh_name": " "}, "missing_field"),
        (CLIENT, {"grant_body": {"secret": "{{client_secret}}"}}, "template_unresolved"),
        (CLIENT, {"client_auth": "client_secret_post", "grant_body": {"jwt": "{{client_assertion}}"}},
         "template_unresolved"),
        ("oauth2_authorization_code", {"refresh_body": {"refresh_token": "{{secret:NOTHING}}"}},
         "template_unresolved"),
    ],
)  # fmt: skip
def test_a_misused_field_is_named_before_anything_is_sent(endpoint, method, fields, code):
    """Lint names the field of a request's shape that has no effect, or can't be filled in."""
    found = watchword.load(endpoint.document(method, **fields), name="acme").lint()
    assert [each.code.name for each in found] == [code]
    assert any(name in found[0].message for name in fields)
    assert endpoint.seen == []


def test_the_verbs_are_a_closed_set(endpoint):
    """Another verb than POST, GET and PUT is refused as a wrong value."""
    with pytest.raises(watchword.DocumentError) as error:
        watchword.load(endpoint.document(CLIENT, grant_method="DELETE"))
    assert error.value.code == "wrong_type"


@pytest.mark.parametrize("method", [name for name in METHODS if name.startswith("oauth2_")])
def test_a_document_without_the_new_fields_has_its_former_identity(endpoint, method):
    """Tokens that were stored before these fields existed are found: the identity has no trace of them."""
    later = {
        "assertion_claims", "assertion_headers", "grant_method", "login_with", "refresh_method",
        "refresh_name",
    }  # fmt: skip
    names = {name for name, _ in endpoint.source(method).identity}
    assert names & later == set()
    changed = endpoint.source(method, grant_method="GET")
    assert {name for name, _ in changed.identity} - names == {"grant_method"}


NAMES = st.sampled_from(["a", "{{refresh_token}}", "é", "client_secret"])

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text(30) | st.sampled_from(
        ["{{refresh_token}}", "{{ assertion }}", "{{secret:PIN}}", "{{secret:GONE}}", "{{", "}}", "{{now}}"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=3))
def test_any_json_is_filled_in_or_refused_by_name(body):
    """Whatever a JSON field holds, its templates are filled in, or the missing secret is named."""
    try:
        fresh = templates.FreshValues(1_700_000_000.5, lambda: "0" * 32)
        filled = templates.fill_own(body, {"PIN": "s3cret-pin"}, {"refresh_token": USED}, fresh)
    except watchword.DocumentError as error:
        assert error.code == "template_unresolved"
        assert "s3cret" not in str(error)
    else:
        texts = list(templates.texts(filled))
        names = ("{{refresh_token}}", "{{secret:PIN}}", "{{now}}")
        assert [each for each in texts for name in names if name in each] == []


@pytest.mark.parametrize("location", ["//[bad", "http://[::1", "https://a.test:x/"])
def test_a_redirect_to_what_is_no_url_is_no_lost_connection(endpoint, location):
    """The redirect isn't followed, so a target that can't be parsed says nothing but that it is one."""
    endpoint.answer = endpoint.reply(301, body="", headers={"Location": location})
    with pytest.raises(WatchwordError) as error:
        endpoint.fetch(CLIENT)
    assert error.value.code == "reply_not_token"
