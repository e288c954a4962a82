"""An extraction that is materialized alone, past the gate, says why the API refused it."""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg
import pytest

from dagster_watchword import ApiResource, build_credentials_check
from watchword_playground import Playground

MakeResource = Callable[..., ApiResource]


@dg.asset(deps=["playground_credentials"])
def airports(playground: ApiResource) -> None:
    """Extract one page."""
    with playground.session() as api:
        api.get("/v1/airports?page=1").raise_for_status()


@pytest.mark.parametrize("method", ["api_key", "basic"])
def test_an_extraction_past_the_gate_fails_with_the_finding(
    method: str, make_resource: MakeResource, playground: Playground, instance: dg.DagsterInstance
) -> None:
    """The step's error names verb, URL, status, code and advice, and holds no secret."""
    playground.revoke(method)
    result = dg.materialize(
        [build_credentials_check("playground"), airports],
        selection="airports",
        resources={"playground": make_resource(method)},
        instance=instance,
        raise_on_error=False,
    )
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    error = failure.step_failure_data.error
    assert error is not None
    text = error.cause.to_string() if error.cause else error.to_string()
    assert (
        f"401 Client Error for GET {playground.url}/{method}/v1/airports?page=1: unauthorized_401: " in text
    )
    assert "Check the credential" in text
    fields = playground.document(method)
    assert fields.get("api_key", fields.get("password")) not in error.to_string() + text
