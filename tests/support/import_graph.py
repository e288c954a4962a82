"""The tree drawn from its imports: which module imports which, the rooms' order, circles and floors.

`python -m tests.support.import_graph` prints every room with its floor and the rooms that it imports.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ["core", "playground", "provider", "dagster_integration"]
"""The roots of the wheel's four packages."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Arrow:
    """One module imports another, in a line of its file."""

    source: str
    target: str
    line: int = 0
    is_lazy: bool = False
    """Whether the import stands inside a function."""

    def __str__(self) -> str:
        return f"{self.source}:{self.line} -> {self.target}"


def modules() -> dict[str, Path]:
    """Return the files of the four packages by the names of their modules."""
    files = {}
    for folder in (ROOT / name for name in FOLDERS):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            files[".".join(parts).removesuffix(".__init__")] = path
    return files


def arrows(files: Mapping[str, Path], known: Collection[str] = ()) -> list[Arrow]:
    """Return every import of the files: at their top, inside functions, and for types alone.

    Args:
        files: the files to read, by the names of their modules.
        known: the modules that exist, those of the files if left out.
    """
    return [each for name, path in files.items() for each in _arrows_of(name, path, known or files.keys())]


def _arrows_of(name: str, path: Path, known: Collection[str]) -> Iterator[Arrow]:
    tree = ast.parse(path.read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    lazy = {inner for node in ast.walk(tree) if isinstance(node, functions) for inner in ast.walk(node)}
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        for target in _targets(node, package, known):
            if target != name:
                yield Arrow(name, target, getattr(node, "lineno", 0), node in lazy)


def _targets(node: ast.AST, package: str, known: Collection[str]) -> Iterator[str]:
    """Yield the modules that a statement or a call imports; a name of a module counts as the module."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            above = package.split(".")[: 1 - level or None] if level else []
            origin = ".".join([*above, *([module] if module else [])])
            inner = [f"{origin}.{alias.name}" for alias in names]
            yield from (name if name in known else origin for name in inner)
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[name, *_]):
            if called in {"import_module", "__import__"}:
                yield from _computed(name, known)


def _computed(name: ast.expr, known: Collection[str]) -> Iterator[str]:
    """Yield what `import_module` may import: for an f-string, each module whose name begins like it."""
    match name:
        case ast.Constant(value=str(literal)):
            yield literal
        case ast.JoinedStr(values=[ast.Constant(value=str(beginning)), *_]):
            yield from (each for each in known if each.startswith(beginning))
        case unread:
            yield f"<{ast.unparse(unread)}>"


def room(module: str) -> str:
    """Return a module's room: in the core its folder or the loose module, elsewhere its package."""
    package, *inner = module.split(".")
    return inner[0] if package == "watchword" and inner else package


def arrows_up(drawn: Iterable[Arrow], order: Sequence[str]) -> list[Arrow]:
    """Return the arrows that lead to a higher room, and those of or to a room that the order doesn't list."""
    height = {name: number for number, name in enumerate(order)}
    return [
        arrow
        for arrow in drawn
        if height.get(room(arrow.target), len(order)) > height.get(room(arrow.source), -1)
    ]


def circle(pairs: Iterable[Pair]) -> list[str]:
    """Return names that lead to each other in a circle; an empty list if there is no circle."""
    try:
        graphlib.TopologicalSorter(_graph(pairs)).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])[::-1]
    return []


def floors(pairs: Iterable[Pair]) -> dict[str, int]:
    """Return the floor of each room: one above the highest room that it imports."""
    graph = _graph((room(source), room(target)) for source, target in pairs)
    found: dict[str, int] = {}
    for name in graphlib.TopologicalSorter(graph).static_order():
        found[name] = 1 + max((found[lower] for lower in graph.get(name, ())), default=0)
    return found


def _graph(pairs: Iterable[Pair]) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = defaultdict(set)
    for source, target in pairs:
        graph[source] |= {target} - {source}
    return graph


def main() -> None:
    """Print the rooms, the highest first, and how many rooms, floors and arrows between rooms there are."""
    files = modules()
    roomless = {"watchword", "watchword.__main__", "watchword.playground"}  # as in tests/core/test_imports.py
    known = files.keys() - roomless
    pairs = [(each.source, each.target) for each in arrows(files) if {each.source, each.target} <= known]
    rooms = {(room(source), room(target)) for source, target in pairs}
    between = {(source, target) for source, target in rooms if source != target}
    if around := circle(pairs) or circle(between):
        sys.exit(f"a circle: {' -> '.join(around)}")
    floor = floors(pairs)
    for name in sorted(floor, key=lambda name: (-floor[name], name)):
        below = sorted(target for source, target in between if source == name)
        print(f"{floor[name]:3}  {name:38} {' '.join(below)}")  # noqa: T201 - this program prints
    print(f"{len(floor)} rooms, {max(floor.values())} floors, {len(between)} arrows")  # noqa: T201 - as above


if __name__ == "__main__":
    main()
