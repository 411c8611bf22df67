"""Regret, in English or Chinese: what one gives up by having chosen an option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report.text import Sheet, Writer
from twin.runs.regret import Regret

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

FEWEST_ARMS = 3  # with two, regret says what the difference says
_TEXT: Mapping[str, Words] = {
    "title": Words("Regret", "后悔值"),
    "caption": Words(
        "What one gives up by having chosen an option: how much the best option of a seed is better, seed by seed;"
        " mean, and its 95 % interval by resampling the seeds (too narrow where they are few).",
        "选择某方案的代价：同一种子下最优方案比该方案好多少；列出均值及对种子重抽样得到的 95% 置信区间"
        "（种子少时偏窄）。",
    ),
    "option": Words("option", "方案"),
    "head": Words("option;mean{unit}, 95 % interval;largest;best in", "方案;均值{unit}及95%置信区间;最大;最优的占比"),
}  # fmt: skip


def regret_words(lang: str) -> tuple[str, str]:
    """Return the heading of what is said of regret, and what it is."""
    return _TEXT["title"][lang], _TEXT["caption"][lang]


def regret_sheets(experiment: Experiment, writer: Writer) -> list[Sheet]:
    """Return a sheet for each primary outcome of which a direction is better, where more than two arms are compared."""
    return [_sheet(name, found, writer) for name, found in _found(experiment).items()]


def regret_overview(experiment: Experiment, writer: Writer) -> Sheet | None:
    """Return one sheet of options × primary outcomes; ``None`` where nothing is to be regretted."""
    found = _found(experiment)
    if not found:
        return None
    labels = (writer.labelled(name, difference=True) for name in found)
    rows = tuple((writer.arm(arm), *(_mean(name, one[arm], writer) for name, one in found.items()))
                 for arm in experiment.arms)  # fmt: skip
    title = _TEXT["title"][writer.lang] + (": " if writer.lang == "en" else "：") + _TEXT["caption"][writer.lang]
    return Sheet(title, (_TEXT["option"][writer.lang], *labels), rows)


def _found(experiment: Experiment) -> dict[str, dict[str, Regret]]:
    """Return the regrets by primary outcome and arm, those in which anything is ever given up."""
    if len(experiment.arms) < FEWEST_ARMS:
        return {}
    known = {name: experiment.regrets(name) for name in experiment.scenario.primary if name in experiment.book}
    return {name: found for name, found in known.items() if any(one.most > 0 for one in found.values())}


def _sheet(name: str, found: Mapping[str, Regret], writer: Writer) -> Sheet:
    scale = writer.scale(name, difference=True)
    head = _TEXT["head"][writer.lang].format(unit=writer.in_unit(scale)).split(";")
    rows = tuple(
        (writer.arm(arm), _mean(name, one, writer), scale.number(one.most, one.most), f"{one.best_share:.0%}")
        for arm, one in found.items()
    )
    return Sheet(writer.metric(name), tuple(head), rows)


def _mean(name: str, one: Regret, writer: Writer) -> str:
    """Return the mean and its interval, in the unit of the difference."""
    scale = writer.scale(name, difference=True)
    shown = scale.number(one.mean, one.most)
    if one.ci95 is None or one.ci95[0] == one.ci95[1]:
        return shown
    return f"{shown} ({writer.word('to').join(scale.number(end, one.most) for end in one.ci95)})"
