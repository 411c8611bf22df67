"""Works that improve the conditions of living: the domains, what a work is, and whom it reaches.

A project is a work at a site. What residents need, what is decided, how it is built and what people make of it are
mechanisms; these are the words that they share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from twin.core.columns import Column, Flags, Floats, Ints
from twin.core.parameters import param

Weights = tuple[float, float, float, float, float, float, float, float]  # one for each domain
DOMAINS = ("lift", "parking", "pipes", "insulation", "greenery", "play", "care", "safety")
SCOPES = ("stairwell", "building", "grid", "all")
ACTS = ("absent", "abstain", "against", "favour")
ABSENT, ABSTAIN, AGAINST, FAVOUR = range(len(ACTS))
EVERYWHERE = -1
PROCESSES = ("none", "prior", "council", "app", "hybrid", "council_plus_app")
MEETING_PROCESSES = ("council", "hybrid", "council_plus_app")
APP_PROCESSES = ("app", "hybrid", "council_plus_app")
MODES = ("none", "meeting", "app")
STAYED_AWAY, AT_MEETING, BY_APP = range(len(MODES))
FEN_PER_YUAN = 100


@dataclass(frozen=True)
class Work:
    """One entry of the catalogue: what a work costs, how long it takes, whom it disturbs and what it is good for."""

    domain: str = param("pipes", "", source="mohurd2023", evidence="expert", choices=DOMAINS,
                        doc="domain of living conditions that it improves", zh="改善领域")
    scope: str = param("building", "", source="mohurd2023", evidence="expert", choices=SCOPES,
                       doc="what one project of it covers and whom it reaches", zh="覆盖范围")
    cost_yuan: float = param(100_000.0, "yuan", 1.0, 1e9, source="mohurd2023", evidence="assumed", lever=True,
                             doc="cost of one project", zh="单项造价")
    lead_days: int = param(30, "day", 0, 3650, source="scenario range", evidence="assumed",
                           doc="from consent to the first day on site", zh="前期准备天数")
    duration_days: int = param(30, "day", 1, 3650, source="scenario range", evidence="assumed",
                               doc="days on site if nothing stops the work", zh="施工天数")
    disturbance: float = param(0.3, "1/day", 0.0, 1.0, source="scenario range", evidence="assumed",
                               doc="dose of a day near the site, 0 unnoticed to 1 unbearable", zh="每日施工扰动")
    benefit: float = param(0.4, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                           doc="rise of the domain's quality where it is done", zh="质量提升")
    matter: int = param(9, "1", 1, 9, source="civil_code_278", evidence="published",
                        doc="number of the matter in Art. 278 of the Civil Code", zh="民法典第278条事项序号")


def default_catalogue() -> dict[str, Work]:
    """Return the works that ship with the twin.

    The works on a building of 36 flats sum to about 26,800 yuan a household without the lift, the mean of the national
    programme in 2023; how that sum is split, benefits and disturbance are assumed. A lift costs 600,000 yuan. What is
    done for a grid is sized for some 400 households: a hundred parking spaces at 15,000 yuan, say.
    """
    return {
        "care_station": Work("care", "grid", 1_200_000, 60, 90, 0.2, 0.5, 8),
        "drains": Work("pipes", "building", 90_000, 20, 15, 0.3, 0.2, 5),
        "fire_safety": Work("safety", "building", 120_000, 30, 20, 0.2, 0.4, 5),
        "greenery": Work("greenery", "grid", 900_000, 30, 45, 0.2, 0.4, 9),
        "insulation": Work("insulation", "building", 480_000, 90, 90, 0.5, 0.5, 7),
        "lift": Work("lift", "stairwell", 600_000, 120, 120, 0.6, 0.7, 7),
        "parking": Work("parking", "grid", 1_500_000, 45, 60, 0.3, 0.4, 8),
        "pipes": Work("pipes", "building", 270_000, 60, 60, 0.5, 0.5, 5),
        "play": Work("play", "grid", 600_000, 30, 45, 0.2, 0.5, 8),
        "ramps": Work("care", "stairwell", 8_000, 15, 3, 0.1, 0.15, 9),
    }


def listed(catalogue: Mapping[str, Work]) -> list[Work]:
    """Return the works in the order in which ``projects.work`` counts them: that of their names."""
    return [catalogue[name] for name in sorted(catalogue)]


class Works(NamedTuple):
    """The catalogue as columns (works,), in the order of their names."""

    domain: Ints
    scope: Ints
    cost_fen: Ints
    benefit: Floats
    matter: Ints


def as_columns(catalogue: Mapping[str, Work]) -> Works:
    """Return a catalogue as columns; money in whole fen."""
    works = listed(catalogue)
    return Works(
        np.array([DOMAINS.index(work.domain) for work in works], np.int64),
        np.array([SCOPES.index(work.scope) for work in works], np.int64),
        np.array([round(work.cost_yuan * FEN_PER_YUAN) for work in works], np.int64),
        np.array([work.benefit for work in works], np.float64),
        np.array([work.matter for work in works], np.int64),
    )


class Homes(NamedTuple):
    """Where residents live (residents,): rows of ``flats`` and ``buildings``, stairwells; -1 for nobody's home."""

    flat: Ints
    building: Ints
    stairwell: Ints
    floor: Ints


def homes_of(world: Any) -> Homes:
    """Return where every resident lives; reads residents.household, households.flat and the flats' columns."""
    household = world.residents.household
    flat = _at(world.households.flat, household)
    flats = world.flats
    return Homes(flat, _at(flats.building, flat), _at(flats.stairwell, flat), _at(flats.floor, flat))


def _at(values: Ints, rows: Ints) -> Ints:
    """Return values at rows, -1 where the row is -1."""
    return np.append(values, EVERYWHERE)[rows].astype(np.int64)


def reaches(building: int, stairwell: int, grid: int, homes: Homes, grid_of_resident: Ints) -> Flags:
    """Tell which residents a site reaches: those of its stairwell, else building, else grid; -1 everywhere: all."""
    if stairwell >= 0:
        return homes.stairwell == stairwell
    if building >= 0:
        return homes.building == building
    return grid_of_resident == grid if grid >= 0 else np.ones(len(grid_of_resident), np.bool_)


def need_columns() -> dict[str, Column]:
    """Return the columns of need weights; where no mechanism sets them everybody needs all domains alike."""
    even = 1 / len(DOMAINS)
    return {
        f"residents.need_{domain}": Column(
            np.float32, "1", f"true weight of {domain} among the resident's needs; all domains sum to 1", even, low=0.0
        )
        for domain in DOMAINS
    }


def needs_of(world: Any) -> Floats:
    """Return the true need weights (residents, domains), rows summing to 1; nobody in the office knows them."""
    columns = [getattr(world.residents, f"need_{domain}") for domain in DOMAINS]
    return np.stack(columns, axis=1).astype(np.float64)
