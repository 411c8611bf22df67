"""The city as a user of Mesa would write it: one agent a resident, one method a mechanism.

Rules and parameters are those of ``twin.mechanisms``, read from the same scenario; chance is Mesa's own, so
that numbers agree as samples do. The desk is a stand-in with hands enough, as it is in ``city.yaml``.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import mesa
import numpy as np

from twin.core.clock import DAY_MINUTES as DAY
from twin.core.clock import next_open, working_calendar
from twin.core.world import World
from twin.world.contact import minute_at, share_before
from twin.world.tables import AGE_GROUPS

CHILD = AGE_GROUPS.index("child")
HOUR = 60
YEAR_DAYS = 365


@dataclass(eq=False, slots=True)
class Fault:
    """A fault, from one minute to another; of today, the share of the day's contacts before and within it."""

    began: float
    ended: float
    priority: int
    grid: int
    wakes: float = 0.0
    window: float = 0.0
    reporters: set[Resident] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class Ticket:
    """A report and what becomes of it; minutes that lie ahead are known to the desk only."""

    reporter: Resident
    fault: Fault
    created: float
    again: bool
    informed: bool
    done: float
    solved: bool
    called_back: bool
    reached: bool
    closed: float
    limit: float
    pursued: bool = False
    felt: float = 0.0

    def unserved(self, now: float) -> bool:
        """Whether its reporter still waits."""
        return self.closed >= now and not (self.done < now and self.solved)

    @property
    def waited(self) -> float:
        """Time until the work was done, in limits."""
        return (self.done - self.created) / self.limit


class Resident(mesa.Agent):
    """Somebody who lives in a grid, reports, judges and answers."""

    def __init__(self, model: City, grid: int, age_group: int, digital_skill: float, temper: float) -> None:
        super().__init__(model)
        self.grid, self.age_group, self.digital_skill, self.temper = grid, age_group, digital_skill, temper
        self.trust, self.efficacy, self.satisfaction, self.expectation = 0.5, 0.0, 0.25, 0.5
        variance = math.log1p(model.blocks["reporting"].readiness_spread ** 2)
        self.readiness = self.random.lognormvariate(-variance / 2, math.sqrt(variance))

    def hazard(self) -> float:
        """Hazard of reporting one open fault [1/day]."""
        p = self.model.blocks["reporting"]
        access = p.phone_ease + (1 - p.phone_ease) * self.digital_skill
        pull = p.trust_weight * (self.trust - 0.5) + math.log(p.fixed_report_ratio) * self.efficacy
        return p.reports_per_resident_day * self.readiness * access * math.exp(pull)

    def report(self) -> None:
        """Call about the open faults of the grid that one has had enough of today."""
        if self.age_group == CHILD:
            return
        hazard = self.hazard()
        for fault in self.model.open_faults[self.grid]:
            spent = self.random.expovariate(hazard)
            if spent < fault.window and self not in fault.reporters:
                fault.reporters.add(self)
                minute = float(minute_at(self.model.blocks["reporting"], fault.wakes + spent))
                self.model.receive(self, fault, self.model.today + minute)

    def come_again(self, ticket: Ticket) -> None:
        """Turn to a higher level, or come again with the same matter."""
        p = self.model.blocks["recomplaints"]
        ticket.pursued = True
        if self.random.random() < p.higher_share:
            self.model.tally["turns to a higher level"] += 1
        else:
            minute = self.model.today + ticket.created % DAY
            self.model.receive(self, ticket.fault, minute, again=True)

    def judge(self, told: list[Ticket], overdue: list[Ticket]) -> None:
        """Judge what was delivered against what was expected, and how one was treated."""
        p = self.model.blocks["satisfaction"]
        delivered = [ticket.solved / (1 + ticket.waited**p.delay_steepness) for ticket in told] + [0.0] * len(overdue)
        treated = [(1 + ticket.informed + ticket.reached) / 3 for ticket in told]
        treated += [(1 + ticket.informed) / 3 for ticket in overdue]
        felt = [self.judgement(*each) for each in zip(delivered, treated, strict=True)]
        for ticket, mood in zip(told, felt, strict=False):
            ticket.felt = mood
        self.satisfaction = fmean(felt)
        self.expectation += p.expectation_step * (fmean(delivered) - self.expectation)

    def judgement(self, delivered: float, treated: float) -> float:
        """Return latent satisfaction with one experience."""
        p = self.model.blocks["satisfaction"]
        surprise = delivered - self.expectation
        surprise *= p.loss_aversion if surprise < 0 else 1
        return p.weight_performance * delivered + p.weight_disconfirmation * surprise + p.weight_procedure * treated

    def learn(self, told: list[Ticket], overdue: list[Ticket]) -> None:
        """Move trust and the memory of fixed reports."""
        p = self.model.blocks["trust"]
        if told:
            self.efficacy += p.efficacy_step * (fmean(ticket.solved for ticket in told) - self.efficacy)
        kept = sum(ticket.solved and ticket.waited <= 1 for ticket in told) / (len(told) + len(overdue))
        self.trust += p.step * (kept * (1 - self.trust) - p.loss_weight * (1 - kept) * self.trust)

    def answer_survey(self) -> None:
        """Answer a neutral survey, if one is asked."""
        p = self.model.blocks["measurement"]
        if self.random.random() < p.survey_share and self.age_group != CHILD:
            self.answer(self.opinion(self.satisfaction), 0.0)

    def opinion(self, felt: float) -> float:
        """Add one's leaning and the noise of an answer."""
        p = self.model.blocks["measurement"]
        return felt + p.temper_weight * self.temper + p.answer_noise * self.random.gauss()

    def answer(self, opinion: float, courtesy: float) -> None:
        """Answer or not, the more readily the more satisfied."""
        p = self.model.blocks["measurement"]
        log_odds = math.log(p.response_share / (1 - p.response_share)) + p.response_slope * opinion
        if self.random.random() < 1 / (1 + math.exp(-log_odds)):
            self.model.answers.append(self.model.level_of(opinion + courtesy))


class Place(mesa.Agent):
    """A lamp, a drain, a lift: something at which faults begin."""

    def __init__(self, model: City, grid: int, priority: int) -> None:
        super().__init__(model)
        self.grid, self.priority = grid, priority

    def wear(self) -> None:
        """Begin a fault tomorrow, or not."""
        p = self.model.blocks["incidents"]
        if self.random.random() < -math.expm1(-p.faults_per_place_year / YEAR_DAYS):
            began = self.model.today + DAY + self.random.random() * DAY
            ended = began + self.random.expovariate(1 / p.lifetime_days) * DAY
            self.model.faults.append(Fault(began, ended, self.priority, self.grid))


class City(mesa.Model):
    """The residents and places of a world of the twin, with the parameters of its scenario."""

    def __init__(self, world: World, blocks: Mapping[str, Any], days: int, seed: int) -> None:
        super().__init__(seed=seed)
        self.blocks = blocks
        self.today = 0
        self.office = working_calendar("5x8", world.clock, days + 60)
        traits = (getattr(world.residents, name).tolist() for name in ("grid", "age_group", "digital_skill", "temper"))
        self.residents = Resident.create_agents(self, len(world.residents), *traits)
        sites = world.places.grid.tolist(), world.kinds.priority[world.places.category].tolist()
        self.places = Place.create_agents(self, len(world.places), *sites)
        self.faults: list[Fault] = []
        self.open_faults: dict[int, list[Fault]] = {}
        self.open_tickets: list[Ticket] = []
        self.due: dict[tuple[str, int], list[Ticket]] = defaultdict(list)  # (what, day): tickets
        self.answers: list[int] = []
        self.tally: Counter[str] = Counter()
        self.datacollector = mesa.DataCollector({"trust": lambda city: city.residents.agg("trust", np.mean)})

    def step(self) -> None:
        """Live one day: arrive, be served, respond, settle."""
        self.walk_the_streets()
        self.recomplain()
        self.residents.shuffle_do("report")
        self.respond()
        self.ask()
        self.places.shuffle_do("wear")
        self.datacollector.collect(self)
        self.today += DAY

    def walk_the_streets(self) -> None:
        """Find the faults that are open today, by grid."""
        p = self.blocks["reporting"]
        self.faults = [fault for fault in self.faults if fault.ended > self.today]
        self.open_faults = defaultdict(list)
        for fault in self.faults:
            fault.wakes = float(share_before(p, fault.began - self.today))
            fault.window = float(share_before(p, fault.ended - self.today)) - fault.wakes
            self.open_faults[fault.grid].append(fault)

    def receive(self, reporter: Resident, fault: Fault, minute: float, again: bool = False) -> None:
        """Open a ticket; with hands enough at the desk, what becomes of it is known at once."""
        desk, chance = self.blocks["desk"], self.random.random
        done = minute + desk.service.mean_hours * HOUR
        called = chance() < desk.call_back_share
        closed = done
        if called:
            closed = next_open(*self.office.intervals, done + desk.call_back_hours * HOUR)
        limit = desk.limit_hours[fault.priority] * HOUR
        ticket = Ticket(
            reporter, fault, minute, again, chance() < self.blocks["satisfaction"].informed_share, done,
            chance() < desk.first_time_fix, called, called and chance() < desk.reach_chance, closed, limit,
        )  # fmt: skip
        overdue = minute + self.blocks["satisfaction"].overdue_limits * limit  # the same in `trust`
        for what, due in (("told", closed), ("overdue", overdue), ("done", done), ("after", closed + DAY)):
            self.due[what, int(due // DAY)].append(ticket)
        self.open_tickets.append(ticket)
        self.tally["re-complaints" if again else "reports"] += 1

    def due_today(self, what: str) -> list[Ticket]:
        """Return the tickets with which something is due today."""
        return self.due.pop((what, self.today // DAY), [])

    def recomplain(self) -> None:
        """Let those come again who were told an untruth yesterday, or wait beyond the limit."""
        p, chance = self.blocks["recomplaints"], self.random.random
        for ticket in self.due_today("after"):
            if not (ticket.solved or ticket.pursued) and chance() < p.unsolved_chance:
                ticket.reporter.come_again(ticket)
        self.open_tickets = [ticket for ticket in self.open_tickets if ticket.unserved(self.today)]
        for ticket in list(self.open_tickets):
            late = ticket.created + ticket.limit < self.today and not ticket.pursued
            if late and chance() < -math.expm1(-p.overdue_hazard):
                ticket.reporter.come_again(ticket)

    def respond(self) -> None:
        """Let those judge and learn who were told today or wait far too long; end what was mended."""
        tonight = self.today + DAY
        told, overdue = defaultdict(list), defaultdict(list)
        self.told = self.due_today("told")
        for ticket in self.told:
            told[ticket.reporter].append(ticket)
        for ticket in self.due_today("overdue"):
            if ticket.unserved(tonight):
                overdue[ticket.reporter].append(ticket)
        for resident in told.keys() | overdue.keys():
            resident.judge(told[resident], overdue[resident])
            resident.learn(told[resident], overdue[resident])
        for ticket in self.due_today("done"):
            if ticket.solved:
                ticket.fault.ended = min(ticket.fault.ended, ticket.done)

    def ask(self) -> None:
        """Collect the answers of those who were called back today and, once in a while, of a sample."""
        p = self.blocks["measurement"]
        for ticket in self.told:
            if ticket.reached:
                ticket.reporter.answer(ticket.reporter.opinion(ticket.felt), p.courtesy_shift)
        if (self.today // DAY + 1) % p.survey_every_days == 0:
            self.residents.shuffle_do("answer_survey")

    def level_of(self, opinion: float) -> int:
        """Return the level 1 to 5 in which an opinion falls."""
        return min(max(3 + math.floor(opinion / self.blocks["measurement"].level_width), 1), 5)
