"""The session that `conn.session()` returns: a plain `requests.Session` over the signing adapter."""

from __future__ import annotations

from copy import copy

from requests import PreparedRequest, Request, Response, Session

from watchword.adapters.signing import SigningAdapter
from watchword.http.origins import origin
from watchword.http.urls import joined
from watchword.redact import NeverPickled


class ApiSession(NeverPickled, Session):
    """A session whose relative paths join the base URL and whose requests are authenticated when sent.

    Netrc is ignored: a credential that isn't in the connection is never sent.
    """

    def __init__(self, base_url: str, adapter: SigningAdapter, *, shared: bool = False) -> None:
        super().__init__()
        self.base_url = base_url
        self._shared = shared
        self.auth = _unchanged
        for name in adapter.authenticator.default_headers:
            self.headers.pop(name, None)
        self.adapters.clear()
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Prepare a request whose URL is absolute or relative to the base URL."""
        absolute = copy(request)
        absolute.url = joined(self.base_url, request.url or "")
        return super().prepare_request(absolute)

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Drop a caller's own Authorization header if a redirect leaves the origin; add nothing."""
        target, source = prepared_request.url or "", response.request.url or ""
        if "Authorization" in prepared_request.headers and origin(source) != origin(target):
            del prepared_request.headers["Authorization"]

    def close(self) -> None:
        """Close the session's network connections, unless its adapter is shared with other sessions."""
        if not self._shared:
            super().close()


def _unchanged(request: PreparedRequest) -> PreparedRequest:
    """Return the request as it is: with an auth in place, requests doesn't read netrc."""
    return request
