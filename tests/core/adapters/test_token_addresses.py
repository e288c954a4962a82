"""The addresses of a stored document's other servers: tokens, logins, logouts, revocation, proxies."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

import watchword
from tests.support.names import BAD, GOOD
from watchword.sign_in import device
from watchword.sign_in.revocation import sign_out
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.token import Token

KEY = {"method": "api_key", "api_key": "s3cret-key", "key_name": "X-Api-Key"}
CLIENT = {"client_id": "c", "client_secret": "s3cret-client"}


@pytest.fixture(autouse=True)
def _setting(monkeypatch):
    monkeypatch.setenv("WATCHWORD_ALLOWED_NETWORKS", f"public,private,{GOOD}")


TOKENS = {
    "token": {"method": "oauth2_client_credentials", **CLIENT, "token_url": "{}/token"},
    "jwt": {
        "method": "oauth2_password",
        **CLIENT,
        "username": "ann",
        "password": "s3cret-p",
        "token_url": "{}/t",
    },
    "login": {
        "method": "session_login",
        "username": "ann",
        "password": "s3cret-login",
        "login_url": "{}/login",
        "login_body": {"user": "{{username}}"},
        "response_access_path": "access_token",
    },
}


@pytest.mark.parametrize("kind", TOKENS)
def test_the_url_of_a_token_is_judged(names, trap, serve, reply, kind):
    """Token endpoints and logins are judged like the API, and get no connection if they are refused."""
    names["auth.test"] = [BAD]
    other = f"http://auth.test:{trap.port}"
    fields = {
        name: value.format(other) if isinstance(value, str) else value for name, value in TOKENS[kind].items()
    }
    server = serve(reply())
    origins = [server.url, other]
    made = watchword.load({"base_url": server.url, "allowed_origins": origins, **fields}, stored=True)
    with made.session() as session, pytest.raises(watchword.TokenError) as caught:
        session.get("/x")
    assert caught.value.code == "address_not_allowed"
    assert made.validate(f"{server.url}/x").deciding.code.name == "address_not_allowed"
    assert trap.is_untouched
    assert server.seen == []


def test_a_proxy_of_the_token_request_is_judged(names, trap):
    """The document's proxy is judged for token requests too."""
    names["proxy.test"] = [BAD]
    fields = {"method": "oauth2_client_credentials", **CLIENT, "token_url": "https://auth.test/token"}
    proxy = f"http://proxy.test:{trap.port}"
    made = watchword.load({"base_url": "https://api.test", "proxy": proxy, **fields}, stored=True)
    assert made.validate().deciding.code.name == "address_not_allowed"
    assert trap.is_untouched


def sign_in_document(other, **fields):
    return {
        "base_url": "https://api.test",
        "allowed_origins": ["https://api.test", other],
        "client_id": "c",
        "client_secret": "s3cret-client",
        "token_url": f"{other}/token",
        "timeout": 2,
        **fields,
    }


@pytest.fixture
def other(names, trap):
    """Give the URL of a server at a refused address."""
    names["auth.test"] = [BAD]
    return f"http://auth.test:{trap.port}"


def test_a_refresh_is_not_sent_to_a_refused_address(other, trap):
    """A refresh token isn't sent to a refused address; as nothing was sent, it isn't used up either."""
    document = sign_in_document(other, method="oauth2_authorization_code", refresh_token="s3cret-refresh")
    made = watchword.load(document, name="acme", stored=True)
    for _ in range(3):
        with pytest.raises(watchword.TokenError) as caught:
            made.renew_token()
        assert caught.value.code == "address_not_allowed"
    assert trap.is_untouched


def test_a_device_code_is_not_asked_of_a_refused_address(other, trap):
    """The device authorization endpoint is judged."""
    fields = {"method": "oauth2_device_code", "device_authorization_endpoint": f"{other}/device"}
    made = watchword.load(sign_in_document(other, **fields), name="acme", stored=True)
    with pytest.raises(watchword.TokenError) as caught:
        device.begin(made)
    assert caught.value.code == "address_not_allowed"
    assert trap.is_untouched


def test_a_token_is_not_revoked_at_a_refused_address(other, trap):
    """The revocation endpoint is judged: the sign-in ends here, and the remark says that it didn't there."""
    fields = {"method": "oauth2_authorization_code", "revocation_endpoint": f"{other}/revoke"}
    fields["authorize_url"] = "https://auth.test/authorize"
    made = watchword.load(sign_in_document(other, **fields), name="acme", stored=True)
    stored_sign_in(made).accept(Token("s3cret-access", refresh_token="s3cret-refresh"))
    ended = sign_out(made)
    assert (ended.was_kept, ended.is_revoked) == (True, False)
    assert trap.is_untouched


def test_a_logout_is_not_sent_to_a_refused_address(other, trap, serve, reply):
    """The logout is judged; the session closes nevertheless."""
    server = serve(reply(body={"access_token": "s3cret-session"}))
    document = {
        "base_url": server.url,
        "allowed_origins": [server.url, other],
        **TOKENS["login"],
        "login_url": f"{server.url}/login",
        "logout_url": f"{other}/logout",
    }
    with watchword.load(document, stored=True).session() as session:
        assert session.get("/x").status_code == 200
    assert trap.is_untouched


@pytest.mark.parametrize("role", ["with keys", "with a profile"])
def test_the_proxy_of_a_request_to_sts_is_judged(names, trap, monkeypatch, tmp_path, role):
    """A document's proxy is judged before botocore asks for a role's credentials through it."""
    config = tmp_path / "config"
    config.write_text(
        "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s3cret-base\n"
        "[profile chained]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = base\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", "aws:*")
    names["proxy.test"] = [BAD]
    keys = {
        "access_key": "AKIDBASE",
        "secret_key": "s3cret-base",
        "role_arn": "arn:aws:iam::123456789012:role/b",
    }
    document = {
        "base_url": "https://api.test",
        "method": "aws_sigv4",
        "region": "eu-central-1",
        "service": "execute-api",
        "proxy": f"http://u:p@proxy.test:{trap.port}",
        **(keys if role == "with keys" else {"profile": "chained"}),
    }
    with (
        watchword.load(document, stored=True).session() as session,
        pytest.raises(watchword.TokenError) as caught,
    ):
        session.get("/x")
    assert caught.value.code == "address_not_allowed"
    assert trap.is_untouched


def test_botocore_gets_the_address_of_the_proxy_that_was_judged(names, serve, reply):
    """A name server's second answer leads botocore nowhere else: it gets the proxy's address, no name."""
    server = serve(reply(502))
    names.answers["proxy.test"] = [[GOOD], [BAD]]
    document = {
        "base_url": "https://api.test",
        "method": "aws_sigv4",
        "region": "eu-central-1",
        "service": "execute-api",
        "access_key": "AKIDBASE",
        "secret_key": "s3cret-base",
        "role_arn": "arn:aws:iam::123456789012:role/b",
        "proxy": f"http://proxy.test:{server.port}",
    }
    with watchword.load(document, stored=True).session() as session, pytest.raises(watchword.TokenError):
        session.get("/x")
    assert [seen.method for seen in server.seen] == ["CONNECT"]
    assert names.asked.count("proxy.test") == 1


class Socks:
    """A SOCKS 5 proxy (RFC 1928) that notes where it is asked to connect to, and connects to one server."""

    def __init__(self, target_port):
        self.asked = []
        self._target_port = target_port
        self._listener = socket.create_server((GOOD, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        stream = client.makefile("rb")
        with client, stream:
            _, methods = stream.read(2)
            stream.read(methods)
            client.sendall(b"\x05\x00")
            kind = stream.read(4)[3]
            host = socket.inet_ntoa(stream.read(4)) if kind == 1 else stream.read(stream.read(1)[0]).decode()
            self.asked.append((host, *struct.unpack("!H", stream.read(2))))
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
            with socket.create_connection((GOOD, self._target_port)) as upstream:
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    request += stream.readline()
                upstream.sendall(request)
                while received := upstream.recv(1 << 16):
                    client.sendall(received)


@pytest.fixture
def socks(serve, reply):
    """Give a SOCKS proxy in front of a server."""
    proxy = Socks(serve(reply(headers={"Connection": "close"})).port)
    yield proxy
    proxy.close()


def through(proxy, url):
    document = {"base_url": url, "allowed_origins": [url], "proxy": proxy, "timeout": 2, **KEY}
    with watchword.load(document, stored=True).session() as session:
        return session.get(url).status_code


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_judged(names, trap, socks, scheme):
    """A document's SOCKS proxy is connected to at an allowed address, and gets no connection at another."""
    names["proxy.test"], names["api.test"], names["evil-proxy.test"] = [GOOD], [GOOD], [BAD]
    assert through(f"{scheme}://proxy.test:{socks.port}", "http://api.test:8080") == 200
    assert socks.asked == [("api.test" if scheme == "socks5h" else GOOD, 8080)]
    with pytest.raises(watchword.RequestError, match="evil-proxy"):
        through(f"{scheme}://evil-proxy.test:{trap.port}", "http://api.test")
    assert trap.is_untouched


@pytest.mark.parametrize("by", ["the document", "the environment"])
def test_a_socks_proxy_is_told_no_refused_address(names, socks, monkeypatch, by):
    """A host that is resolved here for a SOCKS proxy is judged, and otherwise the host's text is."""
    names["proxy.test"], names["evil.test"] = [GOOD], [BAD]
    proxy = f"proxy.test:{socks.port}"
    for scheme, url in (("socks5", "http://evil.test"), ("socks5h", "http://169.254.169.254")):
        if by == "the environment":
            monkeypatch.setenv("ALL_PROXY", f"{scheme}://{proxy}")
        with pytest.raises(watchword.RequestError, match="doesn't allow"):
            through_any(None if by == "the environment" else f"{scheme}://{proxy}", url)
    assert socks.asked == []


def through_any(proxy, url):
    """Call a URL in a link, which is judged like the document's own."""
    document = {"base_url": "https://api.test", "timeout": 2, **KEY, **({"proxy": proxy} if proxy else {})}
    with watchword.load(document, stored=True).session() as session:
        return session.get(url)
