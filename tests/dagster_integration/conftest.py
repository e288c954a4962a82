"""Fixtures for Dagster: a local API that verifies credentials, and Dagster in process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import dagster as dg
import pytest
from dagster_shared.serdes import serialize_value

from dagster_watchword import ApiResource, resource_from_document
from watchword.secrets.google import managers
from watchword.secrets.vault import Vault, open_vault
from watchword_playground import Playground
from watchword_playground.secret_manager import SecretManagerServer

Materialize: TypeAlias = Callable[..., dg.ExecuteInProcessResult]
MakeResource: TypeAlias = Callable[..., ApiResource]
Written: TypeAlias = Callable[[dg.ExecuteInProcessResult], str]

PROJECT = "acme-prod"


@pytest.fixture(autouse=True)
def _own_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test its own token store."""
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


@pytest.fixture
def written(instance: dg.DagsterInstance) -> Written:
    """Return a function for everything that Dagster stores of a run: configuration, job, plan and events."""

    def kept(result: dg.ExecuteInProcessResult) -> str:
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        assert run.execution_plan_snapshot_id is not None
        assert run.job_snapshot_id is not None
        plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
        job = instance.get_job_snapshot(run.job_snapshot_id)
        events = "".join(serialize_value(entry) for entry in instance.all_logs(result.run_id))
        return serialize_value(run) + serialize_value(plan) + serialize_value(job) + events

    return kept


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Vault:
    """Give the vault that `local` means, in a file of this test."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/vault.db")
    return open_vault()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretManagerServer]:
    """Give a Secret Manager that this process calls in place of Google's."""
    with SecretManagerServer() as running:
        monkeypatch.setenv("SECRET_MANAGER_EMULATOR_HOST", running.address)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
        monkeypatch.setattr(managers, "_managers", {})
        yield running
