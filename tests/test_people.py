"""Synthetic people: fitting against theory, marginals met to the person, households that can be, everybody at home."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from importlib import resources
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.cli.app import main
from twin.core.columns import Table
from twin.core.draws import Draw
from twin.core.marked_yaml import read
from twin.core.parameters import GRADES
from twin.errors import InputError, render
from twin.scenario.load import load
from twin.world.build import DEFAULT_CATEGORIES, Population, fill
from twin.world.families import CHILD, HEAD, OLDEST, PARENT, PARTNER, SHARER, families
from twin.world.fitting import FREE, Margin, balanced, dealt, ipf, largest_remainders, rounded, systematic, worst_gap
from twin.world.homes import lay_out, move_in
from twin.world.marginals import AGES, EVERYBODY, Band, Marginals, Statement, load_marginals, shipped_ages
from twin.world.people import People, met, populate, sizes
from twin.world.tables import TABLES
from twin.world.weights import ALL_AS_STATED, fit

ESTATE = load_marginals("old_estate")
ROOT = Path(__file__).resolve().parent.parent
HALF_A_PERCENT = 0.005


@cache
def people(residents: int = 3000, seed: int = 1) -> People:
    return populate(fit(ESTATE), ESTATE, residents, Draw(seed, "population", 0))


def tables(population: Population, seed: int = 1) -> dict[str, Table]:
    """Fill the tables of a neighbourhood."""
    filled = {name: Table(name, columns) for name, columns in TABLES.items()}
    fill(filled, population, DEFAULT_CATEGORIES, Draw(seed, "population", 0))
    return filled


def two_way(rows: list[float], columns: list[float]) -> list[Margin]:
    """Return the margins of a table of this shape, laid out row after row."""
    cell = np.arange(len(rows) * len(columns))
    return [Margin(cell // len(columns), np.array(rows)), Margin(cell % len(columns), np.array(columns))]


# -- iterative proportional fitting --------------------------------------------------------------------------


def test_a_two_by_two_table_comes_out_as_by_hand() -> None:
    """Rows 1, 1; columns 1.2, 0.8; odds ratio 4: x(x - 0.2) = 4 (1 - x)(1.2 - x), so 3 x² - 8.6 x + 4.8 = 0."""
    fitted = ipf(np.array([2.0, 1.0, 1.0, 2.0]), two_way([1.0, 1.0], [1.2, 0.8]))
    x = (8.6 - np.sqrt(8.6**2 - 4 * 3 * 4.8)) / 6
    assert fitted == pytest.approx([x, 1 - x, 1.2 - x, x - 0.2], abs=1e-10)


@given(st.lists(st.floats(0.05, 20), min_size=12, max_size=12), st.lists(st.floats(0.05, 20), min_size=12, max_size=12))
@settings(max_examples=40, deadline=None)
def test_margins_are_met_and_every_odds_ratio_of_the_seed_is_kept(seed: list[float], other: list[float]) -> None:
    start, wanted = np.array(seed), np.array(other).reshape(3, 4)
    margins = two_way(wanted.sum(axis=1).tolist(), wanted.sum(axis=0).tolist())
    fitted = ipf(start, margins)
    assert worst_gap(fitted, margins)[0] < 1e-7 * wanted.sum()
    table, before = fitted.reshape(3, 4), start.reshape(3, 4)
    for (i, k), (j, m) in product(((0, 1), (1, 2)), ((0, 1), (1, 2), (2, 3))):
        odds = [t[i, j] * t[k, m] / (t[i, m] * t[k, j]) for t in (table, before)]
        assert odds[0] == pytest.approx(odds[1], rel=1e-7)


def test_a_table_that_fits_is_a_fixed_point() -> None:
    table = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
    assert ipf(table, two_way([8.0, 15.0], [4.0, 6.0, 13.0])).tolist() == table.tolist()


def test_a_zero_of_the_seed_stays_zero_and_what_it_makes_impossible_is_told() -> None:
    diagonal = np.array([1.0, 0.0, 0.0, 1.0])
    fitted = ipf(diagonal, two_way([2.0, 3.0], [1.0, 4.0]))
    assert fitted[1] == fitted[2] == 0
    gap, margin, group = worst_gap(fitted, two_way([2.0, 3.0], [1.0, 4.0]))
    assert gap == pytest.approx(1.0) and (margin, group) == (0, 0)


def test_a_margin_may_speak_of_some_cells_only() -> None:
    half = Margin(np.array([0, FREE, FREE, FREE]), np.array([0.5]))
    assert ipf(np.full(4, 0.25), [half]).tolist() == [0.5, 0.25, 0.25, 0.25]


def test_balancing_a_list_is_fitting_where_every_row_counts_once() -> None:
    seed, margins = np.array([1.0, 2, 3, 4, 5, 6]), two_way([5.0, 8.0], [3.0, 6.0, 4.0])
    counts = np.column_stack([margin.group == k for margin in margins for k in range(len(margin.total))])
    totals = np.concatenate([margin.total for margin in margins])
    assert balanced(seed, counts.astype(float), totals) == pytest.approx(ipf(seed, margins), rel=1e-8)


def test_balanced_weights_are_the_prior_tilted_by_the_counts() -> None:
    """Kuhn-Tucker: the log of weight over prior is linear in what a row holds, here households of 1, 2 and 3."""
    persons = np.array([1.0, 2.0, 3.0])
    weights = balanced(np.array([5.0, 3.0, 2.0]), np.column_stack([np.ones(3), persons]), np.array([1.0, 2.4]))
    assert (weights.sum(), weights @ persons) == (pytest.approx(1.0), pytest.approx(2.4))
    tilt = np.log(weights / np.array([5.0, 3.0, 2.0]))
    assert tilt[2] - tilt[1] == pytest.approx(tilt[1] - tilt[0])


# -- whole numbers -------------------------------------------------------------------------------------------


def test_largest_remainders_by_hand() -> None:
    """Ten seats over 47, 16, 15.8, 12, 6.1, 3.1: the textbook case of Hamilton's method."""
    assert largest_remainders(np.array([47, 16, 15.8, 12, 6.1, 3.1]), 10).tolist() == [5, 2, 1, 1, 1, 0]
    assert largest_remainders(np.zeros(3), 0).tolist() == [0, 0, 0]


@given(st.lists(st.floats(0, 10), min_size=1, max_size=30), st.integers(0, 500), st.floats(0.001, 0.999))
@settings(max_examples=100, deadline=None)
def test_every_stretch_of_a_systematic_sample_is_met_within_one(weights: list[float], total: int, start: float) -> None:
    given_weights = np.array(weights) + 1e-3
    found = systematic(given_weights, total, start)
    assert found.sum() == total and (found >= 0).all()
    exact = np.concatenate(([0], np.cumsum(given_weights))) * (total / given_weights.sum())
    marks = np.concatenate(([0], np.cumsum(found)))
    assert np.abs((marks[:, None] - marks) - (exact[:, None] - exact)).max() <= 1 + 1e-6


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_rounding_keeps_both_margins_and_moves_no_cell_by_one(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 6))
    cells = st.lists(st.integers(0, 6), min_size=rows * columns, max_size=rows * columns)
    whole = np.array(data.draw(cells), float).reshape(rows, columns)
    seed = whole * np.array(data.draw(cells), float).reshape(rows, columns) + whole * 0.1
    by_row, by_column = whole.sum(axis=1), whole.sum(axis=0)
    table = ipf(seed.ravel(), two_way(by_row.tolist(), by_column.tolist())).reshape(rows, columns)
    luck = np.array(data.draw(st.lists(st.floats(0.01, 0.99), min_size=rows, max_size=rows)))
    found = rounded(table, by_row.astype(int), by_column.astype(int), luck)
    assert found.sum(axis=1).tolist() == by_row.tolist() and found.sum(axis=0).tolist() == by_column.tolist()
    assert (found >= 0).all() and np.abs(found - table).max() < 1 + 1e-6


def test_levels_are_dealt_by_luck_and_to_the_number() -> None:
    group, counts = np.array([0, 1, 0, 1, 0]), np.array([[1, 2], [0, 2]])
    assert dealt(group, counts, np.array([0.9, 0.1, 0.2, 0.8, 0.5])).tolist() == [1, 1, 0, 1, 1]


@pytest.mark.parametrize("residents", [0, 1, 2, 7, 100, 101, 1234])
def test_sizes_hold_exactly_the_residents(residents: int) -> None:
    exact = np.array([0.10, 0.15, 0.10, 0.05, 0.02]) * residents
    found = sizes(exact, residents)
    assert int(found @ np.arange(1, 6)) == residents
    assert np.abs(found - exact).max() < 2


# -- the list of households ----------------------------------------------------------------------------------


def problems(first: np.ndarray, age: np.ndarray, role: np.ndarray) -> list[str]:
    """Look at every household as a registrar would, one by one, and say what cannot be."""
    found = []
    for begin, end in zip(first[:-1].tolist(), first[1:].tolist(), strict=True):
        by_role = {k: age[begin:end][role[begin:end] == k].tolist() for k in range(5)}
        heads, partners, children, parents, sharers = (by_role[k] for k in (HEAD, PARTNER, CHILD, PARENT, SHARER))
        if sharers:
            found += ["sharers with others"] * bool(heads or children) + ["minor sharer"] * (min(sharers) < 18)
            continue
        couple = heads + partners
        found += ["not one householder"] * (len(heads) != 1) + ["minor householder"] * (min(heads) < 18)
        found += ["unmarried age"] * bool(partners and min(couple) < 20)
        found += ["couple far apart"] * (max(couple) - min(couple) > 15)
        found += ["parent's age"] * any(not 18 <= p - c <= 50 for p in couple for c in children)
        found += ["grandparent's age"] * any(not 18 <= p - heads[0] <= 50 for p in parents)
        found += ["parents far apart"] * bool(parents and max(parents) - min(parents) > 15)
        found += ["too many"] * (len(partners) > 1 or len(parents) > 2)
    return found


def test_every_household_of_the_list_can_be() -> None:
    listed = families()
    assert problems(listed.first, listed.age, listed.role) == []
    assert listed.age.min() == 0 and listed.age.max() == OLDEST
    assert len(np.unique(listed.age)) == AGES
    assert set(np.unique(listed.size)) == set(range(1, 9)) and set(np.unique(listed.generations)) == {1, 2, 3}


# -- the shipped table ---------------------------------------------------------------------------------------


def test_every_row_of_the_shipped_table_has_a_known_source_and_a_grade() -> None:
    known = {*read(ROOT / "docs" / "sources.yaml").plain(), "scenario range"}
    lines = resources.files("twin.data").joinpath("old_estate.csv").read_text("utf-8").splitlines()
    header, *rows = [line.split(",") for line in lines]
    assert header == ["dimension", "category", "given", "share", "source", "evidence"]
    assert {row[4] for row in rows} <= known and {row[5] for row in rows} <= set(GRADES)
    assert {one.dimension for one in ESTATE.statements} == {row[0] for row in rows}


def test_the_shipped_ages_are_a_distribution_that_falls_off() -> None:
    ages = shipped_ages()
    assert len(ages) == AGES and ages.sum() == pytest.approx(1.0)
    assert (ages > 0).all() and (np.diff(ages[84:]) < 0).all()


@pytest.mark.parametrize("residents", [150, 300, 3000, 30_000])
def test_the_estate_meets_its_marginals_to_the_person(residents: int) -> None:
    """Whole households and bands; sizes give way to the exact total, and who lives alone to the ages."""
    found = people(residents)
    assert len(found.age) == residents and len(found.first) - 1 == len(found.tenure)
    for one in met(found, ESTATE.statements):
        off = abs(one.found - one.wanted) * one.among
        if one.dimension in ("age", "income", "generations"):
            assert off < 1.01, one
        assert off <= max(3.0, HALF_A_PERCENT * one.among), one


def test_no_share_of_a_large_estate_is_off_by_half_a_percent() -> None:
    rows = met(people(30_000), ESTATE.statements)
    assert max(abs(one.found - one.wanted) for one in rows) < HALF_A_PERCENT
    assert max(abs(one.found - one.wanted) for one in rows if not one.given) < 0.0002
    assert len(rows) == sum(len(one.shares) for one in ESTATE.statements)


@pytest.mark.parametrize("residents", [1, 2, 3, 10, 50, 300, 3000])
def test_every_household_can_be_and_nobody_is_left_over(residents: int) -> None:
    for seed in range(3):
        found = people(residents, seed)
        assert problems(found.first, found.age, found.role) == []
        assert found.first[0] == 0 and found.first[-1] == residents and (found.size > 0).all()


def test_traits_go_together_as_they_should() -> None:
    found = people(30_000)
    fifth = found.income[found.household]
    skill = [found.digital_skill[(fifth == k) & (found.age >= 35)].mean() for k in range(1, 6)]
    assert (np.diff(skill) > 0).all()
    heads = found.age[found.first[:-1]]
    old, young = (found.tenure[heads >= 65], found.tenure[heads < 35])
    assert (old == 0).mean() > 0.6 > 0.1 > (young == 0).mean()
    shared = found.role[found.first[:-1]] == SHARER
    assert (found.tenure[shared] == 2).mean() > 2 * (found.tenure[~shared] == 2).mean()


# -- keyed and deterministic ---------------------------------------------------------------------------------


def columns_of(found: People) -> list[np.ndarray]:
    return list(vars(found).values())


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    again = populate(fit(ESTATE), ESTATE, 3000, Draw(1, "population", 0))
    assert all((a == b).all() for a, b in zip(columns_of(people()), columns_of(again), strict=True))
    other = people(seed=2)
    assert any(len(a) != len(b) or (a != b).any() for a, b in zip(columns_of(people()), columns_of(other), strict=True))
    assert (people().digital_skill != other.digital_skill).mean() > 0.99


@pytest.mark.parametrize(("few", "many"), [(3000, 3001), (3000, 6000), (999, 12_345)])
def test_a_population_that_grows_keeps_its_shares(few: int, many: int) -> None:
    small, large = people(few), people(many)
    for a, b in zip(met(small, ESTATE.statements), met(large, ESTATE.statements), strict=True):
        assert abs(a.found - b.found) <= 3 / a.among + 3 / b.among, a


# -- tables of one's own -------------------------------------------------------------------------------------


def shares_of(listed: dict[str, np.ndarray], weights: np.ndarray) -> list[Statement]:
    """Return what a weighted list says of some dimensions: marginals that surely go together."""
    statements = []
    for dimension, held in listed.items():
        sums = weights @ held
        names = tuple(("0-17", "18-44", "45-64", "65+") if dimension == "age" else
                      ("female", "male") if dimension == "sex" else ("1", "2", "3", "4", "5", "6+"))  # fmt: skip
        statements.append(Statement(dimension, EVERYBODY, names, tuple((sums / sums.sum()).tolist())))
    return statements


@given(st.lists(st.floats(0.05, 1.0), min_size=29, max_size=29), st.integers(400, 4000), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_random_marginals_that_go_together_are_met(weights: list[float], residents: int, seed: int) -> None:
    listed = families()
    bands = [Band(0, 17), Band(18, 44), Band(45, 64), Band(65, OLDEST)]
    held = {
        "age": np.column_stack([listed.counted(band.mask()[listed.age]) for band in bands]),
        "sex": np.column_stack([listed.counted(listed.sex == sex) for sex in (0, 1)]),
        "household_size": np.column_stack([listed.size == n for n in range(1, 6)] + [listed.size >= 6]),
    }
    statements = shares_of(held, listed.prior * np.array(weights)[listed.composition])
    table = Marginals("mine", str(weights), tuple(statements))
    found = populate(fit(table), table, residents, Draw(seed, "population", 0))
    assert len(found.age) == residents and problems(found.first, found.age, found.role) == []
    for one in met(found, statements):
        assert abs(one.found - one.wanted) <= max(HALF_A_PERCENT, 2.01 / one.among), one


# Persons by age and households by size in three tracts of Brooklyn and Queens (US Census ACS, in synthpops, MIT).
AGE_BANDS = [f"{age}-{age + 4}" for age in range(0, 85, 5)] + ["85+"]
TRACTS = {
    "36047000501": (
        [212, 32, 124, 674, 662, 181, 575, 401, 208, 164, 136, 126, 185, 252, 105, 196, 123, 63],
        [895, 588, 192, 88, 25, 0, 0],
    ),
    "36047000200": (
        [43, 103, 108, 67, 109, 152, 140, 67, 80, 120, 78, 58, 11, 43, 14, 16, 19, 15],
        [82, 61, 70, 64, 15, 36, 33],
    ),
    "36081060000": (
        [41, 29, 54, 54, 85, 60, 68, 75, 37, 101, 131, 84, 57, 66, 47, 60, 21, 70],
        [71, 136, 50, 68, 33, 20, 0],
    ),
}


@pytest.mark.parametrize("tract", TRACTS)
def test_real_census_tracts_are_met(tract: str, tmp_path: Path) -> None:
    ages, households = TRACTS[tract]
    lines = ["dimension,category,count"]
    lines += [f"age,{band},{count}" for band, count in zip(AGE_BANDS, ages, strict=True)]
    lines += [f"household_size,{k + 1}{'+' * (k == 6)},{count}" for k, count in enumerate(households)]
    (tmp_path / "tract.csv").write_text("\n".join(lines), encoding="utf-8")
    table = load_marginals(str(tmp_path / "tract.csv"))
    found = populate(fit(table), table, sum(ages), Draw(1, "population", 0))
    assert problems(found.first, found.age, found.role) == []
    assert max(abs(one.found - one.wanted) for one in met(found, table.statements)) < HALF_A_PERCENT
    assert np.bincount(found.age // 5, minlength=18)[:17].tolist() == ages[:17]


def test_what_a_table_does_not_say_bends_as_little_as_it_must() -> None:
    older = fit(ESTATE, (None, None, None, 0.30))
    found = populate(older, ESTATE, 20_000, Draw(1, "population", 0))
    rows = {(one.dimension, one.category): one.found for one in met(found, ESTATE.statements) if not one.given}
    assert (found.age >= 65).mean() == pytest.approx(0.30, abs=1e-4)
    assert rows["household_size", "1"] == pytest.approx(0.254, abs=0.08)
    assert rows["household_size", "1"] > 0.254  # more elders, more who live alone
    young = (found.age < 15).mean() / (found.age < 65).mean()
    assert young == pytest.approx(0.15 / 0.80, abs=1e-3)


def test_a_share_replaced_by_nothing_changes_nothing() -> None:
    assert (fit(ESTATE, ALL_AS_STATED).weights == fit(ESTATE).weights).all()


def test_no_children_are_no_children() -> None:
    found = populate(fit(ESTATE, (0.0, None, None, None)), ESTATE, 2000, Draw(1, "population", 0))
    assert found.age.min() >= 15 and len(found.age) == 2000


HEADER = "dimension,category,given,share"
WRONG = {
    "category,share\nage,1": ["D482 1:1"],
    f"{HEADER}\nsexx,female,,1": ["D484 2:1"],
    f"{HEADER}\nsex,femal,,0.5\nsex,male,,0.5": ["D485 2:5"],
    f"{HEADER}\nage,old,,1": ["D486 2:5"],
    f"{HEADER}\nmobility,walks,sixty,1": ["D486 2:16"],
    f"{HEADER}\nincome,1,20-30,1": ["D487 2:10"],
    f"{HEADER}\nsex,female,,-0.5\nsex,male,,half": ["D488 2:13", "D488 3:11"],
    f"{HEADER}\nsex,female,,nan\nsex,male,,inf": ["D488 2:13", "D488 3:11"],
    f"{HEADER}\nsex,female,,0.5\nsex,male,,0.25\nsex,female,,0.25": ["D489 4:1"],
    f"{HEADER}\nsex,female,,1": ["D490 2:1"],
    f"{HEADER}\nage,0-14,,0.5\nage,16+,,0.5": ["D490 2:1"],
    f"{HEADER}\nage,0-14,,0.5\nage,14+,,0.5": ["D490 2:1"],
    f"{HEADER}\nage,0-14,,0.5\nage,15-64,,0.5": ["D490 2:1"],
    f"{HEADER}\nhousehold_size,2,,0.5\nhousehold_size,3+,,0.5": ["D490 2:1"],
    f"{HEADER}\nsex,female,,0.6\nsex,male,,0.6": ["D491 3:11"],
    f"{HEADER}\nsex,female,0-20,1\nsex,male,0-20,0\nsex,female,20+,1\nsex,male,20+,0": ["D492 4:1"],
    f'{HEADER}\n"sex",female,,0.5,more\nsexx,a,,1': ["D483 2:1", "D484 3:1"],
    "dimension,category,count\nsex,female,0\nsex,male,0": ["D488 2:12"],
    f"{HEADER}\nage,0-14,,0.9\nage,15+,,0.1\nhousehold_size,1,,1\nhousehold_size,2+,,0": ["D493 2:11", "D493 3:10"],
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_in_a_table_is_said_at_its_line_and_column(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        fit(load_marginals(str(path)))
    assert [f"{one.code} {one.place.line}:{one.place.col}" for one in caught.value.complaints] == WRONG[text]
    assert all(one.place.file == str(path) for one in caught.value.complaints)
    for lang in ("en", "zh"):
        assert "<" not in render(caught.value, lang)


def test_a_table_that_is_not_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_bytes("维度,类别,占比\n性别,女,1\n".encode("gb18030"))
    for name in ("mine.csv", "other.csv"):
        with pytest.raises(InputError) as caught:
            load_marginals(str(tmp_path / name))
        assert [one.code for one in caught.value.complaints] == ["D481"]


def test_counts_percentages_remarks_and_excels_mark_are_read(tmp_path: Path) -> None:
    said = "\ufeffdimension,category,share\n# a remark\nsex,female,51 %\n\nsex,male,49%\n"
    (tmp_path / "a.csv").write_text(said, encoding="utf-8")
    (tmp_path / "b.csv").write_text('dimension,category,count\n"sex","male",49\nsex,female,51\n', "utf-8")
    for name in ("a.csv", "b.csv"):
        (one,) = load_marginals(str(tmp_path / name)).statements
        assert one.categories == ("female", "male") and one.shares == pytest.approx((0.51, 0.49))


def test_shares_that_contradict_one_another_are_refused_when_they_are_dealt(tmp_path: Path) -> None:
    lines = [HEADER, "mobility,walks,,1", "mobility,needs_help,,0", "mobility,housebound,,0",
             "mobility,walks,0-59,0.5", "mobility,needs_help,0-59,0.5", "mobility,housebound,0-59,0"]  # fmt: skip
    (tmp_path / "mine.csv").write_text("\n".join(lines), encoding="utf-8")
    table = load_marginals(str(tmp_path / "mine.csv"))
    with pytest.raises(InputError) as caught:
        populate(fit(table), table, 1000, Draw(1, "population", 0))
    assert {one.code for one in caught.value.complaints} == {"D493"}


def test_age_groups_that_sum_to_more_than_everybody_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        fit(ESTATE, (0.4, 0.4, None, 0.6))
    assert [one.code for one in caught.value.complaints] == ["D495"]


# -- homes and the world -------------------------------------------------------------------------------------


def test_everybody_has_a_home_and_no_flat_holds_two_households() -> None:
    world = tables(Population(residents=5000, grids=4, vacant_share=0.1))
    households, flats, buildings, residents = (world[n] for n in ("households", "flats", "buildings", "residents"))
    assert (residents.household >= 0).all() and residents.household.max() == len(households) - 1
    assert np.bincount(residents.household).tolist() == households.size.tolist()
    assert len(np.unique(households.flat)) == len(households) and households.flat.max() < len(flats)
    assert flats.building.max() == len(buildings) - 1 and (flats.floor <= buildings.storeys[flats.building]).all()
    at_home = flats.building[households.flat[residents.household]]
    for column in ("grid", "x", "y"):
        assert (getattr(residents, column) == getattr(buildings, column)[at_home]).all()
    assert (residents.living_alone == (households.size[residents.household] == 1)).all()
    assert 0.1 <= 1 - len(households) / len(flats) < 0.25


def test_grids_and_buildings_have_about_as_many_households() -> None:
    world = tables(Population(residents=12_000, grids=6))
    flats, households = world["flats"], world["households"]
    by_grid = np.bincount(world["buildings"].grid[flats.building[households.flat]])
    assert by_grid == pytest.approx(np.full(6, len(households) / 6), abs=1.01)
    by_building = np.bincount(flats.building[households.flat], minlength=len(world["buildings"]))
    assert by_building.max() - by_building.min() <= 1


def test_larger_and_richer_households_live_in_larger_flats() -> None:
    world = tables(Population(residents=20_000, grids=4))
    households, area = world["households"], world["flats"].area_m2[world["households"].flat]
    assert np.corrcoef(households.size, area)[0, 1] > 0.3
    assert np.corrcoef(households.income, area)[0, 1] > 0.1


def test_too_few_flats_leave_nobody_in_the_street_but_stop_the_run() -> None:
    homes = lay_out(50, 1, 1.0, 0.0, Draw(1, "population", 0))
    crowd = len(homes.building) + 1
    with pytest.raises(InputError) as caught:
        move_in(np.ones(crowd, int), np.full(crowd, 3), homes, Draw(1, "population", 0))
    assert [one.code for one in caught.value.complaints] == ["D494"]


def test_stairwells_hold_as_many_flats_as_they_should() -> None:
    homes = lay_out(500, 3, 1.0, 0.05, Draw(1, "population", 0))
    assert set(np.bincount(homes.stairwell)) == {12}
    assert Counter(np.bincount(homes.floor).tolist()[1:]) == {len(homes.floor) // 6: 6}
    assert (np.diff(homes.building) >= 0).all() and homes.area_m2.min() >= 15


@pytest.mark.parametrize("residents", [0, 1, 4])
def test_a_hamlet_is_a_neighbourhood_too(residents: int) -> None:
    world = tables(Population(residents=residents, grids=2, places=3))
    assert len(world["residents"]) == residents
    near = np.bincount(world["residents"].grid, minlength=2)[[0, 0, 1]]
    assert world["places"].residents_near.tolist() == near.tolist()


def test_a_scenario_takes_a_table_of_its_own_and_tells_what_is_wrong_in_it(tmp_path: Path) -> None:
    text = "version: 1\ndays: 10\nwarm_up_days: 1\npopulation: {residents: 2000, marginals: mine.csv}\narms: {a: {}}\n"
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "mine.csv").write_text("dimension,category,share\nsex,female,0.5\nsex,male,0.4\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "s.yaml")
    assert [(one.code, one.place.line) for one in caught.value.complaints] == [("D491", 3)]
    (tmp_path / "mine.csv").write_text("dimension,category,share\nsex,female,0.6\nsex,male,0.4\n", encoding="utf-8")
    population = load(tmp_path / "s.yaml", sets=["population.elder_share=0.3"]).arms["a"].blocks["population"]
    residents = tables(population)["residents"]
    assert (residents.sex == 0).mean() == 0.6
    assert (residents.age_group == 3).mean() == pytest.approx(0.3, abs=0.001)
    assert population.data_digest() != "" == Population().data_digest()


# -- what a planner is shown -----------------------------------------------------------------------------


OWN = """dimension,category,given,share
household_size,1,,0.5
household_size,2+,,0.5
mobility,walks,80+,0.5
mobility,needs_help,80+,0.25
mobility,housebound,80+,0.25
"""


@pytest.fixture
def street(tmp_path: Path) -> str:
    """A scenario with a population table of its own."""
    (tmp_path / "own.csv").write_text(OWN, encoding="utf-8")
    (tmp_path / "street.yaml").write_text(
        "version: 1\ndays: 30\npopulation: {residents: 1500, marginals: own.csv, elder_share: 30 %}\narms: {a: {}}\n",
        encoding="utf-8",
    )
    return str(tmp_path / "street.yaml")


def test_a_population_is_shown_beside_its_table(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", street, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["homes"]["residents"] == 1500
    assert found["homes"]["homeless"] == found["homes"]["childish"] == 0 and found["homes"]["shared"] == 1
    assert max(abs(one["found"] - one["wanted"]) for one in found["met"] if one["among"] > 500) < HALF_A_PERCENT
    asked = {(one["dimension"], one["given"], one["category"]): one["wanted"] for one in found["met"]}
    assert asked["household_size", "", "1"] == 0.5 and asked["mobility", "80+", "housebound"] == 0.25
    elders = sum(
        wanted
        for (of, _, category), wanted in asked.items()
        if of == "age" and int(category.rstrip("+").split("-")[0]) >= 65
    )
    assert elders == pytest.approx(0.3)  # the scenario's share stands in place of the table's
    assert sum(found["kinds_of_ties"].values()) == pytest.approx(1) and found["ties"]["mean_degree"] > 1


@pytest.mark.parametrize(("lang", "said"), [("en", "living alone"), ("zh", "独居")])
def test_it_is_shown_in_both_languages(lang: str, said: str, street: str, capsys: pytest.CaptureFixture[str]) -> None:
    (Path(street).parent / "own.csv").write_text("dimension,category,given,share\nliving_alone,yes,65+,0.3\n"
                                                 "living_alone,no,65+,0.7\n", encoding="utf-8")  # fmt: skip
    assert main(["people", street, "--lang", lang, "--seed", "3"]) == 0
    assert said in capsys.readouterr().out


def test_a_place_without_people_is_shown_too(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", street, "--json", "--set", "population.residents=0"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["met"] == [] and found["ties"]["mean_degree"] is None


def test_a_table_that_cannot_be_met_is_told_at_its_lines(street: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["dimension,category,given,share", "age,0-14,,0.6", "age,15+,,0.4", "household_size,1,,0.9",
             "household_size,2+,,0.1"]  # fmt: skip
    (Path(street).parent / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["people", street])
    assert ended.value.code == 2
    assert "D493" in capsys.readouterr().err
