"""Thirty-two tasks and one expired token, under each executor."""

from __future__ import annotations

import pytest

from watchword.playground import Playground

from .airflow_fleet import Fleet

TASKS = 32


def authorization_server(playground: Playground, *, lifetime: int, delay: float = 0.0) -> None:
    """Have the next tokens last for `lifetime` seconds, and each take `delay` seconds to be issued."""
    playground._state.token_lifetime = lifetime
    if delay:
        playground.fault(delay=delay, times=TASKS, path="/oauth/token")


@pytest.mark.parametrize("method", ["oauth2_client_credentials", "oauth2_authorization_code"])
def test_thirty_two_tasks_make_one_token_request(fleet: Fleet, playground: Playground, method: str) -> None:
    """Every call succeeds, though the server revokes a sign-in whose refresh token comes twice."""
    authorization_server(playground, lifetime=1)
    assert fleet.run("one_call", method) == ["success"], fleet.errors()
    authorization_server(playground, lifetime=3600, delay=0.05)
    path = f"/{method}/v1/me"
    calls, tokens = playground.counts()[path], playground.token_requests
    assert fleet.run("many_calls", method) == ["success"] * TASKS, fleet.errors()
    assert playground.counts()[path] - calls == TASKS
    assert playground.token_requests - tokens == 1
