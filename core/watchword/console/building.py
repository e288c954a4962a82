"""The pages on which a connection is built and changed: its method, its fields, findings, a validation."""

# Annotations are evaluated at once: FastAPI reads those of functions inside functions.

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from watchword import redact
from watchword.connections.storable import check_storable
from watchword.console import cleaning, validating
from watchword.console.draft import Draft, DraftReader
from watchword.console.findings import Remarks
from watchword.console.form import form_of
from watchword.console.guard import Guard, page_of, user_of
from watchword.console.homes import chosen_home
from watchword.console.host import Right, Stored
from watchword.console.method_hints import HINTS
from watchword.console.pages import Pages
from watchword.console.requests import CALLBACK_PATH
from watchword.document.described_fields import fields_of
from watchword.document.method_example import completed
from watchword.errors import WatchwordError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.findings.report import Report
from watchword.methods import METHODS

_MISSING = "missing_field"

NEW_NAME, HOME, ACTION = "connection.name", "connection.home", "action"
"""The names of the inputs beside the document's fields, which have no dot."""


def router(guard: Guard, pages: Pages) -> APIRouter:
    """Return the routes of the builder."""
    routes = APIRouter()
    builder = Builder(guard, pages)
    posted = Annotated[FormData, Depends(guard.posted)]

    @routes.get("/new")
    def methods(request: Request) -> HTMLResponse:
        guard.demand(request, Right.CREATE, "")
        return pages.page(request, "methods.html", {"methods": list(METHODS.values()), "hints": HINTS})

    @routes.get("/new/{method}")
    def empty(request: Request, method: str) -> HTMLResponse:
        guard.demand(request, Right.CREATE, "")
        return builder.page(request, _known(method))

    @routes.post("/new/{method}")
    def create(request: Request, method: str, form: posted) -> Response:
        name = str(form.get(NEW_NAME, "")).strip()
        guard.demand(request, Right.CREATE, name)
        return builder.answer(request, _known(method), name, None, form)

    @routes.get("/connections/{connection_id}/edit")
    def filled(request: Request, connection_id: str, method: str = "") -> HTMLResponse:
        stored = guard.writable(request, Right.EDIT, connection_id)
        return builder.page(request, _known(method or _method_of(stored)), stored)

    @routes.post("/connections/{connection_id}/edit")
    def change(request: Request, connection_id: str, form: posted, method: str = "") -> Response:
        stored = guard.writable(request, Right.EDIT, connection_id)
        return builder.answer(request, _known(method or _method_of(stored)), connection_id, stored, form)

    return routes


class Builder:
    """Reads drafts, says what is wrong with them, validates them and keeps them."""

    def __init__(self, guard: Guard, pages: Pages) -> None:
        self._guard = guard
        self._pages = pages

    def page(
        self,
        request: Request,
        method: str,
        stored: Stored | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> HTMLResponse:
        """Return the page of a form; `given` are the values that a draft adds."""
        host = self._guard.host
        document = stored.document if stored else None
        values = {
            "method": METHODS[method],
            "methods": list(METHODS.values()),
            "form": form_of(method, document),
            "stored": stored,
            "name": stored.name if stored else "",
            "homes": [home for home in host.homes() if home.is_writable],
            "unused": cleaning.unused_labels(document or {}, method),
            "remarks": Remarks(method, {}, ()),
            "report": None,
            "form_token": self._guard.form_token(request),
            "version": self._guard.version(stored) if stored else "",
            "callback_url": f"{host.root_url(request)}{CALLBACK_PATH}",
        }
        return self._pages.page(request, "form.html", {**values, **(given or {})})

    def answer(
        self, request: Request, method: str, name: str, stored: Stored | None, form: FormData
    ) -> Response:
        """Answer a form: with findings while it is typed, with a report, or by keeping the document."""
        action = str(form.get(ACTION, "check"))
        reader = DraftReader(method, stored.document if stored else None)
        if action == "check":
            with redact.unheard():  # half of a secret is none
                draft = reader.read(form)
                return JSONResponse(Remarks(method, draft.problems, _findings(draft, name)).as_dict())
        draft = reader.read(form)
        remarks = Remarks(method, draft.problems, _findings(draft, name))
        if action == "save" and not remarks.has_errors:
            return self._keep(request, draft, name, stored, form)
        report = None
        if action == "validate" and not remarks.has_errors:
            report = self._validated(draft, name, str(form.get(validating.HTTP_METHOD, "GET")))
        if _wants_fragment(request):
            return self._pages.page(request, "outcome.html", {"report": report, "remarks": remarks})
        # Without scripts the whole page comes back; secrets have to be typed again, since none is sent back.
        shown = {**draft.document, **_secrets_of(method, stored)}
        given = {"form": form_of(method, shown), "remarks": remarks, "report": report, "name": name}
        return self.page(request, method, stored, given)

    def _validated(self, draft: Draft, name: str, http_method: str) -> Report:
        """Validate a draft without keeping it, and without using up a sign-in's refresh token."""
        if METHODS[draft.method].signs_in:
            return _report(finding("sign_in_not_tested", "The values look right."))
        return validating.report_of(
            self._guard.host, name or "draft", draft.document, http_method, private=True
        )

    def _keep(
        self, request: Request, draft: Draft, name: str, stored: Stored | None, form: FormData
    ) -> Response:
        home = stored.home if stored else chosen_home(self._guard.host, str(form.get(HOME, "")))
        host = self._guard.host
        if not name:
            raise HTTPException(400, "Give the connection a name.")
        if stored is None and host.read(name) is not None:
            raise HTTPException(409, f"There is a connection {name!r} already. Choose another name.")
        if stored is not None:
            self._guard.demand_unchanged(stored, form)
        host.write(user_of(request), name, draft.document, home, stored)
        location = page_of(request, name)
        if _wants_fragment(request):
            return JSONResponse({"location": location})
        return RedirectResponse(location, 303)


def _findings(draft: Draft, name: str) -> list[Finding]:
    """Return what is wrong or doubtful about a draft that is to be stored."""
    try:
        return list(check_storable(draft.document, name or "draft"))
    except WatchwordError as error:
        found = list(error.findings)
    if draft.document.get("base_url") and all(each.code.name == _MISSING for each in found):
        # What is typed already is checked too: nothing was linted, since a document lacks no needed field.
        found += [each for each in _findings_in(completed(draft.document)) if each not in found]
    return found


def _findings_in(document: Mapping[str, Any]) -> list[Finding]:
    try:
        return list(check_storable(document, "draft"))
    except WatchwordError as error:
        return list(error.findings)


def _secrets_of(method: str, stored: Stored | None) -> dict[str, Any]:
    """Return the secret fields as they are stored: what was typed there isn't sent back."""
    kept = (stored.document if stored else None) or {}
    return {name: kept.get(name) for name, each in fields_of(method).items() if each.secret}


def _report(found: Finding) -> Report:
    return Report(found, (found,))


def _known(method: str) -> str:
    if method not in METHODS:
        raise HTTPException(404, "There is no such method.")
    return method


def _method_of(stored: Stored) -> str:
    method = (stored.document or {}).get("method")
    if not isinstance(method, str) or method not in METHODS:
        reason = stored.problem.message if stored.problem else "It names no method."
        raise HTTPException(409, f"This connection can't be edited here. {reason}")
    return method


def _wants_fragment(request: Request) -> bool:
    """Return whether a script of the page asks, which puts the answer into the page."""
    return request.headers.get("x-requested-with") == "watchword"
