"""The address of a request as it arrived: signatures cover its very characters."""

from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

_FORM = "application/x-www-form-urlencoded"


def path(request: Request) -> str:
    """Return the path as the client spelt it."""
    raw: bytes = request.scope["raw_path"]
    return raw.decode("latin-1")


def target(request: Request) -> str:
    """Return path and query as the client spelt them (RFC 9112 §3.2.1)."""
    query = request.url.query
    return f"{path(request)}?{query}" if query else path(request)


def respelt(form: str) -> str:
    """Spell a query or form anew: oauthlib raises on characters that browsers and servers let pass."""
    return urlencode(parse_qsl(form, keep_blank_values=True))


async def for_oauthlib(request: Request) -> tuple[str, str, str, dict[str, str]]:
    """Return address, method, form and headers in the order and the spelling that oauthlib takes."""
    query = request.url.query
    uri = f"{request.url.scheme}://{request.url.netloc}{path(request)}{'?' if query else ''}{respelt(query)}"
    is_form = _FORM in request.headers.get("Content-Type", "")
    form = respelt((await request.body()).decode("utf-8", "replace")) if is_form else ""
    return uri, request.method, form, dict(request.headers)
