"""The desk of a run, ready to be asked what it would have done with a log's own requests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.calibration.docket import Docket, dockets
from twin.core.clock import DAY_MINUTES, Clock
from twin.core.columns import Flags, Floats, Ints, Keys
from twin.core.draws import stream_id, uniforms
from twin.desk.desk import Desk
from twin.desk.settings import DeskSettings, Service
from twin.errors import InputError
from twin.logs.channels import standard_channel
from twin.logs.fit import scenario_names
from twin.logs.request_log import Labels, RequestLog
from twin.world.tables import CHANNELS

if TYPE_CHECKING:
    from twin.scenario.resolved import Scenario


FEWEST_CLOSED = 30


@dataclass(frozen=True)
class Knobs:
    """What is estimated of a desk whose roster is known.

    `pace` multiplies the hands-on hours of the scenario; `misroute` is the chance that a dispatch goes astray.
    """

    pace: float
    misroute: float


@dataclass(frozen=True, eq=False)
class Office:
    """The desk of one arm: its levers, the categories with their classes (categories,), and its ground.

    `side_km` and `grids` stand for the map: where in the neighbourhood a request of the log was is not known.
    """

    arm: str
    settings: DeskSettings
    categories: tuple[str, ...]
    titles: Mapping[str, tuple[str, str]]
    priority: Ints
    holidays: str
    side_km: float
    grids: int

    @classmethod
    def of(cls, scenario: Scenario, arm: str = "") -> Office:
        """The desk of an arm, the first if none is named."""
        from twin.world.build import DEFAULT_CATEGORIES

        name = arm or next(iter(scenario.arms))
        blocks = scenario.arm(name).blocks
        categories = scenario.categories or DEFAULT_CATEGORIES
        ground = blocks["population"]
        titles = {key: (one.title.en, one.title.zh) for key, one in categories.items()}
        priority = np.array([one.priority for one in categories.values()], np.int64)
        return cls(name, blocks["desk"], tuple(categories), titles, priority, scenario.holidays, ground.side_km,
                   ground.grids)  # fmt: skip

    def category_of(self, log: RequestLog) -> dict[str, str]:
        """The scenario's category of each of the log's that it has: by name, by title, or by the name of a fit."""
        fitted = scenario_names(log.category.names)
        by_title = {title: key for key, titles in self.titles.items() for title in titles if title}
        found = {}
        for word in log.category.names:
            known = next((name for name in (word, by_title.get(word), fitted[word]) if name in self.categories), None)
            if known is not None:
                found[word] = known
        if not found:
            raise InputError.of("D602", log=log.category.names, known=self.categories)
        return found

    def named(self, log: RequestLog) -> RequestLog:
        """The requests of a log that are the scenario's business, under its names and of one desk."""
        names = self.category_of(log)
        kept = log.only(log.category.are(*names))
        return replace(kept, category=kept.category.renamed(names), agency=Labels.empty(len(kept)))

    def docket_of(self, log: RequestLog) -> Docket:
        """The same as a docket, whose types are the scenario's categories; `log` is that of :meth:`named`.

        What was closed nobody knows when is not in it.
        """
        docket = dockets(replace(log, subtype=log.category))[0]
        number = np.array([self.categories.index(name) for name in docket.names], np.int64)
        return replace(docket, names=self.categories, kind=number[docket.kind])

    def knobs(self) -> Knobs:
        """The knobs as the scenario has them."""
        return Knobs(1.0, self.settings.misroute_chance)

    def turned(self, knobs: Knobs) -> DeskSettings:
        """The levers with the knobs turned."""
        services = {name: paced(one, knobs.pace) for name, one in self.settings.services.items()}
        return replace(
            self.settings,
            service=paced(self.settings.service, knobs.pace),
            services=services,
            misroute_chance=knobs.misroute,
        )

    def lived(self, knobs: Knobs, requests: Requests, monday: dt.date, until: float, seed: int) -> Desk:
        """Let the desk live with some requests until a minute; minute 0 is midnight of `monday`."""
        strip = self.side_km / self.grids
        homes = [((number + 0.5) * strip, self.side_km / 2.0) for number in range(self.grids)]
        clock, days = Clock(monday, self.holidays), int(until // DAY_MINUTES) + 1
        desk = Desk(self.turned(knobs), clock=clock, days=days, seed=seed, categories=self.categories,
                    channels=CHANNELS, homes=homes)  # fmt: skip
        rows = len(requests.created)
        x, y = (uniforms(0, stream_id(f"assimilation.{axis}"), 0, requests.key) * self.side_km for axis in "xy")
        grid = np.minimum((x / strip).astype(np.int64), self.grids - 1)
        desk.feed(key=requests.key, created=requests.created, incident=requests.key, category=requests.category,
                  priority=self.priority[requests.category], channel=requests.channel, grid=grid, x=x, y=y,
                  ticket=np.arange(rows))  # fmt: skip
        desk.advance(until)
        return desk


@dataclass(frozen=True, eq=False)
class Requests:
    """Requests for a desk (rows,): minute, category and channel by number, key."""

    created: Floats
    category: Ints
    channel: Ints
    key: Keys

    def only(self, rows: Ints | Flags) -> Requests:
        """Some of the rows."""
        return Requests(self.created[rows], self.category[rows], self.channel[rows], self.key[rows])

    def before(self, later: Requests) -> Requests:
        """These requests, and then others."""
        both = ((getattr(self, name), getattr(later, name)) for name in ("created", "category", "channel", "key"))
        return Requests(*map(np.concatenate, both))


def can_be_estimated(docket: Docket) -> bool:
    """Whether a log has closings enough to say anything about the work."""
    return int(np.sum(~np.isnan(docket.closed) & ~docket.at_once)) >= FEWEST_CLOSED


def channels_of(log: RequestLog) -> Ints:
    """Channel by number of each request of a log's docket; the first of them where the log does not say (rows,)."""
    words = [standard_channel(word) or CHANNELS[0] for word in log.channel.names]
    return np.array([CHANNELS.index(word) for word in words], np.int64)[log.channel.code[~log.closing_unknown]]


def done_on(desk: Desk, rows: int) -> Floats:
    """Minute at which the work of each request was done (rows,), NaN where it was not."""
    done = np.full(rows, np.nan)
    done[desk.orders["ticket"]] = desk.orders["done"]
    return done


def paced(service: Service, pace: float) -> Service:
    """The law of the hands-on work with longer or shorter hours."""
    changed: dict[str, Any] = {"mean_hours": service.mean_hours * pace}
    if service.sample_hours:
        changed["sample_hours"] = tuple(hours * pace for hours in service.sample_hours)
    return replace(service, **changed)
