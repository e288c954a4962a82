"""A connection: the public surface of one document, from which clients and validations are made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from watchword.adapters.authenticator import Authenticator
from watchword.document.credential import Credential
from watchword.document.deployment_policy import DeploymentPolicy
from watchword.document.reading import Document, read
from watchword.document.value_rules import value_rules
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import Context
from watchword.http.origins import display_url
from watchword.redact import NeverPickled
from watchword.redact.clear_secrets import without_clear_secrets

if TYPE_CHECKING:
    from watchword.adapters.aiohttp import SigningMiddleware
    from watchword.adapters.auth import SigningAuth
    from watchword.adapters.dlt import DltAuth
    from watchword.adapters.httpx import ApiClient, AsyncApiClient
    from watchword.adapters.httpx_auth import HttpxAuth
    from watchword.adapters.refused_call import RefusedCall
    from watchword.adapters.requests_oauthlib import ApiOAuth1Session, ApiOAuth2Session
    from watchword.adapters.session import ApiSession
    from watchword.adapters.signing import SigningAdapter, SocketOptions
    from watchword.findings.report import Report
    from watchword.methods.base import Method
    from watchword.stores.contracts import Store
    from watchword.tokens.acquire import AcquiredToken

UNAUTHORIZED = 401


class Connection(NeverPickled):
    """Authenticates requests to one API as its document says; `watchword.load` makes it.

    Secrets are resolved and checked when they are first needed; no repr shows them. `credential` is internal.
    """

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self._is_linted = False

    def __repr__(self) -> str:
        name = f"{self.name!r}, " if self.name else ""
        base_url = without_clear_secrets(display_url(self.base_url))
        return f"Connection({name}{base_url!r}, method={self.document.method.method!r})"

    @property
    def name(self) -> str | None:
        """What the connection is called, in messages and for its tokens."""
        return self.credential.name

    @property
    def document(self) -> Document:
        """The document, as it was read."""
        return self.credential.document

    @property
    def base_url(self) -> str:
        """The absolute URL that relative request paths join."""
        return self.document.common.base_url

    @property
    def store(self) -> Store:
        """The token store: the one that was given, otherwise the one that the environment names."""
        return self.credential.store

    def lint(self) -> list[Finding]:
        """Return what can be found without a network; an error among it stops the connection's use."""
        from watchword.validation.lint import lint  # noqa: PLC0415 - a valid connection is linted once

        findings = lint(self.credential)
        if not errors(findings):
            self._is_linted = True
        return findings

    def session(self) -> ApiSession:
        """Return a new `requests.Session` that authenticates by this connection.

        Relative paths join the base URL. Network connections are kept alive. Redirects and exceptions carry
        no credential. Close it, or use it in a `with` block.

        Raises:
            DocumentError: the document holds an error; its findings say which.
        """
        from watchword.adapters.session import ApiSession  # noqa: PLC0415 - other clients don't need it

        return ApiSession(self.base_url, self.adapter())

    def adapter(self, socket_options: SocketOptions = ()) -> SigningAdapter:
        """Return a new signing transport, which hosts mount to share it among sessions.

        Args:
            socket_options: level, option and value of each; they are set on every connection.

        Raises:
            DocumentError: the document holds an error; its findings say which.
        """
        from watchword.adapters.signing import SigningAdapter  # noqa: PLC0415 - other clients don't need it

        return SigningAdapter(self.authenticator(), self.credential.resolved.transport, socket_options)

    def auth(self) -> SigningAuth:
        """Return the connection as `requests` auth, for sessions that other libraries make.

        Only `session` applies the connection's transport options and keeps credentials out of exceptions.

        Raises:
            DocumentError: the document holds an error; its findings say which.
        """
        from watchword.adapters.auth import SigningAuth  # noqa: PLC0415 - other clients don't need it

        return SigningAuth(self.authenticator(), self.credential.resolved.transport.networks)

    def httpx_client(self) -> ApiClient:
        """Return a new `httpx.Client` that authenticates by this connection as safely as `session`.

        Like every client of httpx, it follows redirects only if it is told to. It reads certificates from
        the environment (`SSL_CERT_FILE`) as httpx does, unless the document sets its own. Close it, or use
        it in a `with` block.

        Raises:
            DocumentError: the document holds an error; its findings say which.
            ImportError: httpx is missing; the message names the extra.
        """
        from watchword.adapters.httpx import ApiClient  # noqa: PLC0415 - needs an extra

        return ApiClient(self.base_url, self.authenticator(), self.credential.resolved.transport)

    def async_httpx_client(self) -> AsyncApiClient:
        """Return a new `httpx.AsyncClient` for asyncio; otherwise it is like `httpx_client`.

        Fetching a token never blocks the event loop.
        """
        from watchword.adapters.httpx import AsyncApiClient  # noqa: PLC0415 - needs an extra

        return AsyncApiClient(self.base_url, self.authenticator(), self.credential.resolved.transport)

    def httpx_auth(self) -> HttpxAuth:
        """Return the connection as `httpx.Auth`, for clients of httpx that other libraries make.

        It only takes credentials that are sent in the Authorization header alone. httpx drops that header if
        a redirect leaves the origin, except from http to https on the same host. `response.request` shows
        the header. Prefer `httpx_client`, which has neither limit.

        Raises:
            DocumentError: the document holds an error, or sends a credential outside of that header.
            ImportError: httpx is missing; the message names the extra.
        """
        from watchword.adapters.httpx_auth import HttpxAuth  # noqa: PLC0415 - needs an extra

        return HttpxAuth(self.authenticator(), self.credential.resolved.transport.networks)

    def aiohttp_middleware(self) -> SigningMiddleware:
        """Return the connection as a middleware: `aiohttp.ClientSession(middlewares=(…,))`.

        Put it last among several. Proxy and timeouts are those of the session; retries and relative URLs
        don't work. With a client certificate, the connection's TLS options apply to its requests; without
        one, those of the session.

        Raises:
            DocumentError: the document holds an error; its findings say which.
            ImportError: aiohttp is missing; the message names the extra.
        """
        from watchword.adapters.aiohttp import SigningMiddleware  # noqa: PLC0415 - needs an extra
        from watchword.adapters.aiohttp_tls import certificate_context  # noqa: PLC0415 - needs the same

        transport = self.credential.resolved.transport
        return SigningMiddleware(self.authenticator(), transport.networks, certificate_context(transport))

    def dlt_auth(self) -> DltAuth:
        """Return the connection as auth for dlt's REST API source and its `RESTClient`.

        As with `auth`, transport options and exceptions are those of dlt's own session: the exception of a
        request that fails shows a key in the query. `RESTClient(session=conn.session())` has neither limit.

        Raises:
            DocumentError: the document holds an error; its findings say which.
            ImportError: dlt is missing; the message names the extra.
        """
        from watchword.adapters.dlt import DltAuth  # noqa: PLC0415 - needs an extra

        return DltAuth(self.auth(), repr(self))

    def requests_oauthlib(self) -> ApiOAuth1Session | ApiOAuth2Session:
        """Return a new `OAuth2Session` or `OAuth1Session` of requests-oauthlib, for code that takes one.

        It is as safe as `session`. Each request takes the connection's current token, which all processes
        share, and a 401 renews it; the session's own renewal is off.

        Raises:
            DocumentError: the document holds an error, or its method is neither oauth1 nor one of oauth2.
        """
        from watchword.adapters.requests_oauthlib import (  # noqa: PLC0415 - other clients don't need it
            ApiOAuth1Session,
            ApiOAuth2Session,
        )
        from watchword.methods.oauth1 import OAuth1  # noqa: PLC0415 - other clients don't need it
        from watchword.methods.oauth2 import OAuth2  # noqa: PLC0415 - other clients don't need it

        method = self.document.method
        if not isinstance(method, (OAuth1, OAuth2)):
            message = f"A session of requests-oauthlib can't have the method {method.method}."
            advice = "Use conn.session(), which works with every method."
            raise DocumentError([finding("adapter_unsuitable", message, advice=advice)])
        kind = ApiOAuth1Session if isinstance(method, OAuth1) else ApiOAuth2Session
        return kind(self.base_url, self.adapter())

    def authenticator(self) -> Authenticator:
        """Return what a transport needs to authenticate requests; raises DocumentError as `session` does.

        Secrets in files that have changed are read anew.
        """
        if self.credential.reread():
            self._is_linted = False
        self._raise_for_errors()
        common, resolved = self.document.common, self.credential.resolved
        return Authenticator(
            origins=common.origins,
            method=resolved.method,
            defaults=resolved.defaults,
            secrets=resolved.secrets,
            context=Context(
                frozenset({UNAUTHORIZED, *common.refresh_on_status}),
                template_secrets=resolved.template_secrets,
                refresh_on_body=common.body_rules,
                values=value_rules(self.document),
            ),
            token_cache=self.credential.token_cache,
            content=resolved,
            explain=partial(_explain, self.document.method),
            path_secrets=resolved.path_secrets,
        )

    def _raise_for_errors(self) -> None:
        """Raise DocumentError if lint finds an error; it is asked again until it finds none."""
        if not self._is_linted and (problems := errors(self.lint())):
            raise DocumentError(problems)

    def validate(  # noqa: PLR0913 - one for each option of a plan
        self,
        test_url: str | None = None,
        *,
        http_method: str = "GET",
        expected_status: Sequence[int] = (),
        counterfactual: bool = True,
        timeout: float | None = None,
        decoy: bool | None = None,
    ) -> Report:
        """Prove the credential by using it, and say what is wrong if it fails.

        Args:
            test_url: URL of a harmless call that needs the credential; a relative one joins the base URL. The
                document's own if left out; OAuth client credentials need none.
            http_method: the call's verb; only a GET or a HEAD is repeated.
            expected_status: the statuses that mean success; any 2xx if left out.
            counterfactual: whether the call is repeated with a wrong credential and without any, to see
                whether the answer depends on the credential.
            timeout: longest wait for each call, in seconds; the document's own if left out, otherwise 10.
            decoy: whether a wrong credential is tried; the document's own `decoy` if left out.
        """
        from watchword.validation.plan import ValidationPlan  # noqa: PLC0415 - extraction doesn't need it
        from watchword.validation.procedure import validate  # noqa: PLC0415 - extraction doesn't need it

        expected = frozenset(expected_status)
        return validate(self, ValidationPlan(test_url, http_method, expected, counterfactual, timeout, decoy))

    async def avalidate(  # noqa: PLR0913 - one for each option of a plan
        self,
        test_url: str | None = None,
        *,
        http_method: str = "GET",
        expected_status: Sequence[int] = (),
        counterfactual: bool = True,
        timeout: float | None = None,
        decoy: bool | None = None,
    ) -> Report:
        """Validate in an event loop of asyncio, without blocking it; the arguments are those of `validate`.

        Raises:
            ImportError: httpx is missing; the message names the extra.
        """
        from watchword.validation.async_procedure import avalidate  # noqa: PLC0415 - needs an extra
        from watchword.validation.plan import ValidationPlan  # noqa: PLC0415 - extraction doesn't need it

        expected = frozenset(expected_status)
        plan = ValidationPlan(test_url, http_method, expected, counterfactual, timeout, decoy)
        return await avalidate(self, plan)

    def renew_token(self) -> AcquiredToken:
        """Have a new token issued even if the current one is good, and use it from now on.

        If the server never renews a sign-in, the current token comes back, and is not new.

        Raises:
            TokenError: no token was issued.
            TypeError: requests carry no token.
        """
        return self.credential.renew_token()


def _explain(method: Method, call: RefusedCall) -> Finding | None:
    from watchword.validation.refused_extraction import explain  # noqa: PLC0415 - most calls aren't refused

    return explain(method, call)


def load(
    document: object,
    name: str | None = None,
    *,
    store: Store | str | None = None,
    stored: bool = False,
    arguments: str = "",
) -> Connection:
    """Return the connection that a document describes.

    Args:
        document: a mapping, or JSON text or bytes of one object.
        name: what the connection is called, in messages and for its tokens.
        store: where tokens are stored, as a store or its URL: `memory://`, `sqlite:///PATH` or
            `postgresql+psycopg://…`. If left out, it is the environment's (`WATCHWORD_STORE`), otherwise a
            file of the current user.
        stored: whether a host stores the document, so that more people may edit it than may read this
            machine's secrets. Then only allowed references are resolved (`WATCHWORD_ALLOWED_REFERENCES`),
            only allowed addresses are connected to (`WATCHWORD_ALLOWED_NETWORKS`), and fields that a form
            saved for other methods are dropped.
        arguments: what the command `watchword login` takes for this connection, such as `airflow:acme`;
            advice to sign in again names it.

    Raises:
        DocumentError: with a finding for each field that is unknown, missing or of a wrong type, or for a
            setting that can't be read.
    """
    policy = DeploymentPolicy.from_environment() if stored else None
    return Connection(Credential(read(document, stored=stored), name, policy, store, arguments))
