"""The vault: secrets by name in the encrypted store that also holds the tokens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from watchword import stores
from watchword.errors import SecretError
from watchword.redact import NeverPickled
from watchword.secrets.secret_store import check_name, check_size
from watchword.stores.contracts import Store
from watchword.tokens.token_store import StoreError


class Vault(NeverPickled):
    """The secrets in a store; reading never creates the store.

    Raises SecretError for an illegal name, for a secret that is too large, and if the store fails: then
    with the findings of the store, whose codes begin with `store_`.
    """

    scheme = "local"

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def display_name(self) -> str:
        """The vault's name for messages, without a password."""
        return f"the vault {self._store.display_url}"

    @property
    def is_made(self) -> bool:
        """Whether the store exists; the first secret creates it otherwise."""
        with _store_errors_as_secret_errors():
            return self._store.is_made

    def get(self, name: str) -> bytes | None:
        """Return a secret, or None if there is none of that name."""
        check_name(name)
        with _store_errors_as_secret_errors():
            return self._store.vault.get(name)

    def current(self, name: str) -> bytes | None:
        """Return a secret as it is stored now; the vault has no cache, so this is `get`."""
        return self.get(name)

    def put(self, name: str, payload: bytes) -> None:
        """Store a secret and replace the one of that name; durable on return."""
        check_name(name)
        check_size(name, payload)
        with _store_errors_as_secret_errors():
            self._store.vault.put(name, payload)

    def remove(self, name: str) -> bool:
        """Remove a secret and return whether it existed."""
        check_name(name)
        with _store_errors_as_secret_errors():
            return self._store.vault.remove(name)

    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names that begin with the prefix, sorted."""
        with _store_errors_as_secret_errors():
            return sorted(name for name in self._store.vault.names() if name.startswith(prefix))

    def contents(self, prefix: str = "") -> Mapping[str, bytes | None]:
        """Return the secrets whose names begin with the prefix, sorted; None for one that can't be read."""
        with _store_errors_as_secret_errors():
            found = self._store.vault.contents()
            return {name: found[name] for name in sorted(found) if name.startswith(prefix)}


def open_vault(url: str | None = None, key: str | None = None) -> Vault:
    """Return the vault in the process's one store of a URL and keys; no I/O before it is used.

    Args:
        url: as `open_store` takes it; the environment's if left out.
        key: as `open_store` takes it; the environment's if left out.

    Raises:
        SecretError: the URL or a key can't be used.
    """
    with _store_errors_as_secret_errors():
        return Vault(stores.open_store(url, key))


@contextlib.contextmanager
def _store_errors_as_secret_errors() -> Iterator[None]:
    """Raise a failure of the store as a SecretError with the same findings.

    To the token code, the store's failure is a TokenError; to users of secrets it must not be one.
    """
    try:
        yield
    except StoreError as error:
        raise SecretError(error.findings) from None
