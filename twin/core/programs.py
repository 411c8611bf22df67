"""The form in which compiled rules travel: decision tables as bitmaps, expressions as register programs.

Both are plain arrays, so that one kernel, compiled once, serves every rule set: a changed rule costs the building of a
few arrays and no compilation. `twin.rules` writes them; the desk and the policy of a day execute them.

*Bitmaps.* Each input of a table has masks: for every value (or stretch between two cut points) the set of rows whose
cell accepts it. The rows that match are the intersection over the inputs; the lowest is the first.

*Programs.* Registers hold ``float64`` that are exact integers below 2**53, truth as 0 and 1, or NaN for what has no
value (missing, divided by zero): NaN travels through everything but ``and``, ``or`` and a choice that do not need it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Masks = NDArray[np.uint64]

NO_ROW, SEVERAL_ROWS, NOT_ALLOWED = -1, -2, -3
"""Instead of a row: none matches; several do where one may; an input is missing or outside its declared range."""

BLOCK = 8192  # rows worked on at a time: they stay in the processor's cache
_MULTIPLIER = 0x03F79D71B4CB0A89
_LOWEST_BIT = np.zeros(64, np.int64)
for _bit in range(64):
    _LOWEST_BIT[(_MULTIPLIER << _bit & 0xFFFF_FFFF_FFFF_FFFF) >> 58] = _bit


class TableIndex(NamedTuple):
    """A decision table as bitmaps.

    ``inputs`` (inputs, 6) int64: first and last cut, first mask, least listed value, number of listed values (0: the
    input is cut into stretches), whether it may be missing. ``cuts`` are ascending within an input: a value belongs to
    the stretch after the last cut that is not above it. ``masks`` (words, codes): of an input, first the missing value,
    then its stretches or listed values. ``lone`` says that only one row may match.
    """

    inputs: Integers
    cuts: Floats
    masks: Masks
    lone: bool


class Op(IntEnum):
    """What one line of a program does; lines are (op, target, a, b, c)."""

    CONSTANT = 0  # target = constants[a]
    LOAD = 1  # target = values[a]
    ADD = 2
    SUBTRACT = 3
    MULTIPLY = 4
    DIVIDE = 5  # nearest float64 of a / b
    FLOOR = 6  # floor(a / b), exact for exact integers
    LESS = 7
    NOT_ABOVE = 8
    EQUAL = 9
    AND = 10
    OR = 11
    NOT = 12
    CHOOSE = 13  # target = b if a else c
    MISSING = 14
    LEAST = 15
    MOST = 16


class Program(NamedTuple):
    """Lines of a program (lines, 5) int64, its constants, how many registers it needs, and those of its results."""

    lines: Integers
    constants: Floats
    registers: int
    results: Integers


# -- bitmaps


@compiled
def code_of(inputs: Integers, cuts: Floats, j: int, value: float) -> int:
    """Return which mask of input ``j`` stands for a value, -1 if it may not be."""
    first_cut, last_cut, first_mask = inputs[j, 0], inputs[j, 1], inputs[j, 2]
    if value != value:
        return int(first_mask) if inputs[j, 5] else -1
    if inputs[j, 4]:
        place = value - inputs[j, 3]
        if not 0 <= place < inputs[j, 4] or place != math.floor(place):
            return -1
        return int(first_mask) + 1 + int(place)
    low, high = int(first_cut), int(last_cut)
    while low < high:
        middle = (low + high) >> 1
        if cuts[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return int(first_mask) + 1 + low - int(first_cut)


@compiled
def _narrow_listed(column: Any, masks: Masks, low: int, optional: bool, matching: Masks, refused: Any) -> None:
    size = masks.shape[0] - 1
    for i in range(column.shape[0]):
        value = column[i]
        place = int(value) - low if value == value else -1
        if 0 <= place < size and place + low == value:
            matching[i] &= masks[place + 1]
        else:
            matching[i] &= masks[0]
            refused[i] |= not (optional and value != value)


@compiled
def _narrow_cut(column: Any, masks: Masks, cuts: Floats, optional: bool, matching: Masks, refused: Any) -> None:
    n = column.shape[0]
    codes = np.ones(n, np.int32)
    if cuts.shape[0] <= 8:
        for cut in cuts:  # cut by cut, so that the processor takes several values at a time
            for i in range(n):
                codes[i] += cut <= column[i]
    else:
        for i in range(n):
            codes[i] += np.searchsorted(cuts, column[i], side="right")
    for i in range(n):
        value = column[i]
        if value != value:
            matching[i] &= masks[0]
            refused[i] |= not optional
        else:
            matching[i] &= masks[codes[i]]


@compiled
def lowest_bit(word: np.uint64) -> int:
    """Return the place of the lowest set bit of a word that has one."""
    alone = word & (~word + np.uint64(1))
    return int(_LOWEST_BIT[(alone * np.uint64(_MULTIPLIER)) >> np.uint64(58)])


@compiled
def _rows_of_word(matching: Masks, refused: Any, lone: bool, first: int, rows: Any) -> None:
    for i in range(rows.shape[0]):
        word = matching[i]
        if refused[i]:
            rows[i] = NOT_ALLOWED
        elif word and rows[i] != SEVERAL_ROWS:
            several = lone and (rows[i] != NO_ROW or (word & (word - np.uint64(1))) != 0)
            if several:
                rows[i] = SEVERAL_ROWS
            elif rows[i] == NO_ROW:
                rows[i] = first + lowest_bit(word)


@compiled
def first_of(matching: Masks, lone: bool) -> int:
    """Return the first row of a set of rows, or what stands for none or several."""
    for word in range(matching.shape[0]):
        if matching[word]:
            if lone:
                more = (matching[word] & (matching[word] - np.uint64(1))) != 0
                for later in range(word + 1, matching.shape[0]):
                    more = more or matching[later] != 0
                if more:
                    return SEVERAL_ROWS
            return 64 * word + lowest_bit(matching[word])
    return NO_ROW


@compiled
def decide(index: TableIndex, values: Floats, matching: Masks) -> int:
    """Return the row of one set of values (inputs,); ``matching`` (words,) is room to work in."""
    matching[:] = ~np.uint64(0)
    for j in range(index.inputs.shape[0]):
        code = code_of(index.inputs, index.cuts, j, values[j])
        if code < 0:
            return NOT_ALLOWED
        for word in range(matching.shape[0]):
            matching[word] &= index.masks[word, code]
    return first_of(matching, index.lone)


def matches(index: TableIndex, columns: Sequence[NDArray[Any]]) -> tuple[Masks, NDArray[np.bool_]]:
    """Return the rows that match, as words (words, n), and which lines have an input that may not be (n,)."""
    n = len(columns[0])
    matching = np.full((len(index.masks), n), ~np.uint64(0))
    refused = np.zeros(n, np.bool_)
    for start in range(0, n, BLOCK):
        block = slice(start, start + BLOCK)
        for word, found in enumerate(matching):
            _match_word(index, word, [column[block] for column in columns], found[block], refused[block])
    return matching, refused


def rows_of(index: TableIndex, columns: Sequence[NDArray[Any]]) -> NDArray[np.int32]:
    """Return the row of each line of the columns (n,): a row's number from 0, or what stands instead of one.

    `columns` are 1-D arrays of one length, an array an input, of whatever number type they have.
    """
    n = len(columns[0])
    rows = np.full(n, NO_ROW, np.int32)
    matching, refused = np.empty(min(n, BLOCK), np.uint64), np.empty(min(n, BLOCK), np.bool_)
    for start in range(0, n, BLOCK):
        block = slice(start, min(start + BLOCK, n))
        here, columns_here = block.stop - start, [column[block] for column in columns]
        refused[:here] = False
        for word in range(len(index.masks)):
            matching[:here] = ~np.uint64(0)
            _match_word(index, word, columns_here, matching[:here], refused[:here])
            _rows_of_word(matching[:here], refused[:here], index.lone, 64 * word, rows[block])
    return rows


def _match_word(
    index: TableIndex, word: int, columns: Sequence[NDArray[Any]], matching: Masks, refused: NDArray[np.bool_]
) -> None:
    masks = index.masks[word]
    for column, (first_cut, last_cut, first_mask, low, size, optional) in zip(columns, index.inputs, strict=True):
        if size:
            _narrow_listed(column, masks[first_mask : first_mask + 1 + size], low, bool(optional), matching, refused)
        else:
            cuts = index.cuts[first_cut:last_cut]
            last = first_mask + 2 + len(cuts)
            _narrow_cut(column, masks[first_mask:last], cuts, bool(optional), matching, refused)


# -- programs

_CONSTANT, _LOAD = int(Op.CONSTANT), int(Op.LOAD)  # plain integers: what the kernel compares with
_ADD, _SUBTRACT, _MULTIPLY = int(Op.ADD), int(Op.SUBTRACT), int(Op.MULTIPLY)
_FLOOR, _LEAST, _MOST = int(Op.FLOOR), int(Op.LEAST), int(Op.MOST)
_LESS, _NOT_ABOVE, _EQUAL = int(Op.LESS), int(Op.NOT_ABOVE), int(Op.EQUAL)
_AND, _OR, _NOT = int(Op.AND), int(Op.OR), int(Op.NOT)
_CHOOSE, _MISSING = int(Op.CHOOSE), int(Op.MISSING)


@compiled
def exact_floor(a: float, b: float) -> float:
    """Return floor(a / b) of exact integers, NaN when b is 0: the quotient may round up to a whole number."""
    if b == 0.0:
        return math.nan
    whole = float(np.floor(a / b))
    rest = a - whole * b
    if rest != 0.0 and (rest < 0.0) != (b < 0.0):
        return whole - 1.0
    if abs(rest) >= abs(b):
        return whole + 1.0
    return whole


@compiled
def compute(op: int, a: float, b: float, c: float) -> float:
    if op == _AND:
        return 0.0 if a == 0.0 else (a if a != a else b)
    if op == _OR:
        return 1.0 if a == 1.0 else (a if a != a else b)
    if op == _CHOOSE:
        return a if a != a else (b if a == 1.0 else c)
    if op == _MISSING:
        return 1.0 if a != a else 0.0
    if op == _NOT:  # of one value: what stands in the other register is nobody's
        return 1.0 - a
    if a != a or b != b:
        return math.nan
    if op == _ADD:
        return a + b
    if op == _SUBTRACT:
        return a - b
    if op == _MULTIPLY:
        return a * b
    if op == _LESS:
        return 1.0 if a < b else 0.0
    if op == _NOT_ABOVE:
        return 1.0 if a <= b else 0.0
    if op == _EQUAL:
        return 1.0 if a == b else 0.0
    if op == _LEAST:
        return min(a, b)
    if op == _MOST:
        return max(a, b)
    if op == _FLOOR:
        return exact_floor(a, b)
    return a / b if b != 0.0 else math.nan


@compiled
def run_lines(lines: Integers, constants: Floats, values: Floats, registers: Floats) -> None:
    """Run a program on values (inputs, n) in registers (registers, n)."""
    n = values.shape[1]
    for k in range(lines.shape[0]):
        op, target, a, b, c = lines[k, 0], lines[k, 1], lines[k, 2], lines[k, 3], lines[k, 4]
        if op == _CONSTANT:
            for i in range(n):
                registers[target, i] = constants[a]
        elif op == _LOAD:
            for i in range(n):
                registers[target, i] = values[a, i]
        else:
            for i in range(n):
                registers[target, i] = compute(op, registers[a, i], registers[b, i], registers[c, i])


def run(program: Program, columns: Sequence[NDArray[Any]], n: int) -> Floats:
    """Return the results (results, n) of a program on `n` lines of columns, an array an input."""
    found = np.empty((len(program.results), n))
    size = min(n, BLOCK)
    values, registers = np.empty((len(columns), size)), np.empty((program.registers, size))
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        for j, column in enumerate(columns):
            values[j, : stop - start] = column[start:stop]
        run_lines(program.lines, program.constants, values[:, : stop - start], registers[:, : stop - start])
        found[:, start:stop] = registers[program.results, : stop - start]
    return found
