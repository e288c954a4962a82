"""AWS's own examples: canonical request, string to sign and signature, byte for byte."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from watchword.protocols.sigv4 import canonical, presign
from watchword.protocols.sigv4.credentials import AwsCredentials
from watchword.protocols.sigv4.payload import UNSIGNED
from watchword.protocols.sigv4.signer import SigningKey

DATA = json.loads(
    Path(__file__).parent.parent.joinpath("vectors", "aws_sigv4.json").read_text(encoding="utf-8")
)


def signing_key(case):
    credentials = AwsCredentials(
        access_token=case["session_token"], access_key=case["access_key"], secret_key=case["secret_key"]
    )
    return SigningKey.derived(credentials, "us-east-1", case["service"], case["moment"][:8])


def request(case):
    """Return the signed parts of the case's request: target, headers and the body's hash."""
    place = canonical.target(case["url"], as_s3=case["paths"] == "as they are")
    headers = {"host": place.host}
    for name, value in case["headers"]:  # one that comes twice is a list (RFC 9110 section 5.3)
        key, text = name.lower(), canonical.collapsed(value)
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return place, headers, hashlib.sha256(case["body"].encode()).hexdigest()


def check(case, form, expected):
    key = signing_key(case)
    assert form == expected["canonical_request"]
    to_sign = key.string_to_sign(case["moment"], form)
    assert to_sign == expected["string_to_sign"]
    assert key.signature(to_sign) == expected["signature"]


def cases(where):
    return [pytest.param(case, id=case["name"]) for case in DATA["cases"] if where in case]


@pytest.mark.parametrize("case", cases("header"))
def test_signatures_in_headers_are_those_that_aws_publishes(case):
    """Each step has the published result of AWS's test suite and the S3 reference."""
    place, headers, payload = request(case)
    headers["x-amz-date"] = case["moment"]
    if case["session_token"]:
        headers["x-amz-security-token"] = case["session_token"]
    _, form = canonical.canonical_request(case["method"], place, headers, payload)
    check(case, form, case["header"])


@pytest.mark.parametrize("case", cases("query"))
def test_presigned_urls_are_those_that_aws_publishes(case):
    """Each step has the published result of AWS's test suite and the S3 reference."""
    place, headers, payload = request(case)
    names = ";".join(sorted(headers))
    own = presign.parameters(signing_key(case), case["moment"], case["expires"], names)
    query = canonical.ordered(f"{place.query}&{own}" if place.query else own)
    payload = UNSIGNED if case["service"] == "s3" else payload
    _, form = canonical.canonical_request(case["method"], place._replace(query=query), headers, payload)
    check(case, form, case["query"])


def test_what_is_left_out_of_the_suite_is_named_with_its_reason():
    """All available cases are used, including S3's five; each exception has a reason."""
    assert len(DATA["cases"]) == 40
    assert sum(where in case for case in DATA["cases"] for where in ("header", "query")) == 72
    assert all(DATA["left_out"].values())
