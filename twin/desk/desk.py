"""The desk: work orders in continuous time, day after day.

:class:`Desk` lays out the records, hands each day's reports to the kernel and lets its minutes pass. What
crosses midnight stays in the records. Everything that can be asked afterwards is in :attr:`Desk.log`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from twin.core.clock import Clock, WorkingCalendar, next_open, working_calendar
from twin.core.compiled import interpreted
from twin.core.draws import Floats, Ints, Keys, stream_base, stream_id
from twin.desk import kernel
from twin.desk.layout import (
    ATTEMPTS,
    COUNTS,
    END,
    HOPS,
    INDOORS,
    LANE,
    LEVERS,
    LOG,
    ORDER,
    SERVICE,
    SPAN,
    TEAM,
    WAITING_EVENT,
    WORKER,
    Decision,
    State,
)
from twin.desk.register import Matters, by_creation, enter_reports
from twin.desk.rulebook import TOLD, RuleBook, empty_book, own_copy
from twin.desk.settings import ASSIGNMENTS, DISCIPLINES, SERVICE_LAWS, SHIFT_ENDS, DeskSettings, Service, Team

HOUR = 60.0
DAY = 1440.0
OFFICE_CALENDAR = "5x8"  # call-backs are made in office hours
NEVER = np.inf
LINES_A_REPORT = 8  # log lines of an uneventful order


_GROWN = {kernel.MORE_EVENTS: "events", kernel.MORE_LOG: "log", kernel.MORE_TOLD: "told", kernel.MORE_HEARD: "heard"}
Refusal = Callable[[dt.date, int, int, Floats], Exception]
"""Makes the error of a step that could not decide a ticket, from the day and the fields that it went by."""


class Ways(Protocol):
    """The streets of a map: its stops, and `km` (stops, stops), the way from one to another."""

    @property
    def km(self) -> Floats: ...

    def stop_at(self, x: Any, y: Any) -> Ints:
        """Return the stop nearest to each position [km]."""


class Desk:
    """The desk of one run.

    `settings` are the levers; `categories` and `channels` the names behind the codes of the orders;
    `days` the days for which calendars are laid out (run-on included); `grids` the number of grids;
    `homes` (grids, 2) their centres [km], where workers start from; `ways` those of a map (none: distances
    are as the crow flies). `book` is what rules decide about orders, `merging` whether they decide what is merged, and
    `refusal` turns a step that could not decide, and the fields it went by, into the error to raise. With
    ``plain=True`` the kernel runs as plain Python: slow, readable, and with the same log.
    """

    def __init__(
        self,
        settings: DeskSettings,
        *,
        clock: Clock,
        days: int,
        seed: int,
        categories: Sequence[str] = ("any",),
        channels: Sequence[str] = ("phone",),
        homes: Any = ((0.0, 0.0),),
        ways: Ways | None = None,
        probes: int = 0,
        book: RuleBook | None = None,
        merging: bool = False,
        refusal: Refusal | None = None,
        plain: bool = False,
    ) -> None:
        self.settings = settings
        self.categories = tuple(categories)
        self.channels = tuple(channels)
        self._kernel: ModuleType = interpreted("twin.desk.kernel") if plain else kernel
        self._homes = np.asarray(homes, np.float64)
        self._ways = ways
        self._calendars: list[str] = []
        self._laid: list[WorkingCalendar] = []
        self._clock, self._days = clock, days
        self._matters = Matters()
        self._numbered = settings.dedup or merging
        self._refusal = refusal
        self.state = self._state(seed, probes, empty_book() if book is None else own_copy(book))
        self._open_shifts()

    # -- reports in

    def feed(
        self,
        *,
        key: Keys,
        created: Any,
        incident: Keys,
        category: Any,
        priority: Any,
        channel: Any,
        grid: Any,
        x: Any,
        y: Any,
        ticket: Ints,
        again: Any = None,
        request: Any = True,
        facts: Any = None,
    ) -> None:
        """Add the reports of the coming minutes (arrays of one length; `created` not before now).

        `incident` names the matter, `ticket` the row that the caller knows the order by; `again` marks re-complaints,
        `request` what somebody asked for; `facts` (n, columns) are the columns that the rule book asks for.
        """
        n, counts = len(key), self.state.counts[0]
        if n == 0:
            return
        first = int(counts.orders)
        self._make_room_for_orders(first + n)
        self._make_room_for_lines(n)
        key, created = np.asarray(key, np.uint64), np.asarray(created, np.float64)
        line = by_creation(created, key)
        matter = self._numbers_of(np.asarray(incident, np.uint64)[line])
        given = {"ticket": ticket, "category": category, "priority": priority, "channel": channel, "grid": grid,
                 "x": x, "y": y, "again": np.zeros(n) if again is None else again}  # fmt: skip
        columns = (np.asarray(column, ORDER[name]) for name, column in given.items())
        limits = np.asarray(self.settings.limit_hours, np.float64) * HOUR
        rows = self.state.orders[first : first + n]
        enter_reports(rows, line, key, created, limits, matter, *columns)
        self._place(rows, np.broadcast_to(request, n)[line])
        self._hear(first, facts, line)
        counts.orders = first + n

    def _place(self, rows: np.recarray, request: Any) -> None:
        """Find the stops of new orders.

        Work that nobody asked for, such as a session, is done where the worker is: in the office, in a centre or
        online. Nobody travels to it, and nobody is called back about it.
        """
        rows["stop"] = np.where(request, self._stops(rows["x"], rows["y"]), INDOORS)
        rows["call"] = np.where(request, -1, 0)

    def advance(self, until: float) -> None:
        """Let the minutes before `until` pass; raises what `refusal` makes of an order that rules cannot decide."""
        if len(self.state.book.steps):
            day = int(self.now // DAY)
            while (day + 1) * DAY < until:
                self._turn_the_page(day)
                self._advance((day + 1) * DAY)
                day += 1
            self._turn_the_page(day)
        self._advance(until)

    def _advance(self, until: float) -> None:
        while True:
            answer = self._kernel.advance(self.state, float(until))
            if answer == kernel.REACHED:
                return
            if answer == kernel.REFUSED:
                self._refuse()
            grown = _GROWN[answer]
            more = _longer(self.state.heard) if grown == "heard" else _doubled(getattr(self.state, grown))
            self.state = self.state._replace(**{grown: more})

    def _turn_the_page(self, day: int) -> None:
        """Tell the rules which day it is."""
        date = self._clock.date(day)
        holiday = self._clock.is_holiday(day)
        self.state.book.today[:] = date.toordinal(), date.year, date.month, date.day, date.isoweekday(), holiday

    def _refuse(self) -> None:
        """Raise the error of a decision that could not be made."""
        counts, book = self.state.counts[0], self.state.book
        assert self._refusal is not None
        order, step = int(counts.refused), int(counts.refused_step)
        moment = next(one for one in book.moments if one.step <= step < one.step_end)
        heard = book.board[: moment.load_end - moment.load]
        date = dt.date.fromordinal(int(book.today[0]))
        raise self._refusal(date, step, int(self.state.orders[order].ticket), heard)

    def take_up(self, book: RuleBook) -> None:
        """Go by another rule book from now on; what earlier rules decided stays."""
        held = self.state.book
        self.state = self.state._replace(book=own_copy(book)._replace(facts=held.facts))
        self.state.counts[0].epoch += 1

    def follow(self, settings: DeskSettings) -> None:
        """Go by other levers from now on. Teams, calendars and rounds stay as they were laid out."""
        self.settings = settings
        self.state.levers[0] = self._levers(int(self.state.levers[0].probes))[0]

    # -- what can be asked

    @property
    def orders(self) -> np.recarray:
        """Records of all orders so far (``layout.ORDER``), by creation."""
        return self.state.orders[: int(self.state.counts[0].orders)]

    @property
    def workers(self) -> np.recarray:
        """Records of the workers (``layout.WORKER``)."""
        return self.state.workers

    @property
    def teams(self) -> np.recarray:
        """Records of the teams (``layout.TEAM``)."""
        return self.state.teams

    @property
    def log(self) -> np.recarray:
        """All lines so far, by minute (``layout.LOG``); lines of one minute as they were written."""
        lines = self.state.log[: int(self.state.counts[0].log)]
        return lines[np.argsort(lines["minute"], kind="stable")]

    @property
    def ruled(self) -> np.recarray:
        """What rules decided so far (``rulebook.TOLD``), in the order of deciding."""
        return self.state.told[: int(self.state.counts[0].told)]

    @property
    def heard(self) -> Floats:
        """The fields that decisions went by, see ``ruled.heard``."""
        return self.state.heard[: int(self.state.counts[0].heard)]

    @property
    def open_orders(self) -> int:
        """Orders that were reported and are not yet closed, merged or abandoned."""
        return int(self.state.counts[0].open)

    @property
    def now(self) -> float:
        """Minute up to which the desk has lived."""
        return float(self.state.counts[0].now)

    def roster(self, team: int) -> WorkingCalendar:
        """The working calendar of a team, by its number."""
        return self._laid[int(self.state.workers[int(self.state.teams[team].first_worker)].calendar)]

    # -- laying out

    def _state(self, seed: int, probes: int, book: RuleBook) -> State:
        settings = self.settings
        duty = _duties(settings.teams, self.categories)
        workers = self._hire(list(settings.teams.values()))
        services, samples = _services(settings, self.categories)
        intake = [
            settings.channels[name].calendar if name in settings.channels else settings.intake_calendar
            for name in self.channels
        ]
        delays = [settings.channels[name].delay_minutes if name in settings.channels else 0.0 for name in self.channels]
        intakes = np.array([self._calendar(name) for name in intake], np.int64)
        levers = self._levers(probes)
        spans, opens, closes = _pool(self._laid)
        return State(
            orders=_records(ORDER, 1024),
            workers=workers,
            teams=_team_records(settings.teams, workers),
            lanes=_lanes(len(settings.teams) * int(levers[0].grids)),
            events=_records(WAITING_EVENT, 1024),
            ends=_ends(len(workers)),
            log=_records(LOG, 8192),
            services=services,
            samples=samples,
            levers=levers,
            counts=_counts(),
            spans=spans,
            opens=opens,
            closes=closes,
            rounds=self._rounds(),
            duty=duty,
            intake=intakes,
            intake_delay=np.array(delays),
            lead=np.full(1024, -1, np.int32),
            bases=_bases(seed),
            ways=np.zeros((0, 0)) if self._ways is None else self._ways.km,
            book=book,
            told=_records(TOLD, 256 if len(book.steps) else 0),
            heard=np.zeros(0),
        )

    def _calendar(self, name: str) -> int:
        """Number of a calendar, laid out when first asked for."""
        if name not in self._calendars:
            self._calendars.append(name)
            self._laid.append(working_calendar(name, self._clock, self._days))
        return self._calendars.index(name)

    def _hire(self, teams: list[Team]) -> np.recarray:
        """The workers of all teams, team by team."""
        workers = _records(WORKER, sum(team.workers for team in teams))
        workers["order"] = -1
        first = 0
        for number, team in enumerate(teams):
            theirs = workers[first : first + team.workers]
            theirs["team"] = number
            theirs["skill"] = np.resize(team.skills or (team.skill,), team.workers)
            theirs["calendar"] = self._calendar(team.calendar) if team.workers else 0
            theirs["grid"] = np.resize(team.grids or range(len(self._homes)), team.workers)
            first += team.workers
        workers["grid"] %= len(self._homes)
        workers["x"], workers["y"] = self._homes[workers["grid"]].T
        workers["stop"] = self._stops(workers["x"], workers["y"])
        return workers

    def _stops(self, x: Any, y: Any) -> Any:
        """The stops at positions, 0 without a map."""
        return 0 if self._ways is None else self._ways.stop_at(x, y)

    def _levers(self, probes: int) -> np.recarray:
        """The settings as the kernel reads them: minutes and codes."""
        s = self.settings
        record = _records(LEVERS, 1)
        values = {
            "intake_minutes": s.intake_minutes,
            "dedup_recall": s.dedup_recall,
            "merge_window": s.merge_window_days * DAY,
            "triage_minutes": s.triage_minutes,
            "misroute_chance": s.misroute_chance,
            "return_minutes": s.return_hours * HOUR,
            "misroute_minutes": s.misroute_minutes,
            "ageing": s.ageing_hours * HOUR,
            "travel_minutes": s.travel_minutes,
            "travel_cv": s.travel_cv,
            "minutes_per_km": s.minutes_per_km,
            "overtime_minutes": s.overtime_minutes,
            "patience": s.patience_hours * HOUR,
            "first_time_fix": s.first_time_fix,
            "call_back_share": s.call_back_share,
            "call_back_minutes": s.call_back_hours * HOUR,
            "reach_chance": s.reach_chance,
            "reopen_chance": s.reopen_chance,
            "max_hops": s.max_hops,
            "discipline": DISCIPLINES.index(s.discipline),
            "assignment": ASSIGNMENTS.index(s.assignment),
            "shift_end": SHIFT_ENDS.index(s.shift_end),
            "return_calendar": self._calendar(s.return_calendar),
            "office_calendar": self._calendar(OFFICE_CALENDAR),
            "probes": probes,
            "grids": len(self._homes) if s.assignment == "own_grid" else 1,
            "teams": len(s.teams),
            "dedup": s.dedup,
            "merge_closed": s.merge_into == "window",
            "batch": s.dispatch == "batch",
            "preempt": s.preempt, "escalate": s.escalate,
        }
        for name, value in values.items():
            record[name] = value
        return record

    def _rounds(self) -> Any:
        """Minutes of the dispatch rounds (rounds,): the dispatch times of the days that the calendar opens."""
        calendar = working_calendar(self.settings.dispatch_calendar, self._clock, self._days)
        days = np.arange(self._days)
        if not calendar.always:
            held = [next_open(*calendar.intervals, day * DAY) < (day + 1) * DAY for day in days]
            days = days[np.array(held, bool)]
        times = np.array([_minute_of(text) for text in self.settings.dispatch_times], np.float64)
        return np.sort((days[:, None] * DAY + times).ravel())

    def _open_shifts(self) -> None:
        """Enter the first shift of every worker."""
        workers, teams = self.state.workers, self.state.teams
        always = np.array([calendar.always for calendar in self._laid])[workers["calendar"]]
        workers["on_shift"], workers["shift_end"] = always, np.where(always, NEVER, 0.0)
        first, last = teams["first_worker"], teams["last_worker"]
        on_duty = (last > first) & np.append(always, False)[first]  # a team has one calendar
        teams["idle"] = np.where(on_duty, last - first, 0)
        teams["idle_first"], teams["idle_last"] = np.where(on_duty, first, -1), np.where(on_duty, last - 1, -1)
        rows = np.arange(len(workers))
        workers["idle_previous"] = np.where(rows == first[workers["team"]], -1, rows - 1)
        workers["idle_next"] = np.where(rows == last[workers["team"]] - 1, -1, rows + 1)
        self._make_room_for_events(len(workers))
        for w in np.flatnonzero(~always):
            opens = self._laid[int(workers["calendar"][w])].opens
            if len(opens):
                kernel.first_shift(self.state, float(opens[0]), int(w))

    # -- growing

    def _hear(self, first: int, given: Any, line: Ints) -> None:
        """Keep the columns that came with new orders, in the sequence of the orders."""
        if given is None:
            return
        facts = np.asarray(given, np.float64)[line]
        book = self.state.book
        held = book.facts
        if first + len(facts) > len(held):
            held = np.zeros((max(first + len(facts), 2 * len(held), 1024), facts.shape[1]))
            held[:first] = book.facts[:first]
            self.state = self.state._replace(book=book._replace(facts=held))
        held[first : first + len(facts)] = facts

    def _make_room_for_events(self, n: int) -> None:
        while len(self.state.events) < n + kernel.ROOM:
            self.state = self.state._replace(events=_doubled(self.state.events))

    def _make_room_for_orders(self, n: int) -> None:
        if n > len(self.state.orders):
            self.state = self.state._replace(orders=_grown(self.state.orders, max(n, 2 * len(self.state.orders))))

    def _make_room_for_lines(self, reports: int) -> None:
        """Foresee the log's growth: growing it line by line would copy it again and again."""
        wanted = int(self.state.counts[0].log) + LINES_A_REPORT * reports + kernel.ROOM
        if wanted > len(self.state.log):
            self.state = self.state._replace(log=_grown(self.state.log, max(wanted, 2 * len(self.state.log))))

    def _numbers_of(self, incidents: Keys) -> Ints:
        """Numbers of the matters; all 0 where nobody will ask which reports speak of one matter."""
        if not self._numbered:
            return np.zeros(len(incidents), np.int64)
        numbers = self._matters.numbers_of(incidents)
        self._make_room_for_matters()
        return numbers

    def _make_room_for_matters(self) -> None:
        lead = self.state.lead
        if self._matters.count > len(lead):
            more = np.full(max(self._matters.count, 2 * len(lead)), -1, np.int32)
            more[: len(lead)] = lead
            self.state = self.state._replace(lead=more)


def _longer(numbers: Floats) -> Floats:
    return np.concatenate((numbers, np.zeros(max(1024, len(numbers)))))


def _records(dtype: np.dtype[Any], n: int) -> np.recarray:
    return np.zeros(n, dtype).view(np.recarray)


def _grown(records: np.recarray, n: int) -> np.recarray:
    more = np.empty(n, records.dtype).view(np.recarray)
    kept = records.nbytes
    more.view(np.uint8)[:kept] = records.view(np.uint8)  # numpy would copy field by field, ten times slower
    return more


def _doubled(records: np.recarray) -> np.recarray:
    return _grown(records, 2 * len(records))


def _ends(workers: int) -> np.recarray:
    """The tree of the ends of work: leaves in its second half, one a worker, node 1 the first of all."""
    size = 1 << max(workers - 1, 1).bit_length()
    ends = _records(END, 2 * size)
    ends["minute"] = np.inf
    ends["worker"] = np.arange(2 * size) - size
    return ends


def _counts() -> np.recarray:
    counts = _records(COUNTS, 1)
    counts["sent"] = counts["refused"] = -1
    return counts


def _lanes(n: int) -> np.recarray:
    lanes = _records(LANE, n)
    lanes["root"] = -1
    return lanes


def _duties(teams: dict[str, Team], categories: Iterable[str]) -> Ints:
    """Team of each category: the one that names it, else the first that names none, else the first."""
    general = next((i for i, team in enumerate(teams.values()) if not team.categories), 0)
    named = {category: i for i, team in enumerate(teams.values()) for category in team.categories}
    return np.array([named.get(category, general) for category in categories], np.int64)


def _team_records(teams: dict[str, Team], workers: np.recarray) -> np.recarray:
    records = _records(TEAM, len(teams))
    bounds = np.searchsorted(workers["team"], np.arange(len(teams) + 1))
    records["first_worker"], records["last_worker"] = bounds[:-1], bounds[1:]
    records["assigning"] = -1.0
    return records


def _services(settings: DeskSettings, categories: Iterable[str]) -> tuple[np.recarray, Any]:
    """Service law of each category, and the pooled empirical samples [min]."""
    laws = [settings.services.get(category, settings.service) for category in categories]
    records = _records(SERVICE, len(laws))
    samples: list[float] = []
    for record, law in zip(records, laws, strict=True):
        _set_service(record, law, len(samples))
        samples += [hours * HOUR for hours in law.sample_hours]
    return records, np.array(samples or [0.0])


def _set_service(record: Any, law: Service, first_sample: int) -> None:
    record.law = SERVICE_LAWS.index(law.law)
    record.mean_minutes, record.cv, record.shape = law.mean_hours * HOUR, law.cv, law.shape
    record.instant_share = law.instant_share if law.law == "two_part" else 0.0
    record.instant_minutes = law.instant_minutes
    record.first_sample, record.samples = first_sample, len(law.sample_hours)


def _pool(calendars: list[WorkingCalendar]) -> tuple[np.recarray, Any, Any]:
    """All calendars end to end, and where each begins and ends."""
    spans = _records(SPAN, len(calendars))
    ends = np.cumsum([len(calendar.opens) for calendar in calendars])
    spans["last"] = ends
    spans["first"] = ends - [len(calendar.opens) for calendar in calendars]
    spans["always"] = [calendar.always for calendar in calendars]
    opens = np.concatenate([calendar.opens for calendar in calendars])
    closes = np.concatenate([calendar.closes for calendar in calendars])
    return spans, opens, closes


@cache
def _bases(seed: int) -> Any:
    """The words from which the desk's draws start (decisions, occurrences)."""
    bases = np.empty((len(Decision), ATTEMPTS * HOPS), np.uint64)
    for decision in Decision:
        stream = stream_id(f"desk.{decision.name.lower()}")
        for occurrence in range(ATTEMPTS * HOPS):
            bases[decision, occurrence] = stream_base(seed, stream, occurrence)
    return bases


def _minute_of(text: str) -> float:
    """Minute of the day of a clock time such as ``09:30``."""
    hours, _, minutes = text.partition(":")
    return float(hours) * HOUR + float(minutes or 0)
