"""`GoogleSecretManagerResource`: secrets of Google Secret Manager for assets, fetched once per process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import ConfigDict, Field

from dagster_watchword.variables import unresolved
from watchword import redact
from watchword.errors import SecretError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.bodies import stored_text
from watchword.secrets.cache import Caching
from watchword.secrets.google.account import Account
from watchword.secrets.google.calls import CallTimeouts
from watchword.secrets.google.manager import Options, SecretManager
from watchword.secrets.google.managers import shared_secret_manager

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

_ATTEMPT = 0.4
"""The part of the deadline that one attempt may take, so that a second one fits if the server is silent."""

_LONGEST_MISSING = 60.0
"""The longest time for which a missing secret is remembered as missing, in seconds."""


class GoogleSecretManagerResource(dg.ConfigurableResource[Any]):
    """The secrets of a Google Cloud project; all steps of a process share one channel and one cache.

        @dg.asset
        def orders(secrets: GoogleSecretManagerResource) -> None:
            password = secrets.fetch_secret("warehouse-password")

    Google's libraries are imported, and the service is called, when the first secret is fetched. If
    `SECRET_MANAGER_EMULATOR_HOST` is set, that local server is called in place of Google.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    project_id: str = Field(
        default="",
        description="The project of the secrets; if empty, GOOGLE_CLOUD_PROJECT or the credentials' project.",
    )
    location: str = Field(
        default="",
        description="The location of regional secrets, such as europe-west3; if empty, global secrets.",
    )
    impersonation_chain: list[str] = Field(
        default=[],
        description="Service accounts to impersonate in order; the last one reads the secrets.",
    )
    key_path: str = Field(
        default="",
        description="Path of a service account's key file; if empty, this machine's credentials are used.",
    )
    cache_ttl: float = Field(
        default=300.0, description="How long a secret is used before it is fetched again, in seconds."
    )
    deadline: float = Field(
        default=5.0, description="The longest wait for a secret, including all retries, in seconds."
    )

    def get_client(self) -> SecretManagerServiceClient:
        """Return Google's own client, shared by this process; its responses are neither cached nor checked.

        Raises:
            SecretError: `watchword[gcp]` isn't installed, or there are no credentials.
        """
        return self._manager().client()

    def fetch_secret(self, name: str, version: str = "") -> str:
        """Return a secret's text; from now on watchword masks it in all its messages.

        Args:
            name: the secret's name, without its project.
            version: the version's number; the latest if left out.

        Raises:
            SecretError: the secret doesn't exist (`secret_missing`), it isn't UTF-8 text
                (`secret_unreadable`), or it can't be read; the code says whether access was denied,
                throttled or timed out.
        """
        outcome = self._outcome(name, version)
        if isinstance(outcome, Finding):
            raise SecretError([outcome])
        return outcome

    def fetch_secrets(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the latest text of several secrets by their names.

        Raises:
            SecretError: as `fetch_secret`; it lists all missing secrets.
        """
        outcomes = {name: self._outcome(name) for name in names}
        problems = [outcome for outcome in outcomes.values() if isinstance(outcome, Finding)]
        if problems:
            raise SecretError(problems)
        return {name: text for name, text in outcomes.items() if isinstance(text, str)}

    def _outcome(self, name: str, version: str = "") -> str | Finding:
        """Return a secret's text, or the finding that says why it has none."""
        manager = self._manager()
        content = manager.get(name, version)
        if content is None:
            which = f"version {version} of the secret {name}" if version else f"secret {name}"
            return finding("secret_missing", f"There is no {which} in {manager.display_name}.")
        try:
            text = stored_text(content)
        except UnicodeDecodeError:  # it holds the content, so no error is raised from here
            message = f"The secret {name} in {manager.display_name} is not UTF-8 text."
            return finding("secret_unreadable", message, advice="Read its bytes by get_client().")
        redact.register([text])
        return text

    def _manager(self) -> SecretManager:
        """Return the process's Secret Manager: Dagster makes a new resource for each step, which share it."""
        problems = unresolved({name: getattr(self, name) for name in type(self).model_fields})
        if problems:
            raise SecretError(problems)
        return shared_secret_manager(
            self.project_id,
            self.location,
            Account(key_path=self.key_path, impersonation_chain=tuple(self.impersonation_chain)),
            Options(
                Caching(fresh=self.cache_ttl, missing=min(self.cache_ttl, _LONGEST_MISSING)),
                CallTimeouts(self.deadline, self.deadline * _ATTEMPT),
            ),
        )
