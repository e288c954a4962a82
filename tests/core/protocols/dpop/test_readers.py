"""What servers write into headers, whatever it is: nonces and challenges."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.methods import dpop_fields
from watchword.protocols.dpop import api_requests
from watchword.protocols.dpop.nonces import Nonces

URL = "https://api.test/v1/rows"
WORDS = [
    "DPoP",
    "Bearer",
    " ",
    ",",
    "=",
    '"',
    "error",
    "use_dpop_nonce",
    "invalid_dpop_proof",
    "algs",
    "s3cret",
]

header = st.text(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=20).map("".join)


@settings(max_examples=usually(500, 10_000))
@given(nonce=header)
def test_a_nonce_is_used_as_it_is_or_not_at_all(nonce):
    """A nonce that RFC 9449 section 8.1 doesn't allow leaves the former one in force."""
    nonces = Nonces()
    assert nonces.note(URL, {"DPoP-Nonce": "former"})
    is_used = nonces.note(URL, {"DPoP-Nonce": nonce})
    assert nonces.newest(URL) == (nonce if is_used else "former")
    assert json.loads(json.dumps(nonces.newest(URL))) == nonces.newest(URL)


@settings(max_examples=usually(500, 10_000))
@given(challenge=header, status=st.integers(200, 599), is_bound=st.booleans())
def test_any_challenge_is_read(challenge, status, is_bound):
    """A challenge gives a finding of one code or none, and only a 401 is about the proof."""
    headers = {"WWW-Authenticate": challenge, "DPoP-Nonce": "nonce-1"}
    found = dpop_fields.refusal(status, headers, is_bound=is_bound)
    assert found is None or (status, found.code.name) == (401, "dpop_proof_refused")
    assert status == 401 or not api_requests.demands_nonce(URL, status, headers)


def test_nonces_of_many_servers_are_forgotten_rather_than_kept():
    """The memory is bounded, and nonces of different origins are apart."""
    nonces = Nonces()
    for port in range(2001):
        nonces.note(f"https://api.test:{1000 + port}/", {"DPoP-Nonce": f"nonce-{port}"})
    assert nonces.newest("https://API.test:3000/other?a=1") == "nonce-2000"
    assert nonces.newest("https://api.test:1000/") is None
    assert len(nonces._newest) <= 1000
