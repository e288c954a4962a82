"""`StoredConnectionResource`: a connection that is kept by name, the same one as Airflow's."""

from __future__ import annotations

from pydantic import Field

import watchword
from dagster_watchword.base import ApiResource
from dagster_watchword.variables import unresolved
from watchword.connections.by_name import connect, kept
from watchword.findings.codes import finding
from watchword.secrets import sources
from watchword.secrets.secret_store import SecretStore

_ADVICE = "Set source to local, gcp://PROJECT or gcp://PROJECT/LOCATION, or leave it empty."


class StoredConnectionResource(ApiResource):
    """The API whose connection is stored under a name, where Airflow's secrets backends find it too.

        resources={"acme": StoredConnectionResource(name="acme", source="gcp://acme-prod")}

    It is read when a step first needs it, in that step's process: what Dagster stores of a run is the
    name. What is stored is fenced (`WATCHWORD_ALLOWED_REFERENCES`), what a variable holds is not.
    """

    name: str = Field(
        description="What the connection is stored as, and what it is called in messages and for its tokens.",
    )
    source: str = Field(
        default="",
        description=(
            "Where it is stored: local, gcp://PROJECT or gcp://PROJECT/LOCATION; the first of the places "
            "in WATCHWORD_SECRETS that has it if empty."
        ),
    )

    def load_connection(self) -> watchword.Connection:
        """Return the connection that is stored now.

        Raises:
            DocumentError: there is one that can't be used; or a field is an `EnvVar` outside of a run.
            SecretError: there is none (`connection_missing`), or its place can't be asked.
            StoreError: its place is the vault, which can't be used.
        """
        wrong = unresolved({"name": self.name, "source": self.source})
        if wrong:
            raise watchword.DocumentError(wrong)
        if not self.source:
            return connect(self.name)
        return kept(_opened(self.source), self.name)


def _opened(source: str) -> SecretStore:
    try:
        return sources.opened(source)
    except watchword.SecretError as error:
        first = error.findings[0]  # whose advice is about a variable, which is not what is wrong here
        raise watchword.SecretError([finding(first.code.name, first.message, advice=_ADVICE)]) from None
