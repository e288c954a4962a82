"""`StoredConnectionResource`: a connection that is stored under a name, the same one that Airflow uses."""

from __future__ import annotations

from pydantic import Field

import watchword
from dagster_watchword.base import ApiResource
from dagster_watchword.variables import unresolved
from watchword.connections.by_name import connect, stored_connection
from watchword.findings.codes import finding
from watchword.secrets import sources
from watchword.secrets.secret_store import SecretStore

_ADVICE = "Set source to local, gcp://PROJECT or gcp://PROJECT/LOCATION, or leave it empty."


class StoredConnectionResource(ApiResource):
    """The API whose connection is stored under a name, where Airflow's secrets backends find it too.

        resources={"acme": StoredConnectionResource(name="acme", source="gcp://acme-prod")}

    The connection is read in a step's process when the step first needs it. Dagster stores only the name
    of the connection with a run. A stored connection may only hold references that
    `WATCHWORD_ALLOWED_REFERENCES` allows, and only call addresses that `WATCHWORD_ALLOWED_NETWORKS` allows;
    a connection in an environment variable may use any.
    """

    name: str = Field(
        description="The name under which the connection and its tokens are stored; messages show it too.",
    )
    source: str = Field(
        default="",
        description=(
            "Where the connection is stored: local, gcp://PROJECT or gcp://PROJECT/LOCATION; if empty, the "
            "first source in WATCHWORD_SECRETS that has it."
        ),
    )

    def load_connection(self) -> watchword.Connection:
        """Return the connection that is stored now.

        Raises:
            DocumentError: the stored connection can't be used, or a field is an `EnvVar` outside of a run.
            SecretError: no connection has this name (`connection_missing`), or the source can't be read.
            StoreError: the source is the vault, which can't be used.
        """
        problems = unresolved({"name": self.name, "source": self.source})
        if problems:
            raise watchword.DocumentError(problems)
        if not self.source:
            return connect(self.name)
        return stored_connection(_secret_store(self.source), self.name)


def _secret_store(source: str) -> SecretStore:
    try:
        return sources.secret_store(source)
    except watchword.SecretError as error:
        first = error.findings[0]  # its advice is about WATCHWORD_SECRETS, but the field is wrong here
        raise watchword.SecretError([finding(first.code.name, first.message, advice=_ADVICE)]) from None
