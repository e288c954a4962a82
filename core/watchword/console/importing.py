"""The page on which a connection is pasted: it is kept at once, since a page sends no secret back."""

# Annotations are evaluated at once: FastAPI reads those of functions inside functions.

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from watchword import redact
from watchword.connections.imports import pasted
from watchword.connections.masked import secrets_in
from watchword.connections.storable import check_storable
from watchword.console.building import HOME, NEW_NAME
from watchword.console.guard import Guard, page_of, user_of
from watchword.console.homes import chosen_home
from watchword.console.host import Right
from watchword.console.pages import Pages
from watchword.errors import WatchwordError

TEXT, VALUES = "text", "values"
"""The names of the inputs that take the pasted text, and the values that it refers to by name."""


def router(guard: Guard, pages: Pages) -> APIRouter:
    """Return the routes of the page."""
    routes = APIRouter()

    def page(request: Request, name: str = "", problem: str = "") -> HTMLResponse:
        homes = [home for home in guard.host.homes() if home.is_writable]
        values = {"name": name, "problem": problem, "homes": homes, "form_token": guard.form_token(request)}
        return pages.page(request, "import.html", values, 400 if problem else 200)

    @routes.get("/import")
    def empty(request: Request) -> HTMLResponse:
        guard.demand(request, Right.CREATE, "")
        return page(request)

    @routes.post("/import")
    def keep(request: Request, form: Annotated[FormData, Depends(guard.posted)]) -> Response:
        name = str(form.get(NEW_NAME, "")).strip()
        guard.demand(request, Right.CREATE, name)
        host = guard.host
        if not name:
            return page(request, name, "Give the connection a name.")
        if host.read(name) is not None:
            raise HTTPException(409, f"There is a connection {name!r} already. Choose another name.")
        try:
            values = str(form.get(VALUES, ""))
            document, remarks = pasted.document_in(str(form.get(TEXT, "")), name, values)
            with redact.masked(secrets_in(document)):
                check_storable(document, name)
                home = chosen_home(host, str(form.get(HOME, "")))
                host.write(user_of(request), name, document, home, None)
        except WatchwordError as error:
            return page(request, name, str(error))
        if remarks:
            return pages.page(request, "imported.html", {"name": name, "remarks": remarks})
        return RedirectResponse(page_of(request, name), 303)

    return routes
