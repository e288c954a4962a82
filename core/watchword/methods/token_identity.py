"""What a token of OAuth 2.0 depends on: the fields of its document by which a stored token is found again."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType

from watchword.http.json_value import JsonValue
from watchword.methods import response_values
from watchword.methods.fields import Fields
from watchword.protocols import templates
from watchword.protocols.templates import TemplateSecrets

# Stored tokens are looked up by a fingerprint of names and values. These fields and values keep their former
# names in it, so that tokens stored before they were renamed are still found.
_FORMER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "subject_token_type": "subject_kind",
        "actor_token_type": "actor_kind",
        "requested_token_type": "requested_kind",
    }
)
_FORMER_CLIENT_AUTH: Mapping[str, str] = MappingProxyType(
    {
        "client_secret_basic": "header",
        "client_secret_post": "body",
        "tls_client_auth": "mtls",
        "self_signed_tls_client_auth": "mtls",
    }
)

# Fields of later versions count only if a document uses them: the tokens of all others are still found.
_LATER = response_values.FIELDS | {
    "assertion_claims",
    "assertion_headers",
    "dpop",
    "grant_method",
    "login_with",
    "refresh_method",
    "refresh_name",
}


def token_identity(method: Fields, left_out: Collection[str], secrets: TemplateSecrets) -> tuple[object, ...]:
    """Return the names and values of the fields, with the secrets of their templates filled in.

    Raises DocumentError if the secret of a template is missing.
    """
    fields = {
        _FORMER_NAMES.get(name, name): getattr(method, name)
        for name, info in type(method).model_fields.items()
        if name not in left_out and not (name in _LATER and getattr(method, name) == info.get_default())
    }
    fields["client_auth"] = _FORMER_CLIENT_AUTH.get(fields["client_auth"], fields["client_auth"])
    return tuple((name, _plain(value, secrets)) for name, value in sorted(fields.items()))


def _plain(value: object, secrets: TemplateSecrets) -> object:
    if not isinstance(value, Mapping):
        return value
    filled: dict[str, JsonValue] = {name: templates.fill(item, secrets) for name, item in value.items()}
    return json.dumps(filled, sort_keys=True)
