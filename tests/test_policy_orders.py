"""Rules inside the desk: what they decide there is what the exact reference says, and it is carried out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk_kit import DAY, HOUR
from tests.policy_kit import CATEGORIES, SETTINGS, disagreements, lived, refused, told
from twin.desk.layout import Status
from twin.errors import RunFailed

CLASSES = """\
table: classes
applies_to: ticket
inputs: {category: {enum: ticket_category}, hour: {int: 0..23}}
outputs: {priority: {int: 0..3}}
hit: first
rows: |
  | category  | hour   | priority |
  | noise     | 22..6) | 0        |
  | noise     | -      | 1        |
  | -         | -      | 2        |
"""
LIMITS = """\
table: limits
applies_to: ticket
inputs: {priority: {int: 0..3}}
outputs: {sla: {unit: h}}
rows:
  - {priority: 0, sla: 2 h}
  - {priority: 1, sla: "= 12 h * p.slack"}
  - {priority: ">= 2", sla: 7 days}
---
params:
  slack: {unit: ratio, values: {2024-01-01: 2, 2024-01-10: 3/2}}
"""
PUSH = """\
rule: push
applies_to: ticket
evaluated: each_hour
when: open_time > sla * 1.5 and hops < 3
then: {level: street}
exceptions:
  - {id: late, when: open_time > sla * 2, then: {level: district}}
"""
ROUTING = """\
table: routing
applies_to: ticket
inputs: {category: {enum: ticket_category}}
outputs: {team: {enum: [a, b]}}
rows:
  - {category: noise, team: b}
  - {category: not noise, team: a}
"""
CARELESS = "rule: never\napplies_to: ticket\nevaluated: on_report\nwhen: severity == 1\nthen: {priority: 0}\n"
EVERYTHING = "---\n".join((CLASSES, LIMITS, PUSH, ROUTING))


def stream(n: int, days: int, seed: int = 1) -> np.ndarray:
    """Minutes of reports, sorted."""
    return np.sort(np.random.default_rng(seed).uniform(0, days * DAY, n))


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays of records hold the same, bit for bit."""
    return all(one[name].tobytes() == other[name].tobytes() for name in one.dtype.names or ())


def test_compiled_plain_and_reference_say_the_same() -> None:
    rules = told(EVERYTHING)
    assert len(rules.epochs) == 2  # the parameter changes on 10 January
    created = stream(120, 25)
    desk, plain = lived(rules, created), lived(rules, created, plain=True)
    assert desk.heard.tobytes() == plain.heard.tobytes()
    for name in ("ruled", "log", "orders"):
        assert same(getattr(desk, name), getattr(plain, name)), name
    assert disagreements(desk, rules) == []
    assert set(desk.ruled["epoch"]) == {0, 1}


def test_decisions_are_carried_out() -> None:
    created = np.arange(30) * 11 * HOUR + 5
    desk = lived(told(EVERYTHING), created)
    orders = desk.orders
    night = ((created % DAY) >= 22 * HOUR) | ((created % DAY) < 6 * HOUR)
    noise = orders["category"] == CATEGORIES.index("noise")
    assert (orders["priority"] == np.where(noise, np.where(night, 0, 1), 2)).all()
    assert (orders["duty"] == np.where(noise, 1, 0)).all()
    early = created < 9 * DAY
    hours = np.where(orders["priority"] == 0, 2, np.where(orders["priority"] == 1, np.where(early, 24, 18), 168))
    assert orders["limit"] - created == pytest.approx(hours * HOUR)
    waited = np.fmin(orders["done"], 40 * DAY) - created
    late = waited > 1.5 * hours * HOUR + HOUR
    assert not np.isnan(orders["escalated"][late]).any()
    assert np.isnan(orders["escalated"][waited <= 1.5 * hours * HOUR]).all()
    first = np.floor((created + 1.5 * hours * HOUR) / HOUR) * HOUR + HOUR
    assert orders["escalated"][late] == pytest.approx(first[late])  # at the first full hour after


def test_no_rule_about_orders_changes_nothing() -> None:
    created = stream(80, 10)
    nothing = CARELESS.replace("severity == 1", "severity == 5 and priority == 3")
    ruled, free = lived(told(nothing), created), lived(None, created)
    assert same(ruled.log, free.log)
    assert set(ruled.ruled["row"]) == {-2}


def test_what_is_stored_is_seen_until_a_rule_changes_it() -> None:
    text = """\
rule: raise_it
applies_to: ticket
evaluated: on_report
priority: 2
when: priority > 1 and severity == 5
then: {priority: 1}
---
table: limits
applies_to: ticket
inputs: {priority: {int: 0..3}}
outputs: {sla: {unit: h}}
rows:
  - {priority: 1, sla: 1 h}
  - {priority: not 1, sla: 9 h}
"""
    facts = np.array([[5, 0, np.nan, np.nan], [4, 0, np.nan, np.nan]])
    rules = told(text)
    desk = lived(rules, [10.0, 20.0], facts=facts, priority=3)
    assert desk.orders["priority"].tolist() == [1, 3]
    assert (desk.orders["limit"] - desk.orders["created"]).tolist() == [HOUR, 9 * HOUR]
    assert disagreements(desk, rules) == []


def test_an_urgent_order_goes_to_the_head_of_the_line() -> None:
    text = """\
rule: up
applies_to: ticket
evaluated: each_hour
when: category == pets and open_time >= 30 min
then: {urgent: true}
"""
    created = [480.0, 481.0, 482.0, 483.0]
    category = [0, 0, 0, 1]
    one = replace(SETTINGS, teams={"a": SETTINGS.teams["b"]}, discipline="priority")
    free = lived(None, created, category=category, settings=one)
    ruled = lived(told(text), created, category=category, settings=one)
    assert np.argsort(free.orders["started"]).tolist() == [0, 1, 2, 3]
    assert np.argsort(ruled.orders["started"]).tolist() == [0, 3, 1, 2]


MERGE = """\
table: repeats
applies_to: ticket
inputs:
  minutes_since_first_report: {decimal: "0..", unit: min, optional: true}
  first_report_open: {bool: any, optional: true}
outputs: {merge: bool}
hit: first
rows:
  - {first_report_open: true, merge: true}
  - {minutes_since_first_report: "<= 3 days", merge: true}
else: {merge: false}
"""


def test_repeats_are_merged_as_rules_say() -> None:
    far = 30 * DAY
    created = [0.0, 60.0, 2 * DAY, far]
    desk = lived(told(MERGE), created, incident=[7, 7, 7, 7], category=1, days=45,
                 settings=replace(SETTINGS, first_time_fix=1.0))  # fmt: skip
    assert desk.orders["status"].tolist()[1:3] == [Status.MERGED, Status.MERGED]
    assert desk.orders["status"][3] != Status.MERGED  # a month later: a new matter
    assert desk.orders["merged_into"].tolist() == [-1, 0, 0, -1]


def test_a_value_that_is_missing_stops_the_run_and_says_so() -> None:
    text = "rule: old\napplies_to: ticket\nevaluated: on_report\nwhen: severity / hops > 2\nthen: {priority: 1}\n"
    with pytest.raises(RunFailed) as caught:
        lived(told(text), [5.0])
    complaint = caught.value.complaints[0]
    assert complaint.code == "S167"
    assert complaint.values["ticket"] == 0
    assert complaint.place is not None
    assert complaint.place.line == 4


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        (PUSH.replace("each_hour", "each_week"), "S161", "each_week"),
        (PUSH.replace("open_time > sla * 1.5", "open_working_time > 5 working h"), "S162", "open_working_time"),
        (ROUTING.replace("[a, b]", "[a, c]").replace("team: b", "team: c"), "S165", "c"),
        (ROUTING.replace("ticket_category", "[noise, pets]").replace("not noise", "pets"), "S164", "parking"),
        (CLASSES.replace("first", "collect(max)"), "S163", "collect"),
    ],
)
def test_what_the_desk_cannot_be_told(text: str, code: str, word: str) -> None:
    found = refused(text)
    assert [one.code for one in found] == [code]
    assert word in str(found[0].values)
    assert found[0].place is not None


@pytest.mark.parametrize("when", [
    "not missing(minutes_since_first_report)",
    "not missing(minutes_since_first_report) and minutes_since_first_report > 30 min",
    "minutes_since_first_report != 10 min if not missing(minutes_since_first_report) else false",
    "missing(minutes_since_first_report) or minutes_since_first_report <= 10 min",
])  # fmt: skip
def test_what_is_missing_may_be_asked_for(when: str) -> None:
    rule = f"rule: old\napplies_to: ticket\nevaluated: on_report\nwhen: {when}\nthen: {{priority: 1}}\n"
    rules = told(f"{rule}---\n{MERGE}")
    desk = lived(rules, [500.0, 510.0, 560.0], incident=[7, 7, 7], settings=replace(SETTINGS, intake_calendar="24x7"))
    assert disagreements(desk, rules) == []
    assert len(set(desk.ruled["row"][[0, 2, 4]])) == 2


def test_numbers_of_many_digits_are_carried_to_a_millionth() -> None:
    rules = told(PUSH.replace("1.5", "1.234567890123").replace("sla * 2", "sla * 2.5"))
    desk = lived(rules, stream(60, 5), priority=0)
    assert disagreements(desk, rules) == []
    assert (desk.orders["level"] > 0).any()


HOURS = st.sampled_from(["-", "22..6)", "8..17", "< 12", ">= 18", "3", "not 5..7"])
KINDS = st.sampled_from(["-", "noise", "pets, parking", "not noise", "parking"])
GRAVE = st.sampled_from(["-", ">= 4", "1..2", "5", "not 3"])
WAITED = st.sampled_from(["-", "> 3 h", "<= 90 min", "1 h..2 days", "> 1000 h"])
ROWS = st.lists(st.tuples(KINDS, HOURS, GRAVE, WAITED, st.integers(0, 3)), min_size=1, max_size=7)
CONDITIONS = st.sampled_from([
    "open_time > sla", "open_time * 2 > sla and not overdue", "hops >= 1 or severity > 3",
    "category in [noise, pets] and hour >= 12", "weekday >= 6 or month(date) == 2", "priority + level_of > 2",
    "(1 if overdue else 0) + severity // 2 >= 2", "backlog > 3", "queue_length > idle_workers",
])  # fmt: skip


@settings(max_examples=25)
@given(rows=ROWS, base=CONDITIONS, first=CONDITIONS, second=CONDITIONS,
       moment=st.sampled_from(["each_hour", "on_dispatch"]), seed=st.integers(0, 50))  # fmt: skip
def test_random_rules_decide_as_the_reference_does(
    rows: list[tuple[str, str, str, str, int]], base: str, first: str, second: str, moment: str, seed: int
) -> None:
    lines = "".join(f'  - {{category: "{c}", hour: "{h}", severity: "{s}", open_time: "{w}", priority: {p}}}\n'
                    for c, h, s, w, p in rows)  # fmt: skip
    text = (
        "table: classes\napplies_to: ticket\n"
        "inputs: {category: {enum: ticket_category}, hour: {int: 0..23}, severity: {int: 1..5}, open_time: {unit: h}}\n"
        f"outputs: {{priority: {{int: 0..3}}}}\nhit: first\nrows:\n{lines}else: {{priority: 2}}\n---\n"
        f"rule: push\napplies_to: ticket\nevaluated: {moment}\nwhen: '{base}'\nthen: {{level: street}}\nexceptions:\n"
        f"  - {{id: a, when: '{first}', then: {{level: district}}}}\n"
        f"  - {{id: b, when: '{second}', then: {{level: city}}, overrides: [a]}}\n---\n"
        "formula: level_of\napplies_to: ticket\ntype: int\nvalue: 1 if severity > 3 else 0\n"
    )
    rules = told(text)
    rng = np.random.default_rng(seed)
    created = np.sort(rng.uniform(0, 6 * DAY, 25))
    facts = np.stack([rng.integers(1, 6, 25), rng.integers(0, 2, 25), np.full(25, 40), np.zeros(25)], axis=1)
    desk = lived(rules, created, days=9, facts=facts, settings=replace(SETTINGS, misroute_chance=0.3))
    assert disagreements(desk, rules) == []
    assert len(desk.ruled) >= len(created)
