"""A pasted connection is kept at once, and none of its secrets comes back."""

from __future__ import annotations

import json

import pytest

SECRET = "playground-key-2f9c41d7"


def test_a_pasted_command_is_valid_two_clicks_later(person, playground, kept, words):
    """A curl command of an API's documentation is saved and validated without another field."""
    command = f"curl '{playground.url}/api_key/v1/me' -H 'X-API-Key: {SECRET}'"
    page = person.post("/import", {"connection.name": "acme", "text": command})
    assert page.url.endswith("/connections/acme")
    assert SECRET not in page.text
    assert kept()["api_key"] == SECRET
    assert "Valid " in words(person.post("/connections/acme/validate"))


def test_a_pasted_document_is_kept(person, documented, kept):
    """A connection document is kept as it is."""
    person.post("/import", {"connection.name": "acme", "text": json.dumps(documented("basic"))})
    assert kept() == documented("basic")


def test_what_is_left_out_is_said_before_one_goes_on(person, playground, words):
    """The remarks of a conversion are shown, and lead to the connection."""
    command = f"curl -k '{playground.url}/api_key/v1/me' -H 'X-API-Key: {SECRET}'"
    page = person.post("/import", {"connection.name": "acme", "text": command})
    assert "acme is saved" in words(page)
    assert "--insecure was left out" in words(page)


@pytest.mark.parametrize("text", ["", f"curl {SECRET}", f'{{"method": "{SECRET}"}}', f"{SECRET}"])
def test_a_refused_text_is_not_sent_back(person, kept, text):
    """What can't be read is refused in words, and neither kept nor shown."""
    page = person.post("/import", {"connection.name": "acme", "text": text})
    assert (page.status_code, 'role="alert"' in page.text) == (400, True)
    assert SECRET not in page.text
    assert kept() is None


def test_a_taken_name_is_refused(person, stored, kept):
    """A pasted connection replaces none of the same name."""
    former = stored()
    page = person.post("/import", {"connection.name": "acme", "text": "curl https://a.test/v1 -u a:b"})
    assert page.status_code == 409
    assert kept() == former


MANIFEST = """\
type: DeclarativeSource
streams: []
definitions:
  requester:
    type: HttpRequester
    url_base: https://a.test
    authenticator:
      type: BearerAuthenticator
      api_token: "{{ config['token'] }}"
"""


def test_the_files_of_other_programs_may_be_pasted(person, kept, words):
    """What a manifest lacks is named, and given in a second box; neither text comes back."""
    page = person.post("/import", {"connection.name": "acme", "text": MANIFEST})
    assert page.status_code == 400
    code = "import_value_missing"
    assert f"{code}: The file lacks values: token. Give them under Values" in words(page)
    assert kept() is None
    page = person.post("/import", {"connection.name": "acme", "text": MANIFEST, "values": f"token={SECRET}"})
    assert page.url.endswith("/connections/acme")
    assert kept() == {"method": "bearer", "base_url": "https://a.test", "bearer_token": SECRET}
    assert SECRET not in page.text


def test_one_of_several_connections_is_named(person, kept, words):
    """Of a text with several connections the name chooses one; the page says which there are."""
    export = json.dumps({"a": f"http://u:{SECRET}@a.test", "acme": f"http://u:{SECRET}@https%3A%2F%2Fb.test"})
    page = person.post("/import", {"connection.name": "other", "text": export})
    assert "import_choice_needed" in words(page)
    assert "there are a, acme" in words(page)
    person.post("/import", {"connection.name": "acme", "text": export})
    assert kept()["base_url"] == "https://b.test"


@pytest.mark.parametrize("values", [SECRET, f"[{SECRET}]", f"{{{SECRET}"])
def test_values_that_can_not_be_read_are_not_sent_back(person, kept, values):
    """A text of values that is none is refused without any of it."""
    page = person.post("/import", {"connection.name": "acme", "text": MANIFEST, "values": values})
    assert (page.status_code, SECRET in page.text, kept()) == (400, False, None)
