"""Refusals are explained in each method's own terms, by findings that name the cause."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import watchword
from watchword.methods.digest import Digest
from watchword.methods.oauth1 import OAuth1
from watchword_playground import AWKWARD_CREDENTIALS, Playground, document


@pytest.fixture(scope="module")
def playground():
    with Playground() as running:
        yield running


# The method, the wrong fields of its document, and the deciding code.
REFUSED = [
    ("aws_sigv4", {"secret_key": "another-secret-key"}, "signature_mismatch"),
    ("aws_sigv4", {"access_key": "AKIANOBODY"}, "aws_key_unknown"),
    ("aws_sigv4", {"region": "us-east-1"}, "aws_scope_wrong"),
    ("aws_sigv4", {"service": "s3"}, "aws_scope_wrong"),
    ("oauth1", {"consumer_secret": "another-secret"}, "signature_mismatch"),
    ("oauth1", {"token_secret": "another-secret"}, "signature_mismatch"),
    ("oauth1", {"consumer_key": "nobody"}, "unauthorized_401"),
    ("digest", {"password": "another-password"}, "unauthorized_401"),
    ("hmac_signature", {"hmac_secret": "another-secret"}, "unauthorized_401"),
    ("hmac_signature", {"signature_encoding": "base64"}, "unauthorized_401"),
    ("jwt_bearer", {"jwt_secret": "another secret that is long enough"}, "unauthorized_401"),
    ("session_login", {"password": "another-password"}, "login_refused"),
]


@pytest.mark.parametrize(("method", "wrong", "code"), REFUSED)
def test_a_refusal_names_the_cause(playground, method, wrong, code):
    """A validation tells a wrong secret from an unknown key or another region, and shows the response."""
    connection = watchword.load(document(playground.url, method) | wrong)
    report = connection.validate(f"{connection.base_url}/v1/me")
    assert (report.verdict.value, report.deciding.code.name) == ("invalid", code)
    assert report.deciding.evidence["status"] in {"401", "403"}


def test_temporary_keys_without_their_token_are_reported(playground):
    """Temporary credentials without their session token are reported: AWS doesn't accept the key alone."""
    account = {**AWKWARD_CREDENTIALS["aws_sigv4"], "session_token": None}
    connection = watchword.load(document(playground.url, "aws_sigv4") | account)
    found = [*connection.lint(), connection.validate(f"{connection.base_url}/v1/me").deciding]
    assert {item.code.name for item in found} & {"missing_field", "aws_key_unknown", "aws_token_missing"}


# A program on a machine whose clock is off by so many seconds.
WRONG_CLOCK = """
import json, sys, time
real, offset = time.time, float(sys.argv[1])
time.time = lambda: real() + offset
import watchword
connection = watchword.load(json.loads(sys.argv[2]))
found = connection.validate(connection.base_url + "/v1/me").deciding
print(found.code.name, found.message)
"""


@pytest.mark.parametrize("offset", [-3600, 3600])
@pytest.mark.parametrize("method", ["aws_sigv4", "oauth1", "jwt_bearer", "hmac_signature"])
def test_a_wrong_clock_is_named(playground, method, offset):
    """If the clock is an hour off, the request is refused, and the finding names the clock."""
    arguments = [str(offset), json.dumps(document(playground.url, method))]
    done = subprocess.run(
        [sys.executable, "-c", WRONG_CLOCK, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("clock_skew "), done.stdout


def test_an_unknown_refusal_is_left_to_the_status():
    """If the response names no known cause, the status decides the finding."""
    oauth1 = OAuth1(consumer_key="c", consumer_secret="s")
    assert oauth1.explain(401, {}, "oauth_problem=token_revoked") is None
    assert oauth1.explain(401, {"WWW-Authenticate": "OAuth"}, "") is None
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n", algorithm=SHA-1024'}
    found = Digest(username="u").explain(401, challenge, "")
    assert found.code.name == "digest_unsupported"
    assert "SHA-1024" in found.message


@pytest.mark.parametrize(
    ("problem", "code"), [("nonce_used", "nonce_used"), ("timestamp_refused", "clock_skew")]
)
def test_problem_reports_of_oauth1_are_read(problem, code):
    """OAuth's extension Problem Reporting names the cause, and the finding follows it."""
    oauth1 = OAuth1(consumer_key="c", consumer_secret="s")
    assert oauth1.explain(401, {"WWW-Authenticate": f'OAuth oauth_problem="{problem}"'}, "").code.name == code
    assert oauth1.explain(400, {}, f"oauth_problem={problem}&x=1").code.name == code
