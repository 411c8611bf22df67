"""Marginals: what is known of a population as a table of shares, the shipped one or the user's own.

A table is a CSV file whose first line names ``dimension``, ``category``, ``share`` (or ``count``) and, if wanted,
``given``; other columns (``source``, ``evidence``) are for the reader. ``given`` is an age band: among those of
that age the shares are so. The shares of one dimension under one ``given`` make a :class:`Statement` and sum to 1.

=================  ====================================  ==================  ==================================
dimension          categories                            ``given``           share of
=================  ====================================  ==================  ==================================
age                bands without a gap: 0-14, 15-64, 65+  –                   residents
sex                female, male                          age                 residents
household_size     1, 2, 3, 4, 5, 6+ without a gap       –                   households
generations        1, 2, 3+                              –                   households
tenure             reform, market, renter                householder's age   households
income             1 (the lowest fifth) to 5             –                   households
digital_skill      none, some, full                      age                 residents
mobility           walks, needs_help, housebound         age                 residents
living_alone       yes, no                               age                 residents
=================  ====================================  ==================  ==================================

``reform`` 房改房 is a flat bought from the work unit, ``market`` 商品房 one bought on the market.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from twin.core.columns import Flags, Floats
from twin.errors import Complaint, InputError, Place, Words, closest, file_order
from twin.world.tables import MOBILITIES, SEXES, TENURES

SHIPPED = ("old_estate",)
OLDEST = 100  # years; who is older counts as this old
AGES = OLDEST + 1
INCOMES = ("1", "2", "3", "4", "5")
DIGITAL_SKILLS = ("none", "some", "full")

MOST_BYTES = 1_000_000
_MOST_OFF = 0.005  # shares that are printed with three digits do not quite sum to 1
_FAULTS_SHOWN = 50
_FAR_OFF = 0.001  # of a share that a fit misses
_NEEDED = ("dimension", "category", "share")
_OPEN_TAIL = 0.85  # of the shipped ages' last, open class: those of an age per one a year younger
_CELL = re.compile(r'("(?:[^"]|"")*"|[^,]*)(?:,|$)')
_RANGE = re.compile(r"(\d{1,3})\s*(?:[-–—~～]\s*(\d{1,3})|(\+)|)")

FIXED: Mapping[str, tuple[str, ...]] = {
    "sex": SEXES,
    "generations": ("1", "2", "3+"),
    "tenure": TENURES,
    "income": INCOMES,
    "digital_skill": DIGITAL_SKILLS,
    "mobility": MOBILITIES,
    "living_alone": ("yes", "no"),
}
RANGES: Mapping[str, int] = {"age": 0, "household_size": 1}  # dimensions of number ranges, and where they begin
DIMENSIONS = ("age", "sex", "household_size", "generations", "tenure", "income", "digital_skill", "mobility",
              "living_alone")  # fmt: skip
GIVEN_AN_AGE = ("sex", "tenure", "digital_skill", "mobility", "living_alone")


class Band(NamedTuple):
    """Whole numbers from ``low`` to ``high``, both included; ``high`` is :data:`OLDEST` or more where it is open."""

    low: int
    high: int

    def mask(self, numbers: int = AGES) -> Flags:
        """Return which of the numbers 0, 1, 2 … lie in it."""
        at = np.arange(numbers)
        return (at >= self.low) & (at <= self.high)

    def __str__(self) -> str:
        if self.high >= OLDEST:
            return f"{self.low}+"
        return f"{self.low}-{self.high}" if self.high > self.low else str(self.low)


EVERYBODY = Band(0, OLDEST)


@dataclass(frozen=True)
class Statement:
    """The shares of one dimension among those of an age: ``categories`` and ``shares`` go together.

    ``places`` are where the shares were written, to be shown if they cannot be met.
    """

    dimension: str
    given: Band
    categories: tuple[str, ...]
    shares: tuple[float, ...]
    places: tuple[Place | None, ...] = ()

    @property
    def bands(self) -> tuple[Band, ...]:
        """The categories as ranges of numbers, for age and household size."""
        return tuple(band for name in self.categories if (band := band_of(name)) is not None)

    def words(self, number: int) -> Words:
        """Name one of its categories: ``sex female (65+)``."""
        among = f" ({self.given})" if self.given != EVERYBODY else ""
        said = f"{self.dimension} {self.categories[number]}{among}"
        return Words(said, said)


@dataclass(frozen=True)
class Marginals:
    """Everything that one table says, in its order; ``digest`` is the SHA-256 of its text."""

    name: str
    digest: str
    statements: tuple[Statement, ...]

    def of(self, dimension: str) -> tuple[Statement, ...]:
        """Return what is said of one dimension."""
        return tuple(one for one in self.statements if one.dimension == dimension)


# -- reading ---------------------------------------------------------------------------------------------


def load_marginals(name_or_path: str) -> Marginals:
    """Read a table: one of :data:`SHIPPED`, or a CSV file in UTF-8.

    Raises :class:`InputError` with every fault at its file, line and column.
    """
    if name_or_path in SHIPPED:
        return _parsed(f"{name_or_path}.csv", resources.files("twin.data").joinpath(f"{name_or_path}.csv").read_bytes())
    try:
        with open(name_or_path, "rb") as file:
            return _parsed(str(name_or_path), file.read(MOST_BYTES))
    except OSError as fault:
        raise InputError.of("D481", file=Path(name_or_path).name, why=fault.strerror) from None


@lru_cache(maxsize=8)
def _parsed(file: str, content: bytes) -> Marginals:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError.of("D481", file=file, why=Words("it is not UTF-8", "不是 UTF-8 编码")) from None
    rows = [row for number, line in enumerate(lines, 1) if (row := _row(file, number, line))]
    _refuse(_faults_of_header(rows))
    names = [cell.text for cell in rows[0]]
    entries, faults = _entries([dict(zip(names, row, strict=False)) for row in rows[1:]], rows[1:], len(names))
    statements, more = _statements(entries, {fault.values.get("dimension") for fault in faults})
    _refuse([*faults, *more])
    return Marginals(Path(file).stem, hashlib.sha256(content).hexdigest(), tuple(statements))


def _refuse(faults: Sequence[Complaint]) -> None:
    if faults:
        raise InputError(file_order(faults)[:_FAULTS_SHOWN])


class Cell(NamedTuple):
    """A cell of the file: what it says, and where."""

    text: str
    place: Place


class Entry(NamedTuple):
    """One line of the table, read."""

    dimension: str
    category: str
    given: Band
    share: float
    counted: bool
    place: Place
    start: Place


def _row(file: str, number: int, line: str) -> list[Cell]:
    """Split a line into cells; an empty line, or a remark after #, has none."""
    if not line.strip(" ,\t") or line.lstrip().startswith("#"):
        return []
    cells = []
    for found in _CELL.finditer(line):
        text = next(csv.reader(io.StringIO(found[1])), [""])[0].strip() if found[1] else ""
        cells.append(Cell(text, Place(file, number, found.start(1) + 1, number, found.end(1) + 1, (line,))))
        if found.end() == len(line) and not found[0].endswith(","):
            break
    return cells


def _faults_of_header(rows: Sequence[Sequence[Cell]]) -> list[Complaint]:
    if not rows:
        return [Complaint("D482", None, {"column": _NEEDED[0], "needed": _NEEDED})]
    names = [cell.text for cell in rows[0]]
    needed = [name for name in _NEEDED if name != "share" or "count" not in names]
    return [Complaint("D482", rows[0][0].place, {"column": name, "needed": _NEEDED, "suggestion": closest(name, names)})
            for name in needed if name not in names]  # fmt: skip


def _entries(
    lines: Sequence[Mapping[str, Cell]], rows: Sequence[Sequence[Cell]], width: int
) -> tuple[list[Entry], list[Complaint]]:
    entries, faults = [], []
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            said = {"found": len(row), "needed": width, "dimension": row[0].text}
            faults.append(Complaint("D483", row[0].place, said))
            continue
        wrong = [Complaint(one.code, one.place, {"dimension": line["dimension"].text, **one.values})
                 for one in _faults_of(line)]  # fmt: skip
        faults += wrong
        if not wrong:
            entries.append(_entry(line))
    return entries, faults


def _faults_of(line: Mapping[str, Cell]) -> Iterator[Complaint]:
    """Yield what is wrong with one line by itself."""
    dimension, category, given, number = (line.get(name) for name in ("dimension", "category", "given", _measure(line)))
    assert dimension and category and number
    if dimension.text not in DIMENSIONS:
        near = closest(dimension.text, DIMENSIONS)
        yield Complaint("D484", dimension.place, {"name": dimension.text, "suggestion": near, "known": DIMENSIONS})
    elif dimension.text in RANGES:
        if band_of(category.text) is None:
            yield Complaint("D486", category.place, {"text": category.text})
    elif category.text not in (known := FIXED[dimension.text]):
        said = {"name": category.text, "dimension": dimension.text, "known": known}
        yield Complaint("D485", category.place, {**said, "suggestion": closest(category.text, known)})
    if given and given.text and band_of(given.text) is None:
        yield Complaint("D486", given.place, {"text": given.text})
    elif given and given.text and dimension.text in DIMENSIONS and dimension.text not in GIVEN_AN_AGE:
        yield Complaint("D487", given.place, {"dimension": dimension.text, "known": GIVEN_AN_AGE})
    if not 0 <= _number(number.text) < math.inf:
        yield Complaint("D488", number.place, {"text": number.text})


def _measure(line: Mapping[str, Cell]) -> str:
    return "share" if "share" in line else "count"


def _number(text: str) -> float:
    """Read a number, or a percentage; NaN where there is none."""
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return math.nan


def band_of(text: str) -> Band | None:
    """Read ``5-9``, ``65+`` or ``3``; ``None`` where it is none of them."""
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        return None
    low = int(found[1])
    high = max(OLDEST, low) if found[3] else int(found[2] or low)
    return Band(low, high) if low <= high else None


def _entry(line: Mapping[str, Cell]) -> Entry:
    measure, given = _measure(line), line.get("given")
    band = band_of(given.text) if given and given.text else EVERYBODY
    number = line[measure]
    return Entry(line["dimension"].text, line["category"].text, band or EVERYBODY, _number(number.text),
                 measure == "count", number.place, line["dimension"].place)  # fmt: skip


# -- what the lines say together -------------------------------------------------------------------------


def _statements(
    entries: Sequence[Entry], spoilt: Collection[object]
) -> tuple[list[Statement], list[Complaint]]:  # fmt: skip
    """Put the lines of each dimension together, and say what is wrong then; ``spoilt`` ones have faults already."""
    blocks: dict[tuple[str, Band], list[Entry]] = {}
    for entry in entries:
        if entry.dimension not in spoilt:
            blocks.setdefault((entry.dimension, entry.given), []).append(entry)
    faults = [fault for block in blocks.values() for fault in _faults_of_block(block)]
    for dimension in dict.fromkeys(name for name, _ in blocks):
        faults += _overlaps(dimension, [(given, block[0]) for (name, given), block in blocks.items()
                                        if name == dimension])  # fmt: skip
    return ([] if faults else [_statement(block) for block in blocks.values()]), faults


def _faults_of_block(block: Sequence[Entry]) -> Iterator[Complaint]:
    """Yield what is wrong with the lines of one dimension under one `given`."""
    first, total = block[0], sum(entry.share for entry in block)
    names = [entry.category for entry in block]
    for number, entry in enumerate(block):
        if entry.category in names[:number]:
            said = {"name": entry.category, "first_place": block[names.index(entry.category)].start}
            yield Complaint("D489", entry.start, said)
    missing = _missing(first.dimension, names)
    if missing is not None:
        yield Complaint("D490", first.start, {"dimension": first.dimension, "missing": missing})
    elif first.counted and not total:
        yield Complaint("D488", first.place, {"text": "0"})
    elif not first.counted and abs(total - 1) > _MOST_OFF:
        among = Words(f" given {first.given}", f"（年龄 {first.given}）") if first.given != EVERYBODY else Words("", "")
        said = {"dimension": first.dimension, "among": among, "total": round(total, 6)}
        yield Complaint("D491", block[-1].place, said)


def _missing(dimension: str, names: Sequence[str]) -> str | None:
    """Return a category that the lines of a dimension leave out, or a number at which two ranges overlap or gape."""
    if dimension not in RANGES:
        return next((name for name in FIXED[dimension] if name not in names), None)
    at = RANGES[dimension]
    for band in sorted(band for name in dict.fromkeys(names) if (band := band_of(name))):
        if band.low != at:
            return str(at)
        at = band.high + 1
    return None if at > OLDEST else f"{at}+"


def _overlaps(dimension: str, given: Sequence[tuple[Band, Entry]]) -> list[Complaint]:
    """Complain of age bands under which a dimension is stated twice; a statement on everybody may stand beside them."""
    bands = sorted((one for one in given if one[0] != EVERYBODY), key=lambda one: one[0])
    return [
        Complaint("D492", entry.start, {"dimension": dimension, "band": str(band), "other": str(before)})
        for (before, _), (band, entry) in pairwise(bands)
        if band.low <= before.high
    ]


def _statement(block: Sequence[Entry]) -> Statement:
    first, total = block[0], sum(entry.share for entry in block)
    if first.dimension in RANGES:
        block = sorted(block, key=lambda entry: band_of(entry.category) or EVERYBODY)
    else:
        block = sorted(block, key=lambda entry: FIXED[first.dimension].index(entry.category))
    return Statement(
        first.dimension, first.given, tuple(entry.category for entry in block),
        tuple(entry.share / total for entry in block), tuple(entry.place for entry in block),
    )  # fmt: skip


def refuse_missed(found: Iterable[tuple[Statement, Floats]]) -> None:
    """Raise D493 for every stated share that is missed; ``found`` says how much there is of each category."""
    faults = []
    for one, sums in found:
        shares = sums / sums.sum() if sums.sum() > 0 else sums
        for number in map(int, np.flatnonzero(np.abs(shares - one.shares) > _FAR_OFF)):
            said = {"what": one.words(number), "wanted": one.shares[number], "found": round(float(shares[number]), 4)}
            faults.append(Complaint("D493", one.places[number] if one.places else None, said))
    _refuse(faults)


def refined(bands: Sequence[Band]) -> list[Band]:
    """Return the bands between all edges of these, from 0 up."""
    edges = sorted({0, AGES, *(band.low for band in bands), *(min(band.high + 1, AGES) for band in bands)})
    return [Band(low, after - 1) for low, after in pairwise(edges)]


# -- ages year by year -----------------------------------------------------------------------------------


@cache
def shipped_ages() -> Floats:
    """Shares of residents by year of age (AGES,) in Shanghai, 2010: the shape inside the bands of any table.

    The source's last class, 84 and over, falls off by a fixed rate a year here (assumed).
    """
    text = resources.files("twin.data").joinpath("china_ages.csv").read_text("utf-8")
    persons = np.array([float(row["persons"]) for row in csv.DictReader(io.StringIO(text))])
    tail = _OPEN_TAIL ** np.arange(AGES - len(persons) + 1)
    ages = np.concatenate((persons[:-1], persons[-1] * tail / tail.sum()))
    return ages / ages.sum()


def within_bands(shape: Floats, bands: Sequence[Band], shares: Sequence[float]) -> Floats:
    """Return shares by year (AGES,) that have these shares in these bands, and the shape inside each."""
    ages = np.zeros(AGES)
    for band, share in zip(bands, shares, strict=True):
        inside = band.mask()
        ages[inside] = shape[inside] * (share / shape[inside].sum())
    return ages
