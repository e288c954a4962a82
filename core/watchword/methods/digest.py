"""`digest`: user name and password, proven by a hash (RFC 7616)."""

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

_beginning = Lock()


class Digest(Method):
    """Answer the server's challenge with a hash of user name, password and request.

    The first request goes out without credential; once challenged, those that follow to the same
    origin carry the answer at once. Basic is never answered, whatever the server offers beside.
    """

    method: ClassVar[str] = "digest"
    title: ClassVar[str] = "Digest (user name and password)"

    username: Annotated[str, About("User name", "The user's name, without a colon.", Section.AUTHENTICATION)]
    password: Annotated[
        str,
        About(
            "Password",
            "The user's password; it is never sent itself.",
            Section.AUTHENTICATION,
            secret=True,
            may_be_empty=True,
        ),
    ] = ""

    def placements(self) -> tuple[Placement | Slot, ...]:
        """The answer's header; its value is known only when sent."""
        return (Slot("header", "Authorization"),)

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the answer to the origin's last challenge, if there was one; answer a new one once.

        A refusal of an answer made ahead says little: the nonce may be stale, the server may have been
        restarted, the path may be in another realm. A refusal of one to a new challenge stands.

        Raises:
            RequestError: the server wants a body signed that can't be read twice.
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
            session = _joined(memory, space, Session.begin(challenge, self._login, context.nonce()))
            request.headers["Authorization"] = session.authorization(request, uri)
            response = yield request
        if session:
            _learn(memory, space, session, response)

    def findings(self, _: TemplateSecrets, /) -> Iterator[Finding]:
        """A colon in the name, and what no header can carry."""
        if ":" in self.username:
            message = "The user name has a colon; all behind it would count as realm."
            advice = "A user name for Digest authentication must not contain a colon (RFC 7616, section 4)."
            yield finding("username_illegal", message, advice=advice)
        try:
            octets = self.username.encode().decode("latin-1")
            self.password.encode()
        except UnicodeEncodeError:
            yield finding("charset_mismatch", "User name or password can't be written in utf-8.")
        else:
            yield from headers.value_findings(octets, "the user name")

    def explain(self, status: int, answered: Mapping[str, str], _text: str, /) -> Finding | None:
        """Name what a challenge asks for that is not known here."""
        asked = unsupported(answered.get("WWW-Authenticate", "")) if status == _UNAUTHORIZED else None
        message = f"The API's Digest challenge can't be answered: {masked(asked or '')}."
        return finding("digest_unsupported", message) if asked else None

    @cached_property
    def _login(self) -> Login:
        return Login(self.username, self.password)


def _space(request: PreparedRequest) -> str:
    """Return the protection space (RFC 7616 section 3.3): the origin, whatever `domain` says."""
    parts = urlsplit(request.url or "")
    return f"digest {parts.scheme}://{parts.netloc}"


def _joined(memory: MutableMapping[str, Any], space: str, begun: Session) -> Session:
    """Return the session to go on with: the one that another thread has begun by the same nonce, if any.

    Two sessions of one nonce would count its uses twice.
    """
    with _beginning:
        known: Session | None = memory.get(space)
        if known and known.challenge == begun.challenge:
            return known
        memory[space] = begun
        return begun


def _learn(memory: MutableMapping[str, Any], space: str, session: Session, response: FlowResponse) -> None:
    """Forget a session whose answer was refused; take the nonce that the server gives for what follows."""
    if memory.get(space) is not session:  # another thread has gone on to a newer one
        return
    if response.status_code == _UNAUTHORIZED:
        memory.pop(space, None)
        return
    nonce = next_nonce(response.headers.get("Authentication-Info", ""))
    if nonce:
        memory[space] = session.continued(nonce)
