"""Chained ledgers of a run folder: what its postings say now, held against the heads that its ledger has kept.

The postings lie in ``tables/postings-ARM.parquet``, where everybody can read them and change them; the head of each
run's chain (how many postings, and the seal of the last) lies in the folder's ledger, under the sha256 of the run.
Whoever notes the heads somewhere else need not trust the folder at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from twin.runs.ledgers import Held, stored
from twin.runs.store import file_name, read_parquet, unpack
from twin.world.ledger import Head, Posting, broken_at

_WHOLE = -1


@dataclass(frozen=True)
class Checked:
    """One run's chain: its head, the seal in hexadecimal, and the first posting not to be trusted (-1: none)."""

    arm: str
    seed: int
    length: int
    head: str
    broken_at: int

    @property
    def holds(self) -> bool:
        """Whether every posting is what it was."""
        return self.broken_at == _WHOLE

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return asdict(self)


def checked(held: Held) -> list[Checked]:
    """Return a row for every finished run whose ledger is chained, by arm and seed."""
    return list(_checked(held))


def _checked(held: Held) -> Iterator[Checked]:
    for (arm, seed), _, contents in stored(held.path, sorted(held.done)):
        if "chain" not in contents:
            continue
        kept = unpack(contents["chain"])
        head = Head(int(kept["length"][0]), int(kept["seal"][0]))
        rows = _written(held, arm, seed)
        postings = [Posting(*map(int, one)) for one in zip(*(rows[name] for name in Posting._fields), strict=True)]
        yield Checked(arm, seed, head.length, f"{head.seal:016x}", broken_at(postings, rows["seal"].tolist(), head))


def _written(held: Held, arm: str, seed: int) -> dict[str, Any]:
    """The postings of one run as the folder's file has them now; none where the file is gone or no such table."""
    names = (*Posting._fields, "seal")
    try:
        every = read_parquet(held.path / "tables" / f"postings-{file_name(arm)}.parquet")
    except OSError:
        every = {}
    if not {*names, "seed"} <= every.keys():
        return dict.fromkeys(names, np.empty(0, np.uint64))
    return {name: every[name][every["seed"] == seed] for name in names}
