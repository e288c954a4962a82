"""The type of a JSON value; pydantic, which defines it, is not imported at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue
else:

    class JsonValue:
        """Any JSON value: a mark that the type of a document's field can name."""


__all__ = ["JsonValue"]
