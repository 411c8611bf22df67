"""Time: the epochs of a rule, and checks of dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import pairwise

from twin.rules.model import DecisionTable, Expr, Name, Parameter, RuleSet, Span, walk
from twin.rules.scope import PARAMETERS


def parameters_of(exprs: Iterable[Expr], rules: RuleSet) -> tuple[Parameter, ...]:
    """Return the parameters that expressions use."""
    names = {one.name.removeprefix(PARAMETERS) for expr in exprs for one in walk(expr)
             if isinstance(one, Name) and one.origin == "parameter"}  # fmt: skip
    return tuple(one for one in rules.parameters if one.name in names)


def span_of(table: DecisionTable) -> Span:
    """Return when a table is in force; without its own dates, from the first date of its rows to the last."""
    starts, ends = [row.span.start for row in table.rows], [row.span.end for row in table.rows]
    start, end = table.head.span.start, table.head.span.end
    if start is None and starts and None not in starts:
        start = min(day for day in starts if day is not None)
    if end is None and ends and None not in ends:
        end = max(day for day in ends if day is not None)
    return Span(start, end)


def epochs_of(table: DecisionTable, parameters: Sequence[Parameter]) -> tuple[Span, list[Span]]:
    """Return when a table is in force, and the stretches of that time in which nothing changes."""
    spans = [row.span for row in table.rows] + [reign.span for one in parameters for reign in one.reigns]
    whole = span_of(table)
    return whole, stretches(whole, spans)


def stretches(whole: Span, spans: Iterable[Span]) -> list[Span]:
    """Cut a span at every date at which another begins or ends."""
    days = {day for span in spans for day in (span.start, span.end) if day is not None and _strictly_in(day, whole)}
    edges = [whole.start, *sorted(days), whole.end]
    return [Span(start, end) for start, end in pairwise(edges)]


def _strictly_in(day: dt.date, span: Span) -> bool:
    return (span.start is None or span.start < day) and (span.end is None or day < span.end)
