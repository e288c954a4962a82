from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import dagster as dg
import pytest

from dagster_watchword import ApiResource, build_credentials_check
from watchword_playground import Playground

MakeResource = Callable[..., ApiResource]
Materialize = Callable[..., dg.ExecuteInProcessResult]

GATE = dg.AssetKey("playground_credentials")


@dg.asset(deps=["playground_credentials"])
def airports(playground: ApiResource) -> None:
    """Extract one page."""
    with playground.session() as api:
        api.get("/v1/airports").raise_for_status()


def extracted(result: dg.ExecuteInProcessResult) -> bool:
    return bool(result.asset_materializations_for_node("airports"))


def evaluation(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (only,) = result.get_asset_check_evaluations()
    assert only.asset_key == GATE
    return only


def values(found: dg.AssetCheckEvaluation) -> dict[str, Any]:
    return {name: entry.value for name, entry in found.metadata.items()}


def test_good_credentials_open_the_gate(make_resource: MakeResource, materialize: Materialize) -> None:
    """With valid credentials the check passes, and the extraction runs."""
    result = materialize([build_credentials_check("playground"), airports], playground=make_resource())
    found = evaluation(result)
    assert result.success
    assert extracted(result)
    assert found.passed
    assert values(found)["code"] == "authenticated"
    assert values(found)["verdict"] == "valid"
    assert values(found)["duration"] > 0
    assert result.asset_materializations_for_node(GATE.to_user_string())


def test_the_gate_links_to_the_console(
    make_resource: MakeResource, materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a console is configured, the check's metadata link to the connection's page."""
    monkeypatch.setenv("WATCHWORD_CONSOLE_URL", "http://127.0.0.1:8643/")
    gate = build_credentials_check("playground")
    found = evaluation(materialize([gate, airports], playground=make_resource()))
    assert values(found)["console"] == "http://127.0.0.1:8643/connections/playground"
    monkeypatch.delenv("WATCHWORD_CONSOLE_URL")
    found = evaluation(materialize([gate, airports], playground=make_resource()))
    assert "console" not in values(found)


def test_a_revoked_credential_closes_the_gate(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """The check says why it fails, the credentials asset isn't materialized, and nothing is extracted."""
    playground.revoke("api_key")
    result = materialize([build_credentials_check("playground"), airports], playground=make_resource())
    found = evaluation(result)
    assert not result.success
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert found.description
    assert found.description.startswith("invalid: unauthorized_401: ")
    assert values(found)["advice"] in found.description
    assert values(found)["findings"][0]["permanence"] == "permanent"
    assert not extracted(result)
    assert not result.asset_materializations_for_node(GATE.to_user_string())
    assert playground.counts() == {"/api_key/v1/me": 1}


@pytest.mark.parametrize(
    "selection",
    [None, "*", "+airports", dg.AssetSelection.assets("airports").upstream()],
    ids=["none", "all", "upstream in text", "upstream"],
)
def test_every_ordinary_selection_holds_the_gate(
    selection: dg.AssetSelection | str | None,
    make_resource: MakeResource,
    instance: dg.DagsterInstance,
    playground: Playground,
) -> None:
    """Each of these selections includes the check; a check on an external asset would be left out."""
    playground.revoke("api_key")
    result = dg.materialize(
        [build_credentials_check("playground"), airports],
        selection=selection,
        resources={"playground": make_resource()},
        instance=instance,
        raise_on_error=False,
    )
    assert not extracted(result)


def test_limited_credentials_pass_with_a_remark(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """If the credentials are accepted but not allowed at the test URL, the extraction starts."""
    gate = build_credentials_check("playground", test_url=f"{playground.url}/api_key/v1/admin")
    result = materialize([gate, airports], playground=make_resource())
    assert extracted(result)
    assert evaluation(result).passed
    assert values(evaluation(result))["verdict"] == "valid_but_limited"


def test_a_transient_fault_is_named(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """The description of a transient fault begins with `transient`."""
    playground.fault(503, times=1)
    result = materialize([build_credentials_check("playground"), airports], playground=make_resource())
    assert not extracted(result)
    assert str(evaluation(result).description).startswith("transient: unreachable: server_error_5xx")


def test_a_transient_fault_is_tried_again(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """With a retry policy the check passes after the fault has passed."""
    playground.fault(503, times=1)
    gate = build_credentials_check("playground", retry_policy=dg.RetryPolicy(max_retries=2))
    result = materialize([gate, airports], playground=make_resource())
    assert extracted(result)
    assert [found.passed for found in result.get_asset_check_evaluations()] == [False, True]


def test_a_permanent_fault_is_not_tried_again(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """A refused key isn't sent again, because repeated attempts can lock an account."""
    playground.revoke("api_key")
    gate = build_credentials_check("playground", retry_policy=dg.RetryPolicy(max_retries=2))
    assert not extracted(materialize([gate, airports], playground=make_resource()))
    assert playground.counts() == {"/api_key/v1/me": 1}


@pytest.mark.parametrize(
    ("on_inconclusive", "passed", "severity", "extracts"),
    [
        ("fail", False, dg.AssetCheckSeverity.ERROR, False),
        ("warn", False, dg.AssetCheckSeverity.WARN, True),
        ("pass", True, dg.AssetCheckSeverity.ERROR, True),
    ],
)
def test_on_inconclusive_decides_an_inconclusive_check(
    on_inconclusive: Literal["fail", "warn", "pass"],
    passed: bool,  # noqa: FBT001 - a column of the table
    severity: dg.AssetCheckSeverity,
    extracts: bool,  # noqa: FBT001 - likewise
    make_resource: MakeResource,
    materialize: Materialize,
) -> None:
    """A key without a test URL can't be validated; each choice of on_inconclusive shows the same verdict."""
    gate = build_credentials_check("playground", on_inconclusive=on_inconclusive)
    result = materialize([gate, airports], playground=make_resource(test_url=None))
    found = evaluation(result)
    assert (found.passed, found.severity, extracted(result)) == (passed, severity, extracts)
    assert values(found)["verdict"] == "inconclusive"
    assert values(found)["code"] == "not_proven"


@pytest.mark.parametrize("on_inconclusive", ["warn", "pass"])
def test_on_inconclusive_does_not_excuse_a_refusal(
    on_inconclusive: Literal["warn", "pass"],
    make_resource: MakeResource,
    materialize: Materialize,
    playground: Playground,
) -> None:
    """A refused credential blocks with every choice of on_inconclusive."""
    playground.revoke("api_key")
    gate = build_credentials_check("playground", on_inconclusive=on_inconclusive)
    assert not extracted(materialize([gate, airports], playground=make_resource()))


def test_a_gate_that_does_not_block_only_reports(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """With blocking=False the check fails, but the extraction starts."""
    playground.revoke("api_key")
    gate = build_credentials_check("playground", blocking=False)
    result = materialize([gate, airports], playground=make_resource())
    assert not evaluation(result).passed
    assert "airports" in {event.step_key for event in result.all_events if event.is_step_start}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"api_key": "env:WATCHWORD_TEST_UNSET"}, "reference_unresolved"),
        ({"base_url": "ftp://example.test"}, "url_not_absolute"),
        ({"secret_parameters": {"nowhere": "s"}}, "parameter_malformed"),
        ({"timeout": 5.0, "test_url": "/v1/me"}, "test_url_not_absolute"),
    ],
)
def test_a_wrong_field_is_the_check_s_reason(
    changed: dict[str, Any], code: str, make_resource: MakeResource, materialize: Materialize
) -> None:
    """A wrong field gives a failed check with a code, not a traceback."""
    result = materialize(
        [build_credentials_check("playground"), airports], playground=make_resource(**changed)
    )
    assert not extracted(result)
    assert values(evaluation(result))["code"] == code


def test_method_and_expected_status_reach_the_call(
    make_resource: MakeResource, materialize: Materialize, playground: Playground
) -> None:
    """Method and expected status reach the call: a 405 to a POST can mean success, which proves nothing."""
    gate = build_credentials_check(
        "playground", http_method="POST", expected_status=[405], on_inconclusive="pass"
    )
    result = materialize([gate, airports], playground=make_resource())
    assert values(evaluation(result))["code"] == "counterfactual_skipped"
    assert extracted(result)


def test_another_kind_of_resource_is_refused(materialize: Materialize) -> None:
    """A resource of another kind under this name is an error that says so."""
    result = materialize([build_credentials_check("playground")], playground="text")
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    assert "must be an ApiResource, not str" in str(failure.step_failure_data.error)


def test_a_dependency_may_be_the_gate_itself(make_resource: MakeResource, materialize: Materialize) -> None:
    """`deps` takes the check's asset itself or its name."""
    gate = build_credentials_check("playground")

    @dg.asset(name="airports", deps=[gate])
    def dependent() -> None: ...

    assert extracted(materialize([gate, dependent], playground=make_resource()))


CHECK = dg.AssetCheckKey(GATE, "credentials_are_valid")


@pytest.mark.parametrize("valid", [True, False])
def test_the_check_can_be_executed_by_itself(
    valid: bool,  # noqa: FBT001 - a column of the table
    make_resource: MakeResource,
    instance: dg.DagsterInstance,
    playground: Playground,
) -> None:
    """A run of the check alone proves the credentials and materializes nothing; it fails if they are bad."""
    if not valid:
        playground.revoke("api_key")
    result = dg.materialize(
        [build_credentials_check("playground"), airports],
        selection=dg.AssetSelection.checks(CHECK),
        resources={"playground": make_resource()},
        instance=instance,
        raise_on_error=False,
    )
    assert evaluation(result).passed is valid
    assert result.success is valid
    assert not result.filter_events(lambda event: event.is_step_materialization)


def test_the_asset_without_its_check_is_still_a_gate(
    make_resource: MakeResource, instance: dg.DagsterInstance, playground: Playground
) -> None:
    """A selection that leaves out the check doesn't open the gate: the asset's step validates anyway."""
    playground.revoke("api_key")
    result = dg.materialize(
        [build_credentials_check("playground"), airports],
        selection=dg.AssetSelection.all() - dg.AssetSelection.all_asset_checks(),
        resources={"playground": make_resource()},
        instance=instance,
        raise_on_error=False,
    )
    assert not result.success
    assert not extracted(result)
    assert not result.asset_materializations_for_node(GATE.to_user_string())
