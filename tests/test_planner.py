"""What a planner reads around the numbers: help pages, warnings, and the inputs that an answer rests on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from twin.cli import console
from twin.cli.app import COMMANDS, main
from twin.core.parameters import acts, conditions_of, parameters_of, spec_of
from twin.core.units import named
from twin.mechanisms import CATALOGUE
from twin.report.inputs import CHOICES, Inputs, range_shown, shown, upstream
from twin.report.text import Sheet
from twin.runs.experiment import Experiment, Plan, measure_one, metric_book
from twin.scenario.listing import parameters
from twin.scenario.load import load
from twin.scenario.vocabulary import known_blocks

ROOT = Path(__file__).parent.parent
DISPATCH, MMC = (str(ROOT / "scenarios" / name) for name in ("dispatch.yaml", "theory/mmc.yaml"))
CHINESE = re.compile("[\u4e00-\u9fff]")
CLICKS_WORDS = ("Usage", "Options", "Show this", "Commands", "Error", "Missing", "TEXT", "INTEGER")


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TWIN_LANG", "en")
    yield


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int | str | None, str, str]:
    """Run the program; return its exit code, and what it wrote."""
    try:
        code: int | str | None = main(list(words))
    except SystemExit as end:
        code = end.code
    return (code, *capsys.readouterr())


# -- help pages


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
@pytest.mark.parametrize("asked", [("--lang", "zh", "--help"), ("--help", "--lang=zh")])
def test_help_is_chinese_wherever_the_language_is_asked_for(
    command: tuple[str, ...], asked: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code, page, _ = answer(capsys, *command, *asked)
    assert code == 0 and page.startswith(f"用法：{' '.join(['twin', *command])} [选项]")
    assert not [word for word in CLICKS_WORDS if word in page]
    rows = [line.strip() for line in page.splitlines() if line.startswith("  ")]
    assert rows and all(CHINESE.search(row) for row in rows), rows


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_is_english_without(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    _, page, _ = answer(capsys, *command, "--help")
    assert page.startswith("Usage: ") and not CHINESE.search(page)


def test_help_speaks_the_language_of_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWIN_LANG", "zh_CN.GBK")
    assert answer(capsys, "run", "--help")[1].startswith("用法：")
    assert answer(capsys, "run", "--help", "--lang", "en")[1].startswith("Usage: ")


def test_a_language_before_the_command_is_meant_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "--lang", "zh", "validate", DISPATCH) == (0, f"{DISPATCH}：正确\n", "")
    code, _, said = answer(capsys, "--lang", "zh", "validate", "nowhere.yaml")
    assert code == 2 and said.startswith("错误[Y001]：找不到")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run",), "缺少 `SCENARIO`"),
        (("run", "x", "--jbos"), "没有选项 `--jbos`"),
        (("run", "x", "--out"), "`--out` 需要一个值"),
        (("run", "x", "--json=3"), "`--json` 不带值"),
        (("run", "x", "-n", "many"), "`-n` 的值有误：需要整数"),
        (("run", "x", "y"), "多余的参数：y"),
        (("rnu",), "没有命令 `rnu`"),
        (("--", "--help"), "没有命令 `--help`"),
        (("--foo",), "没有选项 `--foo`"),
    ],
)
def test_usage_errors_are_chinese_and_end_with_2(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = answer(capsys, "--lang=zh", *words)
    assert (code, out) == (2, "") and said in err
    assert not [word for word in CLICKS_WORDS if word in err]


# -- warnings


def test_a_queue_that_grows_for_ever_is_doubted_not_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = answer(capsys, "validate", MMC, "--set", "theory.utilisation=1")
    assert (code, out) == (0, f"{MMC}: ok\n")
    assert err.startswith("warning[S150]: `theory.utilisation` is 1: no stationary wait exists\n --> <--set #1>:1:20")
    patient = answer(capsys, "validate", MMC, "--set", "theory.utilisation=1", "--set", "theory.patience=2")
    assert patient == (0, f"{MMC}: ok\n", ""), "who gives up keeps the queue short"


def test_doubts_are_told_before_a_run_and_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    asked = (MMC, "--set", "theory.utilisation=1.5", "--set", "theory.customers=2000")
    code, out, err = answer(capsys, "run", *asked, "-n", "1", "--json", "--lang", "zh")
    assert code == 0 and err.startswith("警告[S150]")
    assert json.loads(out)["arms"]["queue"]["wait_service_times"]["mean"] > 10
    (file,) = json.loads(answer(capsys, "validate", *asked, "--json")[1])["files"]
    assert file["ok"] and [one["code"] for one in file["warnings"]] == ["S150"]


def test_a_queue_without_servers_is_out_of_range(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = answer(capsys, "run", MMC, "--set", "theory.servers=0")
    assert code == 2 and "0 is not in [1, 1000]" in err


def test_no_work_has_no_wait_in_services() -> None:
    scenario = load(MMC, sets=["theory.utilisation=0", "theory.customers=2000"])
    assert "wait_service_times" not in measure_one(scenario, "queue", 1).metrics


def test_pre_emption_without_emergencies_is_doubted(tmp_path: Path) -> None:
    text = "version: 1\ndays: 9\ndesk: {preempt: on}\narms: {a: {}}\n"
    file = tmp_path / "street.yaml"
    file.write_text(text, encoding="utf-8")
    assert [doubt.code for doubt in load(file).doubts] == ["S151"]
    file.write_text(text + "categories: {gas: {share: 1, priority: 0}}\n", encoding="utf-8")
    assert load(file).doubts == ()


# -- inputs


@cache
def dispatch() -> Experiment:
    """The dispatch question without a run: its inputs are known beforehand."""
    scenario = load(DISPATCH)
    arms = tuple(scenario.arms)
    return Experiment(scenario, Plan(arms, (1,)), {arm: {} for arm in arms}, metric_book())


def carrying(*metrics: str, experiment: Experiment | None = None) -> set[str]:
    return {one.path for one in Inputs(experiment or dispatch()).carrying(metrics)}


def test_an_answer_rests_on_what_reaches_its_metric_and_acts() -> None:
    found = carrying("hours_to_close_mean")
    assert {"hotline.reports_per_day", "desk.misroute_chance", "desk.teams.posts.workers"} <= found
    assert {"desk.dispatch_times", "desk.merge_window_days"} <= found, "they act in one arm"
    assert "hotline.log" not in found, "nothing is replayed"
    assert not {"desk.ageing_hours", "desk.overtime_minutes", "desk.service.shape"} & found, "their neighbours say so"
    assert not {path for path in found if path.startswith(("trust.", "payroll.", "measurement.", "theory."))}
    assert {"payroll.wage_yuan_per_hour", "desk.teams.posts.workers"} <= carrying("cost_yuan")
    assert "satisfaction.loss_aversion" in carrying("satisfied_share_true")


def test_a_way_back_from_service_to_demand_counts() -> None:
    """With reporting on, trust moves reports, and reports move the desk."""
    everything = load(ROOT / "scenarios" / "everything.yaml")
    plan = Plan(("as_it_is", "instant_deaf"), (1,))
    found = Experiment(everything, plan, {arm: {} for arm in plan.arms}, metric_book())
    assert "trust.step" in carrying("hours_to_close_mean", experiment=found)
    deaf = replace(found, plan=Plan(("instant_deaf",), (1,)))
    assert "trust.step" not in carrying("hours_to_close_mean", experiment=deaf)


def test_a_metric_of_nobody_rests_on_everything() -> None:
    assert upstream(["made up"], CATALOGUE) >= set(CATALOGUE)


def test_what_differs_between_the_arms_is_found_with_its_unit() -> None:
    found = {one.path: one for one in Inputs(dispatch()).differing()}
    assert "desk.first_time_fix" not in found
    travel = found["desk.travel_minutes"]
    assert (travel.value("manual", "zh"), travel.value("smart", "en")) == ("24 分钟", "12 min")
    assert travel.name("zh") == "平均路程时间（desk.travel_minutes）" and travel.name("en") == travel.path
    assert found["desk.dispatch"].value("smart", "zh") == "即时派单"
    assert found["mechanisms.placebo"].value("placebo", "zh") == "开"


def test_values_are_written_for_a_reader() -> None:
    rows = {row.path: row.spec for row in parameters(known_blocks().blocks)}
    assert shown((2.0, 24.0), rows["desk.limit_hours"], "zh") == "2、24 小时"
    assert shown(17.5, rows["hotline.reports_per_day"], "en") == "17.5/day"
    assert shown((), rows["desk.teams.*.grids"], "en") == "none"
    assert range_shown(rows["desk.dispatch"], "zh") == "定时派单 / 即时派单"
    assert range_shown(rows["desk.travel_minutes"], "zh") == "0 – 600 分钟"


def test_every_choice_has_a_chinese_word() -> None:
    choices = {word for row in parameters(known_blocks().blocks) if not row.spec.file for word in row.spec.choices}
    assert not choices - set(CHOICES), "give them a word in twin/report/inputs.py"


def test_every_unit_has_a_chinese_name() -> None:
    units = {row.spec.unit for row in parameters(known_blocks().blocks)} | {one.unit for one in metric_book().values()}
    assert not {unit for unit in units if re.search("[a-z]", named(unit, "zh"))}


# -- when a parameter acts


def blocks() -> Iterator[tuple[str, Any]]:
    """Yield every block of parameters with its path, those inside blocks too."""
    pending = [(name, declared()) for name, declared in known_blocks().blocks.items()]
    while pending:
        path, block = pending.pop()
        yield path, block
        for declared in fields(block):
            value = getattr(block, declared.name)
            pending += [(f"{path}.{declared.name}", value)] if is_dataclass(value) and spec_of(declared) else []


def test_conditions_speak_of_neighbours_and_their_words() -> None:
    for path, block in blocks():
        neighbours = {declared.name: spec for declared, spec in parameters_of(block)}
        for declared, spec in parameters_of(block):
            for name, words in conditions_of(spec):
                assert name in neighbours and name != declared.name, f"{path}.{declared.name}: {spec.when}"
                assert set(words) <= set(neighbours[name].choices), f"{path}.{declared.name}: {spec.when}"


STREET = """\
version: 1
days: 15
run_on_days: 30
population: {residents: 300}
hotline: {source: poisson, reports_per_day: 30 /day}
desk: {travel_minutes: 0, misroute_chance: 0, dispatch: instant, service: {law: fixed}}
arms: {a: {}}
"""


def idle_parameters() -> list[tuple[str, float]]:
    """Return (path, another value) of the numbers of desk and hotline that say they do not act in the street."""
    held = {"desk": "a", "hotline": "a"}
    found = []
    scenario = load_text(STREET)
    for path, block in blocks():
        top, _, rest = path.partition(".")
        if top not in held:
            continue
        here = scenario.arms["a"].blocks[top]
        here = getattr(here, rest) if rest else here
        for declared, spec in parameters_of(block):
            value = getattr(here, declared.name)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and not acts(here, spec):
                found.append((f"{path}.{declared.name}", spec.low if value != spec.low else spec.high))
    return found


def load_text(text: str, *sets: str) -> Any:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "street.yaml"
        file.write_text(text, encoding="utf-8")
        return load(file, sets=sets)


def test_what_says_it_does_not_act_changes_nothing() -> None:
    idle = idle_parameters()
    assert len(idle) >= 14
    usual = measure_one(load_text(STREET), "a", 1).metrics
    assert measure_one(load_text(STREET, *(f"{path}={value}" for path, value in idle)), "a", 1).metrics == usual, idle


# -- tables on a console


def test_a_wide_table_is_cut_and_only_the_names_of_its_rows_are_repeated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    arms = tuple(f"arm number {number}" for number in range(9))
    row = ("Mean time to close", "86.2 ± 53.0", *["1.00 ± 0.10"] * 9)
    console.show(Sheet("t", ("metric", "baseline", *arms), (row,)))
    out = capsys.readouterr().out
    assert out.count("Mean time to close") > 2 and out.count("86.2 ± 53.0") == 1
    assert max(map(len, out.splitlines())) <= 60
    assert [out.count(f"number {number}") + out.count(f"{number}  ") > 0 for number in range(9)] == [True] * 9


def test_numbers_are_not_folded_where_words_can_be(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    row = ("automatic but office-hours intake", "97.8 (94.3–100.0)", "+94.1 (+88.1 to +100.0)", "not decided")
    console.show(Sheet("t", ("option", "mean [%]", "difference [pp], 95 % interval", "verdict"), (row,)))
    out = capsys.readouterr().out
    assert row[1] in out and row[2] in out and "95 %" in out
