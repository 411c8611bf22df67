"""How a change in living conditions is felt: formulas without a state, so that theory can be held against them.

Gains and losses are counted from what was expected [vanryzin2004, tversky1992]; what is felt of a change fades to a
rest that stays [luhmann2018]; who has less than others envies, who has more is a little ashamed [fehr1999].
"""

from __future__ import annotations

import numpy as np

from twin.core.columns import Floats

LEVELS = 5  # 1 very dissatisfied to 5 very satisfied
MIDDLE_LEVEL = 3
SATISFIED_LEVEL = 4  # the convention: 4 and 5 are satisfied


def valued(surprise: Floats, loss_aversion: float) -> Floats:
    """Return the value of a difference from what was expected: a loss weighs `loss_aversion` times a gain."""
    return np.where(surprise < 0, loss_aversion * surprise, surprise)


def level_at(opinion: Floats, level_width: float) -> Floats:
    """Return the level 1 to 5 in which an opinion falls; 0 is where the third begins."""
    return np.clip(MIDDLE_LEVEL + np.floor(opinion / level_width), 1, LEVELS)


def satisfied(opinion: Floats, level_width: float) -> Floats:
    """Return 1 where an opinion is at level 4 or 5, else 0."""
    return (level_at(opinion, level_width) >= SATISFIED_LEVEL).astype(np.float64)


def disadvantage(own: Floats, reference: Floats, envy: float, guilt: float) -> Floats:
    """Return what inequity takes from the utility of each (Fehr and Schmidt), at least 0 for weights at least 0."""
    return envy * np.maximum(0, reference - own) + guilt * np.maximum(0, own - reference)


def kept_after(years: float, half_life_years: float, lasting_share: float) -> float:
    """Return the share of a jump of happiness that is still felt: r + (1 - r) 2^(-s/h)."""
    return float(lasting_share + (1 - lasting_share) * 2.0 ** (-years / half_life_years))


def jump_needed(rise: float, years: float, half_life_years: float, lasting_share: float) -> float:
    """Return the jump at the beginning that leaves this rise after so many years [points]."""
    return rise / kept_after(years, half_life_years, lasting_share)


def fading_a_day(half_life_days: float) -> float:
    """Return the share of what fades that is gone after a day."""
    return float(1 - 2.0 ** (-1 / half_life_days))
