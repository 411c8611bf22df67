"""Tests of rules as pytest sees them: every entry of a ``*.test.yaml`` is a test, with its file and line.

Not loaded by itself: name it in a ``conftest.py`` (``pytest_plugins = ["twin.testing.pytest_rules"]``) or on the
command line (``pytest -p twin.testing.pytest_rules rules/``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from twin.errors import Complaint, InputError, render, render_findings
from twin.rules.testing import SUFFIX, RuleTest, read_suite, tested_files

if TYPE_CHECKING:
    from twin.rules.vocabulary import Vocabulary

WIDTH = 120


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take test files beside rule files; others that happen to end so are left alone."""
    if not file_path.name.endswith(SUFFIX) or not _stands_beside_rules(file_path):
        return None
    return RuleFile.from_parent(parent, path=file_path)


def _stands_beside_rules(path: Path) -> bool:
    try:
        return all(Path(one).exists() for one in tested_files(path))
    except InputError:
        return path.with_name(path.name.removesuffix(SUFFIX) + ".yaml").exists()


class RuleFile(pytest.File):
    """A file of rule tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its entries; a file that cannot be read is an error of its own."""
        try:
            suite = read_suite(self.path, _vocabulary(), dt.date.today())
            suite.prepare()
        except InputError as error:
            raise pytest.Collector.CollectError(render(error, "en", WIDTH)) from None
        for test in suite.tests:
            yield RuleCase.from_parent(self, name=test.name, test=test)


class RuleCase(pytest.Item):
    """One entry."""

    def __init__(self, *, test: RuleTest, **rest: Any) -> None:
        super().__init__(**rest)
        self.test = test

    def runtest(self) -> None:
        """Run it."""
        outcome = self.test.run()
        if outcome.how is not None:
            self.user_properties.append(("how", outcome.how.en))
        if outcome.fault is not None:
            raise RuleTestError(outcome.fault)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Show a failed test as the command line does: file, line, and what is wrong."""
        if isinstance(excinfo.value, RuleTestError):
            return render_findings([excinfo.value.fault], "en", WIDTH)
        if isinstance(excinfo.value, InputError):
            return render(excinfo.value, "en", WIDTH)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the test stands."""
        return self.path, self.test.place.line - 1, self.name


class RuleTestError(AssertionError):
    """A test of a rule that fails; carries the complaint."""

    def __init__(self, fault: Complaint) -> None:
        super().__init__(fault)
        self.fault = fault


@cache
def _vocabulary() -> Vocabulary:
    from twin.policy.vocabulary import rule_vocabulary
    from twin.scenario.vocabulary import known_blocks

    known = known_blocks()
    return rule_vocabulary(known.blocks, known.metrics)
