"""A program: print the branch coverage of the core by room, from the data that the tests have left.

`COVERAGE_FILE` names the data. There is no bar: the figures are for readers.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from coverage import Coverage

from tests.support.import_graph import room

COUNTS = ["num_statements", "covered_lines", "num_branches", "covered_branches"]


def room_of(path: str) -> str:
    """Return the room of an installed file."""
    inner = path.rpartition("watchword/")[2].removesuffix(".py").removesuffix("/__init__")
    return room("watchword" if inner == "__init__" else f"watchword.{inner.replace('/', '.')}")


def summaries() -> dict[str, dict[str, int]]:
    """Return the figures of each file, from coverage's own report."""
    measured = Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "coverage.json")
        measured.json_report(outfile=str(path))
        return {name: file["summary"] for name, file in json.loads(path.read_text())["files"].items()}


def main() -> None:
    rooms: dict[str, Counter[str]] = defaultdict(Counter)
    for path, summary in summaries().items():
        counts = {key: summary[key] for key in COUNTS}
        rooms[room_of(path)].update(counts)
        rooms["(all)"].update(counts)
    print("Branch coverage of the core by room")  # noqa: T201 - this program prints
    for name in sorted(rooms, reverse=True):
        statements, lines, branches, taken = (rooms[name][key] for key in COUNTS)
        percent = 100 * (lines + taken) / (statements + branches)
        figures = f"{lines:5} of {statements:5} lines  {taken:5} of {branches:5} branches"
        print(f"{name:12} {percent:4.0f} %  {figures}")  # noqa: T201 - this program prints


if __name__ == "__main__":
    main()
