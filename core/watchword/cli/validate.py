"""The command `watchword validate`: prove that a connection's credentials work, or say what is wrong."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from watchword.cli.documents import DocumentArgument, NameOption, opened
from watchword.cli.output import show
from watchword.errors import DocumentError, SecretError, TokenError
from watchword.findings.report import Report


def validate(  # noqa: PLR0913, PLR0917 - one parameter an option
    document: DocumentArgument,
    test_url: Annotated[
        str | None, typer.Option(help="Complete URL of a harmless call that needs the credential.")
    ] = None,
    http_method: Annotated[str, typer.Option(help="The call's verb.")] = "GET",
    expected_status: Annotated[
        list[int] | None, typer.Option(help="A status that means success; may be repeated.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(min=0.1, help="Longest wait for each call, in seconds; 10 unless given here or there."),
    ] = None,
    name: NameOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,  # noqa: FBT002
) -> int:
    """Prove that a connection's credentials work, or say what is wrong.

    Exit status: 0 valid, 2 invalid, 3 configuration, 4 transient, 5 inconclusive.
    """
    try:
        connection = opened(document, name)
    except (DocumentError, SecretError, TokenError) as error:
        # The latter two: the place that keeps it can't be read.
        report = Report(error.findings[0], error.findings)
    else:
        report = connection.validate(
            test_url, http_method=http_method, expected_status=expected_status or (), timeout=timeout
        )
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
    else:
        show(report)
    return report.exit_code
