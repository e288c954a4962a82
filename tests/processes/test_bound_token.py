"""8 processes share one token that is bound to a key: each signs its own proofs with the same key."""

from __future__ import annotations

import pytest

from watchword_playground import BOUND_CREDENTIALS

METHOD = "oauth2_client_credentials"
PROCESSES, THREADS, EXPIRIES = 8, 2, 2


@pytest.mark.parametrize("environment", ["sqlite"], indirect=True)
def test_processes_share_a_bound_token_and_its_key(run, playground, fields):
    """After each expiry one process asks for a token, for the same key, and no call is refused.

    The playground refuses a proof by another key and a proof that was sent before. Each expiry ends its nonce
    too, so that each token needs two requests.
    """
    document = {**fields(METHOD), **BOUND_CREDENTIALS[METHOD]}
    rounds = run(document, processes=PROCESSES, threads=THREADS, rounds=EXPIRIES)
    assert rounds == [{"200": PROCESSES * THREADS}] * EXPIRIES
    assert len(playground.bound_keys) == 1
    assert playground.token_requests == 2 * (EXPIRIES + 1)
