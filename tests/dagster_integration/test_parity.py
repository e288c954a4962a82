from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import dagster as dg
import pytest
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import watchword
from dagster_watchword import (
    RESOURCES,
    ApiResource,
    DescribedResource,
    GoogleSecretManagerResource,
    StoredConnectionResource,
    generate,
)
from watchword.document.common_fields import CommonFields
from watchword.http.json_value import JsonValue
from watchword.methods.fields import Fields, about, secret_names

# The types that Dagster accepts in place of the core's.
TRANSLATED = {
    tuple[str, ...]: list[str],
    tuple[int, ...]: list[int],
    Mapping[str, str]: dict[str, str],
    Mapping[str, JsonValue]: dict[str, Any],
}

# It protects against Airflow's own HTTP hooks, which send fields as headers; Dagster doesn't.
AIRFLOWS_OWN = {"schema_version"}

DAGSTERS_OWN = set(ApiResource.model_fields)

MODELS: list[tuple[type[Fields], type[DescribedResource]]] = [
    (CommonFields, DescribedResource),
    *((model, RESOURCES[method]) for method, model in watchword.METHODS.items() if method in RESOURCES),
]

FIELDS = [
    pytest.param(model, resource, name, id=f"{resource.__name__}.{name}")
    for model, resource in MODELS
    for name in model.model_fields
    if name not in AIRFLOWS_OWN
]


def dagster_default(field: FieldInfo) -> object:
    return field.get_default(call_default_factory=True)


def core_default(model: type[Fields], name: str) -> object:
    field = model.model_fields[name]
    value = PydanticUndefined if field.is_required() else field.get_default()
    return list(value) if isinstance(value, tuple) else value


def test_the_resources_are_those_that_the_core_gives() -> None:
    """The committed modules are what the generator writes, apart from their format."""
    for path, text in generate.sources().items():
        assert ast.dump(ast.parse(path.read_text())) == ast.dump(ast.parse(text)), path.name


def test_each_method_has_one_resource_of_its_name() -> None:
    """Each method of the core has a resource, in the core's order."""
    assert list(RESOURCES) == list(watchword.METHODS)
    assert [resource.method for resource in RESOURCES.values()] == list(watchword.METHODS)


@pytest.mark.parametrize(("model", "resource"), MODELS)
def test_a_resource_has_the_fields_of_its_method_and_no_others(
    model: type[Fields], resource: type[DescribedResource]
) -> None:
    """A resource has exactly the fields of its method, besides the common fields."""
    shared = set() if resource is DescribedResource else set(DescribedResource.model_fields)
    assert set(resource.model_fields) - shared - DAGSTERS_OWN == set(model.model_fields) - AIRFLOWS_OWN


@pytest.mark.parametrize(("model", "resource", "name"), FIELDS)
def test_a_field_is_that_of_the_core(
    model: type[Fields], resource: type[DescribedResource], name: str
) -> None:
    """Each field has the core's type, default, requiredness, description and secrecy."""
    theirs, mine = model.model_fields[name], resource.model_fields[name]
    description = about(theirs)
    assert description is not None
    assert mine.annotation == TRANSLATED.get(theirs.annotation, theirs.annotation)
    assert mine.is_required() == theirs.is_required()
    assert dagster_default(mine) == core_default(model, name)
    assert mine.description == description.help
    assert mine.repr == (name not in secret_names(model))


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("oauth2_authorization_code", "client_id"),
        ("oauth2_device_code", "client_id"),
        ("oauth2_jwt_bearer", "private_key"),
    ],
)
def test_a_field_that_a_method_declares_without_a_default_is_required(method: str, name: str) -> None:
    """A method that declares a field of its base again, without a default, requires it."""
    assert RESOURCES[method].model_fields[name].is_required()
    assert watchword.METHODS[method].model_fields[name].is_required()


def test_a_stored_connection_is_described_by_its_name_alone() -> None:
    """A resource for a stored connection has only the fields that find it, none of a document."""
    assert set(ApiResource.model_fields) == {"name", "validate_on_setup"}
    assert set(StoredConnectionResource.model_fields) == {"name", "source", "validate_on_setup"}


@pytest.mark.parametrize(
    "resource", [*RESOURCES.values(), StoredConnectionResource, GoogleSecretManagerResource]
)
def test_dagster_can_show_each_field(resource: type[dg.ConfigurableResource[Any]]) -> None:
    """Dagster has a configuration schema for every field, and a description of each."""
    described = {name: field.description for name, field in resource.to_fields_dict().items()}
    assert set(described) == set(resource.model_fields)
    assert all(described.values())


def test_the_library_is_registered_with_dagster() -> None:
    """Dagster's own list of libraries has the version of watchword."""
    from dagster_shared.libraries import DagsterLibraryRegistry  # noqa: PLC0415 - only here

    assert DagsterLibraryRegistry.get()["watchword"] == watchword.__version__
    assert issubclass(ApiResource, dg.ConfigurableResource)
