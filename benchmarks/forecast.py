"""Forecasts of weekly counts, from every week of a log on: coverage of the 90 % bands, and scores beside baselines.

``python -m benchmarks.forecast [LOG[=MAPPING] ...] [--by category] [--step 4] [--series]``

Without a log, the one that ships with the twin (three months: no season can be known). Rare series (fewer than one
request in four weeks) count as one. The score is the CRPS in requests; *worse in* names the series in which a baseline
does better.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from twin.logs.mapping import ColumnMap, read_mapping
from twin.logs.read import SHIPPED, read_log
from twin.logs.scores import BASELINES, OURS, Scores, pooled, score
from twin.logs.weeks import weekly_counts


def main() -> None:
    """Print each log, and all of them together."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("logs", nargs="*", default=[SHIPPED[0]])
    words.add_argument("--by", default="subtype", choices=["subtype", "category"])
    words.add_argument("--step", type=int, default=1)
    words.add_argument("--series", action="store_true")
    asked = words.parse_args()
    found = {}
    for given in asked.logs:
        began = perf_counter()
        name, _, mapping = given.partition("=")
        log, _ = read_log(name, read_mapping(Path(mapping)) if mapping else ColumnMap())
        counts = weekly_counts(log, asked.by).pooled()
        found[log.name] = score(counts, step=asked.step)
        _show(f"{log.name}: {len(counts.names)} series, {counts.weeks} weeks", found[log.name], asked.series)
        print(f"  {perf_counter() - began:.0f} s\n", flush=True)
    if len(found) > 1:
        _show("pooled", pooled(found), False)


def _show(title: str, scores: Scores, by_series: bool) -> None:
    print(f"{title}, {len(scores)} cells")
    if not len(scores):
        return
    ahead = ", ".join(f"{weeks}: {share:.3f}" for weeks, share in scores.coverage_by_horizon().items())
    print(f"  coverage of the 90 % band {scores.coverage:.3f} (weeks ahead {ahead})")
    print(f"  PIT, tenths: {' '.join(f'{share:.2f}' for share in scores.pit())} (1.00 each were honest)")
    means, worse = scores.mean_crps(), {name: [] for name in BASELINES}
    for series, name, _, _ in scores.losses():
        worse[name].append(series)
    print(f"  CRPS {OURS:15} {means[OURS]:8.3f}")
    for name in BASELINES:
        print(f"       {name:15} {means[name]:8.3f}  skill {scores.skill(name):+.3f}  worse in {len(worse[name])}"
              f" of {len(np.unique(scores.series))}: {', '.join(worse[name][:6])}")  # fmt: skip
    if by_series:
        inside = scores.coverage_by_series()
        for series, of in scores.crps_by_series().items():
            print(f"    {series[:34]:34} {inside[series]:.3f} " + " ".join(f"{name} {of[name]:.2f}" for name in of))


if __name__ == "__main__":
    main()
