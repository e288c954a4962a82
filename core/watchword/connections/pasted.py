"""A connection that somebody pastes: a document, Airflow's JSON or URI of a connection, or a cURL command."""

from __future__ import annotations

import json
from typing import Any

from watchword.connections import airflow_import, curl_import
from watchword.connections.airflow_format import parse_connection
from watchword.connections.storable import normalized


def document_in(text: str, name: str) -> tuple[dict[str, Any], list[str]]:
    """Return the document in a pasted text, and remarks on what it does differently.

    Args:
        text: the document as JSON, Airflow's JSON or URI of one connection, or a cURL command.
        name: the connection's name, for messages.

    Raises:
        DocumentError: the text is none of these; no message shows any of it.
    """
    if curl_import.is_command(text):
        return curl_import.convert(text)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict) and "method" in content and "conn_type" not in content:
        return normalized(content), []
    return airflow_import.convert(parse_connection(text, name))
