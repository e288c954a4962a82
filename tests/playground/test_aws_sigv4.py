"""AWS Signature Version 4: signed by botocore, awscrt and requests-aws4auth, refused with AWS's errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

import awscrt.auth
import awscrt.http
import botocore.auth
import pytest
import requests
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests_aws4auth import AWS4Auth

from watchword_playground import AWKWARD_CREDENTIALS, CREDENTIALS, Playground

FIELDS = CREDENTIALS["aws_sigv4"]
WITH_TOKEN = {**FIELDS, **AWKWARD_CREDENTIALS["aws_sigv4"]}

Sign = Callable[..., Any]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    """Serve one playground for this module. Its tests leave it unchanged."""
    with Playground() as running:
        yield running


@pytest.fixture
def me(playground: Playground) -> str:
    return f"{playground.url}/aws_sigv4/v1/me"


def presigned(url: str, fields: Any = FIELDS, expires: int = 60) -> str:
    """Return the URL presigned by botocore."""
    keys = Credentials(fields["access_key"], fields["secret_key"], fields.get("session_token"))
    request = AWSRequest("GET", url)
    botocore.auth.SigV4QueryAuth(keys, fields["service"], fields["region"], expires).add_auth(request)
    return str(request.url)


def by_awscrt(url: str, fields: Any, *, in_query: bool) -> tuple[str, dict[str, str]]:
    """Sign with AWS's C library. Return the URL and the headers to send."""
    address = requests.utils.urlparse(url)
    root = f"{address.scheme}://{address.netloc}"
    headers = awscrt.http.HttpHeaders([("Host", address.netloc)])
    request = awscrt.http.HttpRequest("GET", url.removeprefix(root), headers)
    kind = awscrt.auth.AwsSignatureType
    config = awscrt.auth.AwsSigningConfig(
        algorithm=awscrt.auth.AwsSigningAlgorithm.V4,
        signature_type=kind.HTTP_REQUEST_QUERY_PARAMS if in_query else kind.HTTP_REQUEST_HEADERS,
        credentials_provider=awscrt.auth.AwsCredentialsProvider.new_static(
            fields["access_key"], fields["secret_key"], fields.get("session_token")
        ),
        region=fields["region"],
        service=fields["service"],
        expiration_in_seconds=60 if in_query else None,
    )
    signed = awscrt.auth.aws_sign_request(request, config).result(10)
    return root + signed.path, dict(signed.headers)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.timedelta], None]:
    """Give the function that lets botocore sign at another time than now."""

    def shifted(by: dt.timedelta) -> None:
        then = dt.datetime.now(dt.timezone.utc) + by
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: then)

    return shifted


@pytest.mark.parametrize("fields", [FIELDS, WITH_TOKEN])
@pytest.mark.parametrize("query", ["", "?b=2&a=1&a=0", "?q=a%20b%2B%C3%BC&empty&x=%2F~"])
def test_three_signers_agree(
    me: str, session: requests.Session, sigv4: Sign, fields: Any, query: str
) -> None:
    """Signatures of botocore, AWS's C library and requests-aws4auth are accepted, with session tokens too."""
    own = AWS4Auth(
        fields["access_key"],
        fields["secret_key"],
        fields["region"],
        fields["service"],
        session_token=fields.get("session_token"),
    )
    for auth in (sigv4(fields), own):
        response = session.get(me + query, auth=auth)
        assert (response.status_code, response.json()) == (
            200,
            {"method": "aws_sigv4", "user": fields["access_key"]},
        )
    url, headers = by_awscrt(me + query, fields, in_query=False)
    assert session.get(url, headers=headers).status_code == 200


@pytest.mark.parametrize("fields", [FIELDS, WITH_TOKEN])
def test_presigned_urls(me: str, session: requests.Session, fields: Any) -> None:
    """A presigned URL is accepted without any header."""
    assert session.get(presigned(f"{me}?b=2&a=%20x", fields)).status_code == 200
    url, _ = by_awscrt(f"{me}?b=2&a=%20x", fields, in_query=True)
    assert session.get(url).status_code == 200


def test_a_plus_in_the_query_is_a_space(me: str, session: requests.Session, sigv4: Sign) -> None:
    """The query is decoded as a form and encoded again: a signer that takes the plus literally is refused."""
    for given, signed, status in (("a+b", "a%20b", 200), ("a+b", "a%2Bb", 403), ("/:", "%2F%3A", 200)):
        prepared = session.prepare_request(requests.Request("GET", f"{me}?q={signed}", auth=sigv4(FIELDS)))
        prepared.url = f"{me}?q={given}"
        assert session.send(prepared).status_code == status


def code(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.headers["x-amzn-ErrorType"]


MISMATCH = (403, "SignatureDoesNotMatch")


def test_what_is_altered_on_the_way_is_refused(
    playground: Playground, session: requests.Session, sigv4: Sign
) -> None:
    """A body, query, header or HTTP method that was changed after signing is a mismatch."""
    url = f"{playground.url}/aws_sigv4/v1/uploads"

    def prepared(**changes: Any) -> requests.PreparedRequest:
        made = session.prepare_request(requests.Request("POST", f"{url}?a=1", data=b"{}", auth=sigv4(FIELDS)))
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    assert session.send(prepared()).status_code == 200
    assert code(session.send(prepared(body=b"[]"))) == MISMATCH
    assert code(session.send(prepared(url=f"{url}?a=2"))) == MISMATCH
    assert code(session.send(prepared(url=f"{url}?a=1&b=2"))) == MISMATCH
    assert code(session.send(prepared(url=f"{playground.url}/aws_sigv4/v1/me?a=1", method="GET"))) == MISMATCH
    later = prepared()
    date = later.headers["X-Amz-Date"]
    later.headers["X-Amz-Date"] = date[:-2] + ("1Z" if date.endswith("0Z") else "0Z")
    assert code(session.send(later)) == MISMATCH


def test_a_mismatch_shows_what_was_expected(me: str, session: requests.Session, sigv4: Sign) -> None:
    """A wrong secret is answered with the canonical request, in JSON, or in XML if the client accepts it."""
    wrong = {**FIELDS, "secret_key": "wrong"}
    response = session.get(f"{me}?b=2&a=1", auth=sigv4(wrong))
    assert code(response) == MISMATCH
    message = response.json()["message"]
    assert (
        "The Canonical String for this request should have been\n'GET\n/aws_sigv4/v1/me\na=1&b=2\nhost:"
        in message
    )
    assert "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n" in message
    other = session.get(f"{me}?b=2&a=1", auth=sigv4(wrong), headers={"Accept": "application/xml"})
    error = ET.fromstring(other.content)  # noqa: S314 -- the playground's own
    assert error.findtext("Code") == "SignatureDoesNotMatch"
    assert "\n'GET\n/aws_sigv4/v1/me\na=1&b=2\nhost:" in str(error.findtext("Message"))


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({"access_key": "PLAYGROUNDKEY0000099"}, "InvalidAccessKeyId", "does not exist"),
        ({"region": "us-east-1"}, "AuthorizationHeaderMalformed", "expecting 'eu-central-1'"),
        ({"service": "s3"}, "AuthorizationHeaderMalformed", "expecting 'execute-api'"),
        ({"session_token": "unasked"}, "InvalidToken", "security token"),
        ({**WITH_TOKEN, "session_token": None}, "InvalidToken", "security token"),
        ({**WITH_TOKEN, "session_token": "wrong"}, "InvalidToken", "security token"),
    ],
)
def test_each_mistake_has_its_code(
    me: str, session: requests.Session, sigv4: Sign, changes: Any, expected: str, words: str
) -> None:
    """An unknown key, a wrong region or service and a wrong session token have different codes."""
    response = session.get(me, auth=sigv4({**FIELDS, **changes}))
    assert code(response) == (403, expected)
    assert words in response.json()["message"]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-16, "RequestTimeTooSkewed"), (16, "RequestTimeTooSkewed"), (-14, ""), (14, "")],
)
def test_clocks_may_differ_by_a_quarter_of_an_hour(
    me: str, session: requests.Session, sigv4: Sign, at: Any, minutes: int, expected: str
) -> None:
    """A request signed over 15 minutes ago, or as far in the future, is RequestTimeTooSkewed."""
    at(dt.timedelta(minutes=minutes))
    response = session.get(me, auth=sigv4(FIELDS))
    assert response.headers.get("x-amzn-ErrorType", "") == expected


def test_presigned_urls_expire(me: str, session: requests.Session, at: Any) -> None:
    """A presigned URL is valid for its stated lifetime, seven days at most, and not before its time."""
    at(dt.timedelta(hours=-1))
    assert session.get(presigned(me, expires=3700)).status_code == 200
    assert code(session.get(presigned(me, expires=3500))) == (403, "RequestExpired")
    assert code(session.get(presigned(me, expires=0))) == (403, "AuthorizationQueryParametersError")
    assert code(session.get(presigned(me, expires=8 * 86400))) == (403, "AuthorizationQueryParametersError")
    at(dt.timedelta(minutes=16))
    assert code(session.get(presigned(me))) == (403, "RequestTimeTooSkewed")


def test_a_presigned_url_covers_its_query(me: str, session: requests.Session) -> None:
    """Changing a parameter or the lifetime of a presigned URL breaks its signature."""
    url = presigned(f"{me}?a=1")
    assert code(session.get(url.replace("a=1", "a=2"))) == MISMATCH
    assert code(session.get(url.replace("Expires=60", "Expires=600"))) == MISMATCH
    assert code(session.get(f"{url}&b=2")) == MISMATCH


def test_a_body_must_have_the_hash_that_was_sent(
    playground: Playground, session: requests.Session, sigv4: Sign
) -> None:
    """X-Amz-Content-SHA256 is compared with the body, so `UNSIGNED-PAYLOAD` is refused."""
    url = f"{playground.url}/aws_sigv4/v1/uploads"
    for told in ("0" * 64, "UNSIGNED-PAYLOAD"):
        prepared = session.prepare_request(requests.Request("POST", url, data=b"{}", auth=sigv4(FIELDS)))
        prepared.headers["X-Amz-Content-SHA256"] = told
        prepared.headers["Authorization"] = prepared.headers["Authorization"].replace(
            "SignedHeaders=host", "SignedHeaders=host;x-amz-content-sha256"
        )
        assert code(session.send(prepared)) == (403, "XAmzContentSHA256Mismatch")


def test_aws_headers_must_be_signed(me: str, session: requests.Session, sigv4: Sign) -> None:
    """An x-amz- header that was added after signing is refused, and so is a host that wasn't signed."""
    added = session.prepare_request(requests.Request("GET", me, auth=sigv4(FIELDS)))
    added.headers["X-Amz-Meta"] = "x"
    response = session.send(added)
    assert code(response) == (403, "AuthorizationHeaderMalformed")
    assert "x-amz-meta" in response.json()["message"]


@pytest.mark.parametrize(
    "value",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a",
        "AWS4-HMAC-SHA256 Credential=, SignedHeaders=, Signature=",
        "AWS4-HMAC-SHA256 ,,=,",
        "AWS4-HMAC-SHA256 Credential=PLAYGROUNDKEY0000041/x, SignedHeaders=host, Signature=\xfc, Expires=9e9",
    ],
)
@pytest.mark.parametrize(
    "date", ["", "20260101T000000Z", "99999999T999999Z", "Mon, 99 Foo 2026", "Sat, 1 Jan 0000 00:00:00 GMT"]
)
def test_malformed_headers(me: str, session: requests.Session, value: str, date: str) -> None:
    """A header that can't be read is answered with 403, not with a crash."""
    response = session.get(me, headers={"Authorization": value.encode("latin-1"), "X-Amz-Date": date})
    assert response.status_code == 403


@pytest.mark.parametrize(
    "value", ["X-Amz-Expires=-1", "X-Amz-Expires=1e999", "X-Amz-Date=%FF", f"X-Amz-Expires={'9' * 5000}"]
)
def test_malformed_queries(me: str, session: requests.Session, value: str) -> None:
    """A query that can't be read is answered with 403, not with a crash."""
    name, _, _ = value.partition("=")
    rest = "&".join(part for part in presigned(me).partition("?")[2].split("&") if not part.startswith(name))
    assert code(session.get(f"{me}?{rest}&{value}")) == (403, "AuthorizationQueryParametersError")


def test_one_way_at_a_time(me: str, session: requests.Session, sigv4: Sign) -> None:
    """Two signatures, one in the header and one in the query, are refused."""
    assert code(session.get(presigned(me), auth=sigv4(FIELDS))) == (403, "InvalidArgument")


def test_what_is_known_but_not_allowed_is_access_denied(
    playground: Playground, session: requests.Session, sigv4: Sign
) -> None:
    """A valid key without permission gets the status 403 with the code AccessDenied."""
    response = session.get(f"{playground.url}/aws_sigv4/v1/admin", auth=sigv4(FIELDS))
    assert code(response) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("fields", "expected"), [(FIELDS, "InvalidAccessKeyId"), (WITH_TOKEN, "ExpiredToken")]
)
def test_a_revoked_key_is_unknown_and_a_revoked_session_expired(
    playground: Playground, me: str, session: requests.Session, sigv4: Sign, fields: Any, expected: str
) -> None:
    """A revoked key is InvalidAccessKeyId, and a revoked session is ExpiredToken."""
    playground.revoke("aws_sigv4")
    try:
        assert code(session.get(me, auth=sigv4(fields))) == (403, expected)
    finally:
        playground.restore("aws_sigv4")
