"""The command `watchword` as a user runs it: output and exit status, and no secret in the output."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from typer import BadParameter
from typer.testing import CliRunner

from watchword.cli.app import app, usage

SECRET = "s3cret-key"


def run(*arguments, stdin="", **environment):
    command = [sys.executable, "-m", "watchword", *arguments]
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )
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
    """The exit status is 2 for invalid, 4 for transient, 5 for inconclusive; the code is printed."""
    server = serve(reply(status, {"key": SECRET}))
    done = run("validate", "-", "--test-url", f"{server.url}/me", stdin=document(server.url))
    assert done.returncode == exit_code
    assert word in done.stdout


def test_a_valid_credential_is_zero(serve, reply, tmp_path):
    """A proven credential is exit status 0, and `--json` prints the report as JSON."""
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
    """A missing file or a document that can't be read is exit status 3."""
    assert run(*arguments, stdin='{"api_key": "s3cret-key"').returncode == 3


def test_findings_of_a_document_are_listed():
    """Each error of the document is printed with its advice."""
    done = run("validate", "-", stdin='{"method": "basic", "usrname": "ann"}')
    assert done.returncode == 3
    assert "Did you mean username?" in done.stdout


def test_a_broken_document_is_json_too():
    """`--json` prints JSON for a document with errors too, so that scripts can read it."""
    done = run("validate", "-", "--json", stdin='{"method": "basic", "usrname": "ann"}')
    assert json.loads(done.stdout)["permanence"] == "configuration"


def test_a_byte_order_mark_is_no_obstacle(serve, reply, tmp_path):
    """A document with a byte order mark, as some editors save it, is read."""
    server = serve(lambda seen: reply(200 if SECRET in seen.text else 401))
    path = tmp_path / "acme.json"
    path.write_text(document(server.url, test_url=f"{server.url}/me"), encoding="utf-8-sig")
    assert run("validate", str(path)).returncode == 0


def test_the_version_is_told():
    """`--version` prints the version."""
    assert run("--version").stdout.strip() == "0.1.0"


@pytest.mark.parametrize("arguments", [(), ("valdate",), ("validate",), ("validate", "-", "--nope")])
def test_wrong_usage_is_sixty_four(arguments):
    """Arguments that can't be understood are exit status 64."""
    assert run(*arguments).returncode == 64


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "-", "--timeout", "0"),
        ("validate", "-", "--timeout", "soon"),
        ("validate", "-", "--on", "moon"),
        ("validate", "-", "--expected-status", "ok"),
        ("console", "--port", "99999"),
        ("doctor", "--warn-days", "many"),
    ],
)
def test_a_wrong_value_names_its_option(arguments):
    """A value that an option doesn't take is exit status 64, and the message names the option."""
    with pytest.raises(BadParameter) as caught:
        CliRunner().invoke(app, list(arguments), standalone_mode=False, catch_exceptions=False)
    text = usage(caught.value)
    assert f"'{arguments[-2]}'" in text
    assert "Value error" not in text


def test_a_wrong_value_s_message_reaches_the_terminal():
    """The command prints the option's name and ends with 64."""
    done = run("validate", "-", "--on", "moon")
    assert done.returncode == 64
    assert done.stderr == "watchword: Invalid value for '--on': 'moon' is not one of 'here', 'worker'.\n"


def test_an_output_without_utf_8_gets_the_whole_report(serve, reply):
    """A character that the output's encoding lacks is printed as an escape: no line is lost."""
    server = serve(reply(401, {"detail": "clé inconnue"}))
    stdin = document(server.url, test_url=f"{server.url}/me?page=1")
    done = run("validate", "-", stdin=stdin, PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert f"GET {server.url}/me?\\u2026" in done.stdout
    assert "Validated by" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")  # noqa: PTH110
def test_a_full_device_is_named():
    """An output that takes no more ends the command with 74 and one line that says so."""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device
        command = [sys.executable, "-m", "watchword", "methods"]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert done.returncode == 74
    assert done.stderr == "watchword: the output can't be written: No space left on device.\n"


INTERRUPTED_IMPORT = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from watchword.cli import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_while_the_command_is_imported_is_one_line():
    """Ctrl-C before the command has begun ends it with 130, and without a traceback."""
    command = [sys.executable, "-c", INTERRUPTED_IMPORT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 130
    assert done.stderr == "watchword: stopped before it began.\n"


def test_the_playground_prints_a_document_to_begin_with():
    """`playground --document` prints a document with a test URL, for the port, and serves nothing."""
    done = run("playground", "--document", "bearer", "--port", "8650")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert (found["method"], found["base_url"]) == ("bearer", "http://127.0.0.1:8650/bearer")
    assert found["test_url"] == "http://127.0.0.1:8650/bearer/v1/me"


def test_the_playground_names_its_methods():
    """A method that the playground doesn't have is refused with the list of those that it has."""
    done = run("playground", "--document", "carrier_pigeon")
    assert done.returncode != 0
    assert "it has none, api_key, bearer" in done.stderr
