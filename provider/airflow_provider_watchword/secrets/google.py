"""Connections, variables and options from Google Secret Manager."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_watchword.secrets import arguments
from airflow_provider_watchword.secrets.backend import LookupBackend, kinds
from airflow_provider_watchword.secrets.lookup import Lookup
from watchword.redact import NeverPickled
from watchword.secrets.google.resource_names import LOCATION, PROJECT

if TYPE_CHECKING:
    from watchword.secrets.google.manager import SecretManager

_SHORTEST = 0.05
_ATTEMPT = 0.4
"""The part of the deadline that one try may take, so that there is time for another."""

_ENVIRONMENT = ("SECRET_MANAGER_EMULATOR_HOST", "GOOGLE_CLOUD_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS")
_SALT = secrets.token_bytes(32)

_managers: dict[bytes, SecretManager] = {}


class GoogleSecretManagerBackend(LookupBackend):
    """Airflow's connections, variables and options from Google Secret Manager, each asked for once.

    Arguments that Google's own backend has too mean the same here. Each may be text.

    Args:
        connections_prefix: what secrets that hold connections are called by, before `sep` and the id;
            null where there are none. Likewise `variables_prefix` and `config_prefix`.
        gcp_keyfile_dict: content of a service account's key file; this machine's credentials where
            none of the three is given.
        gcp_key_path: path of such a file.
        gcp_credential_config_file: path or content of another credential configuration.
        gcp_scopes: OAuth scopes, with commas between them.
        project_id: whose secrets; the credentials' own project if left out.
        sep: what stands between prefix and id.
        impersonation_chain: accounts each of which may make tokens for the next; the last one is used.
        location: where regional secrets are kept, such as `europe-west3`.
        versions: the number of the version to be read, by the secret's whole name; the latest of others.
        cache_ttl: for how long a secret is used, in seconds.
        missing_ttl: for how long it is believed that there is none, in seconds.
        grace: for how much longer it is used while Google can't be asked, in seconds.
        deadline: how long a question may take, with all its tries, in seconds.
        fail_closed: stop the search where a secret can't be read, instead of trying Airflow's next
            backend; an option that can't be read keeps Airflow from starting.
        connections_lookup_pattern: regular expression that an id must match at its start to be asked for.
            Likewise `variables_lookup_pattern` and `config_lookup_pattern`.

    Raises:
        ValueError: an argument can't be used.
    """

    def __init__(  # noqa: PLR0913 - Airflow's way of configuring a backend
        self,
        *,
        connections_prefix: str | None = "airflow-connections",
        variables_prefix: str | None = "airflow-variables",
        config_prefix: str | None = "airflow-config",
        gcp_keyfile_dict: Mapping[str, Any] | str | None = None,
        gcp_key_path: str | None = None,
        gcp_credential_config_file: Mapping[str, str] | str | None = None,
        gcp_scopes: str | None = None,
        project_id: str | None = None,
        sep: str = "-",
        impersonation_chain: str | Sequence[str] | None = None,
        location: str | None = None,
        versions: Mapping[str, int | str] | str | None = None,
        cache_ttl: float | str = 300,
        missing_ttl: float | str = 60,
        grace: float | str = 3600,
        deadline: float | str = 5,
        fail_closed: bool | str = False,
        connections_lookup_pattern: str | None = None,
        variables_lookup_pattern: str | None = None,
        config_lookup_pattern: str | None = None,
    ) -> None:
        settings = _Settings(
            project=arguments.matching("project_id", project_id, PROJECT, "the id of a project"),
            location=arguments.matching("location", location, LOCATION, "a location such as europe-west3"),
            key_path=arguments.text("gcp_key_path", gcp_key_path),
            keyfile=arguments.mapping("gcp_keyfile_dict", gcp_keyfile_dict),
            configuration=_configuration(gcp_credential_config_file),
            scopes=arguments.texts("gcp_scopes", gcp_scopes),
            impersonation_chain=arguments.texts("impersonation_chain", impersonation_chain),
            versions=arguments.versions("versions", versions),
            fresh=arguments.seconds("cache_ttl", cache_ttl),
            missing=arguments.seconds("missing_ttl", missing_ttl),
            grace=arguments.seconds("grace", grace),
            deadline=arguments.seconds("deadline", deadline, least=_SHORTEST),
        )
        settings.check()
        closed = arguments.flag("fail_closed", fail_closed)
        asked = kinds(
            sep,
            prefixes=(connections_prefix, variables_prefix, config_prefix),
            patterns=(connections_lookup_pattern, variables_lookup_pattern, config_lookup_pattern),
        )
        connections, variables, config = (Lookup(kind, settings.opened, fail_closed=closed) for kind in asked)
        super().__init__(connections, variables, config)


@dataclass(frozen=True)
class _Settings(NeverPickled):
    """What a Secret Manager is made of, as checked; the same settings are one in a process."""

    project: str
    location: str
    key_path: str
    keyfile: Mapping[str, Any] = field(repr=False)
    configuration: Mapping[str, Any] | str = field(repr=False)
    scopes: tuple[str, ...]
    impersonation_chain: tuple[str, ...]
    versions: Mapping[str, str]
    fresh: float
    missing: float
    grace: float
    deadline: float

    def check(self) -> None:
        """Raise ValueError where several credentials are given."""
        if sum(map(bool, (self.keyfile, self.key_path, self.configuration))) > 1:
            names = "gcp_keyfile_dict, gcp_key_path and gcp_credential_config_file"
            raise ValueError(f"Of {names} more than one is given; leave out all but one.")

    def opened(self) -> SecretManager:
        """Return the process's one Secret Manager of these settings; no I/O.

        Airflow makes a backend for each option that it reads, and others for connections: they share
        what they have read, and the channel.
        """
        found = _managers.get(self._identity)
        if found is None:
            # One step, and so no lock, which a fork might copy held: what loses has done nothing yet.
            found = _managers.setdefault(self._identity, self._made())
        return found

    @cached_property
    def _identity(self) -> bytes:
        environment = [os.environ.get(name) for name in _ENVIRONMENT]
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        content = json.dumps([environment, given], sort_keys=True, default=str)
        return hashlib.blake2b(content.encode("utf-8", "replace"), key=_SALT).digest()

    def _made(self) -> SecretManager:
        from watchword.secrets.cache import Caching  # noqa: PLC0415 - when a secret is asked for
        from watchword.secrets.google.account import SCOPE, Account  # noqa: PLC0415 - likewise
        from watchword.secrets.google.calls import Patience  # noqa: PLC0415 - likewise
        from watchword.secrets.google.manager import Options, SecretManager  # noqa: PLC0415 - likewise

        account = Account(
            key_path=self.key_path,
            keyfile=self.keyfile,
            configuration=self.configuration,
            scopes=self.scopes or (SCOPE,),
            impersonation_chain=self.impersonation_chain,
        )
        options = Options(
            caching=Caching(self.fresh, self.missing, self.grace),
            patience=Patience(self.deadline, self.deadline * _ATTEMPT),
            versions=self.versions,
        )
        return SecretManager(self.project, self.location, account, options)


def _configuration(given: object) -> Mapping[str, Any] | str:
    """Return a credential configuration: what is no object is a path, or content as text."""
    name = "gcp_credential_config_file"
    return arguments.mapping(name, given) if isinstance(given, Mapping) else arguments.text(name, given)
