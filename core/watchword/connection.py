"""A connection: one document, ready to authenticate requests, to be validated and to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from watchword.adapters.authenticator import Authenticator
from watchword.adapters.token_usage import TokenUsage
from watchword.document.reading import Document, read
from watchword.document.references import ReferencePolicy
from watchword.document.resolution import Resolved, resolve
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import Context
from watchword.http.origins import display_url, origin
from watchword.methods.none import NoAuthentication
from watchword.redact import NeverPickled
from watchword.tokens.stored_token import StoredCredential, StoredToken
from watchword.tokens.token_cache import TokenCache
from watchword.tokens.token_caches import token_cache_for
from watchword.tokens.token_source import StoredSource, TokenSource

if TYPE_CHECKING:
    from watchword.adapters.aiohttp import SigningMiddleware
    from watchword.adapters.auth import SigningAuth
    from watchword.adapters.dlt import DltAuth
    from watchword.adapters.httpx import ApiClient, AsyncApiClient
    from watchword.adapters.httpx_auth import HttpxAuth
    from watchword.adapters.session import ApiSession
    from watchword.adapters.signing import SigningAdapter, SocketOptions
    from watchword.findings.report import Report
    from watchword.tokens.acquire import AcquiredToken
    from watchword.tokens.health import Health
    from watchword.tokens.token import Token
    from watchword.tokens.token_store import TokenStore

UNAUTHORIZED = 401

VALIDATION_TIMEOUT = 10.0
"""Longest wait for each call of a validation, in seconds, where the document says nothing."""


class Connection(NeverPickled):
    """Authenticates requests to one API as its document says; made by `watchword.load`.

    Secrets are resolved and checked when they are first needed, and show in no repr.
    """

    def __init__(
        self,
        document: Document,
        name: str | None = None,
        policy: ReferencePolicy | None = None,
        store: TokenStore | str | None = None,
    ) -> None:
        self.name = name
        self.document = document
        self._policy = policy
        self._given_store = store
        self._is_clean = False

    def __repr__(self) -> str:
        named = f"{self.name!r}, " if self.name else ""
        return f"Connection({named}{display_url(self.base_url)!r}, method={self.document.method.method!r})"

    @property
    def base_url(self) -> str:
        """The absolute URL that relative request paths join."""
        return self.document.common.base_url

    @property
    def needs_token(self) -> bool:
        """Whether requests carry a token that is fetched or signed first."""
        return self._source is not None

    @property
    def token_is_proof(self) -> bool:
        """Whether a new token proves the credential: somebody else has checked it and issued one."""
        return self.document.method.token_is_proof

    @property
    def signs_in(self) -> bool:
        """Whether requests carry the token of a person who has signed in, which the store keeps."""
        return self.document.method.signs_in

    @property
    def store(self) -> TokenStore:
        """The token store: the one that was given, else the one that the environment says."""
        if self._given_store is None or isinstance(self._given_store, str):
            from watchword.stores import open_store  # noqa: PLC0415 - static methods keep nothing

            return open_store(self._given_store)
        return self._given_store

    @property
    def has_credential(self) -> bool:
        """Whether requests carry anything that could be proven."""
        method, certificate = self.document.method, self.document.common.client_certificate
        return method.has_credential or bool(self._resolved.secrets) or bool(certificate)

    def lint(self) -> list[Finding]:
        """Return what can be said about the document without a network: errors stop its use."""
        try:
            resolved = self._resolved
        except DocumentError as error:
            return list(error.findings)
        from watchword.validation.lint import lint  # noqa: PLC0415 - a valid connection is linted once

        found = [*self.document.warnings, *lint(self.document, resolved)]
        if not errors(found) and self.signs_in and not self.name:
            found.append(finding("name_missing", "The connection has no name to keep its sign-in under."))
        return found

    def session(self) -> ApiSession:
        """Return a new `requests.Session` that authenticates by this connection.

        Relative paths join the base URL; connections are kept alive; redirects and exceptions
        carry no credential. Close it, or use it in a `with` block.

        Raises:
            DocumentError: the document holds an error; its findings say which.
        """
        from watchword.adapters.session import ApiSession  # noqa: PLC0415 - validation needs none

        return ApiSession(self.base_url, self.adapter())

    def adapter(self, socket_options: SocketOptions = (), *, anonymous: bool = False) -> SigningAdapter:
        """Return a new signing transport, to be mounted by hosts that share one among sessions.

        Args:
            socket_options: level, option and value of each, set on every connection.
            anonymous: whether it leaves out all that is secret, to see what the API says then.

        Raises:
            DocumentError: the document holds an error; its findings say which.
        """
        from watchword.adapters.signing import SigningAdapter  # noqa: PLC0415 - likewise

        authenticator, transport = self.authenticator(), self._resolved.transport
        if anonymous:
            authenticator = replace(authenticator, method=NoAuthentication(), secrets=())
            transport = replace(transport, client_certificate=None, client_private_key=None)
        return SigningAdapter(authenticator, transport, socket_options)

    def auth(self) -> SigningAuth:
        """Return the connection as `requests` auth, for sessions that other libraries make.

        The connection's transport options and clean exceptions come with `session` alone.

        Raises:
            DocumentError: the document holds an error; its findings say which.
        """
        from watchword.adapters.auth import SigningAuth  # noqa: PLC0415 - likewise

        return SigningAuth(self.authenticator())

    def httpx_client(self) -> ApiClient:
        """Return a new `httpx.Client` that authenticates by this connection, with the promises of `session`.

        It follows redirects only where it is told to, as any client of httpx; what httpx reads from
        the environment about certificates (`SSL_CERT_FILE`) holds unless the document says more.
        Close it, or use it in a `with` block.

        Raises:
            DocumentError: the document holds an error; its findings say which.
            ImportError: httpx is missing; the message names the extra.
        """
        from watchword.adapters.httpx import ApiClient  # noqa: PLC0415 - an extra

        return ApiClient(self.base_url, self.authenticator(), self._resolved.transport)

    def async_httpx_client(self) -> AsyncApiClient:
        """Return a new `httpx.AsyncClient` for asyncio, otherwise as `httpx_client`.

        Fetching a token never blocks the event loop.
        """
        from watchword.adapters.httpx import AsyncApiClient  # noqa: PLC0415 - an extra

        return AsyncApiClient(self.base_url, self.authenticator(), self._resolved.transport)

    def httpx_auth(self) -> HttpxAuth:
        """Return the connection as `httpx.Auth`, for clients of httpx that other libraries make.

        Only for credentials that go into the Authorization header alone, which httpx drops where a
        redirect leaves the origin, except from http to https on the same host. `response.request`
        shows the header. Prefer `httpx_client`, which has neither limit.

        Raises:
            DocumentError: the document holds an error, or sends a credential elsewhere.
            ImportError: httpx is missing; the message names the extra.
        """
        from watchword.adapters.httpx_auth import HttpxAuth  # noqa: PLC0415 - an extra

        return HttpxAuth(self.authenticator())

    def aiohttp_middleware(self) -> SigningMiddleware:
        """Return the connection as a middleware: `aiohttp.ClientSession(middlewares=(…,))`.

        The last one of several should be this. Certificates, proxy and time limits are those of the
        session; retries and relative URLs are not promised.

        Raises:
            DocumentError: the document holds an error; its findings say which.
            ImportError: aiohttp is missing; the message names the extra.
        """
        from watchword.adapters.aiohttp import SigningMiddleware  # noqa: PLC0415 - an extra

        return SigningMiddleware(self.authenticator())

    def dlt_auth(self) -> DltAuth:
        """Return the connection as auth for dlt's REST API source and its `RESTClient`.

        As with `auth`, transport options and exceptions are those of dlt's own session: a connection
        that fails shows a key in the query. `RESTClient(session=conn.session())` has neither limit.

        Raises:
            DocumentError: the document holds an error; its findings say which.
            ImportError: dlt is missing; the message names the extra.
        """
        from watchword.adapters.dlt import DltAuth  # noqa: PLC0415 - an extra

        return DltAuth(self.auth(), repr(self))

    def authenticator(self) -> Authenticator:
        """Return what a transport needs to authenticate requests; raises DocumentError as `session` does."""
        self._check()
        common, resolved = self.document.common, self._resolved
        return Authenticator(
            origins=common.origins,
            method=resolved.method,
            defaults=resolved.defaults,
            secrets=resolved.secrets,
            context=Context(
                frozenset({UNAUTHORIZED, *common.refresh_on_status}),
                template_secrets=resolved.template_secrets,
                refresh_on_body=common.body_rules,
            ),
            token_cache=self._token_cache,
        )

    def validate(
        self,
        test_url: str | None = None,
        *,
        http_method: str = "GET",
        expected_status: Sequence[int] = (),
        counterfactual: bool = True,
        timeout: float | None = None,
    ) -> Report:
        """Prove the credential by using it, and say what is wrong where it fails.

        Args:
            test_url: absolute URL of a harmless call that needs the credential; the
                document's own if left out. OAuth client credentials need none.
            http_method: the call's verb; only a GET is repeated without the credential.
            expected_status: the statuses that mean success; any 2xx if left out.
            counterfactual: whether the call is repeated without the credential, to see
                whether it mattered.
            timeout: longest wait for each call, in seconds; that of the document, or 10 where it has none.
        """
        from watchword.validation.plan import ValidationPlan  # noqa: PLC0415 - extraction needs none of it
        from watchword.validation.procedure import validate  # noqa: PLC0415 - extraction needs none of it

        url = test_url or self.document.common.test_url
        common = self.document.common
        if timeout is None:
            timeout = common.timeout if "timeout" in common.model_fields_set else VALIDATION_TIMEOUT
        plan = ValidationPlan(url, http_method.upper(), frozenset(expected_status), counterfactual, timeout)
        return validate(self, plan)

    def lint_test_url(self, url: str) -> list[Finding]:
        """Return what can be said about a URL to be called by a validation, without a network."""
        from watchword.validation.lint import lint_test_url  # noqa: PLC0415 - extraction needs none of it

        return list(lint_test_url(url, self.document, self._resolved))

    def renew_token(self) -> AcquiredToken:
        """Have a new token issued, whatever is held, and use it from now on; raises TokenError without one.

        A sign-in that the server lets nobody renew gives the token that it has, which is not new.
        """
        if self._token_cache is None:
            raise TypeError("this method has no token")
        return self._token_cache.renew()

    def accept_sign_in(self, token: Token) -> None:
        """Keep what a person has just signed in with, for all who share the store; raises StoreError."""
        self._stored.accept(token)
        if self._token_cache:
            self._token_cache.forget()

    def sign_out(self) -> Token | None:
        """Forget the sign-in and return the token that was kept, to be revoked; raises StoreError."""
        token = self._stored.drop()
        if self._token_cache:
            self._token_cache.forget()
        return token

    def health(self) -> Health:
        """Return how the kept sign-in is; raises StoreError."""
        from watchword.tokens.health import health_of  # noqa: PLC0415 - extraction needs none of it

        return health_of(self._stored.recover())

    def start_token_usage(self) -> TokenUsage:
        """Return a use of the token, which has begun: until it ends, nobody logs out."""
        usage = TokenUsage(self._token_cache)
        usage.begin()
        return usage

    def token_remarks(self, token: Token) -> list[Finding]:
        """Return what is worth saying about a token beside that it was issued."""
        if token.scope is None:
            return []
        missing = sorted(self.document.method.scopes - set(token.scope.replace(",", " ").split()))
        message = f"The server did not grant: {', '.join(missing)}."
        return [finding("scope_reduced", message)] if missing else []

    @cached_property
    def _resolved(self) -> Resolved:
        return resolve(self.document, self._policy)

    def _check(self) -> None:
        """Raise DocumentError for what is wrong, each time: a secret's place may be down for a moment."""
        if not self._is_clean:
            wrong = errors(self.lint())
            if wrong:
                raise DocumentError(wrong)
            self._is_clean = True

    @cached_property
    def _source(self) -> TokenSource | None:
        return self._resolved.method.token_source(self._resolved.template_secrets)

    @cached_property
    def _token_cache(self) -> TokenCache | None:
        source = self._source
        if source is None:
            return None
        return token_cache_for(source, self._resolved.transport, self._credential)

    @cached_property
    def _stored(self) -> StoredToken:
        if not self.signs_in or self._credential is None:
            raise TypeError(f"the method {self.document.method.method} has no sign-in")
        return StoredToken(self._credential)

    @cached_property
    def _credential(self) -> StoredCredential | None:
        """What the token is kept for; None where no other process could use it."""
        source = self._source
        if not isinstance(source, StoredSource):
            return None
        transport = self._resolved.transport
        return StoredCredential(self.store, self.name or "", source, transport, self._token_destinations)

    @cached_property
    def _token_destinations(self) -> tuple[str, ...]:
        """Where the tokens of a sign-in go: who may change a document must not thereby get them."""
        if not self.signs_in:
            return ()
        common, method, transport = self.document.common, self._resolved.method, self._resolved.transport
        urls = (getattr(method, name) for name in method.token_urls)
        shown_to = {origin(url) or url for url in urls if url}
        proxy = (transport.proxy or "").rpartition("@")[2]  # its password may change
        verified = f"{transport.verify} {transport.ca_bundle}"
        return (*sorted(shown_to), "", *sorted(common.origins.allowed), proxy, verified)


def load(
    document: object,
    name: str | None = None,
    *,
    store: TokenStore | str | None = None,
    stored: bool = False,
) -> Connection:
    """Return the connection that a document describes.

    Args:
        document: a mapping, or JSON text or bytes of one object.
        name: what the connection is called, in messages and for its tokens.
        store: where tokens are kept, a store or its URL: `memory://`, `sqlite:///PATH` or
            `postgresql+psycopg://…`; that of the environment (`WATCHWORD_STORE`) if left out, else a
            file of this user's.
        stored: whether a host keeps the document, where more people may edit it than may read
            this machine's secrets: references are fenced (`WATCHWORD_ALLOWED_REFERENCES`), and
            what a form saved for other methods is dropped.

    Raises:
        DocumentError: with a finding for each field that is unknown, missing or of a wrong type.
    """
    policy = ReferencePolicy.from_environment() if stored else None
    return Connection(read(document, stored=stored), name, policy, store)
