"""A person's sign-in, used by code that takes a session of requests-oauthlib."""

from __future__ import annotations

import time

from requests_oauthlib import OAuth2Session

from watchword.sign_in import oauth2
from watchword_playground import OAuthSettings


def test_a_session_never_loses_a_rotated_token(connect, begun, playground):
    """Two sessions renew in turns at a server that revokes a sign-in whose old refresh token comes again."""
    playground.oauth_settings.change(OAuthSettings(rotation=True, access_token_lifetime=1))
    connection = connect()
    _, url = begun(connection)
    oauth2.finish(connection, url)
    sessions = [connect().requests_oauthlib() for _ in range(2)]
    revoked, tokens = playground.families_revoked, set()
    for session in sessions:
        assert isinstance(session, OAuth2Session)
        assert session.get("/v1/me").json()["user"] == "ada"
        tokens.add(session.access_token)
        assert "refresh_token" not in session.token
        session.close()
        time.sleep(1.1)  # until the token has ended
    assert len(tokens) == 2
    assert playground.families_revoked == revoked
