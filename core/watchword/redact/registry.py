"""Which secrets are masked, and for how long: as long as something that holds them lives, or for ever."""

from __future__ import annotations

import time
import weakref
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from threading import Lock

from watchword.redact.forms import forms
from watchword.redact.index import Index

LATE = 60.0
"""How long a form stays masked after its last owner has gone, in seconds: a log line may come late."""

MOST_LATE = 1000
"""How many forms stay masked like that at most; the one whose owner went first is dropped first."""

_FOR_EVER = 0
"""Stands for the owner of lasting secrets; no object has this id."""


class Registry:
    """The masked forms of a process, each with the number of its owners; `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.index = Index()
        self._clock = clock
        self._owned: dict[int, set[str]] = {_FOR_EVER: set()}
        self._owners: Counter[str] = Counter()
        self._late: OrderedDict[str, float] = OrderedDict()
        self._known: frozenset[str] | None = None
        # Owners may end anywhere, also in a thread that holds the lock: they only leave their id here.
        self._ended: deque[int] = deque()
        self._listeners: list[Callable[[str], None]] = []
        self._lock = Lock()

    def register(self, secrets: Iterable[str], owner: object | None = None, *, told: bool = True) -> None:
        """Mask the secrets and their derived forms as long as the owner lives, for ever without an owner.

        The listeners learn of them if they are `told`.
        """
        secret_forms = {form for secret in secrets for form in forms(secret)}
        with self._lock:
            self._settle()
            held = self._held_by(owner)
            new = [form for form in secret_forms - held if self._gained(form)]
            held |= secret_forms
        if told:
            self._tell(new)

    def subscribe(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with every form that is masked, and with every later one."""
        with self._lock:
            self._listeners.append(listener)
        for form in sorted(self.known(), key=len):
            listener(form)

    def known(self) -> frozenset[str]:
        """Return every form that is masked: the same object as long as nothing changes."""
        with self._lock:
            self._settle()
            if self._known is None:
                self._known = frozenset((*self._owners, *self._late))
            return self._known

    def is_known(self, text: str) -> bool:
        """Return whether the whole text is a masked form."""
        return text in self._owners or text in self._late

    def begin_child(self) -> None:
        """Give a forked child a lock of its own: a thread that doesn't exist here may hold the parent's."""
        self._lock = Lock()

    def _held_by(self, owner: object | None) -> set[str]:
        if owner is None:
            return self._owned[_FOR_EVER]
        if id(owner) not in self._owned:
            self._owned[id(owner)] = set()
            weakref.finalize(owner, self._ended.append, id(owner)).atexit = False
        return self._owned[id(owner)]

    def _gained(self, form: str) -> bool:
        """Count one more owner of a form, and return whether the form is new."""
        self._owners[form] += 1
        if self._owners[form] > 1 or self._late.pop(form, None) is not None:
            return False
        self.index.add(form.encode("utf-8", "surrogatepass"))
        self._known = None
        return True

    def _lost(self, secret_forms: Iterable[str]) -> None:
        """Count one owner less of each form."""
        now = self._clock()
        for form in secret_forms:
            self._owners[form] -= 1
            if not self._owners[form]:
                del self._owners[form]
                self._late[form] = now

    def _settle(self) -> None:
        """Release what the owners that have ended held, and drop what has been masked for long enough."""
        while self._ended:
            self._lost(self._owned.pop(self._ended.popleft()))
        too_old = self._clock() - LATE
        while self._late and (len(self._late) > MOST_LATE or next(iter(self._late.values())) < too_old):
            form, _ = self._late.popitem(last=False)
            self.index.remove(form.encode("utf-8", "surrogatepass"))
            self._known = None

    def _tell(self, new: Iterable[str]) -> None:
        """Tell the listeners the short forms first.

        Airflow's masker compiles all its forms again for each new one, and a PEM block has long ones.
        """
        for listener in tuple(self._listeners):
            for form in sorted(new, key=len):
                listener(form)
