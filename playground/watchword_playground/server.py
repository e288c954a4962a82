"""The playground's server on the loopback interface: in a thread for tests, in the foreground for the CLI."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from watchword_playground.api.app import create_app
from watchword_playground.credentials import document
from watchword_playground.oauth.sign_in import SignInOptions, sign_in
from watchword_playground.state.faults import Fault, FaultKind
from watchword_playground.state.oauth_settings import OAuthSettings
from watchword_playground.state.state import State

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import TracebackType

    from fastapi import FastAPI
    from typing_extensions import Self

_HOST = "127.0.0.1"

SIGNED_IN = frozenset({"oauth2_authorization_code", "oauth2_device_code"})
"""The methods whose token needs a sign-in, so that their document alone can't get one."""


class Playground:
    """A playground in a background thread. It is ready inside the `with` block and stops at its end."""

    def __init__(
        self,
        port: int = 0,
        *,
        token_lifetime: int = 3600,
        ssl_certfile: str | None = None,
        ssl_keyfile: str | None = None,
    ) -> None:
        self._port = port
        self._tls = (ssl_certfile, ssl_keyfile)
        self._app = create_app(token_lifetime=token_lifetime)
        self._state: State = self._app.state.playground
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def __enter__(self) -> Self:
        listener = _listen(self._port)
        try:
            server = _Server(self._app, *self._tls)
        except BaseException:
            listener.close()
            raise
        self._server = server
        self._thread = threading.Thread(
            target=server.run, args=([listener],), name="watchword-playground", daemon=True
        )
        self._thread.start()
        while not server.started and self._thread.is_alive():
            time.sleep(0.005)
        if not server.started:
            raise RuntimeError(
                "the playground's server ended before it was ready; its thread's traceback says why"
            )
        self.url = _url(listener, secure=any(self._tls))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()

    def revoke(self, method: str) -> None:
        """Refuse the credential of `method` from now on, and the tokens issued for it."""
        self._state.revoke(method)

    def restore(self, method: str) -> None:
        """Accept the credential of `method` again."""
        self._state.restore(method)

    def fault(
        self,
        status: int | None = None,
        delay: float = 0.0,
        times: int = 1,
        path: str = "",
        *,
        kind: FaultKind = "answer",
    ) -> None:
        """Answer the next `times` requests below `path` with `status`, or after `delay` seconds, or both.

        The other kinds distort the response, of the token endpoint unless a path is given: see `Fault`.
        """
        self.add_fault(Fault(kind=kind, status=status, delay=delay, times=times, path=path))

    def add_fault(self, fault: Fault) -> None:
        """Disturb the next requests by a fault of any kind."""
        self._state.add_fault(fault)

    @property
    def oauth_settings(self) -> OAuthSettings:
        """The settings of the authorization server. Assign to their fields to change its behaviour."""
        return self._state.oauth_settings

    def sign_in(self, options: SignInOptions | None = None) -> dict[str, Any]:
        """Return the tokens of a new sign-in, in the form of a token response."""
        return sign_in(self._state, options or SignInOptions())

    def document(self, method: str) -> dict[str, Any]:
        """Return a method's complete document. Those of `SIGNED_IN` hold a new refresh token to import."""
        fields = document(self.url, method)
        if method in SIGNED_IN:
            options = SignInOptions.model_validate({"method": method})
            fields["refresh_token"] = self.sign_in(options)["refresh_token"]
        return fields

    def grants(self) -> dict[str, int]:
        """Return the number of token requests per grant type. Those that a fault answered don't count."""
        return self._state.oauth.grants()

    @property
    def families_revoked(self) -> int:
        """The number of sign-ins that ended because a refresh token or a code was used twice."""
        return self._state.oauth.tokens.families_revoked

    @property
    def bound_keys(self) -> frozenset[str]:
        """The thumbprints of all keys that access tokens were bound to (RFC 9449)."""
        return frozenset(self._state.oauth.tokens.bound_keys)

    def expire_tokens(self) -> None:
        """Refuse every token, session and nonce issued so far. Credentials and refresh tokens stay valid."""
        self._state.expire_tokens()

    def counts(self) -> dict[str, int]:
        """Return the number of requests per path. Requests to the controls don't count."""
        return self._state.counts()

    @property
    def token_requests(self) -> int:
        """The number of requests to the token endpoint."""
        return self._state.token_requests

    @property
    def logins(self) -> int:
        """The number of requests to the login page."""
        return self._state.logins

    @property
    def logouts(self) -> int:
        """The number of requests to the logout page."""
        return self._state.logouts

    @property
    def connections(self) -> int:
        """The number of connections accepted so far. With TLS only completed handshakes count."""
        return self._state.connections


def serve(port: int, announce: Callable[[str], None]) -> None:
    """Serve a playground in the foreground until Ctrl-C. `announce` is called with its URL."""
    listener = _listen(port)
    with contextlib.suppress(KeyboardInterrupt), listener:
        server = _Server(create_app())
        announce(_url(listener, secure=False))
        server.run([listener])


class _Server(uvicorn.Server):
    """uvicorn for one app. It counts connections, and ends the delays when it stops."""

    def __init__(self, app: FastAPI, certfile: str | None = None, keyfile: str | None = None) -> None:
        self._state: State = app.state.playground
        self._state.closing = False
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=_protocol(self._state),
            ws="none",
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=60,  # a client may be slow; the end of the server doesn't wait for it
            ssl_certfile=certfile,
            ssl_keyfile=keyfile,
        )
        config.load()  # here, so that a bad certificate is reported before a thread starts
        super().__init__(config)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._state.closing = True
        await super().shutdown(sockets)


def _protocol(state: State) -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP protocol, changed in how it counts, logs and stops."""

    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:  # noqa: ANN401 -- uvicorn narrows asyncio's type
            state.connections += 1
            self.access_log = False  # the log would contain the API keys in queries
            super().connection_made(transport)
            if self.client is not None:
                state.transports[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                state.transports.pop(self.client, None)
            super().connection_lost(exc)

        def shutdown(self) -> None:
            super().shutdown()
            cycle: RequestResponseCycle | None = self.cycle  # uvicorn's annotation omits None
            if cycle is None or cycle.response_complete:
                # TLS would wait for a close_notify that an idle client never reads.
                self.transport.abort()

    return Protocol


def _listen(port: int) -> socket.socket:
    # IPPROTO_TCP is given because asyncio otherwise leaves Nagle's delay of 40 ms on, and
    # socket.create_server doesn't give it.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # on Windows it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        number, reason = errno.EINVAL, str(error)
        if isinstance(error, OSError):
            number, reason = error.errno or number, error.strerror or reason
        message = f"the playground can't listen on {_HOST}:{port}; choose another port, or 0 for any free one"
        raise OSError(number, f"{message} ({reason})") from error
    return listener


def _url(listener: socket.socket, *, secure: bool) -> str:
    return f"{'https' if secure else 'http'}://{_HOST}:{listener.getsockname()[1]}"
