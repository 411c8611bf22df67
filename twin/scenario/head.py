"""What a scenario says of itself, besides the blocks of the twin: the keys at the top of the file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from twin.core.parameters import param
from twin.errors import Words

_OURS = "the scenario's author"
_MOST_SEEDS = 2**63 - 1
_FIRST_MONDAY = dt.date(2025, 1, 6)
NO_WORDS = Words("", "")


@dataclass(frozen=True)
class Category:
    """A kind of matter that is reported."""

    share: float = param(0.0, "1", 0.0, 1.0, source=_OURS, evidence="assumed",
                         doc="share of all matters (only proportions count)", zh="占比")
    priority: int = param(2, "1", 0, 3, source=_OURS, evidence="assumed",
                          doc="class: 0 emergency, 1 urgent, 2 ordinary, 3 slow", zh="优先级：0 紧急，1 急，2 一般，3 缓")
    title: Words = param(NO_WORDS, "", source=_OURS, evidence="expert", doc="name shown", zh="显示名称")  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The keys at the top of a scenario file."""

    version: int = param(1, "1", source=_OURS, evidence="expert", doc="version of the file format: 1", zh="文件格式版本：1")
    days: int = param(120, "day", 1, 36_500, source=_OURS, evidence="expert", lever=False,
                      doc="days on which reports arrive", zh="模拟天数")
    name: str = param("", "", source=_OURS, evidence="expert", doc="short name (default: the file's)", zh="简称（默认为文件名）")
    title: Words = param(NO_WORDS, "", source=_OURS, evidence="expert",
                         doc="title: one text, or {en, zh}", zh="标题：一段文字，或 {en, zh}")
    question: Words = param(NO_WORDS, "", source=_OURS, evidence="expert",
                            doc="the question that the arms answer: one text, or {en, zh}", zh="各方案要回答的问题")
    purpose: Words = param(NO_WORDS, "", source=_OURS, evidence="expert",
                           doc="what the scenario is for: one text, or {en, zh}", zh="用途说明")
    warm_up_days: int = param(0, "day", 0, 36_500, source=_OURS, evidence="expert",
                              doc="first days that are not measured", zh="预热天数（不计入指标）")
    run_on_days: int = param(365, "day", 0, 36_500, source=_OURS, evidence="expert",
                             doc="most days that the desk works on after the last report", zh="收尾天数上限")
    start: dt.date = param(_FIRST_MONDAY, "", source=_OURS, evidence="expert", doc="date of day 0", zh="第 0 天的日期")
    holidays: str = param("none", "", source=_OURS, evidence="expert", choices=("none", "china"),
                          doc="public holidays that calendars keep", zh="公共假日")
    seed: int = param(1, "1", 0, _MOST_SEEDS, source=_OURS, evidence="expert",
                      doc="seed of the first replication", zh="首个重复的随机种子")
    replications: int = param(20, "1", 1, 1_000_000, source=_OURS, evidence="expert",
                              doc="runs of each arm, with seeds one apart", zh="每个方案的重复次数")  # fmt: skip


REQUIRED = ("version", "days")
