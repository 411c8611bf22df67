"""What a planner reads: sentences and sheets of cells, in English or Chinese.

Nothing is printed here; the command line and the page lay the same sheets out. A metric has one unit in the whole
report: its values, differences and intervals can be compared as they stand.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from twin.core.parameters import GRADES
from twin.core.units import named
from twin.errors import Words, headline, hints
from twin.report.inputs import Input, Inputs
from twin.runs.compare import CONFIDENCE, Difference, Estimate, with_beside

if TYPE_CHECKING:
    from twin.errors import Complaint
    from twin.runs.experiment import Experiment

HOURS_A_DAY = 24
SHOWN_IN_DAYS_FROM = 48.0
HEADLINES = 4
OTHERS_SAID = 6
MOST_PRIMARY = 3
INPUTS_NAMED = 6
_SHARE_WORDS = ("share", "rate", "utilisation", "chance", "settled_of_", "settled_at_")
_FINEST, _NEAR_ONE = 6, 10.0  # decimals of a pure number at most, and up to which size
_POINTS = Words("pp", "百分点")
_INFINITE = (-math.inf, math.inf)

VERDICTS: Mapping[str, Words] = {
    "better": Words("better", "更好"),
    "worse": Words("worse", "更差"),
    "higher": Words("higher", "更高"),
    "lower": Words("lower", "更低"),
    "no difference": Words("no difference", "无差别"),
    "no relevant difference": Words("no relevant difference", "无实质差别"),
    "not decided": Words("not decided", "尚无定论"),
}

_GRADES: Mapping[str, Words] = {
    "measured": Words("measured", "实测"),
    "published": Words("published", "文献"),
    "expert": Words("expert opinion", "专家"),
    "assumed": Words("only assumed", "仅为假定"),
}

_TEXT: Mapping[str, Words] = {
    "metric": Words("metric", "指标"),
    "option": Words("option", "方案"),
    "mean": Words("mean{unit}", "均值{unit}"),
    "difference": Words("difference{unit}, 95 % interval", "差值{unit}及95%置信区间"),
    "in_unit": Words(" [{unit}]", "（{unit}）"),
    "verdict": Words("verdict", "结论"),
    "baseline": Words("baseline", "基准"),
    "original": Words("as it is", "原方案"),
    "better_in": Words("better in", "更好的次数"),
    "pairs": Words("pairs", "同向的次数"),
    "results": Words(
        "Results: mean over {n} replications ± half the 95 % interval", "结果：{n} 次重复的均值 ± 95%置信区间半宽"
    ),
    "result": Words("Results of one replication (an interval needs two)", "一次运行的结果（两次以上才有置信区间）"),
    "differences": Words(
        "{metric}: difference from {baseline}, seed by seed", "{metric}：与「{baseline}」逐种子配对的差值"
    ),
    "growing": Words(
        "{arm} cannot keep up: its backlog grows by {growth}, so its means depend on the length of the run.",
        "「{arm}」跟不上：积压日增 {growth}，其均值随运行长度而变。",
    ),
    "parts": Words(
        "{metric}: {original} as it is and with something changed (added, taken back), difference seed by seed",
        "{metric}：「{original}」与其改动版（增加或去掉一项或几项），逐种子配对的差值",
    ),
    "nowhere": Words(
        "{metric} is a primary outcome, and no arm has it in every replication: nothing can be said of it.",
        "主要指标「{metric}」在各方案中均非每次重复都有定义，无从比较。",
    ),
    "to": Words(" to ", " 至 "),
    "of": Words("{k} of {n}", "{n} 次中 {k} 次"),
    "together": Words("difference{unit}, 95 % together", "差值{unit}及联合95%置信区间"),
    "held_together": Words(
        "Together: the tables of primary outcomes show the interval that holds at once with those of all other primary"
        " outcomes, on which the verdict rests (Holm's correction may decide a little sooner); sentences have the"
        " interval of its own.",
        "联合：主要指标各表所列为与其他主要指标的区间同时成立的区间，结论以此为准（Holm 校正可能略早得出结论）；"
        "文字叙述中为其自身的区间。",
    ),
    "way": Words("{count} {verdict}", "{count}{verdict}"),
    "more": Words("not decided (~{more} more)", "尚无定论（约再 {more} 次）"),
    "against": Words(
        "{metric}: {option} {value}, {baseline} {base}.",
        "{metric}：{option} {value}，{baseline} {base}。",
    ),
    "decided": Words(
        "The difference is {difference} (95 % interval {interval}): {verdict}, in {count} paired replications.",
        "差值 {difference}（95%置信区间 {interval}）：{verdict}，配对重复 {count}如此。",
    ),
    "undecided": Words(
        "The difference is {difference}{interval}: {verdict}.",
        "差值 {difference}{interval}：{verdict}。",
    ),
    "bracketed": Words(" ({interval})", "（{interval}）"),
    "cut_off": Words(
        "{arm} cuts people off: {share} of those who drive have no way home by car, and {through} of through traffic"
        " has to turn back; both are charged for it in time and score.",
        "「{arm}」使人无路可走：{share} 的开车居民无法开车到家，{through} 的过境车辆须折返；"
        "时间与评分中均已计入其代价。",
    ),
    "alone": Words("{metric}: {option} {value}.", "{metric}：{option} {value}。"),
    "single": Words(
        "One replication says nothing about chance: ask for more with -n.",
        "只运行一次无法区分偶然与必然：请用 -n 增加重复次数。",
    ),
    "undefined": Words(
        "{metric} is left out for {arm}: it is undefined in {count} of {n} replications.",
        "「{arm}」的{metric}未列出：{n} 次重复中有 {count} 次无定义。",
    ),
    "undefined_all": Words(
        "{total} metrics are left out for {arm}, undefined in {count} of {n} replications: {names}.",
        "「{arm}」有 {total} 个指标未列出（{n} 次重复中有 {count} 次无定义）：{names}。",
    ),
    "corrected": Words(
        "Verdicts allow for all that was looked at (primary outcomes: Holm; all others: Benjamini and Hochberg), so one"
        " may be open though its own interval leaves out 0. No relevant difference: less than the margin (the"
        " scenario's, else 1 % of the baseline, or 1 percentage point of a share).",
        "结论已考虑所比较的全部项目（主要指标：Holm；其余：Benjamini–Hochberg），故区间不含 0 时仍可能尚无定论。"
        "无实质差别：小于界值（场景给定，否则为基准的 1%，占比为 1 个百分点）。",
    ),
    "sharp": Words(
        "{n} replications: enough for intervals as narrow as the margin or 5 % of the baseline.",
        "共重复 {n} 次：区间已窄至界值或基准的 5% 以内。",
    ),
    "many_primary": Words(
        "{count} primary outcomes are judged together: each one more widens the intervals of all; three tell most.",
        "{count} 个主要指标一并判定：每多一个，所有区间都更宽；三个以内最能说明问题。",
    ),
    "sharp_rest": Words(
        "{n} replications: for the other primary outcomes enough for intervals as narrow as the margin or 5 % of the"
        " baseline.",
        "共重复 {n} 次：其余主要指标的区间已窄至界值或基准的 5% 以内。",
    ),
    "lacking": Words(
        "{metric} is undefined in {count} of {n} replications of {arm}: more replications will not tell it. Ask for a"
        " longer or a busier world, or another outcome.",
        "「{arm}」的{metric}在 {n} 次重复中有 {count} 次无定义：增加重复次数也无法得出。"
        "请延长时段、增大事件量，或换用其他指标。",
    ),
    "cap": Words(
        "{n} replications is the cap; {metric} of {arm} is still known only to within {half}, {wanted} was asked for.",
        "已达重复次数上限 {n} 次；「{arm}」的{metric}仍只精确到 ±{half}，要求为 ±{wanted}。",
    ),
    "chance": Words(
        "Each interval holds for its row alone; of {rows} rows, about {wrong} would miss the truth by chance.",
        "每个区间只对本行成立；{rows} 行中约有 {wrong} 行会因偶然而落空。",
    ),
    "others": Words("{metric}, the other options: {told}.", "{metric}，其他方案：{told}。"),
    "other": Words("{arm} {difference}, {verdict}", "「{arm}」{difference}，{verdict}"),
    "more_options": Words("{count} more below", "另有 {count} 个见下"),
    "cut": Words(
        "Where the t interval would leave what is possible (a share 0 to 100 %, a time 0), its ends are shown and cut"
        " there; it is a sign of few replications. The files hold it uncut.",
        "t 区间若超出可能的范围（占比 0 至 100%，时长不小于 0），则列出区间两端并截止于此，这是重复次数偏少的迹象；"
        "结果文件中为未截断的区间。",
    ),
    "evidence": Words(
        "Behind {metrics} stand {total} inputs that act in these arms; {assumed} are only assumed ({others}).",
        "{metrics}的背后有 {total} 项在这些方案中起作用的输入，其中 {assumed} 项仅为假定（{others}）。",
    ),
    "differing": Words(
        "The arms differ in {count} of them, {assumed} only assumed: {names}.",
        "各方案之间不同的有 {count} 项，其中 {assumed} 项仅为假定：{names}。",
    ),
    "left_out": Words(
        "{count} more metrics: --all shows them, --json and the page have them.",
        "另有 {count} 个指标：--all 全部显示，--json 与页面中均有。",
    ),
    "paired": Words(
        "All options share the same luck (same seeds, keyed draws), so each difference is taken between twins.",
        "各方案共享同样的随机因素（相同种子、按键抽取），差值取自成对的「双胞胎」运行。",
    ),
}  # fmt: skip


GROWTH = "backlog_growth_per_day"
CUT_OFF, TURNED_BACK = "cut_off_share", "through_cut_off_share"
FLOOR = "net_benefit_floor_"
HARDLY_IDLE = 0.95
NOTHING = "–"
_WAYS = ("better", "worse", "higher", "lower")
Differences = Mapping[str, Mapping[str, Difference]]


@dataclass(frozen=True)
class Sheet:
    """A table of words: a title, a head, and rows of as many cells."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Scale:
    """How a quantity is shown: times ``factor``, in ``unit``; ``possible`` are the ends of what it can be."""

    factor: float
    unit: str
    possible: tuple[float, float] = _INFINITE

    def number(self, value: float, size: float, sign: str = "", least: float | None = None) -> str:
        """Return the number without its unit, with as many decimals as a number of this size deserves.

        A pure number that is not large gets more, if ``least`` (half an interval, say) would be shown as 0 otherwise.
        """
        decimals = 1 if self.unit in ("%", "points") else _decimals(size * self.factor)
        if self.unit == "1" and abs(size) < _NEAR_ONE:
            decimals = max(decimals, _to_be_seen(size if least is None else least, decimals))
        shown = f"{value * self.factor:{sign},.{decimals}f}"
        return shown.lstrip("+-") if float(shown.replace(",", "")) == 0 else shown.replace("-", "−")

    def cuts(self, found: Estimate) -> bool:
        """Whether the interval of an estimate reaches beyond what is possible."""
        low, high = found.ci95 or (found.mean, found.mean)
        return low < self.possible[0] or high > self.possible[1]

    def ends(self, found: Estimate) -> tuple[float, float]:
        """Return the interval, cut at the ends of what is possible."""
        low, high = found.ci95 or (found.mean, found.mean)
        return max(low, self.possible[0]), min(high, self.possible[1])


HOURS = Scale(1.0, "h", (0.0, math.inf))
DAYS = Scale(1 / HOURS_A_DAY, "d", (0.0, math.inf))


def time_scale(hours: Sequence[float]) -> Scale:
    """Return the one scale in which all of these times are shown: days only where none is short."""
    return DAYS if hours and min(map(abs, hours)) >= SHOWN_IN_DAYS_FROM else HOURS


class Writer:
    """Says things about an experiment in one language."""

    def __init__(self, experiment: Experiment, lang: str) -> None:
        self.experiment = experiment
        self.lang = lang

    # -- names

    def word(self, key: str, **values: object) -> str:
        """Return a phrase of this module."""
        return _TEXT[key][self.lang].format(**values)

    def metric(self, name: str) -> str:
        """Return what a metric is called."""
        metric = self.experiment.book[name]
        said = metric.zh if self.lang == "zh" else metric.en
        return said or name.replace("_", " ")

    def arm(self, name: str) -> str:
        """Return the title of an arm."""
        return self.experiment.scenario.arms[name].title[self.lang] or name

    def title(self) -> str:
        """Return the title of the scenario."""
        return self.experiment.scenario.title[self.lang] or self.experiment.scenario.name

    def question(self) -> str:
        """Return the question that the scenario asks ("" if none)."""
        return self.experiment.scenario.question[self.lang]

    # -- quantities

    def scale(self, name: str, *, difference: bool = False) -> Scale:
        """Return the scale of a metric, the same for all arms; a difference of shares is in points."""
        unit = self.experiment.book[name].unit
        if unit == "1" and any(word in name for word in _SHARE_WORDS):
            return Scale(100.0, "points", (-1.0, 1.0)) if difference else Scale(100.0, "%", (0.0, 1.0))
        if unit != "h":
            return Scale(1.0, unit)
        means = [found[name].mean for found in self.experiment.estimates.values() if name in found]
        scale = HOURS if name.endswith("_hours") else time_scale(means)
        return Scale(scale.factor, scale.unit) if difference else scale

    def unit(self, scale: Scale) -> str:
        """Return the unit of a scale in words."""
        return _POINTS[self.lang] if scale.unit == "points" else named(scale.unit, self.lang)

    def in_unit(self, scale: Scale) -> str:
        """Return the unit of a scale as it follows the name of a column ("" for a pure number)."""
        unit = self.unit(scale)
        return self.word("in_unit", unit=unit) if unit else ""

    def labelled(self, name: str, *, difference: bool = False) -> str:
        """Return what a metric is called, with its unit."""
        return self.metric(name) + self.in_unit(self.scale(name, difference=difference))

    def value(self, name: str, found: Estimate) -> str:
        """Return a mean with its half width, or with its interval where that is cut, and the unit."""
        scale = self.scale(name)
        return self._joined(self.spread(found, scale), scale)

    def mean(self, name: str, found: Estimate) -> str:
        """Return a mean with its unit."""
        scale = self.scale(name)
        return self._joined(scale.number(found.mean, found.mean, least=found.half_width), scale)

    def spread(self, found: Estimate, scale: Scale) -> str:
        """Return a mean with its half width, or with its interval where that is cut, without a unit."""
        half = found.half_width
        shown = scale.number(found.mean, found.mean, least=half)
        if not half:
            return shown
        if scale.cuts(found):
            return f"{shown} ({'–'.join(scale.number(end, found.mean, least=half) for end in scale.ends(found))})"
        return f"{shown} ± {scale.number(half, found.mean, least=half)}"

    def difference(self, name: str, found: Difference) -> str:
        """Return a difference with sign and unit."""
        scale = self.scale(name, difference=True)
        return self._joined(scale.number(found.mean, _size(found), "+"), scale)

    def interval(self, name: str, found: Difference) -> str:
        """Return the ends of the interval in the unit of the difference ("" if there is none, or no width)."""
        if not found.half_width:
            return ""
        scale = self.scale(name, difference=True)
        return self.word("to").join(scale.number(end, _size(found), "+") for end in scale.ends(found))

    def both(self, name: str, found: Difference) -> str:
        """Return a difference and its interval as numbers."""
        shown = self.scale(name, difference=True).number(found.mean, _size(found), "+")
        ends = self.interval(name, found)
        return f"{shown} ({ends})" if ends else shown

    def verdict(self, found: Difference) -> str:
        """Return what may be said of a difference."""
        if found.more_needed is not None:
            return self.word("more", more=found.more_needed)
        return VERDICTS[found.verdict][self.lang]

    def pairs(self, name: str, found: Difference) -> str:
        """Return in how many pairs the option is better; of what has no direction, in how many it goes the same way."""
        k, _, n = found.better_in.partition(" of ")
        count = self.word("of", k=k, n=n)
        if self.experiment.book[name].better is not None or found.mean == 0:
            return count
        return self.word("way", count=count, verdict=VERDICTS["higher" if found.mean > 0 else "lower"][self.lang])

    def _joined(self, number: str, scale: Scale) -> str:
        """Per cent and Chinese units stand close."""
        unit = self.unit(scale)
        space = "" if unit.startswith("/") or (unit == "%" and self.lang == "zh") else " "
        return f"{number}{space}{unit}".strip()

    # -- sentences

    def opening(self) -> list[str]:
        """Return what came out, in plain words: the first option against the baseline, else the only arm."""
        experiment = self.experiment
        names = headlines(experiment)[:3]
        nowhere = [self.word("nowhere", metric=self.metric(name)) for name in self._nowhere()]
        if len(experiment.arms) == 1:
            found = experiment.estimates[experiment.baseline]
            option = self.arm(experiment.baseline)
            alone = [
                self.word("alone", metric=self.metric(name), option=option, value=self.value(name, found[name]))
                for name in names
            ]
            return alone + nowhere + self._cut_off()
        compared = [self._comparison(name, option_of(experiment, name)) for name in names]
        return compared + self._other_options(names[:1]) + nowhere + self._cut_off()

    def _other_options(self, names: Sequence[str]) -> list[str]:
        """Say of the outcome that is spoken of first what the options give that the sentences before left out."""
        experiment, said = self.experiment, []
        for name in names:
            others = [arm for arm in experiment.arms[1:]
                      if arm != option_of(experiment, name) and name in experiment.differences[arm]]  # fmt: skip
            found = {arm: experiment.differences[arm][name] for arm in others[:OTHERS_SAID]}
            unit = self.in_unit(self.scale(name, difference=True))
            told = [self.word("other", arm=self.arm(arm), difference=self.both(name, one), verdict=self.verdict(one))
                    for arm, one in found.items()]  # fmt: skip
            told += [self.word("more_options", count=len(others) - len(told))] if len(others) > len(told) else []
            if told:
                text = ("；" if self.lang == "zh" else "; ").join(told)
                said.append(self.word("others", metric=self.metric(name) + unit, told=text))
        return said

    def _nowhere(self) -> list[str]:
        """Return the primary outcomes that no arm has."""
        primary, said = self.experiment.scenario.primary, headlines(self.experiment)
        return [name for name in primary if name in self.experiment.book and name not in said]

    def _cut_off(self) -> list[str]:
        """Say which arms cut people off from their homes."""
        said = []
        for arm in self.experiment.arms:
            found = self.experiment.estimates[arm]
            if any(name in found and found[name].mean > 0 for name in (CUT_OFF, TURNED_BACK)):
                share, through = (
                    self.mean(name, found[name]) if name in found else "–" for name in (CUT_OFF, TURNED_BACK)
                )
                said.append(self.word("cut_off", arm=self.arm(arm), share=share, through=through))
        return said

    def notes(self) -> list[str]:
        """Return what has to be known to read the numbers rightly."""
        experiment = self.experiment
        found = [self._doubt(doubt) for doubt in experiment.scenario.doubts]
        found += [self.word("single")] if experiment.replications == 1 else []
        found += [self.word("paired")] if len(experiment.arms) > 1 else []
        found += self._undefined()
        found += [
            self.word("growing", arm=self.arm(arm), growth=self.value(GROWTH, experiment.estimates[arm][GROWTH]))
            for arm in experiment.arms
            if overloaded(experiment.estimates[arm])
        ]
        found += self._stopping()
        many = len(experiment.scenario.primary) > MOST_PRIMARY and len(experiment.arms) > 1
        found += [self.word("many_primary", count=len(experiment.scenario.primary))] if many else []
        found += [self.word("corrected")] if len(experiment.arms) > 1 and experiment.replications > 1 else []
        wide = any(one.together for all_ in experiment.differences.values() for one in all_.values())
        found += [self.word("held_together")] if wide else []
        intervals = [one.ci95 for found_ in experiment.differences.values() for one in found_.values()]
        rows = sum(one is not None and one[0] < one[1] for one in intervals)  # equal in every seed: no miss
        found += [self.word("chance", rows=rows, wrong=max(round(rows * (1 - CONFIDENCE)), 1))] if rows else []
        found += [self.word("cut")] if self._is_cut() else []
        return found + self.evidence()

    def _undefined(self) -> list[str]:
        """Say what was left out, an arm a line (two, where it was undefined more or less often)."""
        lacking: dict[tuple[str, int], list[str]] = {}
        for arm, name, count in self.experiment.undefined:
            lacking.setdefault((arm, count), []).append(self.metric(name))
        said = []
        for (arm, count), names in lacking.items():
            of_arm = {"arm": self.arm(arm), "count": count, "n": self.experiment.replications}
            shown = self._listed(names[:INPUTS_NAMED]) + (" …" if len(names) > INPUTS_NAMED else "")
            said.append(
                self.word("undefined", metric=names[0], **of_arm)
                if len(names) == 1
                else self.word("undefined_all", total=len(names), names=shown, **of_arm)
            )
        return said

    def _stopping(self) -> list[str]:
        """Say why there are no more replications, where their number was left open."""
        ended = self.experiment.stopped
        if ended is None:
            return []
        lacking = [self.word("lacking", metric=self.metric(one.metric), arm=self.arm(one.arm), count=one.missing,
                             n=self.experiment.replications) for one in ended.gaps]  # fmt: skip
        if ended.reason != "cap" or ended.widest is None:
            enough = "sharp" if not lacking else "sharp_rest" if ended.widest else ""
            return [*lacking, *([self.word(enough, n=self.experiment.replications)] if enough else [])]
        widest = ended.widest
        scale = self.scale(widest.metric, difference=True)
        half, wanted = (self._joined(scale.number(size, size), scale) for size in (widest.half, widest.wanted))
        about = {"metric": self.metric(widest.metric), "arm": self.arm(widest.arm)}
        return [*lacking, self.word("cap", n=self.experiment.replications, half=half, wanted=wanted, **about)]

    def _doubt(self, doubt: Complaint) -> str:
        end, then = ("。", "；") if self.lang == "zh" else (".", "; ")
        return then.join((headline(doubt, self.lang), *hints(doubt, self.lang))) + end

    def _is_cut(self) -> bool:
        """Whether some interval that is shown reaches beyond what is possible."""
        experiment = self.experiment
        return any(
            self.scale(name, difference=difference).cuts(one)
            for difference, arms in ((False, experiment.estimates), (True, experiment.differences))
            for found in arms.values()
            for name, one in found.items()
        )

    def _comparison(self, name: str, option: str) -> str:
        """Compare an option that has the metric with the baseline; where the baseline has none, say how it is."""
        experiment = self.experiment
        estimates = experiment.estimates
        found = {} if option == experiment.baseline else experiment.differences[option]
        if name not in found:
            value = self.value(name, estimates[option][name])
            return self.word("alone", metric=self.metric(name), option=self.arm(option), value=value)
        sentence = self.word(
            "against",
            metric=self.metric(name),
            option=self.arm(option),
            value=self.mean(name, estimates[option][name]),
            baseline=self.arm(experiment.baseline),
            base=self.mean(name, estimates[experiment.baseline][name]),
        )
        return sentence + self._space() + self._judgement(name, found[name])

    def _judgement(self, name: str, found: Difference) -> str:
        difference, interval = self.difference(name, found), self.interval(name, found)
        if found.verdict in _WAYS and interval:
            k, _, n = found.better_in.partition(" of ")
            agreeing = int(n) - int(k) if found.verdict == "worse" else k
            count = self.word("of", k=agreeing, n=n)
            return self.word(
                "decided", difference=difference, interval=interval, verdict=self.verdict(found), count=count
            )
        shown = self.word("bracketed", interval=interval) if interval else ""
        return self.word("undecided", difference=difference, interval=shown, verdict=self.verdict(found))

    def _space(self) -> str:
        return "" if self.lang == "zh" else " "

    # -- what the answer rests on

    @cached_property
    def inputs(self) -> Inputs:
        """All inputs of the experiment."""
        return Inputs(self.experiment)

    @cached_property
    def carrying(self) -> list[Input]:
        """The inputs that the headlines rest on."""
        return self.inputs.carrying(headlines(self.experiment))

    def evidence(self) -> list[str]:
        """Say how many of the inputs behind the headlines are assumed, and which of them the arms differ in."""
        graded: list[str] = [one.spec.evidence for one in self.carrying if one.spec is not None]
        if not graded:
            return []
        others = [f"{_GRADES[grade][self.lang]} {graded.count(grade)}" for grade in GRADES if grade != "assumed"]
        said = [
            self.word(
                "evidence",
                metrics=self._listed([f"“{self.metric(name)}”" for name in headlines(self.experiment)]),
                total=len(graded),
                assumed=graded.count("assumed"),
                others=self._listed([text for text in others if not text.endswith(" 0")]),
            )
        ]
        return said + self._differing([one for one in self.carrying if one.differs])

    def _differing(self, inputs: Sequence[Input]) -> list[str]:
        if not inputs:
            return []
        assumed = [one.name(self.lang) for one in inputs if one.spec is not None and one.spec.evidence == "assumed"]
        named_ = self._listed(assumed[:INPUTS_NAMED]) + (" …" if len(assumed) > INPUTS_NAMED else "")
        return [self.word("differing", count=len(inputs), assumed=len(assumed), names=named_)]

    def _listed(self, words: Sequence[str]) -> str:
        return ("、" if self.lang == "zh" else ", ").join(words)

    def left_out(self) -> list[str]:
        """Say how many metrics the printed table leaves out; nothing if it has them all."""
        count = len(metrics_shown(self.experiment)) - len(metrics_asked_for(self.experiment))
        return [self.word("left_out", count=count)] if count else []

    # -- sheets

    def results(self, arms: Sequence[str] | None = None, names: Sequence[str] | None = None) -> Sheet:
        """Return metrics × arms, one unit a row; an undefined metric leaves its cell empty."""
        experiment = self.experiment
        shown = tuple(arms or experiment.arms)
        rows = tuple(
            (self.labelled(name), *(self._cell(arm, name) for arm in shown))
            for name in names or metrics_shown(experiment)
        )
        key = "result" if experiment.replications == 1 else "results"
        title = self.word(key, n=experiment.replications)
        return Sheet(title, (self.word("metric"), *(self.arm(arm) for arm in shown)), rows)

    def differences(self, names: Sequence[str]) -> list[Sheet]:
        """Return a sheet a metric: the baseline, then every option with its difference from it."""
        return [self._compared("differences", self.experiment.baseline, name, "baseline") for name in names]

    def parts(self, names: Sequence[str]) -> list[Sheet]:
        """Return sheets for each arm that others are changed copies of: what each change alone does."""
        originals = self.experiment.parts
        return [self._compared("parts", original, name, "original") for original in originals for name in names]

    def _compared(self, title: str, original: str, name: str, role: str) -> Sheet:
        experiment = self.experiment
        differences = experiment.differences if title == "differences" else experiment.parts[original]
        first = (self.arm(original), self._cell(original, name) or NOTHING, "", self.word(role), "")
        rows = [
            (self.arm(option), self._cell(option, name) or NOTHING, *self._found(name, all_.get(name)))
            for option, all_ in differences.items()
        ]
        said = self.word(title, metric=self.metric(name), baseline=self.arm(original), original=self.arm(original))
        return Sheet(said, self._compared_head(name, differences), (first, *rows))

    def _found(self, name: str, found: Difference | None) -> tuple[str, str, str]:
        """Return a difference, what may be said of it and its pairs; dashes where a side lacks the metric."""
        if found is None:
            return (NOTHING,) * 3
        return self.both(name, found.together or found), self.verdict(found), self.pairs(name, found)

    def _compared_head(self, name: str, differences: Differences) -> tuple[str, ...]:
        mean = self.word("mean", unit=self.in_unit(self.scale(name)))
        together = any(all_[name].together for all_ in differences.values() if name in all_)
        head = "together" if together else "difference"
        difference = self.word(head, unit=self.in_unit(self.scale(name, difference=True)))
        counted = self.word("pairs" if self.experiment.book[name].better is None else "better_in")
        return (self.word("option"), mean, difference, self.word("verdict"), counted)

    def _cell(self, arm: str, name: str) -> str:
        found = self.experiment.estimates[arm].get(name)
        return "" if found is None else self.spread(found, self.scale(name))


def metrics_shown(experiment: Experiment) -> list[str]:
    """Return every metric that some arm has, the primary ones first, the others as the catalogue lists them.

    What a metric misleads without (its denominators, say) comes right after it.
    """
    present = {name for found in experiment.estimates.values() for name in found}
    book = experiment.book
    others = [other for name in book for other in (name, *book[name].beside)]
    ordered = dict.fromkeys((*with_beside(experiment.scenario.primary, book), *others))
    return [name for name in ordered if name in present]


def metrics_asked_for(experiment: Experiment) -> list[str]:
    """Return the metrics that the scenario wants in the printed table: primary and shown ones, or all."""
    named = (*experiment.scenario.primary, *experiment.scenario.shown)
    present = metrics_shown(experiment)
    asked = with_beside(named, experiment.book)
    return [name for name in asked if name in present] if experiment.scenario.shown else present


def headlines(experiment: Experiment) -> list[str]:
    """Return the few metrics that are spoken of first: the primary ones, as far as some arm has them.

    Only where a scenario names none the first with a direction are taken, of those that all arms have.
    """
    if experiment.scenario.primary:
        present = {name for found in experiment.estimates.values() for name in found}
        return [name for name in experiment.scenario.primary if name in present]
    common = [name for name in experiment.book if all(name in experiment.estimates[arm] for arm in experiment.arms)]
    return [name for name in common if experiment.book[name].better][:HEADLINES] or common[:HEADLINES]


def option_of(experiment: Experiment, name: str) -> str:
    """Return the first option that can be compared in a metric; if there is none, the first arm that has it."""
    compared = [arm for arm in experiment.arms[1:] if name in experiment.differences[arm]]
    return next(iter(compared or [arm for arm in experiment.arms if name in experiment.estimates[arm]]))


def floors_of(experiment: Experiment) -> list[str]:
    """Return the metrics of what a lift brings by floor, from the lowest, as far as some arm has them."""
    present = {name for found in experiment.estimates.values() for name in found if name.startswith(FLOOR)}
    return sorted(present, key=lambda name: int(name.removeprefix(FLOOR)))


def overloaded(found: Mapping[str, Estimate]) -> bool:
    """Whether an arm cannot keep up: its backlog surely grows, and its workers have hardly an idle hour."""
    growth, utilisation = found.get(GROWTH), found.get("utilisation")
    surely = growth is not None and growth.ci95 is not None and growth.ci95[0] > 0
    return surely and (utilisation is None or utilisation.mean >= HARDLY_IDLE)


def _size(found: Estimate) -> float:
    """Return the largest number that is shown of an estimate."""
    return max(map(abs, (found.mean, *(found.ci95 or ()))))


def _decimals(size: float) -> int:
    """Three significant digits, but never more than three decimals."""
    size = abs(size)
    if size >= 100 or size == 0:
        return 0
    return min(2 - math.floor(math.log10(size)), 3)


def _to_be_seen(least: float, decimals: int) -> int:
    """Return the decimals with which a number shows two digits, if with so many it would hardly show one."""
    least = abs(least)
    if least == 0 or least * 10**decimals >= 1:
        return decimals
    return min(1 - math.floor(math.log10(least)), _FINEST)


def cells(text: str) -> int:
    """Return the width of a text, a Chinese character counting twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
