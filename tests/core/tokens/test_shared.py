"""Tokens shared through a store: one refresh for all, none lost, failures remembered for those who come next.

Each worker here has a token cache of its own, as another process would have it, over one store; the server
rotates refresh tokens and revokes the sign-in when one is used twice.
"""

from __future__ import annotations

import itertools
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from watchword.errors import SignInRequired, TokenError
from watchword.findings.codes import finding
from watchword.http.transport_options import TransportOptions
from watchword.stores import memory
from watchword.stores.memory import MemoryStore
from watchword.stores.sql_store import SqlStore
from watchword.tokens import shared_tokens as shared_module
from watchword.tokens import stored_token as stored_module
from watchword.tokens import transitions
from watchword.tokens.health import health_of
from watchword.tokens.record import StoreTime
from watchword.tokens.shared_tokens import SharedTokens
from watchword.tokens.stored_token import StoredCredential
from watchword.tokens.token import Token
from watchword.tokens.token_cache import TokenCache
from watchword.tokens.token_source import Account
from watchword.tokens.token_store import StoreError

WORKERS = 32


class Clock:
    """The time of the store and of every token cache."""

    def __init__(self) -> None:
        self.tick, self.wall = 1000.0, 1_700_000_000.0

    def __call__(self) -> float:
        return self.tick

    def moment(self) -> StoreTime:
        return StoreTime("", self.tick, self.wall)

    def go(self, seconds) -> None:
        self.tick += seconds
        self.wall += seconds


class Server:
    """An authorization server that rotates, forgives reuse while `grace` says so, and can be told to fail."""

    def __init__(self, *, rotates=True, lifetime=100.0, delay=0.0) -> None:
        self.rotates, self.lifetime, self.delay = rotates, lifetime, delay
        self.refresh_token, self.used, self.revoked, self.grace = "refresh-0", set(), False, False
        self.calls, self.numbers, self.lock = 0, itertools.count(1), threading.Lock()
        self.failures, self.lose = [], 0

    def answer(self, refresh_token) -> Token:
        with self.lock:
            self.calls += 1
            failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise TokenError([failure])
        time.sleep(self.delay)
        with self.lock:
            number = next(self.numbers)
            if refresh_token is None:
                return Token(f"access-{number}", lifetime=self.lifetime)
            if refresh_token in self.used and not self.grace:
                self.revoked = True
            if self.revoked or refresh_token not in {self.refresh_token, *self.used}:
                raise TokenError([finding("invalid_grant", "The token endpoint refused the refresh token.")])
            if self.rotates:
                self.used.add(refresh_token)
                self.refresh_token = f"refresh-{number}"
            lost, self.lose = self.lose > 0, self.lose - 1
        if lost:
            raise TokenError([finding("read_timeout", "No answer came in time.")])
        return Token(
            f"access-{number}",
            lifetime=self.lifetime,
            refresh_token=self.refresh_token if self.rotates else None,
        )


class Source:
    """A stored source that asks the server."""

    logs_out = False

    def __init__(self, server, account, request="request") -> None:
        self.server, self.account, self.identity = server, account, (request,)

    def fetch(self, _transport, refresh_token=None, _proof_key=None) -> Token:
        return self.server.answer(refresh_token)

    def discard(self, token, transport) -> None: ...


SIGN_IN = Account("oauth2_authorization_code", "https://auth.test/token", "client", signs_in=True)
MACHINE = Account("oauth2_client_credentials", "https://auth.test/token", "client")


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(memory, "_now", clock.moment)
    monkeypatch.setattr(stored_module, "_SAVES", (0.0, 0.0))
    return clock


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def tokens(store, server, account=SIGN_IN, name="acme", request="request", timeout=30.0) -> SharedTokens:
    source, transport = Source(server, account, request), TransportOptions(timeout=timeout)
    return SharedTokens(StoredCredential(store, name, source, transport))


def worker(clock, *args, **options) -> TokenCache:
    return TokenCache(tokens(*args, **options), clock)


def signed_in(store, server, lifetime=100.0, **options) -> None:
    tokens(store, server, **options).stored.accept(
        Token("access-0", lifetime=lifetime, refresh_token=server.refresh_token)
    )


def held_back(server) -> threading.Event:
    """Return the event that lets the server answer."""
    go_on, answer = threading.Event(), server.answer

    def answer_then(refresh_token) -> Token:
        assert go_on.wait(60)
        return answer(refresh_token)

    server.answer = answer_then
    return go_on


def at_once(token_caches, rejected=None) -> list[str]:
    with ThreadPoolExecutor(len(token_caches)) as pool:
        return [
            token.access_token
            for token in pool.map(lambda token_cache: token_cache.get(rejected), token_caches)
        ]


@pytest.mark.parametrize("account", [SIGN_IN, MACHINE], ids=["refresh", "machine"])
def test_thirty_two_workers_cause_one_request_at_each_of_twenty_expiries(clock, store, account):
    """Workers with nothing in common but the store ask once per expiry, and each gets the new token."""
    server = Server(delay=0.01)
    signed_in(store, server, account=account)
    token_caches = [worker(clock, store, server, account) for _ in range(WORKERS)]
    assert len(set(at_once(token_caches))) == 1
    for expiry in range(1, 21):
        clock.go(101)
        assert len(set(at_once(token_caches))) == 1
        assert server.calls == expiry
    assert not server.revoked


def test_a_stale_token_serves_while_another_worker_holds_the_lease(clock, store):
    """Inside the margin nobody waits for a lease that another has."""
    server = Server()
    signed_in(store, server)
    token_cache = worker(clock, store, server)
    token_cache.get()
    clock.go(85)
    tokens(store, server).stored.take_lease("another", 60)
    assert token_cache.get().access_token == "access-0"
    assert server.calls == 0


def test_a_lease_that_is_over_is_taken(clock, store):
    """A worker that died with the lease holds the others up until its end, and no longer."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    tokens(store, server).stored.take_lease("another", 61)
    clock.go(62)
    assert worker(clock, store, server).get().access_token == "access-1"


def test_who_waits_too_long_for_a_lease_gets_a_typed_error(clock, store, monkeypatch):
    """A lease that is renewed for ever ends in an error that says so, not in a hang."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    tokens(store, server).stored.take_lease("another", 250)
    monkeypatch.setattr(shared_module, "_SLACK", 0.0)
    with pytest.raises(TokenError) as error:
        worker(clock, store, server, timeout=0.01).get()
    assert error.value.code == "renewal_in_progress"
    assert error.value.retryable


def test_a_refusal_of_a_new_token_causes_no_storm(clock, store):
    """Thirty-two workers refused at once renew once; refused again, they take that for a minute."""
    server = Server()
    signed_in(store, server, lifetime=3600)
    server.lifetime = 3600
    token_caches = [worker(clock, store, server) for _ in range(WORKERS)]
    first = token_caches[0].get()
    at_once(token_caches)
    assert set(at_once(token_caches, first)) == {"access-1"}
    second = token_caches[0].get()
    for _ in range(5):
        assert set(at_once(token_caches, second)) == {"access-1"}
    assert server.calls == 1
    clock.go(61)
    assert set(at_once(token_caches, second)) == {"access-2"}
    assert server.calls == 2


def test_an_ended_sign_in_is_asked_for_once_and_healed_by_a_new_one(clock, store):
    """After invalid_grant nobody asks again, everybody is told to sign in, and signing in mends it."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    server.revoked = True
    for token_cache in [worker(clock, store, server) for _ in range(WORKERS)]:
        with pytest.raises(SignInRequired, match="'acme' has ended"):
            token_cache.get()
    assert server.calls == 1
    server.revoked, server.refresh_token = False, "refresh-new"
    signed_in(store, server)
    clock.go(101)
    assert worker(clock, store, server).get().access_token.startswith("access-")


def test_the_winner_s_token_is_adopted_after_a_refusal(clock, store):
    """Who is refused because another was faster with the same refresh token goes on with the other's."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    slow = tokens(store, server)
    record = slow.stored.load().record

    def overtaken(refresh_token):
        issued = transitions.Issued(
            Token("winner", lifetime=100, refresh_token="r"), clock.moment(), slow.stored.fingerprints.request
        )
        store.change(slow.stored.fingerprints.key, transitions.save(record.generation, issued))
        raise TokenError([finding("invalid_grant", "used")])

    server.answer = overtaken
    assert TokenCache(slow, clock).get().access_token == "winner"


def test_a_lost_answer_is_asked_for_once_more_and_then_the_outcome_is_unknown(clock, store):
    """A second try may be forgiven; after its loss there is quiet, and then the server has the last word."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    server.lose = 1
    with pytest.raises(TokenError) as error:
        worker(clock, store, server).get()
    assert error.value.code == "read_timeout"
    server.grace, server.lose = True, 1
    for _ in range(3):
        with pytest.raises(TokenError) as error:
            worker(clock, store, server).get()
        assert error.value.code == "refresh_outcome_unknown"
    assert server.calls == 2
    clock.go(301)
    assert worker(clock, store, server).get().access_token == "access-3"


def test_a_lost_answer_that_the_server_forgives_is_no_loss(clock, store):
    """Where a server allows a second use for a while, the sign-in lives on after a lost answer."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    server.lose, server.grace = 1, True
    with pytest.raises(TokenError):
        worker(clock, store, server).get()
    assert worker(clock, store, server).get().access_token == "access-2"
    server.grace = False
    clock.go(101)
    assert worker(clock, store, server).get().access_token == "access-3"
    assert not server.revoked


def test_a_lost_answer_that_the_server_does_not_forgive_says_why_a_sign_in_is_wanted(clock, store):
    """The error tells the lost answer from a sign-in that somebody revoked."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    server.lose = 1
    with pytest.raises(TokenError):
        worker(clock, store, server).get()
    with pytest.raises(SignInRequired, match="answer to an earlier refresh was lost"):
        worker(clock, store, server).get()


def test_lost_answers_of_a_server_that_does_not_rotate_are_no_concern(clock, store):
    """Once a refresh has shown that the refresh token stays, lost answers are asked for again and again."""
    server = Server(rotates=False)
    signed_in(store, server)
    clock.go(101)
    worker(clock, store, server).get()
    clock.go(101)
    server.lose = 5
    for _ in range(5):
        with pytest.raises(TokenError) as error:
            worker(clock, store, server).get()
        assert error.value.code == "read_timeout"
    assert worker(clock, store, server).get().access_token == "access-7"


@pytest.mark.parametrize("account", [SIGN_IN, MACHINE], ids=["refresh", "machine"])
def test_a_server_s_wish_for_quiet_holds_for_every_worker(clock, store, account):
    """After 429 with Retry-After nobody asks until then, and the sign-in is as good as before."""
    server = Server()
    if account is SIGN_IN:
        signed_in(store, server)
        clock.go(101)
    server.failures = [finding("temporarily_unavailable", "busy", retry_after=30)]
    for _ in range(WORKERS):
        with pytest.raises(TokenError) as error:
            worker(clock, store, server, account).get()
        assert error.value.code == "temporarily_unavailable"
        assert error.value.retryable
    assert server.calls == 1
    clock.go(31)
    assert worker(clock, store, server, account).get().access_token == "access-1"


def test_a_refused_client_stands_for_five_minutes_but_not_for_a_validation(clock, store):
    """Workers don't ask again with a client that was refused; who validates does, and mends it for all."""
    server = Server()
    server.failures = [finding("invalid_client", "who?")]
    for _ in range(WORKERS):
        with pytest.raises(TokenError) as error:
            worker(clock, store, server, MACHINE).get()
        assert error.value.code == "invalid_client"
    assert server.calls == 1
    assert worker(clock, store, server, MACHINE).renew().is_new
    assert worker(clock, store, server, MACHINE).get().access_token == "access-1"


def test_an_imported_refresh_token_is_used_once_per_store(clock, store):
    """A copy of the document under another name is told so, and does not use the token up."""
    server = Server()
    account = replace(SIGN_IN, imported="refresh-0")
    assert worker(clock, store, server, account).get().access_token == "access-1"
    with pytest.raises(SignInRequired, match="was used before, under another name"):
        worker(clock, store, server, account, "a copy").get()
    clock.go(101)
    assert worker(clock, store, server, account).get().access_token == "access-2"
    assert server.calls == 2
    assert not server.revoked


def test_a_new_imported_refresh_token_heals_an_ended_sign_in(clock, store):
    """A document that is given a new refresh token after the old sign-in has ended works again."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    server.revoked = True
    with pytest.raises(SignInRequired):
        worker(clock, store, server).get()
    server.revoked, server.refresh_token = False, "refresh-imported"
    account = replace(SIGN_IN, imported="refresh-imported")
    assert worker(clock, store, server, account).get().access_token.startswith("access-")


def test_an_imported_refresh_token_that_has_served_is_never_shown_again(clock, store):
    """Neither after the sign-in has ended, nor after a sign-out: the server is left in peace."""
    server = Server()
    account = replace(SIGN_IN, imported="refresh-0")
    worker(clock, store, server, account).get()
    clock.go(101)
    server.revoked = True
    for _ in range(6):
        with pytest.raises(SignInRequired, match="has ended"):
            worker(clock, store, server, account).get()
    assert server.calls == 2
    tokens(store, server, account).stored.drop()
    for _ in range(3):
        with pytest.raises(SignInRequired, match="Nobody has signed in"):
            worker(clock, store, server, account).get()
    assert server.calls == 2


def test_a_refused_import_is_shown_once(clock, store):
    """A dead refresh token in the document ends in the same error for all, after one request."""
    server = Server()
    server.revoked = True
    account = replace(SIGN_IN, imported="refresh-0")
    for _ in range(6):
        with pytest.raises(SignInRequired):
            worker(clock, store, server, account).get()
    assert server.calls == 1


def test_a_changed_client_secret_or_scope_keeps_the_sign_in(clock, store):
    """The access token of another request is not used, the refresh token is."""
    server = Server()
    signed_in(store, server)
    assert worker(clock, store, server).get().access_token == "access-0"
    clock.go(61)
    assert worker(clock, store, server, request="another secret").get().access_token == "access-1"
    assert server.calls == 1


def test_a_document_that_would_send_the_tokens_elsewhere_finds_no_sign_in(clock, store):
    """Who may edit a connection gets neither its access token nor its refresh token by another address."""
    server = Server()
    signed_in(store, server)

    def there(*token_destinations):
        provider = SharedTokens(
            StoredCredential(store, "acme", Source(server, SIGN_IN), TransportOptions(), token_destinations)
        )
        store.change(
            provider.stored.fingerprints.key,
            lambda record, _: replace(
                record, token_destinations=store.fingerprint("reach", "https://api.test/")
            ),
        )
        return provider

    for age in (0, 101):
        clock.go(age)
        with pytest.raises(SignInRequired, match="made for other addresses"):
            TokenCache(there("https://evil.test/"), clock).get()
    assert there("https://evil.test/").stored.drop() is None
    assert server.calls == 0


def test_processes_with_old_and_new_secret_do_not_refresh_in_turn(clock, store):
    """While a changed document is rolled out, each side takes what the other has just fetched."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    for _ in range(10):
        for request in ("old secret", "new secret"):
            worker(clock, store, server, request=request).get()
        clock.go(1)
    assert server.calls == 1


@pytest.mark.parametrize("other", [{"name": "other"}, {"account": replace(SIGN_IN, client_id="other")}])
def test_two_connections_never_share_a_sign_in(clock, store, other):
    """Another name or client finds nothing of it."""
    server = Server()
    signed_in(store, server)
    with pytest.raises(SignInRequired, match="Nobody has signed in"):
        worker(clock, store, server, **other).get()
    assert server.calls == 0


def test_in_a_store_that_was_replaced_an_imported_refresh_token_is_sent_once(clock, tmp_path):
    """A process that had the former store open finds what another process has saved in the new one."""
    account = replace(SIGN_IN, imported="refresh-0")
    file = tmp_path / "tokens.db"
    first, server = SqlStore(f"sqlite:///{file}"), Server()
    former = worker(clock, first, server, account)
    assert former.get().access_token == "access-1"
    for name in ("tokens.db", "tokens.db-wal", "tokens.db-shm"):
        file.with_name(name).unlink(missing_ok=True)
    server.refresh_token, server.used = "refresh-0", set()
    assert worker(clock, SqlStore(f"sqlite:///{file}"), server, account).get().access_token == "access-2"
    assert former.renew().token.access_token == "access-3"
    assert server.used == {"refresh-0", "refresh-2"}
    assert not server.revoked


def test_machines_with_other_scopes_do_not_take_each_other_s_token(clock, store):
    """Two documents of one name and other requests keep a token each, instead of replacing it in turn."""
    server = Server()
    for _ in range(3):
        for request in ("read", "write"):
            worker(clock, store, server, MACHINE, request=request).get()
    assert server.calls == 2


def test_a_sign_in_that_can_t_be_renewed_lasts_as_long_as_its_token(clock, store):
    """Without a refresh token the access token serves to its end, and proves nothing new."""
    server = Server()
    tokens(store, server).stored.accept(Token("access-0", lifetime=100))
    assert worker(clock, store, server).renew() == (Token("access-0", lifetime=100), 0.0, False)
    clock.go(90)
    assert worker(clock, store, server).get().access_token == "access-0"
    clock.go(11)
    with pytest.raises(SignInRequired, match="gave no refresh token"):
        worker(clock, store, server).get()


@pytest.mark.parametrize("jump", [600, -600])
def test_a_clock_that_is_set_causes_no_refresh(clock, store, jump):
    """A token is as old as it is, whatever somebody does to the wall clock."""
    server = Server()
    signed_in(store, server)
    clock.wall += jump
    assert set(at_once([worker(clock, store, server) for _ in range(WORKERS)])) == {"access-0"}
    assert server.calls == 0


def test_a_validation_s_token_is_new_and_one_for_all_who_validate_at_once(clock, store):
    """Thirty-two validations at once are proven by a token that was issued after each of them began."""
    server = Server(delay=0.05)
    signed_in(store, server)
    token_caches = [worker(clock, store, server) for _ in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        obtained = list(pool.map(lambda token_cache: token_cache.renew(), token_caches))
    assert all(each.is_new for each in obtained)
    assert server.calls < WORKERS
    assert not server.revoked
    calls = server.calls
    assert token_caches[0].renew().is_new
    assert server.calls == calls + 1


def test_an_interrupted_wait_does_not_end_the_renewal(clock, store):
    """A task that is killed by its time limit while the server answers loses nothing: the answer is saved."""
    server = Server()
    go_on = held_back(server)
    signed_in(store, server)
    clock.go(101)

    class TimeLimitError(Exception):
        pass

    def interrupt(*_):
        raise TimeLimitError

    token_cache = worker(clock, store, server)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(TimeLimitError):
            token_cache.get()
    finally:
        signal.signal(signal.SIGALRM, before)
    go_on.set()
    assert token_cache.get().access_token == "access-1"
    assert server.calls == 1


def test_a_late_answer_is_saved_for_the_next_who_asks(clock, store):
    """Who waits gives up at its timeout; the answer is taken all the same, and its refresh token kept."""
    server = Server()
    go_on = held_back(server)
    signed_in(store, server)
    clock.go(101)
    token_cache = worker(clock, store, server, timeout=0.4)
    with pytest.raises(TokenError) as error:
        token_cache.get()
    assert error.value.code == "read_timeout"
    go_on.set()
    assert worker(clock, store, server).get().access_token == "access-1"
    assert server.calls == 1


def test_a_late_save_does_not_undo_a_new_sign_in(clock, store):
    """After a sign-out and another person's sign-in, what was under way for the first is worth nothing."""
    server = Server()
    signed_in(store, server)
    stored = tokens(store, server).stored
    generation = stored.load().record.generation
    late = transitions.Issued(
        Token("alice", refresh_token="alice"), clock.moment(), stored.fingerprints.request, "refresh-0"
    )
    stored.drop()
    stored.accept(Token("bob", refresh_token="bob", lifetime=100))
    assert stored.save(generation, late).record.token.access_token == "bob"


def test_a_silent_reply_keeps_the_refresh_token_that_was_shown(clock, store):
    """Also the document's, of a server that gives no other: the sign-in is renewed from the store."""
    server = Server(rotates=False)
    account = replace(SIGN_IN, imported="refresh-0")
    worker(clock, store, server, account).get()
    clock.go(101)
    assert worker(clock, store, server).get().access_token == "access-2"
    assert health_of(tokens(store, server).stored.load()).can_renew


@pytest.mark.parametrize(
    ("stated", "repeats", "left"),
    [(None, False, 900), (None, True, 900), (500, False, 500), (500, True, 500)],
)
def test_the_end_of_a_refresh_token_is_known_from_the_last_word(clock, store, stated, repeats, left):
    """One that stays ends when it would have, unless the server says otherwise."""
    issued = [Token("a", lifetime=50, refresh_token="r", refresh_lifetime=1000)]
    issued.append(Token("b", lifetime=50, refresh_token="r" if repeats else None, refresh_lifetime=stated))
    stored = tokens(store, Server()).stored
    for token in issued:
        generation = stored.load().record.generation
        stored.save(generation, transitions.Issued(token, clock.moment(), stored.fingerprints.request, "r"))
        clock.go(100 if token is issued[0] else 0)
    assert health_of(stored.load()).refresh_ends == left


@pytest.mark.parametrize(("stated", "scope"), [(None, "a b"), ("a", "a")])
def test_a_refreshed_token_has_the_scope_and_account_of_its_sign_in(clock, store, stated, scope):
    """A response that names neither changes neither; another sign-in has its own, or none that is known."""
    stored = tokens(store, Server()).stored
    stored.accept(Token("a", scope="a b", refresh_token="r", account="ada@example.com"))
    generation = stored.load().record.generation
    refreshed = transitions.Issued(
        Token("b", scope=stated), clock.moment(), stored.fingerprints.request, sent_refresh_token="r"
    )
    health = health_of(stored.save(generation, refreshed))
    assert (health.scope, health.account) == (scope, "ada@example.com")
    stored.accept(Token("c", refresh_token="s"))
    health = health_of(stored.load())
    assert (health.scope, health.account) == (None, None)


def test_a_refused_client_is_not_the_end_of_a_sign_in(clock, store):
    """One wrong secret raises no alarm about the sign-in, and keeps nobody from refreshing it in time."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    server.failures = [finding("invalid_client", "who?")]
    with pytest.raises(TokenError):
        worker(clock, store, server, request="wrong secret").get()
    health = health_of(tokens(store, server).stored.load())
    assert (health.has_ended, health.days_left) == (False, None)
    assert health.lapses(0.0, 0.0)
    assert worker(clock, store, server).get().access_token == "access-1"


def test_a_new_sign_in_elsewhere_is_seen_within_seconds(clock, store):
    """A process that was told of a refused client asks the store again, where somebody has mended it."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    server.failures = [finding("invalid_client", "who?")]
    token_cache = worker(clock, store, server)
    with pytest.raises(TokenError):
        token_cache.get()
    signed_in(store, server)
    clock.go(6)
    assert token_cache.get().access_token == "access-0"


def test_a_gateway_s_error_may_hide_a_rotation(clock, store):
    """After two of them there is quiet for a while, as after two lost answers."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    overloaded = finding("temporarily_unavailable", "down", evidence={"status": "504"})
    server.failures = [overloaded, overloaded]
    for code in ("temporarily_unavailable", "refresh_outcome_unknown"):
        with pytest.raises(TokenError) as error:
            worker(clock, store, server).get()
        assert error.value.code == code
        clock.go(4)
    assert server.calls == 2
    clock.go(301)
    assert worker(clock, store, server).get().access_token == "access-1"


def test_a_failure_of_any_kind_is_not_repeated_by_every_worker(clock, store):
    """Whatever the server says, thirty-two workers hear it once."""
    server = Server()
    server.failures = [finding("invalid_scope", "no such scope")] * WORKERS
    for _ in range(WORKERS):
        with pytest.raises(TokenError) as error:
            worker(clock, store, server, MACHINE).get()
        assert error.value.code == "invalid_scope"
    assert server.calls == 1


class Broken(MemoryStore):
    """A store that takes nothing while it is told so."""

    def __init__(self) -> None:
        super().__init__()
        self.code = None

    def change(self, key, step):
        if self.code:
            raise StoreError([finding(self.code, "The store is broken.")])
        return super().change(key, step)

    def load(self, key):
        if self.code:
            raise StoreError([finding(self.code, "The store is broken.")])
        return super().load(key)


def test_a_new_refresh_token_that_the_store_can_t_take_is_kept_for_the_next_start(clock, caplog):
    """It lies in a file, encrypted, until the store takes it; then the next process goes on with it."""
    store, server = Broken(), Server()
    signed_in(store, server)
    clock.go(101)
    answer = server.answer

    def breaking(refresh_token):
        store.code = "store_full"
        return answer(refresh_token)

    server.answer = breaking
    token_cache = worker(clock, store, server)
    assert token_cache.get().access_token == "access-1"
    assert "rotation_not_persisted" in caplog.text
    assert "refresh-1" not in caplog.text
    server.answer, store.code = answer, None
    assert worker(clock, store, server).get().access_token == "access-1"
    clock.go(101)
    assert worker(clock, store, server).get().access_token == "access-2"
    assert not server.revoked


def test_a_spilled_token_that_does_not_follow_the_store_s_is_dropped(clock):
    """After a new sign-in what an earlier process could not save is worth nothing."""
    store, server = Broken(), Server()
    signed_in(store, server)
    stored = tokens(store, server).stored
    generation = stored.load().record.generation
    store.code = "store_full"
    late = transitions.Issued(
        Token("late", refresh_token="late"), clock.moment(), stored.fingerprints.request
    )
    assert stored.save(generation, late) is None
    store.code = None
    MemoryStore.change(
        store, stored.fingerprints.key, lambda record, _: replace(record, generation=generation + 5)
    )
    assert stored.recover().record.token.access_token == "access-0"


@pytest.mark.parametrize("code", sorted(shared_module._STORE_FAULTS))
def test_without_a_store_machines_fetch_for_themselves_and_sign_ins_say_what_is_wrong(clock, code, caplog):
    """What anybody may fetch again is fetched, with a warning; a refresh that could be lost is not made."""
    store, server = Broken(), Server()
    signed_in(store, server)
    clock.go(101)
    store.code = code
    assert worker(clock, store, server, MACHINE).get().access_token == "access-1"
    assert code in caplog.text
    with pytest.raises(StoreError) as error:
        worker(clock, store, server).get()
    assert error.value.code == code
    assert server.calls == 1


def test_a_new_refresh_token_is_kept_by_its_process_where_no_file_can_be(clock, monkeypatch, caplog):
    """On a machine without a writable disk it is saved as soon as the store takes it, before any refresh."""
    store, server = Broken(), Server()
    signed_in(store, server)
    clock.go(101)
    answer = server.answer

    def breaking(refresh_token):
        store.code = "store_unreachable"
        return answer(refresh_token)

    server.answer = breaking
    monkeypatch.setenv("WATCHWORD_HOME", "/proc/nowhere")
    token_cache = worker(clock, store, server)
    assert token_cache.get().access_token == "access-1"
    assert "is held by this process alone" in caplog.text
    server.answer, store.code = answer, None
    clock.go(101)
    assert token_cache.get().access_token == "access-2"
    assert not server.revoked


def test_a_sign_in_that_the_store_can_t_take_leaves_what_was_spilled(clock):
    """Neither is lost: the old one stays where it was until a new one is safe."""
    store, server = Broken(), Server()
    signed_in(store, server)
    stored = tokens(store, server).stored
    generation = stored.load().record.generation
    store.code = "store_full"
    issued = transitions.Issued(
        Token("next", refresh_token="next"), clock.moment(), stored.fingerprints.request, "refresh-0"
    )
    stored.save(generation, issued)
    with pytest.raises(StoreError):
        stored.accept(Token("new", refresh_token="new"))
    store.code = None
    assert tokens(store, server).stored.recover().record.token.access_token == "next"


def test_a_valid_token_outlives_the_store(clock, caplog):
    """While the token in memory lasts, calls work although the store is gone; the log names the cause."""
    store, server = Broken(), Server()
    signed_in(store, server)
    token_cache = worker(clock, store, server)
    token_cache.get()
    store.code = "store_unreachable"
    clock.go(90)
    assert token_cache.get().access_token == "access-0"
    assert "store_unreachable" in caplog.text
    clock.go(11)
    with pytest.raises(StoreError):
        token_cache.get()


def test_a_late_answer_is_saved_although_the_lease_is_over(clock, store):
    """A process that has a new refresh token saves it, unless another one has saved it first."""
    server = Server()
    signed_in(store, server)
    clock.go(101)
    answer = server.answer

    def slow(refresh_token):
        clock.go(70)
        tokens(store, server).stored.take_lease("another", 60)
        return answer(refresh_token)

    server.answer = slow
    worker(clock, store, server).get()
    assert tokens(store, server).stored.load().record.token.refresh_token == "refresh-1"
