"""Folders on the way to a file: who else could replace it, by folders, links, groups and volumes."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

import pytest

from watchword.files import private_folders
from watchword.files.private_folders import weakness

USER, STRANGER, GROUP = 4242, 4243, 4244
IS_CONTAINER, UNMAPPED_OWNER = private_folders._is_container, private_folders._unmapped_owner


@pytest.fixture(autouse=True)
def _no_container(monkeypatch):
    monkeypatch.setattr(private_folders, "_is_container", lambda: False)
    monkeypatch.setattr(private_folders, "_unmapped_owner", lambda: None)


@pytest.fixture
def give(monkeypatch):
    """Give a function that gives a path to another user; without rights, this user becomes another one."""

    def away(*paths):
        for path in paths:
            if os.geteuid() == 0:
                os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
            else:
                monkeypatch.setattr(os, "geteuid", lambda: USER)

    return away


@pytest.fixture
def members(monkeypatch):
    """Give a function that says who belongs to GROUP: by their first group, and by further ones."""

    def are(*, first=(), further=()):
        users = {name: user(name, number, first) for name, number in USERS.items()}
        monkeypatch.setattr(pwd, "getpwall", lambda: list(users.values()))
        monkeypatch.setattr(pwd, "getpwnam", lambda name: users[name])
        monkeypatch.setattr(grp, "getgrgid", lambda group: grp.struct_group(("g", "x", group, list(further))))

    return are


USERS = {"root": 0, "me": os.geteuid(), "ann": STRANGER, "bob": USER}


def user(name, number, first):
    return pwd.struct_passwd((name, "x", number, GROUP if name in first else 1, "", "/", "/bin/sh"))


def judged(mode, owner, group=GROUP, volume_owners=()):
    """Return what is wrong with a folder of a mode, an owner and a group."""
    found = os.stat_result((stat.S_IFDIR | mode, 1, 1, 2, owner, group, 0, 0, 0, 0))
    return private_folders._weakness_of(Path("/x"), found, volume_owners)


@pytest.fixture
def folder(tmp_path):
    """Give a folder that is two folders below one of this user."""
    found = tmp_path / "a" / "b"
    found.mkdir(parents=True)
    return found


def test_ordinary_folders_are_fine(folder):
    """Folders of this user and of root are fine, up to a file that doesn't exist yet."""
    assert weakness(folder / "tokens.db") == ""
    assert weakness(folder / "c" / "d" / "tokens.db") == ""
    assert weakness(Path("/usr/lib/x")) == ""


@pytest.mark.parametrize("mode", [0o777, 0o702, 0o722, 0o2777])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_every_folder_is_judged(folder, depth, mode):
    """A folder that everybody may write to is named wherever it is above the file."""
    weak = [folder, *folder.parents][depth]
    weak.chmod(mode)
    assert weakness(folder / "tokens.db") == f"everybody may write to the folder {weak}"
    weak.chmod(0o1000 | mode)
    assert weakness(folder / "tokens.db") == ""


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("mode", [0o755, 0o700, 0o1777])
def test_a_folder_of_another_user_is_named(folder, give, depth, mode):
    """The owner of a folder may replace what is in it, also if the folder is sticky."""
    theirs = [folder, *folder.parents][depth]
    theirs.chmod(mode)
    give(theirs)
    assert weakness(folder / "tokens.db").endswith("belongs to another user")


def test_a_link_of_another_user_is_named(folder, tmp_path, give):
    """In a sticky folder, anybody may have put a link to a good folder; its owner could change it."""
    tmp_path.chmod(0o1777)
    for link, target in ((tmp_path / "one", folder), (tmp_path / "two", Path("a/b"))):
        link.symlink_to(target)
        assert weakness(link / "tokens.db") == ""
    (tmp_path / "file.db").symlink_to(folder / "tokens.db")
    assert weakness(tmp_path / "file.db") == ""
    give(*(tmp_path / name for name in ("one", "two", "file.db")))
    for path in ("one/tokens.db", "two/tokens.db", "file.db", "a/../one/c/tokens.db"):
        assert weakness(tmp_path / path).endswith("belongs to another user")


def test_the_way_behind_a_link_is_judged(folder, tmp_path, give):
    """A link of this user that leads through a weak folder is as weak as that folder; so is `..` there."""
    (tmp_path / "link").symlink_to(folder.parent)
    (tmp_path / "link2").symlink_to("link/../a")
    assert weakness(tmp_path / "link2" / "b" / "tokens.db") == ""
    folder.chmod(0o777)
    assert "everybody" in weakness(tmp_path / "link2" / "b" / "tokens.db")
    folder.chmod(0o1777)
    assert weakness(tmp_path / "link2" / "b" / "tokens.db") == ""
    give(folder)
    assert weakness(tmp_path / "link2" / "b" / "tokens.db").endswith("belongs to another user")


def test_the_place_of_a_dangling_link_is_judged(tmp_path):
    """A link whose target is missing leads to where the target would be created."""
    (tmp_path / "weak").mkdir()
    (tmp_path / "weak").chmod(0o777)
    (tmp_path / "link").symlink_to("weak/x.db")
    assert "everybody" in weakness(tmp_path / "link")


def test_a_ring_of_links_ends(tmp_path):
    """Links that lead to each other are an error, not an endless way."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        weakness(tmp_path / "a" / "x")


def test_a_private_group_may_write(members):
    """A group whose only members are this user and root, as with the umask 002, is nobody else."""
    members(first=["me", "root"], further=["me", "root"])
    assert judged(0o2775, os.geteuid()) == ""


@pytest.mark.parametrize("is_named", [True, False])
def test_a_group_without_members_may_write(members, monkeypatch, is_named):
    """The group of a Kubernetes volume (fsGroup) has no members here, and mostly no name."""
    members()

    def unknown(group):
        raise KeyError(group)

    if not is_named:
        monkeypatch.setattr(grp, "getgrgid", unknown)
    assert judged(0o2775, 0) == ""


def test_the_group_of_root_may_write(members):
    """The members of root's group are root's own choice."""
    members(first=["ann"], further=["bob"])
    assert judged(0o775, 0, group=0) == ""


@pytest.mark.parametrize("groups", [{"first": ["ann", "me"]}, {"further": ["me", "ann"]}], ids=str)
def test_other_members_of_a_group_are_named(members, groups):
    """Others in the group of a folder could replace a file in it, unless the folder is sticky."""
    members(**groups)
    assert judged(0o2775, os.geteuid()) == "ann may write to the folder /x, as a member of its group"
    assert judged(0o3775, os.geteuid()) == ""
    assert judged(0o2755, os.geteuid()) == ""


def test_a_real_group_is_read(folder):
    """The members of a real folder's group are looked up on this machine."""
    folder.chmod(0o2770)
    group = folder.stat().st_gid
    others = set(private_folders._members_of(group)) - {os.geteuid(), 0} if group else set()
    assert ("as a member of its group" in weakness(folder / "tokens.db")) == bool(others)


def test_the_image_of_a_container_may_have_another_user(monkeypatch):
    """In OpenShift the user of a container is any number, and its group is 0, as that of the image's user."""
    image = pwd.struct_passwd(("image", "x", STRANGER, 0, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [image])
    monkeypatch.setattr(os, "geteuid", lambda: 1000680000)
    for group, trusted in ((0, True), (1000, False)):
        monkeypatch.setattr(os, "getegid", lambda group=group: group)
        assert (judged(0o775, STRANGER, group=0) == "") is trusted
        assert judged(0o775, USER, group=0).endswith("belongs to another user")


def test_a_volume_of_a_container_is_fine(folder, monkeypatch):
    """A volume may be everybody's (`emptyDir`), or a foreign user's with the folders in it."""
    volume = folder.parent
    volume.chmod(0o777)
    if os.geteuid() == 0:
        os.chown(volume, STRANGER, STRANGER)
        os.chown(folder, STRANGER, STRANGER)
    monkeypatch.setattr(Path, "is_mount", lambda path: path == volume)
    assert weakness(folder / "tokens.db") != ""
    monkeypatch.setattr(private_folders, "_is_container", lambda: True)
    assert weakness(folder / "tokens.db") == ""
    folder.chmod(0o777)
    assert weakness(folder / "tokens.db") == f"everybody may write to the folder {folder}"


def test_root_outside_of_a_container_is_trusted(monkeypatch):
    """In a container with users of its own, folders of users outside show an owner that is nobody inside."""
    assert judged(0o755, 65534).endswith("belongs to another user")
    monkeypatch.setattr(private_folders, "_unmapped_owner", lambda: 65534)
    assert judged(0o755, 65534) == ""
    assert judged(0o755, STRANGER).endswith("belongs to another user")


@pytest.mark.parametrize(
    ("mapped", "owner"),
    [
        ("         0          0 4294967295\n", None),
        ("         0       1000          1\n", 65534),
        ("         0     100000      65536\n", None),
        ("broken", None),
    ],
)
def test_the_owner_of_what_is_outside_is_read(tmp_path, monkeypatch, mapped, owner):
    """Only where a process sees a part of the users, nobody's id stands for all others."""
    (tmp_path / "map").write_text(mapped)
    (tmp_path / "overflow").write_text("65534\n")
    monkeypatch.setattr(private_folders, "_ID_MAP", tmp_path / "map")
    monkeypatch.setattr(private_folders, "_OVERFLOW", tmp_path / "overflow")
    assert UNMAPPED_OWNER.__wrapped__() == owner


@pytest.mark.parametrize(
    ("root", "found"),
    [("overlay / overlay rw 0 0\n", True), ("/dev/sda1 / ext4 rw 0 0\n", False), ("", False)],
)
def test_a_container_is_known_by_its_root(tmp_path, monkeypatch, root, found):
    """The filesystem of the root tells a container from a machine."""
    (tmp_path / "mounts").write_text(f"proc /proc proc rw 0 0\n{root}")
    monkeypatch.setattr(private_folders, "_MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(private_folders, "_MARKS", (tmp_path / "nothing",))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert IS_CONTAINER.__wrapped__() is found
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert IS_CONTAINER.__wrapped__() is True
