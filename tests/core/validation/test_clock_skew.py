"""This machine's clock is compared with the API's Date header."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

import watchword
from watchword.validation import clock_skew

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("offset", "reason", "remark"),
    [
        (0, None, None),
        (29, None, None),
        (45, None, "45 seconds behind"),
        (-45, None, "45 seconds ahead of"),
        (600, "600 seconds behind", "600 seconds behind"),
        (-86400, "86400 seconds ahead of", "86400 seconds ahead of"),
    ],
)
def test_a_difference_is_reported_with_size_and_direction(offset, reason, remark):
    """A difference of half a minute is a remark; five minutes are a reason for a refusal."""
    headers = {"Date": formatdate(NOW + offset, usegmt=True)}
    remarks = clock_skew.remarks(headers, NOW)
    for found, words in (
        (clock_skew.reason(headers, NOW), reason),
        (remarks[0] if remarks else None, remark),
    ):
        assert (found.message if found else None) == (words and f"This machine's clock is {words} the API's.")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Date": ""}, {"Date": "soon"}, {"Date": "Wed, 99 Jan 2026 00:00:00 GMT"}, {"Age": "700"}],
)
def test_without_a_readable_date_nothing_is_known(headers):
    """Without a readable Date header, or from a cache, the difference is unknown."""
    headers = {"Date": formatdate(NOW - 700, usegmt=True), **headers} if "Age" in headers else headers
    assert clock_skew.ahead(headers, NOW) is None


@pytest.mark.parametrize(
    ("offset", "status", "code"),
    [(900, 401, "clock_skew"), (900, 200, "authenticated"), (100, 401, "unauthorized_401")],
)
def test_a_validation_names_the_clock_if_the_credential_depends_on_it(serve, reply, offset, status, code):
    """If the clock is far off, it explains a refused JWT; a smaller difference is a remark."""

    def answer(seen):
        headers = {"Date": formatdate(time.time() + offset, usegmt=True)}
        is_real = (
            seen.headers.get("Authorization")
            == f"Bearer {connection.credential.token_cache.get().access_token}"
        )
        return reply(status if is_real else 401, {"id": 1}, headers)

    server = serve(answer)
    connection = watchword.load(
        {"base_url": server.url, "method": "jwt_bearer", "jwt_secret": "a secret that is long enough: 32"}
    )
    report = connection.validate(f"{server.url}/me")
    assert report.deciding.code.name == code
    drifts = [found for found in report.notes if found.code.name == "clock_drift"]
    assert len(drifts) == (code != "clock_skew")


def test_a_fixed_key_does_not_depend_on_the_clock(serve, reply):
    """If a fixed key is refused, the clock is not mentioned."""
    server = serve(reply(401, None, {"Date": formatdate(NOW - 10**8, usegmt=True)}))
    connection = watchword.load({"base_url": server.url, "method": "api_key", "api_key": "s3cret-key"})
    report = connection.validate(f"{server.url}/me")
    assert report.deciding.code.name == "unauthorized_401"
    assert report.notes == ()
