"""Header and claims of a JWT, filled in from templates, with iat, nbf and exp (RFC 7519)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.durations import seconds
from watchword.http.json_value import JsonValue
from watchword.protocols import templates
from watchword.protocols.templates import FreshValues, TemplateSecrets
from watchword.redact import NeverPickled

BACKDATED = 30
"""How far before now `iat` and `nbf` are set, in seconds: an API's clock may be behind."""

SINGLE_USE_LIFETIME = 60
"""How long a JWT for a single request is valid, in seconds."""

_TIMES = ("iat", "nbf", "exp")

# RFC 7515 section 4.1.11: only extensions may be critical.
_REGISTERED = {"alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"}


@dataclass(frozen=True)
class Content(NeverPickled):
    """Templates of header and claims, the secrets that they refer to, and the lifetime in seconds."""

    headers: Mapping[str, JsonValue] = field(repr=False)
    payload: Mapping[str, JsonValue] = field(repr=False)
    secrets: TemplateSecrets = field(repr=False)
    lifetime: int

    def header(self, algorithm: str, fresh: FreshValues) -> dict[str, JsonValue]:
        """Return the header: algorithm, type and the members of jwt_headers; null leaves a member out."""
        given = templates.fill(dict(self.headers), self.secrets, fresh)
        return merged({"alg": algorithm, "typ": "JWT"}, given)

    def claims(self, fresh: FreshValues) -> dict[str, JsonValue]:
        """Return the payload's claims, with iat, nbf and exp unless it has them; null leaves a claim out."""
        lifetime = self.lifetime or SINGLE_USE_LIFETIME
        issued = int(fresh.now) - min(BACKDATED, lifetime // 10)
        times = {"iat": issued, "nbf": issued, "exp": issued + lifetime}
        return merged(times, templates.fill(dict(self.payload), self.secrets, fresh))

    def findings(self, algorithm: str, fresh: FreshValues) -> Iterator[Finding]:
        """Yield what is wrong in header or claims; their templates must have been checked before."""
        header, claims = self.header(algorithm, fresh), self.claims(fresh)
        if self.lifetime and any("{{uuid}}" in text for text in templates.texts(self.payload.get("jti"))):
            message = f"jti is {{{{uuid}}}}, but each JWT is reused for {self.lifetime} seconds."
            yield finding("jti_reused", message)
        yield from content_findings(header, claims, algorithm, fresh.now)


def as_json(content: Mapping[str, JsonValue]) -> bytes:
    """Return compact JSON as UTF-8; raises ValueError for values that JSON doesn't have (RFC 8259)."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def merged(own: Mapping[str, JsonValue], given: JsonValue) -> dict[str, JsonValue]:
    """Return a header or claims with the given members added or replaced; null leaves one out."""
    members = {**own, **given} if isinstance(given, dict) else dict(own)
    return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True)
class FieldNames:
    """The fields of the document that a JWT's header, claims and algorithm come from, for messages."""

    headers: str = "jwt_headers"
    claims: str = "payload"
    algorithm: str = "algorithm"


_OF_JWT = FieldNames()


def content_findings(
    header: Mapping[str, JsonValue],
    claims: Mapping[str, JsonValue],
    algorithm: str,
    now: float,
    fields: FieldNames = _OF_JWT,
) -> Iterator[Finding]:
    """Yield what is wrong in the header or the claims of a JWT that would be sent now."""
    yield from _header_findings(header, algorithm, fields)
    yield from _time_findings(claims, now, fields.claims)
    try:
        as_json({"header": dict(header), "claims": dict(claims)})
    except ValueError:
        what = "something that JSON can't: NaN, Infinity or half a character"
        yield finding("jwt_illegal", f"{fields.claims} or {fields.headers} hold {what}.")


def _header_findings(
    header: Mapping[str, JsonValue], algorithm: str, fields: FieldNames
) -> Iterator[Finding]:
    name = fields.headers
    if header.get("alg") != algorithm:
        yield finding("given_twice", f"{name} has an alg, and the field {fields.algorithm} says {algorithm}.")
    if "b64" in header:
        message = f"{name} has b64: a JWT's payload is always base64url (RFC 7797 section 7)."
        yield finding("jwt_illegal", message)
    critical = header.get("crit", ["kid"])
    if "crit" in header and not _are_extensions(critical, header):
        message = f"The crit of {name} must list extensions in the header (RFC 7515 section 4.1.11)."
        yield finding("jwt_illegal", message)
    for member in ("kid", "typ", "cty"):
        if not isinstance(header.get(member, ""), str):
            yield finding("jwt_illegal", f"The {member} of {name} must be text (RFC 7515 section 4.1).")


def _are_extensions(critical: JsonValue, header: Mapping[str, JsonValue]) -> bool:
    return (
        isinstance(critical, list)
        and bool(critical)
        and all(isinstance(name, str) and name in header and name not in _REGISTERED for name in critical)
    )


def _time_findings(claims: Mapping[str, JsonValue], now: float, field_name: str) -> Iterator[Finding]:
    for name in _TIMES:
        value = claims.get(name, now + 1)
        number = None if isinstance(value, (bool, str)) else seconds(value)
        if number is None:
            message = f"The claim {name} must be a number of seconds since 1970 (RFC 7519 section 2)."
            yield finding("jwt_illegal", message, advice="Write {{now}} or {{now+300}}, or leave it out.")
        elif name == "exp" and number <= now:
            message = f"The claim exp of {field_name} is in the past."
            yield finding("token_expired_already", message, advice="Write {{now+300}}, or leave it out.")
