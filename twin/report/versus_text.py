"""What two experiments held against each other say, as sentences and sheets in English or Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from twin.errors import Words
from twin.report.sweep_text import Measured, Speaker
from twin.report.text import Sheet
from twin.runs.compare import with_beside

if TYPE_CHECKING:
    from twin.runs.versus import Compared, Pair, Side, Versus

INPUTS_SHOWN = 12
NAMED = 8
_LONGEST_VALUE = 40
_TEXT: Mapping[str, Words] = {
    "title": Words("{first} and {second}", "{first} 与 {second}"),
    "seeds": Words(
        "{n} seeds in common ({low} to {high}); each difference is the second less the first, seed by seed.",
        "共同种子 {n} 个（{low} 至 {high}）；差值均为逐种子的后者减前者。",
    ),
    "fewer": Words(
        "The first ran with {first} seeds, the second with {second}: only those in common are compared.",
        "前者有 {first} 个种子，后者有 {second} 个：只比较共同的种子。",
    ),
    "single": Words("One seed in common says nothing about chance.", "只有一个共同种子，无法区分偶然与必然。"),
    "unpaired": Words(
        "Not compared, since the other side has no such arm: {arms}.", "对方没有此方案，未作比较：{arms}。"
    ),
    "unasked": Words("Not compared, since not asked for: {arms}.", "未要求比较，故未列出：{arms}。"),
    "window": Words(
        "The measured days are not the same: means and shares can be compared, totals cannot.",
        "两者的统计期不同：均值与占比可比，总量不可比。",
    ),
    "program": Words(
        "Two states of the program computed these runs, under the same results version: it promises the same results,"
        " and a difference may still come from the program.",
        "这些运行由两个不同状态的程序算出，结果版本相同：程序承诺结果一致，但差异仍可能来自程序。",
    ),
    "plugins": Words("Mechanisms from outside are not the same.", "两者的外来机制不同。"),
    "equal": Words("No input differs: both would give the same runs.", "没有不同的输入：两者的运行应当相同。"),
    "many": Words(
        "{count} inputs differ; the first {shown} are listed, --json has all.",
        "共有 {count} 项输入不同；此处列出前 {shown} 项，--json 中有全部。",
    ),
    "inputs": Words("What differs in the inputs", "输入有何不同"),
    "inputs_head": Words("where;input;first;second", "范围;输入;前者;后者"),
    "everywhere": Words("all arms", "全部方案"),
    "pair": Words("{first} against {second}", "「{first}」对「{second}」"),
    "pair_head": Words(
        "metric;first;second;difference, 95 % interval;verdict;better in",
        "指标;前者;后者;差值及95%置信区间;结论;更好的次数",
    ),
    "left_out": Words("Cannot be compared ({arms}): {names}.", "无法比较（{arms}）：{names}。"),
    "only_first": Words("only the first has {names}", "仅前者有 {names}"),
    "only_second": Words("only the second has {names}", "仅后者有 {names}"),
    "undefined": Words("{names} undefined in some of the seeds", "{names} 在部分种子中无定义"),
    "nowhere": Words("{names} undefined in all seeds", "{names} 在全部种子中均无定义"),
    "same": Words(
        "{arms}: equal in every metric and seed, to the last bit.", "{arms}：每个指标、每个种子均逐位相同。"
    ),
    "luck": Words(
        "{metric}: {pairs} pairs would do to know the difference to ±{wanted}; with seeds of their own it would take"
        " {independent} runs of each.",
        "{metric}：要把差值精确到 ±{wanted}，配对需 {pairs} 对；若各用独立种子，每方需 {independent} 次运行。",
    ),
    "beyond": Words("more than 100,000", "超过 10 万"),
    "more": Words(
        "{count} more metrics: --all shows them, --json has them.",
        "另有 {count} 个指标：--all 全部显示，--json 中均有。",
    ),
}  # fmt: skip


class VersusWriter(Speaker):
    """Says in one language how two experiments differ."""

    def __init__(self, versus: Versus, lang: str) -> None:
        self.versus = versus
        means = {
            f"{number} {' = '.join(pair)}": {name: getattr(one, side) for name, one in found.items()}
            for pair, found in versus.found.items()
            for number, side in enumerate(("first", "second"), 1)
        }
        super().__init__(Measured(versus.first.scenario, versus.book, means), lang)

    def said(self, key: str, **values: object) -> str:
        """Return a phrase of this module."""
        return _TEXT[key][self.lang].format(**values)

    def title(self) -> str:
        """Return which two are held against each other."""
        return self.said("title", first=self.versus.first.source, second=self.versus.second.source)

    def opening(self) -> list[str]:
        """Return over which seeds, what speaks against it, and what has no partner."""
        versus = self.versus
        told = [self.said("seeds", n=len(versus.seeds), low=versus.seeds[0], high=versus.seeds[-1])]
        counts = len(versus.first.seeds), len(versus.second.seeds)
        if counts != (len(versus.seeds),) * 2:
            told.append(self.said("fewer", first=counts[0], second=counts[1]))
        told += [self.said("single")] if len(versus.seeds) == 1 else []
        told += [self.said(doubt) for doubt in versus.doubts]
        return [*told, *self._unpaired()]

    def _unpaired(self) -> Iterator[str]:
        """Say which arms are not compared: those that only one side has, and those that nobody asked for."""
        versus = self.versus
        alone = list(dict.fromkeys((*versus.unpaired[0], *versus.unpaired[1])))
        both = versus.first.values.keys() & versus.second.values.keys()
        for key, arms in (("unpaired", [arm for arm in alone if arm not in both]),
                          ("unasked", [arm for arm in alone if arm in both])):  # fmt: skip
            if arms:
                yield self.said(key, arms=self._listed(arms))

    def sheets(self, every: bool = False) -> Iterator[Sheet]:
        """Yield what differs in the inputs, then a sheet for each pair of arms."""
        rows = self._input_rows()
        if rows:
            head = tuple(self.said("inputs_head").split(";"))
            yield Sheet(self.said("inputs"), head, tuple(rows[:INPUTS_SHOWN]))
        for pair, found in self.versus.found.items():
            shown = [name for name in found if every or (name in self._asked(pair) and pair not in self._equal)]
            if shown:
                told = tuple(self._row(name, found[name]) for name in shown)
                yield Sheet(self._pair(pair), tuple(self.said("pair_head").split(";")), told)

    def notes(self, every: bool = False) -> list[str]:
        """Return what cannot be compared, what shared luck saved, and what else there is."""
        versus, rows = self.versus, self._input_rows()
        told = [] if rows else [self.said("equal")]
        told += [self.said("many", count=len(rows), shown=INPUTS_SHOWN)] if len(rows) > INPUTS_SHOWN else []
        told += [self.said("same", arms=self._listed(list(map(self._named, self._equal))))] if self._equal else []
        told += [self._not_compared(pair) for pair in versus.pairs if versus.left_out[pair]]
        told += list(self._luck())
        hidden = max(len(found) - len(self._asked(pair)) for pair, found in versus.found.items())
        return told + ([self.said("more", count=hidden)] if hidden and not every else [])

    @cached_property
    def _equal(self) -> list[Pair]:
        """The pairs that gave the same in everything that can be compared."""
        found = self.versus.found.items()
        return [pair for pair, all_ in found
                if all_ and all(one.difference.ci95 == (0.0, 0.0) for one in all_.values())]  # fmt: skip

    def _asked(self, pair: Pair) -> list[str]:
        """The metrics that are shown first: those asked for, else primary ones and those that a scenario shows.

        What one misleads without comes with it.
        """
        versus = self.versus
        shown = (*versus.primary, *versus.first.scenario.shown, *versus.second.scenario.shown)
        asked = versus.metrics or with_beside(shown, versus.book)
        present = [name for name in versus.found[pair] if name in asked]
        return present or list(versus.found[pair])

    def _row(self, name: str, found: Compared) -> tuple[str, ...]:
        scale, writer = self.writer.scale(name), self.writer
        means = (writer.spread(one, scale) for one in (found.first, found.second))
        return (writer.labelled(name), *means, writer.both(name, found.difference), writer.verdict(found.difference),
                self._better_in(name, found))  # fmt: skip

    def _better_in(self, name: str, found: Compared) -> str:
        return self.writer.pairs(name, found.difference)

    def _pair(self, pair: Pair) -> str:
        titles = [_arm_title(side, arm, self.lang)
                  for side, arm in zip((self.versus.first, self.versus.second), pair, strict=True)]  # fmt: skip
        return titles[0] if titles[0] == titles[1] else self.said("pair", first=titles[0], second=titles[1])

    def _input_rows(self) -> list[tuple[str, ...]]:
        """One row an input; what changed in the same way in all pairs is said once."""
        versus = self.versus
        rows = [("", path, *map(_cell, ends)) for path, ends in versus.inputs.items()]
        where: dict[tuple[str, str, str], list[Pair]] = {}
        for pair, changes in versus.changes.items():
            for path, ends in changes.items():
                where.setdefault((path, _cell(ends[0]), _cell(ends[1])), []).append(pair)
        for told, pairs in where.items():
            everywhere = len(pairs) == len(versus.pairs) > 1
            arms = self.said("everywhere") if everywhere else self._listed([self._named(pair) for pair in pairs])
            rows.append((arms, *told))
        return rows

    def _named(self, pair: Pair) -> str:
        return pair[0] if pair[0] == pair[1] else " = ".join(pair)

    def _not_compared(self, pair: Pair) -> str:
        reasons: dict[str, list[str]] = {}
        for name, (why, count) in self.versus.left_out[pair].items():
            nowhere = why == "undefined" and count == len(self.versus.seeds)
            reasons.setdefault("nowhere" if nowhere else why, []).append(name)
        told = [self.said(why, names=self._listed(names)) for why, names in reasons.items()]
        return self.said("left_out", arms=self._named(pair), names=("；" if self.lang == "zh" else "; ").join(told))

    def _luck(self) -> Iterator[str]:
        """Of the first pair, what shared luck saved in its primary outcomes."""
        pair = self.versus.pairs[0]
        for name in (name for name in self.versus.primary if name in self.versus.found[pair]):
            found = self.versus.found[pair][name].luck
            if found is not None and found.ratio is not None:
                yield self.said("luck", **luck_words(self, name, found))

    def _listed(self, words: list[str]) -> str:
        between = "、" if self.lang == "zh" else ", "
        return between.join(words[:NAMED]) + (f" … ({len(words)})" if len(words) > NAMED else "")


def luck_words(speaker: Speaker, name: str, found: Any) -> dict[str, str]:
    """Return what is said of shared luck in one metric."""
    scale = speaker.writer.scale(name, difference=True)
    counts = {key: _TEXT["beyond"][speaker.lang] if count is None else f"{count:,}"
              for key, count in (("pairs", found.pairs), ("independent", found.independent))}  # fmt: skip
    wanted = f"{scale.number(found.wanted, found.wanted)} {speaker.writer.unit(scale)}".strip()
    return {"metric": speaker.writer.metric(name), "wanted": wanted, **counts}


def _arm_title(side: Side, arm: str, lang: str) -> str:
    return side.scenario.arms[arm].title[lang] or arm


def _cell(value: Any) -> str:
    """Return a value of the resolved scenario, in base units, as it fits a cell."""
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
