"""The index: a card per method for people, the same as JSON for programs."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
import json
from html import escape
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from watchword_playground.credentials import (
    ASSERTING_CREDENTIALS,
    AWKWARD_CREDENTIALS,
    BOUND_CREDENTIALS,
    CREDENTIALS,
    METADATA_PATH,
    TOKEN_PATH,
    VERIFICATION_PATH,
    document,
    testable_document,
)
from watchword_playground.http.pages import page

router = APIRouter()

_SCRIPT_PATH = "/_index.js"

_ABOUT = "A local API to try authentication on. Every credential here is made up and public."

_CONTROLS = (
    "POST /_control/revoke/{method}",
    "POST /_control/restore/{method}",
    'POST /_control/fault with {"status": 503, "delay": 0, "times": 1, "path": "/bearer"}',
    'POST /_control/fault with {"kind": "lost_reply"}, or no_reply, form_reply or text_expiry',
    'POST /_control/oauth with {"rotation": true, "grace": 0, "access_token_lifetime": 3600}',
    'POST /_control/sign_in with {"method": "oauth2_authorization_code", "user": "ada"}',
    "POST /_control/expire_tokens",
    "GET /_control/counts",
)


@router.get("/")
async def index(request: Request) -> Response:
    """Return a document for each method, the endpoints and the controls: as a page if a browser asks."""
    root = str(request.base_url).rstrip("/")
    if "text/html" in request.headers.get("Accept", ""):
        return page(_cards(root), scripts=(_SCRIPT_PATH,), wide=True)
    return JSONResponse(_content(root))


@router.get(_SCRIPT_PATH)
async def script() -> Response:
    """Return the script of the copy buttons."""
    source = files("watchword_playground.api").joinpath("index.js").read_bytes()
    return Response(source, media_type="text/javascript")


def _content(root: str) -> dict[str, Any]:
    return {
        "about": _ABOUT,
        "use": "Send a method's credential with GET /{method}/v1/me, "
        "/{method}/v1/airports?page=1&per_page=100 or /{method}/v1/admin (always 403), or a body of any kind "
        "with POST /{method}/v1/uploads.",
        "methods": {method: document(root, method) for method in CREDENTIALS},
        "second_accounts": {
            method: document(root, method) | dict(other) for method, other in AWKWARD_CREDENTIALS.items()
        },
        "asserting_clients": {
            method: document(root, method) | dict(other) for method, other in ASSERTING_CREDENTIALS.items()
        },
        "bound_clients": {
            method: document(root, method) | dict(other) for method, other in BOUND_CREDENTIALS.items()
        },
        "token_endpoint": root + TOKEN_PATH,
        "device_verification": root + VERIFICATION_PATH,
        "authorization_server": root + METADATA_PATH,
        "controls": list(_CONTROLS),
    }


def _cards(root: str) -> str:
    names = [*CREDENTIALS, *(f"{method}-dpop" for method in BOUND_CREDENTIALS)]
    cards = "\n".join(_card(root, name) for name in names)
    controls = "\n".join(f"<li><code>{escape(control)}</code></li>" for control in _CONTROLS)
    return f"""<p>{_ABOUT} Each card holds the document of one method; `-dpop` binds its tokens to a key.</p>
<nav>{" ".join(f'<a href="#{name}">{name}</a>' for name in names)}</nav>
{cards}
<h2>Controls</h2>
<p>Revoke a credential, or disturb the next responses, to see what a pipeline would see:</p>
<ul>
{controls}
</ul>"""


def _card(root: str, name: str) -> str:
    """Return the card of a method, whose name with `-dpop` stands for its client with bound tokens."""
    method, dash, _ = name.partition("-")
    fields = {**testable_document(root, method), **(BOUND_CREDENTIALS[method] if dash else {})}
    text = json.dumps(fields, indent=2, ensure_ascii=False)
    revoke = f"curl -X POST {root}/_control/revoke/{method}"
    return f"""<section id="{name}" aria-labelledby="{name}-title">
<h2 id="{name}-title">{name}</h2>
<pre id="{name}-document">{escape(text)}</pre>
<p><button data-copy="{name}-document">Copy document</button></p>
<p>Revoke it: <code id="{name}-revoke">{escape(revoke)}</code>
<button data-copy="{name}-revoke">Copy command</button></p>
</section>"""
