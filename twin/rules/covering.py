"""The coverage of the tests beside a rule file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from twin.errors import InputError, severity
from twin.rules.cover import Coverage, Tried, covered
from twin.rules.read import read_rules
from twin.rules.testing import SUFFIX, read_suite
from twin.rules.vocabulary import Vocabulary


def covered_by_tests(path: str | Path, vocabulary: Vocabulary, today: dt.date) -> Coverage:
    """Return what the single cases of a test file reach; without such a file, all there is to reach.

    Properties reach nothing: they say what holds, not what was tried. Raises InputError when a file cannot be read.
    """
    path = Path(path)
    if not path.exists():
        return _untested(path, vocabulary, today)
    suite = read_suite(path, vocabulary, today)
    suite.prepare()
    cases = [Tried(test.decider.head.name, test.day, test.given) for test in suite.tests
             if test.decider is not None and not test.is_property]  # fmt: skip
    return covered(suite.rules, cases, today)


def _untested(path: Path, vocabulary: Vocabulary, today: dt.date) -> Coverage:
    reading = read_rules([str(path.with_name(path.name.removesuffix(SUFFIX) + ".yaml"))], vocabulary)
    errors = [one for one in reading.complaints if severity(one) == "error"]
    if errors:
        raise InputError(errors)
    return covered(reading.rules, [], today)
