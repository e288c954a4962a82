"""How a field of a document is declared, and which values it accepts without conversion."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

REQUIRED: Any = object()
"""The default of a field that every document must give."""

NOT_PLAIN: Any = object()
"""What `FieldInfo.plain` returns for a value that has to be converted, or refused."""


@dataclass(frozen=True)
class Limits:
    """The limits of a number."""

    gt: float | None = None
    ge: float | None = None
    le: float | None = None
    allow_inf_nan: bool = True

    def allow(self, value: float) -> bool:
        """Return whether a number is within the limits."""
        return (
            (self.gt is None or value > self.gt)
            and (self.ge is None or value >= self.ge)
            and (self.le is None or value <= self.le)
            and (self.allow_inf_nan or math.isfinite(value))
        )


@dataclass(frozen=True)
class Before:
    """What turns a field's value into another one before its type is checked; raises ValueError."""

    convert: Callable[[object], object]


@dataclass(frozen=True)
class Declared:
    """What a class states for a field beside its type."""

    default: Any
    default_factory: Callable[[], Any] | None
    limits: Limits


def Field(  # noqa: N802, PLR0913 - like the function of this name in pydantic
    default: Any = REQUIRED,  # noqa: ANN401 - a value of the field's type
    *,
    default_factory: Callable[[], Any] | None = None,
    gt: float | None = None,
    ge: float | None = None,
    le: float | None = None,
    allow_inf_nan: bool = True,
) -> Any:  # noqa: ANN401 - it stands in the place of a default
    """Declare a field's default and the limits of its number."""
    return Declared(default, default_factory, Limits(gt, ge, le, allow_inf_nan))


@dataclass(frozen=True)
class FieldInfo:
    """A field: its type, what is annotated to the type, and its default."""

    annotation: Any
    metadata: tuple[object, ...]
    default: Any = REQUIRED
    default_factory: Callable[[], Any] | None = None
    limits: Limits = field(default_factory=Limits)

    def is_required(self) -> bool:
        """Return whether every document must give it."""
        return self.default is REQUIRED and self.default_factory is None

    def get_default(self) -> Any:  # noqa: ANN401 - a value of the field's type
        """Return the default."""
        return self.default_factory() if self.default_factory else self.default

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers. Python counts true and false as 1 and 0; here they don't count."""
        return bool(self._types & {int, float}) and bool not in self._types

    def plain(self, value: object) -> Any:  # noqa: ANN401 - a value of the field's type
        """Return a value that has the field's type and is within its limits; NOT_PLAIN for any other."""
        kind = type(value)
        if kind in {int, float}:
            try:
                return self._plain_number(value)
            except OverflowError:  # an integer that no float holds
                return NOT_PLAIN
        if kind in self._types or (kind is str and value in self._choices):
            return value
        if isinstance(value, (list, tuple)) and self.annotation == tuple[str, ...] and _are_texts(value):
            return tuple(value)
        if (
            isinstance(value, dict)
            and self.annotation == Mapping[str, str]
            and _are_texts((*value, *value.values()))
        ):
            return dict(value)
        return NOT_PLAIN

    def _plain_number(self, value: Any) -> Any:  # noqa: ANN401 - an integer or a float
        if not self.limits.allow(value):
            return NOT_PLAIN
        if type(value) in self._types:
            return value
        return float(value) if float in self._types and type(value) is int else NOT_PLAIN

    @cached_property
    def _types(self) -> frozenset[type]:
        if any(isinstance(mark, Before) for mark in self.metadata):
            return frozenset()
        is_union = get_origin(self.annotation) in {Union, UnionType}
        kinds = get_args(self.annotation) if is_union else (self.annotation,)
        return frozenset(kinds) & {str, bool, int, float, NoneType} if _hashable(kinds) else frozenset()

    @cached_property
    def _choices(self) -> tuple[object, ...]:
        return get_args(self.annotation) if get_origin(self.annotation) is Literal else ()


def _are_texts(values: Iterable[object]) -> bool:
    return all(type(value) is str for value in values)


def _hashable(kinds: tuple[object, ...]) -> bool:
    return all(isinstance(kind, type) or get_origin(kind) is not None for kind in kinds)
