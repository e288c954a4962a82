"""The commands `connections add` and `edit` with prompts: what is asked for, and what is typed unseen."""

from __future__ import annotations

import json
import re

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.terminal import Terminal
from watchword.connections import by_name
from watchword.document.described_fields import usual_fields
from watchword.document.method_example import example_document
from watchword.methods import METHODS

KEY = "-----BEGIN PRIVATE KEY-----\nMIIs3cret\n-----END PRIVATE KEY-----"


def lines(*answers):
    return "".join(f"{answer}\n" for answer in answers)


@pytest.fixture
def kept(vault):
    """Give a function that returns the document that the vault holds under a name."""
    return lambda name="acme": by_name.document_of(vault, name)


def test_a_method_is_chosen_from_a_list(command, kept, secret):
    """A method is chosen by number or name; wrong input is asked for again, then its usual fields follow."""
    answers = ["99", "nope", "4", "https://a.test", "ann", secret, "", ""]
    done = command("connections", "add", "acme", typed=lines(*answers))
    assert "Basic (user name and password)" in done.stdout
    assert done.stderr.count("no such method") == 2
    assert kept() == {"method": "basic", "base_url": "https://a.test", "username": "ann", "password": secret}
    command("connections", "add", "b", typed=lines("none", "https://a.test", "", ""))
    assert kept("b") == {"method": "none", "base_url": "https://a.test"}


def test_more_fields_by_name(command, kept, secret):
    """Each field is shown with its help and checked for its type; ? lists the fields."""
    answers = [
        "https://a.test",
        "",
        secret,
        "",
        "",
        "?",
        "time",
        "timeout",
        "soon",
        "30",
        "extra_parameters",
        "{",
    ]
    answers += ['{"header:X": "1"}', "retries", "3", "-retries", "-nope", "allowed_origins"]
    answers += ["https://a.test, https://b.test", "scope", "proxy", "", ""]
    done = command("connections", "add", "acme", "--method", "api_key", typed=lines(*answers))
    assert kept() == {
        "method": "api_key",
        "base_url": "https://a.test",
        "api_key": secret,
        "timeout": 30.0,
        "extra_parameters": {"header:X": "1"},
        "allowed_origins": ["https://a.test", "https://b.test"],
    }
    assert "Longest wait for the API, in seconds." in done.stdout
    assert "api_key                        API key (secret)" in done.stdout
    assert "did you mean timeout?" in done.stderr
    assert "wrong value" in done.stderr
    assert "JSON object" in done.stderr


def test_secret_parameters_one_by_one(command, kept, secret):
    """The names of secret parameters are shown, their values are not; `custom` asks for them."""
    answers = ["https://a.test", "X-Key", "header:X-Key", secret, "template:", "template:pin"]
    answers += ["env:WATCHWORD_SECRET_PIN", "query:k", "x1234", "-query:k", "", "", "", ""]
    command("connections", "add", "acme", "--method", "custom", typed=lines(*answers))
    assert kept()["secret_parameters"] == {"header:X-Key": secret, "template:pin": "env:WATCHWORD_SECRET_PIN"}


def test_a_secret_from_a_file(command, kept, tmp_path):
    """@PATH is read now, with all its lines; file:PATH is stored; bad input is asked for again."""
    key = rsa.generate_private_key(65537, 2048)
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = key.private_bytes(*form).decode().strip()
    (tmp_path / "key.pem").write_text(pem + "\n")
    (tmp_path / "empty").write_text("")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    answers = [
        "https://a.test",
        "RS256",
        "@/nowhere/s3cret-name",
        f"@{tmp_path}/empty",
        f"@{tmp_path}/binary",
        "@\0",
    ]
    answers += [
        "***",
        KEY.partition("\n")[0],
        "x" * 4095,
        "",
        f"@{tmp_path}/key.pem",
        "",
        "",
        "",
    ]
    done = command("connections", "add", "acme", "--method", "jwt_bearer", typed=lines(*answers))
    assert kept()["jwt_secret"] == pem
    reasons = (
        "No such file",
        "is empty",
        "not UTF-8 text",
        "Asterisks",
        "first line",
        "cut it off",
        "left out",
    )
    assert all(words in done.stderr for words in reasons)
    assert "s3cret" not in done.output
    assert not any(line in done.output for line in pem.splitlines())
    answers = ["https://a.test", "file:/run/secrets/key", "", ""]
    command("connections", "add", "b", "--method", "bearer", typed=lines(*answers))
    assert kept("b")["bearer_token"] == "file:/run/secrets/key"


def test_what_is_wrong_can_be_mended(command, kept, secret):
    """Errors of a given field are shown and can be corrected; then the connection is stored at once."""
    given = ["connections", "add", "acme", "--method", "bearer", "--set", "base_url=a.test"]
    done = command(*given, typed=lines(secret, "", "", "base_url", "https://a.test"))
    assert "url_not_absolute" in done.stderr
    assert kept() == {"method": "bearer", "base_url": "https://a.test", "bearer_token": secret}


@pytest.mark.parametrize("before", [[], ["timeout", "5"], ["verify", ""]])
def test_enter_gives_up_as_the_prompt_says(command, kept, secret, before):
    """An empty answer to "empty to give up" stores nothing, even if another field was changed before."""
    given = ["connections", "add", "acme", "--method", "bearer", "--set", "base_url=a.test"]
    done = command(*given, typed=lines(secret, "", "", *before, ""))
    assert "empty to give up" in done.stdout
    assert "Nothing was stored." in done.stderr
    assert (done.return_value, kept()) == (3, None)


ORDERS = {
    "oauth2_authorization_code": [
        "base_url", "authorize_url", "token_url", "client_id", "client_secret", "scope", "test_url",
    ],
    "oauth2_client_credentials": [
        "base_url", "token_url", "client_id", "client_secret", "scope", "client_auth", "test_url",
    ],
    "basic": ["base_url", "username", "password", "test_url"],
    "api_key": ["base_url", "key_name", "api_key", "add_to", "test_url"],
}  # fmt: skip


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"custom"}))
def test_the_example_of_a_method_answers_every_question(command, kept, method):
    """The values of `watchword methods METHOD` answer all questions, and make that document."""
    example = example_document(method)
    answers = [example.get(field.name, "") for field in usual_fields(method)]
    typed = [json.dumps(answer) if isinstance(answer, dict) else answer for answer in answers]
    command("connections", "add", "acme", "--method", method, typed=lines(*typed, ""))
    assert kept() == example


def test_a_method_that_was_removed_is_named_at_the_end(command, kept, secret):
    """A user may remove even the method; then the check at the end asks for it."""
    answers = ["https://a.test", secret, "", "-method", "timeout", "5", "", "method", "bearer", ""]
    done = command("connections", "add", "acme", "--method", "bearer", typed=lines(*answers))
    assert "unknown_method" in done.stderr
    assert kept() == {
        "method": "bearer",
        "base_url": "https://a.test",
        "bearer_token": secret,
        "timeout": 5.0,
    }


@pytest.mark.parametrize("method", ORDERS)
def test_fields_are_asked_for_in_the_order_of_the_method(command, method):
    """The prompts follow the method's essential fields, and the last one asks for the test URL."""
    answers = {
        "base_url": "https://a.test",
        "authorize_url": "https://a.test/authorize",
        "token_url": "https://a.test/token",
    }
    typed = [
        answers.get(name, "" if name in {"scope", "client_auth", "test_url"} else "some-text")
        for name in ORDERS[method]
    ]
    typed = [
        "" if name in {"key_name", "add_to"} else text
        for name, text in zip(ORDERS[method], typed, strict=True)
    ]
    done = command("connections", "add", "acme", "--method", method, typed=lines(*typed, ""))
    asked = re.findall(r"(?:^|: )(\w+)(?: \([^)]*\))?:(?= |$)", done.stdout, re.MULTILINE)
    assert [name for name in asked if name in ORDERS[method]] == ORDERS[method]


@pytest.mark.parametrize(
    ("method", "answers", "code"),
    [
        ("bearer", ["a.test", "https://a.test"], "url_not_absolute"),
        ("bearer", ["https://ann:pw@a.test", "https://a.test"], "userinfo_in_url"),
        ("bearer", ["https://a.test?x=1", "https://a.test"], "url_not_absolute"),
        ("bearer", ["https://a.test", "{{token}}", "token-1"], "placeholder_secret"),
        ("bearer", ["https://a.test", "token-1", "/me", "https://a.test/me"], "https://a.test/me"),
        ("bearer", ["https://a.test", "token-1", "https://b.test/me", ""], "origin_not_allowed"),
        ("basic", ["https://a.test", "an:n", "ann"], "username_illegal"),
        ("api_key", ["https://a.test", "X Key", "X-Key"], "header_illegal"),
        ("api_key", ["https://a.test", "", "key-1", "heder", "header"], "wrong value"),
        ("oauth2_client_credentials", ["https://a.test", "a.test/token", "https://a.test/t"], "token_url"),
    ],
)
def test_each_answer_is_checked_at_once(command, kept, method, answers, code):
    """A wrong answer is explained before the next question, and the same field is asked for again."""
    done = command("connections", "add", "acme", "--method", method, typed=lines(*answers), ends=typer.Abort)
    assert code in done.stderr
    assert kept() is None


def test_an_answer_that_needs_another_field_is_kept_if_it_is_repeated(command, kept, secret):
    """An internal API's http:// URL is kept when it is given again; then allowed_origins completes it."""
    answers = [
        "http://intern.test",
        "http://intern.test",
        secret,
        "",
        "allowed_origins",
        "http://intern.test",
        "",
    ]
    done = command("connections", "add", "acme", "--method", "bearer", typed=lines(*answers))
    assert done.stderr.count("url_plain_http") == 1
    assert kept()["base_url"] == "http://intern.test"


@pytest.mark.parametrize(
    ("typed", "usable"),
    [
        ("env:ACME_KEY", "env:WATCHWORD_SECRET_ACME_KEY"),
        ("env:${ACME_KEY}", "env:WATCHWORD_SECRET_ACME_KEY"),
        ("env: WATCHWORD_SECRET_ACME", "env:WATCHWORD_SECRET_ACME"),
        ("ENV:WATCHWORD_SECRET_ACME", "env:WATCHWORD_SECRET_ACME"),
        ("env:", "env:WATCHWORD_SECRET_NAME"),
        ("file:keys/acme.pem", "file:/run/secrets/acme.pem"),
        ("file:/etc/acme.pem", "file:/run/secrets/acme.pem"),
        ("gcp:acme", "gcp:watchword-secret-acme"),
        ("gcp:acme key", "gcp:watchword-secret-acme_key"),
        ("local:acme", "local:watchword-secret-acme"),
        ("local:airflow-connections-other", "local:watchword-secret-airflow-connections-other"),
    ],
)
def test_a_reference_that_can_never_work_is_refused(command, kept, typed, usable):
    """A reference that no stored connection may follow is refused, with one that would work."""
    answers = ["https://a.test", typed, usable, "", ""]
    done = command("connections", "add", "acme", "--method", "bearer", typed=lines(*answers))
    assert f"{usable} would work." in done.stderr
    assert kept()["bearer_token"] == usable
    done = command("connections", "edit", "acme", "--set", f"bearer_token={typed}")
    assert done.return_value == 3
    assert kept()["bearer_token"] == usable


@pytest.mark.parametrize(
    "typed", ["literal:env:ACME", "pass:word", "a:b", "WATCHWORD_SECRET_X", "https://x.test"]
)
def test_a_secret_with_a_colon_is_no_reference(command, kept, typed):
    """A secret that only looks a little like a reference is kept as it is."""
    command("connections", "add", "acme", "--method", "bearer", typed=lines("https://a.test", typed, "", ""))
    assert kept()["bearer_token"] == typed


def test_the_deployment_s_own_names_are_proposed(command, kept, monkeypatch):
    """The proposed reference is one that WATCHWORD_ALLOWED_REFERENCES allows, if there is one."""
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", "env:TEAM_*,file:/etc/keys/**")
    answers = ["https://a.test", "env:ACME", "file:acme.pem", "gcp:acme", "env:TEAM_ACME", "", ""]
    done = command("connections", "add", "acme", "--method", "bearer", typed=lines(*answers))
    assert "env:TEAM_ACME would work." in done.stderr
    assert "file:/etc/keys/acme.pem would work." in done.stderr
    assert "No reference that begins with gcp: is allowed here." in done.stderr
    assert kept()["bearer_token"] == "env:TEAM_ACME"


@pytest.mark.parametrize(
    ("status", "words"), [(200, "authenticated"), (401, "watchword connections edit acme")]
)
def test_a_new_connection_is_validated_if_the_user_agrees(command, kept, serve, reply, secret, status, words):
    """At the end `add` offers to validate; whatever the verdict is, the connection stays stored."""
    server = serve(lambda seen: reply(status if secret in seen.text else 401))
    answers = [server.url, secret, f"{server.url}/me", ""]
    done = command("connections", "add", "acme", "--method", "bearer", typed=lines(*answers, "y"))
    assert words in done.stdout
    assert kept()["bearer_token"] == secret
    done = command("connections", "add", "b", "--method", "bearer", typed=lines(*answers, "n"))
    assert "Next: watchword validate local:b" in done.stdout


def test_what_is_given_is_not_asked_for(command, kept, secret):
    """Fields that options give are not asked for."""
    options = ["--method", "basic", "--set", "base_url=https://a.test", "--set", "username=ann"]
    command("connections", "add", "acme", *options, typed=lines(secret, "", ""))
    assert kept() == {"method": "basic", "base_url": "https://a.test", "username": "ann", "password": secret}


@pytest.mark.parametrize("count", range(6))
def test_who_stops_has_kept_nothing(command, kept, vault, secret, count):
    """Ctrl-C or the end of input at any prompt leaves everything as it was."""
    answers = ["bearer", "https://a.test", secret, "", "timeout"][:count]
    command("connections", "add", "acme", typed=lines(*answers), ends=typer.Abort)
    assert vault.names() == []
    by_name.keep(vault, "acme", {"method": "none", "base_url": "https://a.test"})
    answers = ["timeout", "5", "method", "api_key", "api_key"][: max(count, 1)]
    command("connections", "edit", "acme", typed=lines(*answers), ends=typer.Abort)
    assert kept() == {"method": "none", "base_url": "https://a.test"}


def test_an_edit_by_questions(command, kept, vault, secret):
    """Secrets are shown as asterisks and stay the same unless they are typed again."""
    before = {"method": "api_key", "base_url": "https://a.test", "api_key": secret, "timeout": 5}
    by_name.keep(vault, "acme", before)
    done = command(
        "connections", "edit", "acme", typed=lines("timeout", "7", "api_key", "", "base_url", "", "")
    )
    assert "api_key: ***" in done.stdout
    assert kept() == {**before, "timeout": 7.0}
    command("connections", "edit", "acme", typed=lines("api_key", "***", f"{secret}2", "-timeout", ""))
    assert kept() == {"method": "api_key", "base_url": "https://a.test", "api_key": f"{secret}2"}
    done = command("connections", "edit", "acme", typed=lines("method", "basic", "ann", secret, "", ""))
    assert "api_key is removed" in done.stdout
    assert kept() == {"method": "basic", "base_url": "https://a.test", "username": "ann", "password": secret}


def test_an_edit_that_changes_nothing(command, vault, secret):
    """An edit without a change says so and writes nothing."""
    payload = json.dumps({"api_key": secret, "method": "api_key", "base_url": "https://a.test"}).encode()
    vault.put("airflow-connections-acme", payload)
    done = command("connections", "edit", "acme", typed="\n")
    assert "Unchanged" in done.stdout
    assert vault.get("airflow-connections-acme") == payload


def test_a_terminal_shows_no_secret(kept, secret):
    """A terminal echoes neither a secret nor the lines of a pasted key."""
    terminal = Terminal("connections", "add", "acme", "--method", "bearer")
    terminal.answer("base_url: ", "https://a.test\n")
    terminal.answer("bearer_token: ", f"{KEY}\n")
    terminal.answer("bearer_token: ", f"{secret}\n")
    terminal.answer("test_url (Enter leaves it out): ", "\n")
    terminal.answer("to finish): ", "\n")
    assert terminal.finish() == 0, terminal.shown
    assert kept()["bearer_token"] == secret
    assert "https://a.test" in terminal.shown
    for hidden in (secret, "BEGIN", "MIIs3cret", "END"):
        assert hidden not in terminal.shown


def test_ctrl_c_in_a_terminal(kept, secret):
    """Ctrl-C at a hidden prompt is exit status 130, and nothing is stored."""
    terminal = Terminal("connections", "add", "acme", "--method", "bearer")
    terminal.answer("base_url: ", "https://a.test\n")
    terminal.answer("bearer_token: ", f"{secret[:4]}\x03")
    assert terminal.finish() == 130, terminal.shown
    assert "nothing was changed" in terminal.shown
    assert kept() is None


def test_a_wrong_answer_can_be_corrected_in_a_terminal(kept, secret):
    """A wrong answer is in the line again, so that a URL without its scheme needs only the scheme."""
    terminal = Terminal("connections", "add", "acme", "--method", "bearer")
    terminal.answer("base_url: ", "a.test/v1\n")
    terminal.answer("base_url: a.test/v1", "\x01https://\n")  # Ctrl-A goes to the beginning of the line
    terminal.answer("bearer_token: ", f"{secret}\n")
    terminal.answer("test_url (Enter leaves it out): ", "\n")
    terminal.answer("to finish): ", "\n")
    assert terminal.finish() == 0, terminal.shown
    assert kept()["base_url"] == "https://a.test/v1"
    assert secret not in terminal.shown
