"""Mechanisms of other packages: found, switched on, held to their declarations, named in every result."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twin
from twin.core.behaviour import Behaviour, RowDraw, mechanism_of
from twin.core.columns import Column
from twin.core.draws import Draw
from twin.core.world import Phase
from twin.errors import ERRORS, AccessError, InputError, RunFailed, render, render_doubts
from twin.mechanisms import CATALOGUE
from twin.runs.experiment import run_one
from twin.scenario.build import engine_for
from twin.scenario.load import load
from twin.testing import CHECKS, Subject, compare, subject_of

SCENARIO = Path(__file__).parent.parent / "scenarios" / "dispatch.yaml"
SHORT = ("days=20", "warm_up_days=5", "population.residents=200")
OUTSIDE = Path(__file__).with_name("outside")
NAMES = ("fatigue", "gossip", "graffiti")
CARD = '"""A mechanism.\n\nWhat it does    Nothing.\nWhy             A test.\nLeaves out      All.\n"""\n'
IDLE = CARD + (
    "from twin.core.mechanism import Phase, mechanism\n\n"
    "@mechanism(phase=Phase.SETTLE{declared})\ndef {name}(world, p, draw, effects):\n    {does}\n"
)


FRESH_NAME = (f"pack{number}" for number in itertools.count())


def forget() -> None:
    for cached in ("outside", "_found"):
        vars(CATALOGUE).pop(cached, None)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The catalogue looks again at what is installed, before and after."""
    monkeypatch.delenv("TWIN_PLUGINS", raising=False)
    forget()
    yield monkeypatch
    forget()


@pytest.fixture
def street_art(fresh: pytest.MonkeyPatch) -> None:
    fresh.syspath_prepend(OUTSIDE)


def install(folder: Path, package: str, modules: Mapping[str, str], points: Mapping[str, str], version: str = "1.0"):
    """Lay out a package as an installer would leave it."""
    home = folder / package.replace("-", "_")
    home.mkdir(parents=True)
    (home / "__init__.py").touch()
    for name, text in modules.items():
        (home / f"{name}.py").write_text(text, encoding="utf-8")
    info = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n", encoding="utf-8")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[twin.mechanisms]", *lines, ""]), encoding="utf-8")


def idle(name: str, declared: str = "", does: str = "pass") -> str:
    return IDLE.format(name=name, declared=declared, does=does)


def plan(*switches: str, sets: tuple[str, ...] = ()) -> Any:
    return load(SCENARIO, sets=[*SHORT, *(f"mechanisms.{name}=on" for name in switches), *sets])


# -- found, and off until switched on


def test_the_mechanisms_of_an_installed_package_are_found(street_art: None) -> None:
    assert sorted(CATALOGUE.outside) == list(NAMES)
    assert list(CATALOGUE) == [*CATALOGUE.own, *NAMES]
    for plugin in CATALOGUE.outside.values():
        assert re.fullmatch(r"street-art 0\.3 \([0-9a-f]{12}\)", plugin.origin)


def test_an_installed_mechanism_changes_nothing_by_being_there(fresh: pytest.MonkeyPatch) -> None:
    before = plan()
    alone = run_one(before, "manual", 1).metrics
    forget()
    fresh.syspath_prepend(OUTSIDE)
    after = plan()
    assert "graffiti" in CATALOGUE
    assert (after.digest, after) == (before.digest, before)
    assert run_one(after, "manual", 1).metrics == alone
    assert "walls" not in engine_for(after, "manual", 1).world.residents.columns


def test_switched_on_it_takes_part_and_is_named(street_art: None) -> None:
    scenario = plan(*NAMES)
    assert set(scenario.plugins) == set(NAMES)
    assert scenario.digest != plan().digest != plan("gossip").digest
    found = run_one(scenario, "manual", 1)
    assert found.metrics["painted_walls"] > 0
    assert 0 < found.metrics["fatigue_mean"] < 1
    assert len(found.series["painted_walls"]) == len(found.series["trust_mean"])


def test_one_arm_may_have_what_another_has_not(street_art: None, tmp_path: Path) -> None:
    arms = "arms:\n  manual: {mechanisms: {graffiti: on}, graffiti: {paint_chance: 5 %/day}}\n  smart: {}\n"
    path = tmp_path / "walls.yaml"
    path.write_text(f"version: 1\nextends: {json.dumps(SCENARIO.as_posix())}\n{arms}", encoding="utf-8")
    scenario = load(path)
    assert [arm.outside for arm in (scenario.arms["manual"], scenario.arms["smart"])] == [("graffiti",), ()]
    assert scenario.arms["manual"].blocks["graffiti"].paint_chance == 0.05
    assert "graffiti" not in scenario.arms["smart"].blocks


def test_a_block_of_a_mechanism_that_is_on_nowhere_is_doubted(street_art: None) -> None:
    doubts = plan(sets=("graffiti.paint_chance=3 %/day",)).doubts
    assert "S152" in [doubt.code for doubt in doubts]
    assert "`graffiti`" in render_doubts(doubts, "zh") and "mechanisms: {graffiti: on}" in render_doubts(doubts)
    assert "S152" not in [doubt.code for doubt in plan("graffiti", sets=("graffiti.paint_chance=3 %/day",)).doubts]


def test_the_resolved_text_of_a_scenario_says_that_it_is_on(street_art: None, tmp_path: Path) -> None:
    scenario = plan("graffiti", sets=("graffiti.paint_chance=3 %/day",))
    again = tmp_path / "again.yaml"
    again.write_text(scenario.text(), encoding="utf-8")
    assert load(again).digest == scenario.digest
    forget()
    with pytest.MonkeyPatch.context() as alone:
        alone.setenv("TWIN_PLUGINS", "off")
        with pytest.raises(InputError, match=r"unknown key `graffiti`"):
            load(again)


def test_a_folder_of_results_says_which_package_and_version(street_art: None, tmp_path: Path) -> None:
    experiment = twin.run(plan("graffiti"), arms=["manual"], replications=1, out=tmp_path / "out")
    origin = CATALOGUE.outside["graffiti"].origin
    assert experiment.to_json()["plugins"] == {"graffiti": origin}
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["plugins"] == {"graffiti": origin}
    assert origin in (tmp_path / "out" / "provenance.json").read_text("utf-8")
    assert origin in (tmp_path / "out" / "summary.html").read_text("utf-8")


@pytest.mark.parametrize(("version", "text"), [("0.4", idle("a")), ("0.3", idle("a", does="return None"))])
def test_another_version_or_another_source_is_another_experiment(
    fresh: pytest.MonkeyPatch, tmp_path: Path, version: str, text: str
) -> None:
    digests = []
    for number, (stand, source) in enumerate((("0.3", idle("a")), (version, text))):
        install(tmp_path / str(number), "redone", {"a": source}, {"a": "redone.a"}, stand)
        with pytest.MonkeyPatch.context() as only:
            only.syspath_prepend(tmp_path / str(number))
            for loaded in ("redone", "redone.a"):
                only.delitem(sys.modules, loaded, raising=False)
            forget()
            digests.append((CATALOGUE.outside["a"].origin, plan("a").digest))
    assert digests[0][0] != digests[1][0]
    assert digests[0][1] != digests[1][1]


# -- held to what they declare


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", NAMES)
def test_conformance(street_art: None, name: str, check: str) -> None:
    CHECKS[check](subject_of(name))


def gossip_slowly(world: Any, p: Any, luck: Any, note: Any) -> None:
    trust, keys = world.residents.trust, world.residents.key
    for teller in range(len(trust)):
        if luck.happens("tells", p.tell_chance, keys[teller]):
            listener = int(luck.uniform("whom", keys[teller]) * len(trust))
            note.add("residents", listener, trust=p.weight * (trust[teller] - trust[listener]))


def test_a_behaviour_has_the_effects_of_its_scalar_version(street_art: None) -> None:
    assert compare(subject_of("gossip"), gossip_slowly) > 50


def test_a_row_draws_the_numbers_that_arrays_would_draw() -> None:
    keys = np.array([3, 9, 2**63], np.uint64)
    draw, one = Draw(4, "a", 7), RowDraw(Draw(4, "a", 7), keys)
    weights = np.array([1.0, 2.0, 3.0])
    for at in range(3):
        one.turn_to(at)
        assert one.uniform("u") == draw.uniform("u", keys)[at]
        assert one.happens("u", 0.5, 2) == draw.happens("u", 0.5, keys, 2)[at]
        assert one.normal("n") == draw.normal("n", keys)[at]
        assert one.exponential("e", 2.5) == draw.exponential("e", 2.5, keys)[at]
        assert one.poisson("p", 40.0) == draw.poisson("p", 40.0, keys)[at]
        assert one.choice("c", weights.tolist()) == draw.choice("c", weights, keys)[at]


def acting(step: Any, **declared: Any) -> Any:
    """A behaviour of residents made on the spot, alone in a small world of two, after one day."""
    from twin.core.engine import Engine
    from twin.core.world import World

    given = {"table": "residents", "phase": Phase.SETTLE, "__module__": "made.on_the_spot", "step": step, **declared}
    kind = type("Made", (Behaviour,), given)
    columns = {"mood": Column(np.float64, "1", "mood"), "age": Column(np.int32, "1", "age", start=30)}
    world = World.of({"residents": columns, "tickets": {"reporter": Column(np.int32, "1", "who")}}, days=3)
    world.residents.append(np.array([5, 6], np.uint64), mood=[0.25, 0.5])
    engine = Engine(world, [mechanism_of(kind)], {}, 1)
    engine.step()
    return engine.world


MOOD = {"reads": ["residents.age"], "adds": ["residents.mood"]}
COUNT = {"residents.count": Column(np.int32, "1", "count")}


def test_a_behaviour_reads_its_row_and_adds_to_it_and_to_others() -> None:
    def step(self: Any) -> None:
        self.add(mood=self.mood * self.age)
        self.add_to("residents", 1 - self.row, mood=1.0)

    assert acting(step, **MOOD).residents.mood.tolist() == [0.25 * 31 + 1, 0.5 * 31 + 1]


def test_a_behaviour_sets_what_it_owns_and_only_the_rows_that_act() -> None:
    def step(self: Any) -> None:
        self.set(count=int(self.key) + self.day)

    who = classmethod(lambda cls, world, p: np.array([1]))
    assert acting(step, owns=COUNT, who=who).residents.count.tolist() == [0, 6]


def test_a_behaviour_spawns_rows_under_keys_of_its_own() -> None:
    def step(self: Any) -> None:
        self.spawn("tickets", "first", reporter=self.row)
        self.spawn("tickets", "second", reporter=self.row)

    world = acting(step, reads=["residents.age"], spawns=["tickets"])
    assert sorted(world.tickets.reporter.tolist()) == [0, 0, 1, 1]
    keys = Draw(1, "on_the_spot", 0).keys("first", np.array([5, 6], np.uint64))
    assert world.tickets.reporter[world.tickets.rows_of(keys)].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("step", "code", "said"),
    [
        (lambda self: self.mood, "M301", "`residents.mood`"),
        (lambda self: self.world.tickets.reporter, "M301", "`tickets`"),
        (lambda self: self.set(age=3), "M304", "`residents.age`"),
        (lambda self: self.add(mood=1.0), "M305", "`residents.mood`"),
        (lambda self: self.add_to("tickets", 0, reporter=1), "M305", "`tickets.reporter`"),
        (lambda self: self.spawn("tickets", "a"), "M306", "`tickets`"),
        (lambda self: setattr(self, "age", 3), "M340", "`residents.age`"),
        (lambda self: setattr(self, "memory", 3), "M340", "`residents.memory`"),
    ],
)
def test_what_a_behaviour_did_not_declare_it_cannot_touch(step: Any, code: str, said: str) -> None:
    with pytest.raises(AccessError) as caught:
        acting(step, reads=["residents.age"])
    assert caught.value.complaints[0].code == code
    assert all(said in render(caught.value, lang) for lang in ("en", "zh"))


def test_an_exception_in_a_mechanism_names_it_and_the_day() -> None:
    with pytest.raises(RunFailed, match=r"`on_the_spot` failed on day 0: ZeroDivisionError") as caught:
        acting(lambda self: 1 // (self.age - 30), reads=["residents.age"])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


# -- what can be wrong with a package


@pytest.mark.parametrize(
    ("modules", "points", "code", "said"),
    [
        ({"trust": idle("trust")}, {"trust": "pack.trust"}, "M345", "`trust`"),
        ({"a": idle("a")}, {"Bad": "pack.a"}, "M341", "`Bad`"),
        ({"a": idle("a")}, {"b": "pack.a"}, "M344", "`a`"),
        ({"a": "import no_such_thing\n"}, {"a": "pack.a"}, "M343", "No module named 'no_such_thing'"),
        ({"a": "def a(:\n"}, {"a": "pack.a"}, "M343", "SyntaxError"),
        ({"a": "x = 1\n"}, {"a": "pack.a"}, "M343", "`a.py`"),
        ({"a": idle("a")}, {"a": "pack.a:a"}, "M343", "`pack.a:a`"),
        ({"a": idle("a", ", reads=['trust']")}, {"a": "pack.a"}, "M343", "`trust`"),
        ({"a": idle("a", ", owns={'residents.trust': None}")}, {"a": "pack.a"}, "M345", "`residents.trust`"),
        ({"a": idle("a", ", metrics={'trust_mean': None}")}, {"a": "pack.a"}, "M345", "`trust_mean`"),
    ],
)
def test_a_package_that_will_not_do_is_named(
    fresh: pytest.MonkeyPatch, tmp_path: Path, modules: dict[str, str], points: dict[str, str], code: str, said: str
) -> None:
    package = next(FRESH_NAME)
    install(tmp_path, package, modules, {name: value.replace("pack", package) for name, value in points.items()})
    fresh.syspath_prepend(tmp_path)
    with pytest.raises(InputError) as caught:
        plan()
    assert caught.value.complaints[0].code == code
    for lang in ("en", "zh"):
        text = render(caught.value, lang)
        assert package in text
        assert said.replace("pack", package) in text


def test_a_mechanism_called_like_a_key_of_scenarios_is_refused(fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(tmp_path, "keyed", {"days": idle("days")}, {"days": "keyed.days"})
    fresh.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match=r"M341[\s\S]*`days`"):
        plan()


def test_two_packages_cannot_bring_one_name_but_one_can_be_left_out(fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for package in ("one", "two"):
        install(tmp_path, f"{package}pack", {"a": idle("a"), package: idle(package)},
                {"a": f"{package}pack.a", package: f"{package}pack.{package}"})  # fmt: skip
    fresh.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match=r"M342[\s\S]*`onepack` and `twopack`"):
        plan()
    forget()
    fresh.setenv("TWIN_PLUGINS", "one, two")
    assert list(CATALOGUE.outside) == ["one", "two"]


def test_all_that_is_wrong_is_said_at_once(fresh: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(tmp_path, "worse", {"a": "x = 1\n", "b": "import nothing_here\n"}, {"a": "worse.a", "b": "worse.b"})
    fresh.syspath_prepend(tmp_path)
    with pytest.raises(InputError) as caught:
        plan()
    assert [one.code for one in caught.value.complaints] == ["M343", "M324", "M343"]


@pytest.mark.parametrize(("wish", "names"), [("off", []), ("graffiti", ["graffiti"]), (" gossip ,", ["gossip"])])
def test_the_environment_says_which_may_take_part(
    street_art: None, fresh: pytest.MonkeyPatch, wish: str, names: list[str]
) -> None:
    fresh.setenv("TWIN_PLUGINS", wish)
    assert list(CATALOGUE.outside) == names


def test_a_wish_that_nobody_can_fulfil_is_refused(street_art: None, fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv("TWIN_PLUGINS", "grafiti")
    with pytest.raises(InputError, match=r"M347[\s\S]*did you mean `graffiti`"):
        plan()


def test_a_mutant_fails_the_battery() -> None:
    """It paints by its own luck: the same seed gives other walls."""
    from tests.outside.street_art import graffiti as module

    luck = iter(range(10**9))
    chance = lambda world, p, draw, effects: effects.add(  # noqa: E731
        "residents", [next(luck) % max(len(world.residents), 1)] if len(world.residents) else [], walls=1
    )
    mutant = Subject(type(module.graffiti)(**{**vars(module.graffiti), "live": chance}))
    with pytest.raises(AssertionError, match="same seed"):
        CHECKS["repeats"](mutant)
    with pytest.raises(AssertionError, match=r"read in no case: residents\.grid"):
        CHECKS["reads"](mutant)


# -- the page that describes it

PAGE = (Path(__file__).parent.parent / "docs" / "extending.md").read_text("utf-8")


def code_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("file", ["gossip.py", "gossip.cases.yaml"])
def test_the_page_shows_files_that_are_tested(file: str) -> None:
    shown = code_blocks("python" if file.endswith(".py") else "yaml")
    assert (OUTSIDE / "street_art" / file).read_text("utf-8") in shown


def test_the_page_s_package_scenario_test_and_notebook_work(
    street_art: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = code_blocks("toml")[0].splitlines()[1].replace('"', "")
    assert point in (OUTSIDE / "street_art-0.3.dist-info" / "entry_points.txt").read_text("utf-8").splitlines()
    scenario = next(block for block in code_blocks("yaml") if block.startswith("version"))
    (tmp_path / "own.yaml").write_text(scenario.replace("dispatch.yaml", SCENARIO.as_posix()), encoding="utf-8")
    manual = load(tmp_path / "own.yaml").arms["manual"]
    assert manual.outside == ("gossip",) and manual.blocks["gossip"].tell_chance == 0.1
    test, notebook = code_blocks("python")[1:]
    names: dict[str, Any] = {}
    exec(compile(test, "extending.md", "exec"), names)
    assert names["SUBJECT"].name == "gossip"
    monkeypatch.chdir(SCENARIO.parent.parent)
    exec(compile(notebook.replace("range(30)", "range(3)"), "extending.md", "exec"), {**names, "__name__": "page"})


def test_the_page_names_every_code_of_mechanisms_from_outside() -> None:
    spoken = set(re.findall(r"\b([MS]\d{3})\b", PAGE)) | {"M305"}
    assert spoken >= {"M301", "M304", "M306", "M340", "M341", "M342", "M343", "M344", "M345", "M346", "S152"}
    assert spoken <= set(ERRORS)
