"""`GoogleSecretManagerResource`: secrets of Google Secret Manager for assets, asked for once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import dagster as dg
from pydantic import ConfigDict, Field

from dagster_watchword.variables import unresolved
from watchword import redact
from watchword.errors import SecretError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.secrets.cache import Caching
from watchword.secrets.google.account import Account
from watchword.secrets.google.calls import Patience
from watchword.secrets.google.manager import Options, SecretManager

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

_ATTEMPT = 0.4
"""How much of the deadline one try may take: a silent server is asked again."""

_LONGEST_MISSING = 60.0
"""For how long it is believed at most that there is no such secret, in seconds."""


class _Settings(NamedTuple):
    """The fields of a resource, by which a process finds its one client."""

    project_id: str
    location: str
    impersonation_chain: tuple[str, ...]
    key_path: str
    cache_ttl: float
    deadline: float


_managers: dict[_Settings, SecretManager] = {}
"""Those of this process: Dagster makes a resource anew for each step, and what was read serves all."""


class GoogleSecretManagerResource(dg.ConfigurableResource[Any]):
    """The secrets of a project of Google Cloud: one channel and one call for all steps of a process.

        @dg.asset
        def orders(secrets: GoogleSecretManagerResource) -> None:
            password = secrets.fetch_secret("warehouse-password")

    Nothing of Google's is imported, and nobody is asked, before the first secret is. With
    `SECRET_MANAGER_EMULATOR_HOST` in the environment a server on this machine answers in Google's place.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    project_id: str = Field(
        default="",
        description="Whose secrets; that of GOOGLE_CLOUD_PROJECT or of the credentials if empty.",
    )
    location: str = Field(
        default="",
        description="Where regional secrets are, such as europe-west3; global ones if empty.",
    )
    impersonation_chain: list[str] = Field(
        default=[],
        description="Accounts each of which may make tokens for the next; the last one asks.",
    )
    key_path: str = Field(
        default="",
        description="Path of a service account's key file; the machine's own credentials if empty.",
    )
    cache_ttl: float = Field(
        default=300.0, description="For how long a secret is used before it is asked for again, in seconds."
    )
    deadline: float = Field(
        default=5.0, description="How long a secret is waited for, with all tries, in seconds."
    )

    def get_client(self) -> SecretManagerServiceClient:
        """Return Google's own client, one for this process: nothing that it brings is cached or checked.

        Raises:
            SecretError: it isn't installed (`watchword[gcp]`), or there are no credentials.
        """
        return self._manager().client()

    def fetch_secret(self, name: str, version: str = "") -> str:
        """Return a secret's text, which watchword masks from now on in all that it says.

        Args:
            name: of the secret, without its project.
            version: its number; the latest if left out.

        Raises:
            SecretError: there is none (`secret_missing`), it is no UTF-8 text (`secret_unreadable`), or
                it can't be read; the code says whether that was denied, throttled, or timed out.
        """
        found = self._fetched(name, version)
        if isinstance(found, Finding):
            raise SecretError([found])
        return found

    def fetch_secrets(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the latest text of several secrets by their names.

        Raises:
            SecretError: as `fetch_secret`; of those that are missing it names all.
        """
        found = {name: self._fetched(name) for name in names}
        wrong = [outcome for outcome in found.values() if isinstance(outcome, Finding)]
        if wrong:
            raise SecretError(wrong)
        return {name: text for name, text in found.items() if isinstance(text, str)}

    def _fetched(self, name: str, version: str = "") -> str | Finding:
        manager = self._manager()
        content = manager.get(name, version)
        if content is None:
            which = f"version {version} of the secret {name}" if version else f"secret {name}"
            return finding("secret_missing", f"There is no {which} in {manager.display_name}.")
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:  # which holds the content: no error is raised from here
            message = f"The secret {name} in {manager.display_name} is no UTF-8 text."
            return finding("secret_unreadable", message, advice="Read its bytes by get_client().")
        redact.register([text])
        return text

    def _manager(self) -> SecretManager:
        wrong = unresolved({name: getattr(self, name) for name in type(self).model_fields})
        if wrong:
            raise SecretError(wrong)
        settings = _Settings(
            self.project_id,
            self.location,
            tuple(self.impersonation_chain),
            self.key_path,
            self.cache_ttl,
            self.deadline,
        )
        # One that was made in vain has asked nobody.
        return _managers.get(settings) or _managers.setdefault(settings, _made(settings))


def _made(settings: _Settings) -> SecretManager:
    account = Account(key_path=settings.key_path, impersonation_chain=settings.impersonation_chain)
    fresh = settings.cache_ttl
    return SecretManager(
        settings.project_id,
        settings.location,
        account,
        Options(
            Caching(fresh=fresh, missing=min(fresh, _LONGEST_MISSING)),
            Patience(settings.deadline, settings.deadline * _ATTEMPT),
        ),
    )
