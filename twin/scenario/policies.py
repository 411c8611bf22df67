"""The rule sets that arms name: found, read once for all arms that name the same, laid under the arm's own settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.core.marked_yaml import Marked, Source
from twin.errors import Complaint, Place, closest
from twin.scenario.overlay import Setting
from twin.scenario.vocabulary import Vocabulary

if TYPE_CHECKING:
    from twin.policy.orders import OrderRules
    from twin.policy.policy import Policy, Run

RULES, SETTINGS = "rules", "rule_settings"
_SUFFIX = ".yaml"


@dataclass
class Policies:
    """Reads the policies of a scenario's arms. ``path`` is its file, ``settings`` are the ``--set rules.…``."""

    path: Path
    words: Vocabulary
    settings: tuple[Setting, ...] = ()
    complaints: list[Complaint] = field(default_factory=list)
    _read: dict[tuple[str, ...], Policy | None] = field(default_factory=dict)
    head: Any = None
    missed: dict[Setting, list[Complaint]] = field(default_factory=dict)
    _files: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """The rule files that were read."""
        return list(dict.fromkeys(self._files))

    @property
    def run(self) -> Run:
        """The days of the run."""
        from twin.policy.policy import Run

        head = self.head
        start = head.start if head is not None else dt.date(2025, 1, 6)
        days = head.days + head.run_on_days if head is not None else 1
        return Run(start, start + dt.timedelta(days=min(days, 100_000)))

    def of(self, links: Sequence[Marked]) -> Policy | None:
        """Return the policy that the last of these texts names, ``None`` for none (or one that cannot be read)."""
        named = [link.value[RULES] for link in links if link.kind == "map" and RULES in link.value]
        wanted = _names(named[-1]) if named else []
        found = [(one, self._file(one)) for one in wanted]
        files = [file for _, file in found if file is not None]
        if not files or len(files) < len(wanted):
            return None
        settings = self._settings(links)
        key = (*map(str, files), *(f"{path}={text}" for path, text, _ in settings))
        if key not in self._read:
            self._read[key] = self._policy([one.value for one in wanted], files, settings)
        return self._read[key]

    def _settings(self, links: Sequence[Marked]) -> list[tuple[str, str, str]]:
        """Return the literals that the scenario replaces, then those of the arm."""
        listed = [one for link in links if link.kind == "map" and SETTINGS in link.value
                  for one in _names(link.value[SETTINGS])]  # fmt: skip
        found = []
        for one in listed:
            path, _, text = one.value.partition("=")
            found.append((path.strip(), text.strip(), f"{one.place.file}:{one.place.line}"))
        return found

    def finish(self) -> list[Complaint]:
        """Return every complaint; a ``--set rules.…`` must be known to the rules of some arm."""
        for given in self.settings:
            if not self.missed.get(given) and not self._read:
                values = {"path": ".".join(given.path)}
                self.complaints.append(Complaint("S168", given.steps[0].place, values))
            elif len(self.missed.get(given, ())) == len(self._read):
                self.complaints.append(self.missed[given][0])
        return self.complaints

    def _of_command(self, policy: Policy) -> tuple[Policy, list[Complaint]]:
        """Apply the ``--set rules.…`` that these rules have a place for."""
        from twin.policy.policy import with_settings
        from twin.rules.paths import locate

        known: list[tuple[str, str, str]] = []
        for given in self.settings:
            path, unknown = ".".join(given.path), list[Complaint]()
            if locate(policy.rules, path, given.steps[0].place, unknown.append) is None:
                self.missed.setdefault(given, []).append(unknown[0])
            else:
                known.append((path, given.value.source.lines[0].partition("=")[2], given.value.source.name))
        return with_settings(policy, known, self.run) if known else (policy, [])

    def _policy(
        self, names: Sequence[str], files: Sequence[Path], settings: Sequence[tuple[str, str, str]]
    ) -> Policy | None:
        from twin.policy.policy import read_policy
        from twin.policy.vocabulary import rule_vocabulary

        categories = tuple(self.head.categories) if self.head is not None else ()
        vocabulary = rule_vocabulary(self.words.blocks, self.words.metrics, categories)
        shown = [str(file) for file in files]
        self._files += shown
        policy, found = read_policy(names, files, shown, settings, vocabulary, self.run)
        self.complaints += found
        if policy is not None and self.settings:
            policy, found = self._of_command(policy)
            self.complaints += found
        return policy

    def _file(self, name: Marked) -> Path | None:
        """Return the file of a rule set; complain where there is none."""
        written_in, here = Path(name.source.name).parent, self.path.parent
        beside = [one for where in (written_in, here) for one in (where, where / RULES, _above(where) / RULES)]
        folders = (*beside, Path(RULES))
        spellings = [name.value] if name.value.endswith(_SUFFIX) else [name.value + _SUFFIX]
        for folder in folders:
            for spelling in spellings:
                if (folder / spelling).is_file():
                    return folder / spelling
        known = sorted({file.name.removesuffix(_SUFFIX) for folder in folders for file in folder.glob("*.yaml")
                        if not file.name.endswith(".test.yaml") and folder.name == RULES})  # fmt: skip
        values = {"name": name.value, "suggestion": closest(name.value, known), "known": tuple(known)}
        self.complaints.append(Complaint("S160", name.place, values))
        return None

    def instructions(self, policy: Policy, blocks: Mapping[str, Any], categories: Iterable[str]) -> OrderRules | None:
        """Return what a policy tells the desk of an arm."""
        from twin.desk.layout import Status
        from twin.policy.orders import Office, order_rules
        from twin.policy.vocabulary import LEVELS
        from twin.world.tables import CHANNELS

        words = {"category": tuple(categories), "channel": CHANNELS, "level": LEVELS.values,
                 "status": tuple(one.name.lower() for one in Status)}  # fmt: skip
        office = Office(tuple(categories), tuple(blocks["desk"].teams), words)
        told, found = order_rules(policy.rules, self.run.start, self.run.end, office)
        self.complaints += found
        return told


def _above(folder: Path) -> Path:
    """Return the folder that holds this one, also where it is called `.` or `..`."""
    return folder.parent if folder.name not in ("", "..") else folder.resolve().parent


def _names(value: Marked) -> list[Marked]:
    """Return the names of rule sets; the schema complains of anything else."""
    items = value.value if value.kind == "list" else [value]
    return [one for one in items if one.kind == "text" and one.value]


def tree_of(policy: Policy) -> Marked:
    """Return the settings of a policy as a tree on which an arm's own settings can be laid."""
    nowhere = Source("<rules>", ("",))
    tree = Marked({}, nowhere, (0, 0), (0, 0))
    for setting in policy.levers.settings:
        place = setting.said.value.place
        source = Source(place.file, _lines(place))
        leaf = _leaf(setting.value, source, place)
        _put(tree, setting.path.split("."), leaf)
    return tree


def _lines(place: Place) -> tuple[str, ...]:
    return ("",) * (place.line - 1) + (place.excerpt or ("",))


def _leaf(value: Any, source: Source, place: Place) -> Marked:
    start, end = (place.line - 1, place.col - 1), (place.end_line - 1, place.end_col - 1)
    if isinstance(value, list):
        return Marked([Marked(one, source, start, end) for one in value], source, start, end)
    return Marked(value, source, start, end)


def _put(tree: Marked, steps: Sequence[str], leaf: Marked) -> None:
    key = Marked(steps[0], leaf.source, leaf.start, leaf.end)
    tree.keys.setdefault(steps[0], key)  # type: ignore[attr-defined]
    if len(steps) == 1:
        tree.value[steps[0]] = leaf
        return
    below = tree.value.setdefault(steps[0], Marked({}, leaf.source, leaf.start, leaf.end))
    _put(below, steps[1:], leaf)
