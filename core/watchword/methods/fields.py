"""The base class of a connection document's fields, and the description of a field.

Each field is described once, in the core. The Airflow form, the Dagster resources and the tables in the
docs are generated from these descriptions, or checked against them.

Most values in documents already have the type of their field. Only values that have to be converted or
refused need pydantic, whose import takes longer than everything else that a fixed key needs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    NamedTuple,
    NoReturn,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from watchword import redact
from watchword.findings.finding import Word
from watchword.http.json_value import JsonValue
from watchword.methods.field_info import NOT_PLAIN, REQUIRED, Before, Declared, FieldInfo, Limits
from watchword.redact import NeverPickled
from watchword.redact.clear_secrets import is_key_as_user
from watchword.redact.shown import shown

if TYPE_CHECKING:
    from pydantic import BaseModel
    from typing_extensions import Self

T = TypeVar("T")


class Section(Word):
    """The sections of a form, in order."""

    AUTHENTICATION = "Authentication"
    PLACEMENT = "Placement"
    KEYS = "API key and bearer"
    JWT = "JWT"
    OAUTH1 = "OAuth 1.0"
    PRIVATE_KEY = "Private key"
    OAUTH2 = "OAuth 2.0"
    SIGN_IN = "Sign-in"
    OAUTH2_REFRESH = "OAuth 2.0 refresh"
    LOGIN = "Session login"
    RESPONSE = "Token response"
    AWS = "AWS Signature"
    HMAC = "HMAC signature"
    STACKED = "Stacked parameters"
    TRANSPORT = "Transport"


@dataclass(frozen=True)
class About:
    """The description of a field: its label, help and section in forms, and the kind of its value.

    A field that is `templated` may hold templates, and has findings of its own about them.
    """

    label: str
    help: str
    section: Section
    secret: bool = False
    multiline: bool = False
    may_be_empty: bool = False
    templated: bool = False
    is_key: bool = False
    """Whether the value may be the content of a binary file, such as PKCS#12."""


class Problem(NamedTuple):
    """What is wrong with a field: it is missing, or the reason why its value is refused."""

    field: str
    is_missing: bool
    reason: str


class InvalidFieldsError(ValueError):
    """Values don't fit the fields; `problems` say why, without showing a value."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("values don't fit their fields")
        self.problems = problems


def _once_per_class(function: Callable[[type[Fields]], T]) -> Callable[[type[Fields]], T]:
    """Compute a function's result once for each class."""
    results: dict[type[Fields], T] = {}

    def remembered(model: type[Fields]) -> T:
        if model not in results:
            results[model] = function(model)
        return results[model]

    remembered.__doc__ = function.__doc__
    return remembered


class _ModelFields:
    """The fields of a class and its bases by name, read when they are first needed."""

    def __get__(self, _: object, owner: type[Fields]) -> Mapping[str, FieldInfo]:
        return _fields_of(owner)


class Fields(NeverPickled):  # noqa: PLW1641 - some values are dicts, which have no hash
    """A frozen set of described fields; its repr masks the secrets."""

    model_fields: ClassVar[Mapping[str, FieldInfo]] = _ModelFields()  # type: ignore[assignment] # a descriptor

    model_fields_set: frozenset[str]
    """The names of the fields that were given, not left to their defaults."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - the keywords are the fields
        fields = type(self).model_fields
        if unknown := values.keys() - fields.keys():
            raise TypeError(f"{type(self).__name__} has no field {min(unknown)!r}")
        if missing := [name for name, field in fields.items() if field.is_required() and name not in values]:
            raise TypeError(f"{type(self).__name__} needs the fields {', '.join(missing)}")
        defaults = {name: field.get_default() for name, field in fields.items() if name not in values}
        vars(self).update(defaults, **values, model_fields_set=frozenset(values))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} can't be set")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __repr__(self) -> str:
        fields, secret = self._values(), secret_names(type(self))
        if is_key_as_user(fields.get("username"), fields.get("password")):
            secret |= {"username"}
        values = (
            f"{name}={'***' if name in secret else redact.text(repr(shown(value)))}"
            for name, value in fields.items()
            if value is not None
        )
        return f"{type(self).__name__}({', '.join(values)})"

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}

    def updated(self, values: Mapping[str, Any]) -> Self:
        """Return a copy with other values, which must fit their fields."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self)(**{**given, **values})

    def as_document(self) -> dict[str, Any]:
        """Return the given fields as a document would hold them, ready for JSON."""
        given = {
            name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set
        }
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}

    @classmethod
    def model_validate(cls, values: Mapping[str, Any]) -> Self:
        """Return the fields with these values, converted to their types.

        Raises:
            InvalidFieldsError: a field is unknown or missing, or a value doesn't fit its field.
        """
        fields = cls.model_fields
        plain = {name: fields[name].plain(value) for name, value in values.items() if name in fields}
        required = (name for name, field in fields.items() if field.is_required())
        if (
            len(plain) == len(values)
            and NOT_PLAIN not in plain.values()
            and all(name in plain for name in required)
        ):
            return cls(**plain)
        return cls(**_converted(cls, values))


@_once_per_class
def _fields_of(model: type[Fields]) -> Mapping[str, FieldInfo]:
    hints = get_type_hints(model, include_extras=True)
    own = {
        name: hint
        for name, hint in hints.items()
        if get_origin(hint) is not ClassVar and not name.startswith(("_", "model_"))
    }
    return {name: _field_of(hint, _declared(model, name)) for name, hint in own.items()}


def _declared(model: type[Fields], name: str) -> object:
    """Return the default beside a field's last declaration: a class that declares it anew may require it."""
    owner = next(base for base in model.__mro__ if name in vars(base).get("__annotations__", ()))
    return vars(owner).get(name, REQUIRED)


def _field_of(hint: object, declared: object) -> FieldInfo:
    annotation, *metadata = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    annotated = [mark for mark in metadata if isinstance(mark, Declared)]
    limits = annotated[0].limits if annotated else Limits()
    marks = tuple(mark for mark in metadata if not isinstance(mark, Declared))
    if isinstance(declared, Declared):
        return FieldInfo(annotation, marks, declared.default, declared.default_factory, declared.limits)
    return FieldInfo(annotation, marks, declared, limits=limits)


def _converted(model: type[Fields], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values that pydantic has converted to their fields' types."""
    from pydantic import ValidationError  # noqa: PLC0415 - only for values of another type

    try:
        made = pydantic_model(model).model_validate(values)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        problems = tuple(
            Problem(
                ".".join(str(part) for part in problem["loc"][:2]),
                problem["type"] == "missing",
                problem["msg"].removeprefix("Value error, "),
            )
            for problem in found
        )
    else:
        return {name: getattr(made, name) for name in made.model_fields_set}
    raise InvalidFieldsError(problems)


@_once_per_class
def pydantic_model(model: type[Fields]) -> type[BaseModel]:
    """Return the pydantic model of the same fields: for conversions, and for JSON schemas."""
    import pydantic  # noqa: PLC0415 - takes 70 ms to import

    def default(field: FieldInfo) -> Any:  # noqa: ANN401 - pydantic's declaration of a default
        if field.default_factory:
            return pydantic.Field(default_factory=field.default_factory)
        return ... if field.is_required() else field.default

    fields: dict[str, Any] = {
        name: (_pydantic_type(field), default(field)) for name, field in model.model_fields.items()
    }
    config = pydantic.ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    return pydantic.create_model(model.__name__, __config__=config, **fields)


def converted(field: FieldInfo, value: object) -> Any:  # noqa: ANN401 - a JSON value
    """Return a value, converted to the field's type, as a document would hold it.

    Raises:
        ValueError: the value doesn't fit; the message is the reason, and shows nothing of the value.
    """
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - takes 70 ms to import

    adapter: TypeAdapter[Any] = TypeAdapter(_pydantic_type(field))
    try:
        return adapter.dump_python(adapter.validate_python(value), mode="json")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        reason = first["msg"].removeprefix("Value error, ")
    raise ValueError(reason)


def _not_boolean(value: object) -> object:
    """Return the value of a number; raises ValueError for true and false, which pydantic reads as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")  # noqa: TRY004 - pydantic's contract
    return value


def _pydantic_type(field: FieldInfo) -> Any:  # noqa: ANN401 - a type
    """Return a field's type with all that pydantic has to know about it."""
    import pydantic  # noqa: PLC0415 - takes 70 ms to import

    is_json = field.annotation == Mapping[str, JsonValue]
    kind: Any = Mapping[str, pydantic.JsonValue] if is_json else field.annotation
    for mark in field.metadata:
        kind = Annotated[kind, pydantic.BeforeValidator(mark.convert) if isinstance(mark, Before) else mark]
    if field.is_number:
        kind = Annotated[kind, pydantic.BeforeValidator(_not_boolean)]
    # By identity: a limit of 1 equals True, which is the default of allow_inf_nan.
    limits = {
        name: value for name, value in vars(field.limits).items() if value is not None and value is not True
    }
    return Annotated[kind, pydantic.Field(**limits)] if limits else kind


def about(field: FieldInfo) -> About | None:
    """Return the description of a field; None for a field without one, which no form shows."""
    return next((mark for mark in field.metadata if isinstance(mark, About)), None)


@_once_per_class
def secret_names(model: type[Fields]) -> frozenset[str]:
    """Return the names of the model's secret fields."""
    described = ((name, about(field)) for name, field in model.model_fields.items())
    return frozenset(name for name, description in described if description and description.secret)


def _parsed(value: object) -> object:
    """Read text as JSON, since forms and environment variables can't hold objects."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("Input should be a JSON object") from None


def _statuses(value: object) -> object:
    """Read `401;403` as a list."""
    if not isinstance(value, str):
        return value
    return [part for part in value.replace(",", ";").replace(" ", ";").split(";") if part]


JsonObject = Annotated[Mapping[str, JsonValue], Before(_parsed)]
TextMapping = Annotated[Mapping[str, str], Before(_parsed)]
Statuses = Annotated[tuple[int, ...], Before(_statuses)]
