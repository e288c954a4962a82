"""Connections, variables and options from the vault: the encrypted store that holds the tokens."""

from __future__ import annotations

from functools import cache

from airflow_provider_watchword.secrets import arguments
from airflow_provider_watchword.secrets.backend import LookupBackend, kinds
from airflow_provider_watchword.secrets.lookup import Lookup
from watchword.secrets.secret_store import SecretStore


class LocalVaultBackend(LookupBackend):
    """Airflow's connections, variables and options from the vault: no cloud, one file or one database.

    Which vault: `store` and `key`, else WATCHWORD_STORE and WATCHWORD_KEY, else what `[watchword]` in
    airflow.cfg says, else a file of this user's. Options are read while airflow.cfg is, which they do not
    ask therefore: where the vault is no file of this user's, `store` or the environment has to say so.

    Args:
        connections_prefix: what secrets that hold connections are called by, before `sep` and the id;
            null where there are none. Likewise `variables_prefix` and `config_prefix`.
        sep: what stands between prefix and id.
        store: the URL of the store: `sqlite:///…` or `postgresql+psycopg://…`.
        key: what it is encrypted with.
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
        sep: str = "-",
        store: str | None = None,
        key: str | None = None,
        fail_closed: bool | str = False,
        connections_lookup_pattern: str | None = None,
        variables_lookup_pattern: str | None = None,
        config_lookup_pattern: str | None = None,
    ) -> None:
        url, keys = arguments.text("store", store), arguments.text("key", key)
        closed = arguments.flag("fail_closed", fail_closed)
        asked = kinds(
            sep,
            prefixes=(connections_prefix, variables_prefix, config_prefix),
            patterns=(connections_lookup_pattern, variables_lookup_pattern, config_lookup_pattern),
        )

        @cache
        def configured() -> SecretStore:
            return _vault(url or _option("store"), keys or _option("key"))

        connections, variables = (Lookup(kind, configured, fail_closed=closed) for kind in asked[:2])
        config = Lookup(asked[2], lambda: _vault(url, keys), fail_closed=closed)
        super().__init__(connections, variables, config)


def _vault(url: str, keys: str) -> SecretStore:
    from watchword.secrets.vault import open_vault  # noqa: PLC0415 - databases are imported where one is asked

    return open_vault(url or None, keys or None)


def _option(name: str) -> str:
    from airflow_provider_watchword import configuration  # noqa: PLC0415 - it reads airflow.cfg

    return configuration._option(name) or ""  # noqa: SLF001 - of this package
