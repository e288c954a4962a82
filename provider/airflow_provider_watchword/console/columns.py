"""A connection document as the columns of Airflow's table of connections, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_watchword.forms.schema import FORM_NAMES
from watchword.connections.airflow_format import (
    AirflowConnection,
    airflow_json,
    document_of,
    short_type,
)
from watchword.connections.storable import normalized, standard
from watchword.redact import NeverPickled


@dataclass(frozen=True)
class Columns(NeverPickled):
    """What is written of a connection: the columns `schema` and `port` stay empty, the host has both."""

    conn_type: str
    host: str | None = field(repr=False)
    login: str | None = field(repr=False)
    password: str | None = field(repr=False)
    extra: str = field(repr=False)


def columns_of(document: Mapping[str, Any]) -> Columns:
    """Return the columns of a document: the type is that of its method, and nothing is empty.

    The extra has the names of Airflow's own form, which then shows and changes the same fields.
    """
    kept = json.loads(airflow_json(normalized(document)))
    extra = {FORM_NAMES.get(name, name): value for name, value in kept["extra"].items()}
    return Columns(
        short_type(str(document["method"])),
        kept.get("host"),
        kept.get("login"),
        kept.get("password"),
        json.dumps(extra),
    )


def stored_document(connection: AirflowConnection) -> dict[str, Any]:
    """Return the document of a connection with the fields' own names, and with its empty fields.

    Raises:
        DocumentError: the connection can't be read, or gives a field twice.
    """
    return standard(document_of(connection))
