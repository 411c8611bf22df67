"""The words that scenarios may use, gathered from the catalogue of mechanisms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from twin.errors import Complaint, InputError

if TYPE_CHECKING:
    from twin.scenario.schema import Schema


@dataclass(frozen=True)
class Vocabulary:
    """Blocks by name, metrics, mechanisms, and the categories of a scenario that names none.

    ``outside`` are the mechanisms that other packages bring, and where each is from: off until switched on.
    """

    blocks: Mapping[str, type]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    mechanisms: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    outside: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def schema(self) -> Schema:
        """What a scenario of this vocabulary may say."""
        return _schema_of(tuple(self.blocks.items()), tuple(self.metrics), self.mechanisms, tuple(self.outside))


@lru_cache(maxsize=8)
def _schema_of(
    blocks: tuple[tuple[str, type], ...],
    metrics: tuple[str, ...],
    mechanisms: tuple[str, ...],
    outside: tuple[str, ...],
) -> Schema:
    """Build the models of a vocabulary: a quarter of a second, paid once and not by every file that is read."""
    from twin.scenario.schema import schema_for

    return schema_for(dict(blocks), metrics, mechanisms or None, outside)


def known_blocks() -> Vocabulary:
    """Return the vocabulary of this twin: population, places, desk, and every mechanism that has parameters."""
    from twin.desk.settings import DeskSettings
    from twin.mechanisms import CATALOGUE
    from twin.world.build import DEFAULT_CATEGORIES, Population
    from twin.world.places.settings import PlacesSettings

    blocks: dict[str, type] = {"population": Population, "places": PlacesSettings, "desk": DeskSettings}
    blocks |= {name: found.params for name, found in CATALOGUE.items() if found.params is not None}
    metrics = {name: metric for found in CATALOGUE.values() for name, metric in found.metrics.items()}
    outside = {name: plugin.origin for name, plugin in CATALOGUE.outside.items()}
    _refuse_keys(outside)
    return Vocabulary(blocks, metrics, tuple(sorted(CATALOGUE)), tuple(DEFAULT_CATEGORIES), outside)


def _refuse_keys(outside: Mapping[str, str]) -> None:
    """Refuse mechanisms from outside that are called like a key of scenario files."""
    from twin.scenario.schema import document_keys

    taken = {"population", "places", "desk", *document_keys()} if outside else set()
    bad = [Complaint("M341", None, {"name": name, "package": outside[name]}) for name in outside if name in taken]
    if bad:
        raise InputError(bad)
