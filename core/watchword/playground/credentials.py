"""What the playground accepts: made-up, public credentials, in the words of the connection document.

Nothing in this file is secret. The values are printed in the documentation and served by the
playground's own index page.
"""

import hmac
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from watchword.playground.keys import ES256_KEY, RSA_KEY

Fields = Mapping[str, Any]

TOKEN_PATH = "/oauth/token"  # noqa: S105 -- a path, not a token
LOGIN_PATH = "/session/login"
LOGOUT_PATH = "/session/logout"
REQUEST_PATH = "/oauth1/request"
AUTHORIZE_PATH = "/oauth1/authorize"
EXCHANGE_PATH = "/oauth1/token"
SCOPES = ("airports:read", "profile:read")
AUDIENCE = "playground"

CREDENTIALS: Mapping[str, Fields] = {
    "none": {"method": "none"},
    "api_key": {"method": "api_key", "key_name": "X-API-Key", "api_key": "playground-key-2f9c41d7"},
    "bearer": {"method": "bearer", "bearer_token": "playground-token-7b03e8a5"},
    "basic": {"method": "basic", "username": "playground", "password": "playground-password-c64d19"},
    "digest": {"method": "digest", "username": "playground", "password": "playground-password-38e0f2"},
    "jwt_bearer": {
        "method": "jwt_bearer",
        "algorithm": "HS256",
        "jwt_secret": "playground-jwt-secret-5d2c7a90e4b1f863",
        "payload": {"iss": "playground-client", "aud": AUDIENCE},
        "lifetime": 300,
    },
    "oauth1": {
        "method": "oauth1",
        "consumer_key": "playground-consumer-41",
        "consumer_secret": "playground-consumer-secret-a8d3",
        "access_token": "playground-access-token-6f15",
        "token_secret": "playground-access-token-secret-b972",
        "signature_method": "HMAC-SHA1",
        "request_url": REQUEST_PATH,
        "authorize_url": AUTHORIZE_PATH,
        "exchange_url": EXCHANGE_PATH,
    },
    "oauth2_client_credentials": {
        "method": "oauth2_client_credentials",
        "client_id": "playground-client",
        "client_secret": "playground-client-secret-90be62",
        "token_url": TOKEN_PATH,
    },
    "session_login": {
        "method": "session_login",
        "login_url": LOGIN_PATH,
        "username": "playground",
        "password": "playground-password-71c4de",
        "login_body": {"user": "{{username}}", "password": "{{secret:password}}"},
        "response_access_path": "data.token",
        "logout_url": LOGOUT_PATH,
        "header_name": "Authorization",
        "prefix": "Bearer",
    },
    "aws_sigv4": {
        "method": "aws_sigv4",
        "access_key": "PLAYGROUNDKEY0000041",
        "secret_key": "playground-secret-key-9b0e7d21c5f84a63",
        "region": "eu-central-1",
        "service": "execute-api",
    },
    "custom": {
        "method": "custom",
        "secret_parameters": {
            "header:X-Client-Id": "playground-client-58",
            "header:X-Client-Secret": "playground-client-secret-e1a7",
            "query:tenant": "playground-tenant-03",
        },
    },
}

# Second accounts whose characters only survive when both sides encode by the book, or whose keys are of
# another kind; `document(url, method) | AWKWARD_CREDENTIALS[method]` is a document that uses one.
AWKWARD_CREDENTIALS: Mapping[str, Fields] = {
    "basic": {"username": "jürgen", "password": "pä:ss+wörd 100% €"},
    "digest": {"username": "jürgen", "password": 'pä:ss"wörd\\ 100% €'},
    "jwt_bearer": {
        "algorithm": "ES256",
        "jwt_secret": ES256_KEY,
        "payload": {"iss": "playground-client-es256", "aud": AUDIENCE},
        "jwt_headers": {"kid": "playground-es256"},
    },
    "oauth1": {
        "consumer_key": "reports:eu+ü",
        "consumer_secret": "50% off: a+b=c&d/ü?",
        "access_token": "tøken & more=100%",
        "token_secret": "ü&~*'()!",
        "signature_method": "RSA-SHA256",
        "private_key": RSA_KEY,
    },
    "oauth2_client_credentials": {"client_id": "reports:eu+ü", "client_secret": "50% off: a+b=c&d/ü?"},
    "session_login": {"username": "jürgen", "password": 'pä"ss\\wörd 100% &=€'},
    "aws_sigv4": {
        "access_key": "PLAYGROUNDKEY0000042",
        "secret_key": "playground/secret+key=7c1f0a93d2e8b645",
        "session_token": "playground//session+token/4e8b1d73==",
    },
}


def document(base_url: str, method: str) -> dict[str, Any]:
    """Return the complete connection document for one method of the playground at `base_url`."""
    if method not in CREDENTIALS:
        raise ValueError(f"the playground has no method {method!r}; it has {', '.join(CREDENTIALS)}")
    root = base_url.rstrip("/")
    fields = {"base_url": f"{root}/{method}", **deepcopy(dict(CREDENTIALS[method]))}
    paths = {name: text for name, text in fields.items() if name.endswith("_url") and text.startswith("/")}
    return fields | {name: root + path for name, path in paths.items()}


def accounts(method: str) -> tuple[Fields, ...]:
    """Return what each account of a method is made of."""
    usual = CREDENTIALS[method]
    return (usual, {**usual, **AWKWARD_CREDENTIALS[method]})


def same(given: str, expected: str) -> bool:
    """Compare two texts in a time that says nothing about where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def is_account(method: str, name_field: str, secret_field: str, given: tuple[str, str]) -> bool:
    """Tell whether this name and secret belong together, comparing with every account each time."""
    name, secret = given
    found = False
    for account in accounts(method):
        # `&`, and no early return: the time says nothing about which part was wrong.
        found |= same(name, account[name_field]) & same(secret, account[secret_field])
    return found
