"""A user name that is the key: it may be a reference, and is masked; ordinary names are not."""

from __future__ import annotations

import base64

import pytest

import watchword
from watchword import redact

URL = "https://api.test"


def load(*, stored=False, method="basic", **fields):
    return watchword.load({"base_url": URL, "method": method, **fields}, stored=stored)


KEYS = {
    "Stripe": ("sk_live_key_user_01", ""),
    "Freshdesk": ("aBcDeF0123456789xyz", "X"),
    "Greenhouse": ("0123456789abcdef0123456789abcdef-1", ""),
    "Chargebee": ("live_aBcDeF0123456789", ""),
    "Lever": ("aBcDeFgHiJkLmNoPqRsTuVwXyZ", ""),
    "Close": ("api_0aBcDeFgHiJkLmNoPqRs.1tUvWxYz", ""),
    "Teamwork": ("twp_0123456789abcdef", "x"),
    "Harvest-like": ("1234567.pt.aBcDeF-0123456789", "unused"),
    "Mailchimp-like": ("0123456789abcdef0123456789abcdef-us6", "none"),
    "Workable": ("wk-0123456789-abcdef", "-"),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_as_user_name_is_masked(name):
    """A user name that seems to be a key, beside no password or a filler, is masked like a secret."""
    key, password = KEYS[name]
    conn = load(username=key, password=password)
    conn.session().close()
    assert key not in redact.text(f"the key {key} in a log")
    assert key not in repr(conn.credential.resolved)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("etl", "s3cret-word"),
        ("etl", ""),
        ("admin", "x"),
        ("ann@example.com", ""),
        ("service.account.2@example.com", ""),
        ("reporting-user-eu1", "s3cret-word"),
        ("integration", ""),
        ("DOMAIN\\ann", ""),
        ("jürgen.müller", "none"),
        ("team reports 2026", ""),
    ],
)
def test_an_ordinary_user_name_is_not_masked(username, password):
    """The name of a person or a service stays readable in logs, whatever its password."""
    conn = load(username=username, password=password)
    conn.session().close()
    assert redact.text(f"signed in as {username} today") == f"signed in as {username} today"


@pytest.mark.parametrize("method", ["basic", "digest", "session_login", "oauth2_password"])
def test_a_user_name_may_be_a_reference(monkeypatch, method):
    """With every method that has a user name, a reference is resolved, and its content masked."""
    monkeypatch.setenv("WATCHWORD_SECRET_USER", "k3y-of-the-user")
    more = {
        "session_login": {"login_url": f"{URL}/login", "response_access_path": "t"},
        "oauth2_password": {"token_url": f"{URL}/token", "client_id": "c", "client_auth": "none"},
    }.get(method, {})
    conn = load(stored=True, method=method, username="env:WATCHWORD_SECRET_USER", password="pw", **more)
    assert [item.code.name for item in conn.lint()] == []
    assert conn.credential.resolved.method.username == "k3y-of-the-user"
    assert "k3y-of-the-user" not in redact.text("as k3y-of-the-user")
    assert "k3y-of-the-user" not in f"{conn.credential.resolved!r} {conn.document!r}"


def test_a_reference_is_sent_as_the_user_name(serve, reply, monkeypatch):
    """The Basic header holds what the reference stands for."""
    monkeypatch.setenv("WATCHWORD_SECRET_USER", "k3y-of-the-user")
    server = serve(reply())
    watchword.load(
        {"base_url": server.url, "method": "basic", "username": "env:WATCHWORD_SECRET_USER"}
    ).session().get("/x")
    sent = server.seen[0].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == b"k3y-of-the-user:"


def test_a_reference_that_is_not_allowed_is_refused():
    """A stored document's user name may only refer to what the deployment allows."""
    found = load(stored=True, username="env:HOME", password="pw").lint()
    assert [item.code.name for item in found] == ["reference_not_allowed"]


def test_a_user_name_that_looks_like_a_reference_can_be_escaped():
    """`literal:` means the text behind it, and hides nothing."""
    conn = load(method="digest", username="literal:env:odd", password="pw")
    assert conn.credential.resolved.method.username == "env:odd"
    assert redact.text("as env:odd") == "as env:odd"


def test_a_user_name_may_be_empty_in_a_stored_document():
    """Some APIs take a key as the password of nobody; a form's empty user name is such a document."""
    assert load(stored=True, username="", password="pat-0002-azdo").lint() == []


def test_user_name_and_password_are_not_both_empty():
    """A Basic header of nothing proves nothing: that is a finding."""
    assert [item.code.name for item in load(stored=True, username="").lint()] == ["missing_field"]
    with pytest.raises(watchword.DocumentError, match="username is missing"):
        load(stored=True, password="pw")


def test_an_empty_user_name_of_another_method_still_means_absent():
    """Where a method needs no user name, a form's empty text is none."""
    conn = load(
        stored=True, method="session_login", username="", password="pw", login_url=f"{URL}/l",
        response_access_path="t",
    )  # fmt: skip
    assert [item.code.name for item in conn.lint()] == ["missing_field"]
