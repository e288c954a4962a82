"""Servers that mislead a validation: what they answer, what is true, and what the verdict may be.

A trap (`trap.py`) is data: whether the credential is good, bad, irrelevant, limited or unknown, and what the
server answers to the real credential, to any other, and to none. The lists are in `kinds/`, one module for
each kind; `server.py` serves all of them on loopback, `forms.py` tells the credentials apart. Every
validation has its own empty store, so that no trap learns from another.

What a verdict may be:

- The credential is bad, or the answer doesn't depend on it: never `valid` nor `valid_but_limited`.
- It is good: never `invalid`.
- It is limited, and the call was refused: neither `invalid` nor `valid`.
- It is unknown, since the server is down, slow, or something answers in its place: none of the three.

How the undecided are counted: `inconclusive` and `unreachable` leave a good, bad or limited credential
undecided. For an irrelevant or unknown one they are the right answer, and count as decided. At most 10 % of
all traps may be undecided, beyond those that say in their data why nobody could decide them.
"""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

import watchword
from tests.traps.catalogue import TRAPS
from tests.traps.forms import FORMS
from tests.traps.server import TOKEN_PATH, Traps, serving
from tests.traps.trap import Trap, Truth
from watchword.findings.finding import Verdict
from watchword.findings.report import Report

LEAST = 200
MOST_UNDECIDED = 0.1

WRONG: dict[Truth, frozenset[Verdict]] = {
    "bad": frozenset({Verdict.VALID, Verdict.VALID_BUT_LIMITED}),
    "irrelevant": frozenset({Verdict.VALID, Verdict.VALID_BUT_LIMITED}),
    "good": frozenset({Verdict.INVALID}),
    "limited": frozenset({Verdict.VALID, Verdict.INVALID}),
    "unknown": frozenset({Verdict.VALID, Verdict.VALID_BUT_LIMITED, Verdict.INVALID}),
}
FIXED = frozenset({"key", "query", "cookie", "token_word", "bearer", "basic", "custom"})
"""The forms whose credential is sent as it is, and not as a signature or as a token that was issued."""

PUBLIC_PREFIXES = ("sk_live_", "ghp_", "xoxb-")
"""What tells a kind of key, and doesn't belong to the secret."""

SHARED = 6
"""Characters in a row that a decoy has in common with the secret only if it was made of it."""

UNDECIDED = frozenset({Verdict.INCONCLUSIVE, Verdict.UNREACHABLE})


def document(trap: Trap, server: str) -> dict[str, object]:
    """Return the document of a trap's connection."""
    form = FORMS[trap.form]
    base = f"{server}/{trap.name}"
    token_url = {"oauth2": "token_url", "login": "login_url"}.get(trap.form)
    urls = {token_url: f"{base}/{TOKEN_PATH}"} if token_url else {}
    return {"base_url": base, **urls, **form.fields(trap.secret or form.secret), **trap.fields}


def validated(trap: Trap, server: str) -> Report:
    """Validate a trap's connection with an empty store."""
    connection = watchword.load(document(trap, server), name=trap.name, store="memory://")
    url = f"{server}/{trap.name}/v1/me" if trap.calls_api else None
    return connection.validate(
        url, http_method=trap.verb, expected_status=trap.expected, timeout=trap.timeout
    )


@dataclass(frozen=True)
class Room:
    """The report of each trap by its name, and what the server has seen."""

    reports: Mapping[str, Report]
    traps: Traps


@pytest.fixture(scope="session")
def room() -> Room:
    """Give all reports; eight traps run at a time, since some wait, and those begin."""
    traps = Traps([trap for _, trap in TRAPS])
    slow_first = sorted(traps.traps.values(), key=lambda trap: trap.timeout)
    with serving(traps) as server, ThreadPoolExecutor(8) as pool:
        done = pool.map(lambda trap: (trap.name, validated(trap, server)), slow_first)
        return Room(dict(done), traps)


@pytest.fixture(scope="session")
def reports(room: Room) -> Mapping[str, Report]:
    """Give the report of each trap by its name."""
    return room.reports


def described(trap: Trap, report: Report) -> str:
    """Return a trap's verdict with its reason, in one line."""
    deciding = report.deciding
    return f"{trap.truth} {trap.name}: {report.verdict}, {deciding.code.name}: {deciding.message}"


@pytest.mark.parametrize("trap", [pytest.param(trap, id=f"{kind}-{trap.name}") for kind, trap in TRAPS])
def test_a_server_that_misleads_gets_no_wrong_verdict(trap, reports):
    """No trap makes a bad or irrelevant credential valid, or a good or limited one invalid."""
    report = reports[trap.name]
    assert report.verdict not in WRONG[trap.truth], described(trap, report)


def test_the_list_is_long_enough_and_names_each_trap_once():
    """The list has at least 200 traps with different names, and each undecidable one says why."""
    names = [trap.name for _, trap in TRAPS]
    assert len(names) >= LEAST
    assert len(names) == len(set(names))
    assert {trap.truth for _, trap in TRAPS} == set(WRONG)


def test_nearly_all_traps_are_decided(reports):
    """No verdict is wrong, and at most one trap in ten is undecided beyond those that say why."""
    verdicts = [(trap, reports[trap.name]) for _, trap in TRAPS]
    wrong = [described(trap, report) for trap, report in verdicts if report.verdict in WRONG[trap.truth]]
    undecided = [
        (trap, report)
        for trap, report in verdicts
        if report.verdict in UNDECIDED and trap.truth in {"good", "bad", "limited"}
    ]
    for trap, report in undecided:
        reason = f" [undecidable: {trap.undecidable}]" if trap.undecidable else ""
        sys.stdout.write(f"{described(trap, report)}{reason}\n")
    doubtful = [described(trap, report) for trap, report in undecided if not trap.undecidable]
    counted = f"{len(verdicts)} traps, {len(wrong)} wrong, {len(undecided)} undecided"
    sys.stdout.write(f"{counted}, {len(doubtful)} of them without a reason in the data\n")
    assert not wrong, "\n".join(wrong)
    assert len(doubtful) <= MOST_UNDECIDED * len(verdicts), "\n".join(doubtful)


def test_the_server_recognizes_each_credential(room):
    """Each trap whose connection sends a fixed credential was called with it, and knew it."""
    called = [trap for _, trap in TRAPS if trap.form in FIXED]
    assert len(called) >= LEAST
    assert [trap.name for trap in called if not room.traps.calls[trap.name, "real"]] == []


def test_a_decoy_holds_nothing_of_the_secret(room):
    """One decoy is sent for each trap at most, and it shares no part with the real credential."""
    fixed = [trap for _, trap in TRAPS if trap.form in FIXED]
    sent = [(trap, room.traps.others.get(trap.name, set())) for trap in fixed]
    decoys = [(trap, decoy) for trap, values in sent for decoy in values]
    assert len(decoys) >= LEAST
    assert [trap.name for trap, values in sent if len(values) > 1] == []
    assert [trap.name for trap, decoy in decoys if shared(plain(decoy), secret_of(trap))] == []


def test_no_decoy_is_sent_where_it_could_change_something(room):
    """A verb other than GET and HEAD is never sent with a decoy."""
    unsafe = [trap for _, trap in TRAPS if trap.verb not in {"GET", "HEAD"}]
    assert len(unsafe) >= len({"POST", "PUT", "DELETE"})
    assert [trap.name for trap in unsafe if trap.name in room.traps.others] == []


def test_the_event_loop_comes_to_the_same_verdicts(reports):
    """`avalidate` decides as `validate` does, by the same procedure."""
    chosen = [trap for kind, trap in TRAPS if kind in {"json_errors", "limited", "protocols", "tokens"}]
    assert len(chosen) >= 50
    traps = Traps(chosen)
    turns = asyncio.Semaphore(8)  # of more at once on a slow machine, some would miss their time limit

    async def outcome(trap: Trap, server: str) -> tuple[str, str, str]:
        connection = watchword.load(document(trap, server), name=trap.name, store="memory://")
        url = f"{server}/{trap.name}/v1/me" if trap.calls_api else None
        options = {"http_method": trap.verb, "expected_status": trap.expected, "timeout": trap.timeout}
        async with turns:
            report = await connection.avalidate(url, **options)
        return trap.name, report.verdict, report.deciding.code.name

    async def outcomes(server: str) -> list[tuple[str, str, str]]:
        return await asyncio.gather(*(outcome(trap, server) for trap in chosen))

    with serving(traps) as server:
        found = asyncio.run(outcomes(server))
    assert found == [
        (trap.name, reports[trap.name].verdict, reports[trap.name].deciding.code.name) for trap in chosen
    ]


def secret_of(trap: Trap) -> str:
    """Return the real credential of a trap, without a prefix that tells its kind."""
    secret = trap.secret or FORMS[trap.form].secret
    for prefix in PUBLIC_PREFIXES:
        secret = secret.removeprefix(prefix)
    return secret


def plain(sent: str) -> str:
    """Return a credential as it was sent, with name and password of a Basic header in clear."""
    return base64.b64decode(sent[6:]).decode() if sent.startswith("Basic ") else sent


def shared(decoy: str, secret: str) -> bool:
    """Return whether a decoy has several characters in a row in common with the secret."""
    return any(secret[start : start + SHARED] in decoy for start in range(len(secret) - SHARED + 1))
