"""Faults on demand for the next calls, and quotas that limit the number of calls."""

from dataclasses import dataclass
from threading import Lock
from typing import Literal, get_args

from watchword_playground.secret_manager.methods import METHODS, Group
from watchword_playground.secret_manager.resource_names import secret_id

FaultKind = Literal[
    "throttled", "denied", "unauthenticated", "unavailable", "internal", "hang", "reset", "corrupt", "no_crc"
]

_PAYLOAD_KINDS = ("corrupt", "no_crc")


@dataclass(frozen=True)
class Fault:
    """A fault in the next `times` calls (None: in all), of one method and one secret if they are named.

    The first five kinds are refusals. `hang` doesn't respond until the client's deadline, for ten seconds at
    most. `reset` cuts the TCP connection. `corrupt` changes the payload but not its checksum, and `no_crc`
    leaves the checksum out; both apply to AccessSecretVersion only. A `late` fault strikes after the call has
    had its effect, so that only the response is lost.
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
            raise ValueError(f"times is {self.times}; give 1 or more, or None for all calls")

    def matches(self, method: str, name: str) -> bool:
        """Return whether it strikes a call of this method on the resource of this name."""
        if self.kind in _PAYLOAD_KINDS and method != "AccessSecretVersion":
            return False
        names = (secret_id(name), name.partition("/versions/")[0])
        return self.method in ("", method) and (not self.secret or self.secret in names)


class Faults:
    """The queued faults. If several match a call, the oldest strikes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        with self._lock:
            self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        """Remove all queued faults."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """Return the queued faults, oldest first."""
        with self._lock:
            return [fault for fault, _ in self._waiting]

    def take(self, method: str, name: str) -> Fault | None:
        """Return the fault that strikes a call, and count it."""
        with self._lock:
            for index, (fault, left) in enumerate(self._waiting):
                if fault.matches(method, name):
                    if left == 1:
                        del self._waiting[index]
                    elif left is not None:
                        self._waiting[index] = (fault, left - 1)
                    return fault
        return None


class Quotas:
    """How many more calls of each group are allowed; None is unlimited.

    Assign to `access`, `read` or `write`. A quota isn't refilled over time.
    """

    def __init__(self, access: int | None = None, read: int | None = None, write: int | None = None) -> None:
        self.access = access
        self.read = read
        self.write = write
        self._lock = Lock()

    def take(self, group: Group) -> bool:
        """Return whether a call of the group is allowed, and count it."""
        with self._lock:
            left: int | None = getattr(self, group)
            if left is None:
                return True
            setattr(self, group, max(left - 1, 0))
            return left > 0
