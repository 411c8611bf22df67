"""From files, arms and ``--set`` to a :class:`Scenario`, or to every complaint at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from twin.core.marked_yaml import Marked
from twin.errors import Complaint, InputError, Words, closest, file_order
from twin.scenario import checks
from twin.scenario.arms import Arms, origins_of, too_many
from twin.scenario.axes import unknown_paths
from twin.scenario.faults import key_values, validated
from twin.scenario.files import Files
from twin.scenario.overlay import Setting, arms_of, likes, overlay, part, place_name, setting
from twin.scenario.policies import RULES, Policies
from twin.scenario.resolved import Arm, Scenario, digest_of
from twin.scenario.sweeping import EXPERIMENT
from twin.scenario.vocabulary import Vocabulary, known_blocks

__all__ = ["Arm", "Scenario", "load"]

EMERGENCY = 0
_NOT_SET = ("version", "name", "extends", "arms")
_HEAD = ("question", "purpose", "days", "warm_up_days", "run_on_days", "start", "holidays", "seed", "replications",
         "primary", "shown", *EXPERIMENT, "categories")  # fmt: skip


def load(
    path: str | Path,
    *,
    arms: Sequence[str] | None = None,
    sets: Sequence[str] = (),
    vocabulary: Vocabulary | None = None,
) -> Scenario:
    """Read a scenario file with all that it extends, resolve its arms, and apply ``sets`` last.

    ``arms`` keeps only these arms, in this order (the digest is that of the whole). Raises
    :class:`~twin.errors.InputError` with every complaint, in file order.
    """
    files = Files()
    tree = files.read(Path(path), str(path))
    files.complaints += too_many(tree) if tree is not None else []
    if tree is None or files.complaints:
        raise InputError(file_order(files.complaints, list(files.texts)))
    scenario = _resolved(tree, sets, vocabulary or known_blocks(), files, Path(path))
    scenario = replace(scenario, name=scenario.name or Path(path).stem, sets=tuple(sets), sources=files.texts)
    scenario = _titled(replace(scenario, digest=digest_of(scenario)))
    return scenario if arms is None else replace(scenario, arms={name: scenario.arm(name) for name in arms})


def variants(
    path: str | Path,
    arm: str,
    sets: Sequence[str],
    points: Sequence[Sequence[str]],
    vocabulary: Vocabulary | None = None,
) -> list[Scenario]:
    """Return one arm of a scenario once for each point: with ``sets``, then those of the point, applied last.

    The file is read once, and of its arms only this one is resolved. Raises every complaint about every point.
    """
    files = Files()
    tree = files.read(Path(path), str(path))
    if tree is None or files.complaints:
        raise InputError(file_order(files.complaints, list(files.texts)))
    words, alone = vocabulary or known_blocks(), _with_arm(tree, arm)
    found: list[Scenario] = []
    complaints: list[Complaint] = []
    for point in points:
        given = (*sets, *point)
        try:
            scenario = _resolved(alone, given, words, files, Path(path))
        except InputError as reason:
            complaints += reason.complaints
            continue
        scenario = replace(scenario, name=scenario.name or Path(path).stem, sets=given, origins={})
        scenario = replace(scenario, arms={arm: scenario.arm(arm)})
        found.append(replace(scenario, digest=digest_of(scenario)))
    if complaints:
        raise InputError(file_order(complaints))
    return found


def _with_arm(tree: Marked, arm: str) -> Marked:
    """Return a scenario's tree with this arm and those that it is a changed copy of."""
    own = arms_of(tree)
    if arm not in own:
        raise InputError.of("S110", arm=arm, suggestion=closest(arm, own), known=tuple(own))
    arms = part(tree.value["arms"], likes(arm, own))
    return Marked({**tree.value, "arms": arms}, tree.source, tree.start, tree.end, tree.keys)


def _titled(scenario: Scenario) -> Scenario:
    if scenario.title.en:
        return scenario
    return replace(scenario, title=Words(scenario.name, scenario.name))


def _resolved(tree: Marked, sets: Sequence[str], words: Vocabulary, files: Files, path: Path) -> Scenario:
    """Validate a tree, resolve its arms, and return the scenario without the names that only its path gives."""
    complaints: list[Complaint] = []
    of_head, of_arms, of_rules = _sorted_settings(tree, sets, words, complaints)
    for given in of_head:
        tree = overlay(tree, given.tree)
    document, found = validated(words.schema.document, tree)
    categories: Mapping[str, Any] = document.categories if document is not None else _named_categories(tree)
    policies = Policies(path, words, tuple(of_rules), head=document)
    resolving = Arms(words, tuple(of_arms), policies)
    arms = resolving.resolve(tree, tuple(categories) or words.categories)
    complaints += found + resolving.complaints + policies.finish() + _of_removed(files, words)
    complaints += unknown_paths(tree, arms) if arms else []
    if document is not None:
        complaints += checks.of_head(document, tree)
    if complaints or document is None:
        order = [*files.texts, *policies.files, *(place_name(number) for number in range(1, len(sets) + 1))]
        raise InputError(file_order(_once(complaints), order))
    origins = origins_of(part(tree, (*_HEAD, "name", "title"))) | resolving.origins
    head = {key: getattr(document, key) for key in ("name", "title", *_HEAD)}
    doubts = [doubt for name, arm in arms.items() for doubt in _doubts(arm, resolving.trees[name], document)]
    plugins = {name: words.outside[name] for name in sorted({name for arm in arms.values() for name in arm.outside})}
    doubts += _switched_on_nowhere(words.outside.keys() - plugins.keys(), resolving.trees.values())
    found_doubts = tuple(file_order(doubts, list(files.texts)))
    return Scenario(arms=arms, plugins=plugins, origins=origins, doubts=found_doubts, **head)


def _doubts(arm: Arm, tree: Marked, document: Any) -> Iterator[Complaint]:
    from twin.world.build import DEFAULT_CATEGORIES

    categories = document.categories or DEFAULT_CATEGORIES
    emergencies = any(one.priority == EMERGENCY for one in categories.values())
    return checks.doubts_of_arm(arm, tree, emergencies, document.days)


def _switched_on_nowhere(names: Iterable[str], trees: Iterable[Marked]) -> Iterator[Complaint]:
    """Doubt the blocks of mechanisms from outside that no arm switches on: they change nothing."""
    for name in sorted(names):
        places = [tree.key_place(name) for tree in trees if name in tree.value]
        yield from (Complaint("S152", place, {"name": name}) for place in places[:1])


def _named_categories(tree: Marked) -> dict[str, Marked]:
    named = tree.value.get("categories")
    return named.value if named is not None and named.kind == "map" else {}


def _of_removed(files: Files, words: Vocabulary) -> list[Complaint]:
    """Return what is wrong inside arms that a file takes away; whoever brings them back should find them whole."""
    found: list[Complaint] = []
    for name, tree in files.removed:
        _, complaints = validated(words.schema.document, tree)
        found += [one for one in complaints if str(one.values.get("path")).startswith(f"arms.{name}.")]
    return found


def _once(complaints: Iterable[Complaint]) -> Iterable[Complaint]:
    """Say everything once: what is wrong in the scenario is wrong again in each arm."""
    unique: dict[tuple[object, ...], Complaint] = {}
    for complaint in complaints:
        unique.setdefault((complaint.code, complaint.place, complaint.values.get("key")), complaint)
    return unique.values()


def _sorted_settings(
    tree: Marked, sets: Sequence[str], words: Vocabulary, complaints: list[Complaint]
) -> tuple[list[Setting], list[Setting], list[Setting]]:
    """Read every ``--set`` and tell those of the head from those of the arms, and of rules."""
    arms_keys = (*words.blocks, "mechanisms")
    known = words.schema.document.keys()
    head_keys = [key for key in known if key not in (*_NOT_SET, *arms_keys)]
    of_head: list[Setting] = []
    of_arms: list[Setting] = []
    of_rules: list[Setting] = []
    for given in _settings(sets, complaints):
        first = given.path[0]
        if first in _NOT_SET:
            complaints.append(Complaint("S124", given.steps[0].place, {"key": first}))
        elif first in arms_keys:
            of_arms.append(given)
        elif first == RULES and len(given.path) > 1:
            of_rules.append(given)
        elif first in head_keys:
            unknown = _unknown_category(given, tree)
            complaints += unknown
            of_head += [] if unknown else [given]
        else:
            values = key_values((first,), (*head_keys, *arms_keys))
            complaints.append(Complaint("S101", given.steps[0].place, values))
    return of_head, of_arms, of_rules


def _unknown_category(given: Setting, tree: Marked) -> list[Complaint]:
    """A setting changes the categories that there are; it makes none, unless there are none."""
    categories = _named_categories(tree)
    if given.path[0] != "categories" or len(given.path) == 1 or not categories or given.path[1] in categories:
        return []
    return [Complaint("S101", given.steps[1].place, key_values(given.path[:2], tuple(categories)))]


def _settings(sets: Sequence[str], complaints: list[Complaint]) -> Iterator[Setting]:
    for number, text in enumerate(sets, 1):
        try:
            yield setting(text, number)
        except InputError as reason:
            complaints += reason.complaints
