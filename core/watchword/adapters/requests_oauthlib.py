"""`conn.requests_oauthlib()`: sessions of requests-oauthlib whose tokens come from the shared token cache.

For code that takes such a session. The transport authenticates each request, as in `conn.session()`: it takes
the current token, renews it after a 401, and keeps it within the allowed origins. The library's own handling
of tokens is off, since a token that it renewed alone would be lost to all others.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from requests import Response, Session
from requests_oauthlib import OAuth1Session, OAuth2Session  # type: ignore[import-untyped]

from watchword.adapters.session import ApiSession
from watchword.adapters.signing import SigningAdapter
from watchword.errors import RequestError, SignInRequired
from watchword.findings.codes import finding
from watchword.methods.oauth1 import OAuth1
from watchword.methods.oauth2 import OAuth2
from watchword.tokens.token import Token

_SIGN_IN_ADVICE = "Sign in with the command watchword login, or in the console."


class ApiOAuth2Session(ApiSession, OAuth2Session):  # type: ignore[misc] # the library has no types
    """An `OAuth2Session` that takes the connection's token for each request, and renews none itself."""

    def __init__(self, base_url: str, adapter: SigningAdapter) -> None:
        self._authenticator = adapter.authenticator
        super().__init__(base_url, adapter)

    @property
    def token(self) -> dict[str, str | int]:
        """The current token: `access_token`, `token_type` and `scope`, without what could renew it.

        If its end is known, `expires_at` is the end in seconds since 1970, and `expires_in` the time left.

        Raises:
            TokenError: there is no token, and none could be obtained.
        """
        return self._as_dict(self._authenticator.token(None))

    @token.setter
    def token(self, value: Mapping[str, object] | None) -> None:
        if value:
            raise _foreign_token()

    @property
    def access_token(self) -> str:
        """The current access token; raises TokenError as `token` does."""
        return self._authenticator.token(None).access_token

    @access_token.setter
    def access_token(self, _: str) -> None:
        raise _foreign_token()

    @access_token.deleter
    def access_token(self) -> None:
        raise _foreign_token()

    @property
    def client_id(self) -> str | None:
        """The client's id in the document; None if its method has no client."""
        method = self._authenticator.method
        return (method.client_id or None) if isinstance(method, OAuth2) else None

    @client_id.setter
    def client_id(self, _: str) -> None:
        raise _foreign_client()

    @client_id.deleter
    def client_id(self) -> None:
        raise _foreign_client()

    @property
    def scope(self) -> list[str] | None:
        """The scopes that the document requests; None if it names none. The token has those granted."""
        method = self._authenticator.method
        return (method.scope.replace(",", " ").split() or None) if isinstance(method, OAuth2) else None

    @scope.setter
    def scope(self, _: object) -> None:
        raise _unsuitable("takes its scopes from the document", "Set scope in the document.")

    @property
    def authorized(self) -> bool:
        """Whether there is a token; raises TokenError if none could be obtained for another reason."""
        try:
            return bool(self.access_token)
        except SignInRequired:
            return False

    def fetch_token(
        self,
        token_url: str = "",  # noqa: ARG002 - the library's argument
        code: str | None = None,
        authorization_response: str | None = None,
        **_: Any,  # noqa: ANN401 - the library's arguments
    ) -> dict[str, str | int]:
        """Return the current token, which the connection obtains as its document says.

        Raises:
            RequestError: a code is given: sign-ins are watchword's.
            TokenError: as for `token`.
        """
        if code or authorization_response:
            raise _unsuitable("finishes no sign-in", _SIGN_IN_ADVICE)
        return self.token

    def refresh_token(self, *_: Any, **__: Any) -> dict[str, str | int]:  # noqa: ANN401 - the library's arguments
        """Return a token other than the current one, renewed at most once a minute by all processes together.

        Raises:
            TokenError: the token could not be renewed.
        """
        return self._as_dict(self._authenticator.token(self._authenticator.token(None)))

    def _as_dict(self, token: Token) -> dict[str, str | int]:
        found: dict[str, str | int] = {"access_token": token.access_token, "token_type": token.token_type}
        if token.scope:
            found["scope"] = token.scope
        cache = self._authenticator.token_cache
        left = cache.left(token) if cache else math.inf
        if math.isfinite(left):
            found |= {"expires_in": int(left), "expires_at": int(time.time() + left)}
        return found

    def authorization_url(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - the library's arguments
        """Raise RequestError: sign-ins are watchword's."""
        raise _unsuitable("begins no sign-in", _SIGN_IN_ADVICE)

    def token_from_fragment(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - the library's arguments
        """Raise RequestError: sign-ins are watchword's."""
        raise _unsuitable("finishes no sign-in", _SIGN_IN_ADVICE)

    def request(  # type: ignore[override] # noqa: PLR0913, PLR0917 - the library's signature
        self,
        method: str,
        url: str,
        data: Any = None,  # noqa: ANN401 - a body of requests
        headers: Mapping[str, str] | None = None,
        withhold_token: bool = False,  # noqa: FBT001, FBT002 - the library's argument
        client_id: str | None = None,  # noqa: ARG002 - of a renewal by the library
        client_secret: str | None = None,  # noqa: ARG002 - of a renewal by the library
        **options: Any,  # noqa: ANN401 - the options of requests
    ) -> Response:
        """Send a request, which the transport authenticates; registered hooks for requests are called.

        Raises:
            RequestError: the token is to be withheld, which can't be done, or as for `conn.session()`.
            TokenError: as for `token`.
        """
        if withhold_token:
            raise _unsuitable(
                "sends every request with its token", "Use requests.get() for public resources."
            )
        for hook in self.compliance_hook["protected_request"]:
            url, headers, data = hook(url, headers, data)
        return Session.request(self, method, url, data=data, headers=headers, **options)


class _OAuth1Session(OAuth1Session):  # type: ignore[misc] # the library has no types
    """An `OAuth1Session` without credentials, since the transport has them."""

    def __init__(self) -> None:
        super().__init__("")


class ApiOAuth1Session(ApiSession, _OAuth1Session):
    """An `OAuth1Session` whose requests the connection's transport signs."""

    def __init__(self, base_url: str, adapter: SigningAdapter) -> None:
        self._method = adapter.authenticator.method
        super().__init__(base_url, adapter)

    @property
    def token(self) -> dict[str, str]:
        """The token without its secret, which only the transport has."""
        return {"oauth_token": self._access_token} if self._access_token else {}

    @property
    def authorized(self) -> bool:
        """Whether the document has a user's token."""
        return bool(self._access_token)

    @property
    def _access_token(self) -> str:
        return self._method.access_token if isinstance(self._method, OAuth1) else ""

    def authorization_url(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - the library's arguments
        """Raise RequestError: sign-ins are watchword's."""
        raise _unsuitable("makes no sign-in", _SIGN_IN_ADVICE)

    fetch_request_token = fetch_access_token = parse_authorization_response = authorization_url


def _foreign_token() -> RequestError:
    return _unsuitable("takes its tokens from the connection", "Don't set or delete a token.")


def _foreign_client() -> RequestError:
    return _unsuitable("takes its client from the document", "Set client_id in the document.")


def _unsuitable(what: str, advice: str) -> RequestError:
    message = f"The session of requests_oauthlib() {what}."
    return RequestError([finding("adapter_unsuitable", message, advice=advice)])
