"""What the guard found: for people, for JUnit, for the annotations of a forge."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from twin.errors import Words
from twin.report.text import Sheet
from twin.runs.baselines import BASELINES
from twin.runs.compare import MOST_REPLICATIONS
from twin.runs.guard import EXIT_CODES, Finding, Scatter
from twin.runs.skewed import ENOUGH, POWER

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
    Words("seeds needed", "所需种子数"),
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
_NEEDED = {
    "one": Words("one pair has no interval; at least {count} seeds are needed",
                 "仅一对数据没有区间；至少需要 {count} 个种子"),
    "some": Words("about {count} seeds would decide", "约 {count} 个种子可得出结论"),
    "none": Words("no {most} seeds would decide: the change is too near the margin, or the pairs scatter too much",
                  "{most} 个种子也无法得出结论：变化太接近容差，或配对差异过于分散"),
}  # fmt: skip
_BY = Words("; with the program whose results are accepted: {command}", "；请用结果已被接受的程序运行：{command}")
_PLANNED = Words(
    "{scenario}: scatter of pairs, and seeds that find a drift of twice the margin with power {power}"
    " (build of {build} scenarios)",
    "{scenario}：配对差异的离散程度，以及以 {power} 的功效发现两倍容差漂移所需的种子数（每次构建 {build} 个场景）",
)
_PLAN_HEAD = (
    Words("primary outcome", "主要指标"), Words("mean", "均值"), Words("pairs scatter by", "配对离散"),
    Words("measured on", "测自"), Words("seeds", "种子数"),
)  # fmt: skip
_MEASURED = {
    True: Words("{count} pairs with the older results", "与旧结果的 {count} 对"),
    False: Words("{count} seeds: at most, if nothing is shared", "{count} 个种子：上限，假定毫无共享"),
}
_ONE_SEED = Words(
    "{scenario}: one seed has no scatter, and the tier of equivalence decides nothing; it needs -n {count} or more",
    "{scenario}：单个种子没有离散程度，等效层级无法得出任何结论；需要 -n {count} 以上",
)
_UNDECIDED = Words("{scenario}: {count} undecided; {needed}", "{scenario}：{count} 项尚无定论；{needed}")


def sheet(findings: Sequence[Finding], lang: str) -> Sheet:
    """Return the findings as a table, the worst first, without columns that say nothing."""
    order = list(EXIT_CODES)
    ordered = sorted(findings, key=lambda one: order.index(one.verdict))
    worst = VERDICTS[ordered[0].verdict][lang] if ordered else VERDICTS["same"][lang]
    rows = tuple(
        (one.about, one.scenario, TIERS[one.tier][lang], VERDICTS[one.verdict][lang], _number(one.was),
         _number(one.now), _interval(one), str(one.seeds), _seeds_needed(one))
        for one in ordered
    )  # fmt: skip
    columns = zip((one[lang] for one in _HEAD), *rows, strict=True)
    head, *rows_ = zip(*(one for one in columns if any(one[1:]) or not rows), strict=True)
    return Sheet(_TITLE[lang].format(worst=worst), head, tuple(rows_))


def notes(findings: Sequence[Finding], lang: str) -> list[str]:
    """Return a sentence for each scenario of which more differs than was judged, or of which some is undecided."""
    told = [f"{one.scenario}: {differing(one, lang)}" for one in findings if one.verdict == "changed"]
    short: dict[str, list[Finding]] = {}
    for one in filter(_short, findings):
        short.setdefault(one.scenario, []).append(one)
    for scenario, some in short.items():
        most = max(some, key=lambda one: one.seeds_needed or 0)
        told.append(_UNDECIDED[lang].format(scenario=scenario, count=len(some), needed=needed(most, lang)))
    return told


def needed(one: Finding, lang: str) -> str:
    """Return how many seeds would decide what is undecided, and what gives the baseline as many.

    The old program has to give them: a baseline of the changed one would accept the change.
    """
    if one.seeds_needed is None:
        return _NEEDED["none"][lang].format(most=f"{MOST_REPLICATIONS:,}")
    told = _NEEDED["some" if one.low is not None else "one"][lang].format(count=one.seeds_needed)
    folder = Path(one.file).parent
    elsewhere = "" if folder == BASELINES else f" --baselines {shlex.quote(str(folder))}"
    command = f"twin baseline accept {shlex.quote(one.scenario)} -n {one.seeds_needed}{elsewhere} --reason TEXT"
    return told + _BY[lang].format(command=command)


def _short(one: Finding) -> bool:
    """Claims have as many seeds as their file says: the baseline is not what lacks them."""
    return one.tier == "equivalence" and one.verdict == "undecided"


def _seeds_needed(one: Finding) -> str:
    if not _short(one):
        return ""
    return _many(one.seeds_needed)


def differing(one: Finding, lang: str) -> str:
    """Return how many values have other digits, and which of those not judged moved: the first eight by name."""
    told = _DIFFER[lang].format(count=one.differ)
    if not one.moved:
        return told
    names, more = ("、" if lang == "zh" else ", ").join(one.moved[:_NAMED]), len(one.moved) - _NAMED
    return told + _MOVED[lang].format(names=_MORE[lang].format(names=names, count=more) if more > 0 else names)


def plan(found: Sequence[Scatter], scenario: str, build: int, lang: str) -> Sheet:
    """Return how the pairs of a baseline scatter, and how many seeds it needs for that."""
    rows = tuple(
        (one.about, _number(one.mean), _of_mean(one), _MEASURED[one.paired][lang].format(count=one.count),
         _many(one.seeds))
        for one in found
    )  # fmt: skip
    title = _PLANNED[lang].format(scenario=scenario, power=POWER, build=build)
    return Sheet(title, tuple(one[lang] for one in _PLAN_HEAD), rows)


def one_seed(scenario: str, lang: str) -> str:
    """Return what a baseline of one seed cannot do."""
    return _ONE_SEED[lang].format(scenario=scenario, count=ENOUGH)


def _of_mean(one: Scatter) -> str:
    return f"{one.scatter / abs(one.mean):.2%}" if one.mean else _number(one.scatter)


def _many(seeds: int | None) -> str:
    return str(seeds) if seeds is not None else f"> {MOST_REPLICATIONS}"


def junit(findings: Sequence[Finding]) -> str:
    """Return JUnit XML: drift and missing baselines are failures, what is undecided is an error.

    A skipped case is green in most readers, though nothing was found out; an error is what no verdict came of.
    """
    failed = sum(_LEVELS.get(one.verdict) == "error" for one in findings)
    errors = sum(one.verdict == "undecided" for one in findings)
    counts = {"tests": str(len(findings)), "failures": str(failed), "errors": str(errors), "skipped": "0"}
    suite = Element("testsuite", {"name": "twin check", **counts})
    for one in findings:
        case = SubElement(suite, "testcase", classname=f"{one.tier}.{one.scenario}", name=one.about)
        if one.verdict == "undecided":
            SubElement(case, "error", type="undecided", message=said(one))
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
        return f"{one.scenario} {differing(one, 'en')} ({one.seeds} seeds)"
    change = f", {_number(one.was)} -> {_number(one.now)}" if one.was is not None or one.now is not None else ""
    interval = f", change {_interval(one)}" if one.low is not None else ""
    short = f"; {needed(one, 'en')}" if _short(one) else ""
    return f"{one.scenario} {one.about}: {one.verdict}{change}{interval} ({one.seeds} seeds, {one.tier}){short}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _interval(one: Finding) -> str:
    return "" if one.low is None or one.high is None else f"{one.low:+.4g} .. {one.high:+.4g}"


def _escaped(text: str, data: bool = False) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped if data else escaped.replace(":", "%3A").replace(",", "%2C")
