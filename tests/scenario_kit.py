"""A small vocabulary and a small scenario, for the tests of scenario files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from twin.core.parameters import param
from twin.errors import InputError, render
from twin.scenario.load import Scenario, load
from twin.scenario.vocabulary import Vocabulary


def said(default: Any, unit: str, low: float | None = None, high: float | None = None, **rest: Any) -> Any:
    """Declare a parameter of the toy."""
    return param(default, unit, low, high, source="toy", evidence="assumed", doc="a toy", zh="玩具", **rest)


@dataclass(frozen=True)
class People:
    """Who lives here."""

    residents: int = said(100, "1", 0, 1000)
    grids: int = said(2, "1", 1, 10)


@dataclass(frozen=True)
class Service:
    """Hands-on work."""

    law: str = said("fixed", "", choices=("fixed", "exponential"))
    mean_hours: float = said(1.5, "h", 0.0, 100.0)


@dataclass(frozen=True)
class Crew:
    """Who does the work."""

    workers: int = said(6, "1", 0, 100)
    calendar: str = said("5x8", "")
    categories: tuple[str, ...] = said((), "")
    grids: tuple[int, ...] = said((), "")


@dataclass(frozen=True)
class Desk:
    """What a desk may do."""

    teams: dict[str, Crew] = said(lambda: {"grid": Crew(), "night": Crew(2)}, "")  # noqa: RUF009
    misroute_chance: float = said(0.25, "1", 0.0, 0.95)
    return_hours: float = said(8.0, "h", 0.0, 400.0)
    travel: float = said(24.0, "min", 0.0, 600.0)
    rate: float = said(17.5, "1/day", 0.0, 1000.0)
    dedup: bool = said(False, "")
    dispatch: str = said("batch", "", choices=("batch", "instant"))
    dispatch_times: tuple[str, ...] = said(("09:00",), "")
    limit_hours: tuple[float, ...] = said((2.0, 24.0, 168.0, 360.0), "h", 0.0, 8760.0)
    shares: dict[str, float] = said(dict, "1", 0.0, 1.0)  # noqa: RUF009
    window: tuple[float, float] = said((0.0, 1.0), "1", 0.0, 1.0)
    patience: float | None = said(None, "h", 0.0, 10.0)
    service: Service = said(Service, "")  # noqa: RUF009
    services: dict[str, Service] = said(dict, "")  # noqa: RUF009


TOY = Vocabulary(
    {"population": People, "desk": Desk},
    {"hours_to_close_mean": None, "paid_hours": None},
    ("desk", "gossip"),
    ("light", "water"),
)

BASE = """\
version: 1
title: {en: Test, zh: 测试}
days: 60
warm_up_days: 14
arms:
  manual: {}
  smart: {desk: {dispatch: instant, dedup: on}}
  far: {like: smart, desk: {travel: 1 h}}
"""


class Folder:
    """A folder with scenario files of the toy vocabulary."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text: str, name: str = "s.yaml") -> Path:
        """Write a file and return its path."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def load(self, text: str, *sets: str, **options: Any) -> Scenario:
        """Write and load a scenario."""
        return load(self.write(text), sets=sets, vocabulary=TOY, **options)

    def refused(self, text: str, *sets: str, **options: Any) -> list[str]:
        """Return ``CODE file:line:col`` of every complaint about a scenario."""
        with pytest.raises(InputError) as caught:
            self.load(text, *sets, **options)
        for lang in ("en", "zh"):
            assert "<" not in render(caught.value, lang).replace("<--set #", "")
        return [self._short(complaint) for complaint in caught.value.complaints]

    def _short(self, complaint: Any) -> str:
        place = str(complaint.place).replace(f"{self.path}/", "") if complaint.place else ""
        return f"{complaint.code} {place}".strip()
