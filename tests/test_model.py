"""Mesa's face: the same days, the same numbers, and rows that can be looked at. Runs on both versions of Mesa."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.core.behaviour import Behaviour
from twin.core.world import Phase
from twin.errors import InputError
from twin.runs.experiment import simulate
from twin.scenario.load import load

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = ROOT / "scenarios" / "dispatch.yaml"
SHORT = ["days=20", "warm_up_days=5", "population.residents=300"]


def neighbourhood(days: int = 0, **options: Any) -> Any:
    from twin.model import Neighbourhood

    model = Neighbourhood(load(SCENARIO, sets=SHORT), options.pop("arm", "smart"), rng=5, **options)
    for _ in range(days):
        model.step()
    return model


@pytest.fixture(scope="module")
def lived() -> Any:
    """Twelve days of the manual arm; nobody writes to it."""
    return neighbourhood(12, arm="manual")


def test_stepping_through_mesa_gives_the_engines_numbers() -> None:
    model = neighbourhood()
    while model.running:
        model.step()
    assert model.metrics == simulate(model.plan, "smart", 5).metrics()


def test_run_model_ends_where_the_engine_ends() -> None:
    model = neighbourhood()
    model.run_model()
    assert not model.running
    assert model.day == model.steps == simulate(model.plan, "smart", 5).world.day


def test_an_unknown_arm_or_metric_is_refused() -> None:
    with pytest.raises(InputError, match="smrt"):
        neighbourhood(arm="smrt")
    with pytest.raises(InputError, match=r"S118[\s\S]*did you mean `trust_mean`"):
        neighbourhood(metrics=["trust_men"])


def test_the_day_and_its_date() -> None:
    model = neighbourhood()
    assert (model.day, model.date) == (0, model.plan.start)
    model.step()
    assert (model.day, (model.date - model.plan.start).days, model.steps) == (1, 1, 1)


# -- the data collector


def test_the_collector_holds_the_daily_series_of_the_engine() -> None:
    model = neighbourhood(6, metrics=["open_tickets_end", "hours_to_close_mean"])
    frame = model.datacollector.get_model_vars_dataframe()
    for name, series in model.engine.series.items():
        np.testing.assert_array_equal(frame[name].to_numpy(), series)
    assert len(frame) == 6
    assert frame["open_tickets_end"].iloc[-1] == model.metrics["open_tickets_end"]
    assert frame["hours_to_close_mean"].isna().all()  # undefined before the measuring window


def test_agents_are_reported_by_type(lived: Any) -> None:
    from twin.model import Resident, Worker

    reporters = {Resident: {"trust": "trust"}, Worker: {"busy": lambda worker: worker.busy}}
    model = neighbourhood(3, arm="manual", agenttype_reporters=reporters)
    trust = model.datacollector.get_agenttype_vars_dataframe(Resident)["trust"]
    assert len(trust) == 3 * len(model.engine.world.residents)
    busy = model.datacollector.get_agenttype_vars_dataframe(Worker)["busy"].to_numpy().reshape(3, -1)
    np.testing.assert_array_equal(busy[-1], model.engine.world.workers.busy)
    assert (np.diff(busy, axis=0) >= 0).all() and busy[-1].sum() > 0


def test_looking_changes_no_number() -> None:
    from twin.model import Resident

    seen, unseen = neighbourhood(), neighbourhood()
    for _ in range(8):
        seen.agents_by_type[Resident].shuffle().select(lambda r: r.trust > 0.5, at_most=3)
        print(seen.resident(3), seen.worker(0), seen.random.random())
        seen.step()
        unseen.step()
    assert seen.metrics == unseen.metrics


# -- rows as agents


def test_every_column_is_a_property(lived: Any) -> None:
    world, somebody = lived.engine.world, lived.resident(12)
    for name in world.residents.columns:
        value = getattr(somebody, name)
        assert np.array_equal(value, getattr(world.residents, name)[12], equal_nan=True)
        assert isinstance(value, (bool, int, float))
    assert (somebody.row, somebody.key, somebody.model) == (12, int(world.residents.key[12]), lived)
    assert set(world.residents.columns) <= set(dir(somebody))
    assert somebody.pos == (somebody.x, somebody.y)


def test_a_resident_is_part_of_a_household_in_a_flat_of_a_building(lived: Any) -> None:
    world, somebody = lived.engine.world, lived.resident(12)
    flat = world.households.flat[somebody.household]
    assert somebody.size == world.households.size[somebody.household]
    assert (somebody.flat, somebody.floor) == (flat, world.flats.floor[flat])
    assert somebody.building == world.flats.building[flat]
    assert somebody.storeys == world.buildings.storeys[somebody.building]


def test_a_property_is_the_cell_as_it_stands() -> None:
    model = neighbourhood(arm="manual")
    worker = model.worker(0)
    before = worker.busy
    for _ in range(3):
        model.step()
    assert before == 0 < worker.busy == model.engine.world.workers.busy[0]


@pytest.mark.parametrize("name", ["trust", "grid", "building", "storeys"])
def test_no_property_can_be_written(lived: Any, name: str) -> None:
    before = getattr(lived.resident(3), name)
    with pytest.raises(AttributeError, match=rf"M349[\s\S]*`residents.{name}`"):
        setattr(lived.resident(3), name, 1)
    assert getattr(lived.resident(3), name) == before
    lived.resident(3).colour = "red"  # what is not a column is the user's own
    assert lived.resident(3).colour == "red"


def test_what_there_is_not_is_said_with_what_was_meant(lived: Any) -> None:
    with pytest.raises(AttributeError, match=r"did you mean `trust`"):
        _ = lived.resident(3).trsut
    assert not hasattr(lived.worker(0), "trust")
    for row in (-1, 300):
        with pytest.raises(InputError, match=rf"M348.*no row {row} in `residents` \(300 rows\)"):
            lived.resident(row)


def test_agent_sets_select_group_and_count(lived: Any) -> None:
    from twin.model import Resident, Worker

    residents = lived.agents_by_type[Resident]
    trust = lived.engine.world.residents.trust
    wary = residents.select(lambda r: r.trust < 0.5)
    assert len(wary) == np.count_nonzero(trust < 0.5) > 0
    counted = wary.groupby("building").count()
    assert sum(counted.values()) == len(wary)
    building = np.array([one.building for one in wary])
    assert counted == {int(one): int((building == one).sum()) for one in np.unique(building)}
    assert residents.agg("trust", np.mean) == pytest.approx(trust.mean())
    assert [one.row for one in residents] == list(range(300))
    assert len(lived.agents_by_type[Worker]) == len(lived.engine.world.workers) == 6
    assert len(lived.agents) == 306
    assert {Resident, Worker} <= set(lived.agent_types)


def test_views_are_made_on_request_and_only_once() -> None:
    from twin.model import Resident

    model = neighbourhood()
    one = model.resident(17)
    assert [view for views in model._views.values() for view in views.values()] == [one]
    assert list(model.agents_by_type[Resident])[17] is one
    assert model.resident(17) is one
    assert len({view.unique_id for view in model.agents}) == len(model.agents)


def test_a_card_says_everything_with_units(lived: Any) -> None:
    card = str(lived.resident(12)).splitlines()
    world = lived.engine.world
    assert card[0] == f"Resident 12, {lived.date}"
    shown = {line.split()[0] for line in card if line.startswith("  ")}
    assert shown == {name for table in ("residents", "households", "flats", "buildings")
                     for name in world.tables[table].columns}  # fmt: skip
    assert any(line.startswith("  age ") and " year " in line for line in card)
    assert any(line.startswith("  trust ") and line.endswith("trust in the street office") for line in card)
    assert next(line for line in card if line.startswith("  age_group")).split()[1] in {"child", "youth", "adult",
                                                                                        "elder"}  # fmt: skip
    assert len({line.index(world.residents.columns["x"].doc) for line in card if line.startswith("  x ")}) == 1
    posts = str(lived.worker(0))
    assert "posts" in posts or "grid" in posts
    assert f"{lived.worker(0).busy:.6g} min" in posts
    assert repr(lived.worker(0)) == "<Worker 0>"


# -- a behaviour to try


class Grumbler(Behaviour):
    """Loses a little trust every day."""

    table, phase = "residents", Phase.SETTLE
    adds = ("residents.trust",)

    def step(self) -> None:
        """Grumble."""
        self.add(trust=-0.01)


def test_a_behaviour_can_be_tried_beside_the_scenario() -> None:
    plain, tried = neighbourhood(4), neighbourhood(4, more=[Grumbler])
    moved = tried.engine.account.moved("residents.trust", "test_model")
    assert moved == pytest.approx(-0.01 * 4 * 300)
    assert tried.metrics["trust_mean"] < plain.metrics["trust_mean"] - 0.03


def test_the_tour_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    left = runpy.run_path(str(ROOT / "examples" / "mesa_tour.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert "the same people: True" in said
    assert "M349" in said
    assert left["moved"] > 0
    assert len(left["daily"]) == 30


# -- levers as sliders (the page itself needs the extra `viz` and a browser)


def test_sliders_begin_at_the_values_of_the_arm_and_stay_in_their_ranges() -> None:
    from twin.app import LEVERS, sliders

    found = sliders(load(SCENARIO), "smart")
    assert {"desk.teams.posts.workers", "desk.misroute_chance", "desk.travel_minutes"} <= set(found)
    assert found["desk.misroute_chance"]["value"] == load(SCENARIO).arms["smart"].blocks["desk"].misroute_chance
    assert found["desk.teams.posts.workers"]["type"] == "SliderInt"
    assert len(found) >= len(LEVERS)
    for one in found.values():
        assert one["min"] <= one["value"] <= one["max"] and one["step"] > 0


def test_a_moved_slider_is_a_setting() -> None:
    from twin.app import Tunable

    moved = {"desk.teams.posts.workers": 3, "desk.travel_minutes": 31.0, "hotline.reports_per_day": 4.4}
    model = Tunable(str(SCENARIO), "smart", 5, scenario=None, **moved)
    desk = model.engine.world.levers["desk"]
    assert (desk.teams["posts"].workers, desk.travel_minutes) == (3, 31.0)
    assert model.engine.world.levers["hotline"].reports_per_day == 4.4
    sets = ["desk.teams.posts.workers=3", "desk.travel_minutes=31", "hotline.reports_per_day=4.4 /day"]
    assert model.plan.digest == load(SCENARIO, sets=sets).digest
    model.step()
    daily = [name for name, metric in model.engine.book.items() if metric.daily]
    assert list(model.datacollector.model_vars) == [*daily, "open_tickets_end"]


def test_the_readme_s_example_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    (code,) = [block for block in text.split("```python\n")[1:] if block.startswith("from twin.model")]
    monkeypatch.chdir(ROOT)
    exec(compile(code.partition("```")[0].replace("range(30)", "range(3)"), "README.md", "exec"), {})
    assert "Resident 12" in capsys.readouterr().out
