"""Each line of the guarantees links to a test that tries to break it."""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

DOCS = Path(__file__).parents[2] / "docs"

_LINK = re.compile(r"\]\((\.\./tests/[^)#]*)#?([^)]*)\)")

# These sections say how something is used; all other sections of these pages promise something.
_INSTRUCTIONS = {
    "security.md": {"Report a weakness"},
    "tokens.md": {
        "Where tokens are kept",
        "Who needs it",
        "Keys",
        "How much it takes",
        "Looking after sign-ins",
        "A sign-in that was made elsewhere",
        "When the store can't be used",
    },
}


class Line(NamedTuple):
    """A list item, with the lines that continue it, or a row of a table."""

    place: str
    section: str
    text: str


def lines(page: str) -> list[Line]:
    """Return the list items and the rows of a page; the row above a ruler is the head of a table."""
    found: list[Line] = []
    section = ""
    texts = (DOCS / page).read_text().splitlines()
    for number, (text, following) in enumerate(pairwise([*texts, ""]), 1):
        if text.startswith("## "):
            section = text.removeprefix("## ")
        elif text.startswith("- ") or (text.startswith("| ") and not following.startswith("|--")):
            found.append(Line(f"{page}:{number}", section, text))
        elif text.startswith("  ") and found:
            found[-1] = found[-1]._replace(text=f"{found[-1].text} {text.strip()}")
    return found


LINES = [line for page in _INSTRUCTIONS for line in lines(page)]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names of the tests in a file."""
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = (node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.place)
def test_a_link_to_a_test_leads_to_one(line):
    """The file of each link to a test exists, and holds the test that the link names."""
    for path, name in _LINK.findall(line.text):
        assert name in names_in(DOCS / path), f"{path} has no test {name!r}"


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.place)
def test_a_guarantee_names_its_test(line):
    """Each line that promises something links to a test."""
    page = line.place.partition(":")[0]
    if line.section not in _INSTRUCTIONS[page]:
        assert _LINK.search(line.text), line.text


@pytest.mark.parametrize("page", sorted(_INSTRUCTIONS))
def test_the_named_sections_exist(page):
    """A section that was renamed isn't excused by its former name."""
    headings = re.findall(r"^## (.+)$", (DOCS / page).read_text(), re.MULTILINE)
    assert _INSTRUCTIONS[page] <= set(headings)
