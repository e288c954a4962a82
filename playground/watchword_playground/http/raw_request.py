"""The address of a request exactly as the client sent it, because signatures cover its very characters."""

from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

FORM = "application/x-www-form-urlencoded"


def path(request: Request) -> str:
    """Return the path as the client spelt it."""
    raw: bytes = request.scope["raw_path"]
    return raw.decode("latin-1")


def target(request: Request) -> str:
    """Return path and query as the client spelt them (RFC 9112 §3.2.1)."""
    query = request.url.query
    return f"{path(request)}?{query}" if query else path(request)


def encode_again(form: str) -> str:
    """Encode a query or form again: oauthlib raises on characters that browsers and servers accept."""
    return urlencode(parse_qsl(form, keep_blank_values=True))


async def oauthlib_arguments(request: Request) -> tuple[str, str, str, dict[str, str]]:
    """Return URL, method, form and headers in the order and the encoding that oauthlib takes."""
    query = request.url.query
    root = f"{request.url.scheme}://{request.url.netloc}{path(request)}"
    uri = f"{root}{'?' if query else ''}{encode_again(query)}"
    is_form = FORM in request.headers.get("Content-Type", "")
    form = encode_again((await request.body()).decode("utf-8", "replace")) if is_form else ""
    return uri, request.method, form, dict(request.headers)
