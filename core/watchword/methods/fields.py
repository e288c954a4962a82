"""The base model of a connection document's fields, and the description of a field.

Each field is described once, in the core. The Airflow form, the Dagster resources and the tables in the
docs are generated from these descriptions, or checked against them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue
from pydantic.fields import FieldInfo

from watchword.findings.finding import Word
from watchword.redact import NeverPickled


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
    STACKED = "Stacked parameters"
    TRANSPORT = "Transport"


@dataclass(frozen=True)
class About:
    """The description of a field: its label, help and section in forms, and the kind of its value."""

    label: str
    help: str
    section: Section
    secret: bool = False
    multiline: bool = False
    may_be_empty: bool = False


class Fields(NeverPickled, BaseModel):
    """A frozen model of described fields; its repr masks the secrets."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        secret = secret_names(type(self))
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is not None:
                yield name, "***" if name in secret else value


def about(field: FieldInfo) -> About | None:
    """Return the description of a field; None for a field without one, which no form shows."""
    return next((item for item in field.metadata if isinstance(item, About)), None)


def secret_names(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of the model's secret fields."""
    return frozenset(
        name for name, field in model.model_fields.items() if (known := about(field)) and known.secret
    )


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


JsonObject = Annotated[Mapping[str, JsonValue], BeforeValidator(_parsed)]
TextMapping = Annotated[Mapping[str, str], BeforeValidator(_parsed)]
Statuses = Annotated[tuple[int, ...], BeforeValidator(_statuses)]
