"""What the benchmarks share: turns taken in rounds, ratios within a round, and tables."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

SHORTEST_TURN = 0.3  # seconds of processor time; quick contestants repeat their work until then

Prepare = Callable[[], Callable[[], Any]]
"""What a contestant does unwatched; it returns the work that is timed."""


class Turn(NamedTuple):
    """One contestant in one round: seconds a piece of work took, and what the last piece returned."""

    processor: float
    wall: float
    result: Any


class Row(NamedTuple):
    """One line of a table; `met` is None where there is no target."""

    figure: str
    ours: str
    peer: str
    ratio: str
    target: str = ""
    met: bool | None = None


class Ratio(NamedTuple):
    """How many times as long the peer takes: median and range over the rounds, by processor and by wall time."""

    middle: float
    least: float
    most: float
    wall: float

    def __str__(self) -> str:
        return f"{self.middle:.0f} ({self.least:.0f}–{self.most:.0f}; wall {self.wall:.0f})"


def take_turn(prepare: Prepare) -> Turn:
    """Repeat prepared work until it can be timed."""
    pieces, processor, wall, result = 0, 0.0, 0.0, None
    while processor < SHORTEST_TURN:
        work = prepare()
        gc.collect()
        began = process_time(), perf_counter()
        result = work()
        processor += process_time() - began[0]
        wall += perf_counter() - began[1]
        pieces += 1
    return Turn(processor / pieces, wall / pieces, result)


def in_rounds(contestants: Mapping[str, Prepare], rounds: int) -> dict[str, list[Turn]]:
    """Let every contestant take its turn in each round, so that all share the machine's moods."""
    turns: dict[str, list[Turn]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, prepare in contestants.items():
            turns[name].append(take_turn(prepare))
    return turns


def ratio(ours: Sequence[Turn], theirs: Sequence[Turn]) -> Ratio:
    """Compare within each round."""
    pairs = list(zip(ours, theirs, strict=True))
    found = [their.processor / our.processor for our, their in pairs]
    return Ratio(median(found), min(found), max(found), median(their.wall / our.wall for our, their in pairs))


def rate(turns: Sequence[Turn], units: int) -> str:
    """Units of work done in a second of processor time, in words: 5.3 M, 180 k."""
    found = units / median(turn.processor for turn in turns)
    return f"{found / 1e6:.3g} M/s" if found >= 1e6 else f"{found / 1e3:.3g} k/s"


def table(title: str, rows: Sequence[Row], remark: str = "") -> None:
    """Print a section as Markdown."""
    print(f"\n## {title}\n\n| figure | twin | peer | ratio | target | met |\n|---|---|---|---|---|---|")
    for row in rows:
        met = {None: "", True: "yes", False: "**no**"}[row.met]
        print("|", " | ".join((*row[:5], met)), "|")
    if remark:
        print(f"\n{remark}")
