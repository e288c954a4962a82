"""The measurement, tables and chart that the benchmarks share."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROUNDS = 21

ROUND_SECONDS = 0.01
"""How long one contender runs in one round, in seconds."""

CHART = Path(__file__).parents[1] / "docs" / "benchmarks.svg"

Contenders = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Comparison:
    """The median time of one call of each contender, in seconds. The first contender is the baseline."""

    title: str
    seconds: Mapping[str, float]

    @property
    def baseline(self) -> float:
        """The first contender's median."""
        return next(iter(self.seconds.values()))


def compare(title: str, contenders: Contenders) -> Comparison:
    """Measure each contender against the first, in one process.

    Rounds are interleaved, so that the machine's noise affects all contenders equally.
    """
    gc.collect()
    gc.freeze()  # so that the garbage collector doesn't search the objects of the peers' libraries
    calls = {name: _calls(run) for name, run in contenders.items()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            started = time.perf_counter()
            for _ in range(calls[name]):
                run()
            times[name].append((time.perf_counter() - started) / calls[name])
    return Comparison(title, {name: statistics.median(values) for name, values in times.items()})


def _calls(run: Callable[[], object]) -> int:
    """Return how many calls fill a round. The first calls warm up."""
    run()
    started = time.perf_counter()
    run()
    return max(1, int(ROUND_SECONDS / max(time.perf_counter() - started, 1e-6)))


def show(comparison: Comparison) -> None:
    """Print the table of a comparison."""
    first = next(iter(comparison.seconds))
    table = Table(comparison.title, "µs", "more, µs", f"times {first}")
    for name, seconds in comparison.seconds.items():
        more = f"{(seconds - comparison.baseline) * 1e6:+,.1f}"
        table.add_row(name, f"{seconds * 1e6:,.1f}", more, f"{seconds / comparison.baseline:.2f}")
    Console().print(table)


def draw(comparisons: list[Comparison]) -> None:
    """Draw all comparisons into one chart, each as a group of bars, on a logarithmic axis."""
    import matplotlib as mpl  # noqa: PLC0415 - imported only to draw a chart
    from matplotlib.figure import Figure  # noqa: PLC0415 - imported only to draw a chart

    mpl.rcParams["svg.hashsalt"] = "watchword"  # the same figures give the same file
    rows = sum(len(comparison.seconds) + 1 for comparison in comparisons)
    figure = Figure(figsize=(9, 0.27 * rows + 0.8), layout="constrained")
    axes = figure.subplots()
    labels: list[str] = []
    for comparison in comparisons:
        labels.append(comparison.title)
        for name, seconds in comparison.seconds.items():
            colour = "#1f6f5c" if name.startswith("watchword") else "#b9c4c0"
            axes.barh(len(labels), seconds * 1e6, color=colour)
            axes.text(seconds * 1e6 * 1.06, len(labels), f"{seconds * 1e6:,.1f}", va="center", fontsize=7)
            labels.append(name)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    titles = {comparison.title for comparison in comparisons}
    for label in axes.get_yticklabels():
        if label.get_text() in titles:
            label.set_fontweight("bold")
    axes.set_xscale("log")
    axes.set_xlabel("µs for one request (logarithmic)")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(CHART, metadata={"Date": None})
