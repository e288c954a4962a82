"""Make the decoy of a whole credential: what a transport sends in place of the real one; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from watchword.adapters.authenticator import Authenticator
from watchword.http.json_value import JsonValue
from watchword.http.placement import Placement
from watchword.http.transport_options import TransportOptions
from watchword.methods.aws_sigv4 import AwsSigV4
from watchword.methods.base import Method, TokenPlacement
from watchword.methods.fields import secret_names
from watchword.methods.jwt_bearer import JwtBearer
from watchword.methods.none import NoAuthentication
from watchword.protocols.templates import TemplateSecrets
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.token import Token
from watchword.tokens.token_cache import TokenCache
from watchword.tokens.token_source import TokenSource
from watchword.validation.decoys.keys import decoy_certificate, decoy_key, decoy_secret
from watchword.validation.decoys.texts import decoy_text, decoy_user

REPLACED = frozenset({"username", "client_id"})
"""The fields beside the secrets that a decoy replaces: it stands for every credential of the form."""

_THUMBPRINTS = frozenset({"x5t", "x5t#S256"})

_AWS_KEY = "IOSFODNN7EXAMPLE"
_AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - the example in AWS's manual


def decoy_authenticator(authenticator: Authenticator, token: Token | None) -> Authenticator:
    """Return an authenticator that sends a decoy wherever the real one sends a secret.

    Args:
        authenticator: the real one. What isn't secret stays, such as key ids and signature methods.
        token: the real token, if the method has one: the decoy is of its form, and was never issued.

    Raises:
        DocumentError: a private key can't be read.
    """
    method, context = authenticator.method, authenticator.context
    secrets = tuple(Placement(each.slot, decoy_text(each.value)) for each in authenticator.secrets)
    templates = _decoy_templates(context.template_secrets)
    token_cache: TokenCache | None = None
    if method.proves_key and token is not None:
        # An API may look at the proof alone: the decoy is another token with a proof of the same key.
        unknown = replace(token, access_token=decoy_text(token.access_token))
        token_cache = TokenCache(LocalTokens(lambda: unknown))
        context = replace(context, values=None)  # the call is brought to its place before
    elif isinstance(method, TokenPlacement) and token is not None:
        decoy = _decoy_token(method, templates, token)
        secrets = (*secrets, Placement(method.slot, method.value(decoy)))
        method = NoAuthentication()
    else:
        method = decoy_method(method)
    return replace(
        authenticator,
        method=method,
        secrets=secrets,
        context=replace(context, template_secrets=templates, memory={}),
        token_cache=token_cache,
        path_secrets=_decoy_templates(authenticator.path_secrets),
    )


def decoy_source(method: Method, secrets: TemplateSecrets) -> TokenSource | None:
    """Return the source of tokens for a client that doesn't exist; None if the method has no tokens.

    Raises:
        DocumentError: a private key can't be read.
    """
    return decoy_method(method).token_source(_decoy_templates(secrets))


def decoy_transport(authenticator: Authenticator, transport: TransportOptions) -> TransportOptions:
    """Return the transport of the decoy call: with another client certificate if that is the credential."""
    alone = not authenticator.method.has_credential and not authenticator.secrets
    if not (transport.client_certificate and alone):
        return transport
    certificate, key = decoy_certificate()
    return replace(transport, client_certificate=certificate, client_private_key=key, named=None)


def decoy_method(method: Method) -> Method:
    """Return the method with a decoy in place of each secret, user name and client id.

    Raises:
        DocumentError: a private key can't be read.
    """
    fields = {name: getattr(method, name) for name in type(method).model_fields}
    for name in secret_names(type(method)):
        if fields[name] is not None:
            fields[name] = _decoy_field(name, fields)
    if fields.get("username"):
        # An API may take a key as the user name, with an empty password.
        named = decoy_user if getattr(method, "password", None) else decoy_text
        fields["username"] = named(fields["username"])
    if fields.get("client_id"):
        fields["client_id"] = decoy_user("")
    if "values_url" in fields:
        fields["values_url"] = None  # a decoy's token isn't used, not even to ask for values
    if fields.get("assertion_headers"):
        fields["assertion_headers"] = _without_thumbprints(fields["assertion_headers"])
    if "key_encoding" in fields and (_signs_by_hmac(fields) or "hmac_secret" in fields):
        fields["key_encoding"] = "hex"
    if isinstance(method, AwsSigV4):
        own = {"access_key": f"AKIA{decoy_text(_AWS_KEY)}", "secret_key": decoy_text(_AWS_SECRET)}
        fields |= {**own, "role_arn": None, "profile": None}
    return type(method)(**fields)


def _decoy_field(name: str, fields: Mapping[str, object]) -> str | None:
    text = str(fields[name])
    if name == "private_key_passphrase":
        return None  # the decoy's key is not encrypted
    passphrase = fields.get("private_key_passphrase")
    if name == "hmac_secret" or (name in {"private_key", "jwt_secret"} and _signs_by_hmac(fields)):
        return decoy_secret(text, fields.get("key_encoding", "utf8"))  # type: ignore[arg-type] # one of its literals
    if name in {"private_key", "jwt_secret"}:
        return decoy_key(text, str(passphrase) if passphrase is not None else None)
    return decoy_text(text)


def _signs_by_hmac(fields: Mapping[str, object]) -> bool:
    """Return whether the key of a method's JWTs is a secret that both sides share, and no private key."""
    return str(fields.get("algorithm", "")).startswith("HS")


def _without_thumbprints(headers: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the headers of a JWT with decoys of thumbprints, which name the client's own certificate."""
    return {
        name: decoy_text(value) if name in _THUMBPRINTS and isinstance(value, str) else value
        for name, value in headers.items()
    }


def _decoy_token(method: TokenPlacement, templates: TemplateSecrets, token: Token) -> str:
    """Return a token that was never issued; a JWT of the client's own is signed with another key."""
    if not isinstance(method, JwtBearer):
        return decoy_text(token.access_token)
    source = decoy_method(method).token_source(templates)
    if source is None:
        raise TypeError("a JWT that is reused has a source")
    return source.fetch(TransportOptions()).access_token


def _decoy_templates(secrets: TemplateSecrets) -> dict[str, str]:
    return {name: decoy_text(value) for name, value in secrets.items()}
