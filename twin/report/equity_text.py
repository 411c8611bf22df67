"""Who gains and who loses, and which arm is beaten by none, as sheets in English or Chinese."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report.text import HOURS, NOTHING, Scale, Sheet, Writer
from twin.runs.equity import GroupEffect
from twin.runs.pareto import pareto_of
from twin.runs.tables import WORST
from twin.world.groups import GROUPS

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

OPTIONS_ABREAST = 3
_PURE = Scale(1.0, "")
_TEXT: Mapping[str, Words] = {
    "title": Words("Who gains, who loses", "谁受益，谁受损"),
    "caption": Words(
        "Differences from the baseline by group of residents, seed by seed, with 95 % intervals; all exploratory and"
        " judged together. Groups with fewer than ten people or tickets in some run are left out, and so are measures"
        " that no option changes.",
        "按居民群体列出与基准方案的逐种子差值及 95% 区间；均为探索性结果，合并作多重比较校正。"
        "任一次运行中不足十人或十件的群体不列出，各方案均未改变的量也不列出。",
    ),
    "pareto": Words("All primary outcomes at once", "综合全部主要指标"),
    "pareto_caption": Words(
        "Share of resampled experiments in which no other arm is at least as good in every primary outcome and better"
        " in one; a dash where an arm lacks one of them.",
        "在重抽样的实验中，没有其他方案在各主要指标上都不差且至少一项更好的占比；“–”表示该方案缺少某项主要指标。",
    ),
    "arm": Words("arm", "方案"),
    "unbeaten": Words("beaten by none", "无方案优于它"),
    "group": Words("group", "群体"),
    "worst": Words("the tenth that is worst off", "最差的十分之一"),
    "hours_to_close": Words("time to close [h]", "办结时长（小时）"),
    "satisfaction": Words("satisfaction", "满意度"),
    "trust": Words("trust", "信任"),
    "living_satisfaction": Words("satisfaction with living conditions", "居住满意度"),
    "line": Words("{measure}, {arm}: {told}.", "{measure}，「{arm}」：{told}。"),
    "gain": Words("gain: {groups}", "受益：{groups}"),
    "lose": Words("lose: {groups}", "受损：{groups}"),
    "open": Words("not decided for {count}", "尚无定论的有 {count} 个"),
    "all": Words("all {count} groups", "全部 {count} 个群体"),
    "better": Words("gains", "受益"),
    "worse": Words("loses", "受损"),
    "no difference": Words("no difference", "无差别"),
    "no relevant difference": Words("no relevant difference", "无实质差别"),
    "not decided": Words("not decided", "尚无定论"),
}  # fmt: skip


def equity_words(lang: str) -> tuple[str, str]:
    """Return the title and the caption of the sheets of groups."""
    return _TEXT["title"][lang], _TEXT["caption"][lang]


def equity_sheets(effects: Sequence[GroupEffect], writer: Writer) -> Iterator[Sheet]:
    """Yield sheets of each measure that some option changes: groups, the baseline, and a few options abreast."""
    for measure in _changed(effects):
        found = [one for one in effects if one.measure == measure]
        arms = list(dict.fromkeys(one.arm for one in found))
        for first in range(0, len(arms), OPTIONS_ABREAST):
            yield _sheet(measure, found, arms[first : first + OPTIONS_ABREAST], writer)


def equity_lines(effects: Sequence[GroupEffect], writer: Writer) -> list[str]:
    """Return a sentence for each measure and option by which some group surely gains or loses: which ones."""
    return [
        _line(measure, arm, [one for one in effects if (one.measure, one.arm) == (measure, arm)], writer)
        for measure in _changed(effects)
        for arm in dict.fromkeys(one.arm for one in effects if one.measure == measure and _surely(one))
    ]


def _surely(one: GroupEffect) -> bool:
    return one.group != WORST and one.difference.verdict in ("better", "worse")


def _changed(effects: Sequence[GroupEffect]) -> list[str]:
    """The measures that some option changes, those in which most is decided first."""
    decided = Counter(one.measure for one in effects if _surely(one))
    changed = dict.fromkeys(one.measure for one in effects if one.difference.ci95 != (0.0, 0.0))
    return sorted(changed, key=lambda measure: -decided[measure])


def _line(measure: str, arm: str, found: Sequence[GroupEffect], writer: Writer) -> str:
    lang, told = writer.lang, []
    between = "、" if lang == "zh" else ", "
    people = [one for one in found if one.group != WORST]
    for key, verdict in (("gain", "better"), ("lose", "worse")):
        names = [GROUPS[one.group].title[lang] for one in people if one.difference.verdict == verdict]
        if names:
            whole = _TEXT["all"][lang].format(count=len(names)) if len(names) == len(people) else ""
            told.append(_TEXT[key][lang].format(groups=whole or between.join(names)))
    undecided = sum(one.difference.verdict == "not decided" for one in people)
    told += [_TEXT["open"][lang].format(count=undecided)] if undecided else []
    said = ("；" if lang == "zh" else "; ").join(told)
    return _TEXT["line"][lang].format(measure=_TEXT[measure][lang], arm=writer.arm(arm), told=said)


def _sheet(measure: str, found: Sequence[GroupEffect], arms: Sequence[str], writer: Writer) -> Sheet:
    lang = writer.lang
    cells = {(one.group, one.arm): one for one in found if one.arm in arms}
    groups = [name for name in (*GROUPS, WORST) if any(group == name for group, _ in cells)]
    rows = tuple(_row(name, [cells.get((name, arm)) for arm in arms], measure, lang, writer) for name in groups)
    baseline = writer.arm(writer.experiment.baseline)
    return Sheet(_TEXT[measure][lang], (_TEXT["group"][lang], baseline, *(writer.arm(arm) for arm in arms)), rows)


def _row(group: str, found: Sequence[GroupEffect | None], measure: str, lang: str, writer: Writer) -> tuple[str, ...]:
    scale = HOURS if measure == "hours_to_close" else _PURE
    title = _TEXT["worst"] if group == WORST else GROUPS[group].title
    first = next(one for one in found if one is not None)
    told = ["" if one is None else _cell(one, scale, lang, writer) for one in found]
    return (title[lang], writer.spread(first.baseline, scale), *told)


def _cell(one: GroupEffect, scale: Scale, lang: str, writer: Writer) -> str:
    found, size = one.difference, max(map(abs, (one.difference.mean, *(one.difference.ci95 or ()))))
    ends = writer.word("to").join(scale.number(end, size, "+") for end in found.ci95 or ())
    verdict = _TEXT[found.verdict][lang]
    if not found.half_width:
        return verdict
    return f"{scale.number(found.mean, size, '+')} ({ends}), {verdict}"


def pareto_sheet(experiment: Experiment, writer: Writer) -> tuple[str, str, Sheet] | None:
    """Return title, caption and sheet of the arms that none beats; ``None`` where there are too few outcomes."""
    found = pareto_of(experiment)
    if found is None:
        return None
    rows = tuple(
        (writer.arm(arm), f"{found.unbeaten[arm]:.0%}" if arm in found.unbeaten else NOTHING) for arm in experiment.arms
    )
    head = (_TEXT["arm"][writer.lang], _TEXT["unbeaten"][writer.lang])
    return _TEXT["pareto"][writer.lang], _TEXT["pareto_caption"][writer.lang], Sheet("", head, rows)
