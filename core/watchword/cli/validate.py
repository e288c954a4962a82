"""The command `watchword validate`: prove that a connection's credentials work, or say what is wrong."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from watchword.cli.documents import DocumentArgument, NameOption, is_stored, open_connection, own_name
from watchword.cli.output import print_report
from watchword.cli.verdicts import CLI, note
from watchword.errors import WatchwordError
from watchword.findings.report import Report
from watchword.stores import open_store
from watchword.validation.plan import ValidationPlan


def validate(  # noqa: PLR0913, PLR0917 - one parameter for each option
    document: DocumentArgument,
    test_url: Annotated[
        str | None, typer.Option(help="Complete URL of a harmless call that needs the credential.")
    ] = None,
    http_method: Annotated[str, typer.Option(help="The HTTP method of the call.")] = "GET",
    expected_status: Annotated[
        list[int] | None, typer.Option(help="A status that means success; may be repeated.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1, help="Longest wait for each call, in seconds; the document's, else 10, if left out."
        ),
    ] = None,
    name: NameOption = None,
    on: Annotated[
        Literal["here", "worker"],
        typer.Option("--on", help="Where to validate: worker runs the DAG watchword_validation in Airflow."),
    ] = "here",
    wait: Annotated[float, typer.Option(min=1, help="Longest wait for a worker, in seconds.")] = 120.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,  # noqa: FBT002
) -> int:
    """Prove that a connection's credentials work, or say what is wrong.

    Exit status: 0 valid, 2 invalid, 3 configuration, 4 transient, 5 inconclusive.
    """
    plan = ValidationPlan(test_url, http_method, frozenset(expected_status or ()), timeout=timeout)
    if on == "worker":
        from watchword.cli.workers import validate_on_worker  # noqa: PLC0415 - few validations run elsewhere

        report = validate_on_worker(document, plan, wait)
    else:
        report = _validated_here(document, name, plan)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
    else:
        print_report(report)
    return report.exit_code


def _validated_here(document: str, name: str | None, plan: ValidationPlan) -> Report:
    """Return the report of a validation in this process, and note it if the connection is stored."""
    try:
        connection = open_connection(document, name)
    except WatchwordError as error:
        report = error.report.at(CLI)
        if error.code != "connection_missing":
            note(open_store, own_name(document), report)
    else:
        from watchword.validation.procedure import validate as run_validation  # noqa: PLC0415 - its only use

        report = run_validation(connection, plan).at(CLI)
        if is_stored(document):  # a file may hold what is stored nowhere
            note(lambda: connection.store, connection.name, report)
    return report
