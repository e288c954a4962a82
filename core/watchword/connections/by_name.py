"""Connections by name: read from the places that are configured, and kept in them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from watchword.connection import Connection, load
from watchword.connections.payload import document_in
from watchword.document.references import is_reference
from watchword.errors import DocumentError, SecretError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.secrets import sources
from watchword.secrets.secret_store import SecretStore, check_name

PREFIX = "airflow-connections-"
"""What a connection's secret is called by, before its name: as Airflow's secrets backends look for it."""

VARIABLE = "WATCHWORD_CONN_"
"""What a variable that holds a connection is called by, before its name in capitals."""


_ELSEWHERE = ("reference_", "secret", "store_", "extra_missing", "file_missing")
"""How the codes begin that say what this machine lacks, which another may have."""


_OF_PLACES = ("url_", "origin_", "userinfo_", "test_url_", "duplicate_", "parameter_", "header_conflict")
"""How the codes begin that say what is wrong whatever the secrets are."""

_STAND_IN = re.compile(r"(?:^|[\"=\s/:])(?:\*{3,}|•{3,})(?:$|[\"&@#\s])")
"""Asterisks as a secret's place holder, also within a URL or behind a prefix, in JSON."""


def secret_name(name: str) -> str:
    """Return the name of the secret that holds a connection; raises SecretError where there can be none."""
    secret = f"{PREFIX}{name}"
    check_name(secret)
    return secret


def connect(name: str) -> Connection:
    """Return the connection of a name, from the first configured place that has it.

    WATCHWORD_SECRETS names the places: `env` for variables such as WATCHWORD_CONN_ACME, `local` for the
    vault, `gcp://PROJECT` for Google Secret Manager; `env,local` if it is not set.
    What is stored is fenced (`WATCHWORD_ALLOWED_REFERENCES`), what a variable holds is not.

    Raises:
        SecretError: there is no such connection (`connection_missing`), or a place can't be asked.
        DocumentError: there is one, and it can't be used.
    """
    asked = sources.sources()
    for source in asked:
        found = (
            _of_environment(name) if source == sources.ENVIRONMENT else stored(sources.opened(source), name)
        )
        if found is not None:
            return found
    raise missing(", ".join(asked) or "any place", name)


def missing(where: str, name: str) -> SecretError:
    """Return the error that there is no connection of that name."""
    return SecretError([finding("connection_missing", f"There is no connection {name[:80]!r} in {where}.")])


def stored(store: SecretStore, name: str) -> Connection | None:
    """Return a connection that a store keeps, None where there is none."""
    document = document_of(store, name)
    return None if document is None else load(document, name=name, stored=True)


def kept(store: SecretStore, name: str) -> Connection:
    """Return a connection that a store keeps; raises SecretError where there is none."""
    found = stored(store, name)
    if found is None:
        raise missing(store.display_name, name)
    return found


def document_of(store: SecretStore, name: str) -> dict[str, Any] | None:
    """Return the document of a connection that a store keeps, None where there is none."""
    payload = store.get(secret_name(name))
    return None if payload is None else document_in(payload, secret_name(name))


def checked(document: Mapping[str, Any], name: str) -> Sequence[Finding]:
    """Return what is doubtful about a document that is to be stored; raises DocumentError for what is wrong.

    That a reference can't be followed here is doubtful alone: another machine may do so.
    """
    texts = {name: json.dumps(value, ensure_ascii=False) for name, value in document.items()}
    stand_ins = [name for name, text in texts.items() if _STAND_IN.search(text)]
    if stand_ins:
        message = f"The fields {', '.join(stand_ins)} hold asterisks: what is shown in the place of a secret."
        raise DocumentError([finding("placeholder_secret", message)])
    load(dict(document), name=name)  # as strictly as a document of one's own: nothing is dropped unseen
    found = load(dict(document), name=name, stored=True).lint()
    # Where a secret can't be followed here, nothing else was looked at: what needs none of them is.
    other = load(_without_references(document), name=name, stored=True).lint()
    found += [each for each in other if each not in found and each.code.name.startswith(_OF_PLACES)]
    wrong = [each for each in errors(found) if not each.code.name.startswith(_ELSEWHERE)]
    if wrong:
        raise DocumentError(wrong)
    return [each for each in found if each not in wrong]


def _without_references(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document whose secrets lie nowhere else."""

    def plain(value: object) -> object:
        if isinstance(value, Mapping):
            return {key: plain(each) for key, each in value.items()}
        return "literal:unknown" if isinstance(value, str) and is_reference(value) else value

    return {name: plain(value) for name, value in document.items()}


def keep(store: SecretStore, name: str, document: Mapping[str, Any]) -> None:
    """Keep a document under a connection's name, in the place of what there was."""
    secret = secret_name(name)
    store.put(secret, json.dumps(dict(document), ensure_ascii=False, indent=2).encode())


def remove(store: SecretStore, name: str) -> bool:
    """Forget a connection and return whether there was one."""
    return store.remove(secret_name(name))


def names(store: SecretStore) -> Sequence[str]:
    """Return the names of the connections that a store keeps, sorted."""
    return [name.removeprefix(PREFIX) for name in store.names(PREFIX)]


def _of_environment(name: str) -> Connection | None:
    text = os.environ.get(VARIABLE + re.sub(r"[^A-Za-z0-9]", "_", name).upper())
    if not text:
        return None
    return load(document_in(text.encode("utf-8", "surrogateescape"), f"in {VARIABLE}…"), name=name)
