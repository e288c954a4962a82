"""Objects that hold secrets: how they are described, and that they are never pickled."""

from __future__ import annotations

from typing import Any, NoReturn


class NeverPickled:
    """A base class of objects that hold secrets: they refuse to be pickled."""

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(f"{name} holds secrets and is never pickled: load the document there.")


def describe_value(value: Any) -> str:  # noqa: ANN401 - any value is possible
    """Return a short description of a value whose content may be secret: its type and size."""
    size = f" of {len(value)} characters" if isinstance(value, str) else ""
    return f"{type(value).__name__}{size}"
