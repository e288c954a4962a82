"""The proxies of this process: whether they can be reached."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies

from watchword.cli.doctor.line import Line, ok, problem
from watchword.findings.codes import CODES
from watchword.findings.finding import Permanence

TOPIC = "proxy"

TIMEOUT = 3.0
"""Longest wait for a proxy, in seconds."""

_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks5": 1080, "socks5h": 1080}


def lines() -> Iterator[Line]:
    """Yield whether each proxy in the environment accepts connections."""
    found = {text for scheme, text in getproxies().items() if scheme != "no" and text}
    for text in sorted(found):
        yield _reached(text)


def _reached(text: str) -> Line:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)
    except ValueError:
        host = ""
    if not host:
        return problem(
            TOPIC, "the address of a proxy in the environment can't be read.", "Correct HTTPS_PROXY."
        )
    try:
        socket.create_connection((host, port), TIMEOUT).close()
    except OSError as error:
        what = f"{host}:{port} doesn't accept connections ({type(error).__name__})."
        return problem(TOPIC, what, CODES["proxy_error"].advice, Permanence.TRANSIENT.exit_code)
    return ok(TOPIC, f"{host}:{port} accepts connections")
