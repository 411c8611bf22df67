"""How well a fit predicts what it has not seen: areas by areas, months by months, and the twin's own reports.

``python -m benchmarks.logs [FOLDER]`` reads every request log in a folder (without one, the log that ships with the
twin), with the mapping of ``docs/mappings/`` whose name its own begins with, fits it on one part and holds it against
the other. Nothing is asserted, and nothing was tuned to any of these files.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.kit import Row, table
from twin.core.columns import Flags, Floats
from twin.core.engine import Engine
from twin.core.marked_yaml import write
from twin.errors import InputError, headline
from twin.logs.batches import batches
from twin.logs.closing import AT_ONCE, Closing
from twin.logs.fit import Fit, fit
from twin.logs.mapping import ColumnMap, read_mapping
from twin.logs.overlay import demand_overlay
from twin.logs.read import read_log
from twin.logs.request_log import RequestLog
from twin.logs.survival import Waits, quantile
from twin.mechanisms import CATALOGUE
from twin.scenario.load import load
from twin.world.build import build_world

ROOT = Path(__file__).resolve().parent.parent
MAPPINGS = ROOT / "docs" / "mappings"
SHIPPED = "boston_311_2011"
SUFFIXES = (".csv", ".gz", ".parquet", ".xlsx", ".json", ".tsv")
HOURS, WEEK = 24, 7
MOST_HOUR, MOST_WEEKDAY = 0.05, 0.04
FEWEST_HELD_BACK = 200
FEWEST_OF_A_TYPE = 10
LARGE_TYPES = 100
REPLICATIONS = 5
ROUNDING = 5e-4


class Split(NamedTuple):
    """A log in two parts: what is fitted, what is held back."""

    name: str
    fitted: RequestLog
    held_back: RequestLog


def main() -> None:
    """Print the tables of every log in a folder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logs", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of request logs (none: the shipped log)")
    folder = parser.parse_args().folder
    logs = [SHIPPED] if folder is None else sorted(str(one) for one in folder.iterdir() if is_log(one))
    for path in logs:
        one_log(path)


def one_log(path: str) -> None:
    """Print what a log's fit predicts."""
    mapping = mapping_of(Path(path).name)
    try:
        log, account = read_log(path, mapping)
    except InputError as reason:
        print(f"\n# {Path(path).name}: not read ({headline(reason.complaints[0], 'en')})")
        return
    print(f"\n# {log.name}: {account.rows} rows, {len(log)} used, {log.first} to {log.last}")
    for split in splits(log):
        table(f"{split.name}: {len(split.fitted)} fitted, {len(split.held_back)} held back", list(held(split)))
    whole = fit(log, account, holidays=mapping.holidays)
    table("the laws of closing", list(laws(whole)))
    table(f"the twin's own reports, {REPLICATIONS} runs of the log's length", list(replicated(whole)))


def is_log(path: Path) -> bool:
    """Whether a file may be a request log, and is no table of rain."""
    return path.suffix in SUFFIXES and "rain" not in path.name


def mapping_of(name: str) -> ColumnMap:
    """Return the mapping whose name is the longest that a log's name begins with."""
    fitting = [one for one in MAPPINGS.glob("*.yaml") if name.startswith(one.stem) and name != SHIPPED]
    return read_mapping(max(fitting, key=lambda one: len(one.stem))) if fitting else ColumnMap()


# -- parts -------------------------------------------------------------------------------------------


def splits(log: RequestLog) -> Iterator[Split]:
    """Cut a log by areas, both ways, and by time: the first two thirds of its days, then the last."""
    names = [name for name in log.area.names if name and name != "unknown"]
    by_size = sorted(names, key=lambda name: -int(log.area.are(name).sum()))
    halves = log.area.are(*by_size[::2]), log.area.are(*by_size[1::2])
    for name, (one, other) in (("areas, one half by the other", halves), ("areas, the other way", halves[::-1])):
        if len(by_size) > 1 and other.sum() >= FEWEST_HELD_BACK:
            yield Split(name, log.only(one), log.only(other))
    early = log.day < log.days * 2 // 3
    yield Split("months, the last third by the first two", log.only(early), log.only(~early))


def held(split: Split) -> Iterator[Row]:
    """Compare a part that was fitted with the one that was held back."""
    found = fit(split.fitted, read_log(SHIPPED)[1], bands=False)
    batch = batches(split.held_back)
    yield hours_row("hour profile", found, split.held_back)
    yield weekdays_row("weekday profile", found, split.held_back)
    if batch.any():
        without = split.held_back.only(~batch)
        yield hours_row(f"hour profile without {batch.sum()} entered in batches", found, without)
        yield weekdays_row("weekday profile without them", found, without)
    yield from medians_rows(found, split)


def hours_row(name: str, found: Fit, other: RequestLog) -> Row:
    """Distance of the hours of the day."""
    if found.log.date_only or other.date_only:
        return Row(f"{name}, total variation", "only dates are known", "", "")
    ours = hours_of(found)
    theirs = shares(other.hour, HOURS)
    gap, noise = variation(ours, theirs), sampling_noise(theirs, len(other))
    return Row(
        f"{name}, total variation", f"{gap:.3f}", f"{noise:.3f} by chance", "", f"≤ {MOST_HOUR}", gap <= MOST_HOUR
    )


def hours_of(found: Fit) -> Floats:
    """Return the hours of a fit over a week, as its categories and weekdays mix them."""
    total = np.zeros(HOURS)
    for one in found.arrivals.categories:
        if one.workday_hours is not None and one.rest_hours is not None:
            workdays = float(one.weekdays[:5].sum())
            total += one.per_day * (workdays * one.workday_hours + (WEEK - workdays) * one.rest_hours)
    return total / total.sum()


def weekdays_row(name: str, found: Fit, other: RequestLog) -> Row:
    """Distance of the weekdays, each by its mean a day."""
    ours = sum((one.per_day * one.weekdays for one in found.arrivals.categories), np.zeros(WEEK))
    days = np.bincount((other.first.weekday() + np.arange(other.days)) % WEEK, minlength=WEEK)
    theirs = np.bincount(other.weekday, minlength=WEEK) / np.maximum(days, 1)
    gap = variation(ours / ours.sum(), theirs / theirs.sum())
    noise = sampling_noise(theirs / theirs.sum(), len(other))
    return Row(f"{name}, total variation", f"{gap:.3f}", f"{noise:.3f} by chance", "", f"≤ {MOST_WEEKDAY}",
               gap <= MOST_WEEKDAY)  # fmt: skip


def variation(one: Floats, other: Floats) -> float:
    """Total variation between two profiles."""
    return 0.5 * float(np.abs(one - other).sum())


def sampling_noise(profile: Floats, rows: int) -> float:
    """Return what the distance would be on average if the profile were true and only the sample small."""
    return float(0.5 * np.sum(np.sqrt(2 * profile * (1 - profile) / (math.pi * max(rows, 1)))))


def shares(values: np.ndarray, size: int) -> Floats:
    """Return the share of each value."""
    return np.bincount(values, minlength=size) / max(len(values), 1)


def medians_rows(found: Fit, split: Split) -> Iterator[Row]:
    """Predict medians by type: by the twin's closing laws, and by the plain medians of the part that was fitted."""
    all_pairs = (medians(one, split.held_back) for one in found.closings)
    pairs = [pair for pair in all_pairs if pair is not None]
    for name, kept in (
        ("types", pairs),
        (f"types of ≥ {LARGE_TYPES} requests", [p for p in pairs if p[3] >= LARGE_TYPES]),
    ):
        if kept:
            found_medians = np.log(np.array([pair[:3] for pair in kept]))
            ours, naive = np.abs(found_medians[:, :2] - found_medians[:, 2:]).mean(axis=0).tolist()
            figure = f"medians of {len(kept)} {name}, mean abs. ln ratio"
            ratio = f"{ours / naive:.2f}" if naive else ""
            yield Row(figure, f"{ours:.3f}", f"{naive:.3f} naive", ratio, "≤ naive", ours <= naive + ROUNDING)


def medians(one: Closing, other: RequestLog) -> tuple[float, float, float, int] | None:
    """Return the twin's, the naive and the true median of a type in hours (≥ a quarter), and how many were fitted."""
    rows = other.category.are(one.category) & other.subtype.are(one.subtype)
    waits = Waits.of(other.hours_to_close[rows], other.hours_open[rows])
    if len(waits) < FEWEST_OF_A_TYPE:
        return None
    found = [max(hours, AT_ONCE) for hours in (one.quantile(0.5), one.median_hours, quantile(waits, 0.5))]
    return (*found, one.requests) if np.isfinite(found).all() else None  # type: ignore[return-value]


# -- laws and own reports ----------------------------------------------------------------------------


def laws(found: Fit) -> Iterator[Row]:
    """Say how often the chosen laws lie within the bootstrap band."""
    told = [one for one in found.closings if one.law is not None and one.band is not None and one.requests >= 30]
    if not told:
        yield Row("types with 30 closings or more", "none", "", "")
        return
    names = [one.law.name for one in told if one.law is not None]
    chosen = ", ".join(
        f"{name} {names.count(name)}" for name in sorted(set(names), key=lambda name: -names.count(name))
    )
    yield Row(f"laws of {len(told)} types (≥ 30 requests)", chosen, "", "")
    yield Row("within the bootstrap band", f"{np.mean([one.within_band for one in told]):.0%}", "", "")
    yield Row("distance (KS), median and largest", f"{np.median([one.distance for one in told]):.3f}, "
              f"{max(one.distance for one in told):.3f}", "", "")  # fmt: skip


def replicated(found: Fit) -> Iterator[Row]:
    """Run the hotline on the fit for as long as the log, and compare what it makes with the log."""
    log = found.log
    runs = [own_reports(found, seed) for seed in range(1, REPLICATIONS + 1)]
    workday = np.array([(log.first.weekday() + day) % WEEK < 5 for day in range(log.days)])
    counts = np.bincount(log.day, minlength=log.days)
    pairs = [
        ("requests a day", counts.mean(), [run.counts.mean() for run in runs]),
        ("Fano factor of Monday to Friday", fano(counts[workday]), [fano(run.counts[workday]) for run in runs]),
        ("Fano factor of all days", fano(counts), [fano(run.counts) for run in runs]),
        ("correlation with the next day", next_day(counts), [next_day(run.counts) for run in runs]),
        ("repeats, share", float(found.repeats.located_share * found.repeats.share), [run.repeats for run in runs]),
    ]
    for name, true, ours in pairs:
        yield Row(name, f"{np.median(ours):.3g} ({min(ours):.3g}–{max(ours):.3g})", f"{true:.3g} in the log", "")
    if not log.date_only:
        mine = np.mean([run.hours for run in runs], axis=0)
        yield Row("hour profile, total variation", f"{variation(mine, shares(log.hour, HOURS)):.3f}", "", "")
    mine = np.mean([run.weekdays for run in runs], axis=0)
    yield Row("weekday profile, total variation", f"{variation(mine, shares(log.weekday, WEEK)):.3f}", "", "")


class Made(NamedTuple):
    """What a run made: reports of each day, share of each hour and weekday, share of repeats."""

    counts: np.ndarray
    hours: Floats
    weekdays: Floats
    repeats: float


def own_reports(found: Fit, seed: int) -> Made:
    """Live through the log's days with the hotline alone."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "demand.yaml"
        base.write_text(write(demand_overlay(found, "benchmark")), encoding="utf-8")
        scenario = Path(folder) / "run.yaml"
        scenario.write_text(f"version: 1\nextends: demand.yaml\ndays: {found.log.days}\nstart: {found.log.first}\n"
                            f"hotline: {{reports_per_day: {level(found)} /day}}\n"
                            "population: {residents: 500}\narms: {alone: {}}\n", encoding="utf-8")  # fmt: skip
        plan = load(scenario)
    arm = plan.arms["alone"]
    world = build_world(plan, arm, seed)
    others = [name for name in CATALOGUE if name != "hotline"]
    Engine(world, list(CATALOGUE.values()), arm.blocks, seed, others).run()
    created = world.tables["tickets"].created
    duplicate: Flags = world.tables["tickets"].duplicate
    day = (created // 1440).astype(np.int64)
    return Made(
        counts=np.bincount(day, minlength=found.log.days)[: found.log.days],
        hours=shares((created % 1440 // 60).astype(np.int64), HOURS),
        weekdays=shares((found.log.first.weekday() + day) % WEEK, WEEK),
        repeats=float(duplicate.mean()),
    )  # fmt: skip


def level(found: Fit) -> float:
    """Return the level at which the fit brings as many as the log did; its own is that of the log's last year."""
    profiles = found.arrivals.categories
    expected = sum(float(one.daily(found.arrivals.days).sum()) for one in profiles)
    return sum(one.per_day for one in profiles) * len(found.log) / expected


def fano(counts: Sequence[float] | np.ndarray) -> float:
    """Variance over mean."""
    return float(np.var(counts, ddof=1) / np.mean(counts))


def next_day(counts: np.ndarray) -> float:
    """Correlation of a count with the next day's, after the means of weekdays are taken out."""
    weekday = np.arange(len(counts)) % WEEK
    mean = np.bincount(weekday, counts, WEEK) / np.bincount(weekday, minlength=WEEK)
    off = counts - mean[weekday]
    return float(np.corrcoef(off[:-1], off[1:])[0, 1])


if __name__ == "__main__":
    main()
