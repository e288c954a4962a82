"""Read JSON or YAML that somebody gives, within limits: a hostile text costs little, and no message shows it.

YAML has the numbers and switches of JSON, as in YAML 1.2. What PyYAML would also take for one stays text,
such as 0123, 12_34, 1:30, on and dates, since it may be a password. Aliases are counted as often as
they are used, so that a short text can't stand for a huge one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from watchword.errors import DocumentError
from watchword.findings.codes import finding

if TYPE_CHECKING:
    import yaml

LONGEST_JSON = 4 << 20
"""The most characters of JSON; collections with examples of responses are long."""

LONGEST_YAML = 1 << 19
"""The most characters of YAML, which takes longer to read."""

MOST_VALUES = 200_000
"""The most values in JSON."""

MOST_OF_YAML = 60_000
"""The most values in YAML, each counted as often as an alias repeats it."""

DEEPEST = 100
"""The most levels of lists and mappings."""

_TAG = "tag:yaml.org,2002:"
_TEXT = f"{_TAG}str"
_TAGS = frozenset(
    {_TEXT, *(f"{_TAG}{name}" for name in ("map", "seq", "int", "float", "bool", "null", "merge"))}
)
_WRITTEN = {
    f"{_TAG}timestamp": re.compile(r"(?!)"),
    f"{_TAG}int": re.compile(r"0|-?[1-9][0-9]{0,17}"),
    f"{_TAG}bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
}
"""How the values of a type are written; any other text stays text."""

_FLOAT = f"{_TAG}float"


def is_json(text: str) -> bool:
    """Return whether a text is meant as JSON."""
    return text.lstrip().startswith(("{", "["))


def structure_in(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value that a text of JSON or YAML stands for.

    Raises:
        DocumentError: the text is neither, or exceeds a limit.
    """
    kind, longest, read = ("JSON", LONGEST_JSON, _json) if is_json(text) else ("YAML", LONGEST_YAML, _yaml)
    advice = f"Correct it if it should be {kind}; watchword connections import --help lists the other forms."
    if len(text) > longest:
        raise _unreadable(f"it has more than {longest} characters", "Leave out what isn't needed.")
    content, problem = read(text)
    if problem:
        raise _unreadable(f"it is not valid {kind}: {problem}", advice)
    return content


def _unreadable(problem: str, advice: str) -> DocumentError:
    return DocumentError([finding("import_unreadable", f"The text can't be read: {problem}.", advice=advice)])


def _json(text: str) -> tuple[Any, str]:
    """Return the value and "", or None and the reason why there is none."""
    # A comma, colon or bracket stands between two values: they bound what the values take in memory.
    if sum(map(text.count, ",:[{")) > MOST_VALUES * 2:
        return None, "it has too many values"
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        return None, f"{error.msg} (line {error.lineno}, column {error.colno})"
    except RecursionError:
        return None, "it is nested too deeply"
    except ValueError:
        return None, "it has a number of too many digits"
    return (None, "it is nested too deeply") if _is_too_deep(content) else (content, "")


def _is_too_deep(content: object) -> bool:
    level: list[object] = [content]
    for _ in range(DEEPEST + 1):
        level = [part for item in level for part in _parts(item)]
        if not level:
            return False
    return True


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _yaml(text: str) -> tuple[Any, str]:
    """Return the value and "", or None and the reason why there is none."""
    import yaml  # noqa: PLC0415 - only files that people import are YAML

    loader_type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    problem = ""
    try:
        # Events are read in a loop: composing would recurse into a text of any depth.
        problem = _excess(yaml.parse(text, Loader=loader_type))
        if problem:
            return None, problem
        loader = loader_type(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None, "it is empty"
            _Checked().check(node)
            return loader.construct_document(node), ""
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "its syntax is wrong"
    except yaml.YAMLError:
        problem = "it has a character that YAML doesn't allow"
    except _RefusedError as refused:
        problem = str(refused)
    except ValueError:
        problem = "it has a number that can't be read"
    return None, problem


def _excess(events: Iterable[yaml.Event]) -> str:
    import yaml  # noqa: PLC0415 - as above

    depth = 0
    for count, event in enumerate(events):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            return "it is nested too deeply"
        if count > MOST_OF_YAML:
            return "it has too many values"
    return ""


def _is_as_written(tag: str, text: str) -> bool:
    """Return whether the value of a plain text says the same as the text."""
    if tag == _FLOAT:
        return re.fullmatch(r"-?[0-9]+\.[0-9]+", text) is not None and repr(float(text)) == text
    pattern = _WRITTEN.get(tag)
    return pattern is None or pattern.fullmatch(text) is not None


class _RefusedError(Exception):
    """A text of YAML is refused; the message says why."""


class _Checked:
    """Counts the values below each node once, and multiplies them by how often aliases repeat the node."""

    def __init__(self) -> None:
        self._sizes: dict[int, int] = {}

    def check(self, node: yaml.Node) -> int:
        """Return how many values a node stands for."""
        size = self._sizes.get(id(node))
        if size == 0:
            raise _RefusedError("it contains itself")
        if size is None:
            self._sizes[id(node)] = 0
            size = self._sizes[id(node)] = 1 + sum(map(self.check, self._children(node)))
        if size > MOST_OF_YAML:
            raise _RefusedError("it has too many values")
        return size

    @staticmethod
    def _children(node: yaml.Node) -> list[yaml.Node]:
        if isinstance(node.value, str) and not _is_as_written(node.tag, node.value):
            node.tag = _TEXT
        if node.tag not in _TAGS:
            raise _RefusedError(f"line {node.start_mark.line + 1} has a tag that isn't allowed")
        if isinstance(node.value, str):
            return []
        return [each for part in node.value for each in (part if isinstance(part, tuple) else (part,))]
