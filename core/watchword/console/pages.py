"""Pages from templates: every value is escaped, and every link begins at the console's root."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from watchword.console.guard import user_of
from watchword.http.durations import in_words
from watchword.methods import METHODS


class Pages:
    """Renders the templates for one host."""

    def __init__(self, title: str) -> None:
        self._title = title

    def page(
        self, request: Request, template: str, values: Mapping[str, Any], status: int = 200
    ) -> HTMLResponse:
        """Return a page; `values` are the names that its template uses."""
        shared = {"root": request.scope.get("root_path", ""), "title": self._title}
        return HTMLResponse(
            _environment().get_template(template).render({**shared, "user": user_of(request), **values}),
            status_code=status,
        )

    def message(self, request: Request, heading: str, text: str, status: int) -> HTMLResponse:
        """Return a page with one message."""
        return self.page(request, "message.html", {"heading": heading, "text": text}, status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("watchword.console"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["ahead"] = ahead
    environment.filters["ago"] = ago
    environment.globals["method_title"] = method_title
    return environment


def ahead(seconds: float | None) -> str:
    """Return in words how far away a time is; an em dash if it is not known."""
    if seconds is None or not math.isfinite(seconds):
        return "—"
    return f"in {in_words(seconds)}" if seconds > 0 else f"{in_words(-seconds)} ago"


def ago(seconds: float) -> str:
    """Return in words how long ago something was."""
    return f"{in_words(seconds)} ago"


@cache
def method_title(name: str | None) -> str:
    """Return a method's title; an em dash for a connection whose method can't be read."""
    return METHODS[name].title if name and name in METHODS else "—"
