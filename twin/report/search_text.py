"""What a policy search says, in sentences and sheets, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report.sweep_text import Measured, Speaker
from twin.report.text import Scale, Sheet
from twin.runs.search import MOST_ON_FRONT

if TYPE_CHECKING:
    from twin.runs.compare import Estimate
    from twin.runs.layout import SweepAxis
    from twin.runs.search import Searched, Setting

_TEXT: Mapping[str, Words] = {
    "title": Words("{title}: search for {arm}", "{title}：为「{arm}」搜索取值"),
    "made": Words(
        "{tried} settings tried with {seeds} seeds ({undefined} undefined); below, {held} seeds that the search has not"
        " seen.",
        "用 {seeds} 个种子试了 {tried} 组取值（{undefined} 组无值）；下表为搜索未见过的 {held} 个种子。",
    ),
    "moved": Words("Moved: {axes}.", "可调：{axes}。"),
    "wanted": Words("Wanted: {goals}.", "目标：{goals}。"),
    "lower": Words("{metric} (lower)", "{metric}（更低）"),
    "higher": Words("{metric} (higher)", "{metric}（更高）"),
    "to": Words("{low} to {high}", "{low} 至 {high}"),
    "values": Words("{path} ({values})", "{path}（{values}）"),
    "comma": Words(", ", "、"),
    "semicolon": Words("; ", "；"),
    "front": Words("The settings shown, by number", "所列取值的编号"),
    "number": Words("setting", "取值"),
    "outcome": Words("{metric}{unit}", "{metric}{unit}"),
    "head": Words("setting;mean;in the search", "取值;均值;搜索时的均值"),
    "difference": Words("difference from as it stands, 95 % interval", "与现状的差值及95%置信区间"),
    "together": Words("difference from as it stands, 95 % together", "与现状的差值及联合95%置信区间"),
    "verdict": Words("verdict", "结论"),
    "beside": Words("Not to be read without: means on the seeds not seen", "须一并阅读：在未见过的种子上的均值"),
    "beside_head": Words("setting", "取值"),
    "stands": Words("as it stands", "现状"),
    "unbeaten": Words("Beaten in everything by none of the others shown", "未被所列其他取值在各项上全面超越"),
    "unbeaten_head": Words("setting;share of resamples", "取值;重抽样占比"),
    "limit_seeds": Words(
        "Searched with {seeds} seeds ({first} to {last}); what is shown was measured with {held} others ({from_} to"
        " {until}), which the search has not seen. “In the search” is the mean that a setting was chosen by: the best"
        " of many look better than they are, and how much they lose on the other seeds was luck.",
        "搜索用 {seeds} 个种子（{first} 至 {last}）；所列结果用搜索未见过的另外 {held} 个种子"
        "（{from_} 至 {until}）衡量。"
        "「搜索时的均值」是选出该组取值的依据：从许多组中选出的最优者看上去好于实际，在另外种子上的落差即为运气。",
    ),
    "limit_tried": Words(
        "{tried} settings were tried, {undefined} of them undefined and left out. The search need not have found the"
        " best there are: more --trials may find better ones.",
        "共试了 {tried} 组取值，其中 {undefined} 组无值而未列入。搜索未必找到了最优取值："
        "增大 --trials 或可找到更好的。",
    ),
    "limit_front": Words(
        "Measured again were those that none beat in the search, at most {most} of them, spread evenly from the best"
        " to the worst in the first metric.",
        "重新衡量的是搜索中未被任何取值全面超越的各组，至多 {most} 组，按第一个指标从优到劣均匀选取。",
    ),
    "limit_rounded": Words(
        "Settings are rounded to {digits} significant digits here; search.json has them as --set takes them.",
        "此处的取值四舍五入到 {digits} 位有效数字；search.json 中为 --set 可直接使用的原文。",
    ),
}
DIGITS = 4
_MOST_DIGITS = 12  # from here on even zeros are left to the exponent


class SearchWriter(Speaker):
    """Says in one language what a search found."""

    def __init__(self, found: Searched, lang: str) -> None:
        self.found = found
        estimates = {str(at): {**one.estimates, **one.beside} for at, one in enumerate(found.settings)}
        super().__init__(Measured(found.scenario, found.book, estimates), lang)

    def title(self) -> str:
        """Return what was searched."""
        return self.said("title", title=self.writer.title(), arm=self.writer.arm(self.found.arm))

    def opening(self) -> list[str]:
        """Return what was tried, and on which seeds the rest stands."""
        found = self.found
        made = self.said("made", tried=found.tried, seeds=len(found.seeds), undefined=found.undefined,
                         held=len(found.held_out))  # fmt: skip
        goals = [self.said(self.better(name), metric=self.writer.metric(name)) for name in found.outcomes]
        axes = [self.said("values", path=axis.path, values=self._reach(axis)) for axis in found.axes]
        return [self.said("wanted", goals=self.said("semicolon").join(goals)),
                self.said("moved", axes=self.said("semicolon").join(axes)), made]  # fmt: skip

    def limits(self) -> list[str]:
        """Return what has to be known to read the numbers rightly."""
        found = self.found
        return [
            self.said("limit_seeds", seeds=len(found.seeds), first=found.seeds[0], last=found.seeds[-1],
                      held=len(found.held_out), from_=found.held_out[0], until=found.held_out[-1]),
            self.said("limit_tried", tried=found.tried, undefined=found.undefined),
            self.said("limit_front", most=MOST_ON_FRONT), self.said("limit_rounded", digits=DIGITS),
        ]  # fmt: skip

    def better(self, name: str) -> str:
        """Return which direction of an outcome is better, as the keys of texts have it."""
        return str(self.found.book[name].better)

    def sheets(self) -> Iterator[Sheet]:
        """Yield the settings, each outcome by setting, what it misleads without, and which settings none beats."""
        if len(self.found.settings) > 1:
            yield self.settings()
        for name in self.found.outcomes:
            yield self.outcome(name)
        names = list(dict.fromkeys(name for one in self.found.settings for name in one.beside))
        if names:
            yield self.beside(names)
        rows = tuple((self.setting(at), f"{one.unbeaten:.0%}") for at, one in enumerate(self.found.settings))
        yield Sheet(self.said("unbeaten"), tuple(self.said("unbeaten_head").split(";")), rows)

    def settings(self) -> Sheet:
        """Return what each number stands for: the values of a setting, axis by axis."""
        rows = tuple((self.setting(at), *(rounded(text.partition("=")[2]) for text in one.sets))
                     for at, one in enumerate(self.found.settings) if one.sets)  # fmt: skip
        return Sheet(self.said("front"), (self.said("number"), *(axis.path for axis in self.found.axes)), rows)

    def outcome(self, name: str) -> Sheet:
        """Return each setting with its mean, and its difference from the arm as it stands."""
        scale = self.writer.scale(name)
        rows = tuple(
            (self.setting(at), self.spread(one.estimates[name], scale), scale.number(
                one.trained[name], one.trained[name], least=one.estimates[name].half_width), *self._changed(name, one))
            for at, one in enumerate(self.found.settings)
        )  # fmt: skip
        told = [one.differences[name] for one in self.found.settings if name in one.differences]
        key = "together" if any(one.together for one in told) else "difference"
        change = self.writer.in_unit(self.writer.scale(name, difference=True))
        head = (*self.said("head").split(";"), self.said(key) + change, self.said("verdict"))
        title = self.said("outcome", metric=self.writer.metric(name), unit=self.writer.in_unit(scale))
        return Sheet(title, head, rows)

    def beside(self, names: Sequence[str]) -> Sheet:
        """Return what the outcomes mislead without, by setting; empty where it is undefined in some seed."""
        scales = {name: self.writer.scale(name) for name in names}
        rows = tuple(
            (self.setting(at), *(self.spread(one.beside[name], scale) if name in one.beside else ""
                                 for name, scale in scales.items()))
            for at, one in enumerate(self.found.settings)
        )  # fmt: skip
        titles = (self.writer.metric(name) + self.writer.in_unit(scale) for name, scale in scales.items())
        return Sheet(self.said("beside"), (self.said("beside_head"), *titles), rows)

    def setting(self, at: int) -> str:
        """Return what a setting is called: its number (:meth:`settings` says what is set), or that nothing is set."""
        return str(at) if self.found.settings[at].sets else self.said("stands")

    def spread(self, found: Estimate, scale: Scale) -> str:
        """Return a mean with its half width, or with the ends of its interval where that is cut, in words."""
        if not found.half_width or not scale.cuts(found):
            return self.writer.spread(found, scale)
        mean, low, high = (scale.number(one, found.mean, least=found.half_width)
                           for one in (found.mean, *scale.ends(found)))  # fmt: skip
        return f"{mean} ({self.said('to', low=low, high=high)})"

    def said(self, key: str, **values: object) -> str:
        """Return a phrase of this module."""
        return _TEXT[key][self.lang].format(**values)

    def _changed(self, name: str, one: Setting) -> tuple[str, str]:
        difference = one.differences.get(name)
        if difference is None:
            return "", ""
        return self.both(name, difference.together or difference), self.writer.verdict(difference)

    def _reach(self, axis: SweepAxis) -> str:
        if axis.span is None:
            return self.said("comma").join(map(rounded, axis.values))
        return self.said("to", low=rounded(axis.at(0.0)), high=rounded(axis.at(1.0)))


def rounded(text: str) -> str:
    """Return a value of a setting, which may have a unit, with as many digits as people read."""
    number, space, unit = text.partition(" ")
    try:
        shown = f"{float(number):.{DIGITS}g}"
    except ValueError:
        return text
    return f"{float(shown):.{_MOST_DIGITS}g}{space}{unit}"
