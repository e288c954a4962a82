"""Bodies of forms to which a signature adds parameters: the bytes before them stay as they are."""

from __future__ import annotations

from requests import PreparedRequest

from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.http.body_chunks import body_chunks
from watchword.http.headers import FORM, media_type

_MAY_HAVE_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def require_form(request: PreparedRequest, what: str) -> None:
    """Make an absent body an empty form; raises RequestError for a body that isn't a form.

    `what` names the parameters that it has to take.
    """
    kind = media_type(request.headers)
    if kind in {"", FORM} and not request.body and request.method in _MAY_HAVE_BODY:
        request.headers["Content-Type"] = FORM
        request.body = b""
    elif kind != FORM or not isinstance(request.body, (str, bytes)):
        message = f"This request's body isn't a form, so it can't take {what}."
        advice = "Send a form, or choose another place for the signature."
        raise RequestError([finding("body_not_extendable", message, advice=advice)])


def append_to_form(request: PreparedRequest, added: str) -> None:
    """Write pairs, which are encoded already, at the end of a form."""
    form = b"".join(body_chunks(request))
    request.body = b"&".join(part for part in (form, added.encode()) if part)
    request.prepare_content_length(request.body)
