"""Rules inside the desk: what is decided about an order, at the minute of the event.

A rule book is data: fields to look up, tables as bitmaps, expressions as register programs, and what to do with what
they say. One kernel serves every rule book, so that a changed rule costs no compilation. Whoever writes a rule book
(``twin.policy``) has checked it; what cannot be decided all the same stops the desk, which says which order it was.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from twin.core.compiled import compiled_step
from twin.core.programs import NO_ROW, NOT_ALLOWED, SEVERAL_ROWS, compute, lowest_bit
from twin.desk.layout import Status

DAY_MINUTES = 1440.0
FACT = 100  # a field of this number or more is a column that came with the order
TABLE, PROGRAM = 0, 1


FACTS = ("severity", "is_vulnerable", "resident.age", "resident.lives_alone")
"""Fields that come with an order, in the order of the columns of ``RuleBook.facts``."""


class Moment(IntEnum):
    """When the desk asks the rules about an order."""

    REPORT = 0  # 受理
    DISPATCH = 1  # 派单
    RETURN = 2  # 退单
    LIMIT = 3  # the limit has passed
    MINUTE = 4
    HOUR = 5
    DAY = 6
    DONE = 7  # 办理
    CALL_BACK = 8  # 回访


class Known(IntEnum):
    """What the desk can look up for a rule; the first of them stand in ``RuleBook.today``."""

    DATE = 0
    YEAR = 1
    MONTH = 2
    DAY_OF_MONTH = 3
    WEEKDAY = 4
    HOLIDAY = 5
    HOUR = 6
    BACKLOG = 7
    QUEUE_LENGTH = 8
    IDLE_WORKERS = 9
    CATEGORY = 10
    CHANNEL = 11
    GRID = 12
    PRIORITY = 13
    STATUS = 14
    OPEN_TIME = 15
    WAITING_TIME = 16
    HOPS = 17
    ATTEMPTS = 18
    OVERDUE = 19
    AGAIN = 20
    SLA = 21
    LEVEL = 22
    REACHED = 23
    SINCE_FIRST_REPORT = 24
    FIRST_REPORT_OPEN = 25
    DISTANCE = 26


class Act(IntEnum):
    """What the desk does with a decision."""

    PRIORITY = 0
    URGENT = 1
    SLA = 2
    MERGE = 3
    TEAM = 4
    ESCALATE = 5
    LEVEL = 6
    CALL_BACK = 7
    REOPEN = 8


# plain integers: what the kernel compares with
DATE, HOUR_OF_DAY, BACKLOG = int(Known.DATE), int(Known.HOUR), int(Known.BACKLOG)
QUEUE_LENGTH, IDLE_WORKERS = int(Known.QUEUE_LENGTH), int(Known.IDLE_WORKERS)
FIRST_OF_ORDER, CATEGORY, CHANNEL, GRID = int(Known.CATEGORY), int(Known.CATEGORY), int(Known.CHANNEL), int(Known.GRID)
PRIORITY, STATUS, OPEN_TIME = int(Known.PRIORITY), int(Known.STATUS), int(Known.OPEN_TIME)
WAITING_TIME, HOPS_SO_FAR, ATTEMPTS_SO_FAR = int(Known.WAITING_TIME), int(Known.HOPS), int(Known.ATTEMPTS)
OVERDUE, AGAIN, SLA, LEVEL = int(Known.OVERDUE), int(Known.AGAIN), int(Known.SLA), int(Known.LEVEL)
REACHED, SINCE_FIRST_REPORT = int(Known.REACHED), int(Known.SINCE_FIRST_REPORT)
FIRST_REPORT_OPEN, DONE_STATUS = int(Known.FIRST_REPORT_OPEN), int(Status.DONE)

MOMENT = np.dtype(
    [(name, np.int64) for name in ("load", "load_end", "step", "step_end", "act", "act_end", "slots")], align=True
)
STEP = np.dtype(
    [(name, np.int64) for name in ("kind", "index", "arg", "arg_end", "out", "outs", "row", "pick", "pick_end")],
    align=True,
)
ARG = np.dtype(
    [("slot", np.int64), ("code", np.int64), ("codes", np.int64), ("times", np.float64), ("over", np.float64),
     ("low", np.float64), ("high", np.float64)],
    align=True,
)  # fmt: skip
INDEX = np.dtype(
    [
        (name, np.int64)
        for name in ("input", "input_end", "cut", "mask", "words", "codes", "lone", "otherwise", "value", "rows")
    ],
    align=True,
)
PROG = np.dtype([(name, np.int64) for name in ("line", "line_end", "constant", "result")], align=True)
ACT = np.dtype([("act", np.int64), ("slot", np.int64), ("code", np.int64), ("codes", np.int64)], align=True)
TOLD = np.dtype(
    [
        ("minute", np.float64),
        ("order", np.int32),
        ("step", np.int32),
        ("row", np.int32),
        ("epoch", np.int32),
        ("heard", np.int64),
    ],
    align=True,
)


class RuleBook(NamedTuple):
    """What rules decide about orders; every array may be empty.

    ``moments`` says which ``loads`` (fields), ``steps`` and ``acts`` belong to each moment. The fields, and after them
    what the steps put out, stand on the ``board``, a slot each. A step gathers its ``args`` from the board (as codes:
    through ``codes`` for words, times ``times`` over ``over`` for numbers), runs a table of ``indexes`` or a program of
    ``programs``, and puts its row and its values into its slots; ``picks`` (n, 2) copy values to where nobody of higher
    rank has spoken. ``checks`` (3,) says whether any rule of the run is asked each minute, hour, day. ``today`` holds
    date, year, month, day, weekday, holiday. ``facts`` (orders, columns) came with the orders. ``room``, ``registers``
    and ``matching`` are room to work in.
    """

    moments: Any
    loads: Any
    steps: Any
    args: Any
    codes: Any
    picks: Any
    acts: Any
    indexes: Any
    inputs: Any
    cuts: Any
    masks: Any
    values: Any
    programs: Any
    lines: Any
    constants: Any
    results: Any
    checks: Any
    today: Any
    facts: Any
    board: Any
    room: Any
    registers: Any
    matching: Any


def empty_book() -> RuleBook:
    """Return a rule book that decides nothing."""
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    return RuleBook(
        moments=np.zeros(len(Moment), MOMENT).view(np.recarray), loads=whole, steps=_records(STEP),
        args=_records(ARG), codes=real, picks=np.zeros((0, 2), np.int64), acts=_records(ACT),
        indexes=_records(INDEX), inputs=np.zeros((0, 6), np.int64), cuts=real, masks=np.zeros(0, np.uint64),
        values=real, programs=_records(PROG), lines=np.zeros((0, 5), np.int64), constants=real, results=whole,
        checks=np.zeros(3, np.bool_), today=np.zeros(6), facts=np.zeros((0, 0)), board=real, room=real, registers=real,
        matching=np.zeros(0, np.uint64),
    )  # fmt: skip


def own_copy(book: RuleBook) -> RuleBook:
    """Return a rule book whose working room nobody else uses."""
    room = ("today", "facts", "board", "room", "registers", "matching")
    return book._replace(**{name: getattr(book, name).copy() for name in room})


def _records(dtype: np.dtype[Any], n: int = 0) -> np.recarray:
    return np.zeros(n, dtype).view(np.recarray)


# ---------------------------------------------------------------------------------- in the kernel


@compiled_step
def argument(book, a):
    """Value of an argument as the step wants it; -inf where it may not be."""
    arg = book.args[a]
    value = book.board[arg.slot]
    if np.isnan(value):
        return value
    if arg.codes > 0:
        place = int(value)
        return book.codes[arg.code + place] if 0 <= place < arg.codes else -np.inf
    if arg.times == 0.0:
        return value
    code = np.rint(value * arg.times / arg.over)
    return code if arg.low <= code <= arg.high else -np.inf


@compiled_step
def mask_of(book, index, j, value):
    """Which mask of an input stands for a value, -1 if it may not be."""
    inputs = book.inputs
    first_cut, last_cut, first_mask = inputs[j, 0] + index.cut, inputs[j, 1] + index.cut, inputs[j, 2]
    if np.isnan(value):
        return first_mask if inputs[j, 5] else -1
    if value == -np.inf:
        return -1
    if inputs[j, 4]:
        place = value - inputs[j, 3]
        if not 0 <= place < inputs[j, 4] or place != np.floor(place):
            return -1
        return first_mask + 1 + int(place)
    low, high = first_cut, last_cut
    while low < high:
        middle = (low + high) >> 1
        if book.cuts[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return first_mask + 1 + low - first_cut


@compiled_step
def row_of(book, index, first_arg):
    """Row of a table for the arguments; what stands for none, several, or a value that may not be."""
    for word in range(index.words):
        book.matching[word] = ~np.uint64(0)
    for j in range(index.input, index.input_end):
        code = mask_of(book, index, j, argument(book, first_arg + j - index.input))
        if code < 0:
            return NOT_ALLOWED
        for word in range(index.words):
            book.matching[word] &= book.masks[index.mask + word * index.codes + code]
    row = NO_ROW
    for word in range(index.words):
        rest = book.matching[word]
        if word == index.words - 1 and index.rows < 64 * index.words:
            rest &= (np.uint64(1) << np.uint64(index.rows - 64 * word)) - np.uint64(1)
        if rest != 0:
            if row != NO_ROW or (index.lone and (rest & (rest - np.uint64(1))) != 0):
                return SEVERAL_ROWS
            row = 64 * word + lowest_bit(rest)
            if not index.lone:
                return row
    return row


@compiled_step
def look_in_table(book, step):
    """Put a table's row and values on the board; whether it could be decided."""
    index = book.indexes[step.index]
    row = row_of(book, index, step.arg)
    if row < NO_ROW or (row == NO_ROW and not index.otherwise):
        return False
    book.board[step.out] = row
    line = row if row >= 0 else index.rows
    for i in range(1, step.outs):
        book.board[step.out + i] = book.values[index.value + line * (step.outs - 1) + i - 1]
    return True


@compiled_step
def run_program(book, step):
    """Put a program's results on the board; whether its arguments may be what they are."""
    program = book.programs[step.index]
    for a in range(step.arg, step.arg_end):
        value = argument(book, a)
        if value == -np.inf:
            if step.row >= 0:
                return False
            value = np.nan  # counts only if the row that needs it is hit
        book.room[a - step.arg] = value
    for k in range(program.line, program.line_end):
        op, target, a = book.lines[k, 0], book.lines[k, 1], book.lines[k, 2]
        if op == 0:
            book.registers[target] = book.constants[program.constant + a]
        elif op == 1:
            book.registers[target] = book.room[a]
        else:
            b, c = book.lines[k, 3], book.lines[k, 4]
            book.registers[target] = compute(op, book.registers[a], book.registers[b], book.registers[c])
    for i in range(step.outs):
        book.board[step.out + i] = book.registers[book.results[program.result + i]]
    return True


@compiled_step
def decided(book, step):
    """Whether a step could be decided; a program says by its first result that it could not."""
    if step.kind == TABLE:
        return look_in_table(book, step)
    return run_program(book, step) and book.board[step.out] == 0.0


@compiled_step
def think(book, moment):
    """Run the steps of a moment on the fields that stand on the board; -1, or the step that could not be decided."""
    for slot in range(moment.load_end - moment.load, moment.slots):
        book.board[slot] = np.nan
    for k in range(moment.step, moment.step_end):
        step = book.steps[k]
        if not decided(book, step):
            return k
        for i in range(step.pick, step.pick_end):
            said, target = book.picks[i, 0], book.picks[i, 1]
            if np.isnan(book.board[target]):
                book.board[target] = book.board[said]
    return -1


@compiled_step
def look_up(state, o, t, what):
    """Value of a field of an order at a minute; NaN where there is none."""
    if what >= FACT:
        return state.book.facts[o, what - FACT]
    if what >= FIRST_OF_ORDER:
        return of_order(state, o, t, what)
    return of_desk(state, o, t, what)


@compiled_step
def of_desk(state, o, t, what):
    """What holds for every order: the calendar, and how busy the desk is."""
    today = state.book.today
    if what == HOUR_OF_DAY:
        return np.floor((t % DAY_MINUTES) / 60.0)
    if what == BACKLOG:
        waiting = 0
        for team in range(state.teams.shape[0]):
            waiting += state.teams[team].waiting
        return float(waiting)
    if what == QUEUE_LENGTH:
        return float(state.teams[own_team(state, o)].waiting)
    if what == IDLE_WORKERS:
        return float(state.teams[own_team(state, o)].idle)
    return today[what - DATE]


@compiled_step
def own_team(state, o):
    """Team whose duty an order is."""
    order = state.orders[o]
    return order.duty if order.duty >= 0 else state.duty[order.category]


@compiled_step
def of_order(state, o, t, what):
    """What the desk has written down of an order."""
    order = state.orders[o]
    if what == CATEGORY:
        return float(order.category)
    if what == CHANNEL:
        return float(order.channel)
    if what == GRID:
        return float(order.grid)
    if what == PRIORITY:
        return float(order.priority)
    if what == STATUS:
        return float(order.status)
    if what == OPEN_TIME:
        return t - order.created
    if what == WAITING_TIME:
        return 0.0 if np.isnan(order.dispatched) else t - order.dispatched
    if what == HOPS_SO_FAR:
        return float(order.hops)
    if what == ATTEMPTS_SO_FAR:
        return float(order.attempt)
    if what == OVERDUE:
        return 1.0 if t >= order.limit else 0.0
    if what == AGAIN:
        return 1.0 if order.again else 0.0
    if what == SLA:
        return order.limit - order.created
    if what == LEVEL:
        return float(order.level)
    if what == REACHED:
        return 1.0 if order.reached else 0.0
    return of_first_report(state, o, t, what)


@compiled_step
def of_first_report(state, o, t, what):
    """What is known of the order that the desk takes for the first report of the same matter; NaN if there is none."""
    order = state.orders[o]
    lead = state.lead[order.matter]
    if lead < 0 or lead == o:
        return np.nan
    first = state.orders[lead]
    if what == SINCE_FIRST_REPORT:
        return t - first.created
    if what == FIRST_REPORT_OPEN:
        return 1.0 if first.status <= DONE_STATUS else 0.0
    east, north = first.x - order.x, first.y - order.y
    return 1000.0 * np.sqrt(east * east + north * north)
