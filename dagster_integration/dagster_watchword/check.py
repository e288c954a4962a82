"""The credential gate: no extraction starts before the credentials have been validated."""

# No `from __future__ import annotations`: Dagster reads the type of `context` as an object.
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args

import dagster as dg

from dagster_watchword.base import ApiResource
from watchword.findings.finding import Permanence
from watchword.findings.report import Report
from watchword.settings import console_url
from watchword.validation.plan import ValidationPlan

OnInconclusive = Literal["fail", "warn", "pass"]

CHECK_NAME = "credentials_are_valid"


def asset_name(name: str) -> str:
    """Return the name of the asset that stands for the credentials of a resource."""
    return f"{name}_credentials"


def build_credentials_check(  # noqa: PLR0913 - the options of the check, all but one with a default
    name: str,
    *,
    test_url: str | None = None,
    http_method: str = "GET",
    expected_status: Sequence[int] = (),
    on_inconclusive: OnInconclusive = "fail",
    blocking: bool = True,
    retry_policy: dg.RetryPolicy | None = None,
) -> dg.AssetsDefinition:
    """Return the asset `<name>_credentials`, whose check validates the credentials of a resource.

    Extractions list the asset in their `deps`. If the credentials are bad, the check fails with the
    reason, and no extraction starts in that run:

        acme_credentials = build_credentials_check("acme")

        @dg.asset(deps=[acme_credentials])
        def orders(acme: ApiResource) -> None: ...

    The check belongs to an asset of its own, not to an external asset: ordinary selections (`*`,
    `+orders`, "Materialize all") leave out external assets and their checks, so the extraction would
    start unchecked. The check can also be executed by itself, from its page or by a schedule
    (`AssetSelection.checks(...)`): such a run materializes nothing, so no extraction becomes "Unsynced". It
    fails if the credentials are bad.

    Args:
        name: the key of the `ApiResource` among the resources.
        test_url: absolute URL of a harmless call that needs the credential; if left out, the
            resource's `test_url`. OAuth client credentials can be validated without one.
        http_method: the call's HTTP method.
        expected_status: the statuses that mean success; any 2xx if left out.
        on_inconclusive: the result of a check that could prove nothing: `fail` blocks, `warn` fails as
            a warning, which doesn't block, and `pass` passes. The verdict is shown in each case.
        blocking: whether assets that depend on this one stay unmaterialized when the check fails.
        retry_policy: how often a transient fault is retried; permanent ones aren't retried.

    Raises:
        ValueError: `on_inconclusive` is not one of `fail`, `warn` and `pass`.
    """
    if on_inconclusive not in get_args(OnInconclusive):
        raise ValueError(f"on_inconclusive must be fail, warn or pass, not {on_inconclusive!r}.")

    plan = ValidationPlan(test_url, http_method, frozenset(expected_status))

    @dg.multi_asset(
        name=asset_name(name),
        specs=[
            dg.AssetSpec(
                asset_name(name),
                description=f"The credentials of `{name}`; materialized when a call with them has succeeded.",
            )
        ],
        required_resource_keys={name},
        retry_policy=retry_policy,
        check_specs=[
            dg.AssetCheckSpec(
                CHECK_NAME,
                asset=asset_name(name),
                blocking=blocking,
                description=f"Validates the credentials of `{name}` by using them.",
            )
        ],
        can_subset=True,  # the asset and the check are one step, and the check alone may be a run
    )
    def credentials(context: dg.AssetExecutionContext) -> Iterator[Any]:
        resource: object = getattr(context.resources, name)
        if not isinstance(resource, ApiResource):
            raise TypeError(f"The resource {name} must be an ApiResource, not {type(resource).__name__}.")
        report = resource.run_validation(plan, f"{asset_name(name)}, run {context.run.run_id}")
        result = as_check_result(report, on_inconclusive, console_url(resource.name or name))
        if context.selected_asset_check_keys:
            yield result
        if blocking and not result.passed and result.severity is dg.AssetCheckSeverity.ERROR:
            # Without this, Dagster would materialize the asset before it fails the step, and retry any fault.
            transient = report.permanence is Permanence.TRANSIENT
            raise dg.Failure(result.description, metadata=result.metadata, allow_retries=transient)
        if context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=asset_name(name), metadata={"verdict": report.verdict.value})

    return credentials


def as_check_result(
    report: Report, on_inconclusive: OnInconclusive = "fail", page: str = ""
) -> dg.AssetCheckResult:
    """Return the report as the result of an asset check; only the severity ERROR blocks.

    `page` is the absolute URL of the connection's page in the console, which the metadata link to.
    """
    link: dict[str, Any] = {"console": dg.MetadataValue.url(page)} if page else {}
    unproven = report.permanence is Permanence.INCONCLUSIVE
    warn = unproven and on_inconclusive == "warn"
    transient = "transient: " if report.permanence is Permanence.TRANSIENT else ""
    return dg.AssetCheckResult(
        passed=report.ok or (unproven and on_inconclusive == "pass"),
        severity=dg.AssetCheckSeverity.WARN if warn else dg.AssetCheckSeverity.ERROR,
        description=f"{transient}{report.summary}",
        metadata={
            "verdict": report.verdict.value,
            "code": report.deciding.code.name,
            "advice": report.deciding.advice,
            "help": report.deciding.code.help,
            "where": str(report.where),
            "duration": round(report.duration, 3),
            "findings": dg.MetadataValue.json([finding.as_dict() for finding in report.findings]),
            **link,
        },
    )
