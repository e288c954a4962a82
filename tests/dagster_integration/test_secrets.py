from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg
import pytest
from dagster_shared.serdes import serialize_value

from dagster_watchword import RESOURCES, ApiKeyResource, ApiResource, build_credentials_check
from watchword.methods import METHODS
from watchword.methods.fields import secret_names
from watchword.redact import forms
from watchword_playground import CREDENTIALS, Playground, document

MakeResource = Callable[..., ApiResource]
Materialize = Callable[..., dg.ExecuteInProcessResult]


@dg.asset(deps=["playground_credentials"])
def airports(playground: ApiResource) -> None:
    """Extract one page, and fail if the API refuses."""
    with playground.session() as api:
        api.get("/v1/airports").raise_for_status()


def secrets_of(fields: Mapping[str, Any], method: str) -> Iterator[str]:
    for name in secret_names(METHODS[method]):
        if name in fields:
            yield fields[name]
    yield from fields.get("secret_parameters", {}).values()


def written(instance: dg.DagsterInstance, run_id: str) -> str:
    """Return the events and logs that Dagster stores of a run."""
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.execution_plan_snapshot_id is not None
    plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
    events = "".join(serialize_value(entry) for entry in instance.all_logs(run_id))
    return serialize_value(run) + serialize_value(plan) + events


@pytest.mark.parametrize("method", sorted(set(RESOURCES) - {"none"}))
@pytest.mark.parametrize("way", ["good", "revoked", "closed port", "on setup", "ungated"])
def test_no_secret_is_written_down(
    method: str,
    way: str,
    make_resource: MakeResource,
    instance: dg.DagsterInstance,
    playground: Playground,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """No event, log at DEBUG or output holds a secret or a form of it, whether a run succeeds or fails."""
    caplog.set_level(logging.DEBUG)
    changed: dict[str, Any] = {"closed port": {"base_url": "http://127.0.0.1:1"}}.get(way, {})
    resource = make_resource(method, validate_on_setup=way == "on setup", **changed)
    if way not in {"good", "closed port"}:
        playground.revoke(method)
    gate = build_credentials_check("playground", blocking=way != "ungated")
    result = dg.materialize(
        [gate, airports], resources={"playground": resource}, instance=instance, raise_on_error=False
    )
    assert result.success == (way == "good")
    out, err = capfd.readouterr()
    everything = written(instance, result.run_id) + caplog.text + out + err + repr(resource)
    assert "playground_credentials" in everything
    for secret in secrets_of(CREDENTIALS[method], method):
        assert not [form for form in forms(secret) if form in everything]


def test_an_environment_variable_keeps_the_secret_out_of_the_job_snapshot(
    playground: Playground,
    materialize: Materialize,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dagster stores the configuration with each job; an `EnvVar` or a reference leaves only a name in it."""
    fields = document(playground.url, "api_key")
    monkeypatch.setenv("PLAYGROUND_KEY", fields["api_key"])

    @dg.asset
    def me(playground: ApiResource) -> None:
        playground.session().get("/v1/me").raise_for_status()

    for value in (dg.EnvVar("PLAYGROUND_KEY"), "env:PLAYGROUND_KEY"):
        resource = ApiKeyResource(base_url=fields["base_url"], api_key=value)
        result = materialize([me], playground=resource)
        assert result.success
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        assert run.job_snapshot_id is not None
        snapshot = serialize_value(instance.get_job_snapshot(run.job_snapshot_id))
        assert "PLAYGROUND_KEY" in snapshot
        assert fields["api_key"] not in snapshot + written(instance, result.run_id)
