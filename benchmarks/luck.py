"""Common random numbers: for every shipped comparison, the pairs needed against independent seeds.

Runs each scenario's arms with the same seeds and measures, for its primary outcomes, how many pairs it takes to know
the difference from the first arm to within the margin (or 5 % of the first arm, where that is wider), and how many runs
of each arm with seeds of their own. ``python -m benchmarks.luck [N [SCENARIO …]]`` writes docs/shared_luck.md; what is
not named keeps its rows.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from twin.runs.experiment import Experiment, Means, Plan
from twin.runs.luck import shared_luck
from twin.runs.together import together
from twin.scenario.load import load

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "shared_luck.md"
SEEDS = 10
_HEAD = """# What shared luck saves

For every shipped comparison and primary outcome: how many pairs of runs with the same seeds it takes to know the
difference from the first arm to within the margin (or 5 % of the first arm's mean, where that is wider; of the option's
where the first arm's is 0), and how many runs of each arm it would take with seeds of their own. *Times fewer* is the
ratio of the variances. About 1, sharing luck did not help: one of the two arms hardly varies (nothing is done in it,
say), or both answer to the same luck in different ways; below 1 in opposite ways, or few seeds make it look so. An
option without a row is the first arm to the last bit in every pair (a placebo, say), or lacks the outcome in some.

Measured with {seeds} seeds or so, good to a factor of about 1.5 either way; `python -m benchmarks luck` measures
again. Every run folder says the same of itself (`shared_luck` in `comparison.json`, and on the page).

| scenario | outcome | option | wanted | pairs | independent | times fewer |
|---|---|---|---|---|---|---|
"""


def run(seeds: int = SEEDS, files: Sequence[str] = ()) -> None:
    """Measure, and write the page."""
    rows = _held()
    for file in [Path(one) for one in files] or sorted((ROOT / "scenarios").glob("*.yaml")):
        scenario = load(file)
        plan = Plan.of(scenario, None, seeds, None)
        rows[file.stem] = _rows(file.stem, together({file.stem: (scenario, plan)}, Means(jobs=2))[file.stem])
        _write(rows, seeds)
        print(f"{file.stem}: {plan.arms[0]} and {len(plan.arms) - 1} options", file=sys.stderr, flush=True)


def _held() -> dict[str, list[str]]:
    """The rows that the page has, by scenario."""
    lines = PAGE.read_text("utf-8").splitlines() if PAGE.exists() else []
    rows: dict[str, list[str]] = {}
    for line in lines:
        name = line.removeprefix("| ").partition(" |")[0]
        if line.startswith("| ") and name != "scenario":
            rows.setdefault(name, []).append(line)
    return rows


def _write(rows: dict[str, list[str]], seeds: int) -> None:
    lines = [line for name in sorted(rows) for line in rows[name]]
    ends = (line.rpartition("| ")[2].removesuffix(" |") for line in lines)
    ratios = [float(end) for end in ends if end.replace(".", "").isdecimal()]
    told = f"\nMedian over these rows: {median(ratios):.1f} times fewer.\n" if ratios else ""
    PAGE.write_text(_HEAD.format(seeds=seeds) + "\n".join(lines) + "\n" + told, "utf-8")


def _rows(name: str, measured: Experiment) -> list[str]:
    rows = []
    for (arm, metric), one in shared_luck(measured, measured.scenario.primary).items():
        unit = measured.book[metric].unit
        wanted = f"± {one.wanted:.3g}" + (f" {unit}" if unit != "1" else "")
        ratio = "the same in every pair" if one.ratio is None else f"{one.ratio:.1f}"
        counts = ("> 100,000" if count is None else f"{count:,}" for count in (one.pairs, one.independent))
        rows.append(f"| {name} | {metric} | {arm} | {wanted} | {' | '.join(counts)} | {ratio} |")
    return rows


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS, sys.argv[2:])
