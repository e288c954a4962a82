"""The command `watchword` as a user runs it: output, exit status, and no secret on the screen."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SECRET = "s3cret-key"


def run(*arguments, stdin=""):
    command = [sys.executable, "-m", "watchword", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def document(url, **fields):
    return json.dumps({"base_url": url, "method": "api_key", "api_key": SECRET, **fields})


@pytest.mark.parametrize(
    ("status", "exit_code", "word"),
    [(200, 5, "auth_not_required"), (401, 2, "unauthorized_401"), (503, 4, "server_error_5xx")],
)
def test_the_exit_status_says_what_to_do(serve, reply, status, exit_code, word):
    """2 invalid, 4 transient, 5 inconclusive, with the code on the screen."""
    server = serve(reply(status, {"key": SECRET}))
    done = run("validate", "-", "--test-url", f"{server.url}/me", stdin=document(server.url))
    assert done.returncode == exit_code
    assert word in done.stdout


def test_a_valid_credential_is_zero(serve, reply, tmp_path):
    """A document in a file, a proven credential: exit status 0, and JSON on request."""
    server = serve(lambda seen: reply(200 if SECRET in seen.text else 401))
    path = tmp_path / "acme.json"
    path.write_text(document(server.url, test_url=f"{server.url}/me"))
    assert run("validate", str(path)).returncode == 0
    report = json.loads(run("validate", str(path), "--json").stdout)
    assert report["verdict"] == "valid"


@pytest.mark.parametrize(
    "arguments",
    [("validate", "/nowhere.json"), ("validate", "-"), ("validate", "-", "--json")],
)
def test_a_document_that_can_t_be_read_is_a_matter_of_configuration(arguments):
    """A missing file or a broken document is exit status 3, named."""
    assert run(*arguments, stdin='{"api_key": "s3cret-key"').returncode == 3


def test_findings_of_a_document_are_listed():
    """Every fault of the document is on the screen with its advice."""
    done = run("validate", "-", stdin='{"method": "basic", "usrname": "ann"}')
    assert done.returncode == 3
    assert "Did you mean username?" in done.stdout


def test_a_broken_document_is_json_too():
    """`--json` prints JSON whatever is wrong, so that scripts can read it."""
    done = run("validate", "-", "--json", stdin='{"method": "basic", "usrname": "ann"}')
    assert json.loads(done.stdout)["permanence"] == "configuration"


def test_a_byte_order_mark_is_no_obstacle(serve, reply, tmp_path):
    """A document that an editor saved with a byte order mark is read."""
    server = serve(lambda seen: reply(200 if SECRET in seen.text else 401))
    path = tmp_path / "acme.json"
    path.write_text(document(server.url, test_url=f"{server.url}/me"), encoding="utf-8-sig")
    assert run("validate", str(path)).returncode == 0


def test_the_version_is_told():
    """`--version` prints it."""
    assert run("--version").stdout.strip() == "0.1.0"


@pytest.mark.parametrize("arguments", [(), ("valdate",), ("validate",), ("validate", "-", "--nope")])
def test_wrong_usage_is_sixty_four(arguments):
    """What can't be understood is exit status 64 and says why."""
    assert run(*arguments).returncode == 64


def test_methods_lists_the_registry():
    """Every method of the registry is on the list."""
    import watchword  # noqa: PLC0415 - beside its only use

    shown = run("methods").stdout
    assert all(name in shown for name in watchword.METHODS)
