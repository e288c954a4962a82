"""The page of one connection: what is known of it, a validation, a clean-up, and its removal."""

# Annotations are evaluated at once: FastAPI reads those of functions inside functions.

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from watchword.connections.masked import masked
from watchword.console import cleaning, validating
from watchword.console.described_secret import described
from watchword.console.form import form_of
from watchword.console.guard import Guard, page_of, user_of
from watchword.console.host import Right, Stored
from watchword.console.pages import Pages
from watchword.console.requests import CALLBACK_PATH
from watchword.console.sign_in_state import state_of
from watchword.document.described_fields import fields_of
from watchword.findings.report import Report
from watchword.http.origins import display_url
from watchword.methods import METHODS
from watchword.tokens.token_store import StoreError
from watchword.validation import history
from watchword.validation.history import PastVerdict


def router(guard: Guard, pages: Pages) -> APIRouter:
    """Return the routes of one connection."""
    routes = APIRouter(prefix="/connections/{connection_id}")
    posted = Annotated[FormData, Depends(guard.posted)]

    def page(request: Request, stored: Stored, report: Report | None = None) -> HTMLResponse:
        verdicts, history_problem = _verdicts(guard, stored.name)
        rights = guard.host.rights(user_of(request), stored.name)
        values = {
            "stored": stored,
            "method": METHODS.get(str((stored.document or {}).get("method"))),
            "fields": shown_fields(stored),
            "superfluous": cleaning.superfluous(stored.document or {}),
            "may_edit": Right.EDIT in rights,
            "may_delete": Right.DELETE in rights,
            "test_url": display_url(str((stored.document or {}).get("test_url") or "")),
            "report": report,
            "remarks": None,
            "sign_in": state_of(guard.host, stored, f"{guard.host.root_url(request)}{CALLBACK_PATH}"),
            "verdicts": verdicts,
            "history_problem": history_problem,
            "form_token": guard.form_token(request),
        }
        return pages.page(request, "connection.html", values)

    @routes.get("")
    def connection(request: Request, connection_id: str) -> HTMLResponse:
        return page(request, guard.stored(request, Right.READ, connection_id))

    @routes.post("/validate")
    def validate(request: Request, connection_id: str, form: posted) -> HTMLResponse:
        stored = guard.stored(request, Right.EDIT, connection_id)
        if stored.document is None:
            return page(request, stored)
        report = validating.report_of(
            guard.host,
            stored.name,
            stored.document,
            str(form.get(validating.HTTP_METHOD, "GET")),
            str(form.get(validating.TEST_URL, "")).strip(),
        )
        history.note(lambda: guard.host.store, stored.name, report, validating.CONSOLE)
        return page(request, stored, report)

    @routes.post("/clean")
    def clean(request: Request, connection_id: str, form: posted) -> Response:  # noqa: ARG001 - its token counts
        stored = guard.writable(request, Right.EDIT, connection_id)
        if stored.document is None:
            raise HTTPException(409, "This connection can't be read.")
        guard.host.write(
            user_of(request), stored.name, cleaning.cleaned(stored.document), stored.home, stored
        )
        return RedirectResponse(page_of(request, stored.name), 303)

    @routes.post("/remove")
    def remove(request: Request, connection_id: str, form: posted) -> Response:  # noqa: ARG001 - its token counts
        stored = guard.writable(request, Right.DELETE, connection_id)
        guard.host.remove(user_of(request), stored)
        return RedirectResponse(f"{request.scope.get('root_path', '')}/", 303)

    return routes


def _verdicts(guard: Guard, name: str) -> tuple[Sequence[PastVerdict], str]:
    """Return the last verdicts on a connection, the newest first, and why they can't be read."""
    try:
        return history.history(guard.host.store, name), ""
    except StoreError as error:
        return (), str(error)


def shown_fields(stored: Stored) -> list[tuple[str, str, str]]:
    """Return label, name and value of each field that a connection holds; of a secret, what describes it."""
    document = cleaning.cleaned(stored.document or {})
    method = str(document.get("method"))
    if method not in METHODS:
        return []
    fields, shown = fields_of(method), masked(document)
    return [
        (field.label, field.name, _value(fields[field.name].secret, document[field.name], shown[field.name]))
        for field in form_of(method).fields
        if field.name in document
    ]


def _value(secret: bool, value: Any, shown: Any) -> str:  # noqa: ANN401, FBT001 - any JSON value
    if not secret:
        return shown if isinstance(shown, str) else ", ".join(_parts(shown))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {described(each)}" for key, each in value.items())
    return described(value)


def _parts(value: Any) -> list[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return [f"{key}: {each}" for key, each in value.items()]
    return [str(each) for each in value] if isinstance(value, list) else [str(value).lower()]
