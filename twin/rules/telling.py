"""Explanations and differences for a reader, in English or Chinese, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.errors import Place, Words
from twin.rules.diff import Change, Difference, RulesDiff, Side, at
from twin.rules.explain import Exempted, Explanation, OtherRow, Reason, shown_outputs
from twin.rules.flips import Flip
from twin.rules.model import Span
from twin.rules.regions import said_region

MOST_REGIONS = 5

_KINDS = {
    "table": Words("table", "表"),
    "rule": Words("rule", "规则"),
    "formula": Words("formula", "公式"),
    "parameter": Words("parameter", "参数"),
}
_W: Mapping[str, Words] = {
    "nothing": Words("{name} has nothing to say", "{name} 没有适用的决定"),
    "gap": Words("{name} has no row for this case", "{name} 没有适用于此情形的行"),
    "by": Words("by {row}, {at} ({kind} {name}{since})", "依据 {row}，{at}（{kind} {name}{since}）"),
    "at": Words("{at} ({kind} {name}{since})", "{at}（{kind} {name}{since}）"),
    "since": Words(", in force since {day}", "，自 {day} 起有效"),
    "yes": Words("yes", "成立"),
    "no": Words("no", "不成立"),
    "unknown": Words("not known", "未知"),
    "cell": Words("{name} = {value} ({cell})", "{name} = {value}（{cell}）"),
    "part": Words("{mark}: {name}{value}", "{mark}：{name}{value}"),
    "with": Words("   [{value}]", "   [{value}]"),
    "exception": Words("exception {id}, {at}: {state}", "例外 {id}，{at}：{state}"),
    "holds": Words("holds", "成立"),
    "fails": Words("does not hold", "不成立"),
    "idle": Words("not in force", "未生效"),
    "beaten": Words("holds, but is overridden by {ids}", "成立，但被 {ids} 取代"),
    "not": Words("not row {row} ({at}): {why}", "不是行 {row}（{at}）：{why}"),
    "refuses": Words("{name} = {value} is not `{cell}`", "{name} = {value} 不符合 `{cell}`"),
    "absent": Words("{name} is not given, `{cell}` is wanted", "未给出 {name}，需要 `{cell}`"),
    "later": Words("it matches too, but another row comes first", "也匹配，但另一行在先"),
    "more": Words("... and {count} more rows", "……另有 {count} 行"),
    "step": Words("{name} = {value} <- {formula}", "{name} = {value} <- {formula}"),
    "parameter": Words("{name} = {value}, {at}{since}", "{name} = {value}，{at}{since}"),
    "from": Words(", since {day}", "，自 {day} 起"),
    "nearest": Words("nearest change: {name} {becomes} -> {then}", "最近的改变：{name} {becomes} -> {then}"),
    "fault": Words("error {code}", "错误 {code}"),
    "none": Words("nothing", "无决定"),
    "and": Words("; ", "；"),
    "same": Words("no difference in meaning", "含义没有差别"),
    "reworded": Words("only worded otherwise: {names}", "仅写法不同：{names}"),
    "added": Words("{kind} {name}: added, {at}", "{kind} {name}：新增，{at}"),
    "removed": Words("{kind} {name}: removed, {at}", "{kind} {name}：删除，{at}"),
    "renamed": Words("{kind} {name}: now called {other}, {at}", "{kind} {name}：改名为 {other}，{at}"),
    "changed": Words("{kind} {name}:", "{kind} {name}："),
    "region": Words("when {region}{span}: {old} -> {new}{doubt}", "{region} 时{span}：{old} -> {new}{doubt}"),
    "or": Words(" or ", " 或 "),
    "regions": Words(" or {count} more regions", " 或另外 {count} 处"),
    "sides": Words("before: {old}; after: {new}", "改前：{old}；改后：{new}"),
    "span_from": Words(", from {start} on", "，自 {start} 起"),
    "span_until": Words(", until {end}", "，至 {end} 前"),
    "doubt": Words(" (not proved)", "（未证明）"),
    "example": Words("for example {example}", "例如 {example}"),
    "in force": Words("in force", "有效"),
    "not in force": Words("not in force", "无效"),
    "no row": Words("no row", "没有适用的行"),
    "overlap": Words("rows {ids} match together", "行 {ids} 同时匹配"),
    "conflict": Words("exceptions {ids} disagree", "例外 {ids} 不一致"),
}


def explanation_lines(one: Explanation, lang: str) -> list[str]:
    """Lay an explanation out for a reader of a language."""
    return list(_Teller(lang).explanation(one))


def diff_lines(found: RulesDiff, lang: str) -> list[str]:
    """Lay differences out for a reader of a language."""
    return list(_Teller(lang).diff(found))


class _Teller:
    """Says things in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def say(self, what: str, **values: Any) -> str:
        """Fill the words for something."""
        return _W[what][self.lang].format(**values)

    # -- explanations

    def explanation(self, one: Explanation) -> Iterator[str]:
        """Yield the lines of an explanation."""
        if one.outputs:
            yield f"{one.name} -> " + ", ".join(f"{name} = {value}" for name, value in one.outputs.items())
        else:
            yield self.say("gap" if one.fault else "nothing", name=one.name)
        since = self.say("since", day=one.since) if one.since else ""
        kind = _KINDS[one.kind][self.lang]
        frame = "by" if one.row is not None else "at"
        yield "  " + self.say(frame, row=one.row, at=at(one.place), kind=kind, name=one.name, since=since)
        for reason in one.reasons:
            yield "  " + self.reason(reason)
        for exempted in one.exceptions:
            yield from self.exempted(exempted)
        for step in one.steps:
            yield "  " + self.say("step", name=step.name, value=step.value, formula=step.formula)
        for step in one.parameters:
            day = self.say("from", day=step.formula) if step.formula else ""
            yield "  " + self.say("parameter", name=step.name, value=step.value, at=at(step.place), since=day)
        for row in one.others:
            yield "  " + self.other(row)
        if one.more_rows:
            yield "  " + self.say("more", count=one.more_rows)
        for flip in one.nearest:
            yield "  " + self.flip(flip, one)

    def reason(self, one: Reason) -> str:
        """Say one cell, or one part of a condition."""
        if one.cell:
            return self.say("cell", name=one.name, value=one.value, cell=one.cell)
        mark = self.say("unknown" if one.holds is None else "yes" if one.holds else "no")
        value = self.say("with", value=one.value) if one.value else ""
        return self.say("part", mark=mark, name=one.name, value=value)

    def exempted(self, one: Exempted) -> Iterator[str]:
        """Yield the lines about an exception."""
        state = self.say("holds" if one.holds else "fails" if one.in_force else "idle")
        if one.overridden_by:
            state = self.say("beaten", ids=", ".join(one.overridden_by))
        yield "  " + self.say("exception", id=one.id, at=at(one.place), state=state)
        for reason in one.reasons:
            yield "    " + self.reason(reason)

    def other(self, one: OtherRow) -> str:
        """Say why a row did not decide."""
        if one.why:
            why = self.say("later" if one.why == "later" else "idle")
        else:
            why = self.say("and").join(map(self.refused, one.refused))
        return self.say("not", row=one.row, at=at(one.place), why=why)

    def refused(self, one: Reason) -> str:
        """Say why a cell did not accept its value."""
        return self.say("absent" if one.holds is None else "refuses", name=one.name, value=one.value, cell=one.cell)

    def flip(self, one: Flip, of: Explanation) -> str:
        """Say the smallest change of an input that alters the outcome."""
        if one.decision is None:
            then = self.say("fault", code=one.fault)
        else:
            outputs = shown_outputs(one.decision, of.kinds)
            then = ", ".join(f"{name} = {value}" for name, value in outputs.items()) or self.say("none")
            place = one.place
            then += f" ({one.row}, {at(place)})" if place is not None and one.row is not None else ""
        plain = one.becomes.startswith(("<", ">"))
        return self.say("nearest", name=one.name, becomes=one.becomes if plain else f"= {one.becomes}", then=then)

    # -- differences

    def diff(self, found: RulesDiff) -> Iterator[str]:
        """Yield the lines of a comparison."""
        if not found.changes:
            yield self.say("same")
        for change in found.changes:
            kind = _KINDS[change.kind][self.lang]
            yield self.say(change.how, kind=kind, name=change.name, at=at(change.place), other=change.other)
            for one in change.differences:
                yield from self.difference(change, one)
        if found.reworded:
            yield self.say("reworded", names=", ".join(found.reworded))

    def difference(self, change: Change, one: Difference) -> Iterator[str]:
        """Yield the lines about one difference."""
        doubt = "" if one.proved else self.say("doubt")
        span, regions = self.span(one.span), self.regions(one)
        old, new = self.outputs(one.old), self.outputs(one.new)
        yield "  " + self.say("region", region=regions, span=span, old=old, new=new, doubt=doubt)
        if one.example:
            example = ", ".join(f"{name} = {value}" for name, value in one.example.items())
            yield "    " + self.say("example", example=example)
        yield "    " + self.say("sides", old=_row(one.old.row, one.old.place), new=_row(one.new.row, one.new.place))

    def regions(self, one: Difference) -> str:
        """Say the regions of a difference, the first few."""
        said = self.say("or").join(said_region(region)[self.lang] for region in one.regions[:MOST_REGIONS])
        more = len(one.regions) - MOST_REGIONS
        return said + (self.say("regions", count=more) if more > 0 else "")

    def span(self, span: Span) -> str:
        """Say from when until when."""
        start = self.say("span_from", start=span.start) if span.start else ""
        return start + (self.say("span_until", end=span.end) if span.end else "")

    def outputs(self, side: Side) -> str:
        """Say what one side decides."""
        if side.outputs:
            return ", ".join(f"{name} = {value}" for name, value in side.outputs.items())
        word = {"in force": "in force", "not in force": "not in force", "gap": "no row"}.get(str(side.row))
        if word:
            return self.say(word)
        fault, _, ids = str(side.row or "").partition(": ")
        return self.say(fault, ids=ids) if ids else self.say("none")


def _row(row: str | int | None, place: Place) -> str:
    if not place.file:
        return "-"
    plain = row in (None, "gap", "in force") or ": " in str(row)
    return at(place) if plain else f"{row}, {at(place)}"
