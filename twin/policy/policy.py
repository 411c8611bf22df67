"""The policy of an arm: its rule sets, read and checked, sorted by what they move."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import Complaint, severity
from twin.policy.levers import LeverRules, lever_rules
from twin.rules.check import check_reading
from twin.rules.model import Node, RuleSet
from twin.rules.read import read_rules
from twin.rules.scope import PARAMETERS
from twin.rules.vocabulary import Vocabulary


@dataclass(frozen=True)
class Policy:
    """Rule sets in force together: `names` as the scenario calls them, `files` with their texts, as they were.

    ``settings`` are the literals that were replaced (``path = value``). ``digest`` tells policies apart by what they
    say.
    """

    names: tuple[str, ...]
    files: Mapping[str, str]
    settings: tuple[str, ...]
    rules: RuleSet
    levers: LeverRules
    digest: str
    vocabulary: Vocabulary


@dataclass(frozen=True)
class Run:
    """The days of a run: the first, and the one after the last, run-on included."""

    start: dt.date
    end: dt.date


def read_policy(
    names: Sequence[str], files: Sequence[Path], shown: Sequence[str], settings: Sequence[tuple[str, str, str]],
    vocabulary: Vocabulary, run: Run,
) -> tuple[Policy | None, list[Complaint]]:  # fmt: skip
    """Read and check rule sets; ``None`` and every complaint where something is wrong with them.

    `settings` are (path, text, where it was written). Findings that forbid nothing are left to ``twin rules check``.
    """
    reading = read_rules(files, vocabulary)
    complaints = [one for one in check_reading(reading, vocabulary, shown).findings if severity(one) == "error"]
    complaints += _rivals(reading.rules)
    if complaints:
        return None, complaints
    levers, complaints = lever_rules(reading.rules, vocabulary, run.start, run.end)
    texts = {str(file): file.read_text(encoding="utf-8") for file in files}
    policy = Policy(tuple(names), texts, (), reading.rules, levers, meaning_of(reading.rules), vocabulary)
    if settings and not complaints:
        return with_settings(policy, settings, run)
    return policy, complaints


def _rivals(rules: RuleSet) -> list[Complaint]:
    """Complain of rule sets that exclude each other by their own words."""
    found = []
    first: dict[str, str] = {}
    for file in rules.files:
        if file.alternative_to and file.alternative_to in first:
            values = {"name": file.set_name or file.path, "other": first[file.alternative_to],
                      "group": file.alternative_to}  # fmt: skip
            found.append(Complaint("S169", file.deciders[0].head.place if file.deciders else None, values))
        first.setdefault(file.alternative_to, file.set_name or file.path)
    return found


def with_settings(
    policy: Policy, settings: Sequence[tuple[str, str, str]], run: Run
) -> tuple[Policy, list[Complaint]]:
    """Return a policy with literals of its rules replaced, checked anew; `settings` are (path, text, where written)."""
    from twin.rules.overlays import setting
    from twin.rules.overlays import with_settings as changed
    from twin.rules.read import Reading

    complaints: list[Complaint] = []
    rules = changed(policy.rules, [setting(*one) for one in settings], complaints.append)
    if not complaints:
        findings = check_reading(Reading(rules, [], _used(rules)), policy.vocabulary).findings
        complaints = [one for one in findings if severity(one) == "error"]
    if complaints:
        return policy, complaints
    levers, complaints = lever_rules(rules, policy.vocabulary, run.start, run.end)
    said = (*policy.settings, *(f"{path} = {text.strip()}" for path, text, _ in settings))
    return dataclasses.replace(
        policy, settings=said, rules=rules, levers=levers, digest=meaning_of(rules)
    ), complaints


def _used(rules: RuleSet) -> set[str]:
    return {PARAMETERS + one.name for one in rules.parameters}


def meaning_of(rules: RuleSet) -> str:
    """Return the sha256 of what rules say, wherever and however it is written."""
    said = sorted(repr(_plain(one)) for one in (*rules.deciders, *rules.parameters))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return a value without places, titles and notes."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if not dataclasses.is_dataclass(value):
        return value
    kept = [one.name for one in dataclasses.fields(value) if one.compare and one.name not in _ONLY_WORDS]
    kind = [_plain(value.kind)] if isinstance(value, Node) else []
    return (type(value).__name__, *kind, *(_plain(getattr(value, name)) for name in kept))


_ONLY_WORDS = ("title", "source", "note", "text", "number", "place")
