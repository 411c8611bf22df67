"""What the office believes about needs: from a prior, from what residents said, or (nobody's case) from the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.columns import Column, Floats, Ints
from twin.world.tables import AGE_GROUPS
from twin.world.works import APP_PROCESSES, DOMAINS, FEN_PER_YUAN, MEETING_PROCESSES, Weights, needs_of

ESTIMATES = ("by_process", "prior", "answers", "true_needs")
WAYS = ("not", "survey", "meeting", "app")
NOT_ASKED, BY_SURVEY, AT_A_MEETING, IN_THE_APP = range(len(WAYS))
_CHILD = AGE_GROUPS.index("child")
_FLOOR_BANDS = (3, 5)  # floors at which the middle and the upper part of a walk-up begin


def stated_columns() -> dict[str, Column]:
    """Return the columns of what residents said that they need."""
    return {
        f"residents.stated_{domain}": Column(np.float32, "1", f"weight of {domain} as the resident told it", np.nan)
        for domain in DOMAINS
    }


def stated_of(world: Any) -> Floats:
    """Return what residents said (residents, domains); NaN where nobody asked."""
    columns = [getattr(world.residents, f"stated_{domain}") for domain in DOMAINS]
    return np.stack(columns, axis=1).astype(np.float64)


def groups_of(age_group: Ints, floor: Ints) -> Ints:
    """Return the group of each resident that the register shows: age group by part of the house."""
    bands = len(_FLOOR_BANDS) + 1
    return age_group.astype(np.int64) * bands + np.searchsorted(_FLOOR_BANDS, floor, side="right")


def groups_count() -> int:
    """Return how many such groups there are."""
    return len(AGE_GROUPS) * (len(_FLOOR_BANDS) + 1)


def from_answers(stated: Floats, group: Ints, prior: Floats, few: float) -> Floats:
    """Return estimated weights (residents, domains): the mean answer of the group, drawn towards that of all.

    ``few`` is how many answers of a group weigh as much as the mean of all groups. That mean counts each group by
    how many residents it has, not by how many answered. Where nobody answered, the prior holds.
    """
    answered = ~np.isnan(stated[:, 0])
    if not answered.any():
        return np.broadcast_to(prior, stated.shape)
    size, asked = (np.bincount(rows, minlength=groups_count()) for rows in (group, group[answered]))
    sums = np.stack([np.bincount(group[answered], column, groups_count()) for column in stated[answered].T], axis=1)
    means = sums / np.maximum(asked, 1)[:, None]
    overall = np.average(means, axis=0, weights=np.where(asked > 0, size, 0))
    drawn = (sums + few * overall) / np.maximum(asked + few, np.finfo(float).tiny)[:, None]
    return np.where(asked[:, None] + few > 0, drawn, overall)[group]


def error_of(estimated: Floats, true: Floats) -> float:
    """Return the root of the mean square, over domains, of the error of the mean weights of some residents."""
    return float(np.sqrt(np.mean(np.square(estimated.mean(axis=0) - true.mean(axis=0)))))


def believed(world: Any, kind: str, prior: Weights, few: float, floor: Ints) -> Floats:
    """Return the need weights that a plan is made on (residents, domains)."""
    if kind == "true_needs":
        return needs_of(world)
    weights = np.asarray(prior, np.float64)
    weights = weights / (weights.sum() or 1.0)
    if kind == "prior":
        return np.broadcast_to(weights, (len(world.residents), len(DOMAINS)))
    return from_answers(stated_of(world), groups_of(world.residents.age_group, floor), weights, few)


def asking_fen(world: Any, survey: Any, process: str) -> int:
    """Return what the survey, the meetings and the app of a decision cost [fen]; ``survey`` are levers.needs_survey.

    Reads residents.age_group.
    """
    grown = int(np.count_nonzero(world.residents.age_group != _CHILD))
    yuan = survey.survey_yuan * min(survey.survey_residents, grown)
    yuan += survey.meetings_yuan * (process in MEETING_PROCESSES) + survey.app_yuan * (process in APP_PROCESSES)
    return round(yuan * FEN_PER_YUAN)
