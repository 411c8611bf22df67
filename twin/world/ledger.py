"""The ledger's accounts beyond wages, and what was booked on them.

Wages have the first accounts (:mod:`twin.mechanisms.payroll`); numbers are never given twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.world.works import FEN_PER_YUAN

WORKS = 5
COMPENSATION = 6
ASKING = 7
BESIDE_WAGES = (WORKS, COMPENSATION, ASKING)


def booked_yuan(world: Any, accounts: Sequence[int]) -> float:
    """Return what was booked on these accounts in the measuring window [yuan]."""
    first, end = (minute / DAY_MINUTES for minute in world.window)
    postings = world.postings
    counted = (postings.day >= first) & (postings.day < end) & np.isin(postings.account, accounts)
    return float(postings.fen[counted].sum()) / FEN_PER_YUAN
