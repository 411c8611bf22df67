"""The conformance battery, the acceptance cases, and the slow version beside the fast one."""

import pytest
import sample_reference
from twin_sample import sample as module

from twin.core.cases import Case
from twin.core.plugins import mechanism_in
from twin.testing import CHECKS, Subject, cases_of, compare, faults_of

SUBJECT = Subject(mechanism_in(module), lively={"daily_chance": 0.5})


@pytest.mark.parametrize("check", CHECKS)
def test_conformance(check: str) -> None:
    CHECKS[check](SUBJECT)


@pytest.mark.parametrize("case", cases_of(SUBJECT), ids=lambda case: case.sentence)
def test_case(case: Case) -> None:
    assert faults_of(SUBJECT, case) == []


def test_the_slow_version_has_the_same_effects() -> None:
    assert compare(SUBJECT, sample_reference.sample) > 20
