"""Read a connection document: a flat JSON object becomes typed fields, or findings that say why not."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from watchword.body_rules import BodyRules
from watchword.codes import finding
from watchword.diagnosis import Finding
from watchword.errors import DocumentError
from watchword.fields import About, Fields, JsonObject, Section, Statuses, TextMapping, secret_names
from watchword.methods import METHODS
from watchword.methods.base import Method
from watchword.origins import Origins
from watchword.redact import shown
from watchword.transport import DEFAULT_TIMEOUT

SYNONYMS: Mapping[str, str] = {"grant_url": "token_url"}
"""Names that are accepted on input; in Airflow's form `token_url` would be masked for its name."""

STAND_INS = frozenset({"***", "********"})
"""What hosts show and send in the place of a secret."""

_TRANSPORT = Section.TRANSPORT

_SURROGATE = re.compile("[\ud800-\udfff]")


class CommonFields(Fields):
    """The fields of every method."""

    schema_version: Literal[1] = 1
    base_url: Annotated[
        str, About("Base URL", "Where the API lives, e.g. https://api.example.com.", Section.AUTHENTICATION)
    ]
    allowed_origins: Annotated[
        tuple[str, ...],
        About(
            "Allowed origins",
            "Origins that may receive the credential; only that of the base URL if empty.",
            Section.AUTHENTICATION,
        ),
    ] = ()
    test_url: Annotated[
        str | None,
        About(
            "Test URL",
            "Complete URL of a harmless GET that needs the credential: what a validation calls by default.",
            Section.AUTHENTICATION,
        ),
    ] = None
    extra_parameters: Annotated[
        TextMapping,
        About(
            "Extra parameters",
            'JSON, sent with every request and not secret: {"header:Accept-Version": "2"}.',
            Section.STACKED,
        ),
    ] = Field(default_factory=dict)
    secret_parameters: Annotated[
        TextMapping,
        About(
            "Secret parameters",
            'JSON, stacked on any method: {"header:Client-ID": "…", "query:key": "…", "cookie:sid": "…"}.',
            Section.STACKED,
            secret=True,
        ),
    ] = Field(default_factory=dict)
    timeout: Annotated[float, About("Timeout", "Longest wait for the API, in seconds.", _TRANSPORT)] = Field(
        default=DEFAULT_TIMEOUT, gt=0, le=3600
    )
    retries: Annotated[
        int, About("Retries", "Further tries of an idempotent request after a passing fault.", _TRANSPORT)
    ] = Field(default=0, ge=0, le=10)
    verify: Annotated[
        bool,
        About("Verify certificates", "Leave this on; use the CA bundle for private authorities.", _TRANSPORT),
    ] = True
    ca_bundle: Annotated[
        str | None, About("CA bundle", "Path of a file with the authorities to trust.", _TRANSPORT)
    ] = None
    client_certificate: Annotated[
        str | None,
        About(
            "Client certificate",
            "Path or PEM text, for the API and the token endpoint.",
            _TRANSPORT,
            multiline=True,
        ),
    ] = None
    client_private_key: Annotated[
        str | None,
        About("Client private key", "Path or PEM text of the key.", _TRANSPORT, secret=True, multiline=True),
    ] = None
    proxy: Annotated[
        str | None,
        About("Proxy", "URL of the proxy; may hold its user and password.", _TRANSPORT, secret=True),
    ] = None
    refresh_on_status: Annotated[
        Statuses,
        About(
            "Refresh on status",
            "Statuses beside 401 on which a token is renewed and the request sent once more, e.g. 403;419.",
            _TRANSPORT,
        ),
    ] = ()
    refresh_on_body: Annotated[
        JsonObject,
        About(
            "Refresh on body",
            'JSON: {"error.code": "token_expired", "ok": false}. A reply, not streamed and up to 64 KiB, '
            "whose JSON has one of these values at its JSONPath counts as a 401, whatever its status.",
            _TRANSPORT,
        ),
    ] = Field(default_factory=dict)

    @cached_property
    def body_rules(self) -> BodyRules | None:
        """What `refresh_on_body` says, ready for use, None where it says nothing; its paths are linted."""
        return BodyRules(self.refresh_on_body) if self.refresh_on_body else None

    @cached_property
    def origins(self) -> Origins:
        """The origins that may receive the credential: those listed, else that of the base URL."""
        return Origins(self.allowed_origins or (self.base_url,))


@dataclass(frozen=True)
class Document:
    """A document that has been read: its common fields, its method, and what was noticed on the way."""

    common: CommonFields
    method: Method
    warnings: tuple[Finding, ...] = ()


def read(document: object, *, stored: bool = False) -> Document:
    """Return the typed fields of a document.

    Args:
        document: a mapping, or JSON text or bytes of an object.
        stored: whether it comes from a host's form, which saves every field it shows: known
            fields of other methods are dropped, with a warning where they are secret, and
            empty text means absent.

    Raises:
        DocumentError: with a finding for each thing that is wrong.
    """
    entries = _entries(document, stored=stored)
    method = _method(entries)
    findings: list[Finding] = [*_stand_ins(entries), *_unusable(entries)]
    mine: dict[str, Any] = {}
    common: dict[str, Any] = {}
    dropped: list[str] = []
    for name, value in entries.items():
        if name in CommonFields.model_fields:
            common[name] = value
        elif name in method.model_fields:
            mine[name] = value
        elif stored and _owners(name):
            dropped.append(name)
        else:
            findings.append(_foreign(name, method))
    common_fields = _validated(CommonFields, common, findings)
    method_fields = _validated(method, mine, findings)
    if findings or common_fields is None or method_fields is None:
        raise DocumentError(findings)
    return Document(common_fields, method_fields, tuple(_ignored(dropped, method.method)))


def _entries(document: object, *, stored: bool) -> dict[str, Any]:
    """Return the document's entries under their own names, without those that mean absent."""
    if isinstance(document, (str, bytes, bytearray)):
        document = _parsed(document)
    if not isinstance(document, Mapping) or not all(isinstance(name, str) for name in document):
        raise DocumentError(
            [finding("document_unreadable", f"The document is no JSON object but {shown(document)}.")]
        )
    absent = (None, "") if stored else (None,)
    entries: dict[str, Any] = {}
    for given, value in document.items():
        name = SYNONYMS.get(given, given)
        if any(value is nothing or value == nothing for nothing in absent):
            continue
        if name in entries and entries[name] != value:
            message = f"The field {name} is given twice: also as {' or '.join(_names_of(name))}."
            raise DocumentError([finding("given_twice", message)])
        entries[name] = value
    return entries


def _names_of(field: str) -> list[str]:
    return [synonym for synonym, name in SYNONYMS.items() if name == field]


def _parsed(text: str | bytes | bytearray) -> object:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        wrong = _unreadable(text, error)
    else:
        return found
    raise DocumentError([wrong])  # out here: the error, which holds the whole text, is no context


def _unreadable(text: object, error: Exception) -> Finding:
    where = ""
    if isinstance(error, json.JSONDecodeError):
        where = f": {error.msg} (line {error.lineno}, column {error.colno})"
    is_path = isinstance(text, str) and text.endswith(".json")
    advice = "This is the name of a file: give its content." if is_path else ""
    return finding("document_unreadable", f"The document is no readable JSON{where}.", advice=advice)


def _method(entries: dict[str, Any]) -> type[Method]:
    name = entries.pop("method", None)
    known = METHODS.get(name) if isinstance(name, str) else None
    if known is None:
        missing = "The document names no method" if name is None else "The document's method is not known"
        guess = difflib.get_close_matches(name, METHODS, 1) if isinstance(name, str) else []
        hint = f" Did you mean {guess[0]}?" if guess else ""
        if "conn_type" in entries:
            hint = " This is Airflow's form: put what is in its extra at the top, and its host as base_url."
        raise DocumentError([finding("unknown_method", f"{missing}; there are {', '.join(METHODS)}.{hint}")])
    return known


def _owners(field: str) -> list[str]:
    return [name for name, known in METHODS.items() if field in known.model_fields]


def _foreign(name: str, method: type[Method]) -> Finding:
    owners = _owners(name)
    if owners:
        message = f"The field {name} belongs to {', '.join(owners)}, not to {method.method}."
        return finding("field_of_other_method", message)
    known = [*method.model_fields, *CommonFields.model_fields, "method", *SYNONYMS]
    near = difflib.get_close_matches(name, known, 1)
    advice = f"Did you mean {near[0]}?" if near else ""
    # A name is no secret, but may be long: the whole of a pasted key, for instance.
    message = f"The method {method.method} has no field {name[:40]!r}."
    return finding("unknown_field", message, advice=advice)


def _stand_ins(entries: Mapping[str, Any]) -> Iterator[Finding]:
    for name, value in entries.items():
        if any(text.strip() in STAND_INS for text in _texts(value)):
            message = f"The field {name} holds asterisks: what a host shows in the place of a secret."
            yield finding("placeholder_secret", message)


def _unusable(entries: Mapping[str, Any]) -> Iterator[Finding]:
    """Find text that can't be sent, and what is text and more, such as Dagster's EnvVar: a secret's name."""
    for name, value in entries.items():
        if any(_SURROGATE.search(text) for text in (name, *_texts(value))):
            yield finding("wrong_type", f"The field {name[:40]!r} holds half a character: no Unicode text.")
        kinds = {type(text).__name__ for text in _texts(value) if type(text) is not str}
        if kinds:
            message = f"The field {name} holds no plain text but {', '.join(sorted(kinds))}."
            yield finding("wrong_type", message, advice="Give its value, or a reference such as env:NAME.")


def _texts(value: object) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            pending.extend((*item.keys(), *item.values()))
        elif isinstance(item, (list, tuple)):
            pending.extend(item)


_Model = TypeVar("_Model", bound=Fields)


def _validated(model: type[_Model], values: dict[str, Any], findings: list[Finding]) -> _Model | None:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False, include_context=False):
            field = ".".join(str(part) for part in problem["loc"][:2])
            if problem["type"] == "missing":
                findings.append(finding("missing_field", f"The field {field} is missing."))
            else:
                reason = problem["msg"].removeprefix("Value error, ")
                findings.append(finding("wrong_type", f"The field {field} has a wrong value: {reason}."))
        return None


def _ignored(names: list[str], method: str) -> Iterator[Finding]:
    secret = [name for name in names if any(name in secret_names(METHODS[owner]) for owner in _owners(name))]
    if secret:
        message = f"Secrets of other methods than {method} are stored and not used: {', '.join(secret)}."
        yield finding("fields_ignored", message)
