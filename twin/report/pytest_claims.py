"""What planners expect, as pytest sees it: every claim of a ``*.claims.yaml`` is a test, with its file and line.

Not loaded by itself: name it in a ``conftest.py`` (``pytest_plugins = ["twin.report.pytest_claims"]``) or on the
command line (``pytest -p twin.report.pytest_claims outputs/baselines``). What is undecided fails and says so:
a claim that nobody could decide has not been held.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from twin.errors import InputError, render

if TYPE_CHECKING:
    from twin.runs.claims import Claims
    from twin.runs.guard import Finding

SUFFIX = ".claims.yaml"
WIDTH = 120


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take files of claims."""
    return ClaimsFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


class ClaimsFile(pytest.File):
    """A file of claims; its scenario is run once, when the first of them is tested."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its claims; a file that cannot be read is an error of its own."""
        from twin.runs.claims import read_claims

        try:
            claims = read_claims(self.path)
        except InputError as error:
            raise pytest.Collector.CollectError(render(error, "en", WIDTH)) from None
        self.claims: Claims = claims
        for number, claim in enumerate(claims.claims):
            yield ClaimCase.from_parent(self, name=str(claim), number=number)

    @cached_property
    def findings(self) -> list[Finding]:
        """What was found of every claim."""
        from twin.runs.claims import check_claims
        from twin.runs.experiment import Means

        return check_claims(self.claims, Means())


class ClaimCase(pytest.Item):
    """One claim."""

    def __init__(self, *, number: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.number = number

    def runtest(self) -> None:
        """Hold it."""
        from twin.report.guard_text import said

        assert isinstance(self.parent, ClaimsFile)
        finding = self.parent.findings[self.number]
        self.user_properties.append(("found", said(finding)))
        if finding.verdict != "same":
            raise BrokenClaimError(said(finding))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Show a broken claim as one sentence."""
        if isinstance(excinfo.value, InputError):
            return render(excinfo.value, "en", WIDTH)
        return str(excinfo.value) if isinstance(excinfo.value, BrokenClaimError) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the claim stands."""
        assert isinstance(self.parent, ClaimsFile)
        place = self.parent.claims.claims[self.number].place
        return self.path, (place.line if place else 1) - 1, self.name


class BrokenClaimError(AssertionError):
    """A claim that does not hold."""
