"""The server: start and stop, faults, counts, controls over HTTP, TLS and the foreground."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
import trustme

import watchword_playground
from tests.support.leftovers import left, threads_now
from watchword_playground import CREDENTIALS, Playground, create_app

EXIT_HELD_UP = "graceful shutdown exceeded"
"""What uvicorn logs if it has to cut off what still runs, after five seconds."""


def in_a_new_process(code: str) -> subprocess.Popen[str]:
    """Start Python with a program that can import the watchword under test."""
    root = Path(watchword_playground.__file__).parents[2]
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=-1, stderr=-1, text=True)


def test_nothing_is_left_behind(session: requests.Session) -> None:
    """After the block the port is free and the thread has ended, even if a client keeps its connection."""
    with Playground() as playground:
        assert session.get(f"{playground.url}/none/v1/me").status_code == 200
    assert "watchword-playground" not in [thread.name for thread in threading.enumerate()]
    with Playground(port=int(playground.url.rpartition(":")[2])) as again:
        assert again.url == playground.url
        assert session.get(f"{again.url}/none/v1/me").status_code == 200


def test_listens_on_loopback_alone(playground: Playground) -> None:
    """The server listens on the loopback interface."""
    host, port = playground.url.removeprefix("http://").split(":")
    assert host == "127.0.0.1"
    with socket.socket() as outside:
        outside.settimeout(2)
        assert outside.connect_ex(("127.0.0.2", int(port))) != 0


def test_busy_port_is_said_before_a_thread_starts(playground: Playground) -> None:
    """A port in use is an OSError that names it, and no thread is started."""
    port = int(playground.url.rpartition(":")[2])
    before = threads_now()
    with (
        pytest.raises(OSError, match=f"127.0.0.1:{port}; choose another port") as busy,
        Playground(port=port),
    ):
        pass
    assert busy.value.errno == errno.EADDRINUSE
    assert left(threads_now, before) == set()


def test_impossible_port_is_an_os_error() -> None:
    """A number that isn't a port gets the same advice as a busy port."""
    with pytest.raises(OSError, match="99999; choose another port"), Playground(port=99999):
        pass


def test_responses_are_not_delayed(playground: Playground, session: requests.Session) -> None:
    """The server doesn't hold back the parts of a response for 40 ms, as Nagle's algorithm does."""
    assert session.get(f"{playground.url}/none/v1/airports").status_code == 200
    [transport] = playground._state.transports.values()
    assert transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_bad_certificate_is_said_before_a_thread_starts(tmp_path: Path) -> None:
    """An unreadable certificate is an error at once and frees the port."""
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    before = threads_now()
    with pytest.raises(OSError), Playground(ssl_certfile=str(broken), ssl_keyfile=str(broken)):  # noqa: PT011 -- OpenSSL's words vary
        pass
    assert left(threads_now, before) == set()


def test_serves_over_tls(session: requests.Session, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Over TLS, URL and links begin with https, and a connection at rest doesn't hold up the exit."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key, root = (str(tmp_path / name) for name in ("cert.pem", "key.pem", "root.pem"))
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(root)
    with Playground(ssl_certfile=certificate, ssl_keyfile=key) as playground:
        assert playground.url.startswith("https://127.0.0.1:")
        page = session.get(f"{playground.url}/none/v1/airports", verify=root).json()
        assert page["next"].startswith(playground.url)
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"{playground.url}/none/v1/me")
    assert EXIT_HELD_UP not in caplog.text


def test_faults_strike_as_often_as_asked(playground: Playground, session: requests.Session) -> None:
    """A fault answers the next requests below its path, for the given number of times."""
    playground.fault(status=503, times=2, path="/none")
    statuses = [session.get(f"{playground.url}{path}").status_code for path in ("/", *["/none/v1/me"] * 3)]
    assert statuses == [200, 503, 503, 200]


def test_delay_alone_and_with_a_status(playground: Playground, session: requests.Session) -> None:
    """A fault may delay the usual response or its own."""
    playground.fault(delay=0.2)
    playground.fault(status=429, delay=0.2)
    for expected in (200, 429):
        begun = time.monotonic()
        assert session.get(f"{playground.url}/none/v1/me").status_code == expected
        assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize("status", [204, 205, 304])
def test_fault_without_a_body(status: int, playground: Playground, session: requests.Session) -> None:
    """A status without a body, for example 204, is sent without one, and the connection stays usable."""
    playground.fault(status=status)
    assert session.get(f"{playground.url}/none/v1/me").content == b""
    assert session.get(f"{playground.url}/none/v1/me").status_code == 200


def test_long_delay_does_not_hold_up_the_exit(caplog: pytest.LogCaptureFixture) -> None:
    """Leaving the block ends a long delay."""
    with Playground() as playground:
        playground.fault(delay=60)
        with socket.create_connection(("127.0.0.1", int(playground.url.rpartition(":")[2]))) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            while not playground.counts():
                time.sleep(0.01)
            playground.__exit__(None, None, None)
            assert EXIT_HELD_UP not in caplog.text
            assert client.recv(20).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "wrong", [{"status": 99}, {"delay": -1.0}, {"delay": float("inf")}, {"times": 0}, {}]
)
def test_impossible_faults_are_refused(wrong: dict[str, float], playground: Playground) -> None:
    """A fault that is impossible or has no effect is a ValueError."""
    with pytest.raises(ValueError, match="Fault"):
        playground.fault(**wrong)  # type: ignore[arg-type]


def test_counts(playground: Playground, session: requests.Session) -> None:
    """Requests are counted per path, also those with a fault, but not those to the controls."""
    playground.fault(status=500)
    for path in ("/none/v1/me", "/none/v1/me?again=1", "/_control/counts"):
        session.get(playground.url + path)
    session.post(f"{playground.url}/oauth/token")
    assert playground.counts() == {"/none/v1/me": 2, "/oauth/token": 1}
    assert (playground.token_requests, playground.connections) == (1, 1)


def test_connections_are_counted(playground: Playground) -> None:
    """Each TCP connection counts once, however many requests it carries."""
    assert playground.connections == 0
    for _ in range(3):
        with requests.Session() as session:
            session.trust_env = False
            for _ in range(2):
                session.get(f"{playground.url}/none/v1/me")
    assert playground.connections == 3


def test_control_over_http(playground: Playground, session: requests.Session) -> None:
    """Another process can revoke, restore, disturb, expire and read the counts."""
    control = f"{playground.url}/_control"
    me = f"{playground.url}/bearer/v1/me"
    headers = {"Authorization": f"Bearer {CREDENTIALS['bearer']['bearer_token']}"}
    assert session.post(f"{control}/revoke/bearer").status_code == 200
    assert session.get(me, headers=headers).status_code == 401
    assert session.post(f"{control}/restore/bearer").status_code == 200
    assert session.get(me, headers=headers).status_code == 200
    assert session.post(f"{control}/fault", json={"status": 502}).status_code == 200
    assert session.get(me, headers=headers).status_code == 502
    assert session.post(f"{control}/expire_tokens").status_code == 200
    assert session.get(f"{control}/counts").json() == {
        "requests": {"/bearer/v1/me": 3},
        "token_requests": 0,
        "grants": {},
        "families_revoked": 0,
        "logins": 0,
        "logouts": 0,
        "connections": 1,
    }


def test_control_refuses_what_it_does_not_know(playground: Playground, session: requests.Session) -> None:
    """Unknown methods are 404, impossible faults 422, and requests from other sites 403."""
    control = f"{playground.url}/_control"
    assert session.post(f"{control}/revoke/carrier_pigeon").status_code == 404
    assert session.post(f"{control}/revoke/none").status_code == 404
    assert session.post(f"{control}/fault", json={"times": 0}).status_code == 422
    foreign = session.post(f"{control}/revoke/bearer", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


@pytest.mark.parametrize("method", ["none", "carrier_pigeon"])
def test_only_credentials_can_be_revoked(method: str, playground: Playground) -> None:
    """Revoking a method without a credential raises an error that names those with one."""
    for act in (playground.revoke, playground.restore):
        with pytest.raises(ValueError, match="api_key, bearer"):
            act(method)


def test_token_lifetime_is_at_least_a_second() -> None:
    """A lifetime of 0 is refused, because oauthlib would turn it into an hour."""
    with pytest.raises(ValueError, match="at least 1 second"):
        create_app(token_lifetime=0)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process on Windows")
def test_foreground_ends_cleanly_on_ctrl_c(session: requests.Session) -> None:
    """`serve` announces its URL, responds, and ends on Ctrl-C with status 0 and without a traceback."""
    code = "from watchword_playground import serve; serve(0, lambda url: print(url, flush=True))"
    with in_a_new_process(code) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert session.get(f"{url}/none/v1/me").status_code == 200
            process.send_signal(signal.SIGINT)
            _, complaint = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, complaint) == (0, "")


@pytest.mark.parametrize(
    "module", ["fastapi", "oauthlib", "uvicorn", "vega_datasets", "botocore", "joserfc", "jwt"]
)
def test_missing_library_names_the_extra(module: str) -> None:
    """If a library is missing, the import error names the command that installs it."""
    hide = f"""
import importlib.util, sys
sys.modules[{module!r}] = None
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == {module!r} else real(name, package)
try:
    import watchword_playground
except ImportError as error:
    print(error)
"""
    with in_a_new_process(hide) as process:
        said, _ = process.communicate(timeout=60)
    assert said.strip() == f'watchword_playground needs {module}: pip install "watchword[playground]"'


def test_only_the_playground_is_imported() -> None:
    """The playground loads no module of watchword and none of the data set's own code."""
    code = "import sys, watchword; before = set(sys.modules); import watchword_playground; "
    code += (
        "print(*sorted(name for name in set(sys.modules) - before if name.startswith(('watchword', 'vega'))))"
    )
    with in_a_new_process(code) as process:
        said, complaint = process.communicate(timeout=60)
    assert said, complaint
    assert all(name.startswith("watchword_playground") for name in said.split())


def test_slow_libraries_wait_until_they_are_needed() -> None:
    """Importing the playground loads neither botocore nor joserfc nor cryptography."""
    code = "import sys, watchword_playground; "
    code += "print(*({'botocore', 'joserfc', 'cryptography'} & set(sys.modules)))"
    with in_a_new_process(code) as process:
        said, complaint = process.communicate(timeout=60)
    assert (said.strip(), complaint) == ("", "")
