"""The forms of credentials: how a document holds one, where a request carries it, which one is real."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, quote, unquote, urlsplit

import jwt

ISSUED = "issued-7f3c9a51d2e84b06"
"""The token that a token endpoint issues to the real client."""

LOGIN, PASSWORD = "ada.lovelace", "pw-4R7mX2kQ9tZ1"
TOKEN_SECRET = "token-secret-3b8e6a"
SIGNING_KEY = "signing-key-of-the-tests-8c1f4e7a2b9d6035-long"


@dataclass(frozen=True)
class Request:
    """What a form reads of a request."""

    verb: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Form:
    """One form of credential.

    `fields` returns the document's fields for a secret; `sent` returns the credential of a request, "" if
    there is none; `is_real` says whether that is the secret.
    """

    secret: str
    fields: Callable[[str], dict[str, object]]
    sent: Callable[[Request], str]
    is_real: Callable[[str, str], bool] = str.__eq__


def _authorization(request: Request) -> str:
    return request.headers.get("Authorization", "")


def _bearer(request: Request) -> str:
    return re.sub(r"(?i)^bearer\s*", "", _authorization(request))


def _query(name: str) -> Callable[[Request], str]:
    return lambda request: parse_qs(urlsplit(request.target).query).get(name, [""])[0]


def _cookie(request: Request) -> str:
    morsel = SimpleCookie(request.headers.get("Cookie", "")).get("sid")
    return morsel.value if morsel else ""


def _is_basic(sent: str, secret: str) -> bool:
    return sent == "Basic " + base64.b64encode(secret.encode()).decode()


def _is_signed(sent: str, secret: str) -> bool:
    try:
        jwt.decode(sent, secret, algorithms=["HS256"], options={"verify_aud": False})
    except jwt.InvalidTokenError:
        return False
    return True


def _is_digest(sent: str, secret: str) -> bool:
    parts = {
        name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', sent)
    }
    user, _, password = secret.partition(":")
    first = _md5(f"{user}:{parts.get('realm')}:{password}")
    second = _md5(f"GET:{parts.get('uri')}")
    middle = [parts.get(name, "") for name in ("nonce", "nc", "cnonce", "qop")]
    return parts.get("response") == _md5(":".join([first, *middle, second]))


def _is_oauth1(sent: str, secret: str) -> bool:
    """Compute the HMAC-SHA1 of a GET without a query of its own (RFC 5849 section 3.4)."""
    parts = {name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', sent)}
    signature, address = parts.pop("oauth_signature", ""), parts.pop("oauth_address", "")
    listed = "&".join(f"{name}={quote(value, safe='~')}" for name, value in sorted(parts.items()))
    base = "&".join(["GET", quote(address, safe="~"), quote(listed, safe="~")])
    digest = hmac.digest(f"{secret}&{TOKEN_SECRET}".encode(), base.encode(), "sha1")
    return hmac.compare_digest(signature, base64.b64encode(digest).decode())


def _oauth1(request: Request) -> str:
    """Return the header with the address that was signed."""
    address = f"http://{request.headers.get('Host')}{request.target}"
    sent = _authorization(request)
    return sent and f'{sent}, oauth_address="{quote(address, safe="")}"'


def _md5(content: str) -> str:
    return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()


def _pair(secret: str) -> dict[str, object]:
    user, _, password = secret.partition(":")
    return {"username": user, "password": password}


def _two_headers(secret: str) -> dict[str, object]:
    app, _, key = secret.partition(":")
    return {"secret_parameters": {"header:X-App-Id": app, "header:X-App-Key": key}}


def _both(request: Request) -> str:
    app, key = request.headers.get("X-App-Id", ""), request.headers.get("X-App-Key", "")
    return f"{app}:{key}" if app or key else ""


_KEY = "k7Qp2Xv9Lm4Rt8Wz1Yc6Bn3D"
_PAIR = f"{LOGIN}:{PASSWORD}"

FORMS: Mapping[str, Form] = {
    "key": Form(
        _KEY,
        lambda secret: {"method": "api_key", "api_key": secret},
        lambda request: request.headers.get("X-API-Key", ""),
    ),
    "query": Form(
        _KEY,
        lambda secret: {"method": "api_key", "api_key": secret, "add_to": "query", "key_name": "apikey"},
        _query("apikey"),
    ),
    "cookie": Form(
        _KEY,
        lambda secret: {"method": "api_key", "api_key": secret, "add_to": "cookie", "key_name": "sid"},
        _cookie,
    ),
    "token_word": Form(
        _KEY,
        lambda secret: {
            "method": "api_key",
            "api_key": secret,
            "key_name": "Authorization",
            "prefix": "Token",
        },
        lambda request: re.sub("^Token ", "", _authorization(request)),
    ),
    "bearer": Form(
        "ya2tok-9fJ3kL5mN7pQ1rS8tU0vW4xY",
        lambda secret: {"method": "bearer", "bearer_token": secret},
        _bearer,
    ),
    "basic": Form(_PAIR, lambda secret: {"method": "basic", **_pair(secret)}, _authorization, _is_basic),
    "custom": Form(_PAIR, lambda secret: {"method": "custom", **_two_headers(secret)}, _both),
    "digest": Form(_PAIR, lambda secret: {"method": "digest", **_pair(secret)}, _authorization, _is_digest),
    "jwt": Form(
        SIGNING_KEY,
        lambda secret: {"method": "jwt_bearer", "jwt_secret": secret, "payload": {"iss": "acme"}},
        _bearer,
        _is_signed,
    ),
    "aws": Form(
        "AKIA2Q7XK4M9T1R8W3ZC",
        lambda secret: {
            "method": "aws_sigv4",
            "region": "eu-central-1",
            "service": "execute-api",
            "access_key": secret,
            "secret_key": "wK9+f2Lr7/Qm4Xt1Zc8Vb5Nn3Jh6Gd0Ss2Aa4PpYu",
        },
        _authorization,
        lambda sent, secret: f"Credential={secret}/" in sent,
    ),
    "oauth1": Form(
        "consumer-secret-51c9f07d",
        lambda secret: {
            "method": "oauth1",
            "consumer_key": "acme-consumer",
            "consumer_secret": secret,
            "access_token": "acme-token",
            "token_secret": TOKEN_SECRET,
        },
        _oauth1,
        _is_oauth1,
    ),
    "oauth2": Form(
        _PAIR,
        lambda secret: {
            "method": "oauth2_client_credentials",
            "client_id": secret.partition(":")[0],
            "client_secret": secret.partition(":")[2],
        },
        _bearer,
        lambda sent, _: sent == ISSUED,
    ),
    "login": Form(
        _PAIR,
        lambda secret: {"method": "session_login", **_pair(secret), "response_access_path": "token"},
        _bearer,
        lambda sent, _: sent == ISSUED,
    ),
}


def is_real_client(request: Request, secret: str) -> bool:
    """Return whether a request to a token endpoint or a login carries the real name and password."""
    _, _, password = secret.partition(":")
    return _is_basic(_authorization(request), secret) or password.encode() in request.body
