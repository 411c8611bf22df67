"""What a planner reads: sentences and sheets of cells, in English or Chinese.

Nothing is printed here; the command line and the page lay the same sheets out.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

from twin.core.parameters import GRADES, parameters_of
from twin.errors import Words
from twin.runs.compare import CONFIDENCE, Difference, Estimate

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

HOURS_A_DAY = 24
SHOWN_IN_DAYS_FROM = 48.0
HEADLINES = 4
_SHARE_WORDS = ("share", "rate", "utilisation", "chance")

_UNITS: Mapping[str, Words] = {
    "1": Words("", ""),
    "h": Words("h", "小时"),
    "d": Words("d", "天"),
    "day": Words("d", "天"),
    "min": Words("min", "分钟"),
    "yuan": Words("yuan", "元"),
    "fen": Words("fen", "分"),
    "km": Words("km", "公里"),
    "1/day": Words("/day", "/天"),
    "1/year": Words("/year", "/年"),
    "%": Words("%", "%"),
    "points": Words("pp", "个百分点"),
}

VERDICTS: Mapping[str, Words] = {
    "better": Words("better", "更好"),
    "worse": Words("worse", "更差"),
    "higher": Words("higher", "更高"),
    "lower": Words("lower", "更低"),
    "no difference": Words("no difference", "无差别"),
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
    "difference": Words("difference (95 % interval)", "差值（95% 置信区间）"),
    "verdict": Words("verdict", "结论"),
    "better_in": Words("better in", "更好的次数"),
    "results": Words(
        "Results: mean over {n} replications ± half the 95 % interval", "结果：{n} 次重复的均值 ± 95% 置信区间半宽"
    ),
    "result": Words("Results of one replication (an interval needs two)", "一次运行的结果（两次以上才有置信区间）"),
    "differences": Words("Difference from {baseline}, seed by seed", "与「{baseline}」逐种子配对的差值"),
    "growing": Words(
        "{arm} cannot keep up: its backlog grows by {growth}, so its means depend on the length of the run.",
        "「{arm}」跟不上：积压日增 {growth}，其均值随运行长度而变。",
    ),
    "parts": Words(
        "Taken back alone: difference from {original}, seed by seed", "单独去掉一项：与「{original}」逐种子配对的差值"
    ),
    "to": Words(" to ", " 至 "),
    "of": Words("{k} of {n}", "{n} 次中 {k} 次"),
    "more": Words("not decided (~{more} more)", "尚无定论（约再 {more} 次）"),
    "against": Words(
        "{metric}: {option} {value}, {baseline} {base}.",
        "{metric}：{option} {value}，{baseline} {base}。",
    ),
    "decided": Words(
        "The difference is {difference} (95 % interval {interval}): {verdict}, in {count} paired replications.",
        "差值 {difference}（95% 置信区间 {interval}）：{verdict}，配对重复 {count}如此。",
    ),
    "undecided": Words(
        "The difference is {difference}{interval}: {verdict}.",
        "差值 {difference}{interval}：{verdict}。",
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
    "chance": Words(
        "Each interval holds for its row alone; of {rows} rows, about {wrong} would miss the truth by chance.",
        "每个区间只对本行成立；{rows} 行中约有 {wrong} 行会因偶然而落空。",
    ),
    "evidence": Words(
        "{assumed} of {total} parameters of this run are only assumed ({others}).",
        "本次运行的 {total} 个参数中有 {assumed} 个仅为假定（{others}）。",
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
HARDLY_IDLE = 0.95
Differences = Mapping[str, Mapping[str, Difference]]


@dataclass(frozen=True)
class Sheet:
    """A table of words: a title, a head, and rows of as many cells."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Scale:
    """How a quantity is shown: times ``factor``, in ``unit``."""

    factor: float
    unit: str

    def number(self, value: float, size: float, sign: str = "") -> str:
        """Return the number without its unit, with as many decimals as a number of this size deserves."""
        decimals = 1 if self.unit in ("%", "points") else _decimals(size * self.factor)
        shown = f"{value * self.factor:{sign},.{decimals}f}"
        return shown.lstrip("+-") if float(shown.replace(",", "")) == 0 else shown.replace("-", "−")


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
        if self.lang == "zh":
            return self.experiment.book[name].zh
        timed = self.experiment.book[name].unit == "h" and name.startswith("hours_")
        words = (f"time_{name.removeprefix('hours_')}" if timed else name).replace("_", " ")
        return words[0].upper() + words[1:]

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

    def scale(self, name: str, size: float, *, difference: bool = False) -> Scale:
        """Choose the scale of a metric for values of this size."""
        unit = self.experiment.book[name].unit
        if unit == "1" and any(word in name for word in _SHARE_WORDS):
            return Scale(100.0, "points" if difference else "%")
        if unit == "h" and not name.endswith("_hours") and abs(size) >= SHOWN_IN_DAYS_FROM:
            return Scale(1 / HOURS_A_DAY, "d")
        return Scale(1.0, unit)

    def value(self, name: str, found: Estimate) -> str:
        """Return a mean with its unit and half width."""
        return self._with_unit(found, self.scale(name, found.mean))

    def mean(self, name: str, found: Estimate) -> str:
        """Return a mean with its unit."""
        scale = self.scale(name, found.mean)
        return _joined(scale.number(found.mean, found.mean), _unit(scale.unit, self.lang), self.lang)

    def duration(self, found: Estimate) -> str:
        """Return hours with their half width, in days where they are many."""
        scale = Scale(1 / HOURS_A_DAY, "d") if found.mean >= SHOWN_IN_DAYS_FROM else Scale(1.0, "h")
        return self._with_unit(found, scale)

    def _with_unit(self, found: Estimate, scale: Scale) -> str:
        shown = scale.number(found.mean, found.mean)
        if found.half_width:
            shown += f" ± {scale.number(found.half_width, found.mean)}"
        return _joined(shown, _unit(scale.unit, self.lang), self.lang)

    def difference(self, name: str, found: Difference) -> str:
        """Return a difference with sign and unit."""
        scale = self.scale(name, _size(found), difference=True)
        return _joined(scale.number(found.mean, _size(found), "+"), _unit(scale.unit, self.lang), self.lang)

    def interval(self, name: str, found: Difference) -> str:
        """Return the ends of the interval in the unit of the difference ("" if there is none, or no width)."""
        return self._ends(found, self.scale(name, _size(found), difference=True))

    def _ends(self, found: Difference, scale: Scale) -> str:
        if not found.half_width or found.ci95 is None:
            return ""
        return self.word("to").join(scale.number(end, _size(found), "+") for end in found.ci95)

    def unit(self, scale: Scale) -> str:
        """Return the unit of a scale in words."""
        return _unit(scale.unit, self.lang)

    def both(self, found: Difference, scale: Scale) -> str:
        """Return a difference and its interval as numbers in a given scale."""
        shown, ends = scale.number(found.mean, _size(found), "+"), self._ends(found, scale)
        return f"{shown} ({ends})" if ends else shown

    def verdict(self, found: Difference) -> str:
        """Return what may be said of a difference."""
        if found.more_needed is not None:
            return self.word("more", more=found.more_needed)
        return VERDICTS[found.verdict][self.lang]

    def better_in(self, found: Difference) -> str:
        """Return in how many pairs the option is better."""
        k, _, n = found.better_in.partition(" of ")
        return self.word("of", k=k, n=n)

    # -- sentences

    def opening(self) -> list[str]:
        """Return what came out, in plain words: the first option against the baseline, else the only arm."""
        experiment = self.experiment
        names = headlines(experiment)[:3]
        if len(experiment.arms) == 1:
            found = experiment.estimates[experiment.baseline]
            option = self.arm(experiment.baseline)
            return [
                self.word("alone", metric=self.metric(name), option=option, value=self.value(name, found[name]))
                for name in names
            ]
        return [self._comparison(name, experiment.arms[1]) for name in names]

    def notes(self) -> list[str]:
        """Return what has to be known to read the numbers rightly."""
        experiment = self.experiment
        found = [self.word("single")] if experiment.replications == 1 else []
        if len(experiment.arms) > 1:
            found.append(self.word("paired"))
        found += [
            self.word("undefined", metric=self.metric(name), arm=self.arm(arm), count=count, n=experiment.replications)
            for arm, name, count in experiment.undefined
        ]
        found += [
            self.word("growing", arm=self.arm(arm), growth=self.value(GROWTH, experiment.estimates[arm][GROWTH]))
            for arm in experiment.arms
            if overloaded(experiment.estimates[arm])
        ]
        rows = sum(one.ci95 is not None for found_ in experiment.differences.values() for one in found_.values())
        if rows:
            found.append(self.word("chance", rows=rows, wrong=math.ceil(rows * (1 - CONFIDENCE))))
        return found + self._evidence()

    def _comparison(self, name: str, option: str) -> str:
        experiment = self.experiment
        estimates = experiment.estimates
        found = experiment.differences[option].get(name)
        sentence = self.word(
            "against",
            metric=self.metric(name),
            option=self.arm(option),
            value=self.mean(name, estimates[option][name]),
            baseline=self.arm(experiment.baseline),
            base=self.mean(name, estimates[experiment.baseline][name]),
        )
        return sentence if found is None else sentence + self._space() + self._judgement(name, found)

    def _judgement(self, name: str, found: Difference) -> str:
        difference, interval = self.difference(name, found), self.interval(name, found)
        if found.decided and interval:
            count = self.better_in(found)
            return self.word(
                "decided", difference=difference, interval=interval, verdict=self.verdict(found), count=count
            )
        shown = f" ({interval})" if interval else ""
        return self.word("undecided", difference=difference, interval=shown, verdict=self.verdict(found))

    def _space(self) -> str:
        return "" if self.lang == "zh" else " "

    def _evidence(self) -> list[str]:
        counts = evidence_counts(self.experiment)
        total = sum(counts.values())
        if not total:
            return []
        comma = "、" if self.lang == "zh" else ", "
        others = comma.join(
            f"{_GRADES[grade][self.lang]} {counts[grade]}" for grade in GRADES if grade != "assumed" and counts[grade]
        )
        return [self.word("evidence", assumed=counts["assumed"], total=total, others=others)]

    def left_out(self) -> list[str]:
        """Say how many metrics the printed table leaves out; nothing if it has them all."""
        count = len(metrics_shown(self.experiment)) - len(metrics_asked_for(self.experiment))
        return [self.word("left_out", count=count)] if count else []

    # -- sheets

    def results(self, arms: Sequence[str] | None = None, names: Sequence[str] | None = None) -> Sheet:
        """Return metrics × arms; an undefined metric leaves its cell empty."""
        experiment = self.experiment
        shown = tuple(arms or experiment.arms)
        rows = tuple(
            (self.metric(name), *(self._cell(arm, name) for arm in shown))
            for name in names or metrics_shown(experiment)
        )
        key = "result" if experiment.replications == 1 else "results"
        title = self.word(key, n=experiment.replications)
        return Sheet(title, (self.word("metric"), *(self.arm(arm) for arm in shown)), rows)

    def differences(self, names: Sequence[str] | None = None) -> Sheet:
        """Return one row a metric and option, grouped by metric; a group's name stands in its first row."""
        title = self.word("differences", baseline=self.arm(self.experiment.baseline))
        return self._difference_sheet(title, self.experiment.differences, names)

    def parts(self, names: Sequence[str] | None = None) -> list[Sheet]:
        """Return a sheet for each arm that others are changed copies of: what each change alone does."""
        return [
            self._difference_sheet(self.word("parts", original=self.arm(original)), differences, names)
            for original, differences in self.experiment.parts.items()
        ]

    def _difference_sheet(self, title: str, differences: Differences, names: Sequence[str] | None) -> Sheet:
        wanted = names or metrics_shown(self.experiment)
        rows = [row for name in wanted for row in self._difference_rows(name, differences)]
        head = tuple(self.word(key) for key in ("metric", "option", "difference", "verdict", "better_in"))
        return Sheet(title, head, tuple(rows))

    def _cell(self, arm: str, name: str) -> str:
        found = self.experiment.estimates[arm].get(name)
        return "" if found is None else self.value(name, found)

    def _difference_rows(self, name: str, differences: Differences) -> Iterator[tuple[str, ...]]:
        """All options in one scale, so that the eye can compare them."""
        found = {option: all_[name] for option, all_ in differences.items() if name in all_}
        scale = self.scale(name, max(map(_size, found.values()), default=0.0), difference=True)
        for number, (option, one) in enumerate(found.items()):
            shown = _joined(scale.number(one.mean, _size(one), "+"), _unit(scale.unit, self.lang), self.lang)
            interval = self._ends(one, scale)
            both = f"{shown} ({interval})" if interval else shown
            yield (
                self.metric(name) if number == 0 else "",
                self.arm(option),
                both,
                self.verdict(one),
                self.better_in(one),
            )


def metrics_shown(experiment: Experiment) -> list[str]:
    """Return every metric that some arm has, the primary ones first, the others as the catalogue lists them."""
    present = {name for found in experiment.estimates.values() for name in found}
    ordered = dict.fromkeys((*experiment.scenario.primary, *experiment.book))
    return [name for name in ordered if name in present]


def metrics_asked_for(experiment: Experiment) -> list[str]:
    """Return the metrics that the scenario wants in the printed table: primary and shown ones, or all."""
    asked = dict.fromkeys((*experiment.scenario.primary, *experiment.scenario.shown))
    present = metrics_shown(experiment)
    return [name for name in asked if name in present] if experiment.scenario.shown else present


def headlines(experiment: Experiment) -> list[str]:
    """Return the few metrics that are spoken of first: the primary ones, else the first with a direction.

    Only those that all arms have.
    """
    common = [name for name in experiment.book if all(name in experiment.estimates[arm] for arm in experiment.arms)]
    primary = [name for name in experiment.scenario.primary if name in common]
    return primary or [name for name in common if experiment.book[name].better][:HEADLINES] or common[:HEADLINES]


def overloaded(found: Mapping[str, Estimate]) -> bool:
    """Whether an arm cannot keep up: its backlog surely grows, and its workers have hardly an idle hour."""
    growth, utilisation = found.get(GROWTH), found.get("utilisation")
    surely = growth is not None and growth.ci95 is not None and growth.ci95[0] > 0
    return surely and (utilisation is None or utilisation.mean >= HARDLY_IDLE)


def evidence_counts(experiment: Experiment) -> dict[str, int]:
    """Count the parameters of the run's arms by grade of evidence; a parameter counts once, whoever uses it."""
    graded = {
        key: grade
        for arm in experiment.arms
        for name, block in experiment.scenario.arms[arm].blocks.items()
        if name not in experiment.scenario.arms[arm].off
        for key, grade in _graded(block)
    }
    return {grade: sum(found == grade for found in graded.values()) for grade in GRADES}


def _graded(block: object) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield ((class, parameter), grade), also of the blocks inside a block."""
    if isinstance(block, Mapping):
        for inner in block.values():
            yield from _graded(inner)
    elif is_dataclass(block) and not isinstance(block, type):
        for declared, spec in parameters_of(block):
            yield (type(block).__name__, declared.name), spec.evidence
        for declared in fields(block):
            yield from _graded(getattr(block, declared.name))


def _size(found: Estimate) -> float:
    """Return the largest number that is shown of an estimate."""
    return max(map(abs, (found.mean, *(found.ci95 or ()))))


def _unit(unit: str, lang: str) -> str:
    return _UNITS[unit][lang] if unit in _UNITS else unit


def _joined(number: str, unit: str, lang: str) -> str:
    """Per cent and Chinese units stand close."""
    space = "" if unit.startswith("/") or (unit == "%" and lang == "zh") else " "
    return f"{number}{space}{unit}".strip()


def _decimals(size: float) -> int:
    """Three significant digits, but never more than three decimals."""
    size = abs(size)
    if size >= 100 or size == 0:
        return 0
    return min(2 - math.floor(math.log10(size)), 3)


def cells(text: str) -> int:
    """Return the width of a text, a Chinese character counting twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
