"""`LocalVaultBackend`: connections, variables and options from the vault, in the encrypted token store."""

from __future__ import annotations

from functools import cache

from airflow_provider_watchword.secrets.arguments import BackendArguments, Text, checked
from airflow_provider_watchword.secrets.backend import LookupBackend
from watchword.secrets.secret_store import SecretStore


class _Arguments(BackendArguments):
    """The checked arguments of the backend."""

    store: Text
    key: Text


class LocalVaultBackend(LookupBackend):
    """Airflow's connections, variables and options from the vault: no cloud, one file or one database.

    The vault is that of `store` and `key`, else of WATCHWORD_STORE and WATCHWORD_KEY, else of `[watchword]`
    in airflow.cfg, else a file of the current user. Options are looked up while airflow.cfg is being read,
    so `[watchword]` does not apply to them: if the vault is another one than the user's file, name it by
    `store` or by the environment.

    Args:
        connections_prefix: the beginning of the names of secrets that hold connections; `sep` and the id
            follow. null if there are none.
        variables_prefix: the same for variables.
        config_prefix: the same for options.
        sep: the separator of prefix and id.
        store: the URL of the store: `sqlite:///…` or `postgresql+psycopg://…`.
        key: the store's encryption key.
        fail_closed: if a secret can't be read, stop the search instead of trying Airflow's next backend;
            an option that can't be read keeps Airflow from starting.
        connections_lookup_pattern: regular expression that must match the start of a connection's id;
            other ids are not looked up.
        variables_lookup_pattern: the same for variables.
        config_lookup_pattern: the same for options.

    Raises:
        ValueError: an argument can't be used.
    """

    title = "vault"

    def __init__(  # noqa: PLR0913 - Airflow passes each of them by name
        self,
        *,
        connections_prefix: str | None = "airflow-connections",
        variables_prefix: str | None = "airflow-variables",
        config_prefix: str | None = "airflow-config",
        sep: str = "-",
        store: str | None = None,
        key: str | None = None,
        fail_closed: bool | str = False,
        connections_lookup_pattern: str | None = None,
        variables_lookup_pattern: str | None = None,
        config_lookup_pattern: str | None = None,
    ) -> None:
        values: dict[str, object] = {
            "connections_prefix": connections_prefix,
            "variables_prefix": variables_prefix,
            "config_prefix": config_prefix,
            "sep": sep,
            "store": store,
            "key": key,
            "fail_closed": fail_closed,
            "connections_lookup_pattern": connections_lookup_pattern,
            "variables_lookup_pattern": variables_lookup_pattern,
            "config_lookup_pattern": config_lookup_pattern,
        }
        arguments = checked(_Arguments, values)
        url, key_text = arguments.store, arguments.key

        @cache
        def configured_vault() -> SecretStore:
            return _vault(url or _option("store"), key_text or _option("key"))

        super().__init__(arguments, configured_vault, lambda: _vault(url, key_text))


def _vault(url: str, key: str) -> SecretStore:
    from watchword.secrets.vault import open_vault  # noqa: PLC0415 - loads SQLAlchemy, with the first lookup

    return open_vault(url or None, key or None)


def _option(name: str) -> str:
    from airflow_provider_watchword import configuration  # noqa: PLC0415 - reads airflow.cfg

    return configuration.option(name) or ""
