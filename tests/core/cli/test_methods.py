"""The command `methods`: a page that fits a terminal, and the fields of one method."""

from __future__ import annotations

import json
import re

import pytest

import watchword
from tests.support.terminal import Terminal
from watchword.connections.storable import check_storable
from watchword.document.described_fields import fields_of

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def shown(*arguments):
    """Return the lines that a terminal of 80 columns and 24 lines shows."""
    terminal = Terminal(*arguments)
    assert terminal.finish() == 0, terminal.shown
    return _STYLE.sub("", terminal.shown).replace("\r", "").splitlines()


def test_the_list_fits_a_terminal():
    """`methods` names every method with its title on a page of 80 columns and 24 lines."""
    lines = shown("methods")
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    for name, method in watchword.METHODS.items():
        assert f"{name:<26} {method.title}" in lines


@pytest.mark.parametrize("method", ["api_key", "oauth2_client_credentials"])
def test_the_page_of_a_method_is_as_wide_as_a_terminal(method):
    """The fields of one method fit 80 columns, however long their names, defaults and descriptions are."""
    assert max(map(len, shown("methods", method))) <= 80


@pytest.mark.parametrize("method", watchword.METHODS)
def test_a_method_is_shown_with_all_its_fields(command, method):
    """`methods METHOD` names every field: the essential ones first and in their order, then the others."""
    output = command("methods", method).stdout
    essential = [*watchword.METHODS[method].essentials]
    names = [line.split()[0] for line in output.splitlines() if line.startswith("  ") and line.strip()]
    assert [name for name in names if name in essential][: len(essential)] == essential
    assert all(re.search(rf"\b{name}\b", output) for name in fields_of(method))


@pytest.mark.parametrize("method", watchword.METHODS)
def test_the_example_can_be_stored(command, method, monkeypatch):
    """The example of a method is a document without errors, whose secrets are references that are allowed."""
    output = command("methods", method).stdout
    example = json.loads(output[output.index("{\n") : output.rindex("}") + 1])
    assert example["method"] == method
    codes = {found.code.name for found in check_storable(example, "acme")}
    assert codes <= {"reference_unresolved", "no_authentication"}


def test_defaults_and_needs_are_told(command):
    """The page says which fields are required, which are secret, and what counts if one is left out."""
    output = command("methods", "api_key").stdout
    assert re.search(r"base_url +required ", output)
    assert re.search(r"key_name +default X-API-Key ", output)
    assert re.search(r"api_key +required, secret ", output)
    assert "One of header, query, cookie, body." in output


def test_a_misspelt_method_is_guessed(command):
    """An unknown method is exit status 3, with the most similar one and the list of all."""
    done = command("methods", "apikey")
    assert done.return_value == 3
    assert "did you mean api_key? the methods are none, api_key" in done.stderr
