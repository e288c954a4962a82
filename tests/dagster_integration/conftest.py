"""What the tests of the Dagster room share: a local API that truly verifies, and Dagster in process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import dagster as dg
import pytest

from dagster_watchword import ApiResource, resource_from_document
from watchword.playground import Playground

Materialize: TypeAlias = Callable[..., dg.ExecuteInProcessResult]
MakeResource: TypeAlias = Callable[..., ApiResource]


@pytest.fixture(autouse=True)
def _own_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep tokens in this test alone."""
    monkeypatch.setenv("WATCHWORD_HOME", str(tmp_path / "watchword"))


@pytest.fixture
def playground() -> Iterator[Playground]:
    with Playground() as running:
        yield running


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def make_resource(playground: Playground) -> MakeResource:
    """Return a factory of resources for the playground, by method and changed fields."""

    def make(method: str = "api_key", /, *, validate_on_setup: bool = False, **changed: Any) -> ApiResource:
        fields: Mapping[str, Any] = {
            **playground.document(method),
            "test_url": f"{playground.url}/{method}/v1/me",
            **changed,
        }
        return resource_from_document(fields, "playground", validate_on_setup=validate_on_setup)

    return make


@pytest.fixture
def materialize(instance: dg.DagsterInstance) -> Materialize:
    """Return a function that materializes assets in process and does not raise when a step fails."""

    def run(assets: list[dg.AssetsDefinition], **resources: object) -> dg.ExecuteInProcessResult:
        return dg.materialize(assets, resources=resources, instance=instance, raise_on_error=False)

    return run
