"""`watchword console` serves the pages on this machine until it is stopped."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys

import requests


def test_the_printed_url_opens_the_console(tmp_path, monkeypatch):
    """The command prints a URL of 127.0.0.1 that lets one browser in, and Ctrl-C stops it."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path / 'tokens.db'}")
    command = [sys.executable, "-m", "watchword", "console", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        url = re.search(r"http://127\.0\.0\.1:\d+/\S+", process.stdout.readline())[0]
        with requests.Session() as browser:
            assert "New connection" in browser.get(url, timeout=60).text
        assert requests.get(url, timeout=60).status_code == 403
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said


def test_a_taken_port_is_said():
    """A port that another program uses is a sentence and exit status 3."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "watchword", "console", "--port", port, "--no-browser"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, f"port {port} of 127.0.0.1 can't be used" in done.stderr) == (3, True)
