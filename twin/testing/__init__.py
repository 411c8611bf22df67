"""What a mechanism has to hold to: for the twin's own tests, and for those of mechanisms from outside.

::

    import pytest
    from twin.testing import CHECKS, Subject, cases_of, faults_of
    from street_art.graffiti import graffiti

    SUBJECT = Subject(graffiti)

    @pytest.mark.parametrize("check", CHECKS)
    def test_conformance(check):
        CHECKS[check](SUBJECT)

    @pytest.mark.parametrize("case", cases_of(SUBJECT), ids=lambda case: case.sentence)
    def test_case(case):
        assert not faults_of(SUBJECT, case)

``twin check graffiti`` does the same from the command line. :func:`compare` holds a mechanism to a slow scalar
version of it.
"""

from twin.testing.battery import CHECKS, TITLES, Unfit, faults_of
from twin.testing.reference import Luck, Notebook, compare
from twin.testing.street import Subject, cases_of, everybody, lived, street, subject_of, usual

__all__ = [
    "CHECKS",
    "TITLES",
    "Luck",
    "Notebook",
    "Subject",
    "Unfit",
    "cases_of",
    "compare",
    "everybody",
    "faults_of",
    "lived",
    "street",
    "subject_of",
    "usual",
]
