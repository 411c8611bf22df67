"""The ledger: its accounts, its sources, and what was booked.

Every posting is a double entry: it debits an account (what the money was for) and credits a source (whose money it
was) with the same whole number of fen. The books (:func:`entries`) hold the two apart, by period. Wages have the first
accounts (:mod:`twin.mechanisms.payroll`); numbers are never given twice.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from twin.core.clock import DAY_MINUTES, Clock
from twin.core.columns import Flags, Floats, Ints
from twin.world.works import FEN_PER_YUAN

WORKS = 5
COMPENSATION = 6
ASKING = 7
TRANSFER = 8  # between owners, or back from the firm that they pay: nobody is poorer but one of them, so it is no cost
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
MEDIATION = 22  # beside wages: advisers, and the means for meeting online
COUNSELLING = 23
CONVENTION = 24
ACCOUNTS = (
    "workday", "rest_day", "statutory", "overtime", "absence", "works", "compensation", "asking", "transfer", "park",
    "recovered", "upkeep", "contract", "programme", "service", "reserve", "insulation", "home_fitting",
    "drain_cleaning", "streets", "barriers", "child_care", "mediation", "counselling", "convention",
)  # fmt: skip
BESIDE_WAGES = (
    WORKS, COMPENSATION, ASKING, PARK, UPKEEP, CONTRACT, PROGRAMME, SERVICE, INSULATION, HOME_FITTING, DRAIN_CLEANING,
    STREETS, BARRIERS, CHILD_CARE, MEDIATION, COUNSELLING, CONVENTION,
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


def public_fen(postings: Any, accounts: Sequence[int], before_day: int) -> int:
    """Return what the public budget paid on these accounts before a day, less what was paid back [fen]."""
    counted = np.isin(postings.account, accounts) & (postings.source == PUBLIC) & (postings.day < before_day)
    return int(postings.fen[counted].sum())


def to_fen(yuan: float) -> int:
    """Return a sum of money in whole fen."""
    return round(yuan * FEN_PER_YUAN)


def fen_of(yuan: Floats) -> Ints:
    """Return sums of money in whole fen."""
    return np.rint(yuan * FEN_PER_YUAN).astype(np.int64)


def balances(postings: Any, account: int) -> Ints:
    """Return the balance of one account by source (sources,) [fen]."""
    there = postings.account == account
    found = np.zeros(len(SOURCES), np.int64)
    np.add.at(found, postings.source[there].astype(np.int64), postings.fen[there])
    return found


# -- the books -------------------------------------------------------------------------------------------

DEBIT, CREDIT = SIDES = (0, 1)
_MONTHS = 100  # of a period, which is written as year and month: 202503


class Entries(NamedTuple):
    """One line for each side of each posting (entries,): debits name an account, credits a source; fen on that side."""

    posting: Ints
    period: Ints
    side: Ints
    name: Ints
    project: Ints
    programme: Ints
    fen: Ints


def periods(clock: Clock, days: Ints) -> Ints:
    """Return the period of each day: its month, as year x 100 + month."""
    known, place = np.unique(np.asarray(days, np.int64), return_inverse=True)
    months = [(date.year * _MONTHS + date.month) for date in map(clock.date, known)]
    return np.array(months, np.int64)[place]


def entries(postings: Any, clock: Clock) -> Entries:
    """Return the books: the debits of all postings, then their credits."""
    rows = np.arange(len(postings.fen))
    of_both = (rows, periods(clock, postings.day))
    whose = (postings.project.astype(np.int64), postings.programme.astype(np.int64), postings.fen.astype(np.int64))
    debits, credits = (
        (*of_both, np.full(len(rows), side), name.astype(np.int64), *whose)
        for side, name in zip(SIDES, (postings.account, postings.source), strict=True)
    )
    return Entries(*(np.concatenate(pair) for pair in zip(debits, credits, strict=True)))


def unbalanced(books: Entries) -> Ints:
    """Return the postings whose debits and credits differ, in sum or in period, by number."""
    signed = np.where(books.side == DEBIT, books.fen, -books.fen)
    group, place = np.unique(np.stack((books.posting, books.period), axis=1), axis=0, return_inverse=True)
    left = np.zeros(len(group), np.int64)
    np.add.at(left, place.reshape(-1), signed)
    return np.unique(group[left != 0, 0])


def totals(books: Entries, side: int, chosen: Flags | None = None) -> dict[int, int]:
    """Return the balance of every account (DEBIT) or source (CREDIT) in the books, or in some lines of them [fen]."""
    there = (books.side == side) if chosen is None else (books.side == side) & chosen
    return {int(one): int(books.fen[there & (books.name == one)].sum()) for one in np.unique(books.name[there])}


def summed(books: Entries) -> Entries:
    """Return the books by period, side, name, project and programme: one line each; ``posting`` is how many."""
    keys, place = np.unique(np.stack(books[1:-1], axis=1), axis=0, return_inverse=True)
    fen, count = np.zeros(len(keys), np.int64), np.bincount(place.reshape(-1), minlength=len(keys))
    np.add.at(fen, place.reshape(-1), books.fen)
    period, side, name, project, programme = keys.T
    return Entries(count, period, side, name, project, programme, fen)


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


class Head(NamedTuple):
    """What is kept of a chain outside of the books: how many postings it has, and the seal of the last (0: of none)."""

    length: int
    seal: int


def head_of(seals: Sequence[int]) -> Head:
    """Return the head of a chain."""
    return Head(len(seals), seals[-1] if len(seals) else 0)


def broken_at(postings: Sequence[Posting], seals: Sequence[int], head: Head) -> int:
    """Return the first row that cannot be trusted, -1 if all can.

    That is the first at which postings and seals do not agree. Where they do agree the head, kept outside, tells
    whether rows were taken from the end, or put there; or whether the whole was sealed anew, which says 0, since only
    the one who kept more than the head could say where.
    """
    found = sealed(postings)
    rows = range(min(len(found), len(seals)))
    first = next((row for row in rows if found[row] != seals[row]), len(rows))
    if not first == len(found) == len(seals):
        return first
    if len(found) < head.length:
        return len(found)
    kept = found[head.length - 1] if head.length else 0
    if kept != head.seal:
        return 0
    return -1 if len(found) == head.length else head.length


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
