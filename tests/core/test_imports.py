"""Importing the core loads nothing heavy, and imports lead one way: from each room to the rooms below it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.support.import_graph import ROOT, Arrow, arrows, arrows_up, circle, floors, modules, room

HEAVY = [
    "airflow",
    "dagster",
    "google",
    "fastapi",
    "sqlalchemy",
    "typer",
    "rich",
    "jsonpath",
    "defusedxml",
    "oauthlib",
    "requests_oauthlib",
    "requests_aws4auth",
    "botocore",
    "cryptography",
    "jwt",
    "httpx",
    "aiohttp",
    "dlt",
    "pydantic",
    "filelock",
    "yaml",
]


def modules_after(code):
    program = f"import sys; {code}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import watchword",
        "import watchword as w; w.load({'base_url': 'https://a.test', 'method': 'none'}).session().close()",
        "import watchword as w; w.load({'base_url': 'h://a', 'method': 'api_key', 'api_key': 'k'}).lint()",
        "import watchword as w; list(w.METHODS.values())",
    ],
)
def test_the_core_imports_nothing_heavy(code):
    """Neither importing the core nor opening a session loads a host, a web framework or a database."""
    assert not modules_after(code) & set(HEAVY)


def test_every_public_name_is_there():
    """What the package promises can be had, and nothing else."""
    import watchword  # noqa: PLC0415 - beside its only use

    assert set(watchword.__all__) <= set(dir(watchword))
    assert all(getattr(watchword, name) is not None for name in watchword.__all__)
    with pytest.raises(AttributeError, match="lod"):
        _ = watchword.lod


ROOMS = [
    "forks",
    "settings",
    "files",
    "redact",
    "findings",
    "errors",
    "http",
    "tokens",
    "flow",
    "protocols",
    "methods",
    "stores",
    "secrets",
    "document",
    "adapters",
    "validation",
    "connection",
    "connections",
    "sign_in",
    "console",
    "cli",
]
"""The core's rooms from the lowest to the highest: each imports only rooms that come before it."""

EXCEPTIONS = {
    "watchword": "the package imports its public names from many rooms, each when it is first used",
    "watchword.__main__": "it starts the command line",
    "watchword.playground": "the former name of watchword_playground, which it stands for",
}
"""Modules that belong to no room, each with its reason."""

# The command line uses the package's public names as its users do; no room below it may.
ORDER = [*ROOMS[:-1], "watchword", ROOMS[-1]]

HOSTS = ("airflow_provider_watchword", "dagster_watchword")
FOREIGN_TO_THE_CORE = {*HOSTS, "airflow", "dagster", "dagster_shared", "watchword_playground"}


def package(module):
    return module.partition(".")[0]


@pytest.fixture(scope="module")
def files():
    return modules()


@pytest.fixture(scope="module")
def drawn(files):
    """Every import of the four packages, except those of the modules that belong to no room."""
    return [arrow for arrow in arrows(files) if arrow.source not in EXCEPTIONS]


@pytest.fixture(scope="module")
def inner(drawn):
    """The imports of the core by the core."""
    return [each for each in drawn if {package(each.source), package(each.target)} == {"watchword"}]


def test_every_import_leads_to_the_same_room_or_a_lower_one(inner):
    """No import of the core leads up, be it at the top of a file, inside a function or for types alone."""
    assert len(inner) > 500  # the files were read
    assert [str(arrow) for arrow in arrows_up(inner, ORDER)] == []


def test_the_rooms_of_the_list_are_those_of_the_core(files):
    """Each module of the core is in a room of the list or is a named exception, and each room exists."""
    named = {room(name) for name in files if package(name) == "watchword" and name not in EXCEPTIONS}
    assert named == set(ROOMS)
    assert set(EXCEPTIONS) <= set(files)


def test_no_modules_import_each_other_in_a_circle(drawn, files):
    """The imports of the four packages form no circle: neither of modules nor of rooms."""
    pairs = [(arrow.source, arrow.target) for arrow in drawn if arrow.target in files]
    assert circle(pairs) == []
    rooms = {(room(source), room(target)) for source, target in pairs}
    assert circle((source, target) for source, target in rooms if source != target) == []


def test_the_core_has_few_loose_modules():
    """At most eight files are loose in `core/watchword`; the others are in rooms."""
    assert len(list((ROOT / "core" / "watchword").glob("*.py"))) <= 8


def test_the_house_is_small(drawn, files):
    """The four packages have at most 31 rooms on at most 15 floors."""
    floor = floors((arrow.source, arrow.target) for arrow in drawn if arrow.target in files)
    assert len(floor.keys() - EXCEPTIONS.keys()) <= 31
    assert max(floor.values()) <= 15


def test_the_playground_knows_nothing_of_watchword(drawn):
    """The playground verifies with other people's code: it imports nothing of the core or the hosts."""
    own = [arrow for arrow in drawn if package(arrow.source) == "watchword_playground"]
    assert own
    assert [str(arrow) for arrow in own if package(arrow.target) in {"watchword", *HOSTS}] == []


def test_the_core_knows_neither_hosts_nor_the_playground(drawn):
    """Only the command line imports the playground, when it is to be served; nothing imports a host."""
    foreign = [
        arrow
        for arrow in drawn
        if package(arrow.source) == "watchword" and package(arrow.target) in FOREIGN_TO_THE_CORE
    ]
    assert {(room(arrow.source), package(arrow.target)) for arrow in foreign} == {
        ("cli", "watchword_playground")
    }
    assert all(arrow.is_lazy for arrow in foreign)


def test_each_host_knows_only_the_core(drawn):
    """Airflow's package and Dagster's import the core, and neither each other nor the playground."""
    for host, other in (HOSTS, HOSTS[::-1]):
        targets = {package(arrow.target) for arrow in drawn if package(arrow.source) == host}
        assert "watchword" in targets
        assert not targets & {other, "watchword_playground"}


def test_no_import_is_computed_where_it_cannot_be_read(drawn):
    """The core imports no module by a name that is only known while the program runs."""
    unread = [str(each) for each in drawn if package(each.source) == "watchword" and "<" in each.target]
    assert unread == []


def test_the_map_of_contributing_is_the_list():
    """CONTRIBUTING's map has a line for each room, from the highest to the lowest.

    The map is the fenced block that names the room `forks`. The first word of each line is a room,
    as a folder (`tokens/`) or as a file (`flow.py`); what lives there follows it.
    """
    blocks = re.findall(
        r"^```\w*\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL
    )
    maps = [block for block in blocks if re.search(r"^forks\b", block, re.MULTILINE)]
    assert len(maps) == 1
    names = [line.split()[0].removesuffix("/").removesuffix(".py") for line in maps[0].splitlines() if line]
    assert names == ROOMS[::-1]


# A made-up core: flow and tokens are below methods, which are below the command line.
MADE_UP = [
    ("watchword.cli.app", "watchword.methods.basic"),
    ("watchword.methods.basic", "watchword.flow"),
    ("watchword.methods.basic", "watchword.methods.base"),
    ("watchword.flow", "watchword.tokens.token"),
]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("watchword.tokens.token", "watchword.flow"),
        ("watchword.methods.base", "watchword.cli.app"),
        ("watchword.methods.base", "watchword"),
        ("watchword.methods.base", "watchword.unlisted"),
        ("watchword.unlisted", "watchword.tokens.token"),
    ],
)
def test_an_arrow_up_is_found(source, target):
    """The check finds an import of a higher room, of the package's public names, and of or by no room."""
    assert arrows_up([Arrow(*pair) for pair in MADE_UP], ORDER) == []
    wrong = Arrow(source, target)
    assert arrows_up([*(Arrow(*pair) for pair in MADE_UP), wrong], ORDER) == [wrong]


def test_a_circle_is_found():
    """The check finds a circle inside one room, which no order of rooms would show."""
    assert circle(MADE_UP) == []
    found = circle([*MADE_UP, ("watchword.methods.base", "watchword.methods.basic")])
    assert set(found) == {"watchword.methods.base", "watchword.methods.basic"}


def test_every_kind_of_import_is_read(tmp_path):
    """Imports at the top, inside functions, for types, of siblings and by computed names are read."""
    path = tmp_path / "made_up.py"
    path.write_text(
        "import a.b\n"
        "from a import b, name\n"
        "from . import sibling\n"
        "from ..a import name\n"
        "if TYPE_CHECKING:\n"
        "    from a.types import T\n"
        "def late():\n"
        "    import a.late\n"
        "    importlib.import_module('a.literal')\n"
        "    import_module(f'a.plug.{name}')\n"
        "    import_module(name)\n"
    )
    names = ["a", "a.b", "a.plug.one", "a.plug.two", "pack", "pack.sibling"]
    read = arrows({"pack.made_up": path}, known=names)
    assert [(arrow.target, arrow.is_lazy) for arrow in sorted(read, key=lambda arrow: arrow.line)] == [
        ("a.b", False),
        ("a.b", False),
        ("a", False),
        ("pack.sibling", False),
        ("a", False),
        ("a.types", False),
        ("a.late", True),
        ("a.literal", True),
        ("a.plug.one", True),
        ("a.plug.two", True),
        ("<name>", True),
    ]
