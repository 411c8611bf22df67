"""Effects: who may do what, and how a phase closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.toy import doing, engine_of, live_one_day, make, world_of
from twin.core.columns import Column
from twin.core.engine import Engine
from twin.core.mechanism import Mechanism
from twin.core.world import Phase
from twin.errors import AccessError, DeclarationError, RunFailed

TRUST = ["residents.trust"]
MOOD = {"residents.mood": Column(np.float64, "1", "mood", low=-1.0, high=1.0)}


def adding(name: str, rows: Any, **amounts: Any) -> Mechanism:
    adds = [f"residents.{column}" for column in amounts]
    return doing(name, lambda effects: effects.add("residents", rows, **amounts), adds=adds)


def setting(name: str, rows: Any, mood: Any, **declared: Any) -> Mechanism:
    return doing(name, lambda effects: effects.set("residents", rows, mood=mood), owns=MOOD, **declared)


def trust(*mechanisms: Mechanism) -> list[float]:
    return live_one_day(*mechanisms).world.residents.trust.tolist()


# -- rights


def test_only_the_owner_sets_a_column() -> None:
    thief = doing("thief", lambda effects: effects.set("residents", 0, mood=1.0))
    with pytest.raises(AccessError, match=r"`thief` sets `residents\.mood`"):
        live_one_day(setting("owner", 0, 1.0), thief)


def test_who_adds_must_say_so() -> None:
    with pytest.raises(AccessError, match=r"`sly` adds to `residents\.trust`"):
        live_one_day(doing("sly", lambda effects: effects.add("residents", 0, trust=0.1)))


def test_the_owner_may_add_to_its_own_column() -> None:
    owner = doing("owner", lambda effects: effects.add("residents", [0, 0], mood=0.25), owns=MOOD)
    assert live_one_day(owner).world.residents.mood[0] == 0.5


def test_who_spawns_must_say_so() -> None:
    with pytest.raises(AccessError, match=r"`sly` spawns rows of `tickets`"):
        live_one_day(doing("sly", lambda effects: effects.spawn("tickets", [1])))


def test_nobody_spawns_rows_with_a_column_that_another_owns() -> None:
    owner = doing("owner", lambda effects: None, owns={"tickets.done": Column(np.float64, "min", "done")})
    sly = doing("sly", lambda effects: effects.spawn("tickets", [1], done=3.0), spawns=["tickets"])
    with pytest.raises(AccessError, match=r"`sly` sets `tickets\.done`"):
        live_one_day(owner, sly)


# -- additions


def test_additions_are_summed_and_seen_only_after_the_phase() -> None:
    seen: list[float] = []

    def nosy(world: Any, p: Any, draw: Any, effects: Any) -> None:
        seen.append(world.residents.trust[0])

    mechanisms = [adding("a", [0, 0, 1], trust=0.1), adding("b", None, trust=0.05), make("c", nosy, reads=TRUST)]
    assert trust(*mechanisms) == pytest.approx([0.75, 0.65, 0.55, 0.55])
    assert seen == [0.5]


@pytest.mark.parametrize("rows", [[1, 3], np.array([False, True, False, True]), np.array([3, 1], np.int32)])
def test_rows_are_numbers_or_a_mask(rows: Any) -> None:
    assert trust(adding("a", rows, trust=0.25)) == [0.5, 0.75, 0.5, 0.75]


def test_amounts_follow_the_order_of_their_rows() -> None:
    assert trust(adding("a", [3, 0], trust=[0.25, 0.125])) == [0.625, 0.5, 0.5, 0.75]


def test_the_sum_is_clipped_once() -> None:
    """0.5 + 0.75 - 0.5 is 0.75; clipped in between it would be 0.5."""
    engine = live_one_day(adding("a", 0, trust=0.75), adding("b", 0, trust=-0.5))
    assert engine.world.residents.trust[0] == 0.75
    assert engine.account.swallowed("residents.trust") == 0.0


@pytest.mark.parametrize("rows", [[0], None])
def test_what_the_bounds_swallow_is_booked(rows: Any) -> None:
    engine = live_one_day(adding("a", rows, trust=0.75))
    rows_touched = 1 if rows else 4
    assert engine.world.residents.trust[0] == 1.0
    assert engine.account.swallowed("residents.trust") == 0.25 * rows_touched


@pytest.mark.parametrize("size", [4, 5000])
def test_sparse_and_dense_sums_have_the_same_bits(size: int) -> None:
    rng = np.arange(60) * 7919 % size
    amounts = np.sin(np.arange(60)) * 1e-3
    dense = np.zeros(size)
    np.add.at(dense, rng, amounts)

    def after(*mechanisms: Mechanism) -> np.ndarray:
        return live_one_day(*mechanisms, world=world_of(size)).world.residents.trust

    halves = (adding("a", rng[:30], trust=amounts[:30]), adding("b", rng[30:], trust=amounts[30:]))
    assert after(*halves).tobytes() == after(adding("a", None, trust=dense)).tobytes()
    assert after(*halves[::-1]).tobytes() == after(*halves).tobytes()


def test_whole_numbers_stay_whole() -> None:
    engine = live_one_day(adding("a", [0, 0, 2], calls=1))
    assert engine.world.residents.calls.tolist() == [2, 0, 1, 0]
    with pytest.raises(AccessError, match="M311"):
        live_one_day(adding("a", 0, calls=0.5))


def test_yes_and_no_cannot_be_added_to() -> None:
    with pytest.raises(DeclarationError, match="M319"):
        live_one_day(doing("a", lambda effects: None, adds=["tickets.urgent"]))


@pytest.mark.parametrize("amount", [np.nan, np.inf])
def test_an_amount_that_is_no_number_names_the_mechanism(amount: float) -> None:
    with pytest.raises(RunFailed, match=r"`bad` moves `residents\.trust`"):
        live_one_day(adding("bad", [0], trust=amount))


@pytest.mark.parametrize("rows", [[-1], [4], [0.5], [True, False], [[0, 1]]])
def test_rows_that_are_not_there_are_refused(rows: Any) -> None:
    with pytest.raises(AccessError, match="M310"):
        live_one_day(adding("a", rows, trust=0.1))


def test_amounts_must_match_their_rows() -> None:
    with pytest.raises(AccessError, match="M312"):
        live_one_day(adding("a", [0, 1], trust=[0.1, 0.2, 0.3]))


def test_nothing_happens_when_no_rows_are_named() -> None:
    assert trust(adding("a", [], trust=0.1), adding("b", np.zeros(4, bool), trust=0.1)) == [0.5] * 4


# -- setting


@pytest.mark.parametrize("rows", [[0, 0], [1, 2, 1]])
def test_a_cell_is_set_once(rows: list[int]) -> None:
    with pytest.raises(AccessError, match="M307"):
        live_one_day(setting("owner", rows, 1.0))


@pytest.mark.parametrize("first", [[0, 1], None])
def test_a_cell_is_set_once_also_by_two_effects(first: Any) -> None:
    def twice(effects: Any) -> None:
        effects.set("residents", first, mood=1.0)
        effects.set("residents", [1, 2], mood=0.0)

    with pytest.raises(AccessError, match="M307"):
        live_one_day(doing("owner", twice, owns=MOOD))


def test_different_cells_of_a_column_may_be_set_by_several_effects() -> None:
    def both(effects: Any) -> None:
        effects.set("residents", [3, 0], mood=[0.25, 0.5])
        effects.set("residents", [1], mood=-1.0)

    assert live_one_day(doing("owner", both, owns=MOOD)).world.residents.mood.tolist() == [0.5, -1.0, 0.0, 0.25]


def test_a_column_is_not_set_and_added_to_in_one_phase() -> None:
    with pytest.raises(AccessError, match="M308"):
        live_one_day(setting("owner", 0, 1.0), adding("other", 1, mood=0.1))


def test_setting_and_adding_in_different_phases_is_fine() -> None:
    engine = live_one_day(setting("owner", 0, 0.5, phase=Phase.ARRIVE), adding("other", [0, 1], mood=0.25))
    assert engine.world.residents.mood.tolist() == [0.75, 0.25, 0.0, 0.0]


def test_set_values_are_clipped() -> None:
    assert live_one_day(setting("owner", None, 5.0)).world.residents.mood.tolist() == [1.0] * 4


def test_a_view_that_is_handed_in_is_taken_as_it_was() -> None:
    """`anger` closes before `mood` and `tickets`, which must not see its new value."""
    columns = {name: Column(np.float64, "1", name) for name in ("residents.anger", "residents.mood")}

    def act(world: Any, p: Any, draw: Any, effects: Any) -> None:
        anger = world.residents.anger
        effects.set("residents", None, anger=1.0, mood=anger)
        effects.spawn("tickets", world.residents.key, created=anger)

    world = live_one_day(make("a", act, owns=columns, spawns=["tickets"])).world
    assert world.residents.anger.tolist() == [1.0] * 4
    assert world.residents.mood.tolist() == world.tickets.created.tolist() == [0.0] * 4


# -- new rows


def spawning(name: str, keys: Any, **columns: Any) -> Mechanism:
    act: Callable[[Any], None] = lambda effects: effects.spawn("tickets", keys, **columns)  # noqa: E731
    return doing(name, act, spawns=["tickets"])


def test_new_rows_stand_in_the_order_of_their_keys_whoever_spawned_them() -> None:
    mechanisms = [spawning("a", [30, 10], created=[3.0, 1.0]), spawning("b", [20], urgent=True)]
    for order in (mechanisms, mechanisms[::-1]):
        tickets = live_one_day(*order).world.tickets
        assert tickets.key.tolist() == [10, 20, 30]
        assert tickets.created.tolist() == [1.0, 0.0, 3.0]
        assert tickets.urgent.tolist() == [False, True, False]


def test_new_rows_appear_when_the_phase_closes() -> None:
    lengths: list[int] = []

    def look(world: Any, p: Any, draw: Any, effects: Any) -> None:
        lengths.append(len(world.tickets))

    looking = [make(f"look_{phase.value}", look, phase, reads=["tickets.created"]) for phase in Phase]
    live_one_day(spawning("a", [1]), *looking)
    assert lengths == [0, 0, 0, 0, 1]


def test_a_collision_of_keys_stops_the_run() -> None:
    with pytest.raises(RunFailed, match="key 7"):
        live_one_day(spawning("a", [7]), spawning("b", [7]))
    engine = engine_of([spawning("a", [7])])
    engine.step()
    with pytest.raises(RunFailed, match="key 7"):
        engine.step()


def test_spawning_checks_its_columns() -> None:
    with pytest.raises(AccessError, match="M302"):
        live_one_day(spawning("a", [1], colour=3))
    with pytest.raises(AccessError, match="M312"):
        live_one_day(spawning("a", [1], created=[1.0, 2.0]))


# -- the account


def test_the_account_says_who_moved_what() -> None:
    engine = live_one_day(adding("a", [0, 1], trust=0.125), adding("b", None, trust=-0.25))
    assert engine.account.moved("residents.trust", "a") == 0.25
    assert engine.account.moved("residents.trust", "b") == -1.0
    assert engine.account.moved("residents.trust", "c") == 0.0


def test_bookings_add_up_to_the_change_of_the_column() -> None:
    def wander(world: Any, p: Any, draw: Any, effects: Any) -> None:
        effects.add("residents", None, trust=draw.normal("step", world.residents.key) / 2)

    mechanisms = [make(name, wander, reads=["residents.grid"], adds=TRUST) for name in ("a", "b")]
    engine = run_days(engine_of(mechanisms, world=world_of(50)), 20)
    booked = sum(engine.account.rows()["moved"])
    assert engine.account.swallowed("residents.trust") != 0.0
    assert booked == pytest.approx(engine.world.residents.trust.sum() - 25.0, abs=1e-9)


def test_set_cells_of_levels_are_booked() -> None:
    engine = live_one_day(setting("owner", [0, 1], 0.5))
    assert engine.account.moved("residents.mood", "owner") == 1.0


def test_set_cells_of_other_columns_are_booked_if_somebody_adds_to_them() -> None:
    visits = {"residents.visits": Column(np.int32, "1", "visits")}
    act: Callable[[Any], None] = lambda effects: effects.set("residents", [0, 1], visits=3)  # noqa: E731
    owner = doing("owner", act, phase=Phase.ARRIVE, owns=visits)
    assert live_one_day(owner).account.rows()["moved"] == []
    assert live_one_day(owner, adding("other", 0, visits=1)).account.moved("residents.visits", "owner") == 6.0


def test_the_account_is_kept_by_group() -> None:
    engine = live_one_day(adding("a", [0, 1, 2], trust=0.75), adding("b", 3, calls=2), account_by="residents.grid")
    rows = engine.account.rows()
    lines = list(zip(rows["column"], rows["mechanism"], rows["group"], rows["moved"], strict=True))
    assert lines == [
        ("residents.calls", "b", 1, 2.0),
        ("residents.trust", "a", 0, 1.5),
        ("residents.trust", "a", 1, 0.75),
        ("residents.trust", "bounds", 0, -0.5),
        ("residents.trust", "bounds", 1, -0.25),
    ]
    assert engine.account.moved("residents.trust", "a") == 2.25


def run_days(engine: Engine, days: int) -> Engine:
    for _ in range(days):
        engine.step()
    return engine
