"""The local Secret Manager, called by Google's own client over its socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import google_crc32c
import grpc
import pytest
from google.api_core import exceptions
from google.cloud.secretmanager_v1 import SecretManagerServiceClient, types
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceGrpcTransport,
)

import watchword
from watchword_playground.secret_manager import Fault, SecretManagerServer

PROJECT = "projects/acme"
SHOP = f"{PROJECT}/secrets/shop"
LATEST = f"{SHOP}/versions/latest"
REGIONAL = "projects/acme/locations/europe-west3"
AUTOMATIC = {"replication": {"automatic": {}}}


def connect(address: str) -> SecretManagerServiceClient:
    """Return Google's client with its own TCP connection."""
    own = [("grpc.use_local_subchannel_pool", 1)]  # else the channels of a process share one
    channel = grpc.insecure_channel(address, options=own)
    return SecretManagerServiceClient(transport=SecretManagerServiceGrpcTransport(channel=channel))


@pytest.fixture
def server() -> Iterator[SecretManagerServer]:
    with SecretManagerServer() as running:
        yield running


@pytest.fixture
def client(server: SecretManagerServer) -> Iterator[SecretManagerServiceClient]:
    with connect(server.address) as made:
        yield made


def access(client: SecretManagerServiceClient, name: str = LATEST, timeout: float = 20) -> Any:
    """Access a version once, without the client's own retries."""
    return client.access_secret_version(name=name, retry=None, timeout=timeout)


def create(client: SecretManagerServiceClient, secret_id: str = "shop", **fields: Any) -> types.Secret:
    """Create a global secret."""
    return client.create_secret(parent=PROJECT, secret_id=secret_id, secret={**AUTOMATIC, **fields})


def add(client: SecretManagerServiceClient, data: bytes, parent: str = SHOP) -> types.SecretVersion:
    """Add a version."""
    return client.add_secret_version(parent=parent, payload={"data": data})


def listed(client: SecretManagerServiceClient, wanted: str) -> list[str]:
    """List the ids of the secrets that match a filter, newest first."""
    found = client.list_secrets(request={"parent": PROJECT, "filter": wanted})
    return [each.name.rpartition("/")[2] for each in found]


# Secrets


def test_secret_is_created_and_shown(client: SecretManagerServiceClient) -> None:
    """A secret comes back with its name, labels, annotations, replication, time and etag."""
    made = create(client, labels={"team": "sales"}, annotations={"Note": "Hello!"})
    assert made == client.get_secret(name=SHOP)
    assert (made.name, dict(made.labels), dict(made.annotations)) == (
        SHOP,
        {"team": "sales"},
        {"Note": "Hello!"},
    )
    assert "automatic" in made.replication
    assert made.etag
    assert made.create_time.year > 2000


def test_secret_is_created_once(client: SecretManagerServiceClient) -> None:
    """A second secret with the same name is refused with ALREADY_EXISTS."""
    create(client)
    with pytest.raises(
        exceptions.AlreadyExists, match=r"Secret \[projects/acme/secrets/shop\] already exists"
    ):
        create(client)


@pytest.mark.parametrize("secret_id", ["", "a.b", "a b", "ä", "x" * 256, "a\n"])
def test_illegal_id_is_refused(client: SecretManagerServiceClient, secret_id: str) -> None:
    """An id is 1 to 255 of letters, digits, hyphen and underscore; others are INVALID_ARGUMENT."""
    with pytest.raises(exceptions.InvalidArgument, match="does not match the expected format"):
        create(client, secret_id)


def test_longest_id_is_accepted(client: SecretManagerServiceClient) -> None:
    """An id of 255 characters, of every kind allowed, is accepted."""
    longest = "aZ0_-" * 51
    assert create(client, longest).name == f"{PROJECT}/secrets/{longest}"


@pytest.mark.parametrize(("parent", "secret"), [(PROJECT, {}), (REGIONAL, AUTOMATIC)])
def test_replication_is_of_global_secrets(
    client: SecretManagerServiceClient, parent: str, secret: dict[str, Any]
) -> None:
    """A global secret must name its replication, and a regional one must not."""
    with pytest.raises(exceptions.InvalidArgument, match=r"Secret\.replication"):
        client.create_secret(parent=parent, secret_id="shop", secret=secret)


@pytest.mark.parametrize("labels", [{"Team": "x"}, {"team": "X"}, {"1": "x"}, {"team": "x" * 64}])
def test_illegal_label_is_refused(client: SecretManagerServiceClient, labels: dict[str, str]) -> None:
    """Labels are lower case and have 63 characters at most, like Google's."""
    with pytest.raises(exceptions.InvalidArgument, match="Invalid label"):
        create(client, labels=labels)


def test_missing_secret_is_not_found(client: SecretManagerServiceClient) -> None:
    """A missing secret is NOT_FOUND, with Google's message."""
    with pytest.raises(exceptions.NotFound, match=r"Secret \[projects/acme/secrets/shop\] not found\."):
        client.get_secret(name=SHOP)
    with pytest.raises(exceptions.NotFound, match="not found"):
        client.delete_secret(name=SHOP)
    with pytest.raises(exceptions.NotFound, match="not found"):
        add(client, b"x")
    with pytest.raises(
        exceptions.NotFound, match=r"\[projects/acme/secrets/shop\] not found or has no versions"
    ):
        access(client)


def test_malformed_name_is_refused(client: SecretManagerServiceClient) -> None:
    """A malformed name is INVALID_ARGUMENT."""
    with pytest.raises(exceptions.InvalidArgument, match="projects/acme/shop"):
        access(client, "projects/acme/shop")
    with pytest.raises(exceptions.InvalidArgument, match="parent"):
        list(client.list_secrets(parent="acme"))


def test_update_changes_what_the_mask_names(client: SecretManagerServiceClient) -> None:
    """An update changes only the fields of its mask, and the etag."""
    before = create(client, labels={"team": "sales"}, annotations={"a": "1"})
    changed = {"name": SHOP, "labels": {"team": "ops"}, "annotations": {"a": "2"}, "etag": before.etag}
    after = client.update_secret(secret=changed, update_mask={"paths": ["labels"]})
    assert (dict(after.labels), dict(after.annotations)) == ({"team": "ops"}, {"a": "1"})
    assert after.etag != before.etag
    assert "automatic" in after.replication


@pytest.mark.parametrize("paths", [[], ["replication"]])
def test_update_of_anything_else_is_refused(client: SecretManagerServiceClient, paths: list[str]) -> None:
    """An update needs a mask with fields that can be changed."""
    create(client)
    with pytest.raises(exceptions.InvalidArgument, match="update_mask"):
        client.update_secret(secret={"name": SHOP}, update_mask={"paths": paths})


def test_stale_etag_is_a_failed_precondition(client: SecretManagerServiceClient) -> None:
    """Updates and deletions with an old etag are refused and change nothing."""
    stale = create(client).etag
    mask = {"paths": ["labels"]}
    client.update_secret(secret={"name": SHOP, "labels": {"n": "1"}}, update_mask=mask)
    with pytest.raises(exceptions.FailedPrecondition, match="etag"):
        client.update_secret(secret={"name": SHOP, "etag": stale}, update_mask=mask)
    with pytest.raises(exceptions.FailedPrecondition, match="etag"):
        client.delete_secret(request={"name": SHOP, "etag": stale})
    current = client.get_secret(name=SHOP)
    assert dict(current.labels) == {"n": "1"}
    client.delete_secret(request={"name": SHOP, "etag": current.etag})


def test_deleted_secret_takes_its_versions_along(
    server: SecretManagerServer, client: SecretManagerServiceClient
) -> None:
    """After a deletion the versions are gone, and a new secret of that name counts from 1."""
    server.put("acme", "shop", "old")
    client.delete_secret(name=SHOP)
    assert server.versions("acme", "shop") == []
    create(client)
    assert add(client, b"new").name == f"{SHOP}/versions/1"


# Lists


def test_secrets_are_listed_by_pages(server: SecretManagerServer, client: SecretManagerServiceClient) -> None:
    """Pages are linked by token, newest secret first, and the client reads them all."""
    for number in range(5):
        server.put("acme", f"s{number}", "x")
    server.put("other", "s", "x")
    first = client.list_secrets(request={"parent": PROJECT, "page_size": 2})
    assert ([each.name[-2:] for each in first.secrets], first.total_size) == (["s4", "s3"], 5)
    assert [each.name[-2:] for each in first] == ["s4", "s3", "s2", "s1", "s0"]
    assert server.calls["ListSecrets"] == 3
    with pytest.raises(exceptions.InvalidArgument, match="page_token"):
        client.list_secrets(request={"parent": PROJECT, "page_token": "x"})


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", ["other", "airflow-b", "airflow-a"]),
        ("labels.team:*", ["airflow-b", "airflow-a"]),
        ("labels.team=sales", ["airflow-a"]),
        ('labels.team="ops" AND name:airflow-', ["airflow-b"]),
        ("name:airflow-", ["airflow-b", "airflow-a"]),
        ("name:airflow- AND labels.team:* AND labels.team=none", []),
    ],
)
def test_secrets_are_filtered(
    server: SecretManagerServer, client: SecretManagerServiceClient, wanted: str, found: list[str]
) -> None:
    """Filters by label and by name may be joined with AND."""
    server.put("acme", "airflow-a", "x", labels={"team": "sales"})
    server.put("acme", "airflow-b", "x", labels={"team": "ops"})
    server.put("acme", "other", "x")
    assert listed(client, wanted) == found


@pytest.mark.parametrize("wanted", ["team=sales", "labels.team", "name:a OR name:b", "state:ENABLED"])
def test_unknown_filter_is_refused(client: SecretManagerServiceClient, wanted: str) -> None:
    """An unknown filter is INVALID_ARGUMENT. It doesn't match everything or nothing."""
    with pytest.raises(exceptions.InvalidArgument, match="Invalid list filter"):
        listed(client, wanted)


def test_versions_are_listed(server: SecretManagerServer, client: SecretManagerServiceClient) -> None:
    """Versions are listed newest first, by pages, and by state."""
    for number in range(3):
        server.put("acme", "shop", f"{number}")
    client.disable_secret_version(name=f"{SHOP}/versions/2")
    pages = client.list_secret_versions(request={"parent": SHOP, "page_size": 2})
    assert [each.name[-1] for each in pages] == ["3", "2", "1"]
    enabled = client.list_secret_versions(request={"parent": SHOP, "filter": "state:ENABLED"})
    assert [each.name[-1] for each in enabled] == ["3", "1"]


# Versions


def test_versions_are_numbered_and_read_by_number(client: SecretManagerServiceClient) -> None:
    """Versions count from 1 and stay readable by number. `latest` returns the newest number."""
    create(client)
    assert [add(client, data).name[-1] for data in (b"one", b"two", b"three")] == ["1", "2", "3"]
    assert access(client, f"{SHOP}/versions/2").payload.data == b"two"
    newest = access(client)
    assert (newest.name, newest.payload.data) == (f"{SHOP}/versions/3", b"three")
    assert client.get_secret_version(name=LATEST).name == f"{SHOP}/versions/3"


@pytest.mark.parametrize("version", ["0", "2", "99", "alias"])
def test_missing_version_is_not_found(
    server: SecretManagerServer, client: SecretManagerServiceClient, version: str
) -> None:
    """A missing version is NOT_FOUND, with its name."""
    server.put("acme", "shop", "x")
    with pytest.raises(exceptions.NotFound, match=rf"Secret Version \[{SHOP}/versions/{version}\] not found"):
        access(client, f"{SHOP}/versions/{version}")


def test_largest_payload(client: SecretManagerServiceClient) -> None:
    """A payload of 1 to 65,536 bytes is accepted. An empty or longer one is refused."""
    create(client)
    add(client, b"x" * 65536)
    for data in (b"x" * 65537, b""):
        with pytest.raises(exceptions.InvalidArgument, match="Payload cannot be"):
            add(client, data)
    assert len(access(client).payload.data) == 65536


def test_checksum_is_checked_and_returned(client: SecretManagerServiceClient) -> None:
    """A wrong CRC32C is refused when a version is added, and the right one is returned on access."""
    create(client)
    right = google_crc32c.value(b"hello")
    with pytest.raises(exceptions.InvalidArgument, match="CRC32C"):
        client.add_secret_version(parent=SHOP, payload={"data": b"hello", "data_crc32c": right + 1})
    made = client.add_secret_version(parent=SHOP, payload={"data": b"hello", "data_crc32c": right})
    assert made.client_specified_payload_checksum
    assert access(client).payload.data_crc32c == right
    assert not add(client, b"hello").client_specified_payload_checksum


def test_only_enabled_versions_are_read(client: SecretManagerServiceClient) -> None:
    """A disabled version is FAILED_PRECONDITION until it is enabled again, a destroyed one forever."""
    create(client)
    name = add(client, b"x").name
    assert client.disable_secret_version(name=name).state == types.SecretVersion.State.DISABLED
    with pytest.raises(exceptions.FailedPrecondition, match=r"versions/1\] is in DISABLED state"):
        access(client, name)
    assert client.enable_secret_version(name=name).state == types.SecretVersion.State.ENABLED
    assert access(client, name).payload.data == b"x"
    destroyed = client.destroy_secret_version(name=name)
    assert destroyed.destroy_time >= destroyed.create_time
    for refused in (access, lambda client, name: client.enable_secret_version(name=name)):
        with pytest.raises(exceptions.FailedPrecondition, match="is in DESTROYED state"):
            refused(client, name)
    assert client.get_secret_version(name=name).state == types.SecretVersion.State.DESTROYED


def test_latest_is_the_newest_whatever_its_state(
    server: SecretManagerServer, client: SecretManagerServiceClient
) -> None:
    """As with Google, `latest` doesn't fall back to an older version when the newest is disabled."""
    server.put("acme", "shop", "old")
    server.put("acme", "shop", "new")
    client.disable_secret_version(name=f"{SHOP}/versions/2")
    with pytest.raises(exceptions.FailedPrecondition, match=r"versions/2\] is in DISABLED state"):
        access(client)


def test_states_change_by_number_and_etag(
    server: SecretManagerServer, client: SecretManagerServiceClient
) -> None:
    """A version's state isn't changed through `latest`, nor under a stale etag."""
    server.put("acme", "shop", "x")
    stale = client.get_secret_version(name=LATEST).etag
    with pytest.raises(exceptions.InvalidArgument, match="by its number"):
        client.disable_secret_version(name=LATEST)
    name = f"{SHOP}/versions/1"
    current = client.disable_secret_version(request={"name": name, "etag": stale}).etag
    with pytest.raises(exceptions.FailedPrecondition, match="etag"):
        client.destroy_secret_version(request={"name": name, "etag": stale})
    client.destroy_secret_version(request={"name": name, "etag": current})
    assert [(each.state, each.payload) for each in server.versions("acme", "shop")] == [("DESTROYED", b"")]


def test_regional_secrets_live_apart(client: SecretManagerServiceClient) -> None:
    """A regional and a global secret with the same id have different names."""
    create(client)
    made = client.create_secret(parent=REGIONAL, secret_id="shop", secret={})
    assert made.name == f"{REGIONAL}/secrets/shop"
    assert add(client, b"x", made.name).name == f"{REGIONAL}/secrets/shop/versions/1"
    assert access(client, f"{made.name}/versions/latest").payload.data == b"x"
    assert [each.name for each in client.list_secrets(parent=REGIONAL)] == [made.name]
    with pytest.raises(exceptions.NotFound):
        access(client)


def test_latest_may_lag(server: SecretManagerServer, client: SecretManagerServiceClient) -> None:
    """With `stale_latest`, `latest` lags after an add, but the version's number is visible."""
    for data in ("one", "two"):
        server.put("acme", "shop", data)
    for lag, seen in ((True, b"one"), (3600, b"one"), (0, b"two"), (False, b"two")):
        server.stale_latest = lag
        assert access(client).payload.data == seen
        assert access(client, f"{SHOP}/versions/2").payload.data == b"two"


# Quotas and faults


def test_quotas_are_by_group(server: SecretManagerServer, client: SecretManagerServiceClient) -> None:
    """Calls beyond a group's quota are RESOURCE_EXHAUSTED until it is set again. Other groups still work."""
    server.put("acme", "shop", "x")
    server.quotas.access = 2
    access(client)
    access(client)
    with pytest.raises(exceptions.ResourceExhausted, match="Access requests"):
        access(client)
    client.get_secret(name=SHOP)
    server.quotas.read = server.quotas.write = 0
    with pytest.raises(exceptions.ResourceExhausted, match="Read requests"):
        client.get_secret(name=SHOP)
    with pytest.raises(exceptions.ResourceExhausted, match="Write requests"):
        add(client, b"y")
    server.quotas.access = None
    access(client)


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("throttled", exceptions.ResourceExhausted),
        ("denied", exceptions.PermissionDenied),
        ("unauthenticated", exceptions.Unauthenticated),
        ("unavailable", exceptions.ServiceUnavailable),
        ("internal", exceptions.InternalServerError),
        ("hang", exceptions.DeadlineExceeded),
    ],
)
def test_fault_strikes_as_often_as_asked(
    server: SecretManagerServer, client: SecretManagerServiceClient, kind: Any, raised: type[Exception]
) -> None:
    """Each kind of fault raises the matching exception of Google's client, and the next call succeeds."""
    server.put("acme", "shop", "x")
    server.fault(kind, times=2)
    for _ in range(2):
        with pytest.raises(raised):
            access(client, timeout=0.3 if kind == "hang" else 20)
    assert access(client).payload.data == b"x"
    assert server.calls == {"AccessSecretVersion": 3}


def test_denied_names_the_permission(server: SecretManagerServer, client: SecretManagerServiceClient) -> None:
    """A denial names the missing permission and the resource, like Google's."""
    server.fault("denied")
    with pytest.raises(
        exceptions.PermissionDenied, match=f"'secretmanager.versions.access' denied for resource '{LATEST}'"
    ):
        access(client)


def test_fault_of_one_method_and_secret(
    server: SecretManagerServer, client: SecretManagerServiceClient
) -> None:
    """A fault strikes the method and the secret that it names. With None it lasts until it is cleared."""
    for name in ("shop", "other"):
        server.put("acme", name, "x")
    server.faults.add(Fault("denied", times=None, method="AccessSecretVersion", secret="shop"))
    client.get_secret(name=SHOP)
    access(client, f"{PROJECT}/secrets/other/versions/1")
    for _ in range(3):
        with pytest.raises(exceptions.PermissionDenied):
            access(client)
    assert len(server.faults.waiting()) == 1
    server.faults.clear()
    access(client)


def test_reset_cuts_the_connection(server: SecretManagerServer, client: SecretManagerServiceClient) -> None:
    """A reset reaches the client's socket, and the next call uses a new connection."""
    server.put("acme", "shop", "x")
    access(client)
    server.fault("reset")
    with pytest.raises(exceptions.ServiceUnavailable, match="reset by peer"):
        access(client)
    assert access(client).payload.data == b"x"
    assert (server.connections, len({call.peer for call in server.log})) == (2, 2)


def test_reset_spares_other_connections(
    server: SecretManagerServer, client: SecretManagerServiceClient
) -> None:
    """A reset cuts only the connection of the call that it strikes."""
    server.put("acme", "shop", "x")
    with connect(server.address) as other:
        access(other)
        server.fault("reset")
        with pytest.raises(exceptions.ServiceUnavailable):
            access(client)
        access(other)
    assert server.connections == 2


def test_late_fault_loses_the_reply_alone(
    server: SecretManagerServer, client: SecretManagerServiceClient
) -> None:
    """A late fault strikes after the version is stored, so a retry adds a second one."""
    server.put("acme", "shop", "one")
    server.fault("unavailable", late=True)
    with pytest.raises(exceptions.ServiceUnavailable):
        add(client, b"two")
    add(client, b"two")
    assert [each.payload for each in server.versions("acme", "shop")] == [b"one", b"two", b"two"]


def test_payloads_are_corrupted(server: SecretManagerServer, client: SecretManagerServiceClient) -> None:
    """`corrupt` changes the payload but not its checksum, `no_crc` omits it; other methods are unaffected."""
    server.put("acme", "shop", "hello")
    server.fault("corrupt")
    server.fault("no_crc")
    client.get_secret(name=SHOP)
    corrupt = access(client).payload
    assert corrupt.data != b"hello"
    assert corrupt.data_crc32c == google_crc32c.value(b"hello")
    bare = access(client).payload
    assert (bare.data, "data_crc32c" in bare) == (b"hello", False)
    whole = access(client).payload
    assert (whole.data, "data_crc32c" in whole) == (b"hello", True)


@pytest.mark.parametrize(
    "wrong", [{"kind": "rain"}, {"kind": "hang", "times": 0}, {"kind": "hang", "method": "x"}]
)
def test_fault_that_would_never_strike_is_refused(wrong: dict[str, Any]) -> None:
    """An unknown kind or method, or zero times, is a ValueError."""
    with pytest.raises(ValueError, match=r"there is no|give 1 or more"):
        Fault(**wrong)


# Counts and the server itself


def test_calls_and_connections_are_counted(
    server: SecretManagerServer, client: SecretManagerServiceClient
) -> None:
    """Each call is counted and logged with its peer, failed or not, until the reset."""
    server.put("acme", "shop", "x")
    assert (server.calls, server.connections) == ({}, 0)
    access(client)
    client.get_secret(name=SHOP)
    with pytest.raises(exceptions.NotFound):
        access(client, f"{SHOP}/versions/7")
    with connect(server.address) as other:
        create(other, "new")
    assert server.calls == {"AccessSecretVersion": 2, "GetSecret": 1, "CreateSecret": 1}
    assert server.connections == 2
    first, *_, last = server.log
    assert (first.method, first.name) == ("AccessSecretVersion", LATEST)
    assert (last.method, last.name) == ("CreateSecret", f"{PROJECT}/secrets/new")
    assert first.peer.startswith("127.0.0.1:")
    assert first.peer != last.peer
    server.reset()
    access(client)
    assert (server.calls, server.connections, len(server.log)) == ({"AccessSecretVersion": 1}, 1, 1)


def test_many_clients_at_once(server: SecretManagerServer, client: SecretManagerServiceClient) -> None:
    """Versions added by many threads at once are all stored, each with its own number."""
    create(client)
    names: list[str] = []
    threads = [
        threading.Thread(target=lambda: names.extend(add(client, b"x").name for _ in range(5)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(name.rpartition("/")[2]) for name in names) == list(range(1, 101))
    assert server.calls["AddSecretVersion"] == 100


def test_nothing_is_left_behind() -> None:
    """The server stops even if a call hangs. Its threads end and its port is free."""
    failed: list[Exception] = []

    def hang(client: SecretManagerServiceClient) -> None:
        try:
            access(client)
        except exceptions.ServiceUnavailable as error:
            failed.append(error)

    with ExitStack() as clients:
        with SecretManagerServer() as server:
            server.fault("hang")
            client = clients.enter_context(connect(server.address))
            hanging = threading.Thread(target=hang, args=[client])
            hanging.start()
            while not server.log:
                time.sleep(0.005)
        hanging.join()
    assert len(failed) == 1
    assert not [each for each in threading.enumerate() if "watchword-secret-manager" in each.name]
    with SecretManagerServer(int(server.address.rpartition(":")[2])) as again:
        assert again.address == server.address


def test_listens_on_loopback_alone(server: SecretManagerServer) -> None:
    """The server listens on the loopback interface."""
    host, port = server.address.split(":")
    assert host == "127.0.0.1"
    with socket.socket() as outside:
        outside.settimeout(2)
        assert outside.connect_ex(("127.0.0.2", int(port))) != 0


def test_busy_port_is_an_error(server: SecretManagerServer) -> None:
    """A port in use is an OSError that names it."""
    port = int(server.address.rpartition(":")[2])
    with pytest.raises(OSError, match=str(port)), SecretManagerServer(port):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_in_the_foreground(tmp_path: Path, number: signal.Signals) -> None:
    """The module serves until Ctrl-C or SIGTERM, and keeps the counts in a file for other processes."""
    counts = tmp_path / "counts.json"
    command = [sys.executable, "-m", "watchword_playground.secret_manager", "--port=0", f"--counts={counts}"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().strip().rpartition("=")[2]
        assert json.loads(counts.read_text()) == {"calls": {}, "connections": 0}
        with connect(address) as client:
            create(client)
            add(client, b"x")
            add(client, b"y")
        expected = {"calls": {"CreateSecret": 1, "AddSecretVersion": 2}, "connections": 1}
        assert json.loads(counts.read_text()) == expected
        process.send_signal(number)
        assert process.wait(60) == 0
    assert [each.name for each in tmp_path.iterdir()] == ["counts.json"]


@pytest.mark.parametrize("library", ["google.cloud.secretmanager_v1", "google_crc32c"])
def test_missing_library_names_the_extra(library: str) -> None:
    """Without Google's libraries the import says what to install."""
    code = f"import sys; sys.modules[{library!r}] = None; import watchword_playground.secret_manager"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "watchword[gcp]"' in done.stderr.splitlines()[-1]


def environment() -> dict[str, str]:
    """Return the environment of a process that imports the watchword under test."""
    root = Path(watchword.__file__).parents[1]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
