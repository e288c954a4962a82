"""What messages call a credential, and the command that signs a person in for it."""

from __future__ import annotations

import shlex
from typing import NamedTuple


class CredentialWords(NamedTuple):
    """The words of one credential in messages.

    `name` is its connection's, "" without one. `arguments` are those of the command `watchword` for the
    connection, such as `airflow:acme`; "" if only its program can load it.
    """

    name: str
    arguments: str = ""

    @property
    def display_name(self) -> str:
        """What the credential is called."""
        return repr(self.name) if self.name else "a connection without a name"

    @property
    def login(self) -> str:
        """The instruction to sign in, without a full stop."""
        if self.arguments:
            return f"sign in: watchword login {self.arguments}"
        if not self.name:
            return "give the connection a name, and sign in under that name with the command watchword login"
        file = shlex.quote(f"{self.name}.json")
        command = f"watchword login {file} --name {shlex.quote(self.name)}"
        return f"save the connection's document as {file}, and sign in: {command}"

    @property
    def login_advice(self) -> str:
        """The instruction to sign in, as a sentence."""
        login = self.login
        return f"{login[0].upper()}{login[1:]}"
