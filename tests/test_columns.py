"""Tables: declare, grow, look up, and refuse what would be silently wrong."""

from __future__ import annotations

import numpy as np
import pytest

from twin.core.columns import Column, KeyIndex, Table
from twin.errors import AccessError, DeclarationError, RunFailed

TRUST = Column(np.float32, "1", "trust", start=0.5, low=0.0, high=1.0)


def residents(rows: int = 3) -> Table:
    table = Table("residents", {"trust": TRUST, "grid": Column(np.int32, "1", "grid", start=-1)})
    table.append(np.arange(rows, dtype=np.uint64) + 10)
    return table


def test_rows_are_born_with_their_start_values() -> None:
    table = residents()
    table.append(np.array([99], np.uint64), grid=7)
    assert len(table) == 4
    assert table.grid.tolist() == [-1, -1, -1, 7]
    assert table.trust.tolist() == [0.5] * 4
    assert table.key.tolist() == [10, 11, 12, 99]


def test_views_are_read_only_and_see_what_is_written() -> None:
    table = residents()
    with pytest.raises(ValueError, match="read-only"):
        table.trust[0] = 1.0
    view = table.trust
    table.writable("trust")[0] = 0.75
    assert view[0] == 0.75


def test_growing_keeps_old_rows_and_old_views() -> None:
    table = residents(2)
    before = table.key
    for key in range(1000, 1500):
        table.append(np.array([key], np.uint64), grid=key)
    assert before.tolist() == [10, 11]
    assert table.grid[2:].tolist() == list(range(1000, 1500))
    assert table.rows_of(np.array([1499, 10, 5], np.uint64)).tolist() == [501, 0, -1]


def test_a_column_declared_later_has_its_start_value_in_old_and_new_rows() -> None:
    table = residents(2)
    table.declare("worker", Column(np.int32, "1", "row of workers", start=-1))
    table.append(np.array([1], np.uint64))
    assert table.worker.tolist() == [-1, -1, -1]


@pytest.mark.parametrize("taken", ["trust", "key", "append", "columns"])
def test_a_taken_name_cannot_be_declared(taken: str) -> None:
    with pytest.raises(DeclarationError, match="M303"):
        residents().declare(taken, TRUST)


def test_an_unknown_column_is_named_and_the_nearest_proposed() -> None:
    with pytest.raises(AccessError, match=r"residents\.trusst`[\s\S]*did you mean `trust`"):
        residents().trusst  # noqa: B018
    with pytest.raises(AccessError, match="M302"):
        residents().append(np.array([1], np.uint64), mood=1.0)


@pytest.mark.parametrize("keys", [[10], [5, 5]])
def test_a_key_is_used_once(keys: list[int]) -> None:
    with pytest.raises(RunFailed, match="M309"):
        residents().append(np.array(keys, np.uint64))


def test_fractions_do_not_go_into_whole_numbers_nor_numbers_into_yes_and_no() -> None:
    table = residents()
    table.declare("solved", Column(np.bool_, "1", "solved", start=False))
    with pytest.raises(AccessError, match="M311"):
        table.append(np.array([1], np.uint64), grid=0.5)
    with pytest.raises(AccessError, match="M311"):
        table.append(np.array([1], np.uint64), solved=2)
    table.append(np.array([1], np.uint64), trust=1, solved=True)


def test_a_column_has_one_value_a_row() -> None:
    with pytest.raises(AccessError, match="M312"):
        residents().append(np.array([1, 2], np.uint64), grid=[1, 2, 3])


def test_nothing_happens_when_no_rows_are_appended() -> None:
    table = residents()
    table.append(np.empty(0, np.uint64), grid=np.empty(0, np.int32))
    assert len(table) == 3


def test_copies_of_all_columns_do_not_follow_the_table() -> None:
    table = residents()
    copies = table.arrays()
    table.writable("trust")[:] = 0
    assert list(copies) == ["key", "trust", "grid"]
    assert copies["trust"].tolist() == [0.5] * 3


def test_the_key_index_finds_every_row_after_many_unordered_additions() -> None:
    keys = np.arange(1, 5001, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    index, first = KeyIndex(), 0
    for size in (1, 1, 5, 993, 1000, 3000):
        index.add(keys[first : first + size], first)
        first += size
    assert index.rows_of(keys).tolist() == list(range(5000))
    assert index.rows_of(keys + np.uint64(1)).max() == -1
    assert KeyIndex().rows_of(keys[:2]).tolist() == [-1, -1]
