"""`OAuth1Session` of requests-oauthlib over a connection's own transport: its limits, guard and masks."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.http.urls import normalized
from watchword.methods.oauth1 import OAuth1
from watchword.redact import NeverPickled
from watchword.redact.silence import silence
from watchword.tokens.sending import send_token_request
from watchword.tokens.token_response import TokenResponse

if TYPE_CHECKING:
    from requests_oauthlib import OAuth1Session  # type: ignore[import-untyped]

_SIGNATURE_TYPES = {"header": "AUTH_HEADER", "query": "QUERY", "body": "BODY"}


class OAuth1Client(NeverPickled):
    """Asks a server for credentials (RFC 5849 section 2), signed as the connection signs."""

    def __init__(self, method: OAuth1, transport: TransportOptions) -> None:
        self._method = method
        self._transport = transport

    def temporary_credentials(self, field: str, callback: str) -> TokenResponse:
        """Return the response to the request for temporary credentials, to the URL in a field (section 2.1).

        Raises:
            TokenError: no complete response came in time, or the request can't be signed.
        """
        realm = [self._method.realm] if self._method.realm else None
        options = {"callback_uri": callback}
        return self._response(field, options, lambda session, url: session.fetch_request_token(url, realm))

    def token_credentials(self, field: str, token: tuple[str, str], verifier: str) -> TokenResponse:
        """Return the response to the exchange of temporary credentials and their verifier (section 2.3).

        Raises:
            TokenError: as `temporary_credentials` does.
        """
        options = {"resource_owner_key": token[0], "resource_owner_secret": token[1]}
        return self._response(
            field, options, lambda session, url: session.fetch_access_token(url, verifier=verifier)
        )

    def _response(
        self, field: str, options: dict[str, str], ask: Callable[[OAuth1Session, str], object]
    ) -> TokenResponse:
        url = normalized(getattr(self._method, field))
        carrier = _Carrier(self._transport, f"the {field} at {host(url)}")
        with silence("oauthlib", "requests_oauthlib"), self._session(options) as session:
            session.trust_env = False  # the transport reads the environment itself
            session.mount("https://", carrier)
            session.mount("http://", carrier)
            try:
                ask(session, url)
            except (ValueError, TypeError, RecursionError):  # a refusal, or no token: the caller reads which
                if carrier.response is None:
                    message = f"The request to {carrier.target} can't be signed."
                    advice = f"Check {field} and the key of the document."
                    raise TokenError([finding("sign_in_refused", message, advice=advice)]) from None
        if carrier.response is None:
            raise TypeError("a session of requests-oauthlib sends one request")
        return carrier.response

    def _session(self, options: dict[str, str]) -> OAuth1Session:
        from requests_oauthlib import OAuth1Session  # noqa: PLC0415 - only sign-ins need it

        method = self._method
        return OAuth1Session(
            method.consumer_key,
            client_secret=method.consumer_secret or "",
            signature_method=method.signature_method,
            signature_type=_SIGNATURE_TYPES[method.add_to],
            rsa_key=method.private_key_pem,
            realm=method.realm or None,
            **options,
        )


class _Carrier(NeverPickled, BaseAdapter):
    """Sends a session's request as every request for a token is sent, and keeps the response."""

    def __init__(self, transport: TransportOptions, target: str) -> None:
        super().__init__()
        self.target = target
        self.response: TokenResponse | None = None
        self._transport = transport

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:  # noqa: ANN401 - the base's parameters
        """Send the request with the connection's transport options; raises TokenError without a response."""
        self.response = send_token_request(request, self._transport, self.target)
        shown = Response()
        shown.request, shown.url = request, request.url or ""
        shown.status_code, shown.encoding = self.response.status, "utf-8"
        shown.raw = io.BytesIO(self.response.text.encode("utf-8", "replace"))
        others = {name: value for name, value in self.response.headers.items() if name.lower() != "location"}
        shown.headers = CaseInsensitiveDict(others)  # a redirect is never followed
        return shown

    def close(self) -> None:
        """Do nothing: each request has a network connection of its own."""
