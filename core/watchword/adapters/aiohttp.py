"""`conn.aiohttp_middleware()`: the connection as a middleware of `aiohttp.ClientSession`."""

from __future__ import annotations

import ssl
from functools import partial

from watchword import redact
from watchword.adapters.async_driver import async_drive
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.body_refusal import body_refusal_of
from watchword.adapters.extras import missing_extra
from watchword.adapters.origin_guard import OriginGuard, cookies_for_foreign_origin, unwanted_headers
from watchword.adapters.own_cookies import foreign_lines
from watchword.adapters.refused_call import REFUSED, explain_foreign
from watchword.http.networks import AllowedNetworks
from watchword.redact import NeverPickled

try:
    import aiohttp
    from multidict import CIMultiDictProxy
    from yarl import URL
except ModuleNotFoundError as missing:
    raise missing_extra("aiohttp") from missing

from watchword.adapters.aiohttp_exchange import AiohttpExchange, address, copy_of, transmit, with_tls
from watchword.adapters.aiohttp_network import judged
from watchword.adapters.aiohttp_refused import explained
from watchword.adapters.aiohttp_response import clean_redirect, flow_response, keep_cookies

redact.filter_logs()


class SigningMiddleware(NeverPickled):
    """Authenticates a copy of each request, redirects included, and only for allowed origins.

    The session, its responses and its errors show the request as it was made. Only the session's own
    traces (`TraceConfig`) show the request as it is sent. A credential in Latin-1 is refused, since
    aiohttp writes headers in UTF-8.

    aiohttp doesn't tell whether the caller will stream a response. With `refresh_on_body`, a response is
    read before the caller gets it if its Content-Length is at most 64 KiB, or if its length is unknown and
    it is declared as JSON; the caller can still stream it. Other responses are left alone, and so are those
    that a session with `auto_decompress=False` leaves compressed.

    `tls` holds the connection's client certificate, which the session's own TLS doesn't know.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        networks: AllowedNetworks | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._networks = networks
        self._tls = tls
        self._origin_guard = OriginGuard(authenticator)
        body_refusal = body_refusal_of(authenticator)
        self._flow_response = partial(flow_response, body_refusal) if body_refusal else None

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send the request, authenticated if its origin may receive the credential.

        Raises:
            RequestError: the request can't take the credential, its body can't be sent again, or its address
                may not be called.
            TokenError: the method needs a token, and none could be obtained.
            aiohttp.ClientError: a network fault, with no secret in it.
        """
        if self._networks is not None:
            handler = _judging(handler, self._networks)
        url = address(request)
        if not self._origin_guard.covers(url):
            return await self._from_foreign_origin(request, handler)
        if self._tls is not None and request.is_ssl() and request.ssl is True:
            request = with_tls(request, self._tls)
        exchange = AiohttpExchange(self._authenticator, request, url, handler, self._flow_response)
        response = (await async_drive(exchange)).response
        if self._origin_guard.remembers and (added := exchange.added()):
            self._origin_guard.remember(added)
        if response.status >= REFUSED:
            explained(response, self._authenticator.explain)
        return response

    async def _from_foreign_origin(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        clean = _for_foreign_origin(request, self._origin_guard)
        info = clean.request_info._replace(headers=CIMultiDictProxy(clean.headers.copy()))
        response = await transmit(clean, info, handler)
        own, lines = self._authenticator.own_cookies, response.headers.getall("Set-Cookie", [])
        if own and len(remaining := foreign_lines(lines, own)) < len(lines):
            keep_cookies(response, remaining)
        clean_redirect(response, lambda: None)
        if response.status >= REFUSED:
            explained(response, explain_foreign)
        return response


def _judging(handler: aiohttp.ClientHandlerType, networks: AllowedNetworks) -> aiohttp.ClientHandlerType:
    """Return the handler, which judges the address that it connects to."""

    async def send(request: aiohttp.ClientRequest) -> aiohttp.ClientResponse:
        with judged(request, networks):
            return await handler(request)

    return send


def _for_foreign_origin(request: aiohttp.ClientRequest, origin_guard: OriginGuard) -> aiohttp.ClientRequest:
    """Return a copy of the request as a foreign origin may see it: without secrets in URL and headers."""
    url, sent = str(request.url), origin_guard.sent
    clean, clean_url = copy_of(request), origin_guard.url_for_foreign_origin(url)
    if clean_url != url:
        clean.url = clean.original_url = URL(clean_url, encoded=True)
    clean.headers = request.headers.copy()
    for name in unwanted_headers(request.headers.items(), sent):
        clean.headers.popall(name, None)
    cookies = clean.headers.popall("Cookie", [])
    if clean_cookies := cookies_for_foreign_origin("; ".join(cookies), sent):
        clean.headers["Cookie"] = clean_cookies
    return clean
