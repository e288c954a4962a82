"""What a person may do with a connection is asked of the host for every route, before anything is read."""

from __future__ import annotations

import pytest

from watchword.console.app import create_app
from watchword.console.host import Right
from watchword.console.local import LocalHost

NEEDED = {
    ("GET", "/new"): Right.CREATE,
    ("GET", "/new/api_key"): Right.CREATE,
    ("POST", "/new/api_key"): Right.CREATE,
    ("GET", "/import"): Right.CREATE,
    ("POST", "/import"): Right.CREATE,
    ("GET", "/connections/acme"): Right.READ,
    ("GET", "/connections/acme/edit"): Right.EDIT,
    ("POST", "/connections/acme/edit"): Right.EDIT,
    ("POST", "/connections/acme/validate"): Right.EDIT,
    ("POST", "/connections/acme/clean"): Right.EDIT,
    ("POST", "/connections/acme/remove"): Right.DELETE,
    ("POST", "/connections/acme/sign-in"): Right.EDIT,
    ("POST", "/connections/acme/sign-in/device"): Right.EDIT,
    ("POST", "/connections/acme/sign-out"): Right.EDIT,
    ("POST", "/connections/acme/hand-over"): Right.EDIT,
    ("POST", "/connections/acme/hand-over/accept"): Right.EDIT,
    ("POST", "/connections/acme/hand-over/discard"): Right.EDIT,
}
"""Every route but the open ones, and the right that it needs beside the one to read."""

OPEN = {
    ("GET", "/"),
    ("GET", "/callback"),
    ("POST", "/callback"),
    ("GET", "/hand-over/{link}"),
    ("POST", "/hand-over/{link}"),
    ("GET", "/handed-over"),
}
"""The list shows what a person may read, as the host says.

A callback belongs to the person who began the sign-in, whose right is asked again there. A link for a
colleague is for people without a right on its connection.
"""


@pytest.fixture
def allow(monkeypatch):
    """Give a function that sets the rights that the host gives from then on."""

    def set_rights(*rights):
        monkeypatch.setattr(LocalHost, "rights", lambda *_: frozenset(rights))

    return set_rights


def test_every_route_is_in_the_table():
    """A route that is added needs a right too."""
    found = set()
    for route in create_app(LocalHost(1)).routes:
        path = route.path.replace("{connection_id}", "acme").replace("{method}", "api_key")
        if path != "/static":
            found |= {(verb, path) for verb in route.methods - {"HEAD"}}
    assert found - OPEN == set(NEEDED)


@pytest.mark.parametrize(("verb", "path"), NEEDED)
def test_a_person_without_the_right_is_refused(person, stored, kept, allow, verb, path):
    """With every right but the needed one, a route answers 403, shows nothing and changes nothing."""
    former = stored()
    token = person.form_token()
    allow(*set(Right) - {NEEDED[verb, path]})
    fields = {"action": "save", "connection.name": "new", "text": "curl https://a.test -u a:b"}
    answer = person.get(path) if verb == "GET" else person.post(path, fields, token=token)
    assert answer.status_code == 403
    assert "You may not" in answer.text
    assert former["base_url"] not in answer.text
    assert (kept(), kept("new")) == (former, None)


@pytest.mark.parametrize(("verb", "path"), [each for each in NEEDED if "/connections/" in each[1]])
def test_who_may_not_read_a_connection_learns_nothing_of_it(person, stored, allow, verb, path):
    """Without the right to read, an existing connection and a missing one are refused alike."""
    stored()
    token = person.form_token()
    allow(*set(Right) - {Right.READ})
    answers = [
        person.get(name) if verb == "GET" else person.post(name, {}, token=token)
        for name in (path, path.replace("acme", "nobody"))
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].text == answers[1].text.replace("nobody", "acme")


def test_a_reader_sees_no_forms(person, stored, allow):
    """A person who may only read sees the fields, and neither buttons nor forms."""
    stored()
    allow(Right.READ)
    page = person.get("/connections/acme")
    assert "API key" in page.text
    assert "<form" not in page.text
    assert "/edit" not in page.text
    assert "New connection" not in person.get("/").text
