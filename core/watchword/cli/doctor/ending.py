"""What is about to end: sign-ins, their refresh tokens, and JWTs that were pasted into a connection."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from watchword.cli.doctor.line import Line, ok, problem, warning
from watchword.cli.doctor.store import REPAIR_FIRST, StoreLook
from watchword.connection import Connection
from watchword.findings.finding import Permanence
from watchword.http.durations import in_words
from watchword.methods.bearer import Bearer
from watchword.stores import open_store
from watchword.tokens.health import DAY, Health, health
from watchword.tokens.token import jwt_expiry

TOPIC = "about to end"


def sign_ins(store: StoreLook, warn_days: float) -> Iterator[Line]:
    """Yield each sign-in that has ended or is about to; raises StoreError if the store can't be read."""
    seen = store.seen()
    if seen is None or seen.version is None:
        yield ok(TOPIC, "there are no tokens in the store")
        return
    if not seen.is_ready:  # to open it would change it
        yield warning(TOPIC, "the tokens were not looked at.", REPAIR_FIRST)
        return
    tokens = list(health(open_store()))
    due = [line for token in tokens for line in _due(token, warn_days)]
    yield from due
    if not due:
        yield ok(TOPIC, f"of {len(tokens)} tokens in the store, none needs a person in {warn_days:g} days")


def _due(token: Health, warn_days: float) -> Iterator[Line]:
    left = token.days_left if token.signs_in else None
    who = f"the sign-in of {token.name or token.host}"
    todo = (
        f"Sign in again, with the command watchword login or in the console, as {token.name or token.host}."
    )
    if token.refusal and not token.has_ended:
        yield warning(TOPIC, f"the last request for a token of {token.name or token.host} was refused: "
                      f"{token.refusal}", "Validate the connection.")  # fmt: skip
    if left is None or left > warn_days:
        return
    if left <= 0:
        yield problem(TOPIC, f"{who} has ended.", todo, Permanence.PERMANENT.exit_code)
        return
    part = "its refresh token" if token.can_renew else "it"
    yield warning(TOPIC, f"{who}: {part} ends in {in_words(left * DAY)}.", todo)


def pasted(connections: Sequence[Connection], warn_days: float) -> Iterator[Line]:
    """Yield each connection whose bearer token is a JWT that has ended or is about to."""
    for connection in connections:
        method = connection.document.method
        expiry = jwt_expiry(method.bearer_token) if isinstance(method, Bearer) else None
        if expiry is None:
            continue
        left, who = expiry - time.time(), f"the bearer token of {connection.name or connection.base_url}"
        todo = "Fetch a new token from the provider and save it."
        if left <= 0:
            what = f"{who} ended {in_words(-left)} ago."
            yield problem(TOPIC, what, todo, Permanence.PERMANENT.exit_code)
        elif left <= warn_days * DAY:
            yield warning(TOPIC, f"{who} ends in {in_words(left)}.", todo)
