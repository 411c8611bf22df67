"""The engine: phases, views, declarations, switches, metrics, and the freedom of order."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.toy import doing, engine_of, idle, live_one_day, make, world_of
from twin.core.clock import Clock
from twin.core.columns import Column
from twin.core.engine import Engine, plan_of
from twin.core.mechanism import Mechanism, Metric, card_of
from twin.core.world import Phase
from twin.errors import AccessError, DeclarationError, RunFailed


@dataclass(frozen=True)
class Levers:
    """A block of parameters."""

    limit_hours: tuple[float, ...] = (2.0, 24.0)
    share: float = 0.5


def looking(name: str, look: Any, **declared: Any) -> Mechanism:
    """Make a mechanism that only looks at the world."""
    return make(name, lambda world, p, draw, effects: look(world), **declared)


# -- a day


def test_phases_come_in_their_order_and_mechanisms_may_act_in_several() -> None:
    seen: list[tuple[str, Phase]] = []
    both = looking("both", lambda world: seen.append(("both", world.phase)), phase=(Phase.SETTLE, Phase.ARRIVE))
    serve = looking("serve", lambda world: seen.append(("serve", world.phase)), phase=Phase.SERVE)
    live_one_day(both, serve)
    assert seen == [("both", Phase.ARRIVE), ("serve", Phase.SERVE), ("both", Phase.SETTLE)]


def test_a_later_phase_sees_what_an_earlier_one_did() -> None:
    seen: list[float] = []
    early = doing("early", lambda e: e.add("residents", 0, trust=0.25), phase=Phase.ARRIVE, adds=["residents.trust"])
    live_one_day(early, looking("late", lambda world: seen.append(world.residents.trust[0]), reads=["residents.trust"]))
    assert seen == [0.75]


class Backlog:
    """A resource with work left for some days."""

    def __init__(self, days: int) -> None:
        self.left = days

    def quiet(self) -> bool:
        return self.left <= 0


@pytest.mark.parametrize(("backlog", "lived"), [(0, 3), (5, 5), (99, 7)])
def test_a_run_goes_on_after_the_horizon_until_all_is_quiet(backlog: int, lived: int) -> None:
    def work(world: Any, p: Any, draw: Any, effects: Any) -> None:
        world.resource.left -= 1

    seen: list[int] = []
    desk = make("desk", work, Phase.SERVE, start=lambda world, p, draw: Backlog(backlog))
    arrivals = looking("arrivals", lambda world: seen.append(world.day), phase=Phase.ARRIVE)
    engine = engine_of([desk, arrivals], world=world_of(days=3, run_on_days=4))
    engine.run()
    assert engine.world.day == lived
    assert seen == [0, 1, 2]


def test_mechanisms_see_the_calendar_of_the_run() -> None:
    seen: list[Any] = []
    world = world_of(days=2, warm_up_days=1, run_on_days=1, clock=Clock(dt.date(2024, 1, 1)), categories=("light",))

    def look(view: Any) -> None:
        seen.append((view.day, view.running_on))
        assert (view.days, view.warm_up_days, view.window) == (2, 1, (1440.0, 2880.0))
        assert view.clock.weekday(view.day) == view.day
        assert view.categories == ("light",)

    engine = engine_of([looking("look", look)], world=world)
    for _ in range(3):
        engine.step()
    assert seen == [(0, False), (1, False), (2, True)]


def test_a_world_without_a_clock_says_so() -> None:
    with pytest.raises(AccessError, match="M318"):
        live_one_day(looking("look", lambda world: world.clock))


# -- views


@pytest.mark.parametrize(
    "look",
    [
        lambda world: world.residents.trust,
        lambda world: world.tickets,
        lambda world: world.levers["look"],
        lambda world: world.levers["other"].limit_hours,
        lambda world: world.levers["other"].share,
    ],
)
def test_what_is_not_declared_cannot_be_read(look: Any) -> None:
    reads = ["residents.grid", "levers.other.nothing"]
    mechanisms = [looking("look", look, reads=reads, params=Levers), make("other", idle, params=Levers)]
    with pytest.raises(AccessError, match=r"M301.*`look` reads"):
        live_one_day(*mechanisms)


def test_what_is_declared_owned_or_added_to_can_be_read() -> None:
    def look(world: Any) -> None:
        residents = world.residents
        assert len(residents) == len(residents.key) == len(residents.trust) == len(residents.mood) == 4
        assert residents.rows_of(np.array([3, 9], np.uint64)).tolist() == [3, -1]
        assert residents.calls.sum() == 0

    mood = {"residents.mood": Column(np.float32, "1", "mood")}
    live_one_day(looking("look", look, reads=["residents.calls"], adds=["residents.trust"], owns=mood))


def test_views_cannot_be_written_through() -> None:
    def write(world: Any) -> None:
        world.residents.trust[0] = 1.0

    with pytest.raises(RunFailed, match=r"`look` failed on day 0: ValueError: .* read-only"):
        live_one_day(looking("look", write, reads=["residents.trust"]))
    with pytest.raises(RunFailed, match="AttributeError"):
        live_one_day(looking("look", lambda world: setattr(world, "day", 3)))


def test_levers_of_other_blocks_are_read_by_declaration() -> None:
    seen: list[Any] = []

    def look(world: Any) -> None:
        seen.extend((world.levers["desk"].limit_hours, world.levers["kinds"]))

    reads = ["levers.desk.limit_hours", "levers.kinds"]
    mechanisms = [looking("look", look, reads=reads), make("desk", idle, params=Levers)]
    live_one_day(*mechanisms, params={"kinds": ("light",)}, off={"desk"})
    assert seen == [(2.0, 24.0), ("light",)]


def test_parameters_are_those_in_force_or_the_defaults() -> None:
    seen: list[Any] = []
    a, b = (make(name, lambda world, p, draw, effects: seen.append(p), params=Levers) for name in "ab")
    live_one_day(a, b, params={"a": Levers(share=0.75)})
    assert seen == [Levers(share=0.75), Levers()]


def test_recording_notes_what_is_truly_read() -> None:
    def look(world: Any) -> None:
        _ = world.residents.grid, world.levers["look"].share

    declared = ["residents.grid", "residents.trust", "levers.look.share", "levers.look.limit_hours"]
    engine = live_one_day(looking("look", look, reads=declared, params=Levers), recording=True)
    assert engine.seen == {"look": {"residents.grid", "levers.look.share"}}


# -- declarations


def test_a_column_has_one_owner() -> None:
    mood = {"residents.mood": Column(np.float32, "1", "mood")}
    with pytest.raises(DeclarationError, match="`a` and `b` both own"):
        engine_of([make("b", idle, owns=mood), make("a", idle, owns=mood)])


@pytest.mark.parametrize(
    "declared",
    [
        {"reads": ["residents.mood"]},
        {"adds": ["residents.mood"]},
        {"owns": {"cars.mood": Column(np.float32, "1", "mood")}},
        {"spawns": ["cars"]},
    ],
)
def test_a_declaration_of_what_does_not_exist_is_refused(declared: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match=r"M322.*`a`"):
        engine_of([make("a", idle, **declared)])


def test_a_table_cannot_lose_a_column_to_a_mechanism() -> None:
    with pytest.raises(DeclarationError, match="M303"):
        engine_of([make("a", idle, owns={"residents.trust": Column(np.float32, "1", "trust")})])


@pytest.mark.parametrize("name", ["trust", "residents.", "residents.trust.low", "levers"])
def test_names_are_written_table_dot_column(name: str) -> None:
    with pytest.raises(DeclarationError, match="M316"):
        make("a", idle, reads=[name])


def test_a_mechanism_acts_in_some_phase_and_has_its_own_name() -> None:
    with pytest.raises(DeclarationError, match="M317"):
        make("a", idle, phase=())
    with pytest.raises(DeclarationError, match="M315"):
        engine_of([make("a", idle), make("a", idle)])


def test_the_card_is_read_from_the_docstring() -> None:
    card = card_of("Trust: how it moves.\n\nWhat it does    One thing.\n                More.\nWhy   Because.\n")
    assert card == {"title": "Trust: how it moves.", "What it does": "One thing. More.", "Why": "Because."}


# -- switches


def test_switched_off_it_changes_nothing_but_its_columns_exist() -> None:
    mood = {"residents.mood": Column(np.float64, "1", "mood", start=0.25)}
    busy = doing("busy", lambda effects: effects.set("residents", None, mood=1.0), owns=mood, desk_draws=3)
    reader = make("reader", idle, reads=["residents.mood"])
    engine = live_one_day(busy, reader, off={"busy"})
    assert engine.world.residents.mood.tolist() == [0.25] * 4
    assert engine.world.desk_draws == 0
    assert live_one_day(busy, reader).world.desk_draws == 3


def test_only_known_mechanisms_are_switched_off() -> None:
    with pytest.raises(DeclarationError, match=r"M321[\s\S]*did you mean `busy`"):
        engine_of([make("busy", idle)], off={"bussy"})


# -- freedom of order


def restless(name: str) -> Mechanism:
    """Make a mechanism that draws, adds, sets and spawns in two phases."""

    def live(world: Any, p: Any, draw: Any, effects: Any) -> None:
        residents = world.residents
        luck = draw.normal(f"step.{world.phase.value}", residents.key)
        effects.add("residents", None, trust=luck * (1.1 - residents.trust) / 7)
        if world.phase is Phase.ARRIVE:
            calling = np.flatnonzero(draw.happens("call", residents.trust, residents.key))
            effects.spawn("tickets", draw.keys("call", residents.key[calling]), created=world.day + luck[calling])
            effects.set("residents", None, **{f"mood_{name}": luck})

    return make(
        name,
        live,
        (Phase.ARRIVE, Phase.RESPOND),
        owns={f"residents.mood_{name}": Column(np.float32, "1", "mood")},
        adds=["residents.trust"],
        spawns=["tickets"],
    )


def lived(catalogue: list[Mechanism], **options: Any) -> Engine:
    engine = engine_of(catalogue, world=world_of(30, days=6), **options)
    engine.run()
    return engine


def bytes_of(engine: Engine) -> dict[str, bytes]:
    """Return every column of every table as bytes."""
    return {
        f"{table.name}.{name}": column.tobytes()
        for table in engine.world.tables.values()
        for name, column in table.arrays().items()
    }


def test_the_order_of_the_catalogue_does_not_matter() -> None:
    catalogue = [restless(name) for name in "abc"]
    runs = [lived(list(order)) for order in itertools.permutations(catalogue)]
    assert len(runs[0].world.tickets) > 100
    assert all(bytes_of(run) == bytes_of(runs[0]) for run in runs)
    assert all(run.account.rows() == runs[0].account.rows() for run in runs)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    catalogue = [restless("a")]
    assert bytes_of(lived(catalogue)) == bytes_of(lived(catalogue)) != bytes_of(lived(catalogue, seed=2))


def test_without_a_mechanism_the_others_draw_the_same() -> None:
    both, alone = lived([restless("a"), restless("b")]), lived([restless("b")])
    assert both.world.residents.mood_b.tobytes() == alone.world.residents.mood_b.tobytes()


# -- metrics, series, plan


def metric(of: Any, **options: Any) -> Metric:
    return Metric(of, "1", "higher", zh="信任", doc="trust", **options)


def test_metrics_are_of_the_mechanisms_that_are_on_and_undefined_ones_are_left_out() -> None:
    measured = {"trust": metric(lambda world: world.residents.trust.mean()), "none": metric(lambda world: None)}
    catalogue = [make("a", idle, metrics=measured), make("b", idle, metrics={"off": metric(lambda world: 1.0)})]
    metrics = engine_of(catalogue, off={"b"}).metrics()
    assert metrics == {"trust": 0.5}
    assert type(metrics["trust"]) is float


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32(np.nan)])
def test_a_metric_that_is_no_number_is_named(value: float) -> None:
    engine = engine_of([make("a", idle, metrics={"bad": metric(lambda world: value)})])
    with pytest.raises(RunFailed, match="metric `bad`"):
        engine.metrics()


def test_a_metric_has_one_mechanism() -> None:
    twice = {"m": metric(lambda world: 1.0)}
    with pytest.raises(DeclarationError, match="M323"):
        engine_of([make("a", idle, metrics=twice), make("b", idle, metrics=twice)])


def test_daily_metrics_become_series() -> None:
    odd = metric(lambda world: float(world.day) if world.day % 2 else None, daily=True)
    engine = engine_of([make("a", idle, metrics={"day": odd, "once": metric(lambda world: 1.0)})])
    for _ in range(3):
        engine.step()
    assert list(engine.series) == ["day"]
    assert np.array_equal(engine.series["day"], [np.nan, 1.0, np.nan], equal_nan=True)


def test_the_plan_lists_the_day_in_order() -> None:
    reads = ["residents.trust"]
    catalogue = [make("b", idle, (Phase.SETTLE, Phase.ARRIVE), reads=reads), make("a", idle, Phase.SETTLE)]
    plan = engine_of(catalogue).plan()
    assert [(row.phase, row.mechanism) for row in plan] == [("arrive", "b"), ("settle", "a"), ("settle", "b")]
    assert plan[0].reads == ("residents.trust",)
    assert plan == plan_of(catalogue)


# -- size


def test_a_day_of_many_residents_keeps_few_copies() -> None:
    import tracemalloc

    size = 200_000
    engine = engine_of([restless("a"), restless("b")], world=world_of(size))
    engine.step()
    tracemalloc.start()
    engine.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * 8 * size
