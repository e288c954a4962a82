"""One playground per test, and functions that present each of its credentials without watchword."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import botocore.auth
import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.auth import AuthBase, HTTPDigestAuth
from requests_oauthlib import OAuth1

from watchword_playground import CREDENTIALS, Playground, SignInOptions, document
from watchword_playground.oauth import device, oauth2_validator
from watchword_playground.state import expiring_memory, oauth_memory, tokens


@pytest.fixture
def playground() -> Iterator[Playground]:
    with Playground() as running:
        yield running


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Give the function that moves on the playground's clock, which stands still otherwise.

    A machine may be so slow that a lifetime of seconds ends before its first use.
    """
    now = 1000.0

    def move(seconds: float) -> None:
        nonlocal now
        now += seconds

    clock = SimpleNamespace(monotonic=lambda: now)
    for module in (device, oauth2_validator, expiring_memory, oauth_memory, tokens):
        monkeypatch.setattr(module, "time", clock)
    return move


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False  # ignores the user's proxies and netrc
        yield made


@pytest.fixture
def basic() -> Callable[[str, str], dict[str, str]]:
    """Give the function that returns a Basic header in UTF-8."""
    return _basic


@pytest.fixture
def client() -> dict[str, str]:
    """Give the form of a token request by the playground's client."""
    fields = CREDENTIALS["oauth2_client_credentials"]
    return {
        "grant_type": "client_credentials",
        "client_id": fields["client_id"],
        "client_secret": fields["client_secret"],
    }


@pytest.fixture
def present(
    playground: Playground, session: requests.Session, client: dict[str, str]
) -> Callable[..., dict[str, Any]]:
    """Give the function that returns requests' options for a method's credential with `suffix` added."""

    def options(method: str, suffix: str = "") -> dict[str, Any]:
        fields = CREDENTIALS[method]
        if method in STATIC:
            return STATIC[method](fields, suffix)
        if method in SIGNERS:
            return {"auth": SIGNERS[method](fields, suffix)}
        if method == "session_login":
            login = {"user": fields["username"], "password": fields["password"]}
            # Not by the session, which would keep the cookie.
            response = requests.post(playground.url + fields["login_url"], json=login, timeout=60)
            return _bearer(response.json()["data"]["token"] + suffix)
        if method in ("oauth2_authorization_code", "oauth2_device_code"):
            return _bearer(playground.sign_in(SignInOptions(method=method))["access_token"] + suffix)
        form = GRANTS[method](playground.url) if method in GRANTS else client
        token = session.post(f"{playground.url}/oauth/token", data=form).json()["access_token"]
        return _bearer(token + suffix)

    return options


class Sigv4(AuthBase):
    """botocore's signer on a request of requests."""

    def __init__(self, fields: dict[str, str], suffix: str = "") -> None:
        keys = Credentials(fields["access_key"], fields["secret_key"] + suffix, fields.get("session_token"))
        self._signer = botocore.auth.SigV4Auth(keys, fields["service"], fields["region"])

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        own = AWSRequest(prepared.method, prepared.url, data=prepared.body)
        self._signer.add_auth(own)
        prepared.headers.update(dict(own.headers))
        return prepared


class Hmac(AuthBase):
    """The signature of method, URL, body and timestamp, as Kaufland's manual shows it."""

    def __init__(self, fields: dict[str, str], suffix: str = "") -> None:
        self._key_id, self._secret = fields["key_id"], fields["hmac_secret"] + suffix

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        timestamp, body = str(int(time.time())), prepared.body or b""
        content = body.encode() if isinstance(body, str) else body
        lines = [str(prepared.method).encode(), str(prepared.url).encode(), content, timestamp.encode()]
        signature = hmac.new(self._secret.encode(), b"\n".join(lines), hashlib.sha256).hexdigest()
        named = {"Client-Key": self._key_id, "Timestamp": timestamp, "Signature": signature}
        prepared.headers.update({f"Shop-{name}": value for name, value in named.items()})
        return prepared


def _bearer(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


def _jwt(fields: dict[str, Any], suffix: str) -> dict[str, Any]:
    claims = {**fields["payload"], "exp": int(time.time()) + 60}
    return _bearer(jwt.encode(claims, fields["jwt_secret"] + suffix, fields["algorithm"]))


def _oauth1(fields: dict[str, str], suffix: str) -> OAuth1:
    secret = fields["consumer_secret"] + suffix
    return OAuth1(fields["consumer_key"], secret, fields["access_token"], fields["token_secret"])


def _digest(fields: dict[str, str], suffix: str) -> HTTPDigestAuth:
    return HTTPDigestAuth(fields["username"], fields["password"] + suffix)


@pytest.fixture
def sigv4() -> type[Sigv4]:
    """Give the class that signs with botocore. Tests can't import it because their folder isn't a package."""
    return Sigv4


def _basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def _stacked(parameters: dict[str, str], suffix: str) -> dict[str, Any]:
    found: dict[str, dict[str, str]] = {"header": {}, "query": {}}
    for name, value in parameters.items():
        place, _, key = name.partition(":")
        found[place][key] = value
    found["header"]["X-Client-Secret"] += suffix
    return {"headers": found["header"], "params": found["query"]}


def _password(url: str) -> dict[str, str]:
    fields = document(url, "oauth2_password")
    own = {name: fields[name] for name in ("client_id", "client_secret", "username", "password")}
    return {"grant_type": "password", **own}


def _assertion(url: str) -> dict[str, str]:
    fields = document(url, "oauth2_jwt_bearer")
    claims = {**fields["payload"], "exp": int(time.time()) + 60}
    assertion = jwt.encode(claims, fields["private_key"], fields["algorithm"])
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}


def _exchange(url: str) -> dict[str, str]:
    fields = document(url, "oauth2_token_exchange")
    own = {name: fields[name] for name in ("client_id", "client_secret", "subject_token")}
    kind = "urn:ietf:params:oauth:token-type:access_token"
    grant = "urn:ietf:params:oauth:grant-type:token-exchange"
    return {"grant_type": grant, "subject_token_type": kind, **own}


GRANTS: dict[str, Callable[[str], dict[str, str]]] = {
    "oauth2_password": _password,
    "oauth2_jwt_bearer": _assertion,
    "oauth2_token_exchange": _exchange,
}
STATIC: dict[str, Callable[[Any, str], dict[str, Any]]] = {
    "api_key": lambda fields, suffix: {"headers": {fields["key_name"]: fields["api_key"] + suffix}},
    "bearer": lambda fields, suffix: _bearer(fields["bearer_token"] + suffix),
    "basic": lambda fields, suffix: {"headers": _basic(fields["username"], fields["password"] + suffix)},
    "custom": lambda fields, suffix: _stacked(fields["secret_parameters"], suffix),
    "jwt_bearer": _jwt,
}
SIGNERS: dict[str, Callable[[Any, str], AuthBase]] = {
    "digest": _digest,
    "oauth1": _oauth1,
    "aws_sigv4": Sigv4,
    "hmac_signature": Hmac,
}


@pytest.fixture
def authlib(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., OAuth2Session]]:
    """Give the function that returns Authlib's client for a method's first account, or for another."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with ExitStack() as open_sessions:

        def made(method: str, other: Mapping[str, Any] | None = None, **options: Any) -> OAuth2Session:
            fields = {**CREDENTIALS[method], **(other or {})}
            way = "client_secret_basic" if fields.get("client_secret") else "none"
            own = {"token_endpoint_auth_method": way, "scope": "airports:read profile:read", **options}
            client = OAuth2Session(fields["client_id"], fields.get("client_secret"), **own)
            client.trust_env = False
            return open_sessions.enter_context(client)

        yield made


@pytest.fixture
def redeem(playground: Playground, session: requests.Session) -> Callable[..., requests.Response]:
    """Give the function that sends a form to the token endpoint, for a method's client if one is named."""

    def sent(method: str | None = None, **form: Any) -> requests.Response:
        own = {}
        if method is not None:
            own = {name: CREDENTIALS[method][name] for name in ("client_id", "client_secret")}
        return session.post(f"{playground.url}/oauth/token", data={**own, **form}, timeout=60)

    return sent


@pytest.fixture
def question() -> Callable[..., dict[str, str]]:
    """Give the function that returns the fields of a good authorization request, None leaving one out."""
    usual = {
        "response_type": "code",
        "client_id": CREDENTIALS["oauth2_authorization_code"]["client_id"],
        "redirect_uri": "http://127.0.0.1:4711/callback",
        "state": "s",
    }

    def made(**changes: str | None) -> dict[str, str]:
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    return made


@pytest.fixture
def page(playground: Playground, question: Callable[..., dict[str, str]]) -> Callable[..., str]:
    """Give the function that returns the address of a page for an authorization request."""
    return lambda **changes: f"{playground.url}/oauth/authorize?{urlencode(question(**changes))}"


@pytest.fixture
def decide(session: requests.Session) -> Callable[..., requests.Response]:
    """Give the function that loads a page like a browser, and sends its form with a decision."""

    def decided(url: str, *, user: str = "ada", decision: str = "allow") -> requests.Response:
        shown = session.get(url, timeout=60)
        assert shown.status_code == 200, shown.text
        hidden = re.findall('<input type="hidden" name="([^"]*)" value="([^"]*)">', shown.text)
        form = {html.unescape(name): html.unescape(value) for name, value in hidden}
        form |= {"user": user, "decision": decision}
        action = url.partition("?")[0]
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
        return session.post(action, data=form, headers=headers, allow_redirects=False, timeout=60)

    return decided


@pytest.fixture
def back() -> Callable[[requests.Response], dict[str, str]]:
    """Give the function that returns the parameters with which the user is redirected."""

    def sent(response: requests.Response) -> dict[str, str]:
        assert response.status_code == 303
        query = parse_qs(urlsplit(response.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    return sent


@pytest.fixture
def code(
    page: Callable[..., str],
    decide: Callable[..., requests.Response],
    back: Callable[[requests.Response], dict[str, str]],
) -> Callable[..., str]:
    """Give the function that returns the code of a sign-in that a user has allowed."""
    return lambda **changes: back(decide(page(**changes)))["code"]
