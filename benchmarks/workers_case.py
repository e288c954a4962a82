"""A program whose workers call an API at the same moment, through one library, with an expired token.

It reads a plan as JSON from standard input, and writes how each call ended and how long all of them took.
Each library is used as its documentation says, with one session for all threads of a process, or one for each
thread if the plan says so. Sessions are created before the token expires. If a library needs a function that
saves new tokens, this function writes a file that the processes share.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, TypeAlias

import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient, TokenExpiredError
from requests_oauthlib import OAuth2Session

import watchword
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.token import Token

CONTEXT = multiprocessing.get_context("fork")

LONGEST = 60
"""The time limit of a process, in seconds."""

TIMEOUT = 20

EXPIRED_AFTER = 2.2
"""After how many seconds every library sees a token with a lifetime of 1 second as expired. Some round up."""

Call: TypeAlias = Callable[[], requests.Response]


class Library:
    """How a library gets the first token, and what its workers do. A sign-in's token is in the plan."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.document: dict[str, Any] = plan["document"]
        self.signed_in: dict[str, Any] | None = plan["signed_in"]
        self.file = Path(plan["home"]) / "token.json"
        self.me = f"{self.document['base_url']}/v1/me"
        self.token_url: str = self.document["token_url"]
        self.client = {key: self.document[key] for key in ("client_id", "client_secret")}

    def begin(self) -> None:
        """Save the first token."""
        if self.signed_in:
            ends = int(time.time()) + self.signed_in["expires_in"]  # as the libraries set it at a sign-in
            self.save({**self.signed_in, "expires_at": ends})
        else:
            self.save(self.fetch())

    def fetch(self) -> dict[str, Any]:
        """Return a first token of client credentials."""
        raise NotImplementedError

    def session(self) -> Call:
        """Create a session and return the call of its workers."""
        raise NotImplementedError

    def save(self, token: dict[str, Any], **_: object) -> None:
        """Write a token to the file that the processes share."""
        self.file.write_text(json.dumps(token))

    def saved_token(self) -> dict[str, Any]:
        """Return the token that a process starts with."""
        return dict(json.loads(self.file.read_text()))


class Watchword(Library):
    """A connection with a name. The environment names its store."""

    def begin(self) -> None:
        """Sign in as `watchword login` does, or let the first call fetch a token."""
        connection = watchword.load(self.document, self.plan["name"])
        if self.signed_in:
            token, lifetime = self.signed_in["access_token"], self.signed_in["expires_in"]
            refresh_token = self.signed_in["refresh_token"]
            stored_sign_in(connection).accept(Token(token, lifetime=lifetime, refresh_token=refresh_token))
        with connection.session() as api:
            api.get("/v1/me").raise_for_status()

    def session(self) -> Call:
        """Return the call of one session."""
        api = watchword.load(self.document, self.plan["name"]).session()
        return lambda: api.get("/v1/me")


class RequestsOAuthlib(Library):
    """The third recipe of its page on refreshing tokens, and its "Backend Application Flow"."""

    def fetch(self) -> dict[str, Any]:
        """Fetch it in a separate session."""
        return self._renewed(OAuth2Session(client=BackendApplicationClient(self.client["client_id"])))

    def session(self) -> Call:
        """Refresh automatically. Without a refresh token, fetch again on TokenExpiredError, as documented."""
        if self.signed_in:
            automatic = OAuth2Session(
                self.client["client_id"],
                token=self.saved_token(),
                auto_refresh_url=self.token_url,
                auto_refresh_kwargs=self.client,
                token_updater=self.save,
            )
            return lambda: automatic.get(self.me, timeout=TIMEOUT)
        backend = OAuth2Session(
            client=BackendApplicationClient(self.client["client_id"]), token=self.saved_token()
        )

        def call() -> requests.Response:
            try:
                return backend.get(self.me, timeout=TIMEOUT)
            except TokenExpiredError:
                self.save(self._renewed(backend))
                return backend.get(self.me, timeout=TIMEOUT)

        return call

    def _renewed(self, session: OAuth2Session) -> dict[str, Any]:
        return dict(session.fetch_token(token_url=self.token_url, timeout=TIMEOUT, **self.client))


class Authlib(Library):
    """Its "Auto Refresh Token": `token_endpoint`, `grant_type` and `update_token` make it renew."""

    def fetch(self) -> dict[str, Any]:
        """Fetch it in a separate session."""
        return dict(self._new_session().fetch_token())

    def session(self) -> Call:
        """Return the call of one session."""
        api = self._new_session(token=self.saved_token(), update_token=self.save)
        return lambda: api.get(self.me)

    def _new_session(self, **options: object) -> AuthlibSession:
        grant = {} if self.signed_in else {"grant_type": "client_credentials"}
        endpoint = {"token_endpoint": self.token_url, "default_timeout": TIMEOUT}
        return AuthlibSession(**self.client, **endpoint, **grant, **options)


LIBRARIES: dict[str, type[Library]] = {
    "watchword": Watchword,
    "requests-oauthlib": RequestsOAuthlib,
    "Authlib": Authlib,
}


def work(library: Library, threads: int, ready: Barrier, results: Queue[tuple[Any, ...]]) -> None:
    """Call the API from each thread of this process, once all processes are ready."""
    signal.alarm(LONGEST)
    session_per_thread = library.plan["session_per_thread"]
    sessions = [library.session() for _ in range(threads if session_per_thread else 1)]
    together = threading.Barrier(threads + 1)

    def outcome(call: Call) -> str:
        together.wait()
        try:
            return str(call().status_code)
        except Exception as error:  # noqa: BLE001 - every exception is a failed call
            return type(error).__name__

    with ThreadPoolExecutor(threads) as pool:
        calls = [pool.submit(outcome, sessions[number % len(sessions)]) for number in range(threads)]
        ready.wait()
        started = time.monotonic()  # one clock for all processes
        together.wait()
        outcomes = [each.result() for each in calls]
    results.put((outcomes, started, time.monotonic()))


def main() -> None:
    """Run the case."""
    signal.alarm(LONGEST)
    plan = json.load(sys.stdin)
    count, control = plan["processes"], f"{plan['url']}/_control"
    library = LIBRARIES[plan["library"]](plan)
    library.begin()
    begun = time.monotonic()
    lifetime = {"access_token_lifetime": 3600}  # of the tokens issued from now on
    requests.post(f"{control}/oauth", json=lifetime, timeout=TIMEOUT).raise_for_status()
    ready: Barrier = CONTEXT.Barrier(count + 1)
    results: Queue[tuple[Any, ...]] = CONTEXT.Queue()
    arguments = (library, plan["workers"] // count, ready, results)
    processes = [CONTEXT.Process(target=work, args=arguments) for _ in range(count)]
    for process in processes:
        process.start()
    before = requests.get(f"{control}/counts", timeout=TIMEOUT).json()["token_requests"]
    time.sleep(max(0.0, begun + EXPIRED_AFTER - time.monotonic()))
    ready.wait()
    outcomes, started, ended = zip(*(results.get() for _ in processes), strict=True)
    for process in processes:
        process.join()
    calls = Counter(call for each in outcomes for call in each)
    result = {"before": before, "calls": dict(calls.most_common()), "seconds": max(ended) - min(started)}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
