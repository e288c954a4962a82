"""The command `watchword logout`: remove a sign-in from the store, and revoke it at the provider."""

from __future__ import annotations

from watchword.cli.documents import DocumentArgument, NameOption, open_connection
from watchword.cli.output import reporting, say, say_findings
from watchword.findings.finding import Permanence


def logout(document: DocumentArgument, name: NameOption = None) -> int:
    """End a sign-in: remove it from the token store, and revoke it at the provider (RFC 7009).

    Exit status: 0 done, 2 removed but not revoked by the provider, 3 configuration, 4 transient.
    """
    from watchword.sign_in.revocation import sign_out  # noqa: PLC0415 - loads what other commands don't need

    with reporting():
        connection = open_connection(document, name)
        outcome = sign_out(connection)
    if not outcome.was_kept:
        say(f"There is no sign-in of {connection.name} in the token store {connection.store.display_url}.")
        return 0
    revoked = ", and revoked at the provider" if outcome.is_revoked else ""
    say(f"Signed out: {connection.name} is removed from {connection.store.display_url}{revoked}.")
    if outcome.remark:
        say_findings([outcome.remark])
    return Permanence.PERMANENT.exit_code if outcome.is_revoked is False else 0
