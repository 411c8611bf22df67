"""The ledger: its accounts, its sources, and what was booked.

Every posting is a double entry: it debits an account (what the money was for) and credits a source (whose money it
was) with the same whole number of fen, so that both sides are equal by construction. Wages have the first accounts
(:mod:`twin.mechanisms.payroll`); numbers are never given twice.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Ints
from twin.world.works import FEN_PER_YUAN

WORKS = 5
COMPENSATION = 6
ASKING = 7
TRANSFER = 8  # between owners: nobody is poorer but one of them, so it is no cost
PARK = 9
RECOVERED = 10  # of what had leaked; negative
UPKEEP = 11
CONTRACT = 12  # with a partner, or for what the budget builds by itself
PROGRAMME = 13
SERVICE = 14
RESERVE = 15  # put by, and still there: no cost until it is spent
INSULATION = 16  # of buildings outside of any project
HOME_FITTING = 17
DRAIN_CLEANING = 18
STREETS = 19
BARRIERS = 20
CHILD_CARE = 21
BESIDE_WAGES = (
    WORKS, COMPENSATION, ASKING, PARK, UPKEEP, CONTRACT, PROGRAMME, SERVICE, INSULATION, HOME_FITTING, DRAIN_CLEANING,
    STREETS, BARRIERS, CHILD_CARE,
)  # fmt: skip

SOURCES = ("public", "owners", "donations", "operation")
PUBLIC, OWNERS, DONATIONS, OPERATION = range(len(SOURCES))

_FORM = struct.Struct("<QQqqqqqq")
_SEAL_BYTES = 8


def booked_yuan(world: Any, accounts: Sequence[int], sources: Sequence[int] = range(len(SOURCES))) -> float:
    """Return what was booked on these accounts, out of these sources, in the measuring window [yuan]."""
    first, end = (minute / DAY_MINUTES for minute in world.window)
    postings = world.postings
    counted = (postings.day >= first) & (postings.day < end) & np.isin(postings.account, accounts)
    return float(postings.fen[counted & np.isin(postings.source, sources)].sum()) / FEN_PER_YUAN


def to_fen(yuan: float) -> int:
    """Return a sum of money in whole fen."""
    return round(yuan * FEN_PER_YUAN)


def balances(postings: Any, account: int) -> Ints:
    """Return the balance of one account by source (sources,) [fen]."""
    there = postings.account == account
    found = np.zeros(len(SOURCES), np.int64)
    np.add.at(found, postings.source[there].astype(np.int64), postings.fen[there])
    return found


def sides(postings: Any) -> tuple[dict[int, int], dict[int, int]]:
    """Return the balance of every account that was debited and of every source that was credited [fen].

    Both sides sum to the same, to the fen.
    """
    debited, credited = (
        {int(one): int(postings.fen[column == one].sum()) for one in np.unique(column)}
        for column in (postings.account, postings.source)
    )
    return debited, credited


# -- the chain -------------------------------------------------------------------------------------------


def seal(before: int, posting: Posting) -> int:
    """Return the seal of a posting (64 bits, never 0): a hash of what it says and of the seal before it."""
    digest = hashlib.sha256(_FORM.pack(before, *posting)).digest()
    return int.from_bytes(digest[:_SEAL_BYTES], "little") or 1


def sealed(postings: Sequence[Posting], before: int = 0) -> list[int]:
    """Return the seals of postings in their order, the first after the seal ``before``."""
    seals = []
    for one in postings:
        before = seal(before, one)
        seals.append(before)
    return seals


def broken_at(postings: Sequence[Posting], seals: Sequence[int]) -> int:
    """Return the first row at which postings and seals do not agree, -1 if they do.

    ``seals`` is what was kept outside: whoever holds it sees every posting that was changed, moved, put in or taken
    out, the last ones too.
    """
    found = sealed(postings)
    rows = range(min(len(found), len(seals)))
    first = next((row for row in rows if found[row] != seals[row]), len(rows))
    return -1 if first == len(found) == len(seals) else first


class Posting(NamedTuple):
    """What a posting says: key, day, account, fen, source, project and programme."""

    key: int
    day: int
    account: int
    fen: int
    source: int
    project: int
    programme: int


def rows_of(postings: Any, rows: Ints) -> list[Posting]:
    """Return rows of the table of postings."""
    columns = (postings.key, *(getattr(postings, name) for name in Posting._fields[1:]))
    return [Posting(*(int(column[row]) for column in columns)) for row in rows]


def apportioned(total: int, weights: Sequence[Fraction | int]) -> Ints:
    """Split a whole number of fen by weights (parts,), exactly: the parts sum to it.

    Each part is its exact share or the next whole number below or above; the largest remainders go up, the first of
    equal ones first. All weights 0: nobody pays, which is an error unless the total is 0.
    """
    whole = sum(Fraction(one) for one in weights)
    if not whole:
        if total:
            raise ValueError("nobody to pay")
        return np.zeros(len(weights), np.int64)
    exact = [total * Fraction(one) / whole for one in weights]
    parts = [one.__floor__() for one in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return np.array(parts, np.int64)
