"""What a route may do for the person who asks: the rights are checked before anything is read."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import quote

from fastapi import HTTPException
from starlette.datastructures import FormData
from starlette.requests import Request

from watchword.console.host import Host, Right, Stored, User
from watchword.console.requests import Gate

FORM_TOKEN = "form_token"  # noqa: S105 - the name of an input
VERSION = "connection.version"
"""The name of the input that tells which content of a connection a form was made for."""


class Guard:
    """Gives routes the user, the form and the connection that they may use."""

    def __init__(self, host: Host, gate: Gate) -> None:
        self.host = host
        self._gate = gate

    def form_token(self, request: Request) -> str:
        """Return the token for the forms of a page."""
        return self._gate.form_token(user_of(request))

    async def posted(self, request: Request) -> FormData:
        """Return the form that was sent; refuses one that wasn't made for this person."""
        form = await request.form(max_files=0, max_fields=1000)
        if not self._gate.made(str(form.get(FORM_TOKEN, "")), user_of(request)):
            raise HTTPException(403, "This page is too old, or was made for somebody else. Open it again.")
        return form

    def demand(self, request: Request, right: Right, name: str) -> None:
        """Refuse a person who lacks a right."""
        if right not in self.host.rights(user_of(request), name):
            raise HTTPException(
                403, f"You may not {right} this connection. Ask an administrator of {self.host.title}."
            )

    def stored(self, request: Request, right: Right, name: str) -> Stored:
        """Return a connection that exists; refuses a person who lacks the right, and a name without one."""
        self.demand(request, Right.READ, name)
        self.demand(request, right, name)
        stored = self.host.read(name)
        if stored is None:
            raise HTTPException(404, "There is no connection of that name. It may have been removed.")
        return stored

    def writable(self, request: Request, right: Right, name: str) -> Stored:
        """Return a connection that this person may change, in a place that the console can write."""
        stored = self.stored(request, right, name)
        if not stored.home.is_writable:
            raise HTTPException(409, f"The console can't write the {stored.home.title}. Change it there.")
        return stored

    def version(self, stored: Stored) -> str:
        """Return a keyed digest of a connection's content, which tells nothing about it."""
        content = json.dumps([stored.name, stored.home.key, stored.document], sort_keys=True, default=repr)
        key = self.host.signing_key.encode()
        return hmac.new(key, content.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def demand_unchanged(self, stored: Stored, form: FormData) -> None:
        """Refuse a form that was made for another content: it would undo what somebody changed meanwhile."""
        made_for = form.get(VERSION)
        if isinstance(made_for, str) and made_for != self.version(stored):
            raise HTTPException(409, "Somebody changed this connection meanwhile. Open its form again.")


def page_of(request: Request, name: str) -> str:
    """Return the path of a connection's page."""
    return f"{request.scope.get('root_path', '')}/connections/{quote(name, safe='')}"


def user_of(request: Request) -> User:
    """Return the person who asks; the gate has let nobody else in."""
    user: User = request.state.console_user
    return user
