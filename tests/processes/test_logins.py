"""32 workers need a token whose request another method authenticates: one login and one token request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

LOGIN = {
    "method": "session_login",
    "login_body": {"key": "{{secret:KEY}}"},
    "response_access_path": "session",
}


@pytest.fixture
def provider():
    """Give the URL of an API whose token endpoint wants a session, and the number of requests by path."""
    counts: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            counts[self.path] += 1
            wanted = {"/token": "Bearer s3cret-session", "/v1/me": "Bearer s3cret-access"}.get(self.path)
            is_right = wanted in {None, self.headers.get("Authorization")}
            body = {"session": "s3cret-session", "access_token": "s3cret-access", "expires_in": 3600}
            content = json.dumps(body if is_right else {"error": "invalid_client"}).encode()
            self.send_response(200 if is_right else 401)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", counts
    server.shutdown()
    server.server_close()
    thread.join()


def test_many_processes_make_one_login_and_one_token_request(provider, tmp_path):
    """Four processes with eight threads each share one token, and its request was authenticated once."""
    url, counts = provider
    document = {
        "base_url": url,
        "method": "oauth2_client_credentials",
        "token_url": f"{url}/token",
        "client_id": "app-1",
        "client_auth": "none",
        "login_with": {**LOGIN, "login_url": f"{url}/login"},
        "secret_parameters": {"template:KEY": "s3cret-key"},
    }
    store = f"sqlite:///{tmp_path / 'tokens.db'}"
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "login_workers.py")],
        input=json.dumps(document),
        env={**os.environ, "WATCHWORD_HOME": str(tmp_path), "WATCHWORD_STORE": store},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert Counter(json.loads(done.stdout)) == {"200": 32}
    assert counts == {"/login": 1, "/token": 1, "/v1/me": 32}
