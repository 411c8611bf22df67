"""``twin rules``: check rule files, decide one case, run the tests beside them, lay tables out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.spoken import SpokenCommand, SpokenGroup, json_option, lang_option, language_of, option, write_section
from twin.errors import InputError, Words, closest

if TYPE_CHECKING:
    from twin.rules.check import Checked
    from twin.rules.cover import Coverage
    from twin.rules.diff import RulesDiff
    from twin.rules.model import RuleSet
    from twin.rules.testing import Suite
    from twin.rules.vocabulary import Vocabulary
    from twin.runs.explaining import Touched

_WORDS: Mapping[str, Words] = {
    "check": Words("check rule files; all findings at once", "检查规则文件，一次列出全部问题"),
    "eval": Words("decide one case by a table, rule or formula", "用一个表、规则或公式决定一种情形"),
    "explain": Words("say why one case is decided so, and what would alter it", "说明一种情形为何如此决定、怎样会改变"),
    "diff": Words("compare two rule sets in meaning", "比较两套规则的含义"),
    "test": Words("run the tests beside rule files", "运行规则文件旁的测试"),
    "cover": Words("what the tests reach, and a test for each miss", "测试覆盖了什么，并为每处遗漏给出测试"),
    "fmt": Words("lay out pipe tables", "排齐竖线表格"),
}
_WELL = Words("{count} files: ok", "{count} 个文件：正确")
_PASSED = Words("{passed} tests passed, {failed} failed", "{passed} 个测试通过，{failed} 个未通过")
_PROPERTIES = Words("property `{name}`: {how}", "性质 `{name}`：{how}")
_TOUCHED = Words(
    "in the run: {tickets} of {of_tickets} tickets come out otherwise ({decisions} of {of_decisions} decisions)",
    "在该运行中：{of_tickets} 张工单中有 {tickets} 张结果改变（{of_decisions} 次决定中有 {decisions} 次）",
)
_AGAIN = Words(
    "not counted: {names}; of rules asked again and again a run records only what they changed: run the scenario anew",
    "未统计：{names}；对反复执行的规则，运行只记录其改变；请用新规则重新运行场景",
)
_UNTOUCHED = Words("in the run: no such rule decided about a ticket", "在该运行中：没有此类规则对工单作出决定")
_LAID_OUT = Words("{file}: laid out", "{file}：已排齐")
_NO_DECISION = Words("{name} has nothing to say", "{name} 没有适用的决定")
_FROM = Words("by {row}, {at}", "依据 {row}，{at}")


class RulesGroup(SpokenGroup):
    """The commands about rules; an unknown one is answered with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args[0] not in self.commands:
            known = tuple(f"rules {name}" for name in self.commands)
            near = closest(args[0], self.commands)
            raise InputError.of("R222", command=f"rules {args[0]}", suggestion=near and f"rules {near}", known=known)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands."""
        rows = [(name, words[language_of(ctx)]) for name, words in _WORDS.items()]
        write_section(ctx, formatter, "commands", rows)


@click.group(cls=RulesGroup, words=Words(
    "Rules of the street office: check, try and test them.", "街道办的规则：检查、试算、测试。"))  # fmt: skip
@lang_option()
def command(lang: str | None) -> None:
    """Hold the commands about rules together; whoever needs the language looks it up."""


def _vocabulary() -> Vocabulary:
    from twin.policy.vocabulary import rule_vocabulary
    from twin.scenario.vocabulary import known_blocks

    known = known_blocks()
    return rule_vocabulary(known.blocks, known.metrics)


def _spoken(lang: str | None) -> console.Language:
    return console.language(lang) if lang else language_of(click.get_current_context())


@command.command(cls=SpokenCommand, name="check", words=_WORDS["check"])
@click.argument("files", nargs=-1, required=True)
@option("--strict", is_flag=True, en="Exit code 1 when there are warnings.", zh="有警告时退出码为 1。")
@json_option()
@lang_option()
def check(files: tuple[str, ...], strict: bool, as_json: bool, lang: str | None) -> None:
    """Check files by themselves and together; exit code 2 with errors, 1 with warnings when --strict."""
    from twin.errors import render_findings
    from twin.rules.check import described

    spoken = _spoken(lang)
    checked = _checked(files)
    if as_json:
        console.say(json.dumps(described(checked, spoken), ensure_ascii=False, allow_nan=False))
    elif checked.findings:
        console.note(render_findings(checked.findings, spoken, console.width()))
    else:
        console.say(_WELL[spoken].format(count=len(checked.rules.files)))
    if checked.errors:
        raise SystemExit(InputError.exit_code)
    if strict and checked.warnings:
        raise SystemExit(1)


def _checked(files: Sequence[str]) -> Checked:
    """Check rule files together, and every overlay with its base."""
    from twin.errors import file_order
    from twin.rules.check import Checked, check_reading
    from twin.rules.model import RuleSet
    from twin.rules.overlay_files import readings

    vocabulary = _vocabulary()
    every = [check_reading(one, vocabulary, files) for one in readings(files, vocabulary)]
    if len(every) == 1:
        return every[0]
    rules = RuleSet(tuple(file for one in every for file in one.rules.files), "")
    return Checked(rules, tuple(file_order([each for one in every for each in one.findings], files)))


@command.command(cls=SpokenCommand, name="eval", words=_WORDS["eval"])
@click.argument("file")
@click.argument("name")
@option("--given", default="{}", metavar="JSON", en="What is given, as JSON; numbers in base units.",
        zh="给定的值（JSON）；数字用基本单位。")  # fmt: skip
@option("--on", "day", metavar="DATE", en="The day of the decision (today).", zh="决定的日期（默认今天）。")
@json_option()
@lang_option()
def evaluate(file: str, name: str, given: str, day: str | None, as_json: bool, lang: str | None) -> None:
    """Decide one case."""
    from twin.rules import evaluate as evaluation
    from twin.rules.overlay_files import read_any

    spoken = _spoken(lang)
    when = _day(day)
    try:
        reading = read_any(file, _vocabulary())
        decision = evaluation.decide(reading, name, given, when)
    except InputError as reason:
        console.fail(reason, spoken)
    if as_json:
        console.say(evaluation.as_json(decision))
        return
    decider = reading.rules.called(name, when)[0]
    lines = evaluation.as_lines(decision, decider) or [_NO_DECISION[spoken].format(name=name)]
    at = f"{decision.place.file}:{decision.place.line}"
    row = decision.row if decision.row is not None else evaluation.kind_of(decider)
    console.say("\n".join([*lines, _FROM[spoken].format(row=row, at=at)]))


def _day(text: str | None) -> dt.date:
    if text is None:
        return dt.date.today()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        reason = Words("a date such as 2025-01-31 is needed", "需要日期，如 2025-01-31")
        raise InputError.of("R224", argument="--on", reason=reason) from None


@command.command(cls=SpokenCommand, name="explain", words=_WORDS["explain"])
@click.argument("file")
@click.argument("name")
@option("--given", default="{}", metavar="JSON", en="What is given, as JSON; numbers in base units.",
        zh="给定的值（JSON）；数字用基本单位。")  # fmt: skip
@option("--on", "day", metavar="DATE", en="The day of the decision (today).", zh="决定的日期（默认今天）。")
@json_option()
@lang_option()
def explain(file: str, name: str, given: str, day: str | None, as_json: bool, lang: str | None) -> None:
    """Explain one decision."""
    from twin.rules.evaluate import sound
    from twin.rules.explain import explained
    from twin.rules.given import given_of_json
    from twin.rules.overlay_files import read_any
    from twin.rules.telling import explanation_lines

    spoken = _spoken(lang)
    try:
        rules = sound(read_any(file, _vocabulary()), name)
        found = explained(rules, name, _day(day), given_of_json(given, rules, name))
    except InputError as reason:
        console.fail(reason, spoken)
    said = json.dumps(found.to_json(), ensure_ascii=False, allow_nan=False)
    console.say(said if as_json else "\n".join(explanation_lines(found, spoken)))


@command.command(cls=SpokenCommand, name="diff", words=_WORDS["diff"])
@click.argument("before")
@click.argument("after")
@option("--run", "run", metavar="RUN", en="Count the tickets of this run folder that would come out otherwise.",
        zh="统计此运行文件夹中结果会改变的工单。")  # fmt: skip
@json_option()
@lang_option()
def diff(before: str, after: str, run: str | None, as_json: bool, lang: str | None) -> None:
    """Compare two rule files, folders or overlays in meaning."""
    from twin.rules.diff import diff as compared
    from twin.rules.evaluate import sound
    from twin.rules.overlay_files import read_any
    from twin.rules.telling import diff_lines

    spoken, vocabulary = _spoken(lang), _vocabulary()
    try:
        old, new = (sound(read_any(file, vocabulary)) for file in (before, after))
        found = compared(old, new)
        touched = None if run is None else _touched(run, old, new, found)
    except InputError as reason:
        console.fail(reason, spoken)
    said = found.to_json() | ({} if touched is None else {"run": touched.to_json()})
    lines = [*diff_lines(found, spoken), *_touched_lines(touched, spoken)]
    console.say(json.dumps(said, ensure_ascii=False, allow_nan=False) if as_json else "\n".join(lines))


def _touched_lines(touched: Touched | None, lang: console.Language) -> list[str]:
    if touched is None:
        return []
    lines = [_TOUCHED[lang].format(**touched.to_json())] if touched.of_decisions else []
    if touched.asked_again:
        lines.append(_AGAIN[lang].format(names=", ".join(touched.asked_again)))
    return lines or [_UNTOUCHED[lang]]


def _touched(run: str, old: RuleSet, new: RuleSet, found: RulesDiff) -> Touched:
    from twin.runs.explaining import touched_in

    names = {one.name for one in found.changes if one.kind != "parameter"}
    return touched_in(Path(run), old, new, names)


@command.command(cls=SpokenCommand, name="test", words=_WORDS["test"])
@click.argument("files", nargs=-1, required=True)
@option("--mutate", is_flag=True, en="Change the rules a little, one thing at a time: each change must fail a test.",
        zh="逐处稍改规则：每次改动都应有测试发现。")  # fmt: skip
@lang_option()
def test(files: tuple[str, ...], mutate: bool, lang: str | None) -> None:
    """Run test files, or those beside rule files; exit code 1 when a test fails, or a mutant survives."""
    from twin.errors import render_findings
    from twin.rules.testing import read_suite

    spoken, vocabulary = _spoken(lang), _vocabulary()
    suites = [read_suite(file, vocabulary, dt.date.today()) for file in _all_beside(files)]
    outcomes = [test.run() for suite in suites for test in suite.tests]
    for suite in suites:
        suite.judge()
    faults = [one.fault for one in outcomes if one.fault is not None]
    if faults:
        console.note(render_findings(faults, spoken, console.width()))
    for one in outcomes:
        if one.how is not None and one.fault is None:
            console.say(_PROPERTIES[spoken].format(name=one.name, how=one.how[spoken]))
    console.say(_PASSED[spoken].format(passed=len(outcomes) - len(faults), failed=len(faults)))
    if faults:
        raise SystemExit(1)
    survived = [suite for suite in suites if mutate and not _mutated(suite, spoken)]
    if survived:
        raise SystemExit(1)


def _all_beside(files: Sequence[str]) -> list[str]:
    """Return the test files that are meant: of a folder those beside its rule files."""
    from twin.rules.overlay_files import expanded_files

    return list(dict.fromkeys(map(_beside, expanded_files(files))))


def _beside(file: str) -> str:
    """Return the test file of a rule file; a test file is its own."""
    from twin.rules.testing import SUFFIX

    return file if file.endswith(SUFFIX) else file.removesuffix(".yaml") + SUFFIX


def _mutated(suite: Suite, spoken: console.Language) -> bool:
    """Say which mutants survive the tests of a file; whether none does."""
    from twin.rules.mutation import mutate, mutation_lines

    found = mutate(suite)
    console.say("\n".join(mutation_lines(found, spoken)))
    return not found.survivors


@command.command(cls=SpokenCommand, name="cover", words=_WORDS["cover"])
@click.argument("files", nargs=-1, required=True)
@option("--fail-under", "least", type=click.IntRange(0, 100), default=0, metavar="N",
        en="Exit code 1 when fewer than N per cent are covered.", zh="覆盖不足百分之 N 时退出码为 1。")  # fmt: skip
@option("--run", "run", metavar="RUN", en="What the decisions of this run folder reach, instead of the tests.",
        zh="统计此运行文件夹中的决定（而非测试）所覆盖的行。")  # fmt: skip
@json_option()
@lang_option()
def cover(files: tuple[str, ...], least: int, run: str | None, as_json: bool, lang: str | None) -> None:
    """Say what the tests beside rule files reach, in whole numbers, with a ready-made test for each miss."""
    from twin.rules.cover import Coverage, coverage_lines
    from twin.rules.covering import covered_by_tests

    spoken, vocabulary = _spoken(lang), _vocabulary()
    try:
        if run is not None:
            every = [_covered_by(run, file, vocabulary) for file in files]
        else:
            every = [covered_by_tests(file, vocabulary, dt.date.today()) for file in _all_beside(files)]
    except InputError as reason:
        console.fail(reason, spoken)
    found = Coverage.of(every)
    said = json.dumps(found.to_json(spoken), ensure_ascii=False, allow_nan=False)
    console.say(said if as_json else "\n".join(coverage_lines(found, spoken)))
    if found.below(least):
        raise SystemExit(1)


def _covered_by(run: str, file: str, vocabulary: Vocabulary) -> Coverage:
    """Return what the decisions of a run reach of a rule file."""
    from twin.policy.orders import about_orders
    from twin.rules.cover import Fired, covered
    from twin.rules.evaluate import sound
    from twin.rules.overlay_files import read_any
    from twin.runs.explaining import fired_in

    rules = about_orders(sound(read_any(file, vocabulary)))
    names = {one.head.name for one in rules.deciders}
    fired = [one for one in fired_in(Path(run)) if one.name in names]
    return covered(rules, fired or [Fired(name, None, 0) for name in names], dt.date.today())


@command.command(cls=SpokenCommand, name="fmt", words=_WORDS["fmt"])
@click.argument("files", nargs=-1, required=True)
@option("--check", "only_check", is_flag=True, en="Write nothing; exit code 1 when a file is not laid out.",
        zh="不写文件；有文件未排齐时退出码为 1。")  # fmt: skip
@lang_option()
def fmt(files: tuple[str, ...], only_check: bool, lang: str | None) -> None:
    """Lay out the pipe tables of rule files in place."""
    from twin.core.marked_yaml import read_text
    from twin.rules.layout import formatted

    spoken, changed = _spoken(lang), []
    for file in files:
        text = read_text(Path(file), name=file)
        laid_out = formatted(text, file)
        if laid_out != text:
            changed.append(file)
            if not only_check:
                Path(file).write_text(laid_out, encoding="utf-8", newline="")
    for file in changed:
        console.say(file if only_check else _LAID_OUT[spoken].format(file=file))
    if changed and only_check:
        raise SystemExit(1)
