"""What must fit together in a scenario beyond each value by itself."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin.core.marked_yaml import Marked
from twin.core.parameters import doubts_of, mistakes_of
from twin.errors import Complaint, InputError, closest
from twin.scenario.data_files import missing
from twin.scenario.faults import Path, place_of
from twin.scenario.resolved import Arm
from twin.world.demand import LENGTHS
from twin.world.works import APP_PROCESSES, MEETING_PROCESSES

PRIORITY_CLASSES = 4
STREET_PLANS = ("closed", "calmed", "widened")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
Said = Iterator[tuple[Path, str, Any]]


@dataclass(frozen=True)
class Known:
    """Names that blocks may speak of."""

    categories: Collection[str]
    channels: Collection[str]
    grids: int


def known(categories: Collection[str], arm: Arm) -> Known:
    """Return the names that the blocks of an arm may speak of."""
    from twin.world.tables import CHANNELS

    return Known(categories, CHANNELS, _grids_of(arm))


def _grids_of(arm: Arm) -> int:
    """Return how many grids there are: those of the map, if there is one (a map that is wrong is told of elsewhere)."""
    from twin.world.places.build import grids_in

    try:
        on_map = grids_in(arm.blocks["places"]) if "places" in arm.blocks else 0
    except InputError:
        return sys.maxsize
    return on_map or getattr(arm.blocks.get("population"), "grids", 1)


def of_head(document: Any, tree: Marked) -> Iterator[Complaint]:
    """Check the head of a scenario: the window, and the categories' shares."""
    if document.warm_up_days >= document.days:
        place = tree.at(["warm_up_days" if "warm_up_days" in tree.value else "days"]).place
        yield Complaint("S117", place, {"warm_up_days": document.warm_up_days, "days": document.days})
    yield from _holidays(document, tree)
    yield from _calendars_written(tree)
    shares = [category.share for category in document.categories.values()]
    if shares and not sum(shares):
        yield Complaint("S134", tree.key_place("categories"))


def _calendars_written(tree: Marked, path: tuple[str, ...] = ()) -> Iterator[Complaint]:
    """Check every calendar that is written, also one that all arms replace."""
    for key, below in tree.value.items():
        here = (*path, str(key))
        if below.kind == "map":
            yield from _calendars_written(below, here)
        elif below.kind == "text" and (key == "calendar" or key.endswith("_calendar")):
            for code, _, values in _calendar(below.value):
                yield Complaint(code, below.place, {**values, "path": ".".join(here)})


def _holidays(document: Any, tree: Marked) -> Iterator[Complaint]:
    """The public holidays of all years of the run must be known."""
    from twin.core.clock import Clock

    if document.holidays == "none":
        return
    try:
        clock = Clock(document.start, document.holidays)
        for day in (0, document.days + document.run_on_days):
            clock.is_holiday(day)
    except InputError as reason:
        place = tree.at(["start" if "start" in tree.value else "holidays"]).place
        yield from (Complaint(found.code, place, found.values) for found in reason.complaints)


def of_arm(arm: Arm, tree: Marked, names: Known) -> Iterator[Complaint]:
    """Check the blocks of an arm: calendars, limits, times of day, names of categories, channels, grids, files, map."""
    for path, key, value in _walk(arm.blocks):
        for code, step, values in _faults(key, value, names):
            where = path if step is None else (*path, step)
            about_key = isinstance(value, Mapping)
            shown = ".".join(map(str, path))
            yield Complaint(code, place_of(tree, where, about_key), {**values, "path": shown})
    for block, values in arm.blocks.items():
        for code, name, said in mistakes_of(values):
            yield Complaint(code, place_of(tree, (block, name)), {**said, "path": f"{block}.{name}"})
    absent = list(missing(arm.blocks, tree))
    yield from absent or (*_map(arm, tree), *_streets(arm, tree), *_inside_tables(arm.blocks))


def _map(arm: Arm, tree: Marked) -> Iterator[Complaint]:
    """Check the map of an arm as a whole."""
    from twin.world.places.build import grids_in

    try:
        if "places" in arm.blocks:
            grids_in(arm.blocks["places"])
    except InputError as reason:
        for found in reason.complaints:
            said = {**found.values, "path": "places.map"}
            yield Complaint(found.code, found.place or place_of(tree, ("places", "map")), said)


def _streets(arm: Arm, tree: Marked) -> Iterator[Complaint]:
    """Check that the map of an arm has the streets that a plan for them speaks of."""
    from twin.world.places.settings import NO_MAP
    from twin.world.roads import streets_on

    block, places = arm.blocks.get("traffic"), arm.blocks.get("places")
    plan = [(name, *one) for name in STREET_PLANS for one in enumerate(getattr(block, name, ()))]
    if not plan or not getattr(block, "followed", False) or getattr(places, "map", NO_MAP) == NO_MAP:
        return
    try:
        known = streets_on(places)  # type: ignore[arg-type]
    except InputError:
        return  # what is wrong with the map is told elsewhere
    for name, number, street in plan:
        if street not in known:
            said = {"name": name, "streets": street, "known": sorted(known), "path": f"traffic.{name}"}
            yield Complaint("M370", place_of(tree, ("traffic", name, number)), said)
        elif name != "closed" and street in getattr(block, "closed", ()):
            yield Complaint("M371", place_of(tree, ("traffic", name, number)), {"street": street})


def doubts_of_arm(arm: Arm, tree: Marked, emergencies: bool, days: int) -> Iterator[Complaint]:
    """Say what an arm can be run with, though its author can hardly have meant it."""
    for block, values in arm.blocks.items():
        for code, name, said in doubts_of(values):
            yield Complaint(code, place_of(tree, (block, name)), {**said, "path": f"{block}.{name}"})
    yield from _unfollowed(arm, tree)
    decided = arm.instructions is not None and arm.instructions.makes_emergencies
    if getattr(arm.blocks.get("desk"), "preempt", False) and not emergencies and not decided:
        yield Complaint("S151", place_of(tree, ("desk", "preempt")), {"path": "desk.preempt"})
    plans = arm.blocks.get("plans")
    if getattr(plans, "process", "none") != "none" and getattr(plans, "decide_on_day", 0) >= days:
        said = {"path": "plans.decide_on_day", "value": getattr(plans, "decide_on_day", 0), "days": days}
        yield Complaint("S153", place_of(tree, ("plans", "decide_on_day")), said)
    yield from _dear_to_ask(arm, tree)


def _dear_to_ask(arm: Arm, tree: Marked) -> Iterator[Complaint]:
    """Doubt a decision whose meetings, app and survey cost as much as there is, or more."""
    plans, survey = arm.blocks.get("plans"), arm.blocks.get("needs_survey")
    process = getattr(plans, "process", "none")
    if survey is None or process == "none":
        return
    known: Any = survey
    asking = known.meetings_yuan * (process in MEETING_PROCESSES) + known.app_yuan * (process in APP_PROCESSES)
    asking += known.survey_residents * known.survey_yuan
    budget = getattr(plans, "budget_yuan", 0.0)
    if asking and asking >= budget:
        said = {"path": "plans.budget_yuan", "asking": round(asking), "value": round(budget)}
        yield Complaint("S149", place_of(tree, ("plans", "budget_yuan")), said)


def _unfollowed(arm: Arm, tree: Marked) -> Iterator[Complaint]:
    """Doubt what is to help quarrelling neighbours where nobody quarrels."""
    if getattr(arm.blocks.get("disputes"), "followed", False):
        return
    for block, name in (("mediation", "offered"), ("conventions", "process"), ("stress", "categories")):
        if getattr(arm.blocks.get(block), name, None) not in (None, False, "none", ()):
            yield Complaint("S159", place_of(tree, (block, name)), {"path": f"{block}.{name}"})


def _inside_tables(blocks: Mapping[str, Any]) -> Iterator[Complaint]:
    """Complain of what is wrong in tables of one's own, at their lines; blocks that read one can tell."""
    for values in blocks.values():
        complaints = getattr(values, "data_complaints", None)
        yield from () if complaints is None else complaints()


Fault = tuple[str, str | int | None, dict[str, Any]]


def _faults(key: str, value: Any, known: Known) -> Iterator[Fault]:
    if key == "calendar" or key.endswith("_calendar"):
        yield from _calendar(value)
    elif key == "limit_hours":
        yield from _limits(value)
    elif key == "dispatch_times":
        yield from _times(value)
    elif key == "grids" and isinstance(value, tuple):
        yield from _grids(value, known.grids)
    elif key in ("categories", "services"):
        yield from _names("S120", "category", value, known.categories)
    elif key == "channels":
        yield from _names("S135", "channel", value, known.channels)
    elif key in LENGTHS:
        yield from _length(value, LENGTHS[key])
    elif key == "holiday_dates":
        yield from _dates(value)


def _calendar(text: str) -> Iterator[Fault]:
    from twin.core.clock import opening_hours

    try:
        opening_hours(text)
    except InputError as reason:
        for complaint in reason.complaints:
            yield complaint.code, None, dict(complaint.values)


def _limits(hours: tuple[float, ...]) -> Iterator[Fault]:
    if len(hours) != PRIORITY_CLASSES or list(hours) != sorted(hours):
        yield "S122", None, {}


def _times(times: tuple[str, ...]) -> Iterator[Fault]:
    before = -1
    for number, text in enumerate(times):
        read = _TIME.fullmatch(text)
        minute = 60 * int(read[1]) + int(read[2]) if read else -1
        if minute <= before:
            yield "S128", number, {"text": text}
        before = max(before, minute)


def _grids(grids: tuple[int, ...], count: int) -> Iterator[Fault]:
    for number, grid in enumerate(grids):
        if not 0 <= grid < count:
            yield "S136", number, {"grid": grid, "count": count, "last": count - 1}


def _length(numbers: tuple[float, ...], expected: int) -> Iterator[Fault]:
    if numbers and len(numbers) != expected:
        yield "S133", None, {"expected": expected, "found": len(numbers)}


def _dates(texts: tuple[str, ...]) -> Iterator[Fault]:
    from twin.logs.seasons import named_dates

    for number, text in enumerate(texts):
        try:
            named_dates([text])
        except InputError:
            yield "D426", number, {"text": text}


def _names(code: str, word: str, names: Any, known: Collection[str]) -> Iterator[Fault]:
    for number, name in enumerate(names):
        if name not in known:
            step = name if isinstance(names, Mapping) else number
            yield code, step, {word: name, "suggestion": closest(name, known), "known": tuple(known)}


def _walk(value: Any, path: Path = (), key: str = "") -> Said:
    """Yield (path, key, value) of everything in the blocks of an arm."""
    if key:
        yield path, key, value
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _walk(below, (*path, name))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for item in dataclasses.fields(value):
            yield from _walk(getattr(value, item.name), (*path, item.name), item.name)
