"""The ledger: both sides to the fen, a hard budget, a chain that tells, and the audit that it needs."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twin.core.draws import Draw
from twin.core.engine import Engine
from twin.mechanisms.audit import Audit, found_if_audited, overstated
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.world.ledger import (
    OWNERS,
    PUBLIC,
    RECOVERED,
    SOURCES,
    WORKS,
    Posting,
    broken_at,
    rows_of,
    sealed,
    sides,
)

ROOT = Path(__file__).resolve().parent.parent
SMALL = ("population.residents=300", "days=160")

FEN = st.integers(-(10**12), 10**12)
POSTING = st.builds(Posting, st.integers(0, 2**64 - 1), st.integers(0, 4000), st.integers(0, 10), FEN,
                    st.integers(0, len(SOURCES) - 1), st.integers(-1, 50))  # fmt: skip
BOOKS = st.lists(POSTING, min_size=1, max_size=30)


def table_of(postings: list[Posting]) -> Any:
    columns = zip(*postings, strict=True)
    kinds = [np.uint64, *[np.int64] * 5]
    return SimpleNamespace(**{name: np.array(column, kind) for name, column, kind in
                              zip(Posting._fields, columns, kinds, strict=True)})  # fmt: skip


# -- both sides


@given(BOOKS)
def test_both_sides_balance_after_any_sequence_of_postings(postings: list[Posting]) -> None:
    debited, credited = sides(table_of(postings))
    assert sum(debited.values()) == sum(credited.values()) == sum(one.fen for one in postings)


@given(BOOKS, st.data())
def test_a_posting_and_its_reversal_leave_no_trace(postings: list[Posting], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(postings) - 1))
    back = postings[which]._replace(fen=-postings[which].fen)
    before, after = sides(table_of(postings)), sides(table_of([*postings, back, postings[which]]))
    assert before == after


# -- the chain


@given(BOOKS, st.data())
def test_whatever_is_done_to_a_posting_the_chain_says_where(postings: list[Posting], data: st.DataObject) -> None:
    seals = sealed(postings)
    assert broken_at(postings, seals) == -1
    row = data.draw(st.integers(0, len(postings) - 1))
    changed = data.draw(POSTING)
    assume(changed != postings[row])
    assert broken_at([*postings[:row], changed, *postings[row + 1 :]], seals) == row
    assert broken_at([*postings[:row], changed, *postings[row:]], seals) == row
    removed = [*postings[:row], *postings[row + 1 :]]
    assert 0 <= broken_at(removed, seals) >= row


@given(BOOKS, st.data())
def test_a_forged_chain_does_not_join_the_seals_kept_outside(postings: list[Posting], data: st.DataObject) -> None:
    """Whoever changes a posting and seals everything after it anew still meets every later seal that was kept."""
    row = data.draw(st.integers(0, len(postings) - 1))
    forged = [*postings[:row], postings[row]._replace(fen=postings[row].fen + 1), *postings[row + 1 :]]
    assert all(new != old for new, old in zip(sealed(forged)[row:], sealed(postings)[row:], strict=True))


@given(BOOKS, st.integers(0, 30))
def test_a_chain_sealed_day_by_day_is_the_chain_sealed_at_once(postings: list[Posting], cut: int) -> None:
    first = sealed(postings[:cut])
    assert first + sealed(postings[cut:], first[-1] if first else 0) == sealed(postings)


# -- in the neighbourhood


@cache
def scenario(*sets: str) -> Any:
    return load(ROOT / "scenarios" / "ledger.yaml", sets=[*SMALL, *sets])


@cache
def lived(arm: str, seed: int = 1, *sets: str) -> Engine:
    engine = engine_for(scenario(*sets), arm, seed)
    engine.run()
    return engine


SEEDS = range(1, 6)


def leaked(arm: str, *sets: str) -> list[float]:
    return [lived(arm, seed, *sets).metrics()["leaked_yuan"] for seed in SEEDS]


def test_a_chain_that_nobody_reads_changes_nothing_to_the_fen() -> None:
    assert leaked("neither") == leaked("chain")
    assert min(leaked("neither")) > 0


def test_an_audit_helps_and_a_chain_makes_it_help_more() -> None:
    means = [np.mean(leaked(arm)) for arm in ("neither", "audited", "both", "everything_audited")]
    assert all(a > b for a, b in pairwise(means))


def test_a_chain_that_adds_nothing_to_what_is_found_changes_nothing() -> None:
    """The ablation: exactly equal, world by world."""
    assert leaked("audited") == leaked("blind_chain")


def test_the_same_payments_leak_where_nobody_looks_and_only_some_of_them_where_somebody_does() -> None:
    for seed in SEEDS:
        free, watched = (lived(arm, seed).world.postings for arm in ("neither", "both"))
        leaky = set(free.key[free.leaked_fen > 0].tolist())
        assert set(watched.key[watched.leaked_fen > 0].tolist()) <= leaky


@pytest.mark.parametrize(("audit_share", "detect"), [(0.0, 0.9), (0.5, 0.9), (0.3, 0.4)])
def test_what_is_overstated_is_proportional_to_one_minus_audited_times_found(audit_share: float, detect: float) -> None:
    """With nothing paid back: leaked = chance x share x (1 - p q), over 40,000 payments; three standard errors."""
    p = Audit(leak_chance=0.4, audit_share=audit_share, detect_chained=detect, chained=True)
    theory = 0.4 * (1 - audit_share * detect)
    assert overstated(p) == pytest.approx(theory)
    found = Draw(3, "audit", 0).happens("leak", overstated(p), np.arange(40_000, dtype=np.uint64), 0).mean()
    assert abs(found - theory) < 3 * np.sqrt(theory * (1 - theory) / 40_000)
    assert found_if_audited(replace(p, chained=False)) == p.detect


def test_the_chain_in_the_neighbourhood_sees_a_changed_fen() -> None:
    postings = lived("both").world.postings
    closed = np.flatnonzero(postings.seal)
    rows, seals = rows_of(postings, closed), postings.seal[closed].tolist()
    assert len(rows) > 20 and broken_at(rows, seals) == -1
    row = len(rows) // 2
    assert broken_at([*rows[:row], rows[row]._replace(fen=rows[row].fen + 1), *rows[row + 1 :]], seals) == row
    assert lived("both").metrics()["chain_broken"] == 0


def test_what_is_paid_back_goes_to_the_project_from_which_it_came() -> None:
    postings = lived("everything_audited", 1, "audit.fear=0").world.postings
    back = postings.account == RECOVERED
    assert back.any()
    caught = postings.found
    for project in np.unique(postings.project[back]):
        there = postings.project == project
        assert postings.leaked_fen[caught & there].sum() >= -postings.fen[back & there].sum() > 0


@settings(max_examples=6, deadline=None)
@given(st.integers(200_000, 12_000_000), st.floats(0, 1), st.integers(1, 3))
def test_budgets_are_hard_and_what_is_bound_is_paid_in_the_end(budget: int, advance: float, seed: int) -> None:
    """After any run: bound within the budget; cash within what is bound, equal to it once all is finished."""
    sets = (f"plans.budget_yuan={budget}", f"works.advance_share={advance:.3f}")
    engine = engine_for(load(ROOT / "scenarios" / "ledger.yaml", sets=[*SMALL, *sets]), "neither", seed)
    engine.run()
    projects, postings = engine.world.projects, engine.world.postings
    of_works = postings.account == WORKS
    cash = np.bincount(postings.project[of_works], postings.fen[of_works], len(projects)).astype(np.int64)
    assert projects.spent_fen.sum() <= budget * 100
    assert (cash <= projects.spent_fen).all()
    done = projects.finished >= 0
    assert (cash[done] == projects.spent_fen[done]).all()
    assert engine.metrics()["bound_yuan"] == pytest.approx((projects.spent_fen.sum() - cash.sum()) / 100)
    debited, credited = sides(postings)
    assert sum(debited.values()) == sum(credited.values())


def test_the_sources_of_a_year_sum_to_its_cost() -> None:
    """Lifts, a park and wages in one ledger: every source has its part, and the parts are the whole."""
    sets = ["mechanisms.payroll=on", "mechanisms.crowdfunding=on", "days=140", "population.residents=500",
            "crowdfunding.goal_yuan=3000", "crowdfunding.match=0.5", "lifts.from_day=0"]  # fmt: skip
    engine = engine_for(load(ROOT / "scenarios" / "elevator.yaml", sets=sets), "bargain_high_subsidy", 1)
    engine.run()
    found = engine.metrics()
    parts = [found[f"cost_yuan_{name}"] for name in SOURCES]
    assert sum(parts) == pytest.approx(found["cost_yuan"], abs=0.005)
    assert min(parts) > 0
    assert found["cost_yuan_donations"] == found["pledged_yuan"]
    lifts = engine.world.projects
    begun = lifts.started >= 0
    assert found["cost_yuan_owners"] * 100 == lifts.owners_fen[begun].sum()
    assert (PUBLIC, OWNERS) == (0, 1)


# -- a long plan (G09)


@cache
def estate(arm: str, seed: int, *sets: str) -> dict[str, float]:
    small = ("population.residents=200", "days=1800")
    engine = engine_for(load(ROOT / "scenarios" / "long_term.yaml", sets=[*small, *sets]), arm, seed)
    engine.run()
    return engine.metrics()


def test_a_review_is_worth_something_after_five_years_and_costs_the_same() -> None:
    never, yearly = ([estate(arm, seed) for seed in (1, 2, 3)] for arm in ("never", "yearly"))
    assert all(b["upkeep_missing"] < 0.9 * a["upkeep_missing"] for a, b in zip(never, yearly, strict=True))
    spent = load(ROOT / "scenarios" / "long_term.yaml").arms["never"].blocks["upkeep"].budget_yuan_per_year * 5
    assert [one["upkeep_yuan"] for one in never] == [one["upkeep_yuan"] for one in yearly] == [spent] * 3


def test_a_review_beyond_the_horizon_is_none() -> None:
    assert estate("never", 1) == estate("never", 1, "upkeep.review_every_months=61")


def test_a_review_by_guess_is_worth_less() -> None:
    sharp, blind = (np.mean([estate(arm, seed)["upkeep_missing"] for seed in (1, 2, 3)])
                    for arm in ("yearly", "yearly_blind"))  # fmt: skip
    assert sharp < blind
