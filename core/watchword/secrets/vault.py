"""The vault: secrets by name in the encrypted store that holds the tokens."""

from __future__ import annotations

from collections.abc import Sequence

from watchword import stores
from watchword.redact import NeverPickled
from watchword.secrets.secret_store import check_name, check_size
from watchword.stores.contracts import Store


class Vault(NeverPickled):
    """The secrets in a store; reading from one that is not there yet makes none.

    Raises SecretError for an illegal name and for what is too large, StoreError where the store fails.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def display_name(self) -> str:
        """What it is, for messages; no password."""
        return f"the vault {self._store.display_url}"

    @property
    def is_made(self) -> bool:
        """Whether there is something to look into, which the first secret would make otherwise."""
        return self._store.is_made

    def get(self, name: str) -> bytes | None:
        """Return a secret; None where there is none of that name."""
        check_name(name)
        return self._store.vault.get(name)

    def current(self, name: str) -> bytes | None:
        """Return a secret as it is by now: nothing is known beside the store."""
        return self.get(name)

    def put(self, name: str, payload: bytes) -> None:
        """Keep a secret in the place of what there was; durable on return."""
        check_name(name)
        check_size(name, payload)
        self._store.vault.put(name, payload)

    def remove(self, name: str) -> bool:
        """Forget a secret and return whether there was one."""
        check_name(name)
        return self._store.vault.remove(name)

    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names that begin with the prefix, sorted."""
        return sorted(name for name in self._store.vault.names() if name.startswith(prefix))


def open_vault(url: str | None = None, key: str | None = None) -> Vault:
    """Return the vault in the process's one store of a URL and keys; no I/O before it is used.

    Args:
        url: as `open_store` takes it; the environment's if left out.
        key: likewise.

    Raises:
        StoreError: the URL or a key can't be used.
    """
    return Vault(stores.open_store(url, key))
