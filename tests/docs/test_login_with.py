"""The documents of the page about logins for token requests, each with a server that wants what it sends."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

import watchword
from watchword.redact import texts
from watchword.redact.registry import Registry
from watchword.stores.memory import MemoryStore

PAGE = Path(__file__).parents[2] / "docs" / "login-with.md"
DOCUMENTS = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)]
NAMES = ["GitHub", "HERE", "MWAA", "Entra"]


def wanted(path, headers, body):
    """Return whether a request for a token is authenticated in the way of its provider."""
    shown = headers.get("Authorization", "")
    if path.startswith("/app/installations/"):
        return re.fullmatch(r"Bearer (eyJ[\w-]+\.){2}[\w-]+", shown) is not None and body == ""
    if path == "/oauth2/token":
        return shown.startswith("OAuth ") and 'oauth_signature_method="HMAC-SHA256"' in shown
    if path.startswith("/webtoken/"):
        return "/eu-west-1/airflow/aws4_request" in shown
    if path == "/aws_mwaa/login":
        return parse_qs(body) == {"token": ["s3cret-web"]}
    return "client_assertion" in parse_qs(body)


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    """Tell no masker of Airflow the lines of a new key, which other tests here may have brought along."""
    monkeypatch.setattr(texts, "_registry", Registry())


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path = urlsplit(self.path).path
            is_call = path == "/call"
            is_right = "s3cret-issued" in str(self.headers) if is_call else wanted(path, self.headers, body)
            content = {"token": "s3cret-issued", "access_token": "s3cret-issued", "WebToken": "s3cret-web"}
            sent = json.dumps({} if is_call or not is_right else content).encode()
            self.send_response(200 if is_right else 401)
            if path == "/aws_mwaa/login":
                self.send_header("Set-Cookie", "session=s3cret-issued; Path=/")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = answer

        def log_message(self, *_): ...

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join()


def at(server, value):
    """Return a document with all addresses at another server."""
    if isinstance(value, dict):
        return {
            name: f"{server}{urlsplit(each).path}" if name.endswith("_url") else at(server, each)
            for name, each in value.items()
        }
    return value


@pytest.mark.parametrize(("name", "document"), list(zip(NAMES, DOCUMENTS, strict=True)), ids=NAMES)
def test_a_document_of_the_page_works_as_it_stands(name, document, server, tmp_path, monkeypatch):
    """With a key in each file and variable that it names, the document's token request is accepted."""
    key = tmp_path / "key.pem"
    made = trustme.CA().issue_cert("etl.test", key_type=trustme.KeyType.RSA)
    key.write_bytes(made.private_key_and_cert_chain_pem.bytes())
    monkeypatch.setenv("WATCHWORD_SECRET_AWS_ACCESS_KEY", "AKIDEXAMPLE000000004")
    monkeypatch.setenv("WATCHWORD_SECRET_AWS_SECRET_KEY", "s3cret-aws-0123456789")
    text = re.sub(r"/run/secrets/[\w.-]+", str(key), json.dumps(at(server, document)))
    connection = watchword.load(text, name=name, store=MemoryStore())
    assert connection.lint() == []
    with connection.session() as api:
        assert api.get("/call").status_code == 200
