"""Kinds of matter: one row for each category of the scenario."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.core.columns import Ints, Keys
from twin.core.draws import Draw

_ORDINARY = 2  # the class of matters in a world that names no categories


def drawn_category(world: Any, draw: Draw, keys: Keys) -> Ints:
    """Draw a category for each key, in proportion to the shares of ``kinds``."""
    shares = world.kinds.share
    return draw.choice("category", shares, keys) if len(shares) else np.zeros(len(keys), np.int64)


def priority_of(world: Any, category: Ints) -> Ints:
    """Return the class of matters of these categories."""
    classes = world.kinds.priority
    return classes[category] if len(classes) else np.full(len(category), _ORDINARY)
