"""Signing out: the store forgets the sign-in, and the server revokes it (RFC 7009)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from watchword import redact
from watchword.connection import Connection
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.origins import host
from watchword.methods.oauth2_sign_in import OAuth2SignIn
from watchword.sign_in.authorization_server import AuthorizationServer, authorization_server_of
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse


@dataclass(frozen=True)
class SignedOut:
    """How a sign-out went: whether the store had a sign-in, and whether the server revoked it.

    `is_revoked` is None where the server was not asked; `remark` says why the sign-in is good there still.
    """

    was_kept: bool
    is_revoked: bool | None = None
    remark: Finding | None = None


def sign_out(connection: Connection) -> SignedOut:
    """Forget a connection's sign-in, then have the server revoke it where the document has a revoke_url.

    A server that can't be reached, or refuses, leaves a remark; the store has forgotten all the same.

    Raises:
        DocumentError: the document holds an error, or is of a method without a sign-in.
        StoreError: the store can't be used; nothing is forgotten, nor revoked.
    """
    server = authorization_server_of(connection, OAuth2SignIn)
    token = connection.sign_out()
    if token is None:
        return SignedOut(was_kept=False)
    if not server.method.revoke_url:
        return SignedOut(was_kept=True, remark=_not_revoked("The document has no revoke_url."))
    remark = _revoked(server, server.method.revoke_url, token)
    return SignedOut(was_kept=True, is_revoked=remark is None, remark=remark)


def _revoked(server: AuthorizationServer[OAuth2SignIn], url: str, token: Token) -> Finding | None:
    """Revoke a token, best the one that brings new ones (section 2.1); return why that failed."""
    kind = "refresh_token" if token.refresh_token else "access_token"
    secret = token.refresh_token or token.access_token
    fields = {"token": secret, "token_type_hint": kind}
    redact.register_token(secret)
    try:
        request = server.method.request_to(url, fields, server.template_secrets)
        reply = server.ask(request, f"the revoke_url at {host(url)}")
    except TokenError as error:
        return _not_revoked(error.findings[0].message)
    else:
        return None if reply.succeeded else _refusal(reply)
    finally:
        redact.forget_token(secret)


def _refusal(reply: TokenResponse) -> Finding:
    evidence = {"status": str(reply.status)}
    try:
        content = json.loads(reply.text)
    except (ValueError, RecursionError):
        content = None
    for name in ("error", "error_description"):
        said = content.get(name) if isinstance(content, dict) else None
        if isinstance(said, str):
            evidence[name] = redact.quoted(said)
    return _not_revoked(f"The server at {reply.host} refused to.", evidence)


def _not_revoked(why: str, evidence: dict[str, str] | None = None) -> Finding:
    message = f"The sign-in was not revoked at the provider. {why}"
    return finding("not_revoked", message, evidence=evidence)
