"""What the guard found: for people, for JUnit, for the annotations of a forge."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from twin.errors import Words
from twin.report.text import Sheet
from twin.runs.guard import EXIT_CODES, Finding

VERDICTS = {
    "same": Words("same", "一致"), "drift": Words("DRIFT", "漂移"),
    "undecided": Words("undecided", "尚无定论"), "changed": Words("other digits", "数字有别"),
    "missing": Words("no baseline", "缺少基线"),
}  # fmt: skip
TIERS = {
    "exact": Words("exact", "逐位"), "equivalence": Words("equivalence", "等效"),
    "invariants": Words("invariants", "不变量"), "claims": Words("claims", "断言"),
}  # fmt: skip
_HEAD = (
    Words("what", "对象"), Words("scenario", "场景"), Words("tier", "层级"), Words("verdict", "结论"),
    Words("was", "原值"), Words("now", "现值"), Words("interval of the change", "变化的区间"), Words("seeds", "种子数"),
)  # fmt: skip
_TITLE = Words("Guard: {worst}", "守护检查：{worst}")
_LEVELS = {"drift": "error", "missing": "error", "undecided": "warning", "changed": "warning"}
_DIFFER = Words(
    "exact: digits differ in {count} values; only primary outcomes were judged",
    "逐位：{count} 个值的数字不同；仅判定了主要指标",
)
_MOVED = Words("; moved by more than their margin: {names}", "；变动超过容差的有：{names}")
_MORE = Words("{names} and {count} more", "{names} 等，另有 {count} 个")
_NAMED = 8


def sheet(findings: Sequence[Finding], lang: str) -> Sheet:
    """Return the findings as a table, the worst first, without columns that say nothing."""
    order = list(EXIT_CODES)
    ordered = sorted(findings, key=lambda one: order.index(one.verdict))
    worst = VERDICTS[ordered[0].verdict][lang] if ordered else VERDICTS["same"][lang]
    rows = tuple(
        (one.about, one.scenario, TIERS[one.tier][lang], VERDICTS[one.verdict][lang], _number(one.was),
         _number(one.now), _interval(one), str(one.seeds))
        for one in ordered
    )  # fmt: skip
    columns = zip((one[lang] for one in _HEAD), *rows, strict=True)
    head, *rows_ = zip(*(one for one in columns if any(one[1:]) or not rows), strict=True)
    return Sheet(_TITLE[lang].format(worst=worst), head, tuple(rows_))


def notes(findings: Sequence[Finding], lang: str) -> list[str]:
    """Return a sentence for each scenario of which more differs than was judged."""
    return [f"{one.scenario}: {differing(one, lang)}" for one in findings if one.verdict == "changed"]


def differing(one: Finding, lang: str, most: int = _NAMED) -> str:
    """Return how many values have other digits, and which of those not judged moved (at most so many names)."""
    told = _DIFFER[lang].format(count=one.differ)
    if not one.moved:
        return told
    names, more = ("、" if lang == "zh" else ", ").join(one.moved[:most]), len(one.moved) - most
    return told + _MOVED[lang].format(names=_MORE[lang].format(names=names, count=more) if more > 0 else names)


def junit(findings: Sequence[Finding]) -> str:
    """Return JUnit XML: drift and missing baselines are failures, what is undecided is skipped."""
    failed = sum(_LEVELS.get(one.verdict) == "error" for one in findings)
    skipped = sum(one.verdict == "undecided" for one in findings)
    counts = {"tests": str(len(findings)), "failures": str(failed), "skipped": str(skipped)}
    suite = Element("testsuite", {"name": "twin check", **counts})
    for one in findings:
        case = SubElement(suite, "testcase", classname=f"{one.tier}.{one.scenario}", name=one.about)
        if one.verdict == "undecided":
            SubElement(case, "skipped", message=f"inconclusive: {said(one)}")
        elif _LEVELS.get(one.verdict) == "error":
            SubElement(case, "failure", type=one.verdict, message=said(one))
        SubElement(case, "system-out").text = said(one)
    indent(suite)
    return tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def annotations_of(findings: Sequence[Finding]) -> list[str]:
    """Return a line of GitHub's workflow commands for everything that is not the same."""
    return [
        f"::{_LEVELS[one.verdict]} file={_escaped(one.file)},line={one.line},"
        f"title={_escaped(f'twin check: {one.verdict}')}::{_escaped(said(one), data=True)}"
        for one in findings
        if one.verdict in _LEVELS
    ]


def said(one: Finding) -> str:
    """Return a finding as a sentence for machines' logs."""
    if one.verdict == "changed":
        return f"{one.scenario} {differing(one, 'en', len(one.moved))} ({one.seeds} seeds)"
    change = f", {_number(one.was)} -> {_number(one.now)}" if one.was is not None or one.now is not None else ""
    interval = f", change {_interval(one)}" if one.low is not None else ""
    return f"{one.scenario} {one.about}: {one.verdict}{change}{interval} ({one.seeds} seeds, {one.tier})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _interval(one: Finding) -> str:
    return "" if one.low is None or one.high is None else f"{one.low:+.4g} .. {one.high:+.4g}"


def _escaped(text: str, data: bool = False) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped if data else escaped.replace(":", "%3A").replace(",", "%2C")
