"""What hostile input costs: each reader gets its worst texts, each in a process of its own; needs a Unix.

A process begins with everything imported, so its CPU seconds and its memory are the reader's own. The table
has each reader's slowest text and the one that takes most memory; figures above the limits are marked. Give
names of readers to measure only these.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import hostile_texts as texts
from hostile_files import files
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import watchword
from watchword import redact
from watchword.connections.imports.formats import chosen, entries_in
from watchword.connections.payload import document_in
from watchword.errors import WatchwordError
from watchword.http import bodies, body_reports, body_rules, durations, echoes
from watchword.protocols.digest.challenge import strongest
from watchword.protocols.keys import read_private_key, read_secret
from watchword.protocols.keys.client_certificate import read_authorities, read_client_certificate
from watchword.protocols.oauth1.credentials_response import read_credentials
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths, read_token
from watchword.protocols.session_login.login_response import TokenLocation, read_session
from watchword.protocols.sigv4.refusals import aws_refusal
from watchword.sign_in.authorization_response import AuthorizationResponse
from watchword.sign_in.oauth1 import SignIn, verifier_from
from watchword.tokens.token_response import TokenResponse
from watchword.tokens.token_values import ValueSources
from watchword.validation import response_meaning, states, structure
from watchword.validation.probe_response import ProbeResponse

MOST_SECONDS, MOST_MEMORY = 1.0, 50.0
"""The limits: CPU seconds, and MiB."""

RULES = body_rules.BodyRules({"$..code": 1})
VALUES = ValueSources((("header:X", "$..tenant"), ("path:c", "$..cloudid")))
PATHS = ResponsePaths("$..a[*].token", "$..expires", refresh="$..refresh", refused=RULES, values=VALUES)
LOGIN = TokenLocation("body", "$..token")
OAUTH1 = SignIn("https://a.test", "t", "s")


def response(text: str, status: int = 200) -> TokenResponse:
    """Return a response whose headers are hostile too."""
    names = ("WWW-Authenticate", "Date", "Retry-After", "Location")
    headers = {"Content-Type": "text/plain", **dict.fromkeys(names, text[: texts.HEADER])}
    return TokenResponse("https://a.test/token", status, headers, text)


def judged(text: str, status: int) -> object:
    """Do with an API's response what a validation does."""
    probe = ProbeResponse("https://a.test/x", status, {"WWW-Authenticate": text[: texts.HEADER]}, text)
    meaning = (response_meaning.refusal(probe), response_meaning.remarks(probe))
    return meaning, states.state_of(text, ""), structure.structure_of(text), probe.evidence()


def timed(text: str) -> object:
    """Read a text as each kind of time."""
    return durations.retry_after(text), durations.moments(text), durations.span(text)


class Reader(NamedTuple):
    """A reader, and the texts that it gets."""

    read: Callable[[Any], object]
    texts: Callable[[], texts.Texts]


READERS: Mapping[str, Reader] = {
    "bytes": Reader(lambda body: bodies.content_of(bodies.decoded(body, "utf-7")), texts.packed),
    "token": Reader(lambda text: read_token(response(text), PATHS), texts.bodies),
    "token, refused": Reader(lambda text: read_token(response(text, 400), ResponsePaths()), texts.bodies),
    "login": Reader(lambda text: read_session(response(text), LOGIN), texts.bodies),
    "login, refused": Reader(lambda text: read_session(response(text, 401), LOGIN), texts.bodies),
    "OAuth 1.0": Reader(lambda text: read_credentials(response(text), "request_token_url"), texts.bodies),
    "API, 200": Reader(lambda text: judged(text, 200), texts.bodies),
    "API, 401": Reader(lambda text: judged(text, 401), texts.bodies),
    "report": Reader(body_reports.reported, lambda: texts.bodies(texts.REPORT)),
    "rules": Reader(lambda text: RULES.match(text.encode()), lambda: texts.bodies(body_rules.LARGEST_BODY)),
    "AWS": Reader(lambda text: aws_refusal(403, text), texts.bodies),
    "masking": Reader(redact.text, texts.bodies),
    "times": Reader(timed, lambda: texts.repeated(texts.HEADER)),
    "digest": Reader(strongest, lambda: texts.repeated(texts.HEADER, 'Digest realm="')),
    "redirect": Reader(
        lambda url: echoes.without_secrets(url, {"x" * 20}),
        lambda: texts.repeated(texts.URL, "https://a.test/"),
    ),
    "sign-in": Reader(
        lambda url: AuthorizationResponse.read(url, "").check_granted(),
        lambda: texts.repeated(texts.URL, "?state=a&") | texts.repeated(texts.BODY, "?state=b&"),
    ),
    "sign-in, OAuth 1.0": Reader(
        lambda url: verifier_from(url, OAUTH1), lambda: texts.repeated(texts.URL, "?oauth_problem=")
    ),
    "private key": Reader(lambda text: read_private_key(text, texts.PASSPHRASE), texts.keys),
    "HMAC secret": Reader(lambda text: read_secret(text, "base64"), texts.keys),
    "certificate": Reader(lambda text: read_client_certificate(text, text, texts.PASSPHRASE), texts.keys),
    "authorities": Reader(read_authorities, texts.keys),
    "stored secret": Reader(
        lambda text: document_in(text.encode()[: texts.KEY], "a"),
        lambda: texts.repeated(texts.KEY, "http://") | texts.repeated(texts.KEY, '{"conn_type":"'),
    ),
    "document": Reader(lambda text: watchword.load(text).lint(), texts.documents),
    "curl": Reader(lambda text: entries_in(text, "a", {}), texts.commands),
    "file": Reader(lambda text: chosen(entries_in(text, "a", {}), None, "a"), files),
}


class Cost(NamedTuple):
    """CPU seconds, MiB above what the process had at first, and the names of modules that it imported."""

    seconds: float
    memory: float
    imported: tuple[str, ...] = ()


def cost(read: Callable[[Any], object], text: object) -> Cost:
    """Return what reading costs in a process of its own; raises RuntimeError if it ends by no typed error."""
    modules, (answer, told) = set(sys.modules), os.pipe()
    process = os.fork()
    if not process:
        try:
            with contextlib.suppress(WatchwordError):
                read(text)
            os.write(told, " ".join(set(sys.modules) - modules).encode())
        except BaseException as error:  # noqa: BLE001 - the process ends here
            print(type(error).__name__, error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status, usage = os.wait4(process, 0)
    os.close(told)
    with os.fdopen(answer, "rb") as pipe:
        imported = pipe.read().decode().split()
    if status:
        raise RuntimeError("a reader failed")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, tuple(imported))


def costs(reader: Reader) -> Iterator[tuple[str, Cost]]:
    """Yield the cost of each text of a reader, above that of reading nothing."""
    for name, text in reader.texts().items():
        found = cost(reader.read, text)
        if found.imported:
            for module in found.imported:
                with contextlib.suppress(ImportError):  # a library may have put a name there itself
                    importlib.import_module(module)
            found = cost(reader.read, text)
        floor = cost(lambda _: None, "")
        yield name, Cost(found.seconds - floor.seconds, found.memory - floor.memory)


def cell(figure: float, limit: float, form: str) -> str:
    """Return a figure, marked if it is above the limit."""
    return f"[red]{figure:{form}} !" if figure > limit else f"{figure:{form}}"


def row(name: str) -> list[str]:
    """Return the row of a reader."""
    found = dict(costs(READERS[name]))
    slowest = max(found, key=lambda each: found[each].seconds)
    largest = max(found, key=lambda each: found[each].memory)
    seconds = cell(found[slowest].seconds, MOST_SECONDS, ".2f")
    memory = cell(found[largest].memory, MOST_MEMORY, ".0f")
    return [name, str(len(found)), seconds, escape(slowest), memory, escape(largest)]


def main() -> None:
    """Measure the readers and print the table."""
    logging.disable()
    redact.register([f"secret-{number}-{'a' * 20}" for number in range(200)])
    table = Table("reader", "texts", "CPU seconds", "slowest", "MiB", "largest")
    for name in sys.argv[1:] or READERS:
        table.add_row(*row(name))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
