"""`ConnectionLink`: from a task to its connection's page in the console."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

from airflow_provider_watchword.console import PATH

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class ConnectionLink(BaseOperatorLink):
    """The button *Connection* of a task, which opens the page of `http_conn_id` in the console."""

    name = "Connection"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - the base's
        """Return the page's URL; without `[api] base_url` only the path, since a worker knows no address."""
        address = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
        name = quote(str(getattr(operator, "http_conn_id", "")), safe="")
        return f"{address}/{PATH}/connections/{name}"
