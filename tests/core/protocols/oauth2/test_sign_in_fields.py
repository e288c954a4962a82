"""How a sign-in is renewed: the refresh request, its response, and the requests of the sign-in itself."""

from __future__ import annotations

import base64
import json

import pytest

import watchword
from watchword import redact
from watchword.errors import SignInRequired
from watchword.http.transport_options import TransportOptions
from watchword_playground.keys import RSA_KEY

SECRET = "s3cret-client-0123456789abcdef0123456789abcdef"
METHODS = ["oauth2_authorization_code", "oauth2_device_code"]
USED = "s3cret-refresh-1"

REQUESTS = [
    ({}, f"grant_type=refresh_token&refresh_token={USED}"),
    ({"scope": "read write"}, f"grant_type=refresh_token&refresh_token={USED}"),
    ({"grant_body": {"audience": "x"}}, f"grant_type=refresh_token&refresh_token={USED}"),
    ({"refresh_body": {"scope": "read", "grant_type": "renew"}},
     f"grant_type=renew&refresh_token={USED}&scope=read"),
    ({"refresh_body": {"grant_type": None, "pin": "{{secret:PIN}}"},
      "secret_parameters": {"template:PIN": "s3cret-pin"}}, f"refresh_token={USED}&pin=s3cret-pin"),
    ({"client_auth": "client_secret_post"},
     f"grant_type=refresh_token&refresh_token={USED}&client_id=client-1&client_secret={SECRET}"),
    ({"client_auth": "none", "client_secret": None},
     f"grant_type=refresh_token&refresh_token={USED}&client_id=client-1"),
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("fields", "body"), REQUESTS)
def test_the_refresh_request_is_this(endpoint, method, fields, body):
    """The document's scope isn't sent in a refresh (RFC 6749 section 6), so changing it breaks no sign-in."""
    endpoint.fetch(method, USED, **fields)
    (seen,) = endpoint.seen
    assert seen.body.decode() == body
    assert seen.headers["Accept"] == "application/json"


def test_the_refresh_has_its_own_address_headers_and_format(endpoint):
    """`refresh_url` and `refresh_headers` apply to the refresh alone, `grant_format` to both requests."""
    endpoint.fetch(
        "oauth2_authorization_code", USED, refresh_url=f"{endpoint.server.url}/renew", grant_format="json",
        refresh_headers={"X-Tenant": "acme"}, grant_headers={"X-First": "1"},
    )  # fmt: skip
    (seen,) = endpoint.seen
    assert seen.path == "/renew"
    assert json.loads(seen.body) == {"grant_type": "refresh_token", "refresh_token": USED}
    assert seen.headers["X-Tenant"] == "acme"
    assert "X-First" not in seen.headers


def test_a_client_signs_its_refreshes_too(endpoint):
    """private_key_jwt applies to every request to the token endpoint."""
    endpoint.fetch("oauth2_device_code", USED, client_auth="private_key_jwt", private_key=RSA_KEY)
    assert endpoint.forms[0]["client_assertion"].count(".") == 2


@pytest.mark.parametrize("method", METHODS)
def test_without_a_sign_in_nothing_is_sent(endpoint, method):
    """A source without a refresh token raises SignInRequired."""
    with pytest.raises(SignInRequired) as error:
        endpoint.fetch(method)
    assert error.value.code == "sign_in_required"
    assert "watchword login" in str(error.value)
    assert endpoint.seen == []


@pytest.mark.parametrize("method", METHODS)
def test_an_account_carries_the_terms_of_its_sign_in(endpoint, method):
    """The account holds the resolved refresh token, and whether a refresh token can be used once."""
    source = endpoint.source(method, refresh_token="literal:s3cret-imported", single_use_refresh=True)
    account = source.account
    assert (account.signs_in, account.imported, account.single_use) == (True, "s3cret-imported", True)
    assert (account.client_id, account.subject) == ("client-1", "")


REPLIES = [
    ({}, {"refresh_token": "s3cret-refresh-2"}, "s3cret-refresh-2", None),
    ({}, {"refresh_token": "s3cret-2", "refresh_expires_in": "60"}, "s3cret-2", 60),
    ({}, {"refresh_token": "s3cret-2", "refresh_token_expires_in": 60}, "s3cret-2", 60),
    ({}, {"refresh_token": "s3cret-2", "refresh_expires_in": 0}, "s3cret-2", None),
    ({}, {}, None, None),
    ({}, {"refresh_token": None}, None, None),
    ({}, {"refresh_token": ""}, None, None),
    ({"response_refresh_path": "user.renew", "response_refresh_expires_path": "user.days"},
     {"user": {"renew": "s3cret-2", "days": 90}}, "s3cret-2", 90),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "said", "refresh_token", "lifetime"), REPLIES)
def test_the_refresh_token_is_found_and_masked(endpoint, fields, said, refresh_token, lifetime):
    """A response without a refresh token leaves the old one valid, which the token cache keeps."""
    endpoint.answer = endpoint.reply(body={"access_token": "s3cret-access", **said})
    token = endpoint.fetch("oauth2_authorization_code", USED, **fields)
    assert (token.refresh_token, token.refresh_lifetime) == (refresh_token, lifetime)
    assert "s3cret" not in repr(token)
    assert refresh_token is None or refresh_token in redact.known()


ACCOUNTS = [
    ({"sub": "42", "email": "ada@example.com", "preferred_username": "ada"}, "ada@example.com"),
    ({"sub": "42", "email": "", "preferred_username": "ada"}, "ada"),
    ({"sub": "42", "email": ["ada"], "preferred_username": "a" * 201}, "42"),
    ({"sub": "a\nb"}, None),
    ({"sub": "right \N{RIGHT-TO-LEFT OVERRIDE} left"}, None),
    ({"name": "Ada"}, None),
    ([], None),
]


@pytest.mark.parametrize(("claims", "account"), ACCOUNTS)
def test_the_account_is_what_the_id_token_calls_its_person(endpoint, claims, account):
    """The e-mail address comes first; only one line of printable text is an account's name."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    endpoint.answer = endpoint.reply(
        body={"access_token": "s3cret-access", "id_token": f"e30.{payload}.signature"}
    )
    token = endpoint.fetch("oauth2_authorization_code", USED)
    assert token.account == account
    assert account is None or account not in repr(token)


@pytest.mark.parametrize("id_token", [None, 5, "", "opaque", {"email": "ada@example.com"}])
def test_an_unreadable_id_token_names_nobody(endpoint, id_token):
    """A response with anything else in the place of the ID token is a token all the same."""
    endpoint.answer = endpoint.reply(body={"access_token": "s3cret-access", "id_token": id_token})
    assert endpoint.fetch("oauth2_authorization_code", USED).account is None


@pytest.mark.parametrize("refresh_token", [5, {"a": 1}, "töken", "a\nb"])
def test_a_refresh_token_that_is_none_is_an_error(endpoint, refresh_token):
    """A refresh token that can't be sent back is an error, since it would end the sign-in silently."""
    endpoint.answer = endpoint.reply(body={"access_token": "s3cret-access", "refresh_token": refresh_token})
    with pytest.raises(watchword.TokenError, match="response_refresh_path") as error:
        endpoint.fetch("oauth2_authorization_code", USED)
    assert error.value.code == "token_malformed"


def test_machines_keep_no_refresh_token(endpoint):
    """A refresh token beside a password is ignored: it would be one more secret to lose."""
    endpoint.answer = endpoint.reply(body={"access_token": "s3cret-access", "refresh_token": "s3cret-r"})
    assert endpoint.fetch("oauth2_password").refresh_token is None


def test_a_refused_refresh_asks_for_a_sign_in(endpoint):
    """`invalid_grant` means that somebody must sign in again, and no secret is repeated."""
    said = {"error": "invalid_grant", "error_description": f"token {USED} was used"}
    endpoint.answer = endpoint.reply(400, said)
    with pytest.raises(watchword.TokenError) as error:
        endpoint.fetch("oauth2_authorization_code", USED)
    text = str(error.value)
    assert error.value.code == "invalid_grant"
    assert "Refreshing the token" in text
    assert "Sign in again" in text
    assert USED not in text


def test_the_code_s_request_has_what_the_document_adds(endpoint):
    """`token_request` has client authentication, own fields, headers and format, as a sign-in needs."""
    made = watchword.load(
        endpoint.document("oauth2_authorization_code", client_auth="client_secret_post",
                          grant_headers={"X-First": "1"}, grant_body={"audience": "x"},
                          refresh_headers={"X-Tenant": "acme"}),
        name="acme",
    ).credential.resolved  # fmt: skip
    fields = {"grant_type": "authorization_code", "code": "c", "redirect_uri": "", "code_verifier": "v"}
    request = made.method.token_request(fields, made.template_secrets)
    assert request.url == endpoint.url
    assert request.body == (
        f"grant_type=authorization_code&code=c&code_verifier=v&client_id=client-1&client_secret={SECRET}"
        "&audience=x"
    )
    assert request.headers["X-First"] == "1"
    assert "X-Tenant" not in request.headers


def test_other_endpoints_get_the_client_and_nothing_of_the_document(endpoint):
    """`request_to` builds requests for revocation (RFC 7009) and device authorization (RFC 8628)."""
    made = watchword.load(endpoint.document("oauth2_device_code", grant_body={"audience": "x"}), name="acme")
    request = made.credential.resolved.method.request_to("https://auth.test/device", {"scope": "a"}, {})
    assert request.url == "https://auth.test/device"
    assert request.body == "scope=a"
    assert request.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "changed",
    [{"scope": "other"}, {"authorize_parameters": {"prompt": "consent"}}, {"pkce": False},
     {"redirect_uri": "http://127.0.0.1/callback"}, {"issuer": "https://auth.test"},
     {"revocation_endpoint": "https://auth.test/revoke"}, {"grant_body": {"a": 1}},
     {"single_use_refresh": True}],
)  # fmt: skip
def test_a_sign_in_outlasts_what_only_the_next_one_needs(endpoint, changed):
    """The token of a sign-in stays in use if its scope or its endpoints for signing in change."""
    method = "oauth2_authorization_code"
    assert endpoint.source(method, **changed).identity == endpoint.source(method).identity


@pytest.mark.parametrize(
    "changed",
    [{"client_secret": "s3cret-other"}, {"refresh_body": {"a": 1}}, {"refresh_headers": {"A": "1"}},
     {"refresh_url": "https://auth.test/renew"}, {"refresh_token": "s3cret-imported"},
     {"response_access_path": "t"}, {"grant_format": "json"}],
)  # fmt: skip
def test_what_shapes_a_refresh_is_its_identity(endpoint, changed):
    """Another refresh request or another imported sign-in means another token."""
    method = "oauth2_authorization_code"
    assert endpoint.source(method, **changed).identity != endpoint.source(method).identity


def test_an_imported_sign_in_needs_no_page(endpoint):
    """With a refresh token, authorize_url and device_authorization_endpoint may be missing."""
    endpoint.source("oauth2_authorization_code", authorize_url=None, refresh_token=USED)
    endpoint.source("oauth2_device_code", device_authorization_endpoint=None, refresh_token=USED)


@pytest.mark.parametrize("more", [{}, {"secret_parameters": {"template:PIN": "s3cret-pin"}}])
def test_the_page_s_parameters_take_no_secrets(endpoint, more):
    """A secret in the parameters of the sign-in page is an error, whether or not it exists."""
    parameters = {"prompt": "login", "pin": "{{secret:PIN}}"}
    document = endpoint.document("oauth2_authorization_code", authorize_parameters=parameters, **more)
    (found,) = watchword.load(document, name="acme").lint()
    assert found.code.name == "template_unresolved"
    assert "can't hold secrets" in found.message


def test_scopes_are_joined_for_the_page_as_for_the_endpoint(endpoint):
    """The scopes of the sign-in page are joined by the document's separator."""
    fields = endpoint.document("oauth2_authorization_code", scope="a b", scope_separator=",")
    method = watchword.load(fields, name="acme").credential.resolved.method
    assert method.joined_scope == "a,b"
    assert method.scopes == {"a", "b"}


def test_the_source_is_the_same_whoever_asks(endpoint):
    """Two fetches with two refresh tokens send two requests from one source."""
    source = endpoint.source("oauth2_device_code")
    source.fetch(TransportOptions(), "s3cret-1")
    source.fetch(TransportOptions(), "s3cret-2")
    assert [form["refresh_token"] for form in endpoint.forms] == ["s3cret-1", "s3cret-2"]
