"""What a connection's page says about its sign-in: who, until when, which scopes, and what is in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from watchword.connection import Connection
from watchword.console import handed_over
from watchword.console.begun_sign_ins import TOKEN_FIELDS, fingerprint, redirect_uri_of
from watchword.console.handed_over import HandedOver
from watchword.console.host import Host, Stored
from watchword.document.references import is_reference
from watchword.errors import DocumentError, WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.origins import host as host_of
from watchword.methods.oauth1 import SIGN_IN_URLS, OAuth1
from watchword.methods.oauth2_authorization_code import OAuth2AuthorizationCode
from watchword.methods.oauth2_device_code import OAuth2DeviceCode
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.health import DAY, Health

STARTS: Mapping[str, tuple[str, ...]] = {
    OAuth2AuthorizationCode.method: ("authorize_url",),
    OAuth2DeviceCode.method: ("device_authorization_endpoint",),
    OAuth1.method: SIGN_IN_URLS,
}
"""The fields without which a sign-in can't begin, by method."""


@dataclass(frozen=True)
class SignInState:
    """The sign-in of a connection.

    `obstacle` says why no sign-in can begin. `health` is None if it isn't known, or if the token stands in
    the document, which `has_token` says. `is_imported` says that the document has the refresh token of a
    sign-in that was made elsewhere. `is_usable` is false if the document sends tokens elsewhere now. `waits`
    is a colleague's sign-in that waits for a decision; it `fits` unless the document was changed since.
    """

    method: str
    callback_url: str
    redirect_uri: str
    provider: str = ""
    asked: frozenset[str] = frozenset()
    obstacle: Finding | None = None
    health: Health | None = None
    is_usable: bool = True
    has_token: bool = False
    is_imported: bool = False
    waits: HandedOver | None = None
    fits: bool = True

    @property
    def is_own_callback(self) -> bool:
        """Whether the browser comes back to this console."""
        return self.redirect_uri == self.callback_url

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody has signed in, and the sign-in hasn't ended."""
        known = self.health
        has_ended = known is None or known.has_ended or known.days_left == 0.0
        return self.has_token or (known is not None and known.obtained is not None and not has_ended)

    @property
    def ends(self) -> float | None:
        """Seconds until a person has to sign in again; None if that is not known."""
        days = self.health.days_left if self.health else None
        return None if days is None else days * DAY

    @property
    def granted(self) -> list[str]:
        """The scopes that the server has granted; empty if it didn't say."""
        return sorted(_scopes(self.health.scope)) if self.health and self.health.scope else []

    @property
    def missing(self) -> list[str]:
        """The scopes that the document asks for, and that aren't among those that the server has named."""
        return sorted(self.asked - set(self.granted)) if self.granted else []


def state_of(host: Host, stored: Stored, callback_url: str) -> SignInState | None:
    """Return the state of a connection's sign-in; None if nobody signs in for it."""
    document = stored.document or {}
    method = document.get("method")
    if not isinstance(method, str) or method not in STARTS:
        return None
    if method == OAuth1.method and not any(document.get(name) for name in SIGN_IN_URLS):
        return None
    state = SignInState(method, callback_url, callback_url)
    try:
        connection = host.open(stored.name, document, private=False)
        state = _described(state, connection)
        if method == OAuth1.method:
            state = replace(state, has_token=bool(document.get("access_token")))
        else:
            state = _with_sign_in(state, connection)
            state = _with_waiting(state, host, stored)
        check(connection, stored)
    except WatchwordError as error:
        return replace(state, obstacle=error.findings[0])
    return state


def _with_sign_in(state: SignInState, connection: Connection) -> SignInState:
    sign_in = stored_sign_in(connection)
    health, is_usable = sign_in.health(), sign_in.is_usable()
    is_imported = bool(getattr(connection.document.method, "refresh_token", None))
    return replace(state, health=health, is_usable=is_usable, is_imported=is_imported)


def _with_waiting(state: SignInState, host: Host, stored: Stored) -> SignInState:
    waits = handed_over.find(host.store, stored.name)
    fits = waits is None or waits.document == fingerprint(host.store, stored.document or {})
    return replace(state, waits=waits, fits=fits)


def check(connection: Connection, stored: Stored) -> None:
    """Raise DocumentError if a sign-in of a connection would lead to nothing."""
    method = connection.document.method
    missing = [name for name in STARTS[method.method] if not getattr(method, name)]
    if missing:
        raise DocumentError([finding("missing_field", f"The sign-in needs {', '.join(missing)}.")])
    if method.method == OAuth1.method:
        _check_writable(stored)
    elif not connection.store.outlives_process:
        message = (
            f"The token store is {connection.store.display_url}, which ends with this process: tasks would "
            "never find the sign-in."
        )
        advice = "Set WATCHWORD_STORE to a store that the tasks share."
        raise DocumentError([finding("store_not_shared", message, advice=advice)])


def _check_writable(stored: Stored) -> None:
    """Raise DocumentError if a token of OAuth 1.0, which stands in the document, couldn't be kept there."""
    if not stored.home.is_writable:
        message = f"The sign-in writes its token into the connection, and {stored.home.title} is read-only."
        raise DocumentError([finding("fields_ignored", message, advice="Keep the connection elsewhere.")])
    for name in TOKEN_FIELDS:
        value = (stored.document or {}).get(name)
        if isinstance(value, str) and is_reference(value) and not value.startswith("literal:"):
            message = f"The field {name} is a reference, which a sign-in can't write to."
            raise DocumentError([finding("fields_ignored", message, advice="Remove the reference first.")])


def _described(state: SignInState, connection: Connection) -> SignInState:
    method = connection.document.method
    url = getattr(method, STARTS[method.method][-1 if method.method != OAuth1.method else 1]) or ""
    return replace(
        state,
        redirect_uri=redirect_uri_of(connection, state.callback_url),
        provider=host_of(url),
        asked=method.scopes,
    )


def _scopes(text: str) -> set[str]:
    return set(text.replace(",", " ").split())
