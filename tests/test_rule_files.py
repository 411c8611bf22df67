"""The rules of the street office: clean, tested, with known sources; and exact where the law is exact."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.test_rules_corpus import vocabulary
from twin.core.marked_yaml import read
from twin.rules.check import check_files
from twin.rules.layout import formatted
from twin.rules.model import RuleSet
from twin.rules.read import read_rules
from twin.rules.reference import Case
from twin.rules.testing import run_tests

ROOT = Path(__file__).resolve().parent.parent
FILES = [file for file in sorted((ROOT / "rules").glob("*.yaml")) if not file.name.endswith(".test.yaml")]
TESTS = sorted((ROOT / "rules").glob("*.test.yaml"))
DAY = dt.date(2025, 6, 1)


def rules(name: str) -> RuleSet:
    """Read one of the rule files."""
    return read_rules([ROOT / "rules" / name], vocabulary()).rules


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_rule_file_is_clean_and_laid_out(file: Path) -> None:
    assert check_files([file], vocabulary()).findings == ()
    assert formatted(file.read_text("utf-8")) == file.read_text("utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_rule_file_has_tests_and_known_sources(file: Path) -> None:
    assert file.with_name(f"{file.stem}.test.yaml") in TESTS
    known = set(read(ROOT / "docs" / "sources.yaml").plain()) | {"scenario range"}
    found = check_files([file], vocabulary()).rules
    sources = [one.head.source for one in found.deciders] + [one.source for one in found.parameters]
    assert [source for source in sources if source.split(",")[0] not in known] == []


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_the_tests_beside_the_rules_pass(file: Path) -> None:
    outcomes = run_tests(file, vocabulary(), DAY)
    assert outcomes
    assert [one.name for one in outcomes if one.fault is not None] == []


# -- Civil Code, Art. 278

CIVIL_CODE = rules("civil_code_278.yaml")


def by_law(matter: int, heads: tuple[int, int, int], areas: tuple[int, int, int]) -> tuple[bool, bool]:
    """Return (quorum, passed) in whole numbers; both are triples of all, voting, in favour."""
    quorum = all(3 * voting >= 2 * everyone for everyone, voting, _ in (heads, areas))
    if matter in (6, 7, 8):
        agreed = all(4 * favour >= 3 * voting for _, voting, favour in (heads, areas))
    else:
        agreed = all(2 * favour > voting for _, voting, favour in (heads, areas))
    return quorum, quorum and agreed


def by_rule(matter: int, heads: tuple[int, int, int], areas: tuple[int, int, int], scale: int = 1) -> tuple[bool, bool]:
    """Return what the rule file says; areas are counted in 1/``scale`` m2."""
    names = ("owners", "owners_voting", "owners_for", "area", "area_voting", "area_for")
    values = [*map(Fraction, heads), *(Fraction(one, scale) for one in areas)]
    case = Case(CIVIL_CODE, DAY, {"matter": Fraction(matter), **dict(zip(names, values, strict=True))})
    outputs = case.decide("decision").outputs
    return bool(outputs["quorum"]), bool(outputs["passed"])


@st.composite
def shares(draw: st.DrawFn, largest: int) -> tuple[int, int, int]:
    """Draw (all, voting, in favour), often at or next to the bounds of the law."""
    everyone = draw(st.integers(1, largest))
    near = [-(-2 * everyone // 3) + step for step in (-1, 0, 1)]
    voting = draw(st.one_of(st.integers(0, everyone), st.sampled_from(near)))
    voting = min(max(voting, 0), everyone)
    close = [-(-3 * voting // 4) + step for step in (-1, 0, 1)] + [voting // 2 + step for step in (-1, 0, 1)]
    favour = draw(st.one_of(st.integers(0, voting), st.sampled_from(close)))
    return everyone, voting, min(max(favour, 0), voting)


@settings(max_examples=400, deadline=None)
@given(matter=st.integers(1, 9), heads=shares(10**12), areas=shares(10**15), scale=st.sampled_from((1, 10, 100, 1000)))
@example(matter=6, heads=(12, 8, 6), areas=(960, 640, 480), scale=1)
@example(matter=8, heads=(3 * 10**18, 2 * 10**18, 15 * 10**17), areas=(3, 2, 2), scale=7)
def test_the_rule_of_joint_decisions_is_exact_at_every_bound_and_size(
    matter: int, heads: tuple[int, int, int], areas: tuple[int, int, int], scale: int
) -> None:
    assert by_rule(matter, heads, areas, scale) == by_law(matter, heads, areas)


@pytest.mark.parametrize("matter", range(1, 10))
def test_every_vote_of_twelve_equal_flats(matter: int) -> None:
    for voting in range(13):
        for favour in range(voting + 1):
            heads, areas = (12, voting, favour), (12 * 80, voting * 80, favour * 80)
            assert by_rule(matter, heads, areas) == by_law(matter, heads, areas)


def test_the_least_part_of_all_owners_that_carries() -> None:
    """Exactly one half for matters 6 to 8, just over one third for the others."""
    twelve = range(13)

    def least(matter: int) -> int:
        return min(favour for voting in twelve for favour in range(voting + 1)
                   if by_rule(matter, (12, voting, favour), (12, voting, favour)) == (True, True))  # fmt: skip

    assert [least(matter) for matter in range(1, 10)] == [5, 5, 5, 5, 5, 6, 6, 6, 5]


# -- lifts


@pytest.mark.parametrize("floors", [2, 3, 6, 11, 18, 60])
def test_the_shares_of_all_floors_are_the_whole_cost(floors: int) -> None:
    found = rules("elevator_shares.yaml")
    shares = [
        Case(found, DAY, {"floor": Fraction(floor), "floors": Fraction(floors)}).decide("elevator_share").outputs
        for floor in range(1, floors + 1)
    ]
    values = [one["elevator_share"] for one in shares]
    assert sum(values) == 1  # type: ignore[arg-type]
    assert values[0] == 0
    assert values == sorted(values)  # type: ignore[type-var]


def test_classes_are_those_of_the_desk() -> None:
    from twin.desk.settings import DeskSettings

    found = rules("sla_classes.yaml")
    limits = [Case(found, DAY, {"priority": Fraction(at)}).decide("sla_classes").outputs["sla"] for at in range(4)]
    assert limits == [hours * 60 for hours in DeskSettings().limit_hours]
