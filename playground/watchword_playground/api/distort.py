"""Responses of the app, encoded again in the ways that some token endpoints use."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Encoding(NamedTuple):
    """Another way to write a JSON object."""

    media_type: str
    write: Callable[[dict[str, Any]], str]


def _with_text_expiry(content: dict[str, Any]) -> str:
    as_text = {"expires_in": str(content["expires_in"])} if "expires_in" in content else {}
    return json.dumps(content | as_text)


_ENCODINGS: Mapping[str, Encoding] = {
    "form_reply": Encoding("application/x-www-form-urlencoded", urlencode),
    "text_expiry": Encoding("application/json", _with_text_expiry),
}


def distorted(app: ASGIApp, kind: str) -> ASGIApp:
    """Return the app with another encoding of its JSON objects. Other responses stay as they are."""
    encoding = _ENCODINGS[kind]

    async def distort(scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await app(scope, receive, collect)
        try:
            content = json.loads(b"".join(message.get("body", b"") for message in messages))
        except ValueError:
            content = None
        if not isinstance(content, dict):
            for message in messages:
                await send(message)
            return
        response = Response(encoding.write(content), messages[0]["status"], media_type=encoding.media_type)
        replaced = {name for name, _ in response.raw_headers}
        response.raw_headers += [each for each in messages[0]["headers"] if each[0] not in replaced]
        await response(scope, receive, send)

    return distort
