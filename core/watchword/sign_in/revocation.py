"""Signing out: the sign-in is removed from the store, and the server revokes it (RFC 7009)."""

from __future__ import annotations

from dataclasses import dataclass

from watchword import redact
from watchword.connection import Connection
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.origins import host
from watchword.methods.oauth2_sign_in import OAuth2SignIn
from watchword.sign_in.authorization_server import AuthorizationServer, authorization_server_of
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.refusal_words import reports_refusal, server_words
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse


@dataclass(frozen=True)
class SignedOut:
    """The outcome of a sign-out: whether the store had a sign-in, and whether the server revoked it.

    `is_revoked` is None if the server was not asked; `remark` says why the sign-in is still valid there.
    """

    was_kept: bool
    is_revoked: bool | None = None
    remark: Finding | None = None


def sign_out(connection: Connection) -> SignedOut:
    """Remove a connection's sign-in, then have the server revoke it if there is a revocation_endpoint.

    If the server can't be reached or refuses, the result has a remark; the sign-in is removed all the same.

    Raises:
        DocumentError: the document has an error, or its method has no sign-in.
        StoreError: the store can't be used; nothing is removed or revoked.
    """
    server = authorization_server_of(connection, OAuth2SignIn)
    token = stored_sign_in(connection).forget()
    if token is None:
        return SignedOut(was_kept=False)
    is_asked = bool(server.method.revocation_endpoint)
    remark = _revoked(server, token)
    return SignedOut(was_kept=True, is_revoked=remark is None if is_asked else None, remark=remark)


def revoke(connection: Connection, token: Token) -> Finding | None:
    """Have the server revoke a token that isn't stored; return why it is still valid there, if it is.

    Raises:
        DocumentError: the document has an error, or its method has no sign-in.
    """
    return _revoked(authorization_server_of(connection, OAuth2SignIn), token)


def _revoked(server: AuthorizationServer[OAuth2SignIn], token: Token) -> Finding | None:
    endpoint = server.method.revocation_endpoint
    if not endpoint:
        return _not_revoked("The document has no revocation_endpoint.")
    return _revoke(server, endpoint, token)


def _revoke(server: AuthorizationServer[OAuth2SignIn], url: str, token: Token) -> Finding | None:
    """Revoke the refresh token, or the access token if there is none (section 2.1); return the failure."""
    kind = "refresh_token" if token.refresh_token else "access_token"
    secret = token.refresh_token or token.access_token
    fields = {"token": secret, "token_type_hint": kind}
    with redact.masked([secret]):
        try:
            request = server.method.request_to(url, fields, server.template_secrets)
            response = server.send(request, f"the revocation_endpoint at {host(url)}")
        except TokenError as error:
            return _not_revoked(error.findings[0].message)
        return _refusal(response)


def _refusal(response: TokenResponse) -> Finding | None:
    """Return why a server has not revoked a token, None if it has; some refuse with a status of success."""
    content = response.content({"error"})
    if response.succeeded and not reports_refusal(content):
        return None
    evidence = {"status": str(response.status), **server_words(content)}
    what = response.redirect or "refused to"
    return _not_revoked(f"The server at {response.host} {what}.", evidence)


def _not_revoked(reason: str, evidence: dict[str, str] | None = None) -> Finding:
    message = f"The sign-in was not revoked at the provider. {reason}"
    return finding("not_revoked", message, evidence=evidence)
