"""What the playground accepts: made-up, public credentials, in the words of the connection document.

Nothing in this file is secret. The values are printed in the documentation and served by the
playground's own index page.
"""

import hmac
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

Fields = Mapping[str, Any]

TOKEN_PATH = "/oauth/token"  # noqa: S105 -- a path, not a token
SCOPES = ("airports:read", "profile:read")

CREDENTIALS: Mapping[str, Fields] = {
    "none": {"method": "none"},
    "api_key": {"method": "api_key", "key_name": "X-API-Key", "api_key": "playground-key-2f9c41d7"},
    "bearer": {"method": "bearer", "bearer_token": "playground-token-7b03e8a5"},
    "basic": {"method": "basic", "username": "playground", "password": "playground-password-c64d19"},
    "custom": {
        "method": "custom",
        "secret_parameters": {
            "header:X-Client-Id": "playground-client-58",
            "header:X-Client-Secret": "playground-client-secret-e1a7",
            "query:tenant": "playground-tenant-03",
        },
    },
    "oauth2_client_credentials": {
        "method": "oauth2_client_credentials",
        "client_id": "playground-client",
        "client_secret": "playground-client-secret-90be62",
        "token_url": TOKEN_PATH,
    },
}

# Second accounts whose characters only survive when both sides encode by the book;
# `document(url, method) | AWKWARD_CREDENTIALS[method]` is a document that uses one.
AWKWARD_CREDENTIALS: Mapping[str, Fields] = {
    "basic": {"username": "jürgen", "password": "pä:ss+wörd 100% €"},
    "oauth2_client_credentials": {"client_id": "reports:eu+ü", "client_secret": "50% off: a+b=c&d/ü?"},
}


def document(base_url: str, method: str) -> dict[str, Any]:
    """Return the complete connection document for one method of the playground at `base_url`."""
    if method not in CREDENTIALS:
        raise ValueError(f"the playground has no method {method!r}; it has {', '.join(CREDENTIALS)}")
    root = base_url.rstrip("/")
    fields = {"base_url": f"{root}/{method}", **deepcopy(dict(CREDENTIALS[method]))}
    if "token_url" in fields:
        fields["token_url"] = f"{root}{fields['token_url']}"
    return fields


def same(given: str, expected: str) -> bool:
    """Compare two texts in a time that says nothing about where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def is_account(method: str, name_field: str, secret_field: str, given: tuple[str, str]) -> bool:
    """Tell whether this name and secret belong together, comparing with every account each time."""
    name, secret = given
    found = False
    for account in (CREDENTIALS[method], AWKWARD_CREDENTIALS[method]):
        # `&`, and no early return: the time says nothing about which part was wrong.
        found |= same(name, account[name_field]) & same(secret, account[secret_field])
    return found
