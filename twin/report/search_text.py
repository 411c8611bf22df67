"""What a policy search says, in sentences and sheets, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report.sweep_text import Measured, Speaker
from twin.report.text import Sheet

if TYPE_CHECKING:
    from twin.runs.search import Searched, Setting

_TEXT: Mapping[str, Words] = {
    "title": Words("{title}: search for {arm}", "{title}：为「{arm}」搜索取值"),
    "made": Words(
        "{tried} settings tried with {seeds} seeds ({undefined} undefined); below, {held} seeds that the search has not"
        " seen.",
        "用 {seeds} 个种子试了 {tried} 组取值（{undefined} 组无值）；下表为搜索未见过的 {held} 个种子。",
    ),
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
}


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
        return [self.said("made", tried=found.tried, seeds=len(found.seeds), undefined=found.undefined,
                          held=len(found.held_out))]  # fmt: skip

    def sheets(self) -> Iterator[Sheet]:
        """Yield each outcome by setting, what it misleads without, and which settings none beats."""
        for name in self.found.outcomes:
            yield self.outcome(name)
        names = list(dict.fromkeys(name for one in self.found.settings for name in one.beside))
        if names:
            yield self.beside(names)
        rows = tuple((self.setting(one), f"{one.unbeaten:.0%}") for one in self.found.settings)
        yield Sheet(self.said("unbeaten"), tuple(self.said("unbeaten_head").split(";")), rows)

    def outcome(self, name: str) -> Sheet:
        """Return each setting with its mean, and its difference from the arm as it stands."""
        scale = self.writer.scale(name)
        rows = tuple(
            (self.setting(one), self.writer.spread(one.estimates[name], scale), scale.number(
                one.trained[name], one.trained[name], least=one.estimates[name].half_width), *self._changed(name, one))
            for one in self.found.settings
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
            (self.setting(one), *(self.writer.spread(one.beside[name], scale) if name in one.beside else ""
                                  for name, scale in scales.items()))
            for one in self.found.settings
        )  # fmt: skip
        titles = (self.writer.metric(name) + self.writer.in_unit(scale) for name, scale in scales.items())
        return Sheet(self.said("beside"), (self.said("beside_head"), *titles), rows)

    def setting(self, one: Setting) -> str:
        """Return a setting as ``--set`` takes it."""
        return ", ".join(one.sets) or self.said("stands")

    def said(self, key: str, **values: object) -> str:
        """Return a phrase of this module."""
        return _TEXT[key][self.lang].format(**values)

    def _changed(self, name: str, one: Setting) -> tuple[str, str]:
        difference = one.differences.get(name)
        if difference is None:
            return "", ""
        return self.both(name, difference.together or difference), self.writer.verdict(difference)
