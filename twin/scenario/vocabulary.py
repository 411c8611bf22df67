"""The words that scenarios may use, gathered from the catalogue of mechanisms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
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
        from twin.scenario.schema import schema_for

        return schema_for(self.blocks, self.metrics, self.mechanisms or None, self.outside)


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
