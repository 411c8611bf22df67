"""What the figures are drawn from: each arm's tickets boiled down, run by run, to a few small arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twin.core.columns import Floats, Values
from twin.errors import Words
from twin.report.text import Scale, Writer, time_scale
from twin.runs.compare import Estimate, estimate
from twin.world.build import DEFAULT_CATEGORIES

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment
    from twin.runs.store import RunFolder

HOUR = 60.0
HOURS_A_DAY = 24
HOURS_A_WEEK = 168
GROUPINGS = ("age_group", "channel", "category")
SHORTEST, LONGEST = 0.01, 10_000.0
EDGES: Floats = np.geomspace(SHORTEST, LONGEST, 6001)
"""Ends of the bins in which times to close are counted [h]; neighbours differ by a quarter of a per cent."""

WEEKDAYS = Words("Mon Tue Wed Thu Fri Sat Sun", "一 二 三 四 五 六 日")
GROUPS: Mapping[str, Words] = {
    "child": Words("children", "儿童"), "youth": Words("aged 15-34", "青年"), "adult": Words("aged 35-64", "中年"),
    "elder": Words("aged 65+", "老年"), "staff": Words("staff", "工作人员"), "phone": Words("by phone", "电话"),
    "app": Words("by app", "手机端"), "walk_in": Words("in person", "上门"), "patrol": Words("on patrol", "巡查"),
}  # fmt: skip

Columns = Mapping[str, Values]


@dataclass(frozen=True)
class Calendar:
    """As much of the scenario's time as the profiles need."""

    first_weekday: int
    warm_up_days: int
    days: int

    @property
    def hours(self) -> Floats:
        """Full hours of the measuring window, from the run's start [h]; whole weeks where there is one.

        A weekday that came once more than the others would show its own trend as a step at its midnight.
        """
        first, end = self.warm_up_days * HOURS_A_DAY, self.days * HOURS_A_DAY
        weeks = (end - first) // HOURS_A_WEEK
        return np.arange(first, first + weeks * HOURS_A_WEEK if weeks else end, dtype=np.float64)

    def hour_of_week(self, hours: Floats) -> Values:
        """Return the hour of the week, 0 is Monday from 0 to 1 o'clock."""
        return (hours.astype(np.int64) + self.first_weekday * HOURS_A_DAY) % HOURS_A_WEEK


@dataclass
class Profile:
    """One arm, all runs together.

    ``counts`` (bins,) are tickets by time to close, see :data:`EDGES`; ``backlog`` (168,) is the mean number
    of tickets whose work is not done, by hour of the week; ``waits[grouping][group]`` holds the mean hours
    to close of the group, one a run.
    """

    counts: Values = field(default_factory=lambda: np.zeros(len(EDGES) - 1, np.int64))
    backlog: Floats = field(default_factory=lambda: np.zeros(HOURS_A_WEEK))
    waits: dict[str, dict[str, list[float]]] = field(default_factory=lambda: {name: {} for name in GROUPINGS})
    runs: int = 0

    def add(self, tickets: Columns, calendar: Calendar) -> None:
        """Take in the tickets of one more run."""
        counted = ~np.isnan(tickets["hours_to_close"])
        hours = tickets["hours_to_close"][counted]
        self.counts += np.histogram(np.clip(hours, SHORTEST, LONGEST), EDGES)[0]
        self.runs += 1
        self.backlog += (_backlog(tickets, calendar) - self.backlog) / self.runs
        for grouping, waits in self.waits.items():
            for group, mean in _means_by(tickets[grouping][counted], hours):
                waits.setdefault(group, []).append(mean)

    @property
    def share_done(self) -> Floats:
        """Share of tickets done by the end of each bin (bins,)."""
        return np.cumsum(self.counts) / max(int(self.counts.sum()), 1)

    def quantile(self, share: float) -> float | None:
        """Return the time within which this share is done [h]; ``None`` without tickets."""
        if not self.counts.any():
            return None
        return float(np.sqrt(EDGES[:-1] * EDGES[1:])[np.searchsorted(self.share_done, share)])

    def wait(self, grouping: str, group: str) -> Estimate | None:
        """Return the mean hours to close of a group over the runs; ``None`` if some run had none of it."""
        means = self.waits[grouping].get(group, [])
        return estimate(means) if means and len(means) == self.runs else None


def profiles_of(experiment: Experiment, folder: RunFolder) -> dict[str, Profile]:
    """Return the profile of every arm, from the tickets that the folder keeps."""
    scenario = experiment.scenario
    calendar = Calendar(scenario.start.weekday(), scenario.warm_up_days, scenario.days)
    return {
        arm: profile(calendar, (tickets for _, tickets in folder.table_of("tickets", arm))) for arm in experiment.arms
    }


def profile(calendar: Calendar, runs: Iterable[Columns]) -> Profile:
    """Boil down the tickets of an arm's runs."""
    found = Profile()
    for tickets in runs:
        found.add(tickets, calendar)
    return found


@dataclass(frozen=True)
class Material:
    """What the figures and tables of one language are made from."""

    experiment: Experiment
    profiles: Mapping[str, Profile]
    lang: str

    @cached_property
    def writer(self) -> Writer:
        """Whoever finds the words."""
        return Writer(self.experiment, self.lang)

    @property
    def shown(self) -> tuple[str, ...]:
        """The options, or the only arm."""
        return self.experiment.arms[1:] or self.experiment.arms

    def groups(self) -> list[tuple[str, str]]:
        """Return (grouping, group) for all groups of which every arm has tickets, in their usual order."""
        profiles = [self.profiles[arm] for arm in self.experiment.arms]
        usual = [*GROUPS, *(self.experiment.scenario.categories or DEFAULT_CATEGORIES)]
        place = {name: number for number, name in enumerate(usual)}
        return [
            (grouping, group)
            for grouping in GROUPINGS
            for group in sorted(groups_of(profiles, grouping), key=lambda group: place.get(group, len(usual)))
        ]

    def waits_scale(self) -> Scale:
        """Return the one scale in which the waits of all groups and arms are shown."""
        rows = self.groups()
        found = [self.profiles[arm].wait(*row) for arm in self.experiment.arms for row in rows]
        return time_scale([one.mean for one in found if one is not None])

    def group(self, name: str) -> str:
        """Return what a group of reporters or tickets is called."""
        kinds = (self.experiment.scenario.categories.get(name), DEFAULT_CATEGORIES.get(name))
        titles = (*(kind.title for kind in kinds if kind), *([GROUPS[name]] if name in GROUPS else ()))
        return next((title[self.lang] for title in titles if title[self.lang]), name.replace("_", " "))


def groups_of(profiles: Sequence[Profile], grouping: str) -> list[str]:
    """Return the groups of which every arm has tickets in every run, if there are at least two."""
    common = [
        group
        for group in sorted({group for one in profiles for group in one.waits[grouping]})
        if all(one.wait(grouping, group) is not None for one in profiles)
    ]
    return common if len(common) > 1 else []


def _backlog(tickets: Columns, calendar: Calendar) -> Floats:
    """Mean number of tickets whose work is not done, by hour of the week (168,)."""
    hours = calendar.hours
    ended = np.fmin(np.fmin(tickets["done"], tickets["merged"]), tickets["abandoned"])
    born, gone = np.sort(tickets["created"]), np.sort(ended)  # NaN, never, sorts last
    opened = np.searchsorted(born, hours * HOUR, side="right") - np.searchsorted(gone, hours * HOUR, side="right")
    when = calendar.hour_of_week(hours)
    sums = np.bincount(when, opened, HOURS_A_WEEK)
    return sums / np.maximum(np.bincount(when, minlength=HOURS_A_WEEK), 1)


def _means_by(groups: Values, hours: Floats) -> list[tuple[str, float]]:
    names, places = np.unique(groups, return_inverse=True)
    means = np.bincount(places, hours, len(names)) / np.maximum(np.bincount(places, minlength=len(names)), 1)
    return list(zip(map(str, names), means.tolist(), strict=True))
