"""Read a private key out of the JSON file that a provider hands out, with what stands beside it there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from watchword.http.json_value import JsonValue
from watchword.redact import NeverPickled

_MARK, _CERTIFICATE = "PRIVATE KEY", "BEGIN CERTIFICATE"
_LONGEST_SEARCH = 1000
"""How many values of an unknown file are searched for a key."""


@dataclass(frozen=True)
class KeyFile(NeverPickled):
    """A private key, and what its file says about using it; "" for what the file doesn't say.

    `certificates` is the PEM of a client certificate with its chain, as SAP BTP's service keys have it.
    `token_url` is the token endpoint, `audience` that of the JWT. `claims` are further claims that the
    provider's JWTs need. `scope_is_claim` says that the provider reads the scope in the JWT alone.
    """

    provider: str
    key: str = field(repr=False)
    passphrase: str = field(default="", repr=False)
    key_id: str = ""
    issuer: str = ""
    subject: str = ""
    audience: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    client_auth: str = ""
    algorithm: str = ""
    lifetime: int = 0
    scope_is_claim: bool = False
    claims: Mapping[str, JsonValue] = field(default_factory=dict)
    certificates: str = ""


@dataclass(frozen=True)
class _Shape:
    """The file of one provider: the paths of its values, by their names in KeyFile, and constant values.

    `marks` are paths that only this provider's files have. A path's parts are joined by dots.
    """

    provider: str
    marks: tuple[str, ...]
    paths: Mapping[str, str]
    constants: Mapping[str, Any] = field(default_factory=dict)


_SHAPES = (
    _Shape(
        "Google",
        ("client_email", "private_key"),
        {
            "key": "private_key",
            "key_id": "private_key_id",
            "issuer": "client_email",
            "token_url": "token_uri",
        },
        {"token_url": "https://oauth2.googleapis.com/token", "scope_is_claim": True, "algorithm": "RS256"},
    ),
    _Shape(
        "Yandex Cloud",
        ("service_account_id", "private_key"),
        {"key": "private_key", "key_id": "id", "issuer": "service_account_id"},
        {"audience": "https://iam.api.cloud.yandex.net/iam/v1/tokens", "algorithm": "PS256"},
    ),
    _Shape(
        "ZITADEL",
        ("keyId", "key", "userId"),
        {"key": "key", "key_id": "keyId", "issuer": "userId", "subject": "userId"},
        {"algorithm": "RS256"},
    ),
    _Shape(
        "ZITADEL",
        ("keyId", "key", "clientId"),
        {"key": "key", "key_id": "keyId", "client_id": "clientId"},
        {"algorithm": "RS256", "client_auth": "private_key_jwt"},
    ),
    _Shape(
        "STACKIT",
        ("credentials.privateKey",),
        {
            "key": "credentials.privateKey",
            "key_id": "credentials.kid",
            "issuer": "credentials.iss",
            "subject": "credentials.sub",
            "audience": "credentials.aud",
        },
        {"algorithm": "RS512"},
    ),
)


def read_key_file(content: Mapping[str, Any]) -> KeyFile | None:
    """Return the key in a provider's JSON file; None if there is none, or several."""
    box = _box(content)
    if box is not None:
        return box
    for shape in _SHAPES:
        if all(_text(content, mark) for mark in shape.marks):
            found = {name: _text(content, path) for name, path in shape.paths.items()}
            return KeyFile(
                shape.provider, **{**shape.constants, **{name: text for name, text in found.items() if text}}
            )
    return _unknown(content)


def _box(content: Mapping[str, Any]) -> KeyFile | None:
    """Read Box's config JSON, or the part of it that is named boxAppSettings.

    Box takes JWTs of at most 60 seconds, each with a jti of its own, and the client's secret in the body.
    """
    app = content.get("boxAppSettings", content)
    if not isinstance(app, Mapping) or not (key := _text(app, "appAuth.privateKey")):
        return None
    enterprise, user = _text(content, "enterpriseID"), _text(content, "userID")
    return KeyFile(
        "Box",
        key,
        passphrase=_text(app, "appAuth.passphrase"),
        key_id=_text(app, "appAuth.publicKeyID"),
        issuer=_text(app, "clientID"),
        subject=user or enterprise,
        token_url="https://api.box.com/oauth2/token",  # noqa: S106 - an address
        client_id=_text(app, "clientID"),
        client_secret=_text(app, "clientSecret"),
        client_auth="client_secret_post",
        algorithm="RS256",
        lifetime=45,
        claims={"jti": "{{uuid}}", "box_sub_type": "user" if user else "enterprise"},
    )


def _unknown(content: Mapping[str, Any]) -> KeyFile | None:
    """Return the only key in the file of an unknown provider: under its usual name, or PEM anywhere."""
    if key := _text(content, "private_key"):
        return KeyFile("", key)
    found = list(_texts(content))
    keys = {text for text in found if _MARK in text}
    certificates = "\n".join(text for text in found if _CERTIFICATE in text)
    return KeyFile("", keys.pop(), certificates=certificates) if len(keys) == 1 else None


def _text(content: Mapping[str, Any], path: str) -> str:
    value: object = content
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _texts(content: object) -> Iterator[str]:
    pending = [content]
    for _ in range(_LONGEST_SEARCH):
        if not pending:
            return
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, (Mapping, list)):
            pending.extend(value.values() if isinstance(value, Mapping) else value)
