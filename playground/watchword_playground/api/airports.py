"""The airports that the playground serves: 3,376 rows of a public data set."""

import csv
from functools import cache
from importlib.util import find_spec
from pathlib import Path

Airport = dict[str, str | float]

_NUMBERS = ("latitude", "longitude")


def _source() -> Path:
    """Return the path of the file without importing its package, which would load pandas."""
    spec = find_spec("vega_datasets")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'vega_datasets'", name="vega_datasets")
    return Path(spec.origin).with_name("_data") / "airports.csv"


# Searched at import, so that a missing package is reported at once and not by the first request.
_SOURCE = _source()


@cache
def airports() -> tuple[Airport, ...]:
    """Return all airports in the order of the file. The rows are shared: don't change them."""
    with _SOURCE.open(encoding="utf-8", newline="") as lines:
        return tuple(_typed(row) for row in csv.DictReader(lines))


def _typed(row: dict[str, str]) -> Airport:
    return {name: float(text) if name in _NUMBERS else text for name, text in row.items()}
