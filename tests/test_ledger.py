"""The ledger: both sides to the fen, a hard budget, a chain that tells, and the audit that it needs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from twin.cli.app import main
from twin.core.clock import Clock
from twin.core.draws import Draw
from twin.core.engine import Engine
from twin.mechanisms.audit import Audit, found_if_audited, overstated
from twin.runs.experiment import Means, run
from twin.runs.ledgers import held_in, stored
from twin.runs.store import read_parquet, unpack, write_table
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.world.ledger import (
    ACCOUNTS,
    CONTRACT,
    CREDIT,
    DEBIT,
    DONATIONS,
    OWNERS,
    PARK,
    PROGRAMME,
    PUBLIC,
    RECOVERED,
    RESERVE,
    SERVICE,
    SOURCES,
    WORKS,
    Entries,
    Head,
    Posting,
    balances,
    broken_at,
    entries,
    head_of,
    periods,
    rows_of,
    sealed,
    summed,
    totals,
    unbalanced,
)

ROOT = Path(__file__).resolve().parent.parent
SMALL = ("population.residents=300", "days=160")

FEN = st.integers(-(10**12), 10**12)
POSTING = st.builds(Posting, st.integers(0, 2**64 - 1), st.integers(0, 4000), st.integers(0, 10), FEN,
                    st.integers(0, len(SOURCES) - 1), st.integers(-1, 50), st.integers(-1, 50))  # fmt: skip
BOOKS = st.lists(POSTING, min_size=1, max_size=30)


def table_of(postings: list[Posting]) -> Any:
    columns = zip(*postings, strict=True)
    kinds = [np.uint64, *[np.int64] * 6]
    return SimpleNamespace(**{name: np.array(column, kind) for name, column, kind in
                              zip(Posting._fields, columns, kinds, strict=True)})  # fmt: skip


# -- both sides


CLOCK = Clock(dt.date(2025, 1, 6))


def books_of(postings: Any) -> Entries:
    return entries(table_of(postings) if isinstance(postings, list) else postings, CLOCK)


def sides(postings: Any) -> tuple[dict[int, int], dict[int, int]]:
    books = books_of(postings)
    return totals(books, DEBIT), totals(books, CREDIT)


@given(BOOKS)
def test_both_sides_balance_after_any_sequence_of_postings(postings: list[Posting]) -> None:
    books = books_of(postings)
    debited, credited = sides(postings)
    assert sum(debited.values()) == sum(credited.values()) == sum(one.fen for one in postings)
    assert not len(unbalanced(books)) and len(books.fen) == 2 * len(postings)
    for period in np.unique(books.period):
        now = books.period == period
        assert sum(totals(books, DEBIT, now).values()) == sum(totals(books, CREDIT, now).values())


@given(BOOKS, st.data())
def test_books_in_which_one_side_is_changed_do_not_balance(postings: list[Posting], data: st.DataObject) -> None:
    """One line of the books another sum, gone, twice, or in another period: the posting is named."""
    books = books_of(postings)
    line = data.draw(st.integers(0, len(books.fen) - 1))
    assume(books.fen[line])
    where = np.arange(len(books.fen))
    more = books._replace(fen=books.fen + (where == line))
    gone, twice = (Entries(*(column[rows] for column in books)) for rows in (where != line, np.append(where, line)))
    moved = books._replace(period=books.period + (where == line))
    for forged in (more, gone, twice, moved):
        assert unbalanced(forged).tolist() == [books.posting[line]]


@given(BOOKS)
def test_summed_books_hold_every_fen_of_every_account_source_project_and_period(postings: list[Posting]) -> None:
    books, short = books_of(postings), summed(books_of(postings))
    for side in (DEBIT, CREDIT):
        assert totals(short, side) == totals(books, side)
        assert short.posting[short.side == side].sum() == len(postings)
    one = postings[0]
    period = int(periods(CLOCK, np.array([one.day]))[0])
    there = (short.side == DEBIT) & (short.period == period) & (short.name == one.account)
    there &= (short.project == one.project) & (short.programme == one.programme)
    same = [other for other in postings if other[2] == one[2] and other[5:] == one[5:]]
    by_hand = [other.fen for other in same if CLOCK.date(other.day).strftime("%Y%m") == str(period)]
    assert short.fen[there].tolist() == [sum(by_hand)]


def test_a_period_is_a_month() -> None:
    assert periods(CLOCK, np.array([0, 25, 26, 360, 25])).tolist() == [202501, 202501, 202502, 202601, 202501]


@given(BOOKS, st.data())
def test_a_posting_and_its_reversal_leave_no_trace(postings: list[Posting], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(postings) - 1))
    back = postings[which]._replace(fen=-postings[which].fen)
    before, after = sides(postings), sides([*postings, back, postings[which]])
    assert before == after


# -- the chain


@given(BOOKS, st.data())
def test_whatever_is_done_to_a_posting_the_chain_says_where(postings: list[Posting], data: st.DataObject) -> None:
    seals = sealed(postings)
    head = head_of(seals)
    assert broken_at(postings, seals, head) == -1
    row = data.draw(st.integers(0, len(postings) - 1))
    changed = data.draw(POSTING)
    assume(changed != postings[row])
    assert broken_at([*postings[:row], changed, *postings[row + 1 :]], seals, head) == row
    assert broken_at([*postings[:row], changed, *postings[row:]], seals, head) == row
    removed = [*postings[:row], *postings[row + 1 :]]
    assert 0 <= broken_at(removed, seals, head) >= row


@given(BOOKS, st.data())
def test_the_head_tells_what_the_seals_cannot(postings: list[Posting], data: st.DataObject) -> None:
    """Rows cut off with their seals, put on with seals of their own, or everything sealed anew from any row on."""
    head = head_of(sealed(postings))
    row = data.draw(st.integers(0, len(postings) - 1))
    cut = postings[:row]
    assert broken_at(cut, sealed(cut), head) == row
    longer = [*postings, data.draw(POSTING)]
    assert broken_at(longer, sealed(longer), head) == len(postings)
    forged = [*postings[:row], postings[row]._replace(fen=postings[row].fen + 1), *postings[row + 1 :]]
    assert broken_at(forged, sealed(forged), head) == 0
    for books in (cut, longer, forged):
        assert broken_at(books, sealed(books), head_of(sealed(books))) == -1, "without a head outside nobody sees it"
    assert broken_at([], [], Head(0, 0)) == -1


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


@pytest.mark.slow
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
    head = head_of(seals)
    assert len(rows) > 20 and broken_at(rows, seals, head) == -1
    row = len(rows) // 2
    assert broken_at([*rows[:row], rows[row]._replace(fen=rows[row].fen + 1), *rows[row + 1 :]], seals, head) == row
    assert lived("both").metrics()["chain_broken"] == 0


def test_a_chain_seals_all_postings_though_nothing_could_leak() -> None:
    world = lived("chain", 1, "audit.leak_chance=0").world
    before = world.postings.day < world.days - 1
    assert before.sum() > 20 and (world.postings.seal[before] > 0).all()
    assert lived("chain", 1, "audit.leak_chance=0").metrics()["chain_broken"] == 0


def test_a_run_folder_keeps_the_heads_outside_and_tells_what_was_done_to_its_postings(tmp_path: Path) -> None:
    few = load(ROOT / "scenarios" / "ledger.yaml", sets=["population.residents=100", "days=70", "audit.leak_chance=0"])
    run(few, arms=["neither", "chain"], replications=2, means=Means(out=tmp_path / "run", jobs=1))
    file = tmp_path / "run" / "tables" / "postings-chain.parquet"
    kept = read_parquet(file)
    assert not (file.parent / "postings-neither.parquet").exists()
    contents = {run[1]: tables for run, _, tables in stored(tmp_path / "run", [("chain", 1), ("chain", 2)])}
    books = unpack(contents[1]["accounts"])
    assert set(books["side"]) == {"debit", "credit"} and set(books["name"]) <= {*ACCOUNTS, *SOURCES}
    debits = books["side"] == "debit"
    assert books["fen"][debits].sum() == books["fen"][~debits].sum() == kept["fen"][kept["seed"] == 1].sum() > 0
    assert set(books["period"]) == set(kept["period"][kept["seed"] == 1])
    assert main(["runs", "chain", str(tmp_path / "run")]) == 0
    ours = {name: column.copy() for name, column in kept.items()}
    first = int(np.flatnonzero(ours["seed"] == 2)[0])
    ours["fen"][first] += 1
    rows = table_rows(ours, ours["seed"] == 2)
    ours["seal"][ours["seed"] == 2] = np.array(sealed(rows), np.uint64)
    for forged in (ours, {name: column[:-1] for name, column in kept.items()}):
        write_table(file, list(forged), list(zip(*forged.values(), strict=True)))
        assert main(["runs", "chain", str(tmp_path / "run")]) == 1
    assert held_in(tmp_path / "run").complete


def table_rows(columns: dict[str, Any], chosen: Any) -> list[Posting]:
    return [Posting(*map(int, one)) for one in zip(*(columns[name][chosen] for name in Posting._fields), strict=True)]


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


@pytest.mark.parametrize("budget", [1_500_000, 6_000_000, 60_000_000])
def test_every_stopped_day_is_paid_or_owed(budget: int) -> None:
    """Conservation to the fen: days that stood still x cost x share = booked beyond the price + arrears."""
    sets = (f"plans.budget_yuan={budget}", "mechanisms.disturbance=on", "disturbance.objection_hazard=0.2 /day",
            "disturbance.threshold=0", "works.objections_to_stop=1", "works.stoppage_cost_share=0.01 /day")  # fmt: skip
    engine = engine_for(load(ROOT / "scenarios" / "ledger.yaml", sets=[*SMALL, *sets]), "neither", 1)
    engine.run()
    projects = engine.world.projects
    begun = projects.started >= 0
    assert projects.stopped_days.sum() > 100
    due = np.rint(projects.cost_fen * 0.01).astype(np.int64) * projects.stopped_days
    assert (projects.spent_fen + projects.owed_fen)[begun].tolist() == (projects.cost_fen + due)[begun].tolist()
    assert engine.metrics()["arrears_yuan"] == projects.owed_fen.sum() / 100
    assert projects.spent_fen.sum() <= budget * 100
    assert (projects.owed_fen.sum() > 0) == (budget < 60_000_000)
    if projects.owed_fen.sum():
        assert projects.spent_fen.sum() > 0.99 * budget * 100, "something is owed, so nearly everything is spent"


def test_the_sources_of_a_year_sum_to_its_cost() -> None:
    """Lifts, a park and wages in one ledger: every source has its part, and the parts are the whole."""
    sets = ["mechanisms.payroll=on", "mechanisms.crowdfunding=on", "days=140", "population.residents=500",
            "crowdfunding.goal_yuan=3000", "crowdfunding.match=0.5", "lifts.from_day=0"]  # fmt: skip
    engine = engine_for(load(ROOT / "scenarios" / "elevator.yaml", sets=sets), "bargain_high_subsidy", 1)
    engine.run()
    found = engine.metrics()
    parts = [found[f"cost_yuan_{name}"] for name in SOURCES]
    assert sum(parts) == pytest.approx(found["cost_yuan"], abs=0.005)
    assert min(parts[:3]) > 0
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


@pytest.mark.slow
def test_a_review_is_worth_something_after_five_years_and_costs_the_same() -> None:
    never, yearly = ([estate(arm, seed) for seed in (1, 2, 3)] for arm in ("never", "yearly"))
    assert all(b["upkeep_missing"] < 0.9 * a["upkeep_missing"] for a, b in zip(never, yearly, strict=True))
    spent = load(ROOT / "scenarios" / "long_term.yaml").arms["never"].blocks["upkeep"].budget_yuan_per_year * 5
    assert [one["upkeep_yuan"] for one in never] == [one["upkeep_yuan"] for one in yearly] == [spent] * 3


def test_a_review_beyond_the_horizon_is_none() -> None:
    assert estate("never", 1) == estate("never", 1, "upkeep.review_every_months=61")


@pytest.mark.slow
def test_a_review_by_guess_is_worth_less() -> None:
    sharp, blind = (np.mean([estate(arm, seed)["upkeep_missing"] for seed in (1, 2, 3)])
                    for arm in ("yearly", "yearly_blind"))  # fmt: skip
    assert sharp < blind


# -- everything in one ledger, whatever happens


MONEY = ("plans.unlawful_chance=0.5", "legal_review.followed=on", "ppp.mode=partner", "fund.rule=two_year", "days=370",
         "funding.sources_yuan=[60000, 30000, 20000]", "crowdfunding.goal_yuan=3000", "lifts.asked=on",
         "lifts.from_day=5",
         "ballots.consent=vote", "mechanisms.fund=on", "mechanisms.funding=on", "mechanisms.ppp=on",
         "mechanisms.lifts=on",
         "mechanisms.crowdfunding=on", "mechanisms.payroll=on")  # fmt: skip


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.data())
def test_one_ledger_holds_every_purse_to_the_fen(data: st.DataObject) -> None:
    """Whatever is decided, reversed, pledged, refunded, contracted, stopped or put by, in any order."""
    drawn = [
        f"crowdfunding.match={data.draw(st.sampled_from((0, 0.25, 1)))}",
        f"crowdfunding.refund={data.draw(st.sampled_from(('on', 'off')))}",
        f"funding.reserve_yuan={data.draw(st.integers(0, 200_000))}",
        f"funding.cost_yuan={data.draw(st.integers(0, 150_000))} yuan/month",
        f"fund.programmes={data.draw(st.integers(0, 5))}",
        f"fund.donated_share={data.draw(st.floats(0, 1)):.3f}",
        f"legal_review.challenge_per_day={data.draw(st.floats(0, 0.1)):.4f} /day",
        f"works.advance_share={data.draw(st.floats(0, 1)):.3f}",
        f"lifts.compensation={data.draw(st.sampled_from(('none', 'fixed', 'nash')))}",
    ]
    few = load(ROOT / "scenarios" / "ledger.yaml", sets=["population.residents=200", *MONEY, *drawn])
    engine = engine_for(few, "neither", data.draw(st.integers(1, 5)))
    engine.run()
    hold_the_books(engine)


def hold_the_books(engine: Engine) -> None:
    world, found = engine.world, engine.metrics()
    postings = world.postings
    debited, credited = sides(postings)
    assert sum(debited.values()) == sum(credited.values())
    sources = [found[f"cost_yuan_{name}"] for name in SOURCES]
    assert round(100 * sum(sources)) == round(100 * found["cost_yuan"])
    assert sum(debited.get(account, 0) for account in range(5)) == round(100 * found["labour_cost_yuan"])
    # what is put by is what the ledger says, of no source less than nothing
    assert balances(postings, RESERVE).sum() == world.months.reserve_fen[-1]
    assert (balances(postings, RESERVE) >= 0).all()
    spent = debited.get(SERVICE, 0) / 100
    assert spent == pytest.approx(world.levers["funding"].cost_yuan * (~world.months.stopped).sum())
    # what is bound was either paid or still is
    assert debited.get(CONTRACT, 0) == world.payments.fen[world.payments.year <= 1].sum()
    assert round(found["contract_bound_yuan"] * 100) == world.payments.fen[world.payments.year > 1].sum()
    of_works = postings.account == WORKS
    cash = np.bincount(postings.project[of_works], postings.fen[of_works], len(world.projects)).astype(np.int64)
    fell = (world.projects.reversed_on >= 0) & (world.projects.reversed_on < world.days - 1)
    over = (world.projects.finished >= 0) | fell
    assert (cash <= world.projects.spent_fen).all() and (cash[over] == world.projects.spent_fen[over]).all()
    # pledges are taken or given back, to the fen; programmes cost what they cost, each year that they ran
    taken = world.pledges.fen[np.isin(world.pledges.fate, (1, 3))].sum()
    assert postings.fen[(postings.account == PARK) & (postings.source == DONATIONS)].sum() == taken
    years = np.bincount(postings.programme[postings.account == PROGRAMME], minlength=len(world.programmes))
    assert debited.get(PROGRAMME, 0) == world.programmes.judged.sum() * 20_000_000
    assert ((years > 0) == (world.programmes.judged > 0)).all()


def test_every_source_by_hand() -> None:
    """Two sources for a service, a contract, five programmes and a park of nobody's; no works, nobody at work."""
    sets = ["days=365", "population.residents=0", "mechanisms.ppp=on", "mechanisms.fund=on", "mechanisms.funding=on",
            "mechanisms.payroll=on", "plans.process=none", "ppp.mode=public", "ppp.overrun_mean=0",
            "ppp.overrun_spread=0", "ppp.capital_yuan=1000", "ppp.running_yuan=70 yuan/year", "fund.programmes=5",
            "fund.donated_share=0.25",
            "fund.programme_yuan=400 yuan/year", "funding.sources_yuan=[60, 30]", "funding.paid_by=[public, operation]",
            "funding.shock=0", "funding.cost_yuan=45 yuan/month", "funding.reserve_limit_yuan=0",
            "payroll.wage_yuan_per_hour=0 yuan/h"]  # fmt: skip
    engine = engine_for(load(ROOT / "scenarios" / "ledger.yaml", sets=sets), "neither", 1)
    engine.run()
    found = engine.metrics()
    assert found["cost_yuan_public"] == 1000 + 70 + 5 * 300 + 12 * 30
    assert found["cost_yuan_donations"] == 5 * 100
    assert found["cost_yuan_operation"] == 12 * 15
    assert found["cost_yuan_owners"] == 0
    assert found["cost_yuan"] == 1000 + 70 + 2000 + 540
    assert found["fund_cost_yuan"] == 2000 and found["contract_bound_yuan"] == 14 * 70


# -- decisions that fall (E06)


def reviewed(*sets: str, seed: int = 1) -> Engine:
    unlawful = ("plans.unlawful_chance=0.5", "legal_review.followed=on", "days=160", "population.residents=600")
    sets = (*unlawful, "legal_review.challenge_per_day=0.02 /day", *sets)
    engine = engine_for(load(ROOT / "scenarios" / "ledger.yaml", sets=list(sets)), "neither", seed)
    engine.run()
    return engine


def test_a_decision_that_falls_stops_its_works_and_releases_what_was_bound() -> None:
    engine = reviewed()
    projects, postings = engine.world.projects, engine.world.postings
    fell = (projects.reversed_on >= 0) & (projects.reversed_on < 159)
    stopped = fell & (projects.started >= 0) & (projects.finished < 0)
    never = fell & (projects.started < 0)
    assert stopped.sum() > 2 and never.sum() > 2
    assert (projects.finished[stopped] == -1).all() and (projects.started[projects.started >= 0] <= 160).all()
    built = fell & (projects.finished >= 0)
    assert (projects.reversed_on[built] >= projects.finished[built]).all()
    assert (projects.spent_fen[stopped] < projects.cost_fen[stopped]).all() and not projects.spent_fen[never].any()
    for project in np.flatnonzero(stopped):
        days = postings.day[postings.project == project]
        assert len(days) and days.max() <= projects.reversed_on[project]
    worked = projects.worked_days[stopped] + projects.stopped_days[stopped]
    assert (worked == projects.reversed_on[stopped] - projects.started[stopped] + 1).all()


def test_nothing_falls_where_nobody_challenges_and_money_set_free_builds_something_else() -> None:
    quiet = reviewed("legal_review.challenge_per_day=0 /day").world.projects
    assert (quiet.reversed_on == -1).all()
    poor = ("plans.budget_yuan=30000000", "works.advance_share=0")
    held, freed = (reviewed(*poor, f"legal_review.challenge_per_day={rate} /day", "works.crews=4").world.projects
                   for rate in (0, 0.05))  # fmt: skip
    stands = freed.reversed_on < 0
    assert (freed.started[stands] >= 0).sum() > (held.started[stands] >= 0).sum()
