"""The documents that a document nests: the method in `login_with`, and the one in that one's `login_with`.

Their secrets become templates when a document is resolved. So the JSON field itself never holds a secret in
use, and everything that shows it is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from watchword.methods import METHODS
from watchword.methods.base import LOGIN_WITH, Method
from watchword.methods.fields import secret_names

_ALSO_FILLED = frozenset({"username"})
"""The fields that may hold templates, besides the secret ones: some APIs take a key as the user name."""


def with_logins(method: Method) -> Iterator[tuple[str, Method]]:
    """Yield the method and each login in it, with what stands before its fields' names in messages."""
    prefix: str = ""
    while True:
        yield prefix, method
        content = getattr(method, LOGIN_WITH, None)
        if not content:
            return
        prefix, method = f"{prefix}{LOGIN_WITH}.", nested_method(content)


def named_urls(method: Method) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each URL of the method and its logins that receives a credential."""
    for prefix, each in with_logins(method):
        for name in each.urls:
            if url := getattr(each, name):
                yield f"{prefix}{name}", url


def nested_method(content: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> Method:
    """Return the method that a `login_with` describes, whose names and types reading has checked.

    `values` replace those of fields.
    """
    fields = {name: value for name, value in content.items() if name != "method"}
    return METHODS[content["method"]].model_validate({**fields, **(values or {})})


def texts_with_secrets(content: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields in a `login_with` whose texts are or name secrets."""
    names = secret_names(METHODS[content["method"]]) | _ALSO_FILLED
    return [name for name, value in content.items() if name in names and isinstance(value, str)]


def nested_secrets(method: Method) -> Iterator[tuple[str, str]]:
    """Yield the path and the value of each text in the logins that may be a reference or a secret itself."""
    if content := getattr(method, LOGIN_WITH, None):
        yield from _secrets(content, LOGIN_WITH)


def with_templates(method: Method) -> dict[str, Any]:
    """Return the login with a template, named by its path, in place of each of these texts; {} if none."""
    content = getattr(method, LOGIN_WITH, None)
    return {LOGIN_WITH: _with_templates(content, LOGIN_WITH)} if content else {}


def _secrets(content: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name in _plain_texts(content):
        yield f"{path}.{name}", content[name]
    if content.get(LOGIN_WITH):
        yield from _secrets(content[LOGIN_WITH], f"{path}.{LOGIN_WITH}")


def _with_templates(content: Mapping[str, Any], path: str) -> dict[str, Any]:
    named: dict[str, Any] = {name: f"{{{{secret:{path}.{name}}}}}" for name in _plain_texts(content)}
    if content.get(LOGIN_WITH):
        named[LOGIN_WITH] = _with_templates(content[LOGIN_WITH], f"{path}.{LOGIN_WITH}")
    return {**content, **named}


def _plain_texts(content: Mapping[str, Any]) -> list[str]:
    return [name for name in texts_with_secrets(content) if "{{" not in content[name]]
