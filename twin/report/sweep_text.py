"""What a sweep and an attribution say, in sentences and sheets, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from twin.errors import Words
from twin.report.paths import said
from twin.report.text import Scale, Sheet, Writer
from twin.runs.compare import Difference, Estimate, Interval
from twin.runs.designs import balanced
from twin.runs.discovery import LEAST_POINTS, Box
from twin.runs.sensitivity import Effects, Index
from twin.runs.sweep import MOST_COMPARED

if TYPE_CHECKING:
    from twin.runs.attribute import Attribution
    from twin.runs.experiment import Experiment
    from twin.runs.sweep import Finding, Swept
    from twin.scenario.load import Scenario

_TEXT: Mapping[str, Words] = {
    "title": Words("{title}: sweep of {arm}", "{title}：扫描「{arm}」"),
    "made": Words(
        "{points} points ({design}), {n} replications each, the same seeds at every point; {runs} runs.",
        "共 {points} 个点（{design}），每点重复 {n} 次，各点种子相同；共 {runs} 次运行。",
    ),
    "from_to": Words(
        "{metric}: from {low} at {low_at} to {high} at {high_at}.",
        "{metric}：最低 {low}（{low_at}），最高 {high}（{high_at}）。",
    ),
    "constant": Words(
        "{metric} does not vary over these points: {mean} at each.", "{metric}在这些点上没有变化：均为 {mean}。"
    ),
    "noise": Words(
        "{metric}: {noise:.0%} of the variance between the points' means is only noise; of that of single runs"
        " {chance:.0%} is chance.",
        "{metric}：各点均值之间的方差中有 {noise:.0%} 只是噪声；单次运行的方差中有 {chance:.0%} 来自偶然。",
    ),
    "noisy": Words(
        " The noise speaks louder than the sweep: ask for more with -n.", "噪声大于扫描的影响：请用 -n 增加重复次数。"
    ),
    "unbalanced": Words(
        "{rows} rows of Sobol's sequence do not cover the axes evenly; a power of two does: --points {more}.",
        "Sobol 序列的 {rows} 行不能均匀覆盖各轴；行数为 2 的幂时才均匀：请用 --points {more}。",
    ),
    "undefined": Words(
        "{metric} is left out: it is undefined in {count} runs.", "未列出{metric}：有 {count} 次运行无定义。"
    ),
    "point": Words("point", "点"),
    "points": Words(
        "{metric} at each point, and the difference from the first", "{metric}：各点的值及与第一个点的差异"
    ),
    "points_alone": Words("{metric} at each point", "{metric}：各点的值"),
    "missed_everywhere": Words(
        "{metric} misses {target} at all {count} points.",
        "{metric}在全部 {count} 个点上均未达到 {target}。",
    ),
    "met_everywhere": Words(
        "{metric} reaches {target} at all {count} points.",
        "{metric}在全部 {count} 个点上均达到 {target}。",
    ),
    "few_points": Words(
        "{metric} misses {target} at {missed} of {count} points; where, is looked for from {least} points a setting"
        " on.",
        "{metric}在 {count} 个点中有 {missed} 个未达到 {target}；每种设置至少 {least} 个点时才寻找未达标的范围。",
    ),
    "first_point": Words("first", "首点"),
    "mean": Words("mean{unit}", "均值{unit}"),
    "difference": Words("difference{unit}, 95 % interval", "差值{unit}及95%置信区间"),
    "verdict": Words("verdict", "结论"),
    "axis": Words("parameter", "参数"),
    "sobol": Words(
        "{metric}: shares of the variance (Sobol), 95 % intervals", "{metric}：方差占比（Sobol 指数）及95%区间"
    ),
    "sobol_head": Words("alone;with all its interactions", "单独作用;含全部交互作用"),
    "morris": Words(
        "{metric}: elementary effects over the whole range (Morris)", "{metric}：全范围的基本效应（Morris）"
    ),
    "morris_head": Words("size, 95 % interval;mean;spread", "大小及95%区间;均值;离散"),
    "shares": Words(
        "{metric}: share of the variance between points explained by each parameter alone",
        "{metric}：各参数单独解释的点间方差占比",
    ),
    "share": Words("share", "占比"),
    "together": Words("acting together", "共同作用"),
    "weights": Words(
        "{metric}: standardised regression coefficients; they explain {fit:.0%} of the variance",
        "{metric}：标准化回归系数；可解释点间方差的 {fit:.0%}",
    ),
    "weight": Words("coefficient, 95 % interval", "系数及95%区间"),
    "settings": Words(
        "{metric}: how each lever setting stands up to {points} points of the uncertainties",
        "{metric}：各方案设定在 {points} 个不确定性取值点上的表现",
    ),
    "settings_head": Words(
        "setting;mean;worst;mean regret, 95 % interval;regret in 9 of 10 at most;largest regret;target reached",
        "设定;均值;最差;平均遗憾及95%区间;十之九不超过的遗憾;最大遗憾;达标占比",
    ),
    "box": Words(
        "{metric} misses {target} at {base:.0%} of the points{where}. Where {limits} it does at {density:.0%}; that box"
        " holds {coverage:.0%} of the misses and {mass:.0%} of the points.{trust}",
        "{metric}在 {base:.0%} 的点上未达到 {target}{where}。当{limits}时，未达标的占 {density:.0%}；此范围"
        "涵盖 {coverage:.0%} 的未达标点和 {mass:.0%} 的点。{trust}",
    ),
    "no_box": Words(
        "{metric} misses {target} at {base:.0%} of the points{where}, and no box tells where.",
        "{metric}在 {base:.0%} 的点上未达到 {target}{where}，没有哪个参数范围能说明在何处。",
    ),
    "of_setting": Words(" with {setting}", "（{setting}）"),
    "credible": Words(" Resampling finds the same limits.", "重抽样得到同样的界限。"),
    "doubtful": Words(
        " Resampling does not always find these limits: they may be luck.", "重抽样并不总能得到这些界限，可能出于偶然。"
    ),
    "between": Words("{path} is {low} to {high}", "{path} 为 {low} 至 {high}"),
    "is_one_of": Words("{path} is {values}", "{path} 为 {values}"),
    "weights_note": Words(
        "Shares and regrets count the points as equally likely; they speak of the world only as far as that is so.",
        "占比与遗憾把各点视为同等可能；只有在现实如此时才说明现实。",
    ),
    "attribution": Words("{title}: where the difference comes from", "{title}：差异从何而来"),
    "total": Words(
        "{metric}: {option} less {baseline} is {difference}, over {n} replications with the same seeds.",
        "{metric}：「{option}」与「{baseline}」相差 {difference}，{n} 次相同种子的重复。",
    ),
    "exact": Words(
        "All {count} combinations of the parts were run: the split is exact.",
        "已运行各部分的全部 {count} 种组合：分解是精确的。",
    ),
    "sampled": Words(
        "{parts} parts have too many combinations: every seed took {orders} orders of its own, and the intervals hold"
        " the chance of that choice. Pairs are seen in the seeds in which they came next to one another.",
        "{parts} 个部分的组合过多：每个种子各取 {orders} 种次序，区间已包含这一选择的偶然性。"
        "两部分的共同作用取自二者相邻的种子。",
    ),
    "equal": Words("The two arms say the same: there is nothing to split.", "两个方案内容相同，无可分解。"),
    "parts": Words(
        "{metric}: what each part brings{unit}; the parts sum to the difference",
        "{metric}：各部分的贡献{unit}；合计等于总差异",
    ),
    "parts_beside": Words(
        "{metric} is to be read with these: what each part brings, 95 % interval",
        "「{metric}」须与下列指标一并阅读：各部分的贡献及95%置信区间",
    ),
    "parts_head": Words(
        "part;contribution, 95 % interval;alone;after all others", "部分;贡献及95%置信区间;单独改变;最后改变"
    ),
    "sum": Words("together", "合计"),
    "together_head": Words("parts;beyond what they bring apart{unit}", "部分;共同作用超出各自之和{unit}"),
    "pairs": Words("{metric}: parts that act together", "{metric}：共同起作用的部分"),
}

_DESIGNS: Mapping[str, Words] = {
    "factorial": Words("all combinations", "全部组合"),
    "list": Words("as listed", "逐点列出"),
    "lhs": Words("Latin hypercube", "拉丁超立方"),
    "sobol": Words("Sobol", "Sobol"),
    "morris": Words("Morris", "Morris"),
}
NOISY = 0.5


@dataclass(frozen=True)
class Measured:
    """As much of an experiment as the writer of numbers needs."""

    scenario: Scenario
    book: Mapping[str, Any]
    estimates: Mapping[str, Mapping[str, Estimate]]


class Speaker:
    """What sweeps and attributions have in common: names, units, numbers."""

    def __init__(self, measured: Measured, lang: str) -> None:
        self.lang = lang
        self.writer = Writer(cast("Experiment", measured), lang)

    def word(self, key: str, **values: object) -> str:
        """Return a phrase of this module."""
        return _TEXT[key][self.lang].format(**values)

    def path(self, path: str) -> str:
        """Return what a path is called."""
        return said(path, self.lang)

    def label(self, path: str) -> str:
        """Return what a path is called beside a bar or an axis: in Chinese on a line of its own, above the path."""
        return self.path(path).replace("（", "\n").rstrip("）")

    def head(self, key: str, **values: object) -> tuple[str, ...]:
        """Return the names of columns."""
        return tuple(self.word(key, **values).split(";"))

    def both(self, name: str, found: Estimate) -> str:
        """Return a difference with sign and interval, without its unit."""
        return self.writer.both(name, cast("Difference", found))

    def signed(self, name: str, value: float) -> str:
        """Return a difference with sign, without its unit."""
        return self.writer.scale(name, difference=True).number(value, value, "+")


class SweepWriter(Speaker):
    """Says in one language what a sweep gave."""

    def __init__(self, swept: Swept, lang: str) -> None:
        self.swept = swept
        count = len(swept.layout.texts)
        estimates = {str(at): {name: one.estimates[at] for name, one in swept.findings.items()} for at in range(count)}
        super().__init__(Measured(swept.scenario, swept.book, estimates), lang)

    def point(self, number: int, which: Sequence[int] | None = None) -> str:
        """Return what is set at a point, at these axes alone where they are named."""
        layout = self.swept.layout
        text = layout.said(number) if which is None else layout.said(number, which)
        for axis in layout.axes:
            named = self.label(axis.path).replace("\n", " ")  # a space, where a narrow cell may break it
            text = text.replace(f"{axis.path}=", f"{named}=")
        return text

    def title(self) -> str:
        """Return what was swept."""
        return self.word("title", title=self.writer.title(), arm=self.writer.arm(self.swept.arm))

    def opening(self) -> list[str]:
        """Return what was run, and from where to where each outcome went."""
        swept = self.swept
        made = self.word(
            "made", points=len(swept.layout.texts), design=_DESIGNS[swept.layout.design][self.lang],
            n=len(swept.seeds), runs=swept.runs,
        )  # fmt: skip
        return [made, *(self._from_to(name, one) for name, one in swept.findings.items())]

    def _from_to(self, name: str, found: Finding) -> str:
        if not found.varies:
            mean = self.writer.mean(name, found.estimates[0])
            return self.word("constant", metric=self.writer.metric(name), mean=mean)
        means = [one.mean for one in found.estimates]
        low, high = means.index(min(means)), means.index(max(means))
        told = {
            f"{end}{tail}": text
            for end, at in (("low", low), ("high", high))
            for tail, text in (("", self.writer.mean(name, found.estimates[at])), ("_at", self.point(at)))
        }
        return self.word("from_to", metric=self.writer.metric(name), **told)

    def notes(self) -> list[str]:
        """Return what has to be known to read the numbers rightly."""
        swept = self.swept
        told = [self._noise(name, one) for name, one in swept.findings.items() if one.noise and one.varies]
        told += [line for name, one in swept.findings.items() for line in self._boxes(name, one)]
        told += [self._missed(name, one) for name, one in swept.findings.items()
                 if name in swept.targets and not one.boxes]  # fmt: skip
        told += [self.word("undefined", metric=self.writer.metric(name), count=count)
                 for name, count in swept.undefined.items()]  # fmt: skip
        rows = swept.layout.rows
        if swept.layout.design == "sobol" and rows != balanced(rows):
            told.append(self.word("unbalanced", rows=rows, more=balanced(rows)))
        return [*told, self.word("weights_note")]

    def _noise(self, name: str, found: Finding) -> str:
        assert found.noise is not None
        shares = {"noise": found.noise.noise_share, "chance": found.noise.chance_share}
        loud = self.word("noisy") if found.noise.noise_share > NOISY else ""
        return self.word("noise", metric=self.writer.metric(name), **shares) + loud

    def _boxes(self, name: str, found: Finding) -> Iterator[str]:
        layout = self.swept.layout
        for setting, box in found.boxes.items():
            first = setting * (len(layout.texts) // max(layout.settings, 1))
            where = self.word("of_setting", setting=self.point(first, layout.levers)) if layout.settings else ""
            values = {
                "metric": self.writer.metric(name), "target": self._target(name), "base": box.base, "where": where,
                **vars(box.step), "limits": self._limits(box),
                "trust": self.word("credible" if box.credible else "doubtful"),
            }  # fmt: skip
            yield self.word("box" if box.limits else "no_box", **values)

    def _missed(self, name: str, found: Finding) -> str:
        """Say at how many points a target is missed, where no box can tell at which."""
        target, sign = self.swept.targets[name], -1 if self.swept.book[name].better == "higher" else 1
        missed, count = sum(sign * (one.mean - target) > 0 for one in found.estimates), len(found.estimates)
        key = "few_points" if 0 < missed < count else "missed_everywhere" if missed else "met_everywhere"
        values = {"missed": missed, "count": count, "least": LEAST_POINTS, "target": self._target(name)}
        return self.word(key, metric=self.writer.metric(name), **values)

    def _target(self, name: str) -> str:
        return self.writer.mean(name, Estimate(self.swept.targets[name], None))

    def _limits(self, box: Box) -> str:
        layout = self.swept.layout
        told = []
        for one in box.limits:
            axis = layout.axes[layout.uncertainties[one.axis]]
            low, high = (axis.at(end) for end in (one.low, one.high))
            values = [text for at, text in enumerate(axis.values) if one.low <= axis.middle(at) <= one.high]
            told.append(
                self.word("is_one_of", path=self.path(axis.path), values="/".join(values)) if axis.values
                else self.word("between", path=self.path(axis.path), low=_short(low), high=_short(high))
            )  # fmt: skip
        return ("，且" if self.lang == "zh" else " and ").join(told)

    def sheets(self) -> Iterator[Sheet]:
        """Yield every sheet; of what does not vary the opening has said all."""
        for name, found in self.swept.findings.items():
            if not found.varies:
                continue
            yield from self.sensitivity(name, found)
            if found.robust:
                yield self.settings(name, found)
            if len(found.estimates) <= MOST_COMPARED:
                yield self.points(name, found)

    def points(self, name: str, found: Finding) -> Sheet:
        """Return each point with its mean and, where they are compared, its difference from the first."""
        scale, layout = self.writer.scale(name), self.swept.layout
        compared = bool(found.differences)
        rows = []
        for at, one in enumerate(found.estimates):
            row = (str(at), *map(_short, layout.texts[at]), self.writer.spread(one, scale))
            difference = found.differences[at] if compared else None
            told = ("", self.word("first_point")) if difference is None else (
                self.writer.both(name, difference), self.writer.verdict(difference))  # fmt: skip
            rows.append((*row, *told) if compared else row)
        named = (self.label(axis.path).replace("\n", " ") for axis in layout.axes)  # a head is narrow
        head = (self.word("point"), *named, self.word("mean", unit=self.writer.in_unit(scale)))
        unit = self.writer.in_unit(self.writer.scale(name, difference=True))
        tail = (self.word("difference", unit=unit), self.word("verdict")) if compared else ()
        title = self.word("points" if compared else "points_alone", metric=self.writer.metric(name))
        return Sheet(title, (*head, *tail), tuple(rows))

    def sensitivity(self, name: str, found: Finding) -> Iterator[Sheet]:
        """Yield what the outcome hangs on, as far as the design tells."""
        metric, axis = self.writer.metric(name), self.word("axis")
        if found.total:
            total = found.total.items()
            indices = tuple((self.path(path), _shown(found.first[path]), _shown(one)) for path, one in total)
            yield Sheet(self.word("sobol", metric=metric), (axis, *self.head("sobol_head")), indices)
        if found.effects:
            scale = self.writer.scale(name, difference=True)
            title = self.word("morris", metric=metric) + self.writer.in_unit(scale)
            effects = tuple(_effects(self.path(path), one, scale) for path, one in found.effects.items())
            yield Sheet(title, (axis, *self.head("morris_head")), effects)
        if found.shares:
            left = 1 - sum(one.value for one in found.shares.values())
            explained = [(self.path(path), one.value) for path, one in found.shares.items()]
            explained.append((self.word("together"), left))
            rows = tuple((path, f"{abs(share):.0%}") for path, share in explained)
            yield Sheet(self.word("shares", metric=metric), (axis, self.word("share")), rows)
        if found.weights:
            weights = tuple((self.path(path), _shown(one)) for path, one in found.weights.items())
            yield Sheet(self.word("weights", metric=metric, fit=found.fit), (axis, self.word("weight")), weights)

    def settings(self, name: str, found: Finding) -> Sheet:
        """Return how each lever setting stands up to the uncertainties."""
        layout = self.swept.layout
        each = len(layout.texts) // layout.settings
        scale, change = self.writer.scale(name), self.writer.scale(name, difference=True)
        rows = tuple(
            (
                self.point(at * each, layout.levers), scale.number(one.mean, one.mean),
                scale.number(one.worst, one.worst), _shown(Index(one.regret_mean, one.regret_ci95), change),
                change.number(one.regret_high, one.regret_high), change.number(one.regret_most, one.regret_most),
                "" if one.good_share is None else _per_cent(one.good_share, one.good_ci95),
            )
            for at, one in enumerate(found.robust)
        )  # fmt: skip
        title = self.word("settings", metric=self.writer.metric(name), points=each) + self.writer.in_unit(scale)
        return Sheet(title, self.head("settings_head"), rows)


class AttributionWriter(Speaker):
    """Says in one language where a difference comes from."""

    def __init__(self, found: Attribution, scenario: Scenario, book: Mapping[str, Any], lang: str) -> None:
        self.found = found
        estimates = {"": {one.metric: one.difference for one in (found, *found.beside.values())}}
        super().__init__(Measured(scenario, book, estimates), lang)

    @cached_property
    def unit(self) -> str:
        """The unit of all differences, as it follows a name."""
        return self.writer.in_unit(self.writer.scale(self.found.metric, difference=True))

    def title(self) -> str:
        """Return what this is about."""
        return self.word("attribution", title=self.writer.title())

    def opening(self) -> list[str]:
        """Return the whole difference, and how it was split."""
        found = self.found
        total = self.word(
            "total", metric=self.writer.metric(found.metric), option=self.writer.arm(found.option),
            baseline=self.writer.arm(found.baseline), difference=self.both(found.metric, found.difference) + self.unit,
            n=found.replications,
        )  # fmt: skip
        if not found.parts:
            return [total, self.word("equal")]
        how = self.word("exact", count=2 ** len(found.parts)) if found.exact else self.word(
            "sampled", parts=len(found.parts), orders=found.orders)  # fmt: skip
        return [total, how]

    def sheets(self) -> Iterator[Sheet]:
        """Yield the parts, largest first, and those that act together."""
        found, name = self.found, self.found.metric
        ordered = sorted(found.parts, key=lambda part: -abs(found.parts[part].mean))
        rows = [
            (self.path(part), self.both(name, found.parts[part]), self.signed(name, found.first[part].mean),
             self.signed(name, found.last[part].mean))
            for part in ordered
        ]  # fmt: skip
        rows.append((self.word("sum"), self.both(name, found.difference), "", ""))
        title = self.word("parts", metric=self.writer.metric(name), unit=self.unit)
        yield Sheet(title, self.head("parts_head"), tuple(rows))
        pairs = sorted(found.pairs, key=lambda pair: -abs(found.pairs[pair].mean))
        shown = tuple((" + ".join(map(self.path, pair)), self.both(name, found.pairs[pair])) for pair in pairs)
        if shown:
            metric = self.writer.metric(name)
            yield Sheet(self.word("pairs", metric=metric), self.head("together_head", unit=self.unit), shown)
        if found.beside:
            yield self._beside(ordered)

    def _beside(self, ordered: Sequence[str]) -> Sheet:
        """Return what the parts bring of what the metric misleads without."""
        found = self.found.beside
        scales = {name: self.writer.in_unit(self.writer.scale(name, difference=True)) for name in found}
        head = [self.head("parts_head")[0], *(self.writer.metric(name) + scales[name] for name in found)]
        rows = [(self.path(part), *(self.both(name, one.parts[part]) for name, one in found.items()))
                for part in ordered]  # fmt: skip
        rows.append((self.word("sum"), *(self.both(name, one.difference) for name, one in found.items())))
        return Sheet(self.word("parts_beside", metric=self.writer.metric(self.found.metric)), tuple(head), tuple(rows))


def _effects(path: str, found: Effects, scale: Scale) -> tuple[str, ...]:
    spread = scale.number(found.spread, found.spread)
    return (path, _shown(found.size, scale), scale.number(found.mean, found.mean, "+"), spread)


def _shown(found: Index, scale: Scale | None = None) -> str:
    """Return a number with its interval."""
    number = (lambda value: f"{value:.2f}".replace("-", "−")) if scale is None else (
        lambda value: scale.number(value, found.value))  # fmt: skip
    ends = found.ci95
    return number(found.value) if ends is None else f"{number(found.value)} ({_span(*map(number, ends))})"


def _per_cent(share: float, ends: Interval | None) -> str:
    return f"{share:.0%}" if ends is None else f"{share:.0%} ({_span(*(f'{end:.0%}' for end in ends))})"


def _span(low: str, high: str) -> str:
    """Return two ends; a dash beside a sign could be read as one."""
    return f"{low} … {high}" if "−" in low + high else f"{low}–{high}"


def _short(text: str) -> str:
    """Return a value of a range with as many digits as people read."""
    number, space, unit = text.partition(" ")
    try:
        return f"{float(number):.4g}{space}{unit}"
    except ValueError:
        return text
