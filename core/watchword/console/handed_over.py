"""Sign-ins that colleagues have made by a link: the token is sealed in the store until an editor decides."""

from __future__ import annotations

import json
import math
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from watchword import redact
from watchword.console.begun_sign_ins import Begun
from watchword.console.host import Stored
from watchword.errors import TokenError
from watchword.http.origins import host as host_of
from watchword.redact import NeverPickled
from watchword.sign_in.authorization_response import sign_in_refused
from watchword.tokens.token import Token
from watchword.tokens.token_store import TokenStore

LIFETIME = 86400.0
"""How long a link, and then the sign-in that was made by it, waits, in seconds."""


@dataclass(frozen=True)
class Link:
    """A link for a colleague: the connection, the fingerprint of its document, and who made the link."""

    connection: str
    document: str
    asked_by: str


@dataclass(frozen=True)
class HandedOver(NeverPickled):
    """A sign-in that waits for an editor's decision.

    `person` is the host's name of the colleague who made it, `provider` the host where they did, `returned`
    when that was (seconds since 1970).
    """

    id: str
    connection: str
    document: str
    person: str
    provider: str
    returned: float
    token: Token = field(repr=False)

    @property
    def age(self) -> float:
        """How long it has waited, in seconds."""
        return max(time.time() - self.returned, 0.0)

    @property
    def current_token(self) -> Token:
        """The token with what is left of its lifetimes."""
        token, age = self.token, self.age
        refresh = token.refresh_lifetime
        return replace(
            token,
            lifetime=max(token.lifetime - age, 0.0) if math.isfinite(token.lifetime) else token.lifetime,
            refresh_lifetime=None if refresh is None else max(refresh - age, 0.0),
        )


def keep_link(store: TokenStore, link: Link) -> str:
    """Keep a link, and return what identifies it."""
    link_id = secrets.token_urlsafe(32)
    store.keep_draft(_link_key(link_id), asdict(link), LIFETIME)
    return link_id


def find_link(store: TokenStore, link_id: str) -> Link | None:
    """Return a link that nobody has followed yet, and let it wait; None if there is none."""
    content = store.read_draft(_link_key(link_id))
    return Link(**content) if content else None


def take_link(store: TokenStore, link_id: str) -> Link | None:
    """Return a link, once; None if there is none."""
    content = store.take_draft(_link_key(link_id))
    return Link(**content) if content else None


def keep(store: TokenStore, begun: Begun, person: str, token: Token) -> None:
    """Keep a sign-in until an editor decides; the page of the connection shows the last one."""
    waits = HandedOver(
        secrets.token_urlsafe(32),
        begun.connection,
        begun.document,
        person,
        host_of(begun.authorize_url),
        time.time(),
        token,
    )
    store.keep_draft(_key(waits.id), {"json": json.dumps(asdict(waits))}, LIFETIME)
    store.keep_draft(_last_key(begun.connection), {"id": waits.id}, LIFETIME)


def find(store: TokenStore, connection: str) -> HandedOver | None:
    """Return the last sign-in that waits for a decision about a connection, and let it wait."""
    last = store.read_draft(_last_key(connection))
    return _read(store.read_draft(_key(last["id"]))) if last else None


def take(store: TokenStore, stored: Stored, waits_id: str, document: str = "") -> HandedOver:
    """Return a sign-in that an editor has decided about, once.

    Args:
        store: the token store.
        stored: the connection that it was made for.
        waits_id: which sign-in the editor has seen: a later one isn't meant.
        document: the fingerprint that the connection's document must have; "" for any.

    Raises:
        TokenError: no such sign-in waits, or the connection was changed since.
    """
    seen = _read(store.read_draft(_key(waits_id)))
    if seen is None or seen.connection != stored.name:
        raise _gone()
    if document and document != seen.document:
        message = "The connection was changed after the colleague had signed in."
        raise sign_in_refused(message, "Discard the sign-in, and make a new link.")
    taken = _read(store.take_draft(_key(waits_id)))
    if taken is None:
        raise _gone()
    return taken


def _read(content: Mapping[str, str] | None) -> HandedOver | None:
    if content is None:
        return None
    fields = json.loads(content["json"])
    token = Token(**fields.pop("token"))
    redact.register(token.secrets, token)
    return HandedOver(**fields, token=token)


def _gone() -> TokenError:
    message = "This sign-in doesn't wait any more: it was accepted or discarded, or is over."
    return sign_in_refused(message, "Open the connection's page again.")


def _link_key(link_id: str) -> str:
    return f"console link {link_id}"


def _key(waits_id: str) -> str:
    return f"console handed over {waits_id}"


def _last_key(connection: str) -> str:
    return f"console handed over last {connection}"
