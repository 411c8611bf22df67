"""End to end: departments fitted on one part of a request log foretell when the other part is closed.

``python -m benchmarks.end_to_end [LOG [OTHER]] [--map MAPPING] [--jobs N]``

Without a log, the one that ships with the twin. With two logs, the first is calibrated on and the second foretold.
What is printed: per agency median, 90th percentile and share in time, logged and foretold (with the ensemble's 90 %
band), beside the naive forecast, the first part's own median, 90th percentile and share; the errors of both (of
hours in logarithms, of shares as they are), and 95 % intervals of their difference when days are drawn again.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from twin.calibration.foretell import MEASURES, Comparison
from twin.calibration.parts import Part, area_parts, foretold_parts, log_parts, month_parts, overall
from twin.logs.mapping import ColumnMap, read_mapping
from twin.logs.read import SHIPPED, read_log


def main() -> None:
    """Print every way of cutting the log in two."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("logs", nargs="*", default=[SHIPPED[0]])
    words.add_argument("--map", dest="mapping")
    words.add_argument("--jobs", type=int, default=1)
    asked = words.parse_args()
    chosen = read_mapping(Path(asked.mapping)) if asked.mapping else ColumnMap()
    logs = [read_log(name, chosen)[0] for name in asked.logs[:2]]
    logs = [log.only(~log.channel.are("Employee Generated", "patrol")) for log in logs]
    ways = log_parts(*logs) if len(logs) > 1 else [*area_parts(logs[0]), *month_parts(logs[0])]
    for name, parts in ways:
        began = perf_counter()
        found = _foretold(parts, asked.jobs)
        _show(name, found)
        print(f"  {perf_counter() - began:.0f} s\n", flush=True)


def _foretold(parts: list[Part], jobs: int) -> list[Comparison]:
    if jobs == 1:
        return list(foretold_parts(parts))
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        return [one for found in pool.map(partial(_one), parts) for one in found]


def _one(part: Part) -> list[Comparison]:
    return list(foretold_parts([part]))


def _show(name: str, found: list[Comparison]) -> None:
    print(name)
    print(f"  {'agency':10} {'n':>5} {'':9} {'logged':>9} {'twin':>9} {'90 % band':>21} {'naive':>9}"
          f" {'error':>7} {'naive':>7}  difference (95 %)")  # fmt: skip
    for one in found:
        for measure in MEASURES:
            _show_row(one, measure)
    for measure in MEASURES:
        ours, theirs, (low, high) = overall(found, measure)
        print(f"  {'all':10} {'':5} {measure:9} {'':51} {ours:7.3f} {theirs:7.3f}  {low:+.3f} {high:+.3f}")


def _show_row(one: Comparison, measure: str) -> None:
    logged, twin, naive = (getattr(answer, measure) for answer in (one.logged, one.twin, one.naive))
    (least, most), (low, high) = one.band[measure], one.interval(measure)
    label = f"{one.agency[:10]:10} {one.requests:5}" if measure == MEASURES[0] else " " * 16
    print(f"  {label} {measure:9} {logged:9.2f} {twin:9.2f} {least:10.2f} {most:10.2f} {naive:9.2f}"
          f" {one.errors[measure]:7.3f} {one.naive_errors[measure]:7.3f}  {low:+.3f} {high:+.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
