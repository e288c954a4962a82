"""What README and docs say is true: examples run, tables are up to date, links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest
import requests

import watchword

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="watchword-docs-"))
os.environ["WATCHWORD_HOME"] = tempfile.mkdtemp(prefix="watchword-docs-")

with warnings.catch_warnings():
    # Airflow, Dagster and what they need warn when they are imported; nothing of it is about this project.
    warnings.simplefilter("ignore")
    import airflow.providers.http.operators.http  # noqa: F401 - imported here for its warnings
    import dagster

    from watchword.playground import CREDENTIALS, Playground, document


def blocks():
    return [
        pytest.param(block, id=f"{page.name}-{number}")
        for page in PAGES
        for number, block in enumerate(_BLOCK.findall(page.read_text()))
    ]


def signed_in(playground, method):
    """Return the refresh token of a sign-in that was made elsewhere."""
    answer = requests.post(f"{playground.url}/_control/sign_in", json={"method": method}, timeout=10)
    answer.raise_for_status()
    return answer.json()["refresh_token"]


def method_of(block):
    """Return the method that a block's document names, or that of Airflow's and Dagster's connection."""
    return (re.findall(r'"method": "(\w+)"', block) or ["api_key"])[0]


@pytest.mark.parametrize("block", blocks())
def test_examples_run(block, monkeypatch, capsys, tmp_path):
    """Each Python block of README and docs runs, its API being the playground, and its call succeeds."""
    method = method_of(block)
    with Playground() as playground:
        base_url = document(playground.url, method)["base_url"]
        stored = {"schema_version": 1, "method": "api_key", "api_key": CREDENTIALS["api_key"]["api_key"]}
        airflow_connection = {"conn_type": "watchword", "host": base_url, "extra": stored}
        monkeypatch.setenv("AIRFLOW_CONN_ACME", json.dumps(airflow_connection))
        monkeypatch.setenv("WATCHWORD_SECRET_EXAMPLE", CREDENTIALS["api_key"]["api_key"])
        if watchword.METHODS[method].signs_in:
            monkeypatch.setenv("WATCHWORD_SECRET_CLIENT", CREDENTIALS[method]["client_secret"])
            monkeypatch.setenv("WATCHWORD_SECRET_REFRESH", signed_in(playground, method))
        source = block.replace("https://api.example.com", base_url).replace("/v1/orders", "/v1/airports")
        source = source.replace("https://auth.example.com", playground.url)
        source = source.replace("/var/lib/watchword", str(tmp_path))
        names: dict[str, object] = {"__name__": "example"}
        exec(compile(source, "example", "exec", dont_inherit=True), names)  # noqa: S102 - our own docs
        if "validate(" in source:
            assert "valid: authenticated" in capsys.readouterr().out
        if "watchword.load" in source:
            assert playground.counts()[f"/{method}/v1/airports"] >= 1
        if "dg.materialize" not in source and "defs" in names:
            _materialized(names["defs"])
            assert playground.counts()["/api_key/v1/airports"] == 1


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "guides").glob("*.md")), ids=lambda page: page.stem)
def test_the_document_of_a_guide_is_proven(page):
    """The first document of each method's guide is what the playground accepts, but for its addresses."""
    documents = [json.loads(text) for text in _JSON.findall(page.read_text())]
    if page.stem not in watchword.METHODS:
        assert documents == []
        return
    with Playground() as playground:
        mine = document(playground.url, page.stem)
        fields = {**documents[0], **{name: url for name, url in mine.items() if name.endswith("_url")}}
        if watchword.METHODS[page.stem].signs_in:
            fields["refresh_token"] = signed_in(playground, page.stem)
        connection = watchword.load(fields, name=page.stem)
        report = connection.validate(f"{mine['base_url']}/v1/me")
    assert report.deciding.code.name == "authenticated", report.summary


def _materialized(definitions):
    """Run all assets of a Dagster example, its gate included."""
    with dagster.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        assert job.execute_in_process(instance=instance).success


def test_tables_are_up_to_date():
    """The tables of methods and findings are those of the core."""
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_readme_lists_every_method_and_no_other():
    """README's table has a row for a method exactly where the registry has it."""
    rows = re.findall(r"^\| \[?`(\w+)`[^|]* \|[^|]*\|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(watchword.METHODS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Every relative link of README and docs names a file that is there."""
    targets = _LINK.findall(page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_chart_is_drawn():
    """README's figures are a picture that `make bench` has written."""
    chart = (ROOT / "docs" / "benchmarks.svg").read_text()
    assert chart.startswith("<?xml")
    assert "watchword aws_sigv4" in chart


def test_pages_speak_of_the_project_alone():
    """No page holds a path of somebody's machine."""
    for page in PAGES:
        assert not re.search(r"/(?:root|home|Users)/\w", page.read_text()), page.name
