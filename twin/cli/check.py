"""``twin check``: hold results to their baselines, or a mechanism to the conformance battery."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.spoken import jobs_option, json_option, lang_option, option, speaking
from twin.errors import InputError, TwinError, Words, headline

if TYPE_CHECKING:
    from twin.testing import Subject

Finding = tuple[str, Words | None]

FAILED = 1
_PASSED = Words("passed ", "通过")
_FAULTY = Words("FAILED ", "未通过")
_TOTAL = Words("{name}: {passed} of {count} checks passed", "{name}：{count} 项检查中 {passed} 项通过")


@speaking(
    "Hold scenarios to their baselines and files of claims to their words (none named: all in outputs/baselines);"
    " or hold a mechanism (its name, file or module) to every check.",
    "用基线核验场景与断言文件（未指定则核验 outputs/baselines 中的全部）；"
    "或用全部检查核验一个机制（名称、文件或模块）。",
)
@click.argument("what", nargs=-1)
@option("--tier", "tiers", type=click.Choice(["exact", "equivalence", "invariants", "claims", "all"]),
        multiple=True, default=("exact",), metavar="TIER",
        en="What scenarios are held to (repeatable): exact (the default), equivalence, invariants, claims, all;"
           " claims that are named are always held.",
        zh="核验层级（可重复）：exact（缺省）、equivalence、invariants、claims、all；"
           "指名的断言文件总会核验。")  # fmt: skip
@option("--baselines", default="outputs/baselines", metavar="FOLDER", en="Where baselines lie.", zh="基线所在文件夹。")
@jobs_option()
@option("--junit", metavar="FILE", en="Also write JUnit XML.", zh="同时写出 JUnit XML。")
@option("--github", is_flag=True, en="Print annotations for GitHub Actions.", zh="输出 GitHub Actions 注释。")
@json_option()
@lang_option()
def command(
    what: tuple[str, ...], tiers: tuple[str, ...], baselines: str, jobs: int, junit: str | None, github: bool,
    as_json: bool, lang: str | None,
) -> None:  # fmt: skip
    """Scenarios and claims are YAML files; everything else names a mechanism."""
    from twin.cli.guarding import guard

    spoken = console.language(lang)
    if len(what) == 1 and not what[0].endswith((".yaml", ".yml")):
        _mechanism(what[0], as_json, spoken)
        return
    guard(what, tiers, baselines, jobs, junit, github, as_json, spoken)


def _mechanism(mechanism: str, as_json: bool, spoken: console.Language) -> None:
    """Print one line a check; the program ends with 1 if one fails."""
    from twin.testing.load import subject_at

    try:
        subject = subject_at(mechanism)
    except InputError as reason:
        console.fail(reason, spoken)
    found = []
    for name, fault in _findings(subject):
        found.append((name, fault))
        if not as_json:
            _tell(name, fault, spoken)
    passed = sum(fault is None for _, fault in found)
    if as_json:
        console.say(json.dumps(_form(subject, found, spoken)))
    else:
        console.note(_TOTAL[spoken].format(name=subject.name, passed=passed, count=len(found)))
    if passed < len(found):
        sys.exit(FAILED)


def _findings(subject: Subject) -> Iterator[Finding]:
    """Yield (check, what is wrong or ``None``), as the checks end."""
    from twin.testing import CHECKS, Unfit

    for name, check in CHECKS.items():
        try:
            check(subject)
        except Unfit as unfit:
            yield name, unfit.words
        except TwinError as error:
            first = error.complaints[0]
            yield name, Words(f"[{first.code}] {headline(first, 'en')}", f"[{first.code}] {headline(first, 'zh')}")
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            yield name, Words(said, said)
        else:
            yield name, None


def _tell(name: str, fault: Words | None, lang: str) -> None:
    from twin.testing import TITLES

    title = TITLES[name][lang]
    console.say(f"{_PASSED[lang]}  {title}" if fault is None else f"{_FAULTY[lang]}  {title}: {fault[lang]}")


def _form(subject: Subject, found: list[Finding], lang: str) -> dict[str, object]:
    checks = [{"check": name, "passed": fault is None, "fault": fault and fault[lang]} for name, fault in found]
    return {"schema": "twin.check/1", "mechanism": subject.name, "checks": checks}
