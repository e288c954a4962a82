"""Findings without a network: documents that provoke each rule, and documents that must not."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

import watchword
from watchword.findings.codes import CODES

URL = "https://api.test"
KEY = {"base_url": URL, "method": "api_key", "api_key": "s3cret-key"}
BEARER = {"base_url": URL, "method": "bearer"}
BASIC = {"base_url": URL, "method": "basic", "username": "ann", "password": "s3cret-word"}
CLIENT = {
    "base_url": URL,
    "method": "oauth2_client_credentials",
    "token_url": "https://auth.test/token",
    "client_id": "id",
    "client_secret": "s3cret-client",
}


def jwt(claims):
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, claims)
    ]
    return ".".join([*parts, "signature"])


FAULTS = {
    "url_not_absolute": [
        KEY | {"base_url": "api.test"},
        CLIENT | {"token_url": "/token"},
        KEY | {"proxy": "http://u:s3cret@"},
        KEY | {"proxy": "http://\u20ac:s3cret@proxy.test"},
        KEY | {"base_url": "https://.example.com"},
        KEY | {"base_url": "https://a.test:x"},
        KEY | {"base_url": "ftp://a.test"},
        KEY | {"base_url": "https://api.test/\x1b[2J"},
        KEY | {"base_url": "https://api.test/a b"},
        KEY | {"base_url": " https://api.test"},
        KEY | {"allowed_origins": [URL, "https://api.test\n"]},
        CLIENT | {"token_url": "https://auth.test/\u202etoken"},
        KEY | {"proxy": "http://u:s3cret@proxy.test\n"},
    ],
    "url_plain_http": [KEY | {"base_url": "http://api.test"}, CLIENT | {"token_url": "http://auth.test/t"}],
    "origin_not_allowed": [
        KEY | {"allowed_origins": ["https://other.test"]},
        KEY | {"test_url": "https://other.test/me"},
    ],
    "test_url_not_absolute": [
        KEY | {"test_url": "/v1/me"},
        KEY | {"test_url": "api.test/v1/me"},
        KEY | {"test_url": f"{URL}/me\x1b[2J"},
    ],
    "test_url_plain_http": [KEY | {"test_url": "http://api.test/me"}],
    "duplicate_query_parameter": [
        KEY | {"add_to": "query", "key_name": "key", "test_url": f"{URL}/me?key=s3cret"},
        KEY | {"test_url": f"{URL}/me?a=1&a=2"},
    ],
    "header_conflict": [
        KEY | {"secret_parameters": {"header:x-api-KEY": "s3cret"}},
        KEY | {"extra_parameters": {"query:a": "1"}, "secret_parameters": {"query:a": "s3cret"}},
    ],
    "header_illegal": [
        KEY | {"api_key": "s3cret\r\nX: 1"},
        KEY | {"key_name": "X Key"},
        KEY | {"api_key": "s3cret\u20ac"},
        KEY | {"api_key": "s3cret;x", "add_to": "cookie"},
        KEY | {"extra_parameters": {"header:A:": "x"}},
        KEY | {"secret_parameters": {"cookie:x\r\nInj: y": "s3cret"}},
        CLIENT | {"prefix": "Bear\ner"},
        CLIENT | {"grant_headers": {"X A": "1"}},
        CLIENT | {"grant_headers": {"X-A": "{{secret:k}}"}, "secret_parameters": {"template:k": "s3cret\nx"}},
    ],
    "doubled_prefix": [
        BEARER | {"bearer_token": "Bearer s3cret"},
        KEY | {"prefix": "Token", "api_key": "token s3cret"},
    ],
    "placeholder_secret": [
        KEY | {"api_key": "changeme"},
        KEY | {"api_key": "${API_KEY}"},
        KEY | {"api_key": "   "},
        KEY | {"api_key": ""},
        BEARER | {"bearer_token": ""},
        CLIENT | {"client_secret": ""},
        KEY | {"secret_parameters": {"header:A": ""}},
        KEY | {"api_key": "null"},
        KEY | {"api_key": "Bearer undefined", "prefix": ""},
        BEARER | {"bearer_token": "None"},
        CLIENT | {"client_secret": "[object Object]"},
        KEY | {"api_key": "${{ secrets.API_KEY }}"},
        KEY | {"api_key": "%(api_key)s"},
        KEY | {"api_key": "op://vault/item/field"},
        KEY | {"api_key": "!secret api_key"},
        KEY | {"api_key": "@Microsoft.KeyVault(SecretUri=https://x.vault.azure.net/secrets/k)"},
        KEY | {"api_key": "arn:aws:secretsmanager:us-east-1:123456789012:secret:k-AbCdEf"},
        KEY | {"api_key": "vault:secret/data/acme#api_key"},
        KEY | {"api_key": "ref+awssecrets://acme/key"},
        KEY | {"api_key": "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]"},
        KEY | {"api_key": "projects/p/secrets/acme-key/versions/latest"},
    ],
    "missing_field": [{"base_url": URL, "method": "custom"}],
    "secret_for_example": [
        KEY | {"api_key": "<your key>"},
        KEY | {"api_key": "your-api-key"},
        KEY | {"secret_parameters": {"header:A": "xxxx"}},
        KEY | {"secret_parameters": {"header:A": "null"}},
        BASIC | {"password": "None"},
        KEY | {"api_key": "sk_test_..."},
        KEY | {"api_key": "sk-xxxx-xxxx"},
        KEY | {"api_key": "***REDACTED***"},
    ],
    "secret_is_file": [
        CLIENT | {"client_secret": '{"clientid": "c", "clientsecret": "s3cret", "url": "https://a.test"}'},
        CLIENT | {"client_secret": '{"appId": "a", "password": "s3cret", "tenant": "t"}'},
        KEY | {"api_key": ' {"AccessKey": {"AccessKeyId": "A", "SecretAccessKey": "s3cret"}}'},
        KEY | {"secret_parameters": {"header:A": '{"client_id": "c", "client_secret": "s3cret"}'}},
        BEARER | {"bearer_token": '{"access_token": "s3cret", "token_type": "Bearer", "expires_in": 3600}'},
        BEARER | {"bearer_token": "access_token=s3cret&expires_in=3600"},
        CLIENT | {"client_secret": '{"ti": "T", "ci": "T~c", "cs": "s3cret", "pu": "https://sso.test/"}'},
    ],
    "userinfo_in_url": [
        KEY | {"base_url": "https://ann:s3cret@api.test"},
        CLIENT | {"token_url": "https://id:s3cret@auth.test/t"},
    ],
    "secret_surrounded": [
        KEY | {"api_key": " s3cret"},
        KEY | {"api_key": '"s3cret"'},
        BASIC | {"password": "\ufeffs3cret"},
        BEARER | {"bearer_token": "Authorization: Bearer s3cret-0123"},
        BEARER | {"bearer_token": "-H 'Authorization: Bearer s3cret-0123'"},
        BEARER | {"bearer_token": 'curl -s -H "Authorization: Bearer s3cret-0123" https://api.test'},
        BEARER | {"bearer_token": "export ACME_TOKEN=s3cret-0123"},
        BEARER | {"bearer_token": "ACME_API_TOKEN=s3cret-0123"},
        KEY | {"api_key": "X-Api-Key: s3cret-0123"},
        KEY | {"secret_parameters": {"query:sig": "?sv=2024-11-04&se=2030-01-01&sig=s3cret%3D"}},
    ],
    "parameter_malformed": [
        KEY | {"secret_parameters": {"X-Key": "s3cret"}},
        KEY | {"extra_parameters": {"path:a": "1"}},
    ],
    "token_expired_already": [BEARER | {"bearer_token": jwt({"exp": 1})}],
    "username_illegal": [BASIC | {"username": "ann:x"}],
    "charset_mismatch": [BASIC | {"password": "s3cret\u20ac", "charset": "latin-1"}],
    "scope_separator_suspect": [CLIENT | {"scope": "read,write"}],
    "secret_in_url": [
        KEY | {"test_url": f"{URL}/me?access_token=s3cret"},
        KEY | {"base_url": f"{URL}/v1?api_key=s3cret-key-0123"},
        CLIENT | {"token_url": "https://auth.test/token?client_secret=s3cret-key-0123"},
    ],
    "secret_in_clear": [
        KEY | {"extra_parameters": {"header:X-Auth-Token": "s3cret-key-0123"}},
        KEY | {"extra_parameters": {"header:Authorization": "Bearer s3cret-key-0123"}},
        KEY | {"extra_parameters": {"query:apikey": "s3cret-key-0123"}},
        CLIENT | {"grant_body": {"api_secret": "s3cret"}},
        CLIENT | {"grant_headers": {"Authorization": "s3cret"}},
    ],
    "template_unresolved": [CLIENT | {"grant_body": {"pin": "{{secret:PIN}}"}}],
    "file_missing": [KEY | {"ca_bundle": "/nowhere/ca.pem"}],
    "reference_unresolved": [
        KEY | {"api_key": "env:NOT_SET_ANYWHERE"},
        KEY | {"api_key": "file:/nowhere"},
        KEY | {"api_key": "gcp:a/b"},
    ],
}


@pytest.mark.parametrize(
    ("code", "document"),
    [(code, document) for code, documents in FAULTS.items() for document in documents],
)
def test_a_fault_is_found_and_shown_without_its_secret(code, document):
    """Each fault has its code and its advice, and shows no secret."""
    findings = watchword.load(document).lint()
    assert code in {finding.code.name for finding in findings}
    assert all(finding.advice for finding in findings)
    assert "s3cret" not in "".join(map(str, findings))


@pytest.mark.parametrize(
    "document",
    [
        KEY,
        KEY | {"test_url": f"{URL}/me?page=2"},
        KEY | {"base_url": "http://127.0.0.1:8080"},
        KEY | {"base_url": "http://inside.test", "allowed_origins": ["http://inside.test"]},
        KEY | {"prefix": "Token"},
        BASIC | {"password": "my-dog-rex-42"},
        KEY | {"base_url": "https://ex\u00e4mple.test", "test_url": "https://xn--exmple-cua.test/me"},
        KEY | {"api_key": "literal:env:x"},
        BASIC | {"password": ""},
        BEARER | {"bearer_token": jwt({"exp": 9_999_999_999})},
        BEARER | {"bearer_token": "a.b.c"},
        CLIENT | {"scope": "a,b", "scope_separator": ","},
        CLIENT | {"grant_body": {"pin": "{{secret:PIN}}"}, "secret_parameters": {"template:PIN": "s3cret"}},
    ],
)
def test_a_good_document_has_no_findings(document):
    """A document without faults has no findings."""
    assert watchword.load(document).lint() == []


def test_warnings_do_not_stop_the_use():
    """A connection with a warning can be used; one with an error can't."""
    watchword.load(KEY | {"api_key": " s3cret"}).session().close()
    with pytest.raises(watchword.DocumentError):
        watchword.load(KEY | {"api_key": "changeme"}).session()


def test_every_code_is_provoked():
    """No row of the table is dead: each code stands in a test that makes it happen."""
    tests = "".join(path.read_text() for path in Path(__file__).parents[2].rglob("test_*.py"))
    assert [code for code in CODES if f'"{code}"' not in tests] == []


@pytest.mark.parametrize(
    "base_url", ["nowhere", "", "https://", "//a.test", "ftp://a.test", "https://a.test:x"]
)
@pytest.mark.parametrize("origins", [[], ["nowhere"]])
def test_no_message_ends_in_an_empty_list(base_url, origins):
    """If no URL names an origin, the findings say so, and none ends in a colon and nothing."""
    fields = {"base_url": base_url, "allowed_origins": origins, "test_url": f"{URL}/me"}
    found = watchword.load(KEY | fields).lint()
    assert "url_not_absolute" in {each.code.name for each in found}
    assert not [str(each) for each in found if re.search(r":\s*($|\.|,)", each.message)]


@pytest.mark.parametrize(
    "fields",
    [
        {"base_url": f"{URL}/v1?api_key=s3cret-key-0123"},
        {"extra_parameters": {"header:X-Auth-Token": "s3cret-key-0123"}},
    ],
)
def test_advice_on_a_secret_in_clear_names_where_secrets_belong(fields):
    """Each finding about a secret in a plain field leads to secret_parameters."""
    found = watchword.load(KEY | fields).lint()
    assert found
    assert [each.code.name for each in found if "secret_parameters" not in each.advice] == []


@pytest.mark.parametrize(
    "fields",
    [
        {
            "extra_parameters": {
                "header:X-Api-Version": "2026-01-01",
                "header:Idempotency-Key": "0123456789abcdef",
            }
        },
        {"extra_parameters": {"header:X-CSRF-Token": "Fetch", "query:page_token": "0123456789abcdef01"}},
        {
            "extra_parameters": {
                "query:sort_key": "created_at_2024_01_02",
                "header:X-Account": "1f0e9c1a00004000",
            }
        },
    ],
)
def test_a_harmless_parameter_is_no_finding(fields):
    """Versions, ids, pages and words that only sound like a secret are left alone."""
    assert watchword.load(KEY | fields).lint() == []


@pytest.mark.parametrize(
    ("path", "advice"), [("file:/etc/ca.pem", "no reference"), ("~/ca.pem", "only a shell")]
)
def test_the_advice_says_what_is_wrong_with_a_path(path, advice):
    """A reference or a home folder in a field that takes a path is named, since the file itself may exist."""
    (found,) = watchword.load(KEY | {"ca_bundle": path}).lint()
    assert found.code.name == "file_missing"
    assert advice in found.advice
