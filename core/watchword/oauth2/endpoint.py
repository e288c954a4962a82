"""Call a token endpoint and read the token in its reply."""

from __future__ import annotations

import requests

from watchword import redact
from watchword.oauth2.reply import Reply, ReplyPaths, read_token
from watchword.origins import host
from watchword.tokens.exchange import exchange
from watchword.tokens.token import Token
from watchword.transport import Transport


def fetch_token(request: requests.PreparedRequest, paths: ReplyPaths, transport: Transport) -> Token:
    """Send a token request and return the token; what is secret in it is masked from then on.

    Raises:
        TokenError: no whole answer within `transport.timeout` seconds, or one without a token.
    """
    server = host(request.url or "")
    response, text = exchange(request, transport, f"the token endpoint at {server}")
    token = read_token(Reply(server, response.status_code, response.headers, text), paths)
    redact.register([token.access_token])
    return token
