"""A person signs out on the connection's page: the sign-in is removed, and the provider revokes it."""

# Annotations are evaluated at once: FastAPI reads those of functions inside functions.

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from watchword.console.guard import Guard
from watchword.console.host import Right
from watchword.console.pages import Pages
from watchword.console.sign_in_pages import Outcome, SignInPages
from watchword.errors import WatchwordError


def router(guard: Guard, pages: Pages) -> APIRouter:
    """Return the route that signs out."""
    routes = APIRouter()
    outcomes = SignInPages(guard, pages)
    posted = Annotated[FormData, Depends(guard.posted)]

    @routes.post("/connections/{connection_id}/sign-out")
    def leave(request: Request, connection_id: str, form: posted) -> Response:  # noqa: ARG001 - its token counts
        from watchword.sign_in.revocation import sign_out  # noqa: PLC0415 - few pages sign out

        stored = guard.stored(request, Right.EDIT, connection_id)
        try:
            ended = sign_out(guard.host.open(stored.name, stored.document or {}, private=False))
        except WatchwordError as error:
            return outcomes.refused(request, error, stored.name, "Not signed out")
        if not ended.was_kept:
            text = "There was no sign-in in the token store."
        elif ended.is_revoked:
            text = "The sign-in is deleted here, and the provider has revoked it."
        else:
            text = "The sign-in is deleted here."
        remarks = [ended.remark] if ended.remark else []
        return outcomes.outcome(request, Outcome("Signed out", text, remarks, stored.name))

    return routes
