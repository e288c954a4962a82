from __future__ import annotations

import json
from typing import Any

import pytest

import watchword
from dagster_watchword import RESOURCES, OAuth2ClientCredentialsResource, resource_from_document
from watchword_playground import CREDENTIALS, document

BASE = "http://127.0.0.1:9"


@pytest.mark.parametrize("method", CREDENTIALS)
def test_a_document_becomes_the_resource_of_its_method(method: str) -> None:
    """A document and its resource describe the same connection."""
    fields = {"schema_version": 1, **document(BASE, method)}
    resource = resource_from_document(fields, "acme")
    assert type(resource) is RESOURCES[method]
    assert resource.connection.name == "acme"
    assert resource.connection.document == watchword.load(document(BASE, method)).document


def test_a_document_may_be_json_with_the_types_of_a_form() -> None:
    """Objects and lists that are written as text are read as in every other host."""
    fields = {
        **document(BASE, "oauth2_client_credentials"),
        "grant_body": '{"audience": "a", "deep": {"list": [1]}}',
        "refresh_on_status": "403;419",
        "allowed_origins": [BASE],
        "timeout": 5,
    }
    resource = resource_from_document(json.dumps(fields).encode(), "acme")
    assert isinstance(resource, OAuth2ClientCredentialsResource)
    assert resource.grant_body == {"audience": "a", "deep": {"list": [1]}}
    assert resource.refresh_on_status == [403, 419]
    assert resource.allowed_origins == [BASE]


def test_a_reference_stays_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster stores the reference; the secret is read in the run."""
    monkeypatch.setenv("ACME_KEY", "canary-5d20")
    resource = resource_from_document({**document(BASE, "api_key"), "api_key": "env:ACME_KEY"}, "acme")
    resource.session().close()
    assert "canary-5d20" not in str(dict(resource))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"method": "apikey"}, "unknown_method"),
        ({"key_nmae": "X"}, "unknown_field"),
        ({"username": "u"}, "field_of_other_method"),
        ({"timeout": "long"}, "wrong_type"),
        ({"api_key": "********"}, "placeholder_secret"),
        ({"base_url": None}, "missing_field"),
        ({"name": "acme"}, "unknown_field"),
    ],
)
def test_a_document_is_read_strictly(changed: dict[str, Any], code: str) -> None:
    """An invalid document is an error when the definitions are loaded."""
    with pytest.raises(watchword.DocumentError) as refused:
        resource_from_document({**document(BASE, "api_key"), **changed}, "acme")
    assert refused.value.code == code
