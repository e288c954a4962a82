"""The first page: every connection, its last verdict, and what is about to end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from watchword.console.guard import Guard, user_of
from watchword.console.host import Right, Summary
from watchword.console.pages import Pages
from watchword.tokens.health import Health, health
from watchword.tokens.token_store import StoreError, TokenStore
from watchword.validation.history import LastVerdicts, PastVerdict, last_verdicts


@dataclass(frozen=True)
class Line:
    """A row of the page: a connection, and what the token store knows of it."""

    summary: Summary
    health: Health | None = None
    last: PastVerdict | StoreError | None = None

    @property
    def verdict(self) -> PastVerdict | None:
        """The last verdict; None if there is none, or if it can't be read."""
        return self.last if isinstance(self.last, PastVerdict) else None

    @property
    def token_ends(self) -> float | None:
        """Seconds until the token ends; None if there is none, or if its end is not known."""
        return self.health.ends if self.health and math.isfinite(self.health.ends) else None

    @property
    def sign_in_ends(self) -> float | None:
        """Seconds until a person has to sign in again; None if that is not known, or never needed."""
        if self.health is None or not self.health.signs_in or self.health.days_left is None:
            return None
        return self.health.days_left * 86400


def router(guard: Guard, pages: Pages) -> APIRouter:
    """Return the route of the list."""
    routes = APIRouter()

    @routes.get("/")
    def connections(request: Request) -> HTMLResponse:
        user = user_of(request)
        problem = ""
        known: Mapping[str, Health] = {}
        verdicts: LastVerdicts = {}
        try:
            store = guard.host.store
            known, verdicts = _known(store), last_verdicts(store)
        except StoreError as error:
            problem = str(error)
        summaries = guard.host.summaries(user)
        values = {
            "lines": [Line(each, known.get(each.name), verdicts.get(each.name)) for each in summaries],
            "may_create": Right.CREATE in guard.host.rights(user, ""),
            "problem": problem,
        }
        return pages.page(request, "list.html", values)

    return routes


def _known(store: TokenStore) -> Mapping[str, Health]:
    """Return the health of each token by its connection's name; of several, the one that was issued last."""
    ordered = sorted(health(store), key=lambda each: each.obtained or -math.inf)
    return {each.name: each for each in ordered}
