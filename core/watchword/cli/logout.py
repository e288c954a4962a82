"""The command `watchword logout`: the store forgets a sign-in, and the provider revokes it."""

from __future__ import annotations

from watchword.cli.documents import DocumentArgument, NameOption, opened
from watchword.cli.output import remark, reporting, say
from watchword.findings.finding import Permanence


def logout(document: DocumentArgument, name: NameOption = None) -> int:
    """End a sign-in: the store forgets it, and the provider revokes it (RFC 7009).

    Exit status: 0 done, 2 forgotten but the provider has not revoked it, 3 configuration, 4 transient.
    """
    from watchword.sign_in.revocation import sign_out  # noqa: PLC0415 - loads what other commands don't need

    with reporting():
        connection = opened(document, name)
        ended = sign_out(connection)
    if not ended.was_kept:
        say(f"There is no sign-in of {connection.name} in the token store {connection.store.display_url}.")
        return 0
    revoked = ", and revoked at the provider" if ended.is_revoked else ""
    say(f"Signed out: {connection.name} is forgotten in {connection.store.display_url}{revoked}.")
    if ended.remark:
        remark([ended.remark])
    return Permanence.PERMANENT.exit_code if ended.is_revoked is False else 0
