"""Resolving the arms of a scenario: its own blocks, then ``like``, then the arm, then every ``--set``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from twin.core.marked_yaml import Marked, Source, marked
from twin.errors import Complaint, InputError, Words
from twin.scenario import checks
from twin.scenario.data_files import located
from twin.scenario.faults import validated
from twin.scenario.overlay import Setting, arms_of, likes, overlay, part
from twin.scenario.policies import Policies, tree_of
from twin.scenario.resolved import Arm, form_of_value
from twin.scenario.vocabulary import Vocabulary

if TYPE_CHECKING:
    from twin.policy.policy import Policy

MOST_ARMS = 500

_DEFAULTS = Source("<defaults>", ("",))
_SWITCHES = "mechanisms"


@dataclass
class Arms:
    """Resolves arms; what is wrong is in ``complaints``, where values come from in ``origins``, ``trees`` by arm."""

    vocabulary: Vocabulary
    settings: tuple[Setting, ...]
    policies: Policies
    complaints: list[Complaint] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    trees: dict[str, Marked] = field(default_factory=dict)
    _policy: dict[str, Policy | None] = field(default_factory=dict)
    _reached: int = 0
    _missed: dict[Setting, list[Complaint]] = field(default_factory=dict)

    def resolve(self, tree: Marked, categories: Collection[str]) -> dict[str, Arm]:
        """Return the arms of a scenario's tree, in its order, as far as they can be resolved."""
        own = arms_of(tree)
        if not own and "arms" in tree.value and tree.value["arms"].kind == "map":
            self.complaints.append(Complaint("S112", tree.key_place("arms")))
        arms: dict[str, Arm] = {}
        for name in own:
            laid = self._laid(name, tree, own)
            said = self._validated(laid) if laid is not None else None
            if laid is not None and said is not None:
                arm = self._arm(name, laid, said, categories)
                arms |= {name: replace(arm, like=_original(name, own))} if arm is not None else {}
        self.complaints += [found[0] for found in self._missed.values() if len(found) == self._reached]
        return arms

    def _laid(self, name: str, tree: Marked, own: Mapping[str, Marked]) -> Marked | None:
        """Lay an arm, and the arms that it is like, on the scenario's own blocks."""
        if own[name].kind != "map":
            if own[name].value is None:
                self.complaints.append(Complaint("S113", tree.at(["arms"]).key_place(name), {"arm": name}))
            return None
        try:
            chain = likes(name, own)
        except InputError as reason:
            self.complaints += reason.complaints
            return None
        blocks = (*self.vocabulary.blocks, _SWITCHES)
        policy = self.policies.of([tree, *(own[link] for link in chain)])
        laid = part(tree, blocks)
        if policy is not None:
            laid = overlay(laid, tree_of(policy))
        self._policy[name] = policy
        for link in chain:
            laid = overlay(laid, part(own[link], blocks)) if own[link].kind == "map" else laid
        return overlay(laid, part(own[name], ("title",)))

    def _arm(self, name: str, tree: Marked, said: Any, categories: Collection[str]) -> Arm | None:
        """Apply the settings to a validated arm, and check how its values fit together."""
        tree, said = self._set(tree, said)
        if said is None:
            return None
        arm = self._settled(name, said)
        policy = self._policy[name]
        if policy is not None:
            told = self.policies.instructions(policy, arm.blocks, categories)
            arm = replace(arm, policy=policy, rules=policy.digest, instructions=told)
        self.complaints += checks.of_arm(arm, tree, checks.known(categories, arm))
        self.origins |= origins_of(tree, f"arms.{name}.")
        self.trees[name] = tree
        return arm

    def _set(self, tree: Marked, said: Any) -> tuple[Marked, Any]:
        """Lay the settings on an arm. A path that this arm does not have is left out; no arm may lack it."""
        self._reached += 1
        complete = self._complete(said)
        for given in self.settings:
            unknown = given.unknown(complete)
            if unknown is None:
                tree, complete = overlay(tree, given.tree), overlay(complete, given.tree)
            else:
                self._missed.setdefault(given, []).append(unknown)
        return tree, self._validated(complete) if self.settings else said

    def _validated(self, tree: Marked) -> Any | None:
        said, found = validated(self.vocabulary.schema.arm, located(tree, self.vocabulary.blocks))
        self.complaints += found
        return said

    def _complete(self, said: Any) -> Marked:
        """Return everything that an arm holds, defaults included, as a tree on which settings can be laid."""
        names = (*self.vocabulary.blocks, _SWITCHES, "title")
        forms = {name: _unsaid(getattr(said, name)) | form_of_value(getattr(said, name), True) for name in names}
        return marked(forms, _DEFAULTS)

    def _settled(self, name: str, said: Any) -> Arm:
        foreign = set(self.vocabulary.outside)
        off = frozenset(switch for switch, on in vars(said.mechanisms).items() if not on)
        blocks = {block: getattr(said, block) for block in self.vocabulary.blocks if block not in off & foreign}
        title = said.title if said.title.en else Words(name, name)
        return Arm(name, title, blocks, off - foreign, outside=tuple(sorted(foreign - off)))


def _unsaid(block: Any) -> dict[str, None]:
    """Return the parameters of a block that have no value unless somebody says one."""
    return {item.name: None for item in fields(block) if getattr(block, item.name) is None}


def _original(name: str, own: Mapping[str, Marked]) -> str:
    """Return the arm of which this one is a changed copy, empty if of none."""
    return ["", *likes(name, own)][-2]


def too_many(tree: Marked) -> list[Complaint]:
    """Complain of more arms than can be resolved in time."""
    count = len(arms_of(tree))
    if count <= MOST_ARMS:
        return []
    return [Complaint("S137", tree.key_place("arms"), {"limit": MOST_ARMS, "count": count})]


def origins_of(tree: Marked, above: str = "") -> dict[str, str]:
    """Return where each value of a tree was written: file:line, or which ``--set``, by path."""
    return dict(_origins(tree, above))


def _origins(tree: Marked, above: str) -> Iterator[tuple[str, str]]:
    for key, below in tree.value.items():
        if below.kind == "map" and below.value:
            yield from _origins(below, f"{above}{key}.")
        elif below.value is not None:
            yield f"{above}{key}", _origin(below)


def _origin(value: Marked) -> str:
    if value.source.name.startswith("<--set"):
        return value.source.name.strip("<>")
    return f"{value.source.name}:{value.start[0] + 1}"
