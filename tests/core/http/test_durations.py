"""How long a server asks its clients to wait: Retry-After as seconds and as a date (RFC 9110, 10.2.3)."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.http.durations import LONGEST_RETRY_AFTER, retry_after, seconds


@pytest.mark.parametrize(
    ("header", "expected"),
    [("0", 0), ("7", 7), (" 120 ", 120), ("5.5", 5.5), ("5.", 5), ("0000000000012", 12), ("+7", 7),
     ("7, 7", 7), ("7,30 , 5", 30), ("7s", 7), ("7 s", 7), ("2m", 120), ("1500ms", 1.5), ("PT7S", 7),
     ("PT1M30S", 90), ("00:00:07", 7), ("00:01:00", 60), ("5 seconds", 5)],
)  # fmt: skip
def test_seconds_are_read_in_every_form(header, expected):
    """The standard has whole seconds; a fraction, a sign, a span and a list of proxies are read too."""
    assert retry_after(header) == expected


@pytest.mark.parametrize(
    "form",
    [
        "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y",
        "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.000+00:00", "%Y-%m-%d %H:%M:%S UTC", "%Y%m%dT%H%M%SZ",
        "%Y-%m-%dT%H:%M:%SZ[UTC]", "%Y-%m-%d %H:%M:%S +0000 UTC", "%a, %d %b %Y %H:%M:%S +0000",
        "%m/%d/%Y %I:%M:%S %p",
    ],
)  # fmt: skip
def test_each_form_of_a_date_is_read(form):
    """A server may write the forms of RFC 9110 (5.6.7), and those of an end of a token."""
    header = time.strftime(form, time.gmtime(time.time() + 60))
    assert 55 < retry_after(header) <= 60


@pytest.mark.parametrize("size", [1, 1000])
def test_a_number_that_is_a_time_is_no_wait_of_decades(size):
    """Seconds and milliseconds since 1970 are a time, as in the headers of rate limits."""
    assert 55 < retry_after(str(int((time.time() + 60) * size))) <= 60
    assert retry_after(str(int((time.time() - 60) * size))) == 0
    assert retry_after(str(400_000_000 * size)) == LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    "date",
    ["Wed, 21 Oct 2015 07:28:00 GMT", formatdate(86400, usegmt=True), "2025-11-29T10:00:00Z", "2025-11-29"],
)
def test_a_date_in_the_past_asks_for_no_wait(date):
    """The time has come already."""
    assert retry_after(date) == 0


@pytest.mark.parametrize(
    "header",
    [None, "", " ", "-1", "++5", "1e5", "soon", "5 x", "nan", "inf", "\u0663", "2026-02-30T10:00:00Z",
     "7,", "7, soon", "7;7", "-00:00:05", "PT", "0x7", "7 7", "7," * 20 + "7",
     "Wed, 21 Oct 99999 07:28:00 GMT", "Wed, 21 Foo 2026 07:28:00 GMT"],
)  # fmt: skip
def test_a_malformed_value_says_nothing(header):
    """A value in neither form is treated as absent."""
    assert retry_after(header) is None


@pytest.mark.parametrize("header", ["86401", "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_of_years_is_cut_to_a_day(header):
    """No header makes a process wait for longer than a day."""
    assert retry_after(header) == LONGEST_RETRY_AFTER == 86400


@settings(max_examples=usually(500, 10_000))
@given(any_text(40) | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{1,12} GMT"))
def test_any_header_has_an_answer(header):
    """Each text leads to None, or to a wait between nothing and a day."""
    wait = retry_after(header)
    assert wait is None or 0 <= wait <= LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3600, 3600), ("3600", 3600), (" 1.5 ", 1.5), ("-1", -1), ("nan", None), ("inf", None), ("", None),
     (None, None), ([], None), (10**400, None)],
)  # fmt: skip
def test_durations_in_bodies_are_finite_numbers_or_texts_of_them(value, expected):
    """A number or its text is a duration; anything else is None."""
    assert seconds(value) == expected
