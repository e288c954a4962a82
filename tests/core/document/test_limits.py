"""Documents of any size are read in one pass, or refused for their size."""

from __future__ import annotations

import contextlib
import json

import pytest

import watchword
from tests.support.work import calls, slowdown
from watchword.document.limits import DEEPEST, LARGEST, MOST_ORIGINS
from watchword.document.reading import read
from watchword.document.resolution import LONGEST_SECRET
from watchword.protocols import templates
from watchword.protocols.jwt import request_claims
from watchword.protocols.keys import repair
from watchword.validation.lint import lint

KEY = {"base_url": "https://api.test", "method": "api_key", "api_key": "s3cret-key"}
LOGIN = {
    "base_url": "https://api.test", "method": "session_login", "login_url": "https://api.test/login",
    "username": "joe", "password": "s3cret-password", "response_access_path": "token",
}  # fmt: skip


def code_of(document):
    with pytest.raises(watchword.DocumentError) as refused:
        watchword.load(document)
    assert len(str(refused.value)) < 3000
    return refused.value.code


def nested(levels):
    value = "{{username}}"
    for _ in range(levels):
        value = [value]
    return value


def test_a_document_that_is_too_large_is_refused():
    """The limit counts all texts together, names of fields included, and so does that of JSON text."""
    assert code_of({**KEY, "api_key": "x" * LARGEST}) == "document_unreadable"
    assert (
        code_of({**KEY, **{f"field{number}": "x" * 100 for number in range(LARGEST // 100)}})
        == "document_unreadable"
    )
    assert code_of({**KEY, "extra_parameters": {"header:X": ["x"] * LARGEST}}) == "document_unreadable"
    assert code_of(json.dumps(KEY) + " " * (1 << 24)) == "document_unreadable"
    assert (
        watchword.load({**KEY, "api_key": "x" * (LARGEST - 200)}).document.common.base_url == KEY["base_url"]
    )


def test_a_document_with_too_many_origins_is_refused():
    """A thousand origins or patterns are read and checked; more are refused before anything parses them."""
    for form in ("https://a{}.test", "https://*.a{}.test"):
        origins = [form.format(number) for number in range(MOST_ORIGINS + 1)]
        assert code_of({**KEY, "allowed_origins": origins}) == "wrong_type"
        allowed = [*origins[2:], KEY["base_url"]]
        assert watchword.load({**KEY, "allowed_origins": allowed}).lint() == []


def test_a_secret_that_is_too_long_is_an_error_of_the_document(tmp_path):
    """A secret may be as long as in Secret Manager, wherever it comes from."""
    (tmp_path / "key").write_text("x" * (LONGEST_SECRET + 1))
    for secret in ("x" * (LONGEST_SECRET + 1), f"file:{tmp_path / 'key'}"):
        (found,) = watchword.load({**KEY, "api_key": secret}).lint()
        assert found.code.name == "secret_too_large"
        assert len(str(found)) < 300
    assert watchword.load({**KEY, "api_key": "ab" * (LONGEST_SECRET // 2)}).lint() == []


def test_a_document_that_is_nested_too_deeply_is_refused():
    """Fifty levels are read and filled in; more are refused before anything follows them."""
    assert code_of({**LOGIN, "login_body": {"a": nested(DEEPEST)}}) == "document_unreadable"
    assert code_of({**LOGIN, "login_body": {"a": nested(900)}}) == "document_unreadable"
    made = watchword.load({**LOGIN, "login_body": {"a": nested(DEEPEST - 3)}})
    assert made.lint() == []
    assert b"joe" in made.credential.source.request.body


def test_many_unknown_fields_are_reported_in_few_findings():
    """Only so many fields are named, since a similar name is looked for to each."""

    def work(count):
        return calls(lambda: code_of({**KEY, **{f"api_kez{number}": 1 for number in range(count)}}))

    with pytest.raises(watchword.DocumentError) as refused:
        read({**KEY, **{f"api_kez{number}": 1 for number in range(100)}})
    assert len(refused.value.findings) == 21
    assert "80 more fields" in refused.value.findings[-1].message
    assert work(1600) < 12 * work(200)


HOSTILE = (
    *(
        "{{",
        "{{ ",
        "{{secret:",
        "{{secret:a",
        "{{secret:a ",
        "{{now",
        "{{{",
        "{{}",
        "}}{{",
        "{ {",
        "<",
        "${",
        "a ",
    ),
    *("\\", "\\\\", '"', "'", "\" '", "`", "\\r", "%2", "***", "=***", "\u200b", "-", "\n", " "),
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "read_text",
    [
        lambda text: templates.fill(text, {"a": "b"}),
        lambda text: list(templates.findings("payload", {"a": text}, {"a": "b"}, with_fresh=True)),
        lambda text: repair.tidied(text, repair.Repairs()),
        lambda text: lint(watchword.load({**KEY, "api_key": f"x{text}"}).credential),
        lambda text: lint(watchword.load({**LOGIN, "login_body": {"a": text}}).credential),
    ],
    ids=["fill", "templates", "key", "secret", "login"],
)
def test_hostile_text_takes_one_pass(read_text, text):
    """Eight times the text takes about eight times as long; the square would be sixty-four times."""

    def work(size):
        content = (text * (size // len(text)))[:size]
        return lambda: read_quietly(read_text, content)

    assert slowdown(work, 8192) < 36


def read_quietly(read_text, content):
    """Read a text that may be refused."""
    with contextlib.suppress(watchword.DocumentError):
        read_text(content)


def test_templates_without_an_end_are_text():
    """Only a name between two pairs of braces is a template, wherever other braces are."""
    assert templates.fill("{{{{secret:a}} {{secret:b", {"a": "1"}) == "{{1 {{secret:b"
    assert list(templates.names("{{secret:{{secret:a}}")) == ["a"]


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("'\" 'key' \"'", "key"),
        ('"""key"""', "key"),
        ("''", ""),
        ("'", "'"),
        ("a\\\\\\nb", "a\nb"),
        ("a\\\\/b", "a/b"),
    ],
)
def test_keys_are_tidied_as_before(text, tidy):
    """Nested quotes and repeated backslashes are removed, however many there are."""
    assert repair.tidied(text, repair.Repairs()) == tidy


def test_all_parts_of_a_request_are_looked_for_in_one_pass():
    """Seeking every part of a request in a JWT's claims takes hardly more work than seeking one template."""
    claims = {f"claim{number}": "{{now}}{{uuid}}{{secret:x}}" for number in range(100)}
    one = calls(lambda: templates.mentions([claims, {}], ["method"]))
    assert calls(lambda: request_claims.mentioned(claims, {})) < 2 * one
