"""`GoogleSecretManagerBackend`: connections, variables and options from Google Secret Manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from airflow_provider_watchword.secrets.arguments import (
    BackendArguments,
    JsonObject,
    Seconds,
    Text,
    Texts,
    Versions,
    checked,
)
from airflow_provider_watchword.secrets.backend import LookupBackend
from watchword.secrets.google.resource_names import LOCATION, PROJECT

if TYPE_CHECKING:
    from watchword.secrets.google.manager import SecretManager

_ATTEMPT = 0.4
"""The part of the deadline that one attempt may take, so that there is time for a second one."""


class _Arguments(BackendArguments):
    """The checked arguments of the backend."""

    gcp_keyfile_dict: JsonObject = Field(repr=False)
    gcp_key_path: Text
    gcp_credential_config_file: dict[str, Any] | Text = Field(repr=False, description="text, or an object")
    gcp_scopes: Texts
    project_id: Annotated[Text, Field(pattern=rf"^(?:{PROJECT})?$", description="text, the id of a project")]
    impersonation_chain: Texts
    location: Annotated[
        Text, Field(pattern=rf"^(?:{LOCATION})?$", description="text, a location such as europe-west3")
    ]
    versions: Versions
    cache_ttl: Seconds
    missing_ttl: Seconds
    grace: Seconds
    deadline: Annotated[Seconds, Field(ge=0.05, description="a number of seconds, 0.05 or more")]

    def require_one_credential(self) -> None:
        """Raise ValueError if several credentials are given."""
        if sum(map(bool, (self.gcp_keyfile_dict, self.gcp_key_path, self.gcp_credential_config_file))) > 1:
            names = "gcp_keyfile_dict, gcp_key_path and gcp_credential_config_file"
            raise ValueError(f"Of {names} more than one is given; leave out all but one.")

    def secret_manager(self) -> SecretManager:
        """Return the process's one Secret Manager of these arguments; no I/O.

        Airflow makes a backend for each option that it reads, and others for connections: they share
        the cache and the channel.
        """
        return self._secret_manager

    @cached_property
    def _secret_manager(self) -> SecretManager:
        from watchword.secrets.cache import Caching  # noqa: PLC0415 - loads with the first lookup
        from watchword.secrets.google.account import SCOPE, Account  # noqa: PLC0415 - the same
        from watchword.secrets.google.calls import CallTimeouts  # noqa: PLC0415 - the same
        from watchword.secrets.google.manager import Options  # noqa: PLC0415 - the same
        from watchword.secrets.google.managers import shared_secret_manager  # noqa: PLC0415 - the same

        account = Account(
            key_path=self.gcp_key_path,
            keyfile=self.gcp_keyfile_dict,
            configuration=self.gcp_credential_config_file,
            scopes=self.gcp_scopes or (SCOPE,),
            impersonation_chain=self.impersonation_chain,
        )
        options = Options(
            caching=Caching(self.cache_ttl, self.missing_ttl, self.grace),
            timeouts=CallTimeouts(self.deadline, self.deadline * _ATTEMPT),
            versions=self.versions,
        )
        return shared_secret_manager(self.project_id, self.location, account, options)


class GoogleSecretManagerBackend(LookupBackend):
    """Airflow's connections, variables and options from Google Secret Manager, each fetched once.

    Arguments that Google's own backend also has mean the same here. Each may be text.

    Args:
        connections_prefix: the beginning of the names of secrets that hold connections; `sep` and the id
            follow. null if there are none.
        variables_prefix: the same for variables.
        config_prefix: the same for options.
        gcp_keyfile_dict: content of a service account's key file. If none of the three credential
            arguments is given, this machine's credentials are used.
        gcp_key_path: path of a service account's key file.
        gcp_credential_config_file: path or content of another credential configuration.
        gcp_scopes: OAuth scopes, separated by commas.
        project_id: the project of the secrets; the credentials' project if left out.
        sep: the separator of prefix and id.
        impersonation_chain: service accounts to impersonate in order; the last one reads the secrets.
        location: the location of regional secrets, such as `europe-west3`.
        versions: version numbers by the secret's whole name; other secrets are read in their latest version.
        cache_ttl: how long a secret is used before it is fetched again, in seconds.
        missing_ttl: how long a missing secret is remembered as missing, in seconds.
        grace: how much longer a secret is used while Google can't be reached, in seconds.
        deadline: the longest wait for a secret, including all retries, in seconds.
        fail_closed: if a secret can't be read, stop the search instead of trying Airflow's next backend;
            an option that can't be read keeps Airflow from starting.
        connections_lookup_pattern: regular expression that must match the start of a connection's id;
            other ids are not looked up.
        variables_lookup_pattern: the same for variables.
        config_lookup_pattern: the same for options.

    Raises:
        ValueError: an argument can't be used.
    """

    title = "Secret Manager"

    def __init__(  # noqa: PLR0913 - Airflow passes each of them by name
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
        values: dict[str, object] = {
            "connections_prefix": connections_prefix,
            "variables_prefix": variables_prefix,
            "config_prefix": config_prefix,
            "gcp_keyfile_dict": gcp_keyfile_dict,
            "gcp_key_path": gcp_key_path,
            "gcp_credential_config_file": gcp_credential_config_file,
            "gcp_scopes": gcp_scopes,
            "project_id": project_id,
            "sep": sep,
            "impersonation_chain": impersonation_chain,
            "location": location,
            "versions": versions,
            "cache_ttl": cache_ttl,
            "missing_ttl": missing_ttl,
            "grace": grace,
            "deadline": deadline,
            "fail_closed": fail_closed,
            "connections_lookup_pattern": connections_lookup_pattern,
            "variables_lookup_pattern": variables_lookup_pattern,
            "config_lookup_pattern": config_lookup_pattern,
        }
        arguments = checked(_Arguments, values)
        arguments.require_one_credential()
        super().__init__(arguments, arguments.secret_manager)
