"""The evidence of findings shows no secret, also none that only the server's answer holds."""

from __future__ import annotations

import pytest

import watchword
from watchword import redact
from watchword.findings.codes import finding
from watchword.findings.evidence import names, quote

TOKEN = "q8Zr-51-tok"

HIDDEN = [
    '{{"access_token": "{}", "expires_in": 60}}',
    '{{"data": {{"apiKey": "{}"}}}}',
    '{{"token": {{"value": "{}"}}}}',
    '{{"tokens": ["a", "{}"]}}',
    '{{"body": "{{\\"session_id\\": \\"{}\\"}}"}}',
    "{{'client-secret': '{}'}}",
    "ok=1&access_token={}&x=1",
    "password: {}",
    "<r><s:SessionToken a='b'>{}</s:SessionToken></r>",
    '<input type="hidden" name="csrf_token" value="{}">',
    '<meta name="csrf-token" content="{}">',
    "sid={}; Path=/; HttpOnly",
    "the header Authorization: Bearer {} isn't known",
    "Basic {}",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_a_value_with_the_name_of_a_secret_is_hidden(text):
    """It is hidden in JSON, forms, headers, XML and pages, and what is around it stays."""
    shown = quote(text.format(TOKEN))
    assert TOKEN not in shown
    assert redact.MASK in shown


@pytest.mark.parametrize(
    "token",
    [
        "ghp_0123456789abcdef", "xoxb-1234567890-abc", "sk_live_0123456789", "AKIAIOSFODNN7EXAMPLE",
        "ya29.a0AfH6SMB",
        "aB3dE5gH7jK9mN1pQ3sT5vX7z", "0123456789abcdef" * 4, "eyJhbGciOiJub25lIn0.e30.c2ln",
    ],
)  # fmt: skip
def test_a_value_in_the_form_of_a_secret_is_hidden_without_a_name(token):
    """Tokens of known providers and long random texts are hidden, wherever they are."""
    assert token not in quote(f'{{"id": "{token}"}}')
    assert token not in quote(f"wrong: {token}.")


@pytest.mark.parametrize(
    "text",
    [
        '{"error":"invalid_token","error_description":"The access token is expired","code":"E1234"}',
        '{"request_id":"7f3c2c0e-1c1a-4c1a-9c1a-7f3c2c0e1c1a","message":"Missing Authentication Token"}',
        'Bearer realm="api", error="invalid_token", scope="read write"',
        "ConnectionError: HTTPSConnectionPool(host='api.example.com', port=443): Max retries exceeded",
        '{"token": null, "token_type": "Bearer", "author": "Ann", "expires_in": 3600}',
        "See https://docs.example.com/guides/authentication/how-to-get-a-key for help.",
        "the API key is required",
        "Invalid Refresh Token: Refresh Token Not Found",
        "Invalid Refresh Token: Already Used",
        "Error validating access token: Session has expired on Tuesday, 01-Dec-26",
    ],
)
def test_what_says_why_stays(text):
    """Errors, their codes, sentences about secrets, ids of requests and addresses stay as they are."""
    assert quote(text) == text


def test_the_end_of_a_long_text_shows_no_part_of_a_secret():
    """A text is cut before it is masked, and the cut may go through a secret."""
    secret = "s3cret " * 70
    redact.register([secret])
    shown = quote(secret * 100)
    assert "s3cret" not in shown


def test_each_finding_masks_its_evidence():
    """The evidence of every finding is masked, whoever makes it."""
    made = finding("unexpected_status", "It failed.", evidence={"answer": f'{{"access_token": "{TOKEN}"}}'})
    assert TOKEN not in f"{made!r} {made} {made.as_dict()}"


@pytest.mark.parametrize("expected", [(204,), (401,), ()])
@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 422, 500])
def test_no_report_shows_a_token_that_the_answer_holds(serve, reply, status, expected):
    """Whatever the API answers with, the report shows no token of it, neither from body, header nor URL."""
    body = {"access_token": TOKEN, "error": "denied", "id_token": "aB3dE5gH7jK9mN1pQ3sT5vX7z"}
    headers = {
        "WWW-Authenticate": f'Bearer realm="r", token="{TOKEN}"',
        "Location": "https://h.test/login/aB3dE5gH7jK9mN1pQ3sT5vX7z",
    }
    server = serve(reply(status, body=body, headers=headers))
    made = watchword.load({"base_url": server.url, "method": "api_key", "api_key": "s3cret-key"})
    report = made.validate(f"{server.url}/a", expected_status=expected)
    shown = f"{report!r} {report} {report.as_dict()}"
    assert TOKEN not in shown
    assert "aB3dE5gH7jK9mN1pQ3sT5vX7z" not in shown


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ([], "none"),
        (["a", "X-Next"], "a, X-Next"),
        (["", ".", "a:"], "'', '.', 'a:'"),
        ([f"n{i}" for i in range(30)], ", ".join(f"n{i}" for i in range(20))),
        (["n" * 50], "n" * 40),
    ],
)
def test_names_are_listed_so_that_each_is_seen(present, expected):
    """At most 20 names of 40 characters are listed, and quotes show an empty one."""
    assert names(present) == expected
