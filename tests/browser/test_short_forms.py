"""The short connection forms in Airflow's own page: type, save, test, for each method of the playground."""

from __future__ import annotations

from importlib import metadata

import pytest

from airflow_provider_watchword.forms import short
from airflow_provider_watchword.generate import provider_info
from tests.support.connection_form import ConnectionForm
from tests.support.nightly import rest_nightly
from watchword import METHODS
from watchword.connections.airflow_format import short_type
from watchword.methods.fields import secret_names
from watchword_playground import CREDENTIALS
from watchword_playground import testable_document as example_of

TYPES = {entry["connection-type"]: entry for entry in provider_info()["connection-types"]}

TRIED = rest_nightly(CREDENTIALS, {"custom", "oauth2_client_credentials"})
"""The methods whose form is filled in: a usual run tries each kind of field once, an API key in another test.

Airflow's page needs up to half a minute for each.
"""

KEEPS_SECRETS = metadata.version("apache-airflow-core") < "3.4"
"""Whether Airflow keeps the hidden secrets of a connection that gets another type."""

MOST_FIELDS = dict.fromkeys(CREDENTIALS, 12) | {"api_key": 5, "bearer": 3, "basic": 3}
"""How many fields a form may show before the advanced ones."""

_UNTESTED = dict.fromkeys(("oauth2_authorization_code", "oauth2_device_code"), "sign_in_not_tested")

GOOD = {**dict.fromkeys(CREDENTIALS, "authenticated"), "none": "no_authentication", **_UNTESTED}
"""The code of the verdict on a good connection."""

REVOKED = {
    **dict.fromkeys(CREDENTIALS, "unauthorized_401"),
    "oauth2_client_credentials": "invalid_client",
    "oauth2_token_exchange": "invalid_client",
    "oauth2_password": "invalid_client",
    "oauth2_jwt_bearer": "invalid_grant",
    "session_login": "login_refused",
    "aws_sigv4": "aws_key_unknown",
    **_UNTESTED,
}
"""The code of the verdict after the credential was revoked."""

REMOVED = {
    **dict.fromkeys(CREDENTIALS, "base_url"),
    "oauth1": "consumer_secret",
    "oauth2_client_credentials": "client_secret",
    "oauth2_device_code": "client_secret",
    "oauth2_token_exchange": "client_secret",
    "oauth2_password": "client_secret",
    "aws_sigv4": "secret_key",
    "custom": "secret_parameters",
}
"""The field that is cleared, so that the connection is incomplete."""


def labels(method):
    """Return the labels of the fields that a person needs, in their order."""
    entry = TYPES[short_type(method)]
    own = entry["ui-field-behaviour"]["relabeling"].values()
    fields = [field for field in entry["conn-fields"].values() if "const" not in field["schema"]]
    return [*own, *(field["label"] for field in fields if field["schema"]["section"] != short.ADVANCED)]


def secrets(document):
    """Return the secret texts of a document."""
    return [document[name] for name in secret_names(METHODS[document["method"]]) & document.keys()]


@pytest.fixture(scope="module")
def shared_form(open_shared_page, site):
    """Give Airflow's list of connections, and empty it at the end."""
    yield ConnectionForm(open_shared_page(), site.url)
    with site.session("admin") as api:
        for each in api.get(f"{site.url}/api/v2/connections", timeout=30).json()["connections"]:
            api.delete(
                f"{site.url}/api/v2/connections/{each['connection_id']}", timeout=30
            ).raise_for_status()


@pytest.fixture
def form(shared_form):
    """Return the list of connections, on a page so large that messages cover no button."""
    shared_form.page.set_viewport_size({"width": 1700, "height": 1500})
    return shared_form


def test_the_types_stand_together(form, screenshot):
    """The list of types shows those of watchword, and no other, to a person who types *HTTP API*."""
    form.show_list()
    form.page.set_viewport_size({"width": 1200, "height": 560})
    form.page.get_by_role("button", name="Add Connection").click()
    form.search("HTTP API")
    options = form.page.get_by_role("option")
    options.first.wait_for()
    assert options.all_inner_texts() == sorted((each["hook-name"] for each in TYPES.values()), key=str.lower)
    screenshot(form.page, "forms-types")


def test_an_api_key_takes_three_fields(form, playground, screenshot):
    """From the list to a green verdict there are a name, three fields and five clicks at most."""
    page = form.page
    page.set_viewport_size({"width": 1200, "height": 900})
    document = example_of(playground.url, "api_key")
    form.add("acme", "HTTP API: API key")
    for name in ("base_url", "api_key", "test_url"):
        form.fill(name, document[name])
    screenshot(page, "forms-api-key")
    form.save()
    page.set_viewport_size({"width": 1200, "height": 560})
    assert form.test("acme").is_green
    screenshot(page, "forms-test-valid")
    assert form.fields == 3
    assert form.clicks <= 5
    playground.revoke("api_key")
    page.reload()  # so that the picture shows one message
    assert not form.test("acme").is_green
    screenshot(page, "forms-test-invalid")


@pytest.mark.parametrize("method", TRIED)
def test_from_an_empty_form_to_a_verdict(method, form, playground):
    """The Test button is green for what was typed in, and red with the reason once revoked or incomplete."""
    form.add(method, f"HTTP API: {METHODS[method].title}")
    assert form.labels() == labels(method)
    assert len(form.labels()) <= MOST_FIELDS[method]
    document = example_of(playground.url, method)
    for name in (each for each in document if each != "method"):
        form.fill(name, document[name])
    form.save()
    good = form.test(method)
    assert good.is_green == (GOOD[method] == "authenticated"), good
    assert f"{GOOD[method]}: " in good.words
    if method != "none":
        playground.revoke(method)
        revoked = form.test(method)
        assert not revoked.is_green
        assert f"{REVOKED[method]}: " in revoked.words
    form.edit(method)
    assert [secret for secret in secrets(document) if secret in form.page.content()] == []
    form.fill(REMOVED[method], "")
    form.save()
    incomplete = form.test(method)
    assert not incomplete.is_green
    assert "missing_field: " in incomplete.words


def test_the_type_can_be_changed(form, playground):
    """A connection keeps its extra under another type; Airflow 3.4 wants the secrets again."""
    document = example_of(playground.url, "api_key")
    form.add("changed", "HTTP API: API key")
    for name in ("base_url", "api_key", "test_url"):
        form.fill(name, document[name])
    form.save()
    form.edit("changed")
    form.choose("HTTP API: all methods")
    if not KEEPS_SECRETS:
        form.fill("api_key", document["api_key"])
    form.save()
    changed = form.test("changed")
    assert changed.is_green, changed


def test_airflow_knows_the_hook_of_each_type(site):
    """`airflow providers hooks` lists each type, and no log has an inconsistency after each one was used."""
    listed = site.command("providers", "hooks", "--output", "json")
    assert [name for name in TYPES if f'"{name}"' not in listed] == []
    with site.session("admin") as api:
        for name in TYPES:
            body = {"connection_id": "acme", "conn_type": name, "extra": '{"schema_version": 1}'}
            answer = api.post(f"{site.url}/api/v2/connections/test", json=body, timeout=60).json()
            assert answer["status"] is False, answer
    assert "nconsistency" not in listed + site.log()
