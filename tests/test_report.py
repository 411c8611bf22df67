"""What is said: sheets and sentences, figures, and the page."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.small_experiment import BOOK, SmallArm, SmallMetric, SmallScenario, small_run
from twin.errors import Complaint, Words
from twin.mechanisms import CATALOGUE
from twin.mechanisms.mediation import SUCCESSES
from twin.report import figures
from twin.report.equity_text import pareto_sheet
from twin.report.page import page
from twin.report.paths import said
from twin.report.profiles import HOURS_A_WEEK, Calendar, Material, Profile, groups_of, profile
from twin.report.text import Scale, Writer, cells, floors_of, headlines, metrics_shown
from twin.runs.compare import Estimate, paired_difference
from twin.runs.experiment import Experiment, Plan, conduct, run
from twin.runs.margins import margin_of
from twin.runs.pareto import pareto_of
from twin.scenario.head import Category
from twin.scenario.load import load

SCENARIO = SmallScenario()
HOUR, DAY = 60.0, 1440.0
CALENDAR = Calendar(first_weekday=0, warm_up_days=7, days=21)


def carried_out(scenario: SmallScenario = SCENARIO, **asked: object) -> Experiment:
    plan = Plan.of(scenario, asked.get("arms"), asked.get("replications"), None)
    return conduct(scenario, plan, small_run, BOOK)


def tickets(created: list[float], hours: list[float], **columns: object) -> dict[str, np.ndarray]:
    """Tickets by minute of creation and hours to close; NaN hours are never done."""
    begun, taken = np.array(created, float), np.array(hours, float)
    never = np.full(len(begun), np.nan)
    groups = {name: np.full(len(begun), "one") for name in ("age_group", "channel", "category")}
    found = {"created": begun, "done": begun + taken * HOUR, "merged": never, "abandoned": never}
    return {**found, "hours_to_close": taken, **groups, **columns}


def profiles(experiment: Experiment) -> dict[str, Profile]:
    chance = np.random.default_rng(1)
    made = {}
    for arm in experiment.arms:
        runs = []
        for _ in experiment.plan.seeds:
            created = np.sort(chance.uniform(0, 28 * DAY, 200))
            hours = chance.lognormal(3.5 if arm != "smart" else 1.5, 1.0, 200)
            groups = chance.choice(["youth", "adult", "elder"], 200)
            runs.append(tickets(list(created), list(hours), age_group=groups))
        made[arm] = profile(Calendar(2, 7, 28), runs)
    return made


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return carried_out()


@pytest.fixture(scope="module")
def profiled(experiment: Experiment) -> dict[str, Profile]:
    return profiles(experiment)


# -- words and numbers


def test_quantities_are_shown_as_a_planner_says_them(experiment: Experiment) -> None:
    en, zh = Writer(experiment, "en"), Writer(experiment, "zh")
    assert en.value("hours_to_close_mean", Estimate(72.0, (69.6, 74.4))) == "72.0 ± 2.4 h"
    assert zh.value("hours_to_close_mean", Estimate(72.0, (69.6, 74.4))) == "72.0 ± 2.4 小时"
    assert en.value("paid_hours", Estimate(4114.0, (4114.0, 4114.0))) == "4,114 h", "hours that are paid are no days"
    assert en.value("share_within_24h", Estimate(0.362, None)) == "36.2 %"
    assert zh.value("share_within_24h", Estimate(0.362, None)) == "36.2%"


def test_difference_has_sign_interval_and_points(experiment: Experiment) -> None:
    found = paired_difference([0.2, 0.3, 0.25], [0.7, 0.78, 0.76], "higher")
    en, zh = Writer(experiment, "en"), Writer(experiment, "zh")
    assert en.difference("share_within_24h", found) == "+49.7 pp"
    assert zh.difference("share_within_24h", found) == "+49.7 百分点"
    assert en.interval("share_within_24h", found).count(" to ") == 1
    assert en.pairs("share_within_24h", found) == "3 of 3"
    assert zh.pairs("share_within_24h", found) == "3 次中 3 次"


def test_zero_has_no_sign() -> None:
    assert Scale(1.0, "h").number(-0.0, 0.0, "+") == "0"
    assert Scale(100.0, "points").number(-0.00001, 1.0, "+") == "0.0"


def test_opening_compares_the_first_option_with_the_baseline(experiment: Experiment) -> None:
    sentence, others = Writer(experiment, "en").opening()
    assert others == "Mean time to close [h], the other options: nothing changed 0, no difference."
    assert sentence.startswith("Mean time to close: automatic ")
    assert ", by hand " in sentence and "95 % interval" in sentence
    assert sentence.endswith("better, in 4 of 4 paired replications.")
    (alone,) = Writer(carried_out(arms=["manual"]), "zh").opening()
    assert alone.startswith("平均办结时长：人工派单 ")


def test_sheet_has_a_row_a_metric_and_a_column_an_arm(experiment: Experiment) -> None:
    sheet = Writer(experiment, "en").results()
    assert sheet.head == ("metric", "by hand", "automatic", "nothing changed")
    assert [row[0] for row in sheet.rows] == [
        "Mean time to close [h]", "Closed within 24 h [%]", "Paid hours [h]", "Calls",
    ]  # fmt: skip
    assert all(len(row) == 4 for row in sheet.rows)


def test_differences_have_a_sheet_a_metric_with_the_baseline_once(experiment: Experiment) -> None:
    sheets = Writer(experiment, "zh").differences(["hours_to_close_mean", "share_within_24h"])
    assert [sheet.title[:6] for sheet in sheets] == ["平均办结时长", "24 小时内"]
    assert sheets[0].head == ("方案", "均值（小时）", "差值（小时）及95%置信区间", "结论", "更好的次数")
    assert [row[0] for row in sheets[0].rows] == ["人工派单", "智能派单", "安慰剂"]
    assert sheets[0].rows[0][2:] == ("", "基准", "")
    assert sheets[0].rows[2][2:] == ("0", "无差别", "4 次中 0 次")
    assert sheets[0].rows[0][1] == sheets[0].rows[2][1] != "", "the mean stands beside the difference"


def test_tables_of_primary_outcomes_show_the_interval_on_which_the_verdict_rests() -> None:
    name, own = "hours_to_close_mean", carried_out()
    found = own.differences["smart"][name]
    assert found.simultaneous is not None and found.together is None, "one primary outcome of one option: both are one"
    assert not any("Together" in note for note in Writer(own, "en").notes())
    wide = replace(found, simultaneous=(found.mean - 30, found.mean + 30))
    own.differences["smart"][name] = wide
    (sheet,) = Writer(own, "zh").differences([name])
    assert sheet.head[2] == "差值（小时）及联合95%置信区间"
    ends = f"{found.mean - 30:+.1f} 至 {found.mean + 30:+.1f}".replace("-", "−")
    assert ends in sheet.rows[1][2]
    assert any("Together" in note for note in Writer(own, "en").notes())


def test_a_metric_has_one_unit_in_the_whole_report(experiment: Experiment) -> None:
    """Days only where no arm is quick: 3.6 d beside 7 h cannot be compared by eye."""
    writer = Writer(experiment, "en")
    assert writer.labelled("hours_to_close_mean") == "Mean time to close [h]", "automatic takes but hours"
    slow = Writer(carried_out(arms=["manual", "placebo"]), "en")
    assert slow.labelled("hours_to_close_mean") == "Mean time to close [d]"
    assert slow.value("hours_to_close_mean", Estimate(72.0, (69.6, 74.4))) == "3.00 ± 0.10 d"
    assert " d, by hand " in slow.opening()[0] or " d." in slow.opening()[0]
    (sheet,) = slow.differences(["hours_to_close_mean"])
    assert sheet.head[1:3] == ("mean [d]", "difference [d], 95 % interval")


def test_what_has_no_direction_is_neither_better_nor_worse(experiment: Experiment) -> None:
    found = paired_difference([1.0, 2.0, 3.0], [3.0, 4.1, 5.0], None)
    assert Writer(experiment, "en").pairs("calls", found) == "3 of 3 higher"
    assert Writer(experiment, "zh").pairs("calls", found) == "3 次中 3 次更高"
    fallen = paired_difference([3.0, 4.1, 5.0], [1.0, 2.0, 3.0], None)
    assert Writer(experiment, "en").pairs("calls", fallen) == "3 of 3 lower"
    (sheet,) = Writer(experiment, "en").differences(["calls"])
    assert sheet.head[-1] == "pairs" and sheet.rows[1][3:] == ("no difference", "0 of 4")


def test_worse_is_told_with_the_pairs_that_say_so(experiment: Experiment) -> None:
    assert "worse, in 4 of 4 paired" in Writer(carried_out(arms=["smart", "manual"]), "en").opening()[0]


def test_intervals_end_where_the_possible_ends(experiment: Experiment) -> None:
    en = Writer(experiment, "en")
    assert en.value("share_within_24h", Estimate(0.978, (0.944, 1.012))) == "97.8 (94.4–100.0) %"
    assert en.value("share_within_24h", Estimate(0.5, (-0.2, 1.2))) == "50.0 (0.0–100.0) %"
    assert en.value("hours_to_close_mean", Estimate(20.0, (-4.0, 44.0))) == "20.0 (0.0–44.0) h"
    sure = paired_difference([0.03, 0.01, 0.06], [0.99, 1.0, 0.97], "higher")
    assert sure.ci95[1] > 1 and en.interval("share_within_24h", sure).endswith(" to +100.0")
    assert not any("t interval" in note for note in en.notes())
    measured = {"manual": {"share_within_24h": (0.9, 1.0, 1.0, 1.0)}}
    wide = replace(experiment, values=measured, plan=Plan(("manual",), (1, 2, 3, 4)))
    assert any("t interval" in note for note in Writer(wide, "en").notes()), "who cuts says so"
    assert wide.to_json()["arms"]["manual"]["share_within_24h"]["ci95"][1] > 1, "programs get what was computed"


def test_notes_name_what_was_left_out_and_what_is_assumed(experiment: Experiment) -> None:
    notes = "\n".join(Writer(experiment, "en").notes())
    assert "rare is left out for by hand: it is undefined in 2 of 4 replications." in notes
    assert re.search(r"Behind “Mean time to close” stand \d+ inputs that act [a-z ]+; \d+ are only assumed", notes)
    assert "The arms differ in 1 of them, 1 only assumed: desk.dispatch." in notes
    assert "派单方式（desk.dispatch）" in Writer(experiment, "zh").notes()[-1]
    assert "One replication" in Writer(carried_out(replications=1), "en").notes()[0]


def test_what_is_doubtful_comes_first_among_the_notes(experiment: Experiment) -> None:
    doubtful = replace(SCENARIO, doubts=(Complaint("S151", None, {"path": "desk.preempt"}),))
    first = Writer(carried_out(doubtful), "en").notes()[0]
    assert first.startswith("`desk.preempt` is on, but no category is an emergency; give a category priority 0")


def test_primary_metrics_come_first() -> None:
    scenario = replace(SCENARIO, primary=("paid_hours", "rare"))
    assert headlines(carried_out(scenario)) == ["paid_hours"], "what is undefined cannot be a headline"
    assert metrics_shown(carried_out(scenario))[0] == "paid_hours"
    assert headlines(carried_out(replace(SCENARIO, primary=()))) == [
        "hours_to_close_mean", "share_within_24h", "paid_hours",
    ]  # fmt: skip


def test_cells_count_chinese_twice() -> None:
    assert cells("工单 ab") == 7


# -- profiles


def test_backlog_counts_what_waits_at_each_hour_of_the_week() -> None:
    monday = 7 * DAY
    found = profile(CALENDAR, [tickets([monday + 90, monday + 90], [2.0, np.nan])])
    assert found.backlog[[1, 2, 3, 4]].tolist() == [0.5, 1.5, 1.5, 1.0], "the mean of two weeks"
    assert found.backlog[0] == 0.5, "one of the two is never done"


def test_weeks_begin_on_monday_whatever_the_first_day() -> None:
    thursday = Calendar(first_weekday=3, warm_up_days=0, days=7)
    assert thursday.hour_of_week(np.array([0.0])) == 72
    assert thursday.hour_of_week(np.array([96.0])) == 0
    assert len(Profile().backlog) == HOURS_A_WEEK


def test_quantiles_are_those_of_the_tickets() -> None:
    hours = np.arange(1.0, 101.0)
    found = profile(CALENDAR, [tickets([8 * DAY] * 100, list(hours))])
    assert found.quantile(0.5) == pytest.approx(50, rel=0.003)
    assert found.quantile(0.9) == pytest.approx(90, rel=0.003)
    assert Profile().quantile(0.5) is None


def test_groups_are_compared_only_where_all_have_tickets() -> None:
    ages = np.array(["youth", "elder", "elder"])
    some = profile(CALENDAR, [tickets([8 * DAY] * 3, [1.0, 4.0, 6.0], age_group=ages)] * 2)
    assert some.wait("age_group", "elder").mean == 5.0
    assert groups_of([some], "age_group") == ["elder", "youth"]
    assert groups_of([some], "channel") == [], "a single group says nothing"
    fewer = profile(CALENDAR, [tickets([8 * DAY], [1.0], age_group=np.array(["youth"]))] * 2)
    assert groups_of([some, fewer], "age_group") == []


def test_groups_stand_in_their_usual_order(experiment: Experiment, profiled: dict[str, Profile]) -> None:
    material = Material(experiment, profiled, "zh")
    assert [material.group(group) for _, group in material.groups()] == ["青年", "中年", "老年"]


# -- figures


@pytest.mark.parametrize("lang", figures.LANGUAGES)
def test_every_figure_is_drawn_twice_the_same(experiment: Experiment, profiled: dict[str, Profile], lang: str) -> None:
    first, second = (figures.draw(experiment, profiled, lang) for _ in range(2))
    assert list(first) == ["differences", "hours_to_close", "backlog", "who_waits"]
    for name in first:
        assert figures.svg(first[name], lang) == figures.svg(second[name], lang)
        assert figures.png(first[name], lang) == figures.png(second[name], lang)


def test_english_figures_need_no_chinese_font(
    experiment: Experiment, profiled: dict[str, Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "chinese_fonts", lambda: ())
    for name, figure in figures.draw(experiment, profiled, "en").items():
        assert (figures.png(figure, "en") or b"").startswith(b"\x89PNG"), name
    for name, figure in figures.draw(experiment, profiled, "zh").items():
        assert figures.png(figure, "zh") is None, f"{name} would show boxes for letters"
        assert "工" in figures.svg(figure, "zh") or "办" in figures.svg(figure, "zh")


def test_who_waits_shows_every_interval_whole(experiment: Experiment) -> None:
    ages = np.array(["youth", "elder"])
    runs = [tickets([8 * DAY] * 2, [1.0, hours], age_group=ages) for hours in (10.0, 300.0, 15.0, 12.0)]
    wide = {arm: profile(CALENDAR, runs) for arm in experiment.arms}
    found = wide["manual"].wait("age_group", "elder")
    assert found.ci95[0] < 0 and found.ci95[1] > 3 * found.mean
    figure = figures.draw(experiment, wide, "en")["who_waits"]
    for axes in figure.axes:
        low, high = axes.get_xlim()
        ends = [end for line in axes.lines for end in line.get_xdata()]
        assert low <= min(ends) and max(ends) <= high and max(ends) == pytest.approx(found.ci95[1])


def test_kinds_of_matter_have_chinese_names(experiment: Experiment) -> None:
    assert Material(experiment, {}, "zh").group("lift_fire") == "电梯与消防"
    named = replace(SCENARIO, categories={"noise": Category(1.0, 2, Words("din", "喧闹"))})
    told = Material(carried_out(named, replications=1), {}, "zh")
    assert (told.group("noise"), told.group("elder"), told.group("street_trees")) == ("喧闹", "老年", "street trees")


def test_single_arm_has_no_forest() -> None:
    alone = carried_out(arms=["manual"], replications=2)
    assert list(figures.draw(alone, profiles(alone), "en")) == ["hours_to_close", "backlog", "who_waits"]


def test_no_tickets_no_figure_of_them() -> None:
    alone = carried_out(replications=1)
    empty = {arm: profile(CALENDAR, [tickets([], [])]) for arm in alone.arms}
    assert list(figures.draw(alone, empty, "en")) == ["differences"]


def test_lifts_are_drawn_by_floor_with_intervals() -> None:
    path = Path(__file__).resolve().parent.parent / "scenarios" / "elevator.yaml"
    small = ["days=14", "population.residents=300", "mechanisms.stages=off", "mechanisms.mediation=off"]
    found = run(load(path, sets=small), ["linear", "linear_fixed"], 2)
    assert [name[-1] for name in floors_of(found)] == ["1", "2", "3", "4", "5", "6"]
    for lang, floor in (("en", "floor"), ("zh", "楼层")):
        figure = figures.floors(Material(found, {}, lang))
        assert figure is not None
        assert figure.get_supxlabel() == floor
        (axes,) = [one for one in figure.axes if one.axison]
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        means = [[found.estimates[arm][name].mean for name in floors_of(found)] for arm in found.arms]
        assert [list(line.get_ydata()) for line in dots] == means
        assert len(axes.lines) == 1 + 2 * (1 + 6)  # the zero; for each arm its means and six intervals
    assert figures.floors(Material(carried_out(replications=1), {}, "en")) is None


# -- the page


class Reader(HTMLParser):
    """Collects the tags of a page, its words, and what stands open."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def written(experiment: Experiment, profiled: dict[str, Profile]) -> str:
    drawings: dict[str, dict[str, str]] = {}
    for lang in figures.LANGUAGES:
        for name, figure in figures.draw(experiment, profiled, lang).items():
            drawings.setdefault(name, {})[lang] = figures.svg(figure, lang)
    return page(experiment, profiled, drawings)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_page_asks_for_nothing_and_runs_nothing(experiment: Experiment, profiled: dict[str, Profile]) -> None:
    text = written(experiment, profiled)
    tags = read(text).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "object", "form", "a"}
    assert all(attributes["src"].startswith("data:image/svg+xml;base64,") for tag, attributes in tags if tag == "img")
    assert "style" not in {name for _, attributes in tags for name in attributes}
    assert "://" not in text
    for _, attributes in [found for found in tags if found[0] == "img"]:
        drawn = base64.b64decode(attributes["src"].partition(",")[2]).decode("utf-8")
        assert not re.search(r"(href|src)=\"(?!#)", drawn)


def test_policy_names_the_style_that_the_page_has(experiment: Experiment, profiled: dict[str, Profile]) -> None:
    text = written(experiment, profiled)
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy.group(1).startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert digest in policy.group(1).replace("&#43;", "+")


def test_page_speaks_both_languages_and_has_a_table_under_each_chart(
    experiment: Experiment, profiled: dict[str, Profile]
) -> None:
    text = written(experiment, profiled)
    assert [attributes["lang"] for tag, attributes in read(text).tags if tag == "article"] == ["en", "zh"]
    assert "Mean time to close: automatic" in text and "平均办结时长：智能派单" in text
    for section in re.findall(r"<section>.*?</section>", text, re.DOTALL):
        assert "<img" not in section or section.index("<table>") > section.index("<img")
    assert "are only assumed" in text and "仅为假定" in text
    assert "desk.dispatch" in text and "desk.dedup_recall" not in text, "what does not act is not told"


@pytest.mark.parametrize("lang", figures.LANGUAGES)
def test_page_opens_in_the_language_that_was_asked_for(
    experiment: Experiment, profiled: dict[str, Profile], lang: str
) -> None:
    text = page(experiment, profiled, {}, lang=lang)
    tags = read(text).tags
    assert [attributes["lang"] for tag, attributes in tags if tag in ("html", "article")][:2] == [lang, lang]
    assert [attributes["id"] for tag, attributes in tags if tag == "input" and "checked" in attributes] == [lang]
    assert f"<title>{SCENARIO.title[lang]}</title>" in text
    assert {word.strip() for word in read(text).words} >= {SCENARIO.title.en, SCENARIO.title.zh}, "it has both"


def test_assumed_inputs_are_listed_under_their_chinese_names(
    experiment: Experiment, profiled: dict[str, Profile]
) -> None:
    chinese = written(experiment, profiled).split('<article lang="zh">')[1]
    listed = chinese.partition("结论背后的假定输入")[2].partition("<h2>")[0]
    rows = re.findall(r'<th scope="row">([^<]*)</th><td>([^<]*)</td><td>([^<]*)</td>', listed)
    assert rows[0] == ("派单方式（desk.dispatch）", "各方案不同，见上表", "定时派单 / 即时派单")
    assert ("平均路程时间（desk.travel_minutes）", "24 分钟", "0 – 600 分钟") in rows
    assert not [row for row in rows if "服务时长" in row[0]], "what is published is not assumed"


def test_definitions_of_metrics_are_in_the_readers_language(
    experiment: Experiment, profiled: dict[str, Profile]
) -> None:
    english, chinese = written(experiment, profiled).split('<article lang="zh">')
    assert "mean hours from creation to work done" in english and "从创建到办理完成的平均时长" in chinese
    assert "mean hours from creation" not in chinese and "paid hours" not in chinese
    assert "rostered hours plus overtime" in chinese, "where nothing is said in Chinese, English has to do"


def test_page_is_the_same_every_time(experiment: Experiment, profiled: dict[str, Profile]) -> None:
    assert written(experiment, profiled) == written(carried_out(), profiled)


def test_names_cannot_break_the_page() -> None:
    hostile = '<script>alert(1)</script>&"'
    arms = {"a": SmallArm(Words(hostile, hostile)), "smart": SmallArm(Words("b", "b"))}
    experiment = carried_out(replace(SCENARIO, arms=arms, title=Words(hostile, hostile)), replications=2)
    text = written(experiment, profiles(experiment))
    assert "<script" not in text
    assert hostile in "".join(read(text).words)


def test_metric_without_a_direction_is_no_headline() -> None:
    book = {"calls": SmallMetric("1", None, "来电数", "calls received")}
    unnamed = carried_out(replace(SCENARIO, primary=()))
    experiment = replace(unnamed, book=book, values={"manual": {"calls": (1.0,)}}, plan=Plan(("manual",), (1,)))
    assert headlines(experiment) == ["calls"]


# -- primary outcomes that not every arm has


def lacking(*arms: str, name: str = "share_within_24h") -> Experiment:
    """Two primary outcomes, of which these arms lack one."""
    primary = ("hours_to_close_mean", name, "paid_hours")
    found = carried_out(replace(SCENARIO, primary=primary))
    values = {arm: {key: one for key, one in all_.items() if arm not in arms or key != name}
              for arm, all_ in found.values.items()}  # fmt: skip
    return replace(found, values=values)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_primary_outcome_is_headlined_though_one_arm_lacks_it(lang: str) -> None:
    found = lacking("smart")
    writer = Writer(found, lang)
    assert headlines(found) == list(found.scenario.primary)
    sheet = writer.differences(headlines(found))[1]
    assert [row[0] for row in sheet.rows] == [writer.arm(arm) for arm in found.arms]
    assert sheet.rows[1][1:] == ("–",) * 4, "who lacks it is named, and blank"
    assert sheet.rows[2][2].startswith("0"), "the other option has its difference"
    opening = writer.opening()[1]
    assert writer.metric("share_within_24h") in opening and writer.arm("placebo") in opening


def test_what_the_baseline_lacks_has_levels_without_differences() -> None:
    found = lacking("manual")
    writer = Writer(found, "en")
    sheet = writer.differences(["share_within_24h"])[0]
    assert sheet.rows[0][1] == "–" and "±" in sheet.rows[1][1] and sheet.rows[1][2:] == ("–",) * 3
    assert writer.opening()[1].startswith("Closed within 24 h: automatic ")


def test_what_no_arm_has_is_said_and_nothing_takes_its_place() -> None:
    found = lacking("manual", "smart", "placebo")
    assert headlines(found) == ["hours_to_close_mean", "paid_hours"]
    assert Writer(found, "en").opening()[-1].startswith("Closed within 24 h is a primary outcome, and no arm has it")
    only = carried_out(replace(SCENARIO, primary=("rare",)))
    assert headlines(only) == [], "no other metric is headlined in its place"
    assert Writer(only, "zh").opening() == ["主要指标「偶有」在各方案中均非每次重复都有定义，无从比较。"]


def test_page_figures_and_pareto_bear_an_arm_that_lacks_an_outcome(profiled: dict[str, Profile]) -> None:
    found = lacking("smart")
    text = written(found, profiled)
    words = "".join(read(text).words)
    assert words.count("Closed within 24 h") > 1 and "a dash where an arm lacks one of them" in words
    stand = pareto_of(found)
    assert (
        stand is not None and stand.outcomes == found.scenario.primary and set(stand.unbeaten) == {"manual", "placebo"}
    )
    (_, _, sheet) = pareto_sheet(found, Writer(found, "en")) or pytest.fail("no sheet")
    assert [row[1] for row in sheet.rows] == ["100%", "–", "100%"]


def test_a_copy_is_headed_by_what_differs_not_as_taken_back() -> None:
    arms = {**SCENARIO.arms, "more": SmallArm(Words("automatic and more", "加项"), like="smart")}
    (sheet,) = Writer(carried_out(replace(SCENARIO, arms=arms)), "en").parts(["hours_to_close_mean"])
    assert sheet.title.startswith("Mean time to close: automatic as it is and with something changed")
    assert "alone" not in sheet.title


# -- ratios


def test_a_ratio_near_one_shows_its_interval() -> None:
    ratio = Scale(1.0, "1")
    writer = Writer(carried_out(), "en")
    assert writer.spread(Estimate(1.00312, (1.00289, 1.00335)), ratio) == "1.00312 ± 0.00023"
    assert writer.spread(Estimate(1.21, (1.16, 1.26)), ratio) == "1.21 ± 0.05"
    assert writer.spread(Estimate(1.0, (1.0, 1.0)), ratio) == "1.00"
    assert ratio.number(0.00044, 0.00052, "+") == "+0.00044"
    assert ratio.number(2080.0, 2080.0, least=0.001) == "2,080", "a large count stays one"


def test_all_success_ratios_are_shown_in_one_unit_with_what_they_are_of() -> None:
    ratios = ("settled_of_contacts", "settled_of_sessions", "agreed_share")
    catalogue = CATALOGUE["mediation"].metrics
    names = [name for name in catalogue if name in ratios or name in SUCCESSES]
    found = carried_out(replace(SCENARIO, primary=()))
    values = {arm: {**all_, **dict.fromkeys(names, (0.5,) * 4)} for arm, all_ in found.values.items()}
    filled = replace(found, book={**BOOK, **{name: catalogue[name] for name in names}}, values=values)
    assert {Writer(filled, "en").scale(name).unit for name in ratios} == {"%"}
    named = replace(filled, scenario=replace(SCENARIO, primary=ratios))
    shown = metrics_shown(named)
    assert shown[:3] == list(ratios) and set(shown[3 : len(names)]) == set(names) - set(ratios)
    assert margin_of(named.scenario, "settled_of_contacts", catalogue["settled_of_contacts"], 0.3) == 0.01


@pytest.mark.parametrize(
    ("path", "chinese"),
    [
        ("desk.dispatch", "派单方式（desk.dispatch）"),
        ("desk.services.property.minutes", "desk.services.property.minutes"),  # no parameter of that name
        ("plans.catalogue.play.cost_yuan", "单项造价（plans.catalogue.play.cost_yuan）"),
        ("mechanisms.audit", "mechanisms.audit"),
        ("rules.dispatch.rows.1", "rules.dispatch.rows.1"),
        ("desk", "desk"),
    ],
)
def test_a_path_is_named_in_chinese_where_a_parameter_has_it(path: str, chinese: str) -> None:
    assert (said(path, "zh"), said(path, "en")) == (chinese, path)
