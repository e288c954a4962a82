"""How long a token lasts: every form in which servers state it, and what is none."""

from __future__ import annotations

import base64
import json
import math
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.http.bodies import content_of
from watchword.http.durations import moment, span
from watchword.tokens.lifetimes import (
    LONGEST_LIFETIME,
    Lifetime,
    LifetimePaths,
    State,
    read_end,
    read_lifetime,
    read_refresh_lifetime,
    remaining,
    unread_end,
)
from watchword.tokens.token import Token

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z
HOUR = 3600.0


@pytest.mark.parametrize(
    ("stated", "lifetime"),
    [
        (3600, HOUR), ("3600", HOUR), (3600.0, HOUR), ("3599.5", 3599.5),
        (NOW + HOUR, HOUR), (str(int(NOW + HOUR)), HOUR), ((NOW + HOUR) * 1e3, HOUR),
        ((NOW + HOUR) * 1e6, HOUR),
        ("2027-01-15T09:00:00Z", HOUR),                      # Strava, Docker Hub
        ("2027-01-15T09:00:00.0000000+00:00", HOUR),         # Azure Arc
        ("2027-01-15T09:00:00.1234567Z", HOUR + 0.1234567),  # .NET
        ("2027-01-15T09:00:00.123456789Z", HOUR + 0.123456789),  # Go, Kubernetes' TokenRequest
        ("2027-01-15T09:00:00+0000", HOUR),                  # Facebook, Jira
        ("2027-01-15T10:00:00+01", HOUR), ("2027-01-15T04:30:00-04:30", HOUR),
        ("2027-01-15 09:00:00 +00:00", HOUR), ("2027-01-15 09:00:00 UTC", HOUR), ("2027-01-15T09:00", HOUR),
        ("20270115T090000Z", HOUR),                          # AWS
        ("1/15/2027 9:00:00 AM +00:00", HOUR),               # managed identities in App Service
        ("01/15/2027 09:00:00 +00:00", HOUR), ("1/15/2027 1:00:00 PM +00:00", 5 * HOUR),
        ("01/15/2027 13:00:00 PM +00:00", 5 * HOUR), ("1/16/2027 12:00:00 AM", 16 * HOUR),
        ("1/15/2027 12:30:00 PM", 4.5 * HOUR),               # Concur
        ("15/01/2027 09:00:00", HOUR), ("15/1/2027 10:00:00 +01:00", HOUR), ("16/01/2027 08:00", 24 * HOUR),
        ("2/2/2027 08:00:00", 18 * 24 * HOUR),
        ("1/2/2027 08:00:00", 17 * 24 * HOUR),               # the 2nd of January has passed
        ("3/4/2027 12:00:00 AM", 4_118_400),  # AM: a US date
        ("Fri, 15 Jan 2027 09:00:00 GMT", HOUR),             # RFC 9110, ASP.NET's .expires
        ("Friday, 15-Jan-27 09:00:00 GMT", HOUR), ("Fri Jan 15 09:00:00 2027", HOUR),
        ("Fri, 15 Jan 2027 10:00:00 +0100", HOUR),           # email's
        ("Fri Jan 15 09:00:00 UTC 2027", HOUR),              # Java's Date
        ("/Date(1800003600000)/", HOUR), ("\\/Date(1800003600000+0000)\\/", HOUR),  # WCF
        ("2027-01-15T09:00:00Z[UTC]", HOUR), ("2027-01-15T18:00:00.123+09:00[Asia/Seoul]", HOUR + 0.123),
        # Java above, Go below
        ("2027-01-15 09:00:00 +0000 UTC", HOUR), ("2027-01-15 18:00:00.5 +0900 KST", HOUR + 0.5),
        ("2027-01-15 09:00:00.123456789 +0000 UTC m=+3600.000123456", HOUR + 0.123456789),
        ("2027-01-15 12:00:00 +0300 +03", HOUR),
        ("Fri Jan 15 2027 10:00:00 GMT+0100 (Central European Standard Time)", HOUR),  # JavaScript
        ("Fri Jan 15 2027 09:00:00 GMT+0000", HOUR),
        ("01:00:00", HOUR), ("177:13:20", 638_000), ("1.00:00:00", 86_400), ("00:59:59.5", 3599.5),
        # Tableau, .NET
        ("3600s", HOUR), ("1h0m0s", HOUR), ("60 minutes", HOUR), ("PT1H", HOUR), ("P1D", 86_400),
        # Google, Go, ISO
    ],
)  # fmt: skip
def test_each_form_of_an_end_is_read(stated, lifetime):
    """Spans and times, as numbers and as texts, in every form that is known of a provider."""
    assert remaining(stated, NOW) == pytest.approx(lifetime, abs=1e-3)


@pytest.mark.parametrize(
    ("stated", "state"),
    [
        (None, State.ABSENT), (False, State.ABSENT), ("", State.ENDLESS), ("never", State.ENDLESS),
        ("9999-12-31T23:59:59Z", State.ENDLESS), (253_402_300_799, State.ENDLESS), (2**31 - 1, State.ENDLESS),
        ("3650.00:00:01", State.ENDLESS), (2**63 - 1, State.ENDLESS), ("9223372036854775807", State.ENDLESS),
        (2**64 - 1, State.ENDLESS), (2**53 - 1, State.ENDLESS), (2**32 - 1, State.ENDLESS),
        (999_999_999, State.ENDLESS), ("9999999999", State.ENDLESS), (10**12 - 1, State.ENDLESS),
        (2**63 - 1025, State.UNREADABLE), (999_999_998, State.UNREADABLE),
        ("2027-01-15T09:00:00[Asia/Seoul]", State.UNREADABLE),
        ("Fri Feb 30 2027 09:00:00 GMT+0000", State.UNREADABLE),
        (0, State.ENDED), (-5, State.ENDED), ("-00:00:05", State.ENDED), (NOW - 60, State.ENDED),
        ("2027-01-15T07:00:00Z", State.ENDED), ("Fri, 15 Jan 2027 07:00:00 GMT", State.ENDED),
        (True, State.UNREADABLE), ([5], State.UNREADABLE), ({"$date": 5}, State.UNREADABLE),
        (400_000_000, State.UNREADABLE), (1e9, State.UNREADABLE), (1e300, State.UNREADABLE),
        (1e13 * 9e3, State.UNREADABLE),
        ("soon", State.UNREADABLE), ("nan", State.UNREADABLE), ("3,600", State.UNREADABLE),
        ("1:30", State.UNREADABLE),
        ("2027-01-15T07:00:00", State.UNREADABLE), ("1/15/2027 7:00:00 AM", State.UNREADABLE),
        ("2027-02-30T00:00:00Z", State.UNREADABLE), ("31/02/2027 09:00:00", State.UNREADABLE),
        ("2/3/2027 09:00:00", State.UNREADABLE), ("1/2/2026 09:00:00", State.UNREADABLE),
        ("13/14/2027 09:00:00", State.UNREADABLE),
        ("2027-01-15T25:00:00Z", State.UNREADABLE), ("1/15/2027 13:00:00 AM", State.UNREADABLE),
        ("2027-01-15T09:00:00+99:00", State.UNREADABLE), ("Fri Jan 15 09:00:00 CET 2027", State.UNREADABLE),
        ("0001-01-01T00:00:00Z", State.UNREADABLE), ("Fri, 99 Jan 2027 09:00:00 GMT", State.UNREADABLE),
        ("2027-01-15", State.UNREADABLE), ("T" * 100, State.UNREADABLE), ("PT", State.UNREADABLE),
        ("P", State.UNREADABLE),
    ],
)  # fmt: skip
def test_what_is_no_plausible_end_is_never_read_as_one(stated, state):
    """Numbers that are neither a span nor a time, ends that were passed, and other texts give no lifetime."""
    assert read_end(stated, NOW) == (state, None)


REPLIES = [
    ({"expires_in": 3600}, HOUR), ({"expiresIn": "3600"}, HOUR), ({"ExpiresIn": 3600}, HOUR),
    ({"expires_in_sec": 3600, "expires_in": 3_600_000}, HOUR),  # Zoho, formerly
    ({"token": "t", "expirationMicros": (NOW + HOUR) * 1e6}, HOUR),  # F5
    ({"token_ttl": 3600}, HOUR), ({"tokenLifetimeInSeconds": 3600}, HOUR),
    ({"access_token_ttl_ms": 3_600_000}, HOUR), ({"token_ttl": 9, "expiresIn": 3600}, HOUR),
    ({"expires_in_ms": 3_600_000}, HOUR), ({"expiresInMillis": 3_600_000}, HOUR),
    ({"expires_in_minutes": 60}, HOUR),
    ({"expires_at": NOW + HOUR}, HOUR), ({"expires_on": str(int(NOW + HOUR))}, HOUR),
    ({"expires_in": 3_600_000, "expires_at": NOW + HOUR}, HOUR),
    ({".expires": "Fri, 15 Jan 2027 09:00:00 GMT", ".issued": "Fri, 15 Jan 2027 08:00:00 GMT"}, HOUR),
    # ASP.NET
    ({"expirationDate": "2027-01-15T09:00:00.000+0000"}, HOUR), ({"expire": 3600}, HOUR),  # Feishu
    ({"accessTokenExpiresOn": "2027-01-15T09:00:00Z"}, HOUR), ({"expires": int((NOW + HOUR) * 1000)}, HOUR),
    ({"expires_in": None, "expires_at": NOW + HOUR}, HOUR), ({"expires_in": "soon", "expires": 3600}, HOUR),
    ({"access_token_expire_in": int(NOW + HOUR), "refresh_token_expire_in": int(NOW + 9)}, HOUR),  # TikTok
    ({"lease_duration": 3600, "renewable": True}, HOUR),  # Vault
    ({"access_expires": 3600, "refresh_expires": 2_592_000}, HOUR),  # GoCardless
    ({"validityInSeconds": 3600, "masterValidityInSeconds": 14_400}, HOUR),  # Snowflake
    ({"validity_period": 3600}, HOUR), ({"validityTime": "3600"}, HOUR), ({"validForMinutes": 60}, HOUR),
    ({"token_expired_at": NOW + HOUR}, HOUR), ({"expired_time": NOW + HOUR}, HOUR),
    ({"access_token_expiration": NOW + HOUR}, HOUR), ({"expirationDateTime": NOW + HOUR}, HOUR),
    ({"expires": NOW + 9, "expires_at": NOW + 8, "expires_in": 3600}, HOUR),
    ({"expires": NOW + 9, "expires_at": NOW + HOUR}, HOUR),
    ({"expiresOn": "2027-01-15 18:00:00.000000", "expires_on": NOW + HOUR}, HOUR),  # Azure's CLI
    ({"expires_at": "2027-01-15 03:00:00", "expirationDate": "2027-01-15T09:00:00Z"}, HOUR),
    ({"expires_at": "2027-01-15T18:00:00.000", "issued_at": "2027-01-15T17:00:00.000"}, HOUR),  # Cafe24
    ({"expires_at": "2027-01-15T14:30:00", "created": "2027-01-15T13:30:12"}, HOUR),  # India
    ({"expires_at": "2027-01-15T04:00:00", "issued": "2027-01-15T03:00:00"}, HOUR),
    ({"expires_at": "2027-01-15T18:00:00", "issued_at": "2027-01-15T16:23:00"}, HOUR),  # issued earlier
    ({"expires_at": "2027-01-15T09:00:00", "issued_at": "2027-01-15T07:23:00"}, HOUR),
    ({"expires_at": "2027-01-15T09:00:00", "created_at": "2020-01-15T17:00:00"}, HOUR),  # the account's
    ({"expires_at": "2027-01-15T09:00:00Z", "issued_at": "2027-01-15T17:00:00"}, HOUR),
    ({"expires_at": "2027-01-15T09:00:00", "issued_at": "2027-01-15T17:00:00+09:00"}, HOUR),
    ({"validity": "good", "expired": True, "lease_id": 5, "password_expires_in": 60}, math.inf),
    ({"session_expires": 60, "masterValidityInSeconds": 60, "trial_expires_at": NOW + 60}, math.inf),
    ({"expires_in": 2**63 - 1}, math.inf), ({"expires_in": 999_999_999}, math.inf),  # WSO2
    ({"refresh_expires_in": 60, "refresh_token_expires_at": NOW + 60, "not_before_policy": 0}, math.inf),
    ({"expires": 0}, math.inf), ({"expires": -1}, math.inf), ({"expires": False}, math.inf),
    ({"expires": True}, math.inf),
    ({"exp_days": 5, "created_at": NOW, "ttl": 5, "ext_expires_in": 7200}, math.inf),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "lifetime"), REPLIES)
def test_the_usual_fields_are_read_where_the_configured_path_is_absent(fields, lifetime):
    """Names are compared without case and signs; those of a refresh token's end are other names."""
    for path in ("expires_in", "expires_in_s", "data.expires"):
        found = read_lifetime(fields, LifetimePaths(path, "access_token"), "t", NOW)
        assert found.seconds == pytest.approx(lifetime)
        assert not found.unread


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"data": {"token": "t", "expires_in": 60}, "expires_in": 9}', "data.token"),
        ('{"result": [{"token": "t", "expiresAt": "2027-01-15T08:01:00Z"}]}', "result[0].token"),
        ("<a><Token>t</Token><Expiration_date>1/15/2027 8:01:00 AM</Expiration_date></a>", "//Token"),
        ('<r><credentials token="t" estimatedTimeToExpiration="00:01:00"/></r>', "r.credentials.token"),
        ('{"data": {"token": "t", "expires": 60}}', "$..token"),
        ('<r><credentials token="t" estimatedTimeToExpiration="00:01:00"><site/></credentials></r>',
         "credentials.token"),  # Tableau
        ('<r><credentials token="t" estimatedTimeToExpiration="00:01:00"/></r>', "//credentials/@token"),
        ('<r><a><token value="t" expires_in="60"/></a><b/></r>', "//token/@value"),
        ('<r><a/><token expires_in="60">t</token></r>', "token"),
        ("<r><a><Token>t</Token><ExpiresIn>60</ExpiresIn></a><b/></r>", "//Token"),
        ('{"ok": 1, "a": {"b": [{"token": "t", "expires_in": 60}]}, "expires_in": 9}', "$..token"),
        ('{"ok": 1, "a": [{"token": "no", "expires_in": 9}, {"live": true, "token": "t", "expires_in": 60}]}',
         "$.a[?@.live==true].token"),
        ('{"lease_duration": 0, "data": null, "auth": {"client_token": "t", "lease_duration": 60}}',
         "auth.client_token"),  # Vault
        ('{"token": "t", "expires_in": 9, "data": {"token": "t", "expires_in": 60}}', "data.token"),
    ],
)  # fmt: skip
def test_the_usual_fields_beside_the_token_count_first(text, path):
    """A lifetime stands beside its token, at the top, or in the only object there."""
    found = read_lifetime(content_of(text).value, LifetimePaths("nowhere", path), "t", NOW)
    assert found.seconds == 60


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"token": "t", "user": {"expires_in": 60}, "ok": true}', "token"),
        ('{"token": "t", "user": {"expires_in": 60}, "ok": true}', "$..token"),
        ('<r><token>t</token><licence expires="60"/></r>', "//token"),
        ('<r><credentials token="t"/><licence expires="60"/></r>', "credentials.token"),
        ('{"a": {"x": {"expires_in": 60}, "token": "t"}, "b": 1}', "$..token"),
    ],
)
def test_the_end_of_something_else_is_not_the_token_s(text, path):
    """A lifetime in an object that does not hold the token counts for nothing."""
    assert read_lifetime(content_of(text).value, LifetimePaths("nowhere", path), "t", NOW).seconds == math.inf


def _jwt(**claims):
    text = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{text}.c2ln"


@pytest.mark.parametrize(
    ("fields", "claims", "lifetime"),
    [
        ({"expires_in": 86_399_956}, {"created_at": "1800000000000", "expires_in": "86400000"}, 86_399.956),
        ({"expires_in": 86_399_956}, {"created_at": NOW * 1000, "expires_in": 86_400_000}, 86_399.956),
        ({}, {"created_at": "1799999940000", "expires_in": "120000"}, 60),
        ({"expires_in": 900_000}, {"exp": NOW + 900}, 900),  # Directus
        ({"expires_in": 86_399_956}, {"exp": NOW + 86_399_956}, 86_399_956),
        ({"expires_in": 86_399_956}, {"created_at": NOW, "expires_in": 86_400}, 86_399_956),
        ({"expires_in": 86_399_956}, {"expires_in": "86400000"}, 86_399_956),
        ({"expires_in": 3600}, {"created_at": "1800000000000", "expires_in": "86400000"}, 3600),
    ],
)
def test_the_claims_of_the_token_show_milliseconds(fields, claims, lifetime):
    """Adobe states milliseconds as `expires_in`, and its token's claims say the same from its creation on."""
    found = read_lifetime(fields, LifetimePaths("expires_in", "access_token"), _jwt(**claims), NOW)
    assert found.seconds == pytest.approx(lifetime)


def test_a_document_with_a_default_knows_better_than_the_usual_fields():
    """With default_lifetime a response is read at the configured path and in expires_at alone, as before."""
    paths = LifetimePaths("nowhere", "access_token", 50.0)
    assert read_lifetime({"expires_in": 3600, "expiresIn": 3600}, paths, "t", NOW).seconds == 50
    assert read_lifetime({"expires_at": NOW + 60}, paths, "t", NOW).seconds == 60
    assert read_lifetime({"nowhere": 70}, paths, "t", NOW).seconds == 70


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"expires_in": "s3cret-TOKEN-1"}, "'expires_in' as text like 'a9aaaa-aaaaa-9'"),
        ({"expires_at": "02/03/2027 09:00:00"}, "'expires_at' as text like '99/99/9999 99:99:99'"),
        ({"expires_in": 400_000_000}, "a number of 9 digits"),
        ({"expires_in": 999_999_998}, "a number of 9 digits"), ({"expires_in": True}, "true"),
        ({"expires_in": {"a": "s3cret"}}, "an object"), ({"expires_in": ["s3cret"]}, "a list"),
        ({"expires_at": NOW - 60}, "a number of 10 digits"),
        ({"expiresOn": "2027-01-15T07:00:00Z"}, "'expiresOn'"),
    ],
)  # fmt: skip
def test_an_end_that_can_not_be_read_is_a_remark_without_a_character_of_it(fields, words):
    """The remark names the field and the form of its value: a wrong path may lead to a token."""
    found = read_lifetime(fields, LifetimePaths("expires_in", "access_token"), "t", NOW)
    assert found.seconds == math.inf
    (remark,) = unread_end(Token("t", unread_end=found.unread))
    assert words in remark.message
    assert remark.code.name == "lifetime_unreadable"
    assert "s3cret" not in str(remark)
    assert read_lifetime(fields, LifetimePaths("expires_in", "", 60.0), "t", NOW).unread == ""
    assert unread_end(Token("t")) == []


@pytest.mark.parametrize(
    ("fields", "path", "lifetime"),
    [
        ({"refresh_expires_in": 60}, "", 60), ({"x_refresh_token_expires_in": 8_726_400}, "", 8_726_400),
        # Intuit
        ({"refreshTokenExpiresIn": "60"}, "", 60), ({"refresh_token_expires_at": NOW + 60}, "", 60),
        ({"refresh_token_expires_in": 60}, "absent", 60),
        ({"r": {"e": 5}, "refresh_expires_in": 60}, "r.e", 5),
        ({"refresh_token_expire_in": int(NOW + 60)}, "", 60), ({"refresh_expires": 60}, "", 60),
        ({"data": {"r": "x", "refresh_expires_in": 60}, "ok": 1}, "", 60),  # Lark
        ({"data": {"r": "x", "refreshTokenExpiresAt": (NOW + 60) * 1000}, "ok": 1}, "", 60),  # Xiaohongshu
        ({"data": {"r": "x"}, "user": {"refresh_expires_in": 60}}, "", None),
        ({"data": {"r": "x", "expires_in": 60}, "ok": 1}, "", None),
        ({"refresh_token_validity_in_seconds": 60}, "", 60), ({"refresh_token_status": "approved"}, "", None),
        ({"refresh_expires_in": 2**63 - 1}, "", None), ({"refresh_count": 60}, "", None),
        ({"refresh_expires_in": 0}, "", None), ({"refresh_expires_in": -1}, "", None), ({}, "", None),
        ({"expires_in": 60}, "", None), ({"refresh_expires_in": "soon"}, "", math.inf),
    ],
)  # fmt: skip
def test_the_lifetime_of_a_refresh_token_is_read_in_the_same_way(fields, path, lifetime):
    """Its usual names are tried too; a stated 0 means that it has no end, and an unread end is a remark."""
    found = read_refresh_lifetime(fields, LifetimePaths(path, "data.r"), NOW)
    assert (found and found.seconds) == lifetime
    assert bool(found and found.unread) is (lifetime == math.inf)


def test_a_header_of_the_response_can_state_the_lifetime():
    """Swift has X-Auth-Token-Expires beside X-Auth-Token; another header is named in the path."""
    headers = CaseInsensitiveDict({
        "x-auth-token": "t", "X-Auth-Token-Expires": "3600", "X-Ends": str(NOW + 60),
        "Expires": "Fri, 15 Jan 2027 08:00:30 GMT",
    })  # fmt: skip
    for path, token_header, lifetime in (
        ("expires_in", "X-Auth-Token", 3600), ("header:x-ends", "X-Auth-Token", 60),
        ("header:X-Ends", "", 60), ("header: Expires", "", 30),
        ("header:X-Gone", "X-Auth-Token", 3600), ("header:X-Gone", "", math.inf),
        ("expires_in", "", math.inf),
    ):  # fmt: skip
        paths = LifetimePaths(path, "", headers=headers, token_header=token_header)
        assert read_lifetime({}, paths, "t", NOW).seconds == lifetime
    assert read_refresh_lifetime({}, LifetimePaths("header:X-Ends", headers=headers), NOW) == Lifetime(60)


def test_a_lease_of_vault_that_lasts_0_seconds_has_no_end():
    """Vault says so of its root tokens; another 0 needs a default_lifetime."""
    assert read_end(0, NOW, "auth.lease_duration").state is State.ENDLESS
    assert read_end(0, NOW, "expires_in").state is State.ENDED


@settings(max_examples=usually(500, 10_000))
@given(
    stated=st.none() | st.booleans() | st.integers() | st.floats() | any_text(70) | st.just([1])
    | st.text(alphabet="0123456789:-./TZPDHMS +,aAmMpPGdhs()[]UC=", max_size=40),
    name=st.sampled_from(["expires_in", "expires_in_ms", "expirationDays", "", "expires\n"]),
)  # fmt: skip
def test_any_value_has_a_plausible_lifetime_or_none(stated, name):
    """Whatever a server states, a lifetime is positive and at most ten years, or there is none."""
    found = read_end(stated, NOW, name)
    assert (found.state is State.READ) is (found.seconds is not None)
    assert found.seconds is None or 0 < found.seconds <= LONGEST_LIFETIME
    lasts = read_lifetime({name: stated}, LifetimePaths(name), "t", NOW)
    assert lasts.seconds > 0
    assert not lasts.unread or lasts.seconds == math.inf


_FIRST, _LAST = (datetime(year, 1, 1) for year in (1990, 2090))  # noqa: DTZ001 - hypothesis adds no zone
_FIRST, _LAST = (datetime(year, 1, 1) for year in (1990, 2090))  # noqa: DTZ001 - hypothesis wants no zone
FORMATS = ["%Y-%m-%dT%H:%M:%S{}", "%Y-%m-%d %H:%M:%S{}", "%m/%d/%Y %H:%M:%S{}", "%m/%d/%Y %I:%M:%S %p {}"]


@settings(max_examples=usually(500, 10_000))
@given(
    date=st.datetimes(_FIRST, _LAST).map(lambda found: found.replace(microsecond=0)),
    offset=st.integers(-14 * 60, 14 * 60),
    form=st.sampled_from(FORMATS),
    colon=st.booleans(),
)  # fmt: skip
def test_a_date_is_the_same_in_every_form(date, offset, form, colon):
    """Any date in any offset is read as the time that it is."""
    zone = timezone(timedelta(minutes=offset))
    local = date.replace(tzinfo=zone)
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    text = local.strftime(form).format(f"{sign}{hours:02}{':' if colon else ''}{minutes:02}")
    assert moment(text) == local.timestamp()
    assert moment(format_datetime(local)) == local.timestamp()


@given(st.integers(0, 99_999), st.integers(0, 59), st.integers(0, 59))
def test_a_span_is_hours_minutes_and_seconds(hours, minutes, seconds):
    """Hours have no limit at a day."""
    assert span(f"{hours:02}:{minutes:02}:{seconds:02}") == hours * 3600 + minutes * 60 + seconds


MILLISECONDS = [
    ("expires_in", 604_800_000, 7 * 86_400),          # a week
    ("expires_in", "2592000000", 30 * 86_400),        # 30 days, as text
    ("expiresIn", 7_776_000_000, 90 * 86_400),
    ("data.ttl", 432_000_000, 5 * 86_400),
    ("token_lifetime", 31_536_000_000, None),         # whole years: a thousand of them, or one
    ("expires_in", 630_720_000, None),                # 20 years
    ("expires_in", 3_155_760_000, None),              # a hundred Julian years, WSO2
    ("expires_in", 604_800_001, None),                # no whole minutes
    ("expires_in", 3_600_000, 3_600_000),             # a thousand hours: it may be so
    ("expires_at", 604_800_000, None),                # no field for a span
    ("expires_in", NOW + HOUR, HOUR),                 # a time in the wrong field
    ("expires_in", 1_800_060_000, 60_000),            # the same, in whole minutes of milliseconds
]  # fmt: skip


@pytest.mark.parametrize(("name", "stated", "lifetime"), MILLISECONDS)
def test_a_span_of_more_than_ten_years_may_be_in_milliseconds(name, stated, lifetime):
    """A field for spans whose number is absurd in seconds, and whole minutes in milliseconds, is read so."""
    assert read_end(stated, NOW, name).seconds == lifetime
