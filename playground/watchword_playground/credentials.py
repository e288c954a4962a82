"""The made-up, public credentials that the playground accepts, as fields of a connection document.

Nothing in this file is secret. The documentation and the playground's index page show the values.
"""

import hmac
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from watchword_playground.keys import ES256_KEY, RSA_KEY

Fields = Mapping[str, Any]

TOKEN_PATH = "/oauth/token"  # noqa: S105 -- a path, not a token
LOGIN_PATH = "/session/login"
LOGOUT_PATH = "/session/logout"
REQUEST_PATH = "/oauth1/request"
AUTHORIZE_PATH = "/oauth1/authorize"
EXCHANGE_PATH = "/oauth1/token"
CONSENT_PATH = "/oauth/authorize"
REVOCATION_PATH = "/oauth/revoke"
DEVICE_PATH = "/oauth/device_authorization"
VERIFICATION_PATH = "/oauth/device"
METADATA_PATH = "/.well-known/oauth-authorization-server"
SCOPES = ("airports:read", "profile:read")
AUDIENCE = "playground"
PEOPLE = ("ada", "grace")
"""The users who can sign in on a page."""

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
        "request_token_url": REQUEST_PATH,
        "authorize_url": AUTHORIZE_PATH,
        "access_token_url": EXCHANGE_PATH,
    },
    "oauth2_client_credentials": {
        "method": "oauth2_client_credentials",
        "client_id": "playground-client",
        "client_secret": "playground-client-secret-90be62",
        "token_url": TOKEN_PATH,
    },
    "oauth2_authorization_code": {
        "method": "oauth2_authorization_code",
        "client_id": "playground-web-client",
        "client_secret": "playground-client-secret-4c7de1",
        "scope": " ".join(SCOPES),
        "authorize_url": CONSENT_PATH,
        "token_url": TOKEN_PATH,
        "revocation_endpoint": REVOCATION_PATH,
    },
    "oauth2_device_code": {
        "method": "oauth2_device_code",
        "client_id": "playground-device-client",
        "client_secret": "playground-client-secret-b81f20",
        "scope": " ".join(SCOPES),
        "device_authorization_endpoint": DEVICE_PATH,
        "token_url": TOKEN_PATH,
        "revocation_endpoint": REVOCATION_PATH,
    },
    "oauth2_jwt_bearer": {
        "method": "oauth2_jwt_bearer",
        "algorithm": "RS256",
        "private_key": RSA_KEY,
        "payload": {"iss": "playground-service", "sub": "ada", "aud": TOKEN_PATH},
        "token_url": TOKEN_PATH,
    },
    "oauth2_token_exchange": {
        "method": "oauth2_token_exchange",
        "client_id": "playground-exchange-client",
        "client_secret": "playground-client-secret-2ea597",
        "subject_token": "playground-subject-token-c3f8016b",
        "subject_token_type": "access_token",
        "token_url": TOKEN_PATH,
    },
    "oauth2_password": {
        "method": "oauth2_password",
        "client_id": "playground-password-client",
        "client_secret": "playground-client-secret-d06a3b",
        "username": "ada",
        "password": "playground-password-f52e88",
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
    "hmac_signature": {
        "method": "hmac_signature",
        "key_id": "playground-key-23",
        "hmac_secret": "playground-hmac-secret-6b1d93e0",
        "string_to_sign": "{{method}}\\n{{url}}\\n{{body}}\\n{{timestamp}}",
        "signature_parameters": {
            "header:Shop-Client-Key": "{{key_id}}",
            "header:Shop-Timestamp": "{{timestamp}}",
            "header:Shop-Signature": "{{signature}}",
        },
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

# Second accounts with characters that both sides must encode as the standards say, or with keys of another
# type. `document(url, method) | AWKWARD_CREDENTIALS[method]` is a document of such an account.
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
    # Public clients: they have no secret and must use PKCE (RFC 6749 §2.1, RFC 7636).
    "oauth2_authorization_code": {
        "client_id": "playground-public-client",
        "client_secret": None,
        "client_auth": "none",
    },
    "oauth2_device_code": {
        "client_id": "playground-public-device",
        "client_secret": None,
        "client_auth": "none",
    },
    "oauth2_jwt_bearer": {
        "algorithm": "ES256",
        "private_key": ES256_KEY,
        "jwt_headers": {"kid": "playground-es256"},
    },
    "oauth2_token_exchange": {
        "subject_token": "tøken/of+grace=100%",
        "actor_token": "tøken/of+a+robot=100%",
        "audience": AUDIENCE,
    },
    "oauth2_password": {"username": "jürgen", "password": "pä:ss+wörd 100% €"},
    "session_login": {"username": "jürgen", "password": 'pä"ss\\wörd 100% &=€'},
    "aws_sigv4": {
        "access_key": "PLAYGROUNDKEY0000042",
        "secret_key": "playground/secret+key=7c1f0a93d2e8b645",
        "session_token": "playground//session+token/4e8b1d73==",
    },
    "hmac_signature": {"key_id": "reports:eu+1", "hmac_secret": "50% off: a+b=c&d/ü?"},
}

# Clients that authenticate with a signed JWT (RFC 7523 §3). They are added to a document as above.
ASSERTING_CREDENTIALS: Mapping[str, Fields] = {
    "oauth2_client_credentials": {
        "client_id": "playground-key-client",
        "client_secret": None,
        "client_auth": "private_key_jwt",
        "private_key": RSA_KEY,
        "assertion_algorithm": "RS256",
        "assertion_key_id": "playground-rs256",
    },
}

# Clients whose tokens must be bound to a key (RFC 9449). They are added to a document as above.
BOUND_CREDENTIALS: Mapping[str, Fields] = {
    "oauth2_client_credentials": {
        "client_id": "playground-bound-client",
        "client_secret": "playground-client-secret-5f07ac",
        "dpop": True,
    },
}


def document(base_url: str, method: str) -> dict[str, Any]:
    """Return the complete connection document for one method of the playground at `base_url`."""
    if method not in CREDENTIALS:
        raise ValueError(f"the playground has no method {method!r}; it has {', '.join(CREDENTIALS)}")
    root = base_url.rstrip("/")
    fields = {"base_url": f"{root}/{method}", **deepcopy(dict(CREDENTIALS[method]))}
    return _completed(fields, root)


def testable_document(base_url: str, method: str) -> dict[str, Any]:
    """Return the document of a method with a test URL, so that it can be validated as it is."""
    fields = document(base_url, method)
    return {**fields, "test_url": f"{fields['base_url']}/v1/me"}


def _completed(fields: dict[str, Any], root: str) -> dict[str, Any]:
    """Return the fields with `root` before every path: in URLs and in the audience of a JWT."""
    completed = dict(fields)
    for name, value in fields.items():
        if (
            isinstance(value, str)
            and value.startswith("/")
            and (name.endswith(("_url", "_endpoint")) or name == "aud")
        ):
            completed[name] = root + value
        elif name == "payload":
            completed[name] = _completed(value, root)
    return completed


def accounts(method: str) -> tuple[Fields, ...]:
    """Return the fields of each account of a method."""
    first = CREDENTIALS[method]
    further = (AWKWARD_CREDENTIALS, ASSERTING_CREDENTIALS, BOUND_CREDENTIALS)
    return (first, *({**first, **each[method]} for each in further if method in each))


def same(given: str, expected: str) -> bool:
    """Compare two texts in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def is_account(method: str, name_field: str, secret_field: str, given: tuple[str, str]) -> bool:
    """Return whether an account has this name and secret. Every account is compared each time."""
    name, secret = given
    is_known = False
    for account in accounts(method):
        # `&`, without an early return: the time doesn't reveal which part was wrong.
        is_known |= same(name, account[name_field]) & same(secret, account[secret_field])
    return is_known
