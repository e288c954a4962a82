"""A token endpoint and an API that verify proofs, and documents that use them."""

from __future__ import annotations

import pytest

from tests.support.dpop import DpopServer
from watchword.protocols.dpop import api_requests, nonces, token_requests

SECRET = "s3cret-client-0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_nonces(monkeypatch):
    """Give each test nonces of its own: a server of another test may have had the same port."""
    monkeypatch.setattr(api_requests, "OF_APIS", nonces.Nonces())
    monkeypatch.setattr(token_requests, "OF_TOKEN_ENDPOINTS", nonces.Nonces())


@pytest.fixture
def server(serve, reply):
    """Give the server; its attribute `seen` holds the requests that arrived."""
    verifier = DpopServer(reply)
    running = serve(verifier)
    verifier.url, verifier.seen = running.url, running.seen
    return verifier


@pytest.fixture
def document(server):
    """Give a document of a machine."""
    return {
        "base_url": server.url,
        "method": "oauth2_client_credentials",
        "token_url": f"{server.url}/token",
        "client_id": "client-1",
        "client_secret": SECRET,
        "dpop": True,
    }
