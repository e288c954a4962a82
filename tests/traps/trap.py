"""One trap: a server's behaviour, and what is true about the credential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeAlias

from tests.traps.answers import Caller, Reply

Truth: TypeAlias = Literal["good", "bad", "irrelevant", "limited", "unknown"]


@dataclass(frozen=True)
class Trap:
    """A server's behaviour.

    Args:
        truth: `good`: the API accepts the credential, and it matters. `bad`: the API refuses it.
            `irrelevant`: the answer doesn't depend on it. `limited`: the API knows it and forbids the call.
            `unknown`: the answers say nothing about it, such as those of a server that is down.
        name: the trap's name, which is the first part of its path.
        real: the answer to the real credential.
        other: the answer to any other credential; the same as `real` if left out.
        none: the answer to a call without a credential; the same as `other` if left out.
        form: how the credential is sent: a name in `forms.py`.
        secret: the real credential, where its form matters; the form's own if empty.
        verb: the verb of the validation.
        expected: the validation's `expected_status`.
        timeout: longest wait for each call, in seconds.
        token: the answers of the token endpoint or login to the real client, and to any other.
        calls_api: False if getting a token is the whole proof.
        fields: more fields of the document.
        undecidable: why even the best validation may be left undecided; empty if it must decide.
    """

    truth: Truth
    name: str
    real: Reply
    other: Reply | None = None
    none: Reply | None = None
    form: str = "key"
    secret: str = ""
    verb: str = "GET"
    expected: tuple[int, ...] = ()
    timeout: float = 5.0
    token: tuple[Reply, Reply] | None = None
    calls_api: bool = True
    fields: Mapping[str, object] = field(default_factory=dict)
    undecidable: str = ""

    def reply(self, caller: Caller) -> Reply:
        """Return what the API answers to a caller."""
        other = self.real if self.other is None else self.other
        none = other if self.none is None else self.none
        return {"real": self.real, "other": other, "none": none}[caller]


good = partial(Trap, "good")
bad = partial(Trap, "bad")
irrelevant = partial(Trap, "irrelevant")
limited = partial(Trap, "limited")
unknown = partial(Trap, "unknown")
