"""Expressions as text again: for messages, and as keys under which equal ones meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from twin.rules.kinds import written
from twin.rules.model import (
    Aggregate,
    Among,
    Arithmetic,
    Call,
    Choose,
    Compare,
    Every,
    Expr,
    History,
    Literal,
    Missing,
    Name,
    Node,
    Not,
    Some,
)


def text(expr: Expr) -> str:
    """Write an expression; values are in base units, so equal expressions have equal texts."""
    return _TEXT[type(expr)](expr)


def _inner(expr: Expr) -> str:
    plain = isinstance(expr, (Literal, Name, Call, Aggregate, History, Missing))
    return text(expr) if plain else f"({text(expr)})"


def _joined(word: str, parts: tuple[Expr, ...]) -> str:
    return f" {word} ".join(map(_inner, parts))


def _aggregate(expr: Aggregate) -> str:
    what = expr.group.name if expr.value is None else text(expr.value)
    return f"{expr.function}({what}{'' if expr.where is None else ', ' + text(expr.where)})"


def _history(expr: History) -> str:
    window = "" if expr.window is None else ", " + text(expr.window)
    by = f", by: {expr.by}" if expr.function in ("prev", "streak") else ""
    return f"{expr.function}({text(expr.operand)}{window}{by})"


_TEXT: Mapping[type, Callable[[Any], str]] = {
    Literal: lambda expr: repr(expr.value) if isinstance(expr.value, str) else written(expr.value),
    Name: lambda expr: expr.name,
    Arithmetic: lambda expr: f"{_inner(expr.left)} {expr.op} {_inner(expr.right)}",
    Compare: lambda expr: f"{_inner(expr.left)} {expr.op} {_inner(expr.right)}",
    Among: lambda expr: f"{_inner(expr.operand)} in [{', '.join(map(text, expr.items))}]",
    Every: lambda expr: _joined("and", expr.parts),
    Some: lambda expr: _joined("or", expr.parts),
    Not: lambda expr: f"not {_inner(expr.part)}",
    Choose: lambda expr: f"{_inner(expr.yes)} if {_inner(expr.test)} else {_inner(expr.no)}",
    Call: lambda expr: f"{expr.function}({', '.join(map(text, expr.arguments))})",
    Missing: lambda expr: f"missing({expr.name.name})",
    Aggregate: _aggregate,
    History: _history,
}


def expanded(expr: Expr, lets: Mapping[str, Expr]) -> Expr:
    """Put what the names of ``let`` stand for in their place."""
    if isinstance(expr, Name):
        inner = lets.get(expr.name) if expr.origin == "let" else None
        return expr if inner is None else expanded(inner, lets)
    changed: dict[str, Any] = {}
    for declared in fields(expr):
        value = getattr(expr, declared.name)
        if isinstance(value, Node) and not isinstance(expr, Missing):
            changed[declared.name] = expanded(value, lets)  # type: ignore[arg-type]
        elif isinstance(value, tuple) and value and isinstance(value[0], Node):
            changed[declared.name] = tuple(expanded(one, lets) for one in value)
    return replace(expr, **changed) if changed else expr
