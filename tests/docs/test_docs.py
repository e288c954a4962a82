"""The README and the docs are true: examples run, tables are up to date, links have targets."""

from __future__ import annotations

import configparser
import importlib
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import typer

import watchword
from watchword.cli.app import app
from watchword.connections import by_name
from watchword.secrets import sources
from watchword.secrets.google import managers

ROOT = Path(__file__).parents[2]
LOCAL = "http://127.0.0.1:8642"
"""Where `watchword playground` serves; the pages use this address."""

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INI = re.compile(r"^```ini\n(\[secrets\]\n.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^ *```console\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^ *(watchword .*)$", re.MULTILINE)
_PARAMETER = re.compile(r"^\| `(\w+)` \| (?:`(.+?)`|-) \| .+ \|$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_ANCHOR = re.compile(r"\]\(([^)#:]*\.md|)#([^)]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_REDIRECTED = re.compile(r" [|>] .*")
_PYTHON_FILE = re.compile(r"`([\w/]+\.py)`")

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="watchword-docs-"))
os.environ["WATCHWORD_HOME"] = tempfile.mkdtemp(prefix="watchword-docs-")

with warnings.catch_warnings():
    # Airflow, Dagster and their libraries warn when they are imported; no warning is about this project.
    warnings.simplefilter("ignore")
    import airflow.providers.http.operators.http  # noqa: F401 - imported here so that its warnings are ignored
    import dagster

    from watchword_playground import CREDENTIALS, Playground, document
    from watchword_playground.secret_manager import SecretManagerServer


def blocks():
    return [
        pytest.param(block, id=f"{page.name}-{number}")
        for page in PAGES
        for number, block in enumerate(_BLOCK.findall(page.read_text()))
    ]


@pytest.mark.parametrize(("revoked", "status"), [(False, 0), (True, 2)])
def test_the_first_example_stops_on_a_bad_credential(revoked, status):
    """README's first block prints the verdict; if the key is revoked, it ends before it extracts."""
    first = _BLOCK.findall((ROOT / "README.md").read_text())[0]
    assert LOCAL in first
    with Playground() as playground:
        if revoked:
            playground.revoke("api_key")
        environment = {**os.environ, "WATCHWORD_SECRET_EXAMPLE": CREDENTIALS["api_key"]["api_key"]}
        done = subprocess.run(
            [sys.executable, "-c", first.replace(LOCAL, playground.url)],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        calls = playground.counts().get("/api_key/v1/airports", 0)
    assert (done.returncode, calls) == (status, 0 if revoked else 1), done.stderr
    assert ("invalid: unauthorized_401" if revoked else "valid: authenticated") in done.stdout


def signed_in(playground, method):
    """Return the refresh token of a sign-in that was made elsewhere."""
    response = requests.post(f"{playground.url}/_control/sign_in", json={"method": method}, timeout=60)
    response.raise_for_status()
    return response.json()["refresh_token"]


def method_of(block):
    """Return the method of a block's document; Airflow's and Dagster's connections use `api_key`."""
    return (re.findall(r'"method": "(\w+)"', block) or ["api_key"])[0]


@pytest.mark.parametrize("block", blocks())
def test_examples_run(block, monkeypatch, capsys, tmp_path):
    """Each Python block of README and docs runs against the playground, and its call succeeds."""
    method = method_of(block)
    with Playground() as playground:
        base_url = document(playground.url, method)["base_url"]
        stored = {"schema_version": 1, "method": "api_key", "api_key": CREDENTIALS["api_key"]["api_key"]}
        airflow_connection = {"conn_type": "watchword", "host": base_url, "extra": stored}
        monkeypatch.setenv("AIRFLOW_CONN_ACME", json.dumps(airflow_connection))
        monkeypatch.setenv("WATCHWORD_SECRET_EXAMPLE", CREDENTIALS["api_key"]["api_key"])
        if "watchword.connect" in block or "StoredConnectionResource(" in block:
            _keep("acme", {**stored, "base_url": base_url}, monkeypatch, tmp_path)
        if watchword.METHODS[method].signs_in:
            monkeypatch.setenv("WATCHWORD_SECRET_CLIENT", CREDENTIALS[method]["client_secret"])
            monkeypatch.setenv("WATCHWORD_SECRET_REFRESH", signed_in(playground, method))
        source = block.replace("https://api.example.com", base_url).replace("/v1/orders", "/v1/airports")
        source = source.replace("https://auth.example.com", playground.url)
        source = source.replace("/var/lib/watchword", str(tmp_path)).replace(LOCAL, playground.url)
        names: dict[str, object] = {"__name__": "example"}
        with _secret_manager(monkeypatch) if "GoogleSecretManagerResource(" in block else nullcontext():
            exec(compile(source, "example", "exec", dont_inherit=True), names)  # noqa: S102 - our own docs
            if "dg.materialize" not in source and "defs" in names:
                _materialized(names["defs"])
        if "validate(" in source:
            assert "valid: authenticated" in capsys.readouterr().out
        if "watchword.load" in source or "watchword.connect" in source:
            assert playground.counts()[f"/{method}/v1/airports"] >= 1
        if "defs" in names and ".session()" in source:
            assert playground.counts()["/api_key/v1/airports"] == 1


WITHOUT_DOCUMENT = ("README", "clients")
"""The guides that are about no method."""


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "guides").glob("*.md")), ids=lambda page: page.stem)
def test_the_document_of_a_guide_is_proven(page):
    """The playground accepts the first document of each guide, with the playground's addresses."""
    documents = [json.loads(text) for text in _JSON.findall(page.read_text())]
    if page.stem in WITHOUT_DOCUMENT:
        assert documents == []
        return
    method = documents[0]["method"]
    assert method == page.stem or page.stem not in watchword.METHODS
    with Playground() as playground:
        base_url = document(playground.url, method)["base_url"]
        fields = {**at(playground.url, documents[0]), "base_url": base_url}
        if watchword.METHODS[method].signs_in:
            fields["refresh_token"] = signed_in(playground, method)
        connection = watchword.load(fields, name=page.stem)
        report = connection.validate(f"{base_url}/v1/me")
    assert report.deciding.code.name == "authenticated", report.summary


def at(server, fields):
    """Return the fields with all URLs at another server."""
    return {
        name: f"{server}{urlsplit(value).path}" if str(value).startswith("https://") else value
        for name, value in fields.items()
    }


@contextmanager
def _secret_manager(monkeypatch):
    """Run a Secret Manager on this machine with the secret that the examples fetch."""
    with SecretManagerServer() as server:
        monkeypatch.setenv("SECRET_MANAGER_EMULATOR_HOST", server.address)
        server.put("acme-prod", "warehouse-password", "made-up-password")
        yield


def _keep(name, fields, monkeypatch, folder):
    """Store a connection in a vault of this test; an example may use other places too."""
    for variable in ("SECRET_MANAGER_EMULATOR_HOST", "WATCHWORD_SECRETS"):
        monkeypatch.setenv(variable, "")
    monkeypatch.setattr(managers, "_managers", {})
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{folder}/tokens.db")
    by_name.keep(sources.secret_store("local"), name, fields)


def secrets_sections():
    return [
        pytest.param(section, id=f"{page.name}-{number}")
        for page in PAGES
        for number, section in enumerate(_INI.findall(page.read_text()))
    ]


@pytest.mark.parametrize("section", secrets_sections())
def test_backends_accept_the_documented_parameters(section):
    """Each `[secrets]` section of README and docs names a backend that accepts its parameters."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(section)
    module, _, name = parser["secrets"]["backend"].rpartition(".")
    backend = getattr(importlib.import_module(module), name)
    backend(**json.loads(parser["secrets"].get("backend_kwargs", "{}")))


@pytest.mark.parametrize(
    ("page", "name"),
    [("secret-manager.md", "GoogleSecretManagerBackend"), ("vault.md", "LocalVaultBackend")],
)
def test_the_table_of_parameters_is_that_of_the_backend(page, name):
    """The table has exactly the parameters of the backend, with their defaults."""
    backend = getattr(importlib.import_module("airflow_provider_watchword.secrets"), name)
    parameters = inspect.signature(backend).parameters.values()
    defaults = {each.name: "" if each.default is None else str(each.default) for each in parameters}
    documented = dict(_PARAMETER.findall((ROOT / "docs" / page).read_text()))
    assert documented == {key: value.lower() for key, value in defaults.items()}


def commands():
    return [
        pytest.param(line, id=f"{page.name}-{line[:60]}")
        for page in PAGES
        for block in _CONSOLE.findall(page.read_text())
        for line in _COMMAND.findall(block.replace("\\\n", " "))
    ]


@pytest.mark.parametrize("line", commands())
def test_command_lines_are_understood(line):
    """Each `watchword …` line of README and docs is a command that accepts its arguments and options."""
    words = shlex.split(_REDIRECTED.sub("", line), comments=True)[1:]
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    assert command.make_context(command.name, words).params is not None


def _materialized(definitions):
    """Run all assets of a Dagster example, its credentials check included."""
    with dagster.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        assert job.execute_in_process(instance=instance).success


def test_tables_are_up_to_date():
    """`methods.md` and `findings.md` are what `docs/generate.py` writes now."""
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_readme_lists_every_method_and_no_other():
    """The README's table has one row for each method of the registry, and no other row."""
    rows = re.findall(r"^\| \[?`(\w+)`[^|]* \|[^|]*\|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(watchword.METHODS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_have_targets(page):
    """Every relative link of README and docs names an existing file."""
    targets = _LINK.findall(page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_name_headings(page):
    """Every link to a part of a page names a heading of that page."""
    for target, anchor in _ANCHOR.findall(page.read_text()):
        text = (page.parent / target if target else page).read_text()
        assert anchor in {_slug(heading) for heading in _HEADING.findall(text)}, f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_each_row_of_a_table_has_the_cells_of_its_head(page):
    """A `|` in a cell is escaped: it would begin another cell, and push text out of the table."""
    cells = 0
    for line in re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL).splitlines():
        found = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert found in {0, cells or found}, line
        cells = found


def _slug(heading):
    """Return the anchor of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_public_name_is_documented():
    """The section "Public API" of `docs/README.md` names exactly the public names of the package."""
    section = (ROOT / "docs" / "README.md").read_text().partition("## Public API")[2].partition("\n## ")[0]
    row = re.findall(r"^\| the package `watchword` \| (.+) \|$", section, re.MULTILINE)
    names = re.findall(r"`(\w+)`", row[0])
    assert sorted(names) == sorted(watchword.__all__)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("**/*.md")), ids=lambda page: page.stem)
def test_the_index_has_a_link_to_every_page(page):
    """`docs/README.md` links to every page of the docs."""
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target).resolve() for target in _LINK.findall(index.read_text())}
    assert page == index or page.resolve() in linked


def test_the_files_that_contributing_names_exist():
    """Each Python file in CONTRIBUTING exists: as a path, or by its name in a room of the core."""
    core = ROOT / "core" / "watchword"
    folders = [ROOT, core, *(folder for folder in core.iterdir() if folder.is_dir())]
    folders.append(ROOT / "playground" / "watchword_playground" / "verifiers")
    names = set(_PYTHON_FILE.findall((ROOT / "CONTRIBUTING.md").read_text())) - {
        "core/watchword/methods/NAME.py"
    }
    assert names
    assert [name for name in names if not any((folder / name).is_file() for folder in folders)] == []


def test_the_chart_is_drawn():
    """The picture of the README's figures is one that `make bench` has written."""
    chart = (ROOT / "docs" / "benchmarks.svg").read_text()
    assert chart.startswith("<?xml")
    assert "watchword aws_sigv4" in chart


def test_pages_speak_of_the_project_alone():
    """No page contains a path of a developer's machine."""
    for page in PAGES:
        assert not re.search(r"/(?:root|home|Users)/\w", page.read_text()), page.name
