"""The Secret Manager client against a server on loopback: few calls, and one code for each failure."""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
import subprocess
import sys
import threading

import pytest
from google.api_core import exceptions

from watchword.errors import SecretError
from watchword.secrets.cache import Caching
from watchword.secrets.google.account import Account
from watchword.secrets.google.call_failures import error_from_exception
from watchword.secrets.google.calls import CallTimeouts
from watchword.secrets.google.manager import KEPT_VERSIONS, Options, SecretManager

PROJECT = "acme-prod"
SECRET = "s3cret-payload-of-the-shop"
QUICK = Options(Caching(fresh=0, missing=0, grace=0), CallTimeouts(deadline=1.0, attempt=0.3))

STEADY = Options(QUICK.caching, CallTimeouts(deadline=1.0, attempt=1.0))

PATIENT = Options(timeouts=CallTimeouts(deadline=60.0, attempt=60.0))
"""For calls that succeed, or fail for good, at their first attempt, on a slow machine too."""

FAULTS = {
    "throttled": "secrets_throttled",
    "denied": "secrets_denied",
    "unauthenticated": "secrets_unauthenticated",
    "hang": "secrets_timeout",
    "reset": "secrets_unreachable",
    "unavailable": "secrets_unreachable",
    "internal": "secrets_unreachable",
    "corrupt": "secret_corrupt",
}
"""The code of each fault of the service."""


@pytest.fixture
def manager(server):
    server.put(PROJECT, "shop", SECRET)
    return SecretManager(PROJECT, options=PATIENT)


def failure(manager, name="shop"):
    with pytest.raises(SecretError) as raised:
        manager.get(name)
    return raised.value


def test_a_thousand_lookups_are_one_call_over_one_connection(server, manager):
    """1000 lookups of one secret make one call over one connection."""
    assert {manager.get("shop") for _ in range(1000)} == {SECRET.encode()}
    assert (server.calls, server.connections) == ({"AccessSecretVersion": 1}, 1)


def test_many_secrets_come_over_one_connection(server):
    """All secrets are read over one channel."""
    for number in range(20):
        server.put(PROJECT, f"s{number}", str(number))
    manager = SecretManager(PROJECT)
    assert [manager.get(f"s{number}") for number in range(20)] == [str(n).encode() for n in range(20)]
    assert (server.calls["AccessSecretVersion"], server.connections) == (20, 1)


def test_fifty_threads_that_ask_for_a_cold_secret_make_one_call(server, manager):
    """50 threads create one client and make one call for a secret that is not cached."""
    together, contents = threading.Barrier(50), []

    def ask():
        together.wait()
        contents.append(manager.get("shop"))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents == [SECRET.encode()] * 50
    assert (server.calls, server.connections) == ({"AccessSecretVersion": 1}, 1)


def test_a_thousand_lookups_of_what_is_not_there_are_one_call(server, manager):
    """The absence of a secret is cached too."""
    assert {manager.get("nothing") for _ in range(1000)} == {None}
    assert server.calls == {"AccessSecretVersion": 1}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_failure_has_a_name_of_its_own(server, manager, kind):
    """Each kind of failure has its own code, and no message holds a secret."""
    assert manager.get("shop")  # so that the connection is open, however long that takes
    server.fault(kind, None)
    error = failure(SecretManager(PROJECT, options=QUICK if kind == "hang" else STEADY))
    assert error.code == FAULTS[kind]
    assert "shop" in str(error)
    assert PROJECT in str(error)
    assert SECRET not in str(error)


def test_five_failures_have_five_messages(server, manager):
    """Each kind of failure has its own message."""
    messages = set()
    assert manager.get("shop")  # as above
    # Reset comes last: the channels of a process share a connection, which is not opened again at once.
    for kind in ("throttled", "denied", "hang", "corrupt", "reset"):
        server.faults.clear()
        server.fault(kind, None)
        options = QUICK if kind == "hang" else STEADY
        messages.add(failure(SecretManager(PROJECT, options=options)).findings[0].message)
    assert len(messages) == 5


def test_what_the_service_refuses_is_quoted():
    """Any other refusal is quoted from the service."""
    refusal = exceptions.InvalidArgument("no such filter")
    error = error_from_exception(refusal, "Google Secret Manager", "shop")
    assert (error.code, error.retryable) == ("secrets_refused", False)
    assert error.findings[0].evidence["answer"] == "no such filter"


def test_a_clash_of_two_writers_may_pass():
    """Google's ABORTED means that two writers met, and may be retried."""
    error = error_from_exception(exceptions.Aborted("another writer"), "Google Secret Manager", "shop")
    assert (error.code, error.retryable) == ("secret_changed_meanwhile", True)


@pytest.mark.parametrize("kind", ["throttled", "hang", "reset", "unavailable", "corrupt"])
def test_what_may_pass_is_tried_again(server, manager, kind):
    """After one temporary failure the next attempt succeeds."""
    server.fault(kind, 1)
    options = Options(timeouts=CallTimeouts(deadline=60.0, attempt=2.0 if kind == "hang" else 60.0))
    assert SecretManager(PROJECT, options=options).get("shop") == SECRET.encode()
    assert server.calls["AccessSecretVersion"] == 2


@pytest.mark.parametrize("kind", ["denied", "unauthenticated"])
def test_what_stays_wrong_is_asked_once(server, manager, kind):
    """A refusal is not retried."""
    server.fault(kind, None)
    failure(manager)
    assert server.calls["AccessSecretVersion"] == 1


@pytest.mark.timeout(60)  # no call of Google's client ends by itself so early
def test_a_silent_service_is_waited_for_until_the_deadline(server, manager):
    """A service that never answers is given up at the deadline."""
    server.fault("hang", None)
    assert failure(SecretManager(PROJECT, options=QUICK)).code == "secrets_timeout"


def test_a_server_that_is_gone_is_a_finding(server, manager, monkeypatch):
    """If nothing listens, the call ends with an error within the deadline."""
    monkeypatch.setenv("SECRET_MANAGER_EMULATOR_HOST", "127.0.0.1:9")
    assert failure(SecretManager(PROJECT, options=STEADY)).code == "secrets_unreachable"


def test_known_secrets_serve_while_the_service_fails(server, caplog):
    """While the service fails, a cached secret is served, and the log says so without its content."""
    server.put(PROJECT, "shop", SECRET)
    assert SecretManager(PROJECT, options=PATIENT).get("shop")  # so that the connection is open
    options = Options(Caching(fresh=0, missing=0, grace=3600), STEADY.timeouts)
    manager = SecretManager(PROJECT, options=options)
    manager.get("shop")
    for kind in ("denied", "hang", "corrupt"):
        server.faults.clear()
        server.fault(kind, None)
        with caplog.at_level(logging.ERROR):
            assert manager.get("shop") == SECRET.encode()
    assert "secrets_denied" in caplog.text
    assert SECRET not in caplog.text


def test_content_without_a_checksum_is_taken(server, manager):
    """Content without a checksum is accepted."""
    server.fault("no_crc", None)
    assert manager.get("shop") == SECRET.encode()


def test_a_pinned_version_is_read_by_its_number(server, manager):
    """A pinned version stays the same, whatever is added later."""
    server.put(PROJECT, "shop", "second")
    pinned = SecretManager(PROJECT, options=Options(versions={"shop": "1"}))
    assert pinned.get("shop") == SECRET.encode()
    assert (manager.get("shop"), manager.get("shop", "1")) == (b"second", SECRET.encode())


@pytest.mark.parametrize("version", ["2/../..", "new", "²", ""])
def test_a_version_is_a_number(version):
    """A version that is not a number is refused before it becomes part of a resource name."""
    if version:
        with pytest.raises(SecretError) as raised:
            SecretManager(PROJECT, options=Options(versions={"shop": version}))
        assert raised.value.code == "secrets_unsuitable"


@pytest.mark.parametrize("name", ["", "a/b", "a b", "ä", "x" * 256, "../shop"])
def test_what_is_no_name_is_never_asked_for(server, manager, name):
    """An illegal name is refused without a call, so it can't name another resource."""
    assert failure(manager, name).code == "secret_name_illegal"
    assert server.calls == {}


def test_a_disabled_version_is_told_from_a_missing_one(server, manager):
    """A disabled version raises an error; it is not treated as missing."""
    _disable(server.address, f"projects/{PROJECT}/secrets/shop/versions/1")
    assert (
        failure(SecretManager(PROJECT, options=Options(versions={"shop": "1"}))).code == "secret_not_enabled"
    )


def test_a_regional_secret_is_found_in_its_location(server):
    """A regional secret is found only in its location."""
    server.put(PROJECT, "shop", "of Frankfurt", location="europe-west3")
    assert SecretManager(PROJECT, "europe-west3").get("shop") == b"of Frankfurt"
    assert SecretManager(PROJECT).get("shop") is None


def test_a_written_secret_is_read_back_by_its_number(server):
    """The writer reads the new version back by number and caches it, since `latest` may lag by hours."""
    server.stale_latest = True
    manager = SecretManager(PROJECT)
    for payload in (b"one", b"two", b"three"):
        manager.put("shop", payload)
        assert manager.get("shop") == payload
    assert server.calls["AccessSecretVersion"] == 3


def test_old_versions_are_destroyed_where_the_secret_is_ours(server):
    """Versions cost money: only the new one and the one before remain."""
    manager = SecretManager(PROJECT)
    for number in range(5):
        manager.put("shop", str(number).encode())
    alive = [version.number for version in server.versions(PROJECT, "shop") if version.state == "ENABLED"]
    assert alive == [4, 5]
    assert len(alive) == KEPT_VERSIONS


def test_a_writer_who_may_not_destroy_writes_all_the_same(server, caplog):
    """The secret is stored, and the log says that old versions are left."""
    server.fault("denied", None, method="ListSecretVersions")
    manager = SecretManager(PROJECT)
    for payload in (b"one", b"two"):
        manager.put("shop", payload)
    assert SecretManager(PROJECT).get("shop") == b"two"
    assert "Old versions of the secret shop are left" in caplog.text
    assert "secrets_denied" in caplog.text


def test_versions_of_others_are_left_alone(server):
    """A secret that was created elsewhere keeps all its versions."""
    server.put(PROJECT, "shop", "by Terraform")
    manager = SecretManager(PROJECT)
    for number in range(3):
        manager.put("shop", str(number).encode())
    assert [version.state for version in server.versions(PROJECT, "shop")] == ["ENABLED"] * 4


def test_a_lost_answer_to_a_write_loses_nothing(server):
    """A write whose response is lost is repeated: there may be one version too many, never one too few."""
    server.fault("reset", 1, method="AddSecretVersion", late=True)
    manager = SecretManager(PROJECT)
    manager.put("shop", b"one")
    assert SecretManager(PROJECT).get("shop") == b"one"


def test_a_secret_that_is_too_large_is_not_sent(server, manager):
    """A secret above the service's limit is refused without a call."""
    with pytest.raises(SecretError) as raised:
        manager.put("shop", b"x" * 65537)
    assert raised.value.code == "secret_too_large"
    assert server.calls == {}
    manager.put("shop", b"x" * 65536)


def test_names_are_listed_by_one_call(server, manager):
    """All names with the prefix are listed, also those of secrets that other tools created."""
    for name in ("airflow-connections-b", "airflow-connections-a", "other", "not-airflow-connections-c"):
        server.put(PROJECT, name, "x")
    assert list(manager.names("airflow-connections-")) == ["airflow-connections-a", "airflow-connections-b"]
    assert server.calls == {"ListSecrets": 1}


def test_contents_are_read_once(server, manager):
    """Each secret with the prefix is asked for once, and comes from the cache then."""
    for name in ("conn-b", "conn-a", "other"):
        server.put(PROJECT, name, name)
    for _ in range(2):
        assert manager.contents("conn-") == {"conn-a": b"conn-a", "conn-b": b"conn-b"}
    assert server.calls["AccessSecretVersion"] == 2


def test_a_removed_secret_is_gone_at_once(server, manager):
    """A removed secret is dropped from the cache too."""
    manager.get("shop")
    assert manager.remove("shop") is True
    assert (manager.get("shop"), manager.remove("shop")) == (None, False)


def test_two_who_create_the_same_secret_both_succeed(server):
    """Of two writers, the second adds a version."""
    together, failures = threading.Barrier(2), []

    def put(number):
        manager = SecretManager(PROJECT)
        together.wait()
        try:
            manager.put("shop", str(number).encode())
        except SecretError as error:
            failures.append(error)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert SecretManager(PROJECT).get("shop") in {b"0", b"1"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_forked_children_open_channels_of_their_own(elsewhere):
    """A forked child reads a secret that its parent hasn't read, while the parent's threads go on calling."""
    manager = SecretManager(PROJECT)
    manager.put("shop", SECRET.encode())
    over = threading.Event()

    def call():
        busy = SecretManager(PROJECT, options=Options(QUICK.caching, PATIENT.timeouts))
        while not over.is_set():
            busy.get("shop")

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    SecretManager(PROJECT).put("other", b"new")
    outcomes = []
    try:
        for _ in range(10):
            child = os.fork()
            if not child:
                _in_child(lambda: (manager.get("shop"), manager.get("other")) == (SECRET.encode(), b"new"))
            outcomes.append(os.waitpid(child, 0)[1])
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert outcomes == [0] * 10
    assert manager.get("other") == b"new"


def _in_child(holds):
    """End a forked child with status 0 if `holds` returns true; it must never go on as a test."""
    status = 1
    try:
        signal.alarm(20)
        status = 0 if holds() else 1
    finally:
        os._exit(status)


@pytest.fixture
def elsewhere(monkeypatch):
    """A Secret Manager in a process of its own, so that this process only has the client's threads."""
    command = [sys.executable, "-m", "watchword_playground.secret_manager", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            monkeypatch.setenv("SECRET_MANAGER_EMULATOR_HOST", line.rpartition("=")[2].strip())
            yield
        finally:
            process.terminate()


@pytest.mark.parametrize(
    "address", ["10.0.0.1:80", "example.com:443", "127.0.0.1.example.com:1", "0.0.0.0:1"]
)
def test_only_loopback_is_called_without_tls(monkeypatch, address):
    """The emulator variable must not send secrets over a network without TLS, or read them from one."""
    monkeypatch.setenv("SECRET_MANAGER_EMULATOR_HOST", address)
    error = failure(SecretManager(PROJECT))
    assert error.code == "secrets_unsuitable"
    assert address in str(error)


def test_credentials_that_are_missing_are_a_finding(monkeypatch, tmp_path):
    """A missing or broken key file is reported without its content."""
    monkeypatch.delenv("SECRET_MANAGER_EMULATOR_HOST", raising=False)
    broken = tmp_path / "key.json"
    broken.write_text('{"type": "service_account", "private_key": "s3cret-key-material"}')
    for account in (Account(key_path=str(tmp_path / "none")), Account(key_path=str(broken))):
        error = failure(SecretManager(PROJECT, account=account))
        assert error.code == "secrets_unauthenticated"
        assert "s3cret" not in str(error)


@pytest.mark.parametrize(
    ("project", "location"),
    [("p/../../q", ""), ("a/secrets/b", ""), ("p", "evil.com:443?"), ("p", "a.b"), ("p", "localhost:1/")],
)
def test_no_other_host_or_resource_is_made_of_a_place(project, location):
    """Project and location are checked: they become parts of the host and of every resource name."""
    with pytest.raises(SecretError) as raised:
        SecretManager(project, location)
    assert raised.value.code == "secrets_unsuitable"


def test_a_project_of_the_environment_is_checked_too(server, monkeypatch):
    """The environment's project is checked before the first call."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "a/secrets/b")
    assert failure(SecretManager()).code == "secrets_unsuitable"


def test_threads_that_wait_for_credentials_wait_once(monkeypatch):
    """While a metadata server is silent, threads share one wait instead of waiting one after the other."""
    monkeypatch.delenv("SECRET_MANAGER_EMULATOR_HOST", raising=False)
    looked, silent = [], threading.Event()

    def load(_account):
        looked.append(1)
        silent.wait(20)

    monkeypatch.setattr(Account, "load", load)
    manager = SecretManager(PROJECT, options=QUICK)
    threads = [threading.Thread(target=failure, args=(manager, f"s{number}")) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    silent.set()
    assert len(looked) < 4


def test_what_is_current_is_asked_for(server, manager):
    """`current` reads past the cache, so that a writer sees what others have written."""
    manager.get("shop")
    server.put(PROJECT, "shop", "of another")
    assert (manager.get("shop"), manager.current("shop")) == (SECRET.encode(), b"of another")
    assert manager.get("shop") == b"of another"


def test_nothing_of_a_removed_secret_is_known(server, manager):
    """The numbered versions of a removed secret are dropped from the cache too."""
    assert manager.get("shop", "1") == SECRET.encode()
    manager.remove("shop")
    assert (manager.get("shop", "1"), manager.get("shop")) == (None, None)


def test_a_token_that_can_t_be_had_is_no_network_fault():
    """To gRPC a revoked key is an unavailable service; it is reported as unauthenticated and not retried."""
    said = "Getting metadata from plugin failed with error: ('invalid_grant: Invalid JWT Signature.')"
    error = error_from_exception(exceptions.ServiceUnavailable(said), "Google Secret Manager", "shop")
    assert (error.code, error.retryable) == ("secrets_unauthenticated", False)


def test_no_project_is_a_finding(server, monkeypatch):
    """It is an error if argument, environment and credentials all name no project."""
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")
    assert failure(SecretManager()).code == "secrets_unsuitable"


def test_it_shows_no_secret(server, manager):
    """Its repr shows no secret, and it can't be pickled."""
    manager.get("shop")
    assert repr(manager) == f"<Google Secret Manager of {PROJECT}>"
    with pytest.raises(TypeError, match="never pickled"):
        manager.__reduce__()


def test_no_record_of_a_log_holds_content(server, manager, caplog):
    """Log records hold no payload, although Google's client attaches it at DEBUG for JSON handlers."""
    google = logging.getLogger("google")  # which hands nothing on to the root logger by itself
    google.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "google"):
            manager.put("shop", SECRET.encode())
            SecretManager(PROJECT).get("shop")
    finally:
        google.removeHandler(caplog.handler)
    calls = [record for record in caplog.records if "AccessSecretVersion" in record.getMessage()]
    assert calls
    written = "".join(str(vars(record)) for record in caplog.records)
    encoded = base64.b64encode(SECRET.encode()).decode()
    assert [form for form in (SECRET, encoded) if form in written] == []


def test_nothing_of_google_is_imported_before_a_secret_is_asked_for():
    """Creating a SecretManager imports nothing of Google's."""
    code = (
        "import sys; from watchword.secrets.google.manager import SecretManager; SecretManager('acme');"
        "import json; print(json.dumps([name for name in sys.modules if name.split('.')[0] in "
        "{'google', 'grpc', 'sqlalchemy', 'cryptography'}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def _disable(address, name):
    import grpc  # noqa: PLC0415 - only this helper calls it
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient  # noqa: PLC0415
    from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (  # noqa: PLC0415
        SecretManagerServiceGrpcTransport,
    )

    with grpc.insecure_channel(address) as channel:
        client = SecretManagerServiceClient(transport=SecretManagerServiceGrpcTransport(channel=channel))
        client.disable_secret_version(request={"name": name})
