"""`digest`: user name and password, proved by a hash (RFC 7616)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from functools import cached_property
from threading import Lock
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from requests import PreparedRequest

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.flow import Context, Flow, FlowResponse
from watchword.http import headers
from watchword.http.placement import Placement, Slot
from watchword.http.urls import normalized
from watchword.methods.base import Method
from watchword.methods.fields import About, Section
from watchword.protocols.digest.challenge import next_nonce, strongest, unsupported
from watchword.protocols.digest.response import Login, Session
from watchword.protocols.templates import TemplateSecrets
from watchword.redact import text as masked

_UNAUTHORIZED = 401

_session_lock = Lock()


class Digest(Method):
    """Respond to the server's challenge with a hash of user name, password and request.

    The first request is sent without a credential. After a challenge, all further requests to the same
    origin carry the response from the start. A challenge for Basic is never responded to.
    """

    method: ClassVar[str] = "digest"
    title: ClassVar[str] = "Digest (user name and password)"
    essentials: ClassVar[tuple[str, ...]] = ("base_url", "username", "password")

    username: Annotated[str, About("User name", "The user's name, without a colon.", Section.AUTHENTICATION)]
    password: Annotated[
        str,
        About(
            "Password",
            "The user's password; only a hash of it is sent.",
            Section.AUTHENTICATION,
            secret=True,
            may_be_empty=True,
        ),
    ] = ""

    def placements(self) -> tuple[Placement | Slot, ...]:
        """The header of the response to a challenge; its value is known only when it is sent."""
        return (Slot("header", "Authorization"),)

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send the response to the origin's last challenge, if there was one; respond to a new one once.

        If a response to an earlier challenge is refused, the nonce may be stale, the server may have been
        restarted, or the path may be in another realm. A refused response to a new challenge is final.

        Raises:
            RequestError: the server requires a signed body, and the body can't be read twice.
        """
        request.url = normalized(request.url or "")
        space, uri, memory = _space(request), request.path_url, context.memory
        session: Session | None = memory.get(space)
        if session:
            request.headers["Authorization"] = session.authorization(request, uri)
        else:
            request.headers.pop("Authorization", None)
        response: FlowResponse = yield request
        if response.status_code == _UNAUTHORIZED:
            challenge = strongest(response.headers.get("WWW-Authenticate", ""))
            if challenge is None:
                return
            session = _joined_session(memory, space, Session.begin(challenge, self._login, context.nonce()))
            request.headers["Authorization"] = session.authorization(request, uri)
            response = yield request
        if session:
            _update_session(memory, space, session, response)

    def findings(self, _: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield a finding for a colon in the name, and for text that can't be sent in a header."""
        if ":" in self.username:
            message = "The user name has a colon; everything after it would count as realm."
            advice = "A user name for Digest authentication must not contain a colon (RFC 7616, section 4)."
            yield finding("username_illegal", message, advice=advice)
        try:
            octets = self.username.encode().decode("latin-1")
            self.password.encode()
        except UnicodeEncodeError:
            yield finding("charset_mismatch", "User name or password can't be written in utf-8.")
        else:
            yield from headers.value_findings(octets, "the user name")

    def explain(self, status: int, response_headers: Mapping[str, str], _text: str, /) -> Finding | None:
        """Return a finding that names what isn't supported in a challenge."""
        if status != _UNAUTHORIZED:
            return None
        reason = unsupported(response_headers.get("WWW-Authenticate", ""))
        message = f"The API's Digest challenge isn't supported: {masked(reason or '')}."
        return finding("digest_unsupported", message) if reason else None

    @cached_property
    def _login(self) -> Login:
        return Login(self.username, self.password)


def _space(request: PreparedRequest) -> str:
    """Return the protection space (RFC 7616 section 3.3): always the origin; `domain` is ignored."""
    parts = urlsplit(request.url or "")
    return f"digest {parts.scheme}://{parts.netloc}"


def _joined_session(memory: MutableMapping[str, Any], space: str, new: Session) -> Session:
    """Return the session to continue: that of another thread for the same challenge, if there is one.

    Two sessions with one nonce would count its uses twice.
    """
    with _session_lock:
        current: Session | None = memory.get(space)
        if current and current.challenge == new.challenge:
            return current
        memory[space] = new
        return new


def _update_session(
    memory: MutableMapping[str, Any], space: str, session: Session, response: FlowResponse
) -> None:
    """Remove a session whose response was refused; else store the server's next nonce."""
    if memory.get(space) is not session:  # another thread has replaced it
        return
    if response.status_code == _UNAUTHORIZED:
        memory.pop(space, None)
        return
    nonce = next_nonce(response.headers.get("Authentication-Info", ""))
    if nonce:
        memory[space] = session.continued(nonce)
