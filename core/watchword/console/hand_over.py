"""A link for the colleague who owns the account: they sign in, and an editor decides about the result.

The link is signed, ends after a day, and can be followed once. Any person whom the host knows may follow it,
also without a right on the connection: all that they can do is to leave a sign-in of their own, which nothing
uses before an editor of that connection has accepted it.
"""

# Annotations are evaluated at once: FastAPI reads those of functions inside functions.

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from watchword.console import handed_over
from watchword.console.begun_sign_ins import fingerprint
from watchword.console.guard import Guard, user_of
from watchword.console.handed_over import LIFETIME, HandedOver, Link
from watchword.console.host import Right, Stored
from watchword.console.pages import Pages
from watchword.console.sign_in_pages import Outcome, SignInPages
from watchword.console.signing_in import SignIns, require_sign_in
from watchword.errors import WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods.oauth2_authorization_code import OAuth2AuthorizationCode
from watchword.sign_in.authorization_server import store_token

WAITS = "waits"
"""The name of the input that says which sign-in an editor has seen."""

_SALT = "watchword.console.link"

_OVER = "This link is not valid: it was followed before, or is older than a day. Ask for a new one."
_CHANGED = "The connection was changed or removed after this link was made. Ask for a new one."


def router(guard: Guard, pages: Pages) -> APIRouter:
    """Return the routes of the editor who asks, and of the colleague who signs in."""
    routes = APIRouter()
    hand_overs = HandOvers(guard, pages)
    posted = Annotated[FormData, Depends(guard.posted)]

    @routes.post("/connections/{connection_id}/hand-over")
    def make(request: Request, connection_id: str, form: posted) -> Response:  # noqa: ARG001 - its token counts
        return hand_overs.link_page(request, guard.stored(request, Right.EDIT, connection_id))

    @routes.get("/hand-over/{link}")
    def ask(request: Request, link: str) -> Response:
        return hand_overs.question(request, link)

    @routes.post("/hand-over/{link}")
    def follow(request: Request, link: str, form: posted) -> Response:  # noqa: ARG001 - its token counts
        return hand_overs.follow(request, link)

    @routes.post("/connections/{connection_id}/hand-over/accept")
    def accept(request: Request, connection_id: str, form: posted) -> Response:
        stored = guard.stored(request, Right.EDIT, connection_id)
        return hand_overs.accept(request, stored, str(form.get(WAITS, "")))

    @routes.post("/connections/{connection_id}/hand-over/discard")
    def discard(request: Request, connection_id: str, form: posted) -> Response:
        stored = guard.stored(request, Right.EDIT, connection_id)
        return hand_overs.discard(request, stored, str(form.get(WAITS, "")))

    return routes


class HandOvers:
    """Makes links, lets colleagues follow them, and carries out what editors decide."""

    def __init__(self, guard: Guard, pages: Pages) -> None:
        self._guard = guard
        self._pages = pages
        self._sign_in_pages = SignInPages(guard, pages)
        self._sign_ins = SignIns(guard, self._sign_in_pages)
        self._signer = URLSafeTimedSerializer(guard.host.signing_key, salt=_SALT)

    def link_page(self, request: Request, stored: Stored) -> Response:
        """Make a link for a colleague, and return the page that shows it."""
        host = self._guard.host
        try:
            require_sign_in(self._guard, stored)
        except WatchwordError as error:
            return self._sign_in_pages.refused(request, error, stored.name)
        if (stored.document or {}).get("method") != OAuth2AuthorizationCode.method:
            raise HTTPException(400, "There are links for the sign-in by authorization code alone.")
        document = fingerprint(host.store, stored.document or {})
        link = Link(stored.name, document, user_of(request).name)
        signed = self._signer.dumps(handed_over.keep_link(host.store, link))
        values = {
            "stored": stored,
            "url": f"{host.root_url(request)}/hand-over/{signed}",
            "is_local": self._sign_in_pages.is_local(request),
        }
        return self._pages.page(request, "hand_over_link.html", values)

    def question(self, request: Request, signed: str) -> HTMLResponse:
        """Return the page that says what a colleague is asked for."""
        link = handed_over.find_link(self._guard.host.store, self._link_id(signed))
        stored = self._connection_of(link)
        values = {
            "link": link,
            "form_token": self._guard.form_token(request),
            **self._sign_in_pages.described(request, stored),
        }
        return self._pages.page(request, "hand_over.html", values)

    def follow(self, request: Request, signed: str) -> Response:
        """Begin the sign-in of the colleague who follows a link; nobody can follow it again."""
        link_id = self._link_id(signed)
        link = handed_over.take_link(self._guard.host.store, link_id)
        stored = self._connection_of(link)
        return self._sign_ins.begin(request, stored, link.asked_by if link else "", link_id)

    def accept(self, request: Request, stored: Stored, waits_id: str) -> Response:
        """Have a connection use the sign-in that an editor has seen."""
        host = self._guard.host
        try:
            document = fingerprint(host.store, stored.document or {})
            seen = handed_over.take(host.store, stored, waits_id, document)
            store_token(host.open(stored.name, stored.document or {}, private=False), seen.current_token)
        except WatchwordError as error:
            return self._sign_in_pages.refused(request, error, stored.name)
        return self._sign_in_pages.to_connection(request, stored.name)

    def discard(self, request: Request, stored: Stored, waits_id: str) -> Response:
        """Delete a sign-in that an editor has seen, and have the provider revoke it."""
        try:
            remark = self._revoked(stored, handed_over.take(self._guard.host.store, stored, waits_id))
        except WatchwordError as error:
            return self._sign_in_pages.refused(request, error, stored.name)
        text = "The colleague's sign-in is deleted here."
        if remark is None:
            text = "The colleague's sign-in is deleted here, and the provider has revoked it."
        outcome = Outcome("Discarded", text, [remark] if remark else [], stored.name)
        return self._sign_in_pages.outcome(request, outcome)

    def _revoked(self, stored: Stored, seen: HandedOver) -> Finding | None:
        from watchword.sign_in.revocation import revoke  # noqa: PLC0415 - few pages revoke

        host = self._guard.host
        if fingerprint(host.store, stored.document or {}) != seen.document:
            # A changed document could name another server, which must not learn the token.
            message = "The sign-in was not revoked at the provider. The connection was changed meanwhile."
            return finding("not_revoked", message)
        return revoke(host.open(stored.name, stored.document or {}, private=False), seen.token)

    def _link_id(self, signed: str) -> str:
        try:
            return str(self._signer.loads(signed, max_age=int(LIFETIME)))
        except BadSignature:
            raise HTTPException(404, _OVER) from None

    def _connection_of(self, link: Link | None) -> Stored:
        """Return the connection of a link, if it is as it was when the link was made."""
        host = self._guard.host
        if link is None:
            raise HTTPException(404, _OVER)
        stored = host.read(link.connection)
        if stored is None or fingerprint(host.store, stored.document or {}) != link.document:
            raise HTTPException(409, _CHANGED)
        return stored
