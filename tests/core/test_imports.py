"""What importing costs: no host, no framework, no heavy library."""

from __future__ import annotations

import ast
import graphlib
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "core"

HEAVY = [
    "airflow",
    "dagster",
    "google",
    "fastapi",
    "sqlalchemy",
    "typer",
    "rich",
    "jsonpath",
    "oauthlib",
    "requests_oauthlib",
    "requests_aws4auth",
    "botocore",
    "cryptography",
    "jwt",
    "httpx",
    "aiohttp",
    "dlt",
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


def imports_of(path):
    """Return the modules of the core that a file imports at its top, where types need them included."""
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("watchword"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                place = CORE / inner.replace(".", "/")
                yield inner if place.is_dir() or place.with_suffix(".py").exists() else node.module


def test_arrows_go_one_way():
    """The core's modules import each other without a cycle, and methods know nothing above them."""
    graph = {}
    for path in (CORE / "watchword").rglob("*.py"):
        name = ".".join(path.relative_to(CORE).with_suffix("").parts).removesuffix(".__init__")
        graph[name] = set(imports_of(path)) - {name}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    layers = [
        "watchword.findings.finding",
        "watchword.http.placement",
        "watchword.methods",
        "watchword.document.reading",
    ]
    layers += [
        "watchword.document.resolution",
        "watchword.connection",
        "watchword.validation.procedure",
        "watchword.cli",
    ]
    assert {"watchword.connection", "watchword.validation.procedure", "watchword.methods.basic"} < set(order)
    for lower, upper in itertools.pairwise(layers):
        assert not any(f"{target}.".startswith(f"{upper}.") for target in reachable(graph, lower)), upper
    above = {name for name in graph if any(target.startswith("watchword.cli") for target in graph[name])}
    assert {name for name in above if not name.startswith("watchword.cli")} == {"watchword.__main__"}
    packages = ("jwt", "keys", "oauth1", "oauth2", "sigv4", "digest", "login", "tokens")
    for name in graph:
        if name.startswith(tuple(f"watchword.{package}." for package in packages)):
            assert not any(target.startswith("watchword.methods") for target in reachable(graph, name)), name


def reachable(graph, start):
    found, pending = set(), [start]
    while pending:
        for target in graph.get(pending.pop(), ()):
            if target not in found:
                found.add(target)
                pending.append(target)
    return found
