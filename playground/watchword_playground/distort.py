"""Replies of the app, spoilt on their way out as some token endpoints spell them."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Spelling(NamedTuple):
    """Another way to write a JSON object."""

    media_type: str
    write: Callable[[dict[str, Any]], str]


def _with_text_expiry(content: dict[str, Any]) -> str:
    as_text = {"expires_in": str(content["expires_in"])} if "expires_in" in content else {}
    return json.dumps(content | as_text)


_SPELLINGS: Mapping[str, Spelling] = {
    "form_reply": Spelling("application/x-www-form-urlencoded", urlencode),
    "text_expiry": Spelling("application/json", _with_text_expiry),
}


def distorted(app: ASGIApp, kind: str) -> ASGIApp:
    """Return the app with its replies spelt in another way; what is no JSON object stays as it is."""
    spelling = _SPELLINGS[kind]

    async def respell(scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await app(scope, receive, keep)
        try:
            content = json.loads(b"".join(message.get("body", b"") for message in messages))
        except ValueError:
            content = None
        if not isinstance(content, dict):
            for message in messages:
                await send(message)
            return
        answer = Response(spelling.write(content), messages[0]["status"], media_type=spelling.media_type)
        own = {name for name, _ in answer.raw_headers}
        answer.raw_headers += [each for each in messages[0]["headers"] if each[0] not in own]
        await answer(scope, receive, send)

    return respell
