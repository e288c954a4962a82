"""The app: the same small resources behind each method, the sign-in pages, the controls, the index."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response, Security
from fastapi.responses import JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from watchword_playground.api import control, index
from watchword_playground.api.airports import airports
from watchword_playground.api.traffic import Traffic
from watchword_playground.credentials import CREDENTIALS
from watchword_playground.oauth import consent, device, metadata, oauth1_sign_in, token_endpoint
from watchword_playground.state.state import State
from watchword_playground.verifiers import session_login
from watchword_playground.verifiers.aws_sigv4 import AwsRefusal, aws_response
from watchword_playground.verifiers.registry import VERIFIERS, Verifier, forbidden

# Refuses a page elsewhere that points its own host name at this machine (DNS rebinding).
_HOSTS = ["127.0.0.1", "localhost", "[::1]"]


def create_app(*, token_lifetime: int = 3600) -> FastAPI:
    """Return a new app with its own state. `token_lifetime` is in seconds."""
    state = State(token_lifetime)
    # Without documentation pages: FastAPI's load scripts from the internet.
    app = FastAPI(title="watchword playground", docs_url=None, redoc_url=None)
    app.state.playground = state
    app.router.routes.extend(_router().routes)
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(AwsRefusal, aws_response)
    app.add_middleware(Traffic, state=state)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)
    return app


@cache
def _router() -> APIRouter:
    """Return the routes of all apps of this process. They hold no state, and building them takes 0.2 s."""
    router = APIRouter()
    for module in (index, control, oauth1_sign_in, session_login, token_endpoint, consent, device, metadata):
        router.include_router(module.router)
    for method, verifier in VERIFIERS.items():
        router.include_router(_resources(method, verifier))
    return router


def _resources(method: str, verifier: Verifier) -> APIRouter:
    """Return the resources behind one method."""
    router = APIRouter(prefix=f"/{method}/v1", tags=[method])

    @router.get("/me")
    async def me(user: Annotated[str, Security(verifier)]) -> dict[str, str]:
        """Return who the credential belongs to."""
        return {"method": method, "user": user}

    @router.post("/uploads")
    async def upload(request: Request, user: Annotated[str, Security(verifier)]) -> dict[str, str | int]:
        """Take a body of any kind and return its length."""
        return {"method": method, "user": user, "bytes": len(await request.body())}

    @router.get("/airports", dependencies=[Security(verifier, scopes=["airports:read"])])
    async def list_airports(
        request: Request,
        page: Annotated[int, Query(ge=1)] = 1,
        per_page: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """Return one page of airports."""
        # A finished response: FastAPI's own conversion would visit every value.
        return JSONResponse(_page(request, page, per_page))

    @router.get("/admin", dependencies=[Security(verifier, scopes=["admin"])])
    async def admin() -> None:
        """Answer 403 to every authenticated user."""
        raise forbidden(method)

    return router


def _page(request: Request, page: int, per_page: int) -> dict[str, Any]:
    rows = airports()
    pages = -(-len(rows) // per_page)
    # The link holds the paging only: a key in the query must not come back in a response.
    next_url = request.url.replace(query=urlencode({"page": page + 1, "per_page": per_page}))
    return {
        "items": rows[(page - 1) * per_page : page * per_page],
        "page": page,
        "pages": pages,
        "total": len(rows),
        "next": str(next_url) if page < pages else None,
    }


async def _not_found(_request: Request, error: Exception) -> Response:
    detail = error.detail if isinstance(error, HTTPException) else "there is nothing here"
    return JSONResponse({"detail": detail, "methods": list(CREDENTIALS)}, 404)
