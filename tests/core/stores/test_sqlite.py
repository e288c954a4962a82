"""A store in a SQLite file: its files, its keys and its failures, each provoked for real."""

from __future__ import annotations

import base64
import errno
import multiprocessing
import os
import shutil
import sqlite3
import stat
import subprocess
import tempfile
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from watchword.stores import private_files
from watchword.stores import sqlite_database as module
from watchword.stores.encryption import new_key
from watchword.stores.sql_store import SqlStore
from watchword.stores.store_failures import of_sqlite
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError

TOKEN = Token("canary-access", refresh_token="canary-refresh")


def save(record, _):
    return replace(record, name="acme", generation=record.generation + 1, token=TOKEN)


@contextmanager
def refused(code, *words):
    """Expect a StoreError of a code that says where, and shows no secret."""
    with pytest.raises(StoreError) as caught:
        yield
    text = str(caught.value)
    assert caught.value.code == code, text
    assert all(word in text for word in ("sqlite:///", *words)), text
    assert "canary" not in text
    assert caught.value.__cause__ is None


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def run(*command):
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine does not permit {command[0]}")


@pytest.fixture
def disk(tmp_path):
    """Give a folder that is a disk of its own, of 300 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=300k,mode=700", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_files_are_this_users_alone(sqlite, sqlite_file):
    """Every file of a store has mode 0600, also those beside it, and a new folder 0700."""
    os.umask(os.umask(0o022))
    store = sqlite.open()
    store.change("k", save)
    with closing(sqlite3.connect(sqlite_file)) as held:
        held.execute("SELECT * FROM watchword_meta").fetchall()
        store.change("k", save)
        found = {path.name: mode(path) for path in sqlite_file.parent.iterdir()}
    names = ["tokens.db", "tokens.db-shm", "tokens.db-wal", "tokens.db.key", "tokens.db.lock"]
    assert found == dict.fromkeys(names, 0o600)
    assert mode(sqlite_file.parent) == 0o700


def test_files_that_others_may_read_are_closed_to_them(sqlite, sqlite_file):
    """An empty file and a key that others could read are taken from them."""
    sqlite_file.parent.mkdir()
    sqlite_file.touch(0o644)
    key = sqlite_file.with_name("tokens.db.key")
    key.write_text(new_key())
    sqlite.open().change("k", save)
    assert (mode(sqlite_file), mode(key)) == (0o600, 0o600)


def test_no_secret_lies_in_the_files(sqlite, sqlite_file):
    """Neither a token, a sign-in's state or content, nor a secret stands in any file, the log included."""
    store = sqlite.open()
    store.change("k", save)
    with closing(sqlite3.connect(sqlite_file)) as held:  # keeps the log from being merged away
        held.execute("SELECT * FROM watchword_meta").fetchall()
        store.change("k", save)
        store.keep_draft("canary-state", {"verifier": "canary-verifier"}, 600)
        store.claim(store.fingerprint("canary-imported"), "k")
        store.vault.put("acme", b"canary-secret")
        store.vault.put("acme", b"canary-secret of another version")
        everything = b"".join(path.read_bytes() for path in sqlite_file.parent.iterdir())
    assert b"watchword_tokens" in everything
    assert b"canary" not in everything


def test_writes_are_durable(sqlite, sqlite_file):
    """The file keeps a write-ahead log, and each commit waits for the disk."""
    sqlite.open().change("k", save)
    with closing(sqlite3.connect(sqlite_file)) as held:
        assert held.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with closing(sqlite.opened[0]._session.database._connect()) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_links_lead_to_one_store(sqlite, sqlite_file, tmp_path):
    """A store behind a link keeps its key and its log where it really is."""
    (tmp_path / "links").mkdir()
    (tmp_path / "links/other.db").symlink_to(sqlite_file)
    linked = type(sqlite)(f"sqlite:///{tmp_path}/links/other.db").open()
    linked.change("k", save)
    assert sqlite.open().load("k").record == linked.load("k").record
    assert [path.name for path in (tmp_path / "links").iterdir()] == ["other.db"]


def test_a_ring_of_links_is_refused(sqlite, sqlite_file):
    """Links that lead nowhere are named."""
    sqlite_file.parent.mkdir()
    sqlite_file.symlink_to(sqlite_file)
    with refused("store_unsuitable"):
        sqlite.open().load("k")


def test_a_folder_is_no_store(sqlite, sqlite_file):
    """A path of something else than a file is refused."""
    sqlite_file.mkdir(parents=True)
    with refused("store_unsuitable", "not a regular file"):
        sqlite.open().load("k")


def test_a_file_in_the_way_of_the_folder_is_named(sqlite, sqlite_file):
    """A folder that can't be made ends in a finding."""
    sqlite_file.parent.touch()
    with refused("store_unsuitable"):
        sqlite.open().load("k")


def test_another_users_file_is_refused(sqlite, monkeypatch):
    """A file that its owner could replace is not written to."""
    sqlite.open().change("k", save)
    if os.geteuid() == 0:
        os.chown(sqlite.url.removeprefix("sqlite:///"), 4243, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with refused("store_unsuitable", "another user"):
        sqlite.open().load("k")


def test_root_trusts_root_alone(sqlite, sqlite_file, monkeypatch):
    """A process of root's takes no file that a user has put there, who could read and replace it."""
    sqlite.open().change("k", save)
    if os.geteuid() == 0:
        os.chown(sqlite_file, 4243, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with refused("store_unsuitable", "another user"):
        sqlite.open().load("k")


@pytest.mark.parametrize(("others", "fine"), [(0o777, False), (0o702, False), (0o1777, True), (0o770, True)])
def test_a_folder_that_everybody_may_write_to_is_refused(sqlite, sqlite_file, others, fine):
    """Where everybody may replace files nothing is kept, unless the folder is sticky, as /tmp is."""
    sqlite_file.parent.mkdir()
    sqlite_file.parent.chmod(others)
    if fine:
        sqlite.open().change("k", save)
        return
    with refused("store_unsuitable", "everybody may write"):
        sqlite.open().load("k")
    assert list(sqlite_file.parent.iterdir()) == []


@pytest.mark.parametrize("depth", [1, 2])
def test_every_folder_above_is_judged(sqlite_file, sqlite, depth):
    """Where everybody may replace a folder above the store's, nothing is created and nothing is read."""
    path = sqlite_file.parent / "a" / "b" / "tokens.db"
    place = type(sqlite)(f"sqlite:///{path}")
    weak = path.parents[depth]
    weak.mkdir(parents=True)
    weak.chmod(0o777)
    with refused("store_unsuitable", "everybody may write"):
        place.open().load("k")
    assert list(weak.iterdir()) == []
    weak.chmod(0o700)
    place.open().change("k", save)
    path.chmod(0o644)
    weak.chmod(0o777)
    for _ in range(2):
        with refused("store_unsuitable", "everybody may write"):
            place.open().load("k")
    assert mode(path) == 0o644  # a refused store is left as it is


@pytest.fixture
def strangers(monkeypatch):
    """Give a function that makes a link of another user; without rights, this user becomes another one."""

    def link(path, target):
        path.symlink_to(target)
        if os.geteuid() == 0:
            os.chown(path, 4243, 4243, follow_symlinks=False)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: 4242)

    return link


@pytest.mark.parametrize("leads", ["to the file", "to the folder"])
def test_a_strangers_link_changes_nothing(sqlite, sqlite_file, tmp_path, strangers, leads):
    """A link of another user in a sticky folder is refused: no mode changes, and no file is created."""
    sqlite.open().change("k", save)
    sqlite_file.chmod(0o644)
    before = {path.name: mode(path) for path in sqlite_file.parent.iterdir() if path.suffix != ".lock"}
    (sqlite_file.parent / "tokens.db.lock").unlink()
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    strangers(shared / "link", sqlite_file if leads == "to the file" else sqlite_file.parent)
    path = shared / "link" if leads == "to the file" else shared / "link" / "tokens.db"
    for use in (lambda store: store.load("k"), lambda store: store.vault.put("a", b"1")):
        with refused("store_unsuitable", "belongs to another user"):
            use(type(sqlite)(f"sqlite:///{path}").open())
    assert {each.name: mode(each) for each in sqlite_file.parent.iterdir()} == before
    assert [each.name for each in shared.iterdir()] == ["link"]


@pytest.mark.parametrize("suffix", [".lock", "-wal", "-shm", ".key"])
def test_a_link_in_the_place_of_a_file_beside_is_refused(sqlite, sqlite_file, tmp_path, suffix):
    """No file beside the store is a link: what it leads to is neither created nor changed."""
    sqlite_file.parent.mkdir(mode=0o700)
    if suffix != ".lock":
        sqlite.open().change("k", save)
    sqlite_file.with_name(f"tokens.db{suffix}").unlink(missing_ok=True)
    sqlite_file.with_name(f"tokens.db{suffix}").symlink_to(tmp_path / "elsewhere")
    with refused("store_unsuitable"):
        sqlite.open().load("k")
    assert not (tmp_path / "elsewhere").exists()


def open_and_use(url, user, groups, umask, answer):
    """Use a store as another user, in a process of its own; send what went wrong, "" for nothing."""
    try:
        if user is not None:
            os.setgroups(groups)
            os.setgid(groups[0])
            os.setuid(user)
        os.umask(umask)
        store = SqlStore(url)
        store.change("k", save)
        store.vault.put("a", b"canary")
        answer.send("" if SqlStore(url).load("k").record.token == TOKEN else "no token")
    except BaseException as error:  # noqa: BLE001 - told by the process that asks
        answer.send(str(error))


@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
@pytest.mark.parametrize("volume", [0o2775, 0o770, 0o755, 0o700])
def test_a_user_without_rights_uses_a_volume(sqlite, tmp_path, volume, umask):
    """A user without rights keeps a store in a folder of a group without other members, with any umask."""
    sqlite.open().change("k", save)  # loads what the other process may not read
    is_root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="ww-volume-")) / "volume"
    folder.mkdir()
    folder.parent.chmod(0o755)
    folder.chmod(volume)
    if is_root:
        os.chown(folder, 0 if volume & 0o020 else 4242, 4244)
        folder.chmod(volume)
    context = multiprocessing.get_context("fork")
    answer, send = context.Pipe(duplex=False)
    user, groups = (4242, [4244]) if is_root else (None, [])
    arguments = (f"sqlite:///{folder}/home/tokens.db", user, groups, umask, send)
    process = context.Process(target=open_and_use, args=arguments)
    process.start()
    assert answer.recv() == ""
    process.join()
    shutil.rmtree(folder.parent)


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_key_is_read_from_a_file_alone(sqlite, sqlite_file, kind):
    """A link, a folder and a pipe in the place of the key are refused, and a pipe is not waited for."""
    sqlite.open().change("k", save)
    key = sqlite_file.with_name("tokens.db.key")
    aside = key.rename(sqlite_file.parent / "aside")
    {"link": lambda: key.symlink_to(aside), "folder": key.mkdir, "pipe": lambda: os.mkfifo(key)}[kind]()
    with refused("store_unsuitable"):
        sqlite.open().load("k")


@pytest.mark.parametrize("url", ["sqlite:///tokens.db", "sqlite://", "sqlite:////a/b?mode=ro"])
def test_only_an_absolute_path_is_taken(url, sqlite):
    """A path that depends on the working folder, none, and options are refused with an example."""
    with refused("store_unsuitable", "sqlite:////var/lib"):
        type(sqlite)(url).open()


def test_a_network_filesystem_is_refused(sqlite, tmp_path, monkeypatch):
    """A folder that machines share is refused before anything is made there."""
    table = tmp_path / "mounts"
    table.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr(private_files, "_MOUNTS", table)
    with refused("store_on_network_disk", "nfs4"):
        sqlite.open().load("k")
    assert not (tmp_path / "store").exists()


def test_the_longest_mount_decides(tmp_path):
    """A path's filesystem is that of the longest mount point before it, and of the last one there."""
    table = (
        "a / ext4 rw 0 0\nb /data nfs4 rw 0 0\nc /data/my\\040disk ext4 rw 0 0\n"
        "d /twice nfs rw 0 0\ne /twice xfs rw 0 0\nbroken\n"
    )
    paths = ["/x", "/database", "/data/x", "/data/my disk/x", "/twice/x"]
    kinds = [private_files.filesystem(type(tmp_path)(path), table) for path in paths]
    assert kinds == ["ext4", "ext4", "nfs4", "ext4", "xfs"]


def test_a_full_disk_is_named(disk, sqlite):
    """A disk without room fails the write, keeps what was there, and serves again when room is made."""
    store = type(sqlite)(f"sqlite:///{disk}/tokens.db").open()
    store.change("k", save)
    store.vault.put("a", b"canary")
    with refused("store_full"):
        for number in range(100):
            store.change(f"{number}", lambda record, _: replace(record, request_fingerprint="x" * 20_000))
    with refused("store_full"):
        for number in range(100):
            store.vault.put("a", b"canary" * (10_000 + number))
    assert store.load("k").record.token == TOKEN
    assert store.vault.get("a").startswith(b"canary")
    run("mount", "-o", "remount,size=4m", str(disk))
    assert store.change("k", save).record.generation == 2


def test_a_full_disk_at_the_start_is_named(disk, sqlite):
    """A store that can't be made for want of room is made at the next use when there is some."""
    (disk / "ballast").write_bytes(b"x" * 290_000)
    store = type(sqlite)(f"sqlite:///{disk}/tokens.db").open()
    with refused("store_full"):
        store.change("k", save)
    (disk / "ballast").unlink()
    assert store.change("k", save).record.generation == 1


@contextmanager
def limited(size):
    """Let this process write no file beyond a size in bytes."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [-1, 0, 30_000])
def test_a_limit_of_file_sizes_is_named(sqlite, sqlite_file, room):
    """Where files may not grow any more the store is full, not broken, and serves again without the limit."""
    store = sqlite.open()
    store.change("k", save)
    store.vault.put("a", b"canary")
    limit = 1 if room < 0 else sqlite_file.stat().st_size + room
    with limited(limit), refused("store_full", os.strerror(errno.EFBIG)):
        for number in range(100):
            store.change(f"{number}", lambda record, _: replace(record, request_fingerprint="x" * 20_000))
    with limited(limit), refused("store_full"):
        for number in range(20):
            store.vault.put(f"{number}", b"canary" * 10_000)
    assert store.load("k").record.token == TOKEN
    assert store.vault.get("a") == b"canary"
    assert store.change("k", save).record.generation == 2
    assert {path.name for path in sqlite_file.parent.iterdir()} <= {
        f"tokens.db{ending}" for ending in ("", "-shm", "-wal", ".key", ".lock")
    }


def test_a_disk_that_breaks_is_not_full(sqlite, sqlite_file):
    """The same words of SQLite don't mean a full store if the disk has room."""
    sqlite.open().change("k", save)
    words = sqlite3.OperationalError("disk I/O error")
    assert of_sqlite(words, sqlite.url, sqlite_file).code == "store_unreachable"


def test_a_read_only_disk_is_named(disk, sqlite):
    """Where the disk is read-only, writing and opening anew say so."""
    place = type(sqlite)(f"sqlite:///{disk}/tokens.db")
    store = place.open()
    store.change("k", save)
    run("mount", "-o", "remount,ro", str(disk))
    for use in (lambda: store.change("k", save), lambda: store.vault.put("a", b"canary")):
        with refused("store_read_only"):
            use()
    with refused("store_read_only"):
        place.open().load("k")


def test_a_read_only_file_is_named(sqlite, sqlite_file):
    """A file that can't be written is told from one that is gone."""
    store = sqlite.open()
    store.change("k", save)
    if os.geteuid() == 0:
        run("chattr", "+i", str(sqlite_file))
    else:
        sqlite_file.chmod(0o400)
    try:
        with refused("store_read_only"):
            store.change("k", save)
    finally:
        if os.geteuid() == 0:
            run("chattr", "-i", str(sqlite_file))


def test_a_locked_file_is_named(sqlite, sqlite_file, monkeypatch):
    """A file that another process holds is waited for, then named; afterwards it serves."""
    monkeypatch.setattr(module, "_BUSY", 0.1)
    store = sqlite.open()
    store.change("k", save)
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        with refused("store_locked"):
            store.change("k", save)
        assert store.load("k").record.generation == 1  # readers wait for nobody
    assert store.change("k", save).record.generation == 2


def test_a_file_that_vanished_is_named(sqlite, sqlite_file):
    """A store whose file is gone doesn't count as empty, and no file is made in its place."""
    store = sqlite.open()
    store.change("k", save)
    sqlite_file.rename(sqlite_file.with_name("away"))
    vault = (lambda: store.vault.get("a"), store.vault.names, lambda: store.vault.remove("a"))
    for use in (lambda: store.load("k"), lambda: store.change("k", save), *vault):
        with refused("store_unreachable", "gone"):
            use()
    assert not sqlite_file.exists()
    sqlite_file.with_name("away").rename(sqlite_file)
    assert store.load("k").record.generation == 1


def test_what_is_no_database_is_left_alone(sqlite, sqlite_file):
    """A file of another kind is named and stays as it is."""
    sqlite_file.parent.mkdir()
    sqlite_file.write_text("something else, which is longer than a header of a database would be" * 20)
    before = sqlite_file.read_bytes()
    with refused("store_damaged"):
        sqlite.open().load("k")
    assert sqlite_file.read_bytes() == before


def test_a_damaged_file_is_named(sqlite, sqlite_file):
    """Pages that hold garbage end in a finding."""
    store = sqlite.open()
    store.change("k", save)
    size = sqlite_file.stat().st_size
    with sqlite_file.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with refused("store_damaged"):
        store.load("k")


@pytest.mark.parametrize(
    "state", ["{", "[]", '{"key": 5}', '{"key": "k", "other": 1}', '{"key": "k", "lifetime": "nan"}']
)
def test_a_state_that_no_store_has_written_is_named(sqlite, sqlite_file, state):
    """A row opens no more, with a token or without, however well the forgery looks."""
    store = sqlite.open()
    store.change("with a token", save)
    store.change("without", lambda record, _: replace(record, request_fingerprint="g"))
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as other:
        other.execute("UPDATE watchword_tokens SET state = ?", (state,))
    for key in ("with a token", "without"):
        with refused("store_key_wrong", "was altered"):
            store.load(key)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM watchword_meta WHERE name = 'salt'",
        "UPDATE watchword_meta SET value = 'x' WHERE name = 'salt'",
        "DELETE FROM watchword_meta WHERE name = 'version'",
        "UPDATE watchword_meta SET value = 'x' WHERE name = 'check'",
        "DROP TABLE watchword_meta",
    ],
)
def test_malformed_content_is_named(sqlite, sqlite_file, change):
    """What no store has written is named as damage, while open and, but for a lost table, when opened."""
    store = sqlite.open()
    store.change("k", save)
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as other:
        other.execute(change)
    with refused("store_damaged"):
        store.load("k")


def test_a_copy_of_the_store_gives_no_salt_to_guess_by(sqlite, sqlite_file):
    """Who has the file without its key can't try passwords by their fingerprints."""
    store = sqlite.open()
    store.claim("imported", "k")
    salt = store._session.opener.prepare().salt
    for form in (salt, salt.hex().encode(), base64.b64encode(salt)):
        assert form not in sqlite_file.read_bytes()


def test_a_newer_store_is_left_alone(sqlite, sqlite_file):
    """A store that a newer version has upgraded is refused, by those that have it open too."""
    store = sqlite.open()
    store.change("k", save)
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as newer:
        newer.execute("UPDATE watchword_meta SET value = '99' WHERE name = 'version'")
    for other in (store, sqlite.open()):
        with refused("store_newer", "99"):
            other.change("k", save)


def test_a_key_file_is_made_for_a_new_store_only(sqlite, sqlite_file):
    """A store finds its own key file; without it, it is not begun anew."""
    sqlite.open().change("k", save)
    assert sqlite.open().load("k").record.token == TOKEN
    key = sqlite_file.with_name("tokens.db.key")
    text = key.read_text().strip()
    key.unlink()
    with refused("store_key_missing", str(key)):
        sqlite.open().load("k")
    assert not key.exists()
    assert sqlite.open(text).load("k").record.token == TOKEN


def test_a_given_key_leaves_no_file(sqlite, sqlite_file):
    """A store that is given a key writes none beside it."""
    sqlite.open(new_key()).change("k", save)
    assert not list(sqlite_file.parent.glob("*.key"))


def test_a_wrong_key_is_named(sqlite):
    """Another key than the store's is refused, with where it comes from; the store doesn't count as empty."""
    sqlite.open(new_key()).change("k", save)
    with refused("store_key_wrong", "WATCHWORD_KEY"):
        sqlite.open(new_key()).load("k")
    with refused("store_key_missing"):
        sqlite.open().load("k")


def test_a_token_of_another_key_names_its_connection(sqlite):
    """A row that no key opens is named by its connection, and can be deleted all the same."""
    old, new = new_key(), new_key()
    sqlite.open(old).change("k", save)
    mixed = sqlite.open(f"{new},{old}")
    mixed.rekey()
    sqlite.open(f"{old},{new}").change("k", save)  # one that did not hear of the new key
    store = sqlite.open(new)
    for use in (lambda: store.load("k"), lambda: store.change("k", save), store.records):
        with refused("store_key_wrong", "'acme'"):
            use()
    store.delete("k")
    assert store.change("k", save).record.generation == 1


def test_a_row_is_bound_to_its_place(sqlite, sqlite_file):
    """Secrets that are moved to another row, or from an older generation, don't open."""
    store = sqlite.open()
    store.change("a", save)
    store.change("b", save)
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as other:
        other.execute(
            "UPDATE watchword_tokens SET secrets ="
            " (SELECT secrets FROM watchword_tokens WHERE key = 'a') WHERE key = 'b'"
        )
        other.execute("UPDATE watchword_tokens SET generation = 2 WHERE key = 'a'")
    for key in ("a", "b"):
        with refused("store_key_wrong"):
            store.load(key)


def test_a_store_that_was_replaced_is_looked_at_anew(sqlite, sqlite_file, tmp_path):
    """A process that has a store open goes on with another one in its place, by that one's key."""
    store = sqlite.open()
    store.change("k", save)
    other = type(sqlite)(f"sqlite:///{tmp_path}/other/tokens.db")
    other.open().change("k", lambda record, now: replace(save(record, now), name="other"))
    for name in ("tokens.db", "tokens.db.key"):
        shutil.copy(tmp_path / "other" / name, sqlite_file.with_name(name))
    assert store.load("k").record.name == "other"
