"""AWS's refusals, in the documents that its services send."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword import redact
from watchword.findings.codes import CODES
from watchword.protocols.sigv4.refusals import aws_refusal

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
CANONICAL = (
    "\n\nThe Canonical String for this request should have been\n'GET\n/prod/a%20b\nlimit=1\n"
    "host:abc.execute-api.eu-central-1.amazonaws.com\nx-amz-date:20261121T120000Z\n"
    "x-amz-security-token:IQoJb3JpZ2luX2VjEXAMPLE\n\nhost;x-amz-date;x-amz-security-token\ne3b0c442'\n\n"
    "The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20261121T120000Z\n...'\n"
)


def s3(code, message, more=""):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message>{more}"
        "<RequestId>4442587FB7D0A2F9</RequestId><HostId>...</HostId></Error>"
    )


def query_api(code, message):
    return (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    )


def ec2(code, message):
    return (
        f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        "<RequestID>1</RequestID></Response>"
    )


def json_api(code, message):
    return json.dumps({"__type": f"com.amazon.coral.service#{code}", "message": message})


def gateway(message):
    return json.dumps({"message": message})


INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"
NO_RECORD = "The AWS Access Key Id you provided does not exist in our records."
NOT_VALIDATED = "AWS was not able to validate the provided access credentials"

BEHIND = (
    "Signature expired: 20261121T115159Z is now earlier than 20261121T120519Z (20261121T121019Z - 5 min.)"
)
AHEAD = (
    "Signature not yet current: 20261121T130000Z is still later than 20261121T121500Z "
    "(20261121T120000Z + 15 min.)"
)
SKEWED = (
    "<RequestTime>20261121T120000Z</RequestTime><ServerTime>2026-11-21T12:20:00Z</ServerTime>"
    "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>"
)
WRONG_REGION = "the region 'us-east-1' is wrong; expecting 'eu-central-1'"
SCOPED = "Credential should be scoped to "

ANSWERS = [
    (403, s3("InvalidAccessKeyId", NO_RECORD), "aws_key_unknown"),
    (403, query_api("InvalidClientTokenId", INVALID), "aws_key_unknown"),
    (400, json_api("UnrecognizedClientException", INVALID), "aws_key_unknown"),
    (403, gateway(INVALID), "aws_key_unknown"),
    (401, ec2("AuthFailure", NOT_VALIDATED), "aws_key_unknown"),
    (403, s3("SignatureDoesNotMatch", MISMATCH), "signature_mismatch"),
    (403, query_api("SignatureDoesNotMatch", MISMATCH), "signature_mismatch"),
    (400, json_api("InvalidSignatureException", MISMATCH), "signature_mismatch"),
    (403, gateway(MISMATCH + CANONICAL), "signature_mismatch"),
    (400, s3("XAmzContentSHA256Mismatch", "... does not match what was computed."), "signature_mismatch"),
    (400, s3("ExpiredToken", "The provided token has expired."), "aws_token_expired"),
    (400, json_api("ExpiredTokenException", EXPIRED), "aws_token_expired"),
    (403, query_api("ExpiredToken", EXPIRED), "aws_token_expired"),
    (403, gateway(EXPIRED), "aws_token_expired"),
    (400, s3("TokenRefreshRequired", "The provided token must be refreshed."), "aws_token_expired"),
    (400, s3("InvalidToken", "The provided token is malformed or otherwise invalid."), "aws_token_missing"),
    (400, json_api("MissingAuthenticationTokenException", "Missing Token"), "aws_token_missing"),
    (403, query_api("MissingAuthenticationToken", "Request is missing a token"), "aws_token_missing"),
    (403, gateway("Missing Authentication Token"), "forbidden_403"),
    (403, s3("RequestTimeTooSkewed", "The difference ... is too large."), "clock_skew"),
    (403, s3("AccessDenied", "Request has expired"), "clock_skew"),
    (400, ec2("RequestExpired", "Request has expired."), "clock_skew"),
]


@pytest.mark.parametrize(("status", "text", "code"), ANSWERS)
def test_each_of_aws_s_refusals_has_its_code(status, text, code):
    """Refusals are read from XML of S3, query APIs and EC2, from JSON, and from API Gateway's messages."""
    found = aws_refusal(status, text)
    assert found is not None
    assert found.code.name == code
    assert found.code.name in CODES
    assert found.evidence["answer"]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (403, s3("AccessDenied", "Access Denied")),
        (403, query_api("AccessDenied", "User: arn:aws:iam::1:user/u is not authorized to perform: sts:x")),
        (400, json_api("AccessDeniedException", "User: arn:aws:iam::1:user/u is not authorized")),
        (403, gateway("User: anonymous is not authorized to access this resource")),
        (403, gateway("Forbidden")),
        (400, json_api("ValidationException", "One or more parameter values were invalid")),
        (404, s3("NoSuchKey", "The specified key does not exist.")),
        (200, s3("SignatureDoesNotMatch", MISMATCH)),
        (500, s3("SignatureDoesNotMatch", MISMATCH)),
        (403, ""),
        (403, "<html>Forbidden</html>"),
        (403, "[1, 2]"),
        (403, '{"message": {"text": 1}, "__type": []}'),
    ],
)
def test_what_says_nothing_about_the_credential_stays_open(status, text):
    """A missing right, another fault, a success or a document that isn't AWS's is not explained."""
    assert aws_refusal(status, text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (gateway(BEHIND), "1100 seconds behind"),
        (query_api("SignatureDoesNotMatch", AHEAD), "3600 seconds ahead"),
        (s3("RequestTimeTooSkewed", "The difference ... is too large.", SKEWED), "1200 seconds behind"),
        (s3("RequestTimeTooSkewed", "too large", "<RequestTime>soon</RequestTime>"), "far from AWS's own."),
    ],
)
def test_a_clock_that_is_off_is_told_by_how_much_and_which_way(text, said):
    """A wrong clock is reported in seconds and direction, if AWS states both times."""
    found = aws_refusal(403, text)
    assert found.code.name == "clock_skew"
    assert said in found.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            s3("AuthorizationHeaderMalformed", WRONG_REGION, "<Region>eu-central-1</Region>"),
            "It expects 'eu-central-1'.",
        ),
        (s3("AuthorizationQueryParametersError", WRONG_REGION), "It expects 'eu-central-1'."),
        (
            query_api("SignatureDoesNotMatch", f"{SCOPED}a valid region, not 'us-west-9'."),
            "It does not accept 'us-west-9'.",
        ),
        (
            json_api("InvalidSignatureException", f"{SCOPED}correct service: 'execute-api'."),
            "It expects 'execute-api'.",
        ),
        (gateway(f"{SCOPED}a valid region. "), "for another region or service than this one."),
    ],
)
def test_a_wrong_region_or_service_is_told_with_the_right_one(text, said):
    """The expected region or service is named if AWS states it, else the one that is not accepted."""
    found = aws_refusal(400, text)
    assert found.code.name == "aws_scope_wrong"
    assert found.message.endswith(said)


def test_the_canonical_request_that_aws_expected_is_shown_without_secrets():
    """AWS's canonical request is in the evidence; session token, signature and known secrets are masked."""
    redact.register(["s3cret-in-path"])
    xml = s3(
        "SignatureDoesNotMatch",
        MISMATCH,
        "<CanonicalRequest>GET\n/s3cret-in-path\nX-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE&amp;a=1\n"
        "host:b.s3.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD</CanonicalRequest>",
    )
    for text in (xml, gateway(MISMATCH + CANONICAL)):
        shown = str(aws_refusal(403, text).evidence)
        assert "GET | /" in shown
        assert "host:" in shown
        assert "IQoJb3" not in shown
        assert "s3cret" not in shown


NAMES = st.sampled_from(["__type", "code", "message"])
OBJECTS = st.dictionaries(NAMES, any_text() | st.none() | st.lists(any_text()))


@settings(max_examples=usually(500, 10_000))
@given(st.sampled_from([400, 401, 403]), any_text() | OBJECTS.map(json.dumps))
def test_any_text_is_read_without_a_crash(status, text):
    """Any response is read as a refusal or None."""
    found = aws_refusal(status, text)
    assert found is None or found.code.name in CODES


@pytest.mark.parametrize(
    "text", ["<Code>" * 100_000, "<CanonicalRequest>" * 50_000, gateway("should have been\n'" * 30_000)]
)
def test_a_hostile_answer_takes_no_time(text):
    """Repetitive texts aren't read in quadratic time, which the suite's timeout would show."""
    assert aws_refusal(403, text) is None
