"""Secrets in files that are rotated while the connection is in use."""

from __future__ import annotations

import pytest

import watchword


@pytest.fixture
def rotate(tmp_path):
    """Give a function that replaces the secret's file, as Kubernetes and Vault do."""
    path = tmp_path / "token"

    def write(text):
        new = tmp_path / "new"
        new.write_text(text)
        new.replace(path)
        return path

    return write


def test_a_new_session_reads_a_changed_file_and_an_old_one_keeps_its_secret(serve, reply, rotate):
    """A rotated token is used by the next session, without a new connection."""
    server = serve(reply(200))
    path = rotate("s3cret-token-1")
    made = watchword.load({"method": "bearer", "base_url": server.url, "bearer_token": f"file:{path}"})
    with made.session() as first:
        first.get("/a")
        rotate("s3cret-token-22")
        with made.session() as second:
            second.get("/b")
        first.get("/c")
        path.unlink()
        with made.session() as third:
            third.get("/d")
    sent = [seen.headers["Authorization"].removeprefix("Bearer s3cret-token-") for seen in server.seen]
    assert sent == ["1", "22", "1", "22"]


def test_a_token_request_has_the_rotated_client_secret(serve, reply, rotate):
    """The token that an earlier secret got isn't asked for again by a session with a newer one."""
    server = serve(reply(200, {"access_token": "t0ken", "expires_in": 3600}))
    path = rotate("s3cret-client-1")
    made = watchword.load({
        "method": "oauth2_client_credentials", "base_url": server.url, "token_url": f"{server.url}/token",
        "client_id": "c", "client_secret": f"file:{path}", "client_auth": "client_secret_post",
    })  # fmt: skip
    for secret in ("s3cret-client-1", "s3cret-client-22"):
        rotate(secret)
        with made.session() as session:
            session.get("/a")
    bodies = [seen.body for seen in server.seen if seen.path == "/token"]
    assert [body.rpartition(b"=")[2] for body in bodies] == [b"s3cret-client-1", b"s3cret-client-22"]


def test_a_file_that_has_become_wrong_is_found(rotate):
    """A changed secret is checked as the first one was."""
    path = rotate("s3cret-token-1")
    made = watchword.load(
        {"method": "bearer", "base_url": "https://api.test", "bearer_token": f"file:{path}"}
    )
    made.authenticator()
    rotate("<your token>\nx")
    with pytest.raises(watchword.DocumentError):
        made.authenticator()
