"""Thirty-two tasks need one expired token, under each executor."""

from __future__ import annotations

import pytest

from tests.support.nightly import rest_nightly
from watchword_playground import Playground

from .airflow_fleet import EXECUTORS, Fleet

TASKS = 32
METHODS = ["oauth2_client_credentials", "oauth2_authorization_code"]

pytestmark = pytest.mark.timeout(480)  # with the start of a fleet


@pytest.mark.parametrize("fleet", rest_nightly(EXECUTORS, {"CeleryExecutor"}), indirect=True)
@pytest.mark.parametrize("method", rest_nightly(METHODS, {"oauth2_authorization_code"}))
def test_thirty_two_tasks_make_one_token_request(fleet: Fleet, playground: Playground, method: str) -> None:
    """All 32 calls succeed with one token request, although the server revokes a reused sign-in."""
    server, path = playground.oauth_settings, f"/{method}/v1/me"
    server.access_token_lifetime, server.delay = 1, 0.0
    assert fleet.run("one_call", method) == ["success"], fleet.errors()
    server.access_token_lifetime, server.delay = 3600, 0.05
    calls, tokens = playground.counts()[path], playground.token_requests
    assert fleet.run("many_calls", method) == ["success"] * TASKS, fleet.errors()
    assert playground.counts()[path] - calls == TASKS
    assert playground.token_requests - tokens == 1
    assert playground.families_revoked == 0
