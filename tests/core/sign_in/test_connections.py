"""A connection whose user has signed in: its name, store and health, and when a new sign-in is needed."""

from __future__ import annotations

import pickle  # noqa: TID251 - to see it refused

import certifi
import pytest

import watchword
from watchword.errors import SignInRequired
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores import open_store
from watchword.tokens.health import DAY
from watchword.tokens.token import Token
from watchword_playground import Playground, SignInOptions

METHOD = "oauth2_authorization_code"


@pytest.fixture
def playground():
    with Playground() as running:
        yield running


@pytest.fixture
def fields(playground):
    return {name: value for name, value in playground.document(METHOD).items() if name != "refresh_token"}


def issued(playground, **lifetimes) -> Token:
    content = playground.sign_in(SignInOptions(method=METHOD))
    return Token(content["access_token"], refresh_token=content["refresh_token"], **lifetimes)


def test_a_sign_in_needs_a_name(fields):
    """Without a name a document that needs a sign-in is refused before any request."""
    made = watchword.load(fields)
    assert [found.code.name for found in made.lint()] == ["name_missing"]
    with pytest.raises(watchword.DocumentError, match="has no name"):
        made.session()
    assert made.validate().deciding.code.name == "name_missing"


def test_who_has_not_signed_in_is_told_so(playground, fields):
    """If nobody has signed in, the session and the validation say so, and name the command that helps."""
    made = watchword.load(fields, "acme")
    with made.session() as api, pytest.raises(SignInRequired, match="Nobody has signed in for 'acme' yet"):
        api.get("/v1/me")
    report = made.validate()
    assert report.deciding.code.name == "sign_in_required"
    assert report.exit_code == 2
    assert "watchword login" in report.deciding.advice
    assert playground.token_requests == 0


def test_what_was_signed_in_serves_every_connection_of_that_name(playground, fields):
    """A sign-in is found by every connection of its name, and by no other."""
    stored_sign_in(watchword.load(fields, "acme")).accept(issued(playground, lifetime=3600))
    with watchword.load(fields, "acme").session() as api:
        assert api.get("/v1/me").json()["user"] == "ada"
    with watchword.load(fields, "other").session() as api, pytest.raises(SignInRequired):
        api.get("/v1/me")
    assert playground.token_requests == 0


def test_a_validation_proves_the_sign_in_by_a_refresh_and_keeps_its_successor(playground, fields):
    """Each validation refreshes the token, and the next one works with the refresh token that it stored."""
    made = watchword.load(fields, "acme")
    stored_sign_in(made).accept(issued(playground, lifetime=3600))
    for count in (1, 2, 3):
        report = made.validate()
        assert report.deciding.code.name == "token_obtained"
        assert playground.token_requests == count
    assert playground.families_revoked == 0


def test_a_token_that_nobody_can_renew_proves_nothing_by_itself(playground, fields):
    """Without a refresh token only a test URL can prove the sign-in."""
    made = watchword.load(fields, "acme")
    stored_sign_in(made).accept(Token(issued(playground).access_token, lifetime=3600))
    assert made.validate().deciding.code.name == "not_proven"
    assert made.validate(f"{fields['base_url']}/v1/me").deciding.code.name == "authenticated"
    assert playground.token_requests == 0


def test_a_new_sign_in_takes_the_place_of_an_ended_one_at_once(playground, fields):
    """A process that got SignInRequired goes on as soon as somebody has signed in."""
    made = watchword.load(fields, "acme")
    with made.session() as api:
        with pytest.raises(SignInRequired):
            api.get("/v1/me")
        stored_sign_in(made).accept(issued(playground, lifetime=3600))
        assert api.get("/v1/me").status_code == 200


def test_a_sign_out_forgets_the_token_and_hands_it_out_once(playground, fields):
    """Forgetting a sign-in returns its token once, for its revocation; then nothing finds it."""
    made = watchword.load(fields, "acme")
    kept = issued(playground, lifetime=3600)
    stored_sign_in(made).accept(kept)
    assert stored_sign_in(made).forget().refresh_token == kept.refresh_token
    assert stored_sign_in(made).forget() is None
    with watchword.load(fields, "acme").session() as api, pytest.raises(SignInRequired):
        api.get("/v1/me")


def test_the_health_of_a_sign_in_says_when_it_ends(playground, fields):
    """The health has the days left if the server stated them, and whether a refresh is due."""
    made = watchword.load(fields, "acme")
    stored_sign_in(made).accept(issued(playground, lifetime=3600, refresh_lifetime=10 * DAY))
    health = stored_sign_in(made).health()
    assert health.name == "acme"
    assert 9 < health.days_left <= 10
    assert health.lapses(14 * DAY, 7 * DAY)
    assert not health.lapses(3 * DAY, 7 * DAY)
    stored_sign_in(made).accept(issued(playground, lifetime=3600))
    assert stored_sign_in(made).health().days_left is None
    assert not stored_sign_in(made).health().lapses(14 * DAY, 7 * DAY)


def test_the_store_is_given_as_a_url_or_as_itself(fields, tmp_path):
    """A URL and a store object both give the process's one store; the default is the environment's."""
    url = f"sqlite:///{tmp_path / 'own.db'}"
    assert watchword.load(fields, "acme", store=url).store is open_store(url)
    assert watchword.load(fields, "acme", store=open_store(url)).store is open_store(url)
    assert watchword.load(fields, "acme").store is open_store("memory://")


@pytest.mark.parametrize(
    "changed",
    [
        {"base_url": "http://127.0.0.1:9/x"},
        {"allowed_origins": ["http://127.0.0.1:9"]},  # in addition to its own
        {"refresh_url": "http://127.0.0.1:9/refresh"},
        {"revocation_endpoint": "http://127.0.0.1:9/revoke"},
        {"proxy": "http://127.0.0.1:9"},
        {"verify": False},
        {"ca_bundle": certifi.where()},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_address_wants_a_new_sign_in(playground, fields, changed):
    """A document with changed addresses needs a new sign-in; the old document keeps its own."""
    before = watchword.load(fields, "acme")
    stored_sign_in(before).accept(issued(playground, lifetime=3600))
    if "allowed_origins" in changed:
        changed = {"allowed_origins": [*changed["allowed_origins"], playground.url]}
    edited = watchword.load({**fields, **changed}, "acme")
    with edited.session() as api, pytest.raises(SignInRequired, match="made for other addresses"):
        api.get("/v1/me")
    assert edited.validate().deciding.code.name == "sign_in_required"
    with before.session() as api:
        assert api.get("/v1/me").status_code == 200
    assert playground.token_requests == 0


def test_nothing_that_holds_a_sign_in_is_pickled(playground, fields):
    """Tokens and stores can't be pickled."""
    made = watchword.load(fields, "acme")
    for secret in (issued(playground), made.store, made.credential.token_cache._provider):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(secret)
