"""Collections of requests of other programs in the form of Postman's, which one import reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from watchword.connections.imports.values import plain_text

_BRACES = "{}"


def as_collection(
    items: list[dict[str, Any]],
    variables: Mapping[str, str],
    rewritten: Callable[[str], str],
    auth: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a collection of Postman's; `rewritten` changes each text, such as the form of variables."""
    rows = [{"key": name, "value": value} for name, value in variables.items()]
    content = {"item": items, "variable": rows, "auth": auth}
    return {"info": {}, **{name: _changed(value, rewritten) for name, value in content.items()}}


def as_request(
    content: Mapping[str, Any], headers: object, parameters: object, auth: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return a request of Postman's; headers and parameters are rows with `name` and `value`."""
    query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in _rows(parameters))
    url = plain_text(content.get("url"))
    request = {
        "method": plain_text(content.get("method")),
        "url": f"{url}{'&' if '?' in url else '?'}{query}" if query else url,
        "header": [{"key": name, "value": value} for name, value in _rows(headers)],
        "auth": auth,
    }
    return {"name": content.get("name"), "request": request}


def _rows(rows: object) -> Iterator[tuple[str, str]]:
    """Yield names and values of rows, without those that are switched off."""
    for each in rows if isinstance(rows, list) else []:
        if isinstance(each, dict) and each.get("disabled") is not True and each.get("enabled") is not False:
            name = plain_text(each.get("name"))
            if name:
                yield name, plain_text(each.get("value"))


def _encoded(text: str) -> str:
    return quote(text, safe=f"{_BRACES} ._-", errors="replace")


def _changed(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_changed(each, change) for each in value]
    if isinstance(value, dict):
        return {name: _changed(each, change) for name, each in value.items()}
    return value
