"""Secrets in fields that are not secret: they are recognised, and harmless values are left alone."""

from __future__ import annotations

import pytest

import watchword
from watchword.connections.masked import masked, secrets_in
from watchword.redact.clear_secrets import is_secret, may_be_secret

KEY = "sk_live_51Habc0123456789abcdef"
TELEGRAM = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
URL = "https://api.example.com"

SECRET = [
    ("X-Api-Key", "0123456789abcdef"), ("apikey", KEY), ("Authorization", f"Bearer {KEY}"),
    ("Authorization", "Basic dXNlcjpwYXNzd29yZA=="), ("X-Auth-Token", "a1b2c3d4e5"),
    ("OK-ACCESS-PASSPHRASE", "hunter22-passphrase"), ("client_secret", "S3cretValue"),
    ("key", "a1b2c3d4e5f60718"),
    ("Ocp-Apim-Subscription-Key", "0123456789abcdef"), ("X-Anything", KEY), ("password", "correct1horse"),
]  # fmt: skip
HARMLESS = [
    ("X-Api-Version", "2026-01-01"), ("X-Api-Key", "{{secret:key}}"), ("Authorization", "{{secret:header}}"),
    ("X-CSRF-Token", "Fetch"), ("Idempotency-Key", "0123456789abcdef01"),
    ("sort_key", "created_at_2024_01_02"),
    ("page_token", "abcdef0123456789"), ("X-Account", "0123456789abcdef"), ("tenant", "aB3dE6gH9jK2mN5pQ8sT"),
    ("api_key", "DEMO_KEY"), ("key", "name"), ("Accept", "application/json"), ("auth", "required"),
    ("grant_type", "password"), ("token", "true"), ("author", "ann12345678901234567"),
    ("X-Api-Key", "${API_KEY}"),
    ("public_key", "0123456789abcdef01"), ("token_type", "urn:ietf:params:oauth:token-type:jwt"),
    ("secret_version", "latest12345"), ("User-Agent", "acme-etl/1.0 (ops@example.com)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SECRET)
def test_a_secret_in_clear_is_recognised(name, value):
    """A name or a form that is a secret's for sure is enough."""
    assert is_secret(name, value)


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_a_harmless_value_is_not_called_a_secret(name, value):
    """Versions, ids, templates, words and keys that open nothing cause no finding."""
    assert not is_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-csrf", "ab!c"), ("x-passphrase", "p"), ("x-pin", "1234"), ("x-sso", "v"), ("sid", "v"),
     ("x-subscriber", "aB3dE6gH9jK2mN5pQ8sT1"), ("x-request", TELEGRAM)],
)  # fmt: skip
def test_a_header_that_may_hold_a_secret_is_kept_as_one(name, value):
    """Where nothing is lost by it, a value counts as a secret by its name, or since it looks random."""
    assert may_be_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("accept", "application/json"), ("x-shipping", "air"), ("x-side", "left"),
     ("x-tenant", "1f0e9c1a-0000-4000-8000-00000000abcd"), ("x-key", "")],
)  # fmt: skip
def test_an_ordinary_header_is_not_kept_as_a_secret(name, value):
    """Words, ids and empty values stay where people can read them."""
    assert not may_be_secret(name, value)


SHOWN = [
    {"method": "basic", "username": KEY},
    {"method": "basic", "username": "1971800d4d82861d8f2c1651fea4d212", "password": "api_token"},
    {"method": "none", "extra_parameters": {"header:X-Api-Key": KEY}},
    {"method": "none", "extra_parameters": {"header:X-Any": KEY}},
    {"method": "none", "base_url": f"https://hooks.slack.com/services/T0001/B0001/{KEY}"},
    {"method": "none", "test_url": f"{URL}/bot{TELEGRAM}/getMe"},
    {"method": "none", "test_url": f"{URL}/me?token={KEY}"},
]


@pytest.mark.parametrize("fields", SHOWN)
def test_no_description_shows_a_secret_in_the_wrong_field(fields):
    """The command's output, the repr of a document that no session used, and of its connection are clean."""
    document = {"base_url": URL, **fields}
    connection = watchword.load(document)
    texts = f"{masked(document)} {connection!r} {connection.document!r}"
    found = [each for each in (KEY, TELEGRAM, "1971800d4d82861d8f2c1651fea4d212") if each in str(document)]
    assert len(found) == 1
    assert found[0] not in texts
    assert "***" in texts


def test_a_key_as_user_name_counts_among_the_secrets_of_a_document():
    """Commands mask it in all that they print; a reference to it is shown."""
    assert list(secrets_in({"method": "basic", "username": KEY})) == [KEY]
    assert masked({"method": "basic", "username": "env:WATCHWORD_SECRET_KEY_0"})["username"].startswith(
        "env:"
    )
    assert masked({"method": "basic", "username": "etl", "password": ""})["username"] == "etl"
