"""Disturbances on demand: what strikes the next calls, and how many calls there may be."""

from dataclasses import dataclass
from threading import Lock
from typing import Literal, get_args

from watchword_playground.secret_manager.methods import METHODS, Group
from watchword_playground.secret_manager.names import secret_id

FaultKind = Literal[
    "throttled", "denied", "unauthenticated", "unavailable", "internal", "hang", "reset", "corrupt", "no_crc"
]

_OF_PAYLOADS = ("corrupt", "no_crc")


@dataclass(frozen=True)
class Fault:
    """A disturbance of the next `times` calls (None: of all) of one method and of one secret, if named.

    The first five kinds are refusals. `hang` stays silent until the client's deadline, ten seconds at most;
    `reset` cuts the TCP connection; `corrupt` alters a payload under its old checksum, `no_crc` leaves the
    checksum out, and both strike AccessSecretVersion alone. What is `late` strikes after the call has had its
    effect, so that only the reply is lost.
    """

    kind: FaultKind
    times: int | None = 1
    method: str = ""
    secret: str = ""
    """A secret's id, or its full name."""
    late: bool = False

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"there is no fault {self.kind!r}; there are {', '.join(get_args(FaultKind))}")
        if self.method and self.method not in METHODS:
            raise ValueError(f"there is no method {self.method!r}; there are {', '.join(METHODS)}")
        if self.times is not None and self.times < 1:
            raise ValueError(f"times is {self.times}; give 1 or more, or None for ever")

    def fits(self, method: str, name: str) -> bool:
        """Tell whether it strikes a call of that method on the resource of that name."""
        if self.kind in _OF_PAYLOADS and method != "AccessSecretVersion":
            return False
        named = (secret_id(name), name.partition("/versions/")[0])
        return self.method in ("", method) and (not self.secret or self.secret in named)


class Faults:
    """The faults that are waiting; of several that fit a call, the oldest strikes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        with self._lock:
            self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        """Forget all that are waiting."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """Return those that have strikes left, oldest first."""
        with self._lock:
            return [fault for fault, _ in self._waiting]

    def take(self, method: str, name: str) -> Fault | None:
        """Return the fault that strikes a call, one strike less from now on."""
        with self._lock:
            for index, (fault, left) in enumerate(self._waiting):
                if fault.fits(method, name):
                    if left == 1:
                        del self._waiting[index]
                    elif left is not None:
                        self._waiting[index] = (fault, left - 1)
                    return fault
        return None


class Quotas:
    """How many calls of each group are still let through; None is without end.

    Assign to `access`, `read` or `write`; nothing is refilled as time goes by.
    """

    def __init__(self, access: int | None = None, read: int | None = None, write: int | None = None) -> None:
        self.access = access
        self.read = read
        self.write = write
        self._lock = Lock()

    def take(self, group: Group) -> bool:
        """Tell whether a call of the group is let through, and count it."""
        with self._lock:
            left: int | None = getattr(self, group)
            if left is None:
                return True
            setattr(self, group, max(left - 1, 0))
            return left > 0
