"""32 workers share an expired token, and the server revokes a reused sign-in: one request, no failed call."""

from __future__ import annotations

import pytest
import requests

from tests.support.nightly import usually

METHODS = ["oauth2_client_credentials", "oauth2_authorization_code"]
WORKERS = 32
MANY_EXPIRIES, FEW_EXPIRIES = usually(6, 20), usually(2, 5)
"""More expiries for a sign-in that processes share through PostgreSQL, which risks most; fewer elsewhere."""


@pytest.mark.parametrize("processes", [1, 8], ids=["threads", "processes"])
@pytest.mark.parametrize("method", METHODS)
def test_each_expiry_is_one_token_request(run, playground, fields, environment, method, processes):
    """Threads and eight processes, over SQLite and PostgreSQL, make one token request, and no call fails."""
    settings = {"delay": 0.05}
    requests.post(f"{playground.url}/_control/oauth", json=settings, timeout=60).raise_for_status()
    is_postgres = environment["WATCHWORD_STORE"].startswith("postgresql")
    is_riskiest = is_postgres and processes > 1 and method == "oauth2_authorization_code"
    expiries = MANY_EXPIRIES if is_riskiest else FEW_EXPIRIES
    before = playground.token_requests
    rounds = run(fields(method), processes=processes, threads=WORKERS // processes, rounds=expiries)
    assert rounds == [{"200": WORKERS}] * expiries
    assert playground.token_requests - before == expiries + 1  # one more for the first token
    counts = requests.get(f"{playground.url}/_control/counts", timeout=60).json()
    assert counts["families_revoked"] == 0
