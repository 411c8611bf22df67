"""What a scenario says of itself, besides the blocks of the twin: the keys at the top of the file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from twin.core.parameters import param
from twin.errors import Words

NO_WORDS = Words("", "")
REQUIRED = ("version", "days")
_MOST_SEEDS = 2**63 - 1
_FIRST_MONDAY = dt.date(2025, 1, 6)


def _asked(
    default: Any, unit: str, low: float | None = None, high: float | None = None, *, doc: str, zh: str, **rest: Any
) -> Any:
    """Declare something that only the author of a scenario can know."""
    return param(default, unit, low, high, source="the scenario's author", evidence="assumed", doc=doc, zh=zh, **rest)


@dataclass(frozen=True)
class Category:
    """A kind of matter that is reported."""

    share: float = _asked(0.0, "1", 0.0, 1.0, doc="share of all matters (only proportions count)", zh="占比")
    priority: int = _asked(
        2, "1", 0, 3, doc="class: 0 emergency, 1 urgent, 2 ordinary, 3 slow", zh="优先级：0 紧急，1 急，2 一般，3 缓"
    )
    title: Words = _asked(NO_WORDS, "", doc="name shown: one text, or {en, zh}", zh="显示名称")  # noqa: RUF009


@dataclass(frozen=True)
class Head:
    """The keys at the top of a scenario file."""

    version: int = _asked(1, "1", doc="version of the file format: 1", zh="文件格式版本：1")
    days: int = _asked(120, "day", 1, 36_500, doc="days on which reports arrive", zh="模拟天数")
    name: str = _asked("", "", doc="short name (default: the file's)", zh="简称（默认为文件名）")
    title: Words = _asked(  # noqa: RUF009
        NO_WORDS, "", doc="title: one text, or {en, zh}", zh="标题：一段文字，或 {en, zh}"
    )
    question: Words = _asked(  # noqa: RUF009
        NO_WORDS, "", doc="the question that the arms answer: one text, or {en, zh}", zh="各方案要回答的问题"
    )
    purpose: Words = _asked(  # noqa: RUF009
        NO_WORDS, "", doc="what the scenario is for: one text, or {en, zh}", zh="用途说明"
    )
    warm_up_days: int = _asked(0, "day", 0, 36_500, doc="first days that are not measured", zh="预热天数（不计入指标）")
    run_on_days: int = _asked(
        365, "day", 0, 36_500, doc="most days that the desk works on after the last report", zh="续跑天数上限"
    )
    start: dt.date = _asked(_FIRST_MONDAY, "", doc="date of day 0", zh="第 0 天的日期")  # noqa: RUF009
    holidays: str = _asked(
        "none", "", choices=("none", "china"), doc="public holidays that calendars keep", zh="公共假日"
    )
    seed: int = _asked(1, "1", 0, _MOST_SEEDS, doc="seed of the first replication", zh="首个重复的随机种子")
    replications: int = _asked(
        20, "1", 1, 1_000_000, doc="runs of each arm, with seeds one apart", zh="每个方案的重复次数"
    )
