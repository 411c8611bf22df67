"""What shared luck saved, in English or Chinese: pairs beside the runs that independent seeds would take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report.text import Sheet, Writer
from twin.runs.luck import Luck, shared_luck

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

_TEXT: Mapping[str, Words] = {
    "title": Words("What shared luck saves", "共享随机因素省了多少"),
    "caption": Words(
        "Runs of each arm that it takes to know the difference from the baseline to within its margin, or 5 % of the"
        " baseline where that is wider: in pairs with the same seeds, as here, and with seeds of their own. Measured"
        " from the variances of this experiment, so rough with few replications.",
        "要把与基准方案的差值精确到界值（或基准的 5%，取较宽者），每个方案所需的运行次数："
        "种子相同的配对（即本实验的做法），与各用独立种子。由本实验的方差测得，重复次数少时较粗略。",
    ),
    "head": Words(
        "metric;option;wanted;pairs needed;independent runs needed;times fewer",
        "指标;方案;要求精度;所需对数;独立种子所需次数;减少倍数",
    ),
    "beyond": Words("more than 100,000", "超过 10 万"),
    "exact": Words("the same in every pair", "各对完全相同"),
}  # fmt: skip


def luck_sheet(experiment: Experiment, writer: Writer) -> tuple[str, str, Sheet] | None:
    """Return title, caption and sheet of what pairing saved in primary outcomes; ``None`` where none differs."""
    found = shared_luck(experiment, experiment.scenario.primary)
    if not found:
        return None
    rows = tuple(_row(arm, name, one, writer) for (arm, name), one in found.items())
    lang = writer.lang
    return _TEXT["title"][lang], _TEXT["caption"][lang], Sheet("", tuple(_TEXT["head"][lang].split(";")), rows)


def _row(arm: str, name: str, one: Luck, writer: Writer) -> tuple[str, ...]:
    scale = writer.scale(name, difference=True)
    counts = (_TEXT["beyond"][writer.lang] if count is None else f"{count:,}" for count in (one.pairs, one.independent))
    ratio = _TEXT["exact"][writer.lang] if one.ratio is None else f"{one.ratio:.1f}"
    wanted = f"± {scale.number(one.wanted, one.wanted)} {writer.unit(scale)}".strip()
    return (writer.metric(name), writer.arm(arm), wanted, *counts, ratio)
