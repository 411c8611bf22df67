"""The ODD description: complete, generated, fresh; and the patterns that it names."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from twin.cli.odd import command
from twin.core.mechanism import Mechanism
from twin.mechanisms import CATALOGUE
from twin.report.odd import draws_of, flows_of, loop_in, odd, sources_near
from twin.runs.experiment import run_one
from twin.scenario.listing import parameters
from twin.scenario.load import load
from twin.scenario.vocabulary import known_blocks
from twin.world.tables import TABLES

ROOT = Path(__file__).resolve().parent.parent
ELEMENTS = ("1. Purpose and patterns", "2. Entities, state variables, and scales",
            "3. Process overview and scheduling", "4. Design concepts", "5. Initialisation", "6. Input data",
            "7. Submodels")  # fmt: skip
CONCEPTS = ("Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing",
            "Interaction", "Stochasticity", "Collectives", "Observation")  # fmt: skip
LEAST_WORDS = 40


def everybody() -> list[Mechanism]:
    return list(CATALOGUE.own.values())


@pytest.fixture(scope="module")
def page() -> str:
    return odd(everybody(), sources_near())


def section(page: str, heading: str) -> str:
    """Return the text under a heading, up to the next of its rank or higher."""
    start = page.index(f"\n{heading}\n")
    rank = len(heading) - len(heading.lstrip("#"))
    rest = page[start + len(heading) + 2 :]
    end = re.search(rf"^#{{1,{rank}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def test_the_page_is_fresh(page: str) -> None:
    """`make docs` writes it again."""
    assert page.splitlines() == (ROOT / "docs" / "odd.md").read_text("utf-8").splitlines()


def test_the_command_writes_the_page(page: str, tmp_path: Path) -> None:
    assert CliRunner().invoke(command, ["--out", str(tmp_path / "odd.md")]).exit_code == 0
    assert (tmp_path / "odd.md").read_text("utf-8") == page
    assert CliRunner().invoke(command, []).stdout == page
    refused = CliRunner().invoke(command, ["--out", str(tmp_path / "no" / "odd.md"), "--lang", "zh"])
    assert refused.exit_code == 2 and "S130" in refused.stderr


def test_the_seven_elements_are_there_in_their_order(page: str) -> None:
    headings = re.findall(r"^## (\d\. .*)$", page, re.MULTILINE)
    assert tuple(headings) == ELEMENTS
    assert all(len(section(page, f"## {heading}").split()) > LEAST_WORDS for heading in ELEMENTS)


def test_the_eleven_design_concepts_have_something_to_say(page: str) -> None:
    concepts = re.findall(r"^### (.*)$", section(page, "## 4. Design concepts"), re.MULTILINE)
    assert tuple(concepts) == CONCEPTS
    assert all(len(section(page, f"### {concept}").split()) > LEAST_WORDS for concept in CONCEPTS)


def test_human_decisions_are_spoken_of_where_odd_d_asks(page: str) -> None:
    notes = re.findall(r"\*\*ODD\+D, ([a-z ]+)", page)
    assert set(notes) >= {"theoretical and empirical background", "individual decision making", "individual sensing",
                          "heterogeneity"}  # fmt: skip


def test_it_says_model_and_when_it_may_say_shadow(page: str) -> None:
    said = " ".join(page[: page.index("## 1.")].split())
    assert "the product is a model, whatever its name says" in said
    assert "It becomes a **shadow** of one neighbourhood only where somebody assimilates" in said
    assert all(key in page[page.index("## References") :] for key in ("kritzinger2018", "nasem2023"))


def test_everything_declared_is_in_it(page: str) -> None:
    rows = page.splitlines()
    for mechanism in everybody():
        about = section(page, f"### `{mechanism.name}`")
        assert mechanism.card["title"] in about
        assert all(mechanism.card[heading] in about for heading in ("What it does", "Why", "Leaves out"))
        for name, metric in mechanism.metrics.items():
            assert any(row.startswith(f"| `{name}`") and " ".join(metric.doc.split()) in row for row in rows), name
    for row in parameters(known_blocks().blocks):
        graded = f"| {row.spec.evidence} | {row.spec.source} |"
        assert any(line.startswith(f"| `{row.path}`") and graded in line for line in rows), row.path
    for table, columns in TABLES.items():
        about = section(page, next(row for row in rows if row.startswith(f"### `{table}`:")))
        assert all(f"| `{column}` |" in about for column in columns)


def test_every_source_that_is_cited_is_listed(page: str) -> None:
    known = sources_near()
    text, references = page[: page.index("## References")], page[page.index("## References") :]
    cited = {key for keys in re.findall(r"\[([a-z0-9_, ]+)\](?!\()", text) for key in re.split(r",\s*", keys)}
    cited |= {row.spec.source for row in parameters(known_blocks().blocks)}
    assert len(cited & known.keys()) > 25
    assert {key for key in cited & known.keys() if f"**{key}**" not in references} == set()


def test_the_order_of_the_catalogue_does_not_matter(page: str) -> None:
    facts = sorted(odd(everybody()[::-1], sources_near()).splitlines())
    assert facts == sorted(page.splitlines())


def test_a_changed_declaration_changes_the_page(page: str) -> None:
    """Nothing about a mechanism is written by hand."""
    changed = [replace(one, adds=("residents.trust",)) if one.name == "payroll" else one for one in everybody()]
    new = set(odd(changed, sources_near()).splitlines()) - set(page.splitlines())
    assert any(line.startswith("| `payroll` |") and "`residents.trust`" in line for line in new)
    assert any(line.startswith("| `trust` |") and "`payroll`" in line for line in new)
    fewer = odd([one for one in everybody() if one.name != "trust"], sources_near())
    assert "trust_mean" in page and "trust_mean" not in fewer


def test_the_loop_of_service_and_reporting_is_found() -> None:
    loop = loop_in(flows_of(everybody()))
    assert {"desk", "trust", "reporting"} <= set(loop)
    assert not {"measurement", "satisfaction"} & set(loop)


def test_draws_are_read_from_the_source() -> None:
    assert draws_of(CATALOGUE["satisfaction"]) == ["`informed` (yes or no)"]
    assert "`patience` (in the kernel)" in draws_of(CATALOGUE["desk"])
    assert draws_of(CATALOGUE["trust"]) == []


# -- patterns


def test_every_pattern_names_a_test_that_there_is(page: str) -> None:
    tests = {name for file in (ROOT / "tests").glob("test_*.py")
             for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)}  # fmt: skip
    named = re.findall(r"`(test_\w+)`", section(page, "## 1. Purpose and patterns"))
    assert len(named) >= 10
    assert set(named) <= tests


def test_closing_times_are_skewed_and_have_a_weekly_saw_tooth() -> None:
    """Under office hours, what is reported before the weekend waits longest; the long tail lifts the mean."""
    scenario = load(ROOT / "scenarios" / "dispatch.yaml", sets=["hotline.reports_per_day=12 /day"])
    tickets = run_one(scenario, "manual", 1).tables["tickets"]
    hours, day = tickets["hours_to_close"], (tickets["created"] // 1440).astype(int)
    counted = ~np.isnan(hours)
    weekday = (day[counted] + scenario.start.weekday()) % 7
    by_weekday = np.array([hours[counted][weekday == one].mean() for one in range(7)])
    assert by_weekday.argmax() in (4, 5) and by_weekday.argmin() in (0, 1, 2)
    assert by_weekday[4] > by_weekday[1] + 24
    assert np.mean(hours[counted]) > 1.05 * np.median(hours[counted])
    hands_on = tickets["hands_on"][counted] / 60
    assert np.nanmedian(hands_on) < 0.1 * np.median(hours[counted])
