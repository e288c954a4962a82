"""The documents that a document nests: the method in `login_with`, and the one in that one's `login_with`.

Their secrets become templates when a document is resolved. So the JSON field itself never holds a secret in
use, and everything that shows it is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from watchword.document.references import is_elsewhere, without_mark
from watchword.methods import METHODS, response_values
from watchword.methods.base import LOGIN_WITH, Method
from watchword.methods.fields import about, secret_names
from watchword.protocols import templates
from watchword.protocols.templates import TemplateSecrets

_USERNAME = "username"
"""A field that isn't secret but may name a secret: some APIs take a key as the user name."""


def with_logins(method: Method, secrets: TemplateSecrets | None = None) -> Iterator[tuple[str, Method]]:
    """Yield the method and each login in it, with what stands before its fields' names in messages.

    With `secrets`, each login is filled in, and completed by its key's file. One whose secret is missing has
    its templates instead.
    """
    prefix: str = ""
    while True:
        yield prefix, method
        content = getattr(method, LOGIN_WITH, None)
        if not content:
            return
        needed = set(templates.names([*_secret_texts(content).values()]))
        is_filled = secrets is not None and needed <= secrets.keys()
        method = filled_method(content, secrets or {}) if is_filled else nested_method(content)
        prefix = f"{prefix}{LOGIN_WITH}."


def named_urls(method: Method, secrets: TemplateSecrets) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each URL of the method and its logins that receives a credential."""
    for prefix, each in with_logins(method, secrets):
        for name in each.urls:
            if url := getattr(each, name):
                yield f"{prefix}{name}", url


def nested_method(content: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> Method:
    """Return the method that a `login_with` describes, whose names and types reading has checked.

    `values` replace those of fields. A login takes nothing from a response but its token.
    """
    unused = {"method", *response_values.FIELDS}
    fields = {name: value for name, value in content.items() if name not in unused}
    return METHODS[content["method"]].model_validate({**fields, **(values or {})})


def filled_method(content: Mapping[str, Any], secrets: TemplateSecrets) -> Method:
    """Return the method that a `login_with` describes, with its secrets and what its key's file says.

    Raises DocumentError if the secret of a template is missing.
    """
    texts = {name: templates.fill(text, secrets) for name, text in _secret_texts(content).items()}
    username = content.get(_USERNAME)
    if isinstance(username, str) and _USERNAME not in texts:
        texts[_USERNAME] = without_mark(username)
    nested = nested_method(content, texts)
    return nested.completed(nested.model_fields_set)


def texts_with_secrets(content: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields in a `login_with` whose texts are or name secrets."""
    return list(_secret_texts(content))


def nested_secrets(method: Method) -> Iterator[tuple[str, str, bool]]:
    """Yield each text in the logins that may be a reference or a secret: path, text, whether it is a key."""
    if content := getattr(method, LOGIN_WITH, None):
        yield from _secrets(content, LOGIN_WITH)


def with_templates(method: Method) -> dict[str, Any]:
    """Return the login with a template, named by its path, in place of each of these texts; {} if none."""
    content = getattr(method, LOGIN_WITH, None)
    return {LOGIN_WITH: _with_templates(content, LOGIN_WITH)} if content else {}


def _secrets(content: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, bool]]:
    fields = METHODS[content["method"]].model_fields
    for name in _plain_texts(content):
        described = about(fields[name])
        yield f"{path}.{name}", content[name], described is not None and described.is_key
    if content.get(LOGIN_WITH):
        yield from _secrets(content[LOGIN_WITH], f"{path}.{LOGIN_WITH}")


def _with_templates(content: Mapping[str, Any], path: str) -> dict[str, Any]:
    named: dict[str, Any] = {name: f"{{{{secret:{path}.{name}}}}}" for name in _plain_texts(content)}
    if content.get(LOGIN_WITH):
        named[LOGIN_WITH] = _with_templates(content[LOGIN_WITH], f"{path}.{LOGIN_WITH}")
    return {**content, **named}


def _plain_texts(content: Mapping[str, Any]) -> list[str]:
    return [name for name, text in _secret_texts(content).items() if not templates.has_secret(text)]


def _secret_texts(content: Mapping[str, Any]) -> dict[str, str]:
    secret = secret_names(METHODS[content["method"]])
    return {
        name: value
        for name, value in content.items()
        if isinstance(value, str) and (name in secret or (name == _USERNAME and _names_secret(value)))
    }


def _names_secret(username: str) -> bool:
    return templates.has_secret(username) or is_elsewhere(username)
