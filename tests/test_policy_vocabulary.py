"""What rules may read and decide comes from the declarations: levers, columns, metrics."""

from __future__ import annotations

import dataclasses

import pytest

from tests.test_rules_corpus import vocabulary
from twin.core.parameters import parameters_of
from twin.desk.settings import DeskSettings
from twin.mechanisms import CATALOGUE
from twin.policy.vocabulary import DECISIONS, OUTCOMES, rule_vocabulary
from twin.rules.kinds import Choice, Number, Truth
from twin.scenario.vocabulary import known_blocks
from twin.world.tables import CHANNELS, TABLES


def test_every_lever_of_the_desk_can_be_moved_and_nothing_else_of_it() -> None:
    known = vocabulary()
    for field, spec in parameters_of(DeskSettings):
        if field.name in ("teams", "channels", "service", "services"):
            continue
        assert (f"desk.{field.name}" in known.targets) == spec.lever, field.name
    assert known.target("desk.teams.grid.workers") is not None
    assert known.target("desk.teams.grid.mood") is None
    assert known.target("desk.service.mean_hours") is None
    assert known.target("desk.teams.workers") is None


def test_levers_have_the_kind_unit_and_range_of_their_declaration() -> None:
    known = vocabulary()
    chance, hours = known.targets["desk.misroute_chance"].kind, known.targets["desk.return_hours"].kind
    assert isinstance(chance, Number)
    assert isinstance(hours, Number)
    assert (float(chance.high or 0), hours.unit, hours.high) == (0.95, "h", 400 * 60)
    assert known.targets["desk.dedup"].kind == Truth()
    assert known.targets["desk.dispatch"].kind == Choice("choices", ("batch", "instant"))


def test_no_outcome_of_people_and_no_metric_is_a_target() -> None:
    known = vocabulary()
    for name in known.targets:
        assert known.outcome(name) is None or name in ("voting_procedure", "satisfaction.informed_share"), name
    assert not known.results & set(known.targets)
    assert {name for one in CATALOGUE.values() for name in one.metrics} == known.results


@pytest.mark.parametrize(
    "name",
    ["satisfaction", "residents.trust", "happiness", "complaints", "disputes", "income", "participation", "满意度",
     "幸福感", "投诉率", "residents.satisfaction", "turnout"],
)  # fmt: skip
def test_outcomes_are_known_by_many_names_and_lead_to_levers(name: str) -> None:
    known = vocabulary()
    outcome = known.outcome(name)
    assert outcome is not None
    assert outcome.levers
    assert all(known.target(lever.replace("*", "x")) for lever in outcome.levers)


def test_levers_of_mechanisms_that_are_not_installed_are_not_named() -> None:
    blocks = {"desk": DeskSettings}
    for outcome in rule_vocabulary(blocks).outcomes:
        assert all(not lever.startswith("satisfaction.") for lever in outcome.levers)
    assert len(rule_vocabulary(blocks).outcomes) == len(OUTCOMES)


def test_fields_are_columns_that_the_office_can_know() -> None:
    known = vocabulary()
    ticket = known.fields["ticket"]
    assert ticket["channel"].kind == Choice("channel", CHANNELS)
    assert {"category", "priority", "open_time", "resident.age", "weather_alert", "hour"} <= set(ticket)
    assert not {"duplicate", "incident", "solved", "felt"} & set(ticket)
    assert "temper" not in known.fields["resident"]
    assert not {"trust", "satisfaction", "expectation"} & set(known.fields["resident"])
    assert "incident" not in known.fields
    assert set(TABLES["workers"]) - {"place"} <= set(known.fields["worker"])


def test_decisions_about_orders_votes_projects_and_shares_are_named_once() -> None:
    names = [name for decisions in DECISIONS.values() for name in decisions]
    assert len(names) == len(set(names))
    assert set(DECISIONS) == {"order", "vote", "project", "share"}


def test_the_vocabulary_is_plain_data() -> None:
    known = known_blocks()
    assert dataclasses.asdict(rule_vocabulary(known.blocks, known.metrics)) == dataclasses.asdict(vocabulary())
