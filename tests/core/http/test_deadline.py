"""The time limit for reading a response's body."""

from __future__ import annotations

import socket
import threading

import pytest
import requests

from watchword.http.deadline import read


def dripping(listener, stopped):
    """Send a byte now and then to one client."""
    client, _ = listener.accept()
    with client:
        client.recv(1 << 14)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8000\r\n\r\n")
        while not stopped.wait(0.02):
            client.sendall(b"a")


@pytest.fixture
def response():
    """Give a response whose body does not end."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=dripping, args=(listener, stopped))
        server.start()
        with requests.get(f"http://127.0.0.1:{listener.getsockname()[1]}", stream=True, timeout=30) as found:
            yield found
            stopped.set()
            server.join()


@pytest.mark.timeout(30)
def test_a_body_that_does_not_end_in_time_is_not_used(response):
    """Half a body is no response: half an access token would be a wrong one, half a page a false proof."""
    with pytest.raises(requests.ReadTimeout):
        read(response, 8000, 0.1)


@pytest.mark.timeout(30)
def test_the_beginning_of_a_long_body_is_enough(response):
    """The number of bytes that is asked for ends the reading."""
    assert read(response, 3, 30) == b"aaa"
