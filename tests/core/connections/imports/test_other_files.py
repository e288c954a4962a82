"""Files that people give by mistake are named, with the way to a connection, and nothing of them is read."""

# ruff: noqa: E501 - tables

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.mutations import CHANGES, changed
from tests.support.nightly import usually
from watchword.connections.imports.formats import entries_in
from watchword.errors import DocumentError

CANARY = "canary-8d1f5c07"
PEM = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"
GOOGLE = {
    "client_id": "c",
    "client_secret": CANARY,
    "auth_uri": "https://a.test",
    "token_uri": "https://b.test",
}
ENTRY = {"request": {"url": "https://a.test", "headers": [{"name": "authorization", "value": CANARY}]}}
INFOR = {
    "ti": "T",
    "ci": "c",
    "cs": CANARY,
    "iu": "https://a.test",
    "pu": "https://b.test/",
    "ot": "token.oauth2",
}

STRUCTURES = {
    "HAR": ({"log": {"version": "1.2", "entries": [ENTRY]}}, "HAR", "curl"),
    "OAuth client": ({"installed": GOOGLE}, "OAuth client", "oauth2_authorization_code"),
    "OAuth client of a web page": ({"web": GOOGLE}, "OAuth client", "oauth2_authorization_code"),
    "service account": (
        {"type": "service_account", "private_key": PEM, "client_email": "a@b.test", "token_uri": "https://b.test"},
        "service account",
        "private_key",
    ),
    "Google user": ({"type": "authorized_user", "refresh_token": CANARY}, "Google user", "refresh_token"),
    "federation": ({"type": "external_account", "token_url": "https://a.test"}, "federation", "token_exchange"),
    "key of another provider": ({"app": {"auth": {"privateKey": PEM}}}, "private key", "oauth2_jwt_bearer"),
    "JWK": ({"kty": "oct", "k": CANARY}, "JWK", "private_key"),
    "JWK set": ({"keys": [{"kty": "RSA", "d": CANARY}]}, "JWK", "private_key"),
    "ionapi": (INFOR, "ionapi", "oauth2_password"),
    "AWS": ({"AccessKeyId": "AKIA1", "SecretAccessKey": CANARY}, "AWS", "aws_sigv4"),
    "AWS STS": ({"Credentials": {"AccessKeyId": "ASIA1", "SecretAccessKey": CANARY}}, "AWS", "aws_sigv4"),
    "token": ({"access_token": CANARY, "token_type": "Bearer", "expires_in": 60}, "token", "client_credentials"),
    "metadata": ({"issuer": "https://a.test", "token_endpoint": "https://a.test/t"}, "metadata", "token_url"),
    "Docker": ({"auths": {"a.test": {"auth": CANARY}}}, "Docker", "basic"),
    "Kubernetes": ({"apiVersion": "v1", "kind": "Secret", "data": {"token": CANARY}}, "Kubernetes", "bearer"),
    "kubectl": ({"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [{"user": {"token": CANARY}}]}, "Kubernetes", "bearer"),
    "OpenCollection": (
        {"info": {"name": "me", "type": "http"}, "http": {"auth": {"type": "bearer", "token": CANARY}}},
        "OpenCollection",
        "as JSON",
    ),
    "OpenCollection of many": ({"opencollection": "1.0.0", "info": {"name": "A"}}, "OpenCollection", "as JSON"),
    "Postman v1": ({"id": "1", "order": [], "requests": [{"headers": f"A: {CANARY}"}]}, "v1", "v2.1"),
    "Postman's backup": ({"version": 1, "collections": [{"name": CANARY}]}, "backup", "v2.1"),
    "Hoppscotch": ([{"v": 2, "name": "A", "folders": [], "requests": []}], "another program", "v2.1"),
    "headers": ({"Authorization": f"Bearer {CANARY}", "Accept": "*/*"}, "headers", "curl"),
}  # fmt: skip


def refused(text):
    """Return the finding of a text that can't be imported."""
    with pytest.raises(DocumentError) as caught:
        entries_in(text, "acme", {})
    (found,) = caught.value.findings
    assert found.code.name == "import_unreadable"
    assert CANARY not in f"{found}{caught.value}"
    return found


@pytest.mark.parametrize("name", STRUCTURES)
def test_json_and_yaml_of_other_programs_is_named(name):
    """The finding says what the file is, and what to do; no part of it becomes a connection."""
    content, what, way = STRUCTURES[name]
    for text in (json.dumps(content), json.dumps(content, indent=2), yaml.safe_dump(content)):
        found = refused(text)
        assert what in found.message
        assert way in found.advice


@pytest.mark.parametrize(
    ("text", "what", "way"),
    [
        (f"machine a.test login ann password {CANARY}\n", "netrc", "basic"),
        (f"# mine\nmachine a.test\n  login ann\n  password {CANARY}\n", "netrc", "basic"),
        (f"default login ann password {CANARY}", "netrc", "basic"),
        (f"[default]\naws_access_key_id = AKIA1\naws_secret_access_key = {CANARY}\n", "AWS", "aws_sigv4"),
        (f"; keys\n\n[profile eu]\naws_access_key_id=AKIA1\naws_secret_access_key={CANARY}", "AWS", "aws_sigv4"),
        (f"export AWS_ACCESS_KEY_ID=AKIA1\nexport AWS_SECRET_ACCESS_KEY={CANARY}\n", "AWS", "aws_sigv4"),
        (f"Access key ID,Secret access key\nAKIA1,{CANARY}\n", "AWS", "aws_sigv4"),
        (f'[sources.acme]\napi_key = "{CANARY}"\n', "TOML", "by hand"),
        (f'[[tap]]\n[tap.auth]\n# key\n"api key" = "{CANARY}"\n', "TOML", "by hand"),
        (f"[DEFAULT]\nkey: {CANARY}\n", "INI", "by hand"),
        (f"GET https://a.test/v1 HTTP/1.1\nAuthorization: Bearer {CANARY}\n", "HTTP request", "curl"),
        (f"@key = {CANARY}\n\n### me\nGET {{{{url}}}}/v1?a=b\nX-Key: {{{{key}}}}\n", "HTTP request", "curl"),
        (f"POST /v1 HTTP/1.1\r\nHost: a.test\r\nX-Key: {CANARY}\r\n\r\n", "HTTP request", "curl"),
        (f"HTTP/1.1 200 OK\r\nSet-Cookie: s={CANARY}\r\n", "HTTP response", "curl"),
        (f'$session = New-Object X\nInvoke-WebRequest -Headers @{{"a"="{CANARY}"}}\n', "PowerShell", "curl"),
        (f"import requests\nrequests.get('https://a.test', auth=('a', '{CANARY}'))\n", "program", "curl"),
        (f"await fetch('https://a.test', {{'headers': {{'x': '{CANARY}'}}}});", "program", "curl"),
        (f"Bearer {CANARY}", "alone", "bearer"),
        (f"{CANARY}{CANARY}==", "alone", "api_key"),
        (PEM, "private key", "oauth2_jwt_bearer"),
        (PEM.replace("PRIVATE KEY", "CERTIFICATE"), "certificate", "client_certificate"),
    ],
)  # fmt: skip
def test_texts_of_other_programs_are_named(text, what, way):
    """A text that begins like JSON or YAML, and is neither, isn't called broken JSON or YAML."""
    for whole in (text, f"\ufeff\n{text}"):
        found = refused(whole)
        assert what in found.message
        assert way in found.advice


@pytest.mark.parametrize("line", ["\n", "#\n", " ", "[a]\n", "[", "machine ", "@\n", "GET ", "import\n"])
def test_a_long_text_is_looked_at_once(line):
    """Of a long text only the beginning is looked at, whatever it repeats."""
    refused(f"{line * 200_000}!")


@settings(max_examples=usually(200, 10_000), deadline=None)
@given(st.sampled_from([content for content, _, _ in STRUCTURES.values()]), CHANGES)
def test_any_file_ends_in_entries_or_a_finding(content, changes):
    """Whatever such a file holds, there is a typed error that shows nothing of it, or there are entries."""
    words = ("https://a.test", "http://ann:x@a.test", "conn_type", "method", "none", "host")
    try:
        found = entries_in(json.dumps(changed(content, changes, words)), "acme", {})
    except DocumentError as error:
        assert error.findings
        assert CANARY not in str(error)
    else:
        assert CANARY not in repr(found)
