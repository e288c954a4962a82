"""The credential gate: nothing is extracted before the credential has been proven."""

# No `from __future__ import annotations`: Dagster reads the type of `context` as an object.
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args

import dagster as dg

from dagster_watchword.base import ApiResource
from watchword.findings.finding import Permanence
from watchword.findings.report import Report

OnInconclusive = Literal["fail", "warn", "pass"]

CHECK_NAME = "credentials_are_valid"


def build_credentials_check(  # noqa: PLR0913 - each is the user's choice, and all but one have a default
    name: str,
    *,
    test_url: str | None = None,
    http_method: str = "GET",
    expected_status: Sequence[int] = (),
    on_inconclusive: OnInconclusive = "fail",
    blocking: bool = True,
    retry_policy: dg.RetryPolicy | None = None,
) -> dg.AssetsDefinition:
    """Return the asset `<name>_credentials`, whose check proves the credentials of a resource.

    Extractions list the asset in their `deps`. Bad credentials make the check fail with the
    reason, and in that run no extraction starts:

        acme_credentials = build_credentials_check("acme")

        @dg.asset(deps=[acme_credentials])
        def orders(acme: ApiResource) -> None: ...

    It is an asset with a check inside rather than a check on an external asset, since every
    ordinary selection (`*`, `+orders`, "Materialize all") leaves out external assets and
    with them their checks: the extraction would start unchecked.

    Args:
        name: the key of the `ApiResource` among the resources.
        test_url: absolute URL of a harmless call that needs the credential; the resource's
            own if left out. OAuth client credentials need none.
        http_method: the call's verb.
        expected_status: the statuses that mean success; any 2xx if left out.
        on_inconclusive: what a check that proved nothing does: `fail` blocks, `warn` fails
            as a warning, which blocks nothing, `pass` passes. The verdict is told in each case.
        blocking: whether a failed check keeps what depends on the asset from starting.
        retry_policy: how often a transient fault is tried again; a permanent one never is.

    Raises:
        ValueError: `on_inconclusive` is none of its three words.
    """
    if on_inconclusive not in get_args(OnInconclusive):
        raise ValueError(f"on_inconclusive must be fail, warn or pass, not {on_inconclusive!r}.")

    @dg.asset(
        name=f"{name}_credentials",
        description=f"The credentials of `{name}`: materialized once they are proven by use.",
        required_resource_keys={name},
        retry_policy=retry_policy,
        check_specs=[
            dg.AssetCheckSpec(
                CHECK_NAME,
                asset=f"{name}_credentials",
                blocking=blocking,
                description=f"Proves the credentials of `{name}` by using them.",
            )
        ],
    )
    def credentials(context: dg.AssetExecutionContext) -> Iterator[Any]:
        resource: object = getattr(context.resources, name)
        if not isinstance(resource, ApiResource):
            raise TypeError(f"The resource {name} is no ApiResource but {type(resource).__name__}.")
        report = resource.validate(test_url, http_method=http_method, expected_status=expected_status)
        result = as_check_result(report, on_inconclusive)
        yield result
        if blocking and not result.passed and result.severity is dg.AssetCheckSeverity.ERROR:
            # Dagster would fail the step too, but materialize the asset first, and retry any fault.
            transient = report.permanence is Permanence.TRANSIENT
            raise dg.Failure(result.description, metadata=result.metadata, allow_retries=transient)
        yield dg.MaterializeResult(metadata={"verdict": report.verdict.value})

    return credentials


def as_check_result(report: Report, on_inconclusive: OnInconclusive = "fail") -> dg.AssetCheckResult:
    """Return the report as a check's result; only severity ERROR blocks."""
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
            "duration": round(report.duration, 3),
            "findings": dg.MetadataValue.json([finding.as_dict() for finding in report.findings]),
        },
    )
