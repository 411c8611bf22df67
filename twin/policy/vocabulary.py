"""The vocabulary of rules, made from the declarations of the twin: columns, levers, metrics.

What rules may read is what the street office can know: columns that rows are born with and what the desk keeps, never
the true state of people. What they may decide is a closed list: every parameter that is declared a lever, decisions
about orders, votes, projects and shares, and work that may be spawned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass, replace
from fractions import Fraction
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from twin.core.columns import Column
from twin.core.parameters import ParamSpec, parameters_of
from twin.core.units import UnitProblem, exact_measure
from twin.desk.layout import Status
from twin.errors import Words
from twin.rules.kinds import TRUTH, Choice, Day, Free, Group, Kind, Member, Number, number
from twin.rules.vocabulary import Entry, Outcome, Vocabulary
from twin.world.build import DEFAULT_CATEGORIES
from twin.world.tables import ASSET_KINDS, CODES, TABLES

MOMENTS = ("each_minute", "each_hour", "each_day", "each_week", "each_month", "each_quarter", "each_year",
           "on_report", "on_dispatch", "on_return", "on_limit", "on_done", "on_call_back", "on_vote")  # fmt: skip

_KEYS = frozenset({"incident", "reporter", "household", "flat", "building", "place", "resident", "ticket"})
# What nobody in the street office can know: whether a fault is there, who it is that reports it again, tempers.
_HIDDEN = frozenset({"incidents", "kinds", "tickets.duplicate", "residents.temper"})
_SINGULAR = re.compile(r"(?:(ies)|s)$")

CATEGORIES = Choice("ticket_category", tuple(DEFAULT_CATEGORIES) + tuple(
    name for name in ("gas", "water", "power", "heating", "lift", "fire", "lighting", "road", "drains", "waste",
                      "trees", "security", "service", "policy") if name not in DEFAULT_CATEGORIES))  # fmt: skip
DEPARTMENTS = Choice("department", (
    "community", "grid", "property", "gas_company", "water_company", "power_company", "heating_company", "utility_desk",
    "duty_desk", "sanitation", "urban_management", "housing", "police", "fire", "health", "civil_affairs", "labour",
    "mediation", "legal_aid", "emergency", "street_office", "district", "other"))  # fmt: skip
LEVELS = Choice("level", ("none", "community", "street", "district", "city"), ordered=True)
ALERTS = Choice("weather_alert", ("none", "blue", "yellow", "orange", "red"), ordered=True)
WORK = Choice("work", ("inspection", "visit", "patrol", "mediation_session", "hearing", "repair", "survey", "training",
                       "notice", "round"))  # fmt: skip
VERDICTS = Choice("verdict", ("continue", "adjust", "stop"))
CHOICES = (CATEGORIES, DEPARTMENTS, LEVELS, ALERTS, WORK, VERDICTS,
           Choice("status", tuple(one.name.lower() for one in Status)),
           *(Choice(name.rpartition(".")[2], words) for name, words in CODES.items()),
           Choice("asset_kind", ASSET_KINDS))  # fmt: skip

_CLASS = number(low=Fraction(0), high=Fraction(3), whole=True)
_COUNT = number(low=Fraction(0), whole=True)
_SHARE = number(low=Fraction(0), high=Fraction(1))
_HOURS = number("h", Fraction(0))
_MONEY = number("yuan")
_HOUR = replace(number(low=Fraction(0), high=Fraction(23), whole=True), cyclic=True)
_WEEKDAY = replace(number(low=Fraction(1), high=Fraction(7), whole=True), cyclic=True)
_MONTH = replace(number(low=Fraction(1), high=Fraction(12), whole=True), cyclic=True)

# What every rule may ask, and what an order knows of itself at the event's minute.
_EVERYWHERE: Mapping[str, Entry] = {
    "date": Entry(Day(), "the day of the decision"),
    "hour": Entry(_HOUR, "hour of the day"),
    "weekday": Entry(_WEEKDAY, "1 Monday to 7 Sunday"),
    "month": Entry(_MONTH, "month of the year"),
    "holiday": Entry(TRUTH, "a statutory day off"),
    "weather_alert": Entry(ALERTS, "the weather service's warning"),
    "backlog": Entry(_COUNT, "orders that wait on the desk"),
    "queue_length": Entry(_COUNT, "orders that wait for the team"),
    "idle_workers": Entry(_COUNT, "workers of the team who are free"),
}
_OF_AN_ORDER: Mapping[str, Entry] = {
    "priority": Entry(_CLASS, "class, 0 emergency to 3 slow"),
    "severity": Entry(number(low=Fraction(1), high=Fraction(5), whole=True), "1 slight to 5 grave, as reported"),
    "status": Entry(Choice("status", tuple(one.name.lower() for one in Status)), "where the order stands"),
    "open_time": Entry(_HOURS, "clock time since the report"),
    "waiting_time": Entry(_HOURS, "clock time since the last dispatch"),
    "open_working_time": Entry(number("working h", Fraction(0)), "opening hours since the report"),
    "hops": Entry(_COUNT, "dispatches that were returned"),
    "attempts": Entry(_COUNT, "times re-opened"),
    "overdue": Entry(TRUTH, "past its limit"),
    "same_place_open": Entry(_COUNT, "open orders of this category at this place"),
    "sla": Entry(_HOURS, "the limit that the order has, from its creation"),
    "level": Entry(LEVELS, "how high it was escalated"),
    "reached": Entry(TRUTH, "the call-back reached the reporter"),
    "minutes_since_first_report": Entry(
        number("min", Fraction(0)), "since what is taken for the matter's first report", optional=True
    ),
    "first_report_open": Entry(TRUTH, "that report is not closed yet", optional=True),
    "distance": Entry(number("m", Fraction(0)), "to the place of that report", optional=True),
    "is_vulnerable": Entry(TRUTH, "the reporter is registered as in need of care"),
    "resident.age": Entry(number(low=Fraction(0), high=Fraction(120), whole=True), "age of the reporter, 0 for staff"),
    "resident.lives_alone": Entry(TRUTH, "the reporter lives alone"),
}

_RESIDENTS = Group((
    Member("age", number(low=Fraction(0), high=Fraction(120), whole=True)),
    Member("lives_alone", TRUTH),
    Member("floor", number(whole=True)),
))  # fmt: skip
_OWNERS = Group((Member("area", number("m2", Fraction(0))), Member("participated", TRUTH), Member("agreed", TRUTH)))
# What is known of buildings, votes and projects, whether or not a mechanism keeps it yet.
_OF_OTHERS: Mapping[str, Mapping[str, Entry]] = {
    "building": {
        "floor_area": Entry(number("m2", Fraction(0)), "gross floor area"),
        "floors": Entry(number(low=Fraction(1), whole=True), "storeys"),
        "residents": Entry(_RESIDENTS, "who lives there"),
        "cost": Entry(number("yuan", Fraction(0)), "what the works cost"),
        "rate_per_m2": Entry(number("yuan/m2", Fraction(0)), "public money for each square metre"),
        "vote_passed": Entry(TRUTH, "the owners have agreed"),
        "terminated": Entry(TRUTH, "the works were stopped"),
    },
    "vote": {
        "owners": Entry(_OWNERS, "who may vote"),
        "matter": Entry(number(low=Fraction(1), high=Fraction(9), whole=True), "number in Art. 278 of the Civil Code"),
    },
    "team": {"workers": Entry(_COUNT, "posts of the team"), "waiting": Entry(_COUNT, "its orders that wait")},
    "project": {
        "cost": Entry(number("yuan", Fraction(0)), "what it costs"),
        "spent": Entry(number("yuan", Fraction(0)), "what was spent so far"),
        "third_party_eval.met_target": Entry(TRUTH, "the evaluator found the target met"),
        "third_party_eval.estimate": Entry(_SHARE, "the evaluator's estimate"),
    },
}

# Decisions, by what they are about: names in both languages, and their kind where there can be only one.
DECISIONS: Mapping[str, Mapping[str, Kind | None]] = {
    "order": {
        "department": None, "部门": None, "承办单位": None, "team": None, "队伍": None, "worker": None,
        "assignee": None, "assignment": None, "派人": None,
        "sla": number("h", Fraction(0)), "时限": None, "办理时限": None, "limit": None, "deadline": None, "due": None,
        "response_limit": None, "priority": _CLASS, "优先级": None, "class": None, "sla_class": None, "类别等级": None,
        "urgency": None, "urgent": TRUTH, "紧急": TRUTH, "level": LEVELS, "级别": None, "督办级别": None,
        "escalate": TRUTH, "督办": TRUTH, "escalation": None, "merge": TRUTH, "合并": TRUTH, "merge_into": None,
        "route": None, "routing": None, "queue": None, "channel": None, "action": None, "处置": None, "处理方式": None,
        "handling": None, "decision": None, "决定": None, "result": None, "结论": None, "category": None, "类别": None,
        "accept": TRUTH, "受理": TRUTH, "return": TRUTH, "退单": TRUTH, "reopen": TRUTH, "重办": TRUTH,
        "call_back": TRUTH, "回访": TRUTH, "preempt": TRUTH, "notify": None, "inform": None, "joint": TRUTH,
        "score": None, "grade": None, "rank": None, "weight": None,
    },
    "vote": {
        "quorum": TRUTH, "法定人数": TRUTH, "passed": TRUTH, "通过": TRUTH, "valid": TRUTH, "majority": None,
        "required_share": _SHARE, "threshold": None, "eligible": TRUTH, "voting_procedure": None,
    },
    "project": {
        "verdict": VERDICTS, "stop": TRUTH, "终止": TRUTH, "adjust": TRUTH, "调整": TRUTH, "continue": TRUTH,
        "terminated": TRUTH, "approved": TRUTH, "批准": TRUTH, "funded": TRUTH, "start": TRUTH, "plan": None,
        "project_status": None, "budget": _MONEY, "预算": _MONEY, "grant": _MONEY, "disclose": TRUTH, "audit": TRUTH,
    },
    "share": {
        "share": None, "份额": None, "cost_share": None, "分摊": None, "floor_share": None, "subsidy": None,
        "补贴": None, "compensation": None, "补偿": None, "contribution": None, "fee": None, "费用": None,
        "price": None, "价格": None,
        "rate": None, "discount": None, "amount": None, "金额": None, "cap": None, "refund": None, "match": None,
        "bonus": None, "fine": None, "pays": TRUTH,
    },
}  # fmt: skip

# Outcomes of people: no rule may write them. The levers are the ones that could be meant.
OUTCOMES = (
    Outcome(Words("satisfaction", "满意度"), ("satisfaction", "satisfied", "dissatisfaction", "满意"),
            ("desk.limit_hours", "desk.call_back_share", "satisfaction.informed_share", "sla")),
    Outcome(Words("happiness", "幸福感"), ("happiness", "happy", "wellbeing", "mood", "幸福", "情绪"),
            ("desk.limit_hours", "spawn", "subsidy", "budget")),
    Outcome(Words("trust", "信任"), ("trust", "confidence", "legitimacy", "信任"),
            ("disclose", "audit", "desk.call_back_share", "desk.limit_hours")),
    Outcome(Words("taking part", "参与"), ("participation", "turnout", "voting", "attendance", "参与", "投票率"),
            ("voting_procedure", "notify", "spawn")),
    Outcome(Words("complaining", "投诉"),
            ("complaint", "complaints", "recomplaints", "recomplaint", "reports", "petitions", "投诉", "上访"),
            ("desk.dedup", "desk.first_time_fix", "desk.teams.*.workers", "desk.limit_hours")),
    Outcome(Words("a dispute", "纠纷"), ("dispute", "disputes", "conflict", "conflicts", "quarrels", "纠纷", "矛盾"),
            ("spawn", "department")),
    Outcome(Words("ties between neighbours", "邻里关系"), ("belonging", "cohesion", "归属感", "邻里关系", "凝聚力"),
            ("spawn", "notify")),
    Outcome(Words("feeling safe", "安全感"), ("safety", "安全感"), ("desk.limit_hours", "desk.preempt", "spawn")),
    Outcome(Words("how people vote", "投票意向"), ("votes", "willingness", "intention", "意愿", "赞成票", "反对票"),
            ("voting_procedure", "compensation", "subsidy", "disclose")),
    Outcome(Words("income", "收入"), ("income", "incomes", "earnings", "收入"), ("subsidy", "price", "fee")),
    Outcome(Words("opinion", "意见"), ("opinion", "opinions", "support", "expectation", "grievance", "意见", "怨气"),
            ("notify", "disclose", "satisfaction.informed_share")),
    Outcome(Words("resolution", "解决率"), ("solved", "resolved", "resolution", "解决率"),
            ("desk.first_time_fix", "desk.call_back_share", "desk.reopen_chance")),
)  # fmt: skip


def rule_vocabulary(
    blocks: Mapping[str, type], metrics: Iterable[str] = (), categories: Iterable[str] = ()
) -> Vocabulary:
    """Return what rules may name in a twin whose parameters are declared in these blocks.

    ``categories`` are those of a scenario; what is common elsewhere may be named beside them.
    """
    ours = replace(CATEGORIES, values=tuple(dict.fromkeys((*categories, *CATEGORIES.values))))
    choices = (ours, *CHOICES[1:])
    targets = {name: Entry(kind, spec.doc, "lever") for name, kind, spec in _levers(blocks)}
    for about, decisions in DECISIONS.items():
        targets |= {name: Entry(kind, about=about) for name, kind in decisions.items()}
    targets["spawn"] = Entry(WORK, "work for the desk", "work")
    targets |= {f"spawn.{name}": Entry(_COUNT, "so many of it", "work") for name in WORK.values}
    known = {outcome.title.en: _existing(outcome, targets) for outcome in OUTCOMES}
    outcomes = tuple(replace(one, levers=known[one.title.en]) for one in OUTCOMES)
    return Vocabulary(_fields(ours), {one.name: one for one in choices}, targets, outcomes, frozenset(metrics), MOMENTS)


def _existing(outcome: Outcome, targets: Mapping[str, Entry]) -> tuple[str, ...]:
    """Leave away levers of mechanisms that are not installed."""
    return tuple(lever for lever in outcome.levers if lever in targets)


# -- fields


def _fields(categories: Choice) -> dict[str, dict[str, Entry]]:
    """Return what can be read of every entity: the columns of its table, and what holds everywhere."""
    found = {_singular(table): dict(_columns(table, columns, categories)) for table, columns in TABLES.items()
             if table not in _HIDDEN}  # fmt: skip
    found["ticket"] |= _OF_AN_ORDER
    for entity, fields in _OF_OTHERS.items():
        found[entity] = {**found.get(entity, {}), **fields}
    return {entity: {**_EVERYWHERE, **fields} for entity, fields in sorted(found.items(), key=_tickets_first)}


def _tickets_first(item: tuple[str, Any]) -> tuple[bool, str]:
    return item[0] != "ticket", item[0]


def _singular(table: str) -> str:
    return _SINGULAR.sub(lambda found: "y" if found[1] else "", table)


def _columns(table: str, columns: Mapping[str, Column], categories: Choice) -> Iterator[tuple[str, Entry]]:
    for name, column in columns.items():
        if name not in _KEYS and f"{table}.{name}" not in _HIDDEN:
            yield name, Entry(categories if name == "category" else _column_kind(table, name, column), column.doc)


def _column_kind(table: str, name: str, column: Column) -> Kind:
    """Return the kind of a column: words where it holds an index into names."""
    words = CODES.get(f"{table}.{name}")
    if words is not None:
        return Choice(name, words)
    if np.dtype(column.dtype).kind == "b":
        return TRUTH
    low = None if column.low is None else Fraction(column.low)
    high = None if column.high is None else Fraction(column.high)
    return number(_unit(column.unit), low, high, whole=np.dtype(column.dtype).kind in "iu")


def _unit(unit: str) -> str:
    """Return a unit as rules know it; what they do not know is a plain number."""
    try:
        exact_measure(unit)
    except UnitProblem:
        return ""
    return "" if unit == "1" else unit


# -- levers


def _levers(blocks: Mapping[str, type], prefix: str = "") -> Iterator[tuple[str, Kind | None, ParamSpec]]:
    """Yield (path, kind, declaration) of every lever of the blocks, those inside blocks and maps of blocks too."""
    for block, declared in blocks.items():
        hints = get_type_hints(declared)
        for one, spec in parameters_of(declared):
            path, inner = f"{prefix}{block}.{one.name}", _block_of(hints[one.name])
            if inner is not None:
                keyed = f"{path}.*" if get_origin(hints[one.name]) is dict else path
                head, _, last = keyed.rpartition(".")
                yield from _levers({last: inner}, f"{head}.")
            elif spec.lever:
                yield path, _lever_kind(hints[one.name], spec), spec


def _block_of(hint: Any) -> type | None:
    """Return the block of parameters that a field holds, if it holds one (or a map of them)."""
    inner = get_args(hint)[1] if get_origin(hint) is dict else hint
    return inner if isinstance(inner, type) and is_dataclass(inner) else None


def _lever_kind(hint: Any, spec: ParamSpec) -> Kind | None:
    """Return the kind of a lever, ``None`` for lists (the rule's own value says what it is)."""
    if hint is bool:
        return TRUTH
    if spec.choices:
        return Choice("choices", spec.choices)
    if hint in (int, float):
        low = None if spec.low is None else Fraction(str(spec.low))
        high = None if spec.high is None else Fraction(str(spec.high))
        kind = number(_unit(spec.unit), low, high, whole=hint is int)
        return kind if isinstance(kind, Number) else None
    return Free() if hint is str else None
