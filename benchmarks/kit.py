"""What the benchmarks share: turns taken in rounds, ratios within a round, and tables."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import process_time
from typing import Any, NamedTuple

SHORTEST_TURN = 1.0  # seconds of processor time; quick contestants repeat their work until then

Prepare = Callable[[], Callable[[], Any]]
"""What a contestant does unwatched; it returns the work that is timed."""


class Turn(NamedTuple):
    """One contestant in one round: processor seconds a piece of work took, and what the last piece returned."""

    seconds: float
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
    """How many times as long the peer takes: median and range of the rounds, and its best round to our best."""

    middle: float
    least: float
    most: float
    best: float

    def __str__(self) -> str:
        return f"{self.middle:.0f} ({self.least:.0f}–{self.most:.0f}; best {self.best:.0f})"


def take_turn(prepare: Prepare) -> Turn:
    """Repeat prepared work until it can be timed."""
    pieces, seconds, result = 0, 0.0, None
    while seconds < SHORTEST_TURN:
        work = prepare()
        gc.collect()
        began = process_time()
        result = work()
        seconds += process_time() - began
        pieces += 1
    return Turn(seconds / pieces, result)


def in_rounds(contestants: Mapping[str, Prepare], rounds: int) -> dict[str, list[Turn]]:
    """Let every contestant take its turn in each round, so that all share the machine's moods."""
    turns: dict[str, list[Turn]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, prepare in contestants.items():
            turns[name].append(take_turn(prepare))
    return turns


def ratio(ours: Sequence[Turn], theirs: Sequence[Turn]) -> Ratio:
    """Compare within each round; a busy neighbour spoils a round, and seldom the best one."""
    found = [their.seconds / our.seconds for our, their in zip(ours, theirs, strict=True)]
    return Ratio(median(found), min(found), max(found), fastest(theirs) / fastest(ours))


def fastest(turns: Sequence[Turn]) -> float:
    """Seconds of the best round."""
    return min(turn.seconds for turn in turns)


def rate(turns: Sequence[Turn], units: int) -> str:
    """Units of work done in a second of processor time, in words: 5.3 M, 180 k."""
    found = units / median(turn.seconds for turn in turns)
    return f"{found / 1e6:.3g} M/s" if found >= 1e6 else f"{found / 1e3:.3g} k/s"


def table(title: str, rows: Sequence[Row], remark: str = "") -> None:
    """Print a section as Markdown."""
    print(f"\n## {title}\n\n| figure | twin | peer | ratio | target | met |\n|---|---|---|---|---|---|")
    for row in rows:
        met = {None: "", True: "yes", False: "**no**"}[row.met]
        print("|", " | ".join((*row[:5], met)), "|")
    if remark:
        print(f"\n{remark}")
