"""A difference taken apart: the channels sum to the whole, in words, in numbers and in the figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.small_experiment import SmallArm, SmallMetric, SmallScenario
from twin.core.mechanism import Metric
from twin.errors import Words
from twin.mechanisms import CATALOGUE
from twin.report import figures
from twin.report.channels import channel_sheets, channel_titles, channels_of
from twin.report.profiles import Profile
from twin.report.text import Writer
from twin.runs.experiment import Experiment, Plan

BOOK = {
    "mood": SmallMetric("1", "higher", "心情", "how people feel", en="Mood"),
    "mood_light": SmallMetric("1", "higher", "心情：光照", "light", en="Mood: light", part_of="mood"),
    "mood_noise": SmallMetric("1", "higher", "心情：噪声", "noise", en="Mood: noise", part_of="mood"),
    "calls": SmallMetric("1", None, "来电数", "calls", en="Calls"),
}
ARMS = {
    "now": SmallArm(Words("as it is", "现状")),
    "lamps": SmallArm(Words("lamps", "路灯")),
    "walls": SmallArm(Words("walls", "隔墙")),
}
LIGHT = {"now": (0.1, 0.2, 0.3), "lamps": (0.4, 0.4, 0.7), "walls": (0.1, 0.2, 0.3)}
NOISE = {"now": (-0.3, -0.1, -0.2), "lamps": (-0.4, -0.1, -0.4), "walls": (0.0, 0.1, 0.2)}


def measured(arm: str) -> dict[str, tuple[float, ...]]:
    light, noise = LIGHT[arm], NOISE[arm]
    whole = tuple(0.5 + a + b for a, b in zip(light, noise, strict=True))
    return {"mood": whole, "mood_light": light, "mood_noise": noise, "calls": (1.0, 2.0, 3.0)}


def made(arms=tuple(ARMS), shown=("mood",), values=None) -> Experiment:
    scenario = SmallScenario(primary=("calls",), shown=shown, arms=ARMS)
    return Experiment(scenario, Plan(arms, (1, 2, 3)), values or {arm: measured(arm) for arm in arms}, BOOK)


def test_the_channels_are_those_declared_and_only_where_somebody_asks_for_the_whole():
    assert channels_of(made()) == {"mood": ("mood_light", "mood_noise")}
    assert channels_of(made(shown=("calls",))) == {}
    assert channels_of(made(arms=("now",))) == {}
    assert channels_of(made(values=dict.fromkeys(ARMS, measured("now")))) == {}, "nothing to take apart"
    lacking = {arm: measured(arm) for arm in ARMS}
    lacking["walls"]["mood_noise"] = (None, 0.1, 0.2)
    assert channels_of(made(values=lacking)) == {}, "a sum without a term is none"


def test_a_sheet_has_a_row_a_channel_with_its_interval_and_the_whole_last():
    (sheet,) = channel_sheets(Writer(made(), "en"))
    assert sheet.title.startswith("Mood: difference from as it is by channel")
    assert sheet.head == ("channel", "lamps", "walls")
    assert sheet.rows == (
        ("light", "+0.300 (+0.052 to +0.548)", "0"),
        ("noise", "−0.100 (−0.348 to +0.148)", "+0.300 (+0.052 to +0.548)"),
        ("together", "+0.200 (+0.200 to +0.200)", "+0.300 (+0.052 to +0.548)"),
    )
    (chinese,) = channel_sheets(Writer(made(), "zh"))
    assert [row[0] for row in chinese.rows] == ["光照", "噪声", "合计"]
    assert [sheet.head[1:] for sheet in channel_sheets(Writer(made(), "en"), 1)] == [("lamps",), ("walls",)]


def test_names_keep_what_not_all_of_them_begin_with():
    experiment = made()
    book = BOOK | {"mood_noise": replace(BOOK["mood_noise"], en="Noise: at night")}
    writer = Writer(replace(experiment, book=book), "en")
    assert channel_titles(writer, ("mood_light", "mood_noise")) == ["Mood: light", "Noise: at night"]


@pytest.mark.parametrize("lang", figures.LANGUAGES)
def test_the_figure_stacks_gains_to_the_right_and_losses_to_the_left(lang):
    experiment = made()
    figure = figures.draw(experiment, {arm: Profile() for arm in ARMS}, lang)["channels"]
    (axes,) = figure.axes
    spans = [(bar.get_y() + bar.get_height() / 2, bar.get_x(), bar.get_width()) for bar in axes.patches]
    assert spans == [pytest.approx(one) for one in ((0, 0, 0.3), (1, 0, 0), (0, 0, -0.1), (1, 0, 0.3))]
    dots = axes.lines[len(ARMS) - 1]
    assert np.asarray(dots.get_xdata()) == pytest.approx([0.2, 0.3])


def test_without_channels_there_is_no_figure():
    assert "channels" not in figures.draw(made(shown=("calls",)), {arm: Profile() for arm in ARMS}, "en")


def test_every_declared_part_is_of_a_metric_of_its_mechanism_with_the_same_unit():
    parts = 0
    for mechanism in CATALOGUE.values():
        for name, metric in mechanism.metrics.items():
            if not metric.part_of:
                continue
            whole: Metric = mechanism.metrics[metric.part_of]
            assert (whole.unit, whole.better, whole.part_of) == (metric.unit, metric.better, ""), name
            parts += 1
    assert parts >= 5


def test_one_line_says_what_an_arm_lacks():
    values = {arm: measured(arm) | {f"none_{k}": (1.0,) * 3 for k in range(9)} for arm in ARMS}
    values["walls"] |= {f"none_{k}": (None,) * 3 for k in range(9)}
    book = BOOK | {f"none_{k}": replace(BOOK["calls"], en=f"Kind {k}", zh=f"第{k}类") for k in range(9)}
    experiment = replace(made(values=values), book=book)
    told = {
        lang: [line for line in Writer(experiment, lang).notes() if "Kind" in line or "第" in line]
        for lang in ("en", "zh")
    }
    assert told["en"] == [
        "9 metrics are left out for walls, undefined in 3 of 3 replications: Kind 0, Kind 1, Kind 2, Kind 3, Kind 4, "
        "Kind 5 …."
    ]
    assert told["zh"] == [
        "「隔墙」有 9 个指标未列出（3 次重复中有 3 次无定义）：第0类、第1类、第2类、第3类、第4类、第5类 …。"
    ]
