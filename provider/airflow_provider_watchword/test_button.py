"""Airflow's Test button for a connection without a port, which Airflow 3.3 refuses by mistake.

The page sends the port 0 in place of an empty one. The server compares it with the stored connection, and
answers that the port differs. Airflow 3.4 has mended this.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

_PATH = "/api/v2/connections/test"

_LARGEST = 1 << 20
"""A longer body, in bytes, is passed on as it is."""


class EmptyPort:
    """An ASGI middleware that sends an empty port on as empty, for connections of watchword's types."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on; only the body of the Test button's request may be changed."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].endswith(_PATH):
            receive = await _corrected(scope, receive)
        await self._app(scope, receive, send)


async def _corrected(scope: Message, receive: Receive) -> Receive:
    """Return what receives the corrected body."""
    messages = [await receive()]
    while messages[-1].get("more_body") and sum(len(each.get("body", b"")) for each in messages) < _LARGEST:
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)
    corrected = None if messages[-1].get("more_body") else _with_empty_port(body)
    if corrected is not None:
        length = str(len(corrected)).encode()
        others = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        scope["headers"] = [*others, (b"content-length", length)]
        messages = [{"type": "http.request", "body": corrected, "more_body": False}]

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return again


def _with_empty_port(body: bytes) -> bytes | None:
    """Return the body with null in place of the port 0; None if it is to stay as it is."""
    from watchword.connections.airflow_format import is_own_type  # noqa: PLC0415 - every process imports this

    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return None  # the server says what is wrong with it
    if not isinstance(fields, dict) or fields.get("port") != 0 or not is_own_type(fields.get("conn_type")):
        return None
    return json.dumps({**fields, "port": None}).encode()
