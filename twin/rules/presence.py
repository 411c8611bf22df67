"""Optional values must be handled: which names may be used only where they are known to be there."""

from __future__ import annotations

from collections.abc import Iterator

from twin.rules.model import Aggregate, Choose, Every, Expr, History, Missing, Name, Not, Some, children

Known = frozenset[str]


def unguarded(expr: Expr, known: Known = frozenset()) -> Iterator[Name]:
    """Yield every optional name that is used where ``missing(name)`` was not ruled out."""
    if isinstance(expr, Name):
        if expr.optional and expr.name not in known:
            yield expr
    elif isinstance(expr, (Every, Some)):
        for part in expr.parts:
            yield from unguarded(part, known)
            known |= present_if(part, isinstance(expr, Every))
    elif isinstance(expr, Choose):
        yield from unguarded(expr.test, known)
        yield from unguarded(expr.yes, known | present_if(expr.test, True))
        yield from unguarded(expr.no, known | present_if(expr.test, False))
    elif isinstance(expr, Aggregate):
        guards = present_if(expr.where, True) if expr.where is not None else frozenset()
        yield from unguarded(expr.where, known) if expr.where is not None else ()
        yield from unguarded(expr.value, known | guards) if expr.value is not None else ()
    elif not isinstance(expr, (Missing, History)):
        for below in children(expr):
            yield from unguarded(below, known)


def present_if(expr: Expr | None, truth: bool) -> Known:
    """Return the names that are there for sure when a condition is true (or false)."""
    if isinstance(expr, Missing):
        return frozenset() if truth else frozenset({expr.name.name})
    if isinstance(expr, Not):
        return present_if(expr.part, not truth)
    if isinstance(expr, (Every, Some)):
        parts = [present_if(part, truth) for part in expr.parts]
        together = isinstance(expr, Every) == truth
        return frozenset().union(*parts) if together else frozenset.intersection(*parts)
    return frozenset()
