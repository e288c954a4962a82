"""The JWTs that Airbyte's manifests sign."""

from __future__ import annotations

import base64

from watchword.connections.imports.airbyte.authenticator import Authenticator, Fields, present
from watchword.connections.imports.entry import check_characters, is_lacking
from watchword.connections.imports.template_secrets import with_secrets_apart
from watchword.document.references import as_literal


def signed_jwt(given: Authenticator, remarks: list[str]) -> Fields:
    """Return the fields of a JWT that is sent to the API itself."""
    parameters: dict[str, str] = {}
    headers = given.part("jwt_headers")
    payload = given.part("jwt_payload")
    claims = {name: payload.text(name) for name in ("iss", "sub", "aud") if payload.text(name)}
    passphrase = as_literal(given.text("passphrase"))
    duration = given.raw("token_duration")
    prefix = given.text("header_prefix")
    return present(
        {
            "method": "jwt_bearer",
            "algorithm": given.needed("algorithm"),
            "jwt_secret": _signing_secret(given, remarks),
            "private_key_passphrase": passphrase,
            "payload": with_secrets_apart({**claims, **given.json("additional_jwt_payload")}, parameters),
            "jwt_headers": {
                **{name: headers.text(name) for name in ("kid", "cty") if headers.text(name)},
                **given.json("additional_jwt_headers"),
            },
            "lifetime": duration if isinstance(duration, int) and not isinstance(duration, bool) else 1200,
            "prefix": prefix if prefix != "Bearer" else "",
            "use_prefix": None if prefix else False,
            "secret_parameters": parameters,
        }
    )


def _signing_secret(given: Authenticator, remarks: list[str]) -> str:
    """Return the secret that signs; Airbyte encodes it in Base64 first if the manifest says so."""
    secret = given.secret("secret_key")
    if given.text("base64_encode_secret_key") != "true":
        return secret
    if is_lacking(secret):
        remarks.append("The API expects the secret in Base64: give it encoded.")
        return secret
    text = given.text("secret_key")
    check_characters(text)
    return base64.b64encode(text.encode()).decode()
