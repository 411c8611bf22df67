"""The words that scenarios may use, gathered from the catalogue of mechanisms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.scenario.schema import Schema


@dataclass(frozen=True)
class Vocabulary:
    """Blocks by name, metrics, mechanisms, and the categories of a scenario that names none."""

    blocks: Mapping[str, type]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    mechanisms: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @cached_property
    def schema(self) -> Schema:
        """What a scenario of this vocabulary may say."""
        from twin.scenario.schema import schema_for

        return schema_for(self.blocks, self.metrics, self.mechanisms or None)


def known_blocks() -> Vocabulary:
    """Return the vocabulary of this twin: population, desk, and every mechanism that has parameters."""
    from twin.desk.settings import DeskSettings
    from twin.mechanisms import CATALOGUE
    from twin.world.build import DEFAULT_CATEGORIES, Population

    blocks: dict[str, type] = {"population": Population, "desk": DeskSettings}
    blocks |= {name: found.params for name, found in CATALOGUE.items() if found.params is not None}
    metrics = {name: metric for found in CATALOGUE.values() for name, metric in found.metrics.items()}
    return Vocabulary(blocks, metrics, tuple(sorted(CATALOGUE)), tuple(DEFAULT_CATEGORIES))
