"""A scenario with everything resolved: complete, frozen, comparable, with a digest of its content."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.core import units
from twin.core.marked_yaml import write
from twin.core.parameters import ParamSpec, files_of, spec_of
from twin.errors import Complaint, InputError, Words, closest
from twin.scenario.head import Category
from twin.scenario.sweeping import EXPERIMENT, Axis, Sweep

if TYPE_CHECKING:
    from twin.policy.orders import OrderRules
    from twin.policy.policy import Policy

DEFAULT = "default"
_NO_WORDS = Words("", "")
_WORDS_ONLY = ("version", "name", "title", "question", "purpose", "shown")
_ASKED_OF_IT = ("seed", "replications", "primary", *EXPERIMENT)  # which runs, and what is looked at: not what a run is


@dataclass(frozen=True)
class Arm:
    """One of the compared alternatives: every block with its values, and the mechanisms switched off.

    ``outside`` names the mechanisms of other packages that are switched on.
    ``like`` is the arm of which it was written as a changed copy, empty if none; it changes nothing. ``rules`` is the
    digest of what its rule sets say ("": it has none), ``policy`` what was read, ``instructions`` what the desk
    is told.
    """

    name: str
    title: Words
    blocks: Mapping[str, Any]
    off: frozenset[str] = frozenset()
    like: str = field(default="", compare=False)
    outside: tuple[str, ...] = ()
    rules: str = ""
    policy: Policy | None = field(default=None, compare=False, repr=False)
    instructions: OrderRules | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Scenario:
    """What is simulated. Times are days; two scenarios are equal when they say the same.

    ``margins`` and ``targets`` are in the units of their metrics; with ``levers``, ``uncertainties`` and ``sweep``
    they say what is asked of the runs, see :mod:`twin.scenario.sweeping`.
    ``plugins`` tells of the mechanisms from outside that are on in some arm where they come from (package, version).
    ``doubts`` are complaints about what can be run, though its author can hardly have meant it.
    """

    name: str
    title: Words
    question: Words
    purpose: Words
    days: int
    warm_up_days: int
    run_on_days: int
    start: dt.date
    holidays: str
    seed: int
    replications: int
    primary: tuple[str, ...]
    shown: tuple[str, ...]
    categories: Mapping[str, Category]
    arms: Mapping[str, Arm]
    plugins: Mapping[str, str] = field(default_factory=dict)
    sets: tuple[str, ...] = field(default=(), compare=False)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    doubts: tuple[Complaint, ...] = field(default=(), compare=False, repr=False)
    margins: Mapping[str, float] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)
    levers: Mapping[str, Axis] = field(default_factory=dict)
    uncertainties: Mapping[str, Axis] = field(default_factory=dict)
    sweep: Sweep = Sweep()  # noqa: RUF009
    digest: str = field(default="", compare=False)

    @property
    def resolved(self) -> dict[str, Any]:
        """Everything as plain data in base units, defaults included."""
        return form_of(self, written=False)

    def text(self, arm: str | None = None, origin: bool = False, everything: bool = True) -> str:
        """Return the resolved scenario as YAML that loads to the same digest.

        ``arm`` keeps one arm, ``origin`` adds where each value comes from, ``everything=False`` leaves out
        what nobody said.
        """
        form = form_of(self, written=True)
        if arm is not None:
            form["arms"] = {arm: form["arms"][self.arm(arm).name]}
        if not everything:
            form = {"version": form["version"], **self._said(form, ""), "arms": self._said_arms(form["arms"])}
        return write(form, self._notes(form) if origin else None)

    def _said_arms(self, arms: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._said(form, f"arms.{name}.") for name, form in arms.items()}

    def _said(self, form: Mapping[str, Any], above: str) -> dict[str, Any]:
        """Return what a file or a setting said."""
        said: dict[str, Any] = {}
        for key, below in form.items():
            if isinstance(below, dict) and below:
                inner = self._said(below, f"{above}{key}.")
                said |= {key: inner} if inner or above + key in self.origins else {}
            elif self.origin(above + key) != DEFAULT:
                said[key] = below
        return said

    @property
    def rule_files(self) -> dict[str, str]:
        """The texts of the rule sets that the arms name, by name, as they were read."""
        policies = [arm.policy for arm in self.arms.values() if arm.policy is not None]
        return {Path(file).stem: text for policy in policies for file, text in policy.files.items()}

    def arm(self, name: str) -> Arm:
        """Return an arm by name; raises S110 with the nearest name."""
        if name not in self.arms:
            raise InputError.of("S110", arm=name, suggestion=closest(name, self.arms), known=tuple(self.arms))
        return self.arms[name]

    def origin(self, path: str) -> str:
        """Return where a value comes from, by its path in :attr:`resolved`: file:line, a ``--set``, or default."""
        while path not in self.origins and "." in path:
            path = path.rpartition(".")[0]
        return self.origins.get(path, DEFAULT)

    def _notes(self, form: Mapping[str, Any]) -> dict[tuple[str | int, ...], str]:
        return {path: self.origin(".".join(path)) for path in _leaf_paths(form)}


def _leaf_paths(form: Mapping[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for key, below in form.items():
        here = (*above, key)
        found += _leaf_paths(below, here) if isinstance(below, dict) and below else [here]
    return found


def form_of(scenario: Scenario, written: bool) -> dict[str, Any]:
    """Return a scenario as plain data; ``written``: as a file would say it, with units where a key needs one."""
    plain: dict[str, Any] = {"version": 1}
    said = ("name", "title", "question", "purpose", "days", "warm_up_days", "run_on_days", "start", "holidays",
            "seed", "replications", "primary", "shown", "categories")  # fmt: skip
    values = {name: getattr(scenario, name) for name in said}
    values |= {name: getattr(scenario, name) for name in EXPERIMENT if getattr(scenario, name) not in ({}, Sweep())}
    plain |= {name: form_of_value(value, written) for name, value in values.items() if value != _NO_WORDS}
    return {**plain, "arms": {name: _form_of_arm(arm, written) for name, arm in scenario.arms.items()}}


def _form_of_arm(arm: Arm, written: bool) -> dict[str, Any]:
    blocks = {name: form_of_value(arm.blocks[name], written) for name in sorted(arm.blocks)}
    switches = {**dict.fromkeys(sorted(arm.off), False), **dict.fromkeys(arm.outside, True)}
    said = {"mechanisms": switches} if switches else {}
    rules: dict[str, Any] = {}
    if arm.policy is not None:
        rules["rules"] = [Path(file).stem for file in arm.policy.files]
        rules |= {"rule_settings": list(arm.policy.settings)} if arm.policy.settings else {}
    return {"title": form_of_value(arm.title, written), **rules, **said, **blocks}


def form_of_value(value: Any, written: bool, key: str = "", spec: ParamSpec | None = None) -> Any:
    """Return a value as plain data, see :func:`form_of`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        items = [(item, getattr(value, item.name)) for item in dataclasses.fields(value) if item.init]
        return {item.name: form_of_value(v, written, item.name, spec_of(item)) for item, v in items if v is not None}
    if isinstance(value, Mapping):
        return {name: form_of_value(value[name], written, key, spec) for name in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [form_of_value(item, written, key, spec) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if written and spec is not None and isinstance(value, (int, float)) and not isinstance(value, bool):
        bare = units.is_pure(spec.unit) or units.ends_in_unit(key, spec.unit)
        return value if bare else units.example(value, spec.unit)
    return value


def digest_of(scenario: Scenario) -> str:
    """Return the sha256 of what is simulated: no titles, no order of keys, no way of writing a number.

    Of mechanisms from outside, also the package and version that they come from.
    Nor which seeds are run and which metrics come first: a file that says ``replications: 40`` says the same
    as one that says 20 and is run with ``-n 40``. Of a file of data its name counts, not the folder; its content
    has a digest of its own.
    """
    left_out = {*_WORDS_ONLY, *_ASKED_OF_IT}
    form = {key: value for key, value in form_of(scenario, written=False).items() if key not in left_out}
    form |= {"plugins": dict(scenario.plugins)} if scenario.plugins else {}
    for arm in scenario.arms.values():
        for block, values in arm.blocks.items():
            form["arms"][arm.name][block] |= {
                name: os.path.basename(getattr(values, name)) for name, _ in files_of(values)
            }
        if arm.policy is not None:
            form["arms"][arm.name]["rules"] = arm.rules
    for named in (form["categories"], form["arms"]):
        for item in named.values():
            item.pop("title", None)
    text = json.dumps(_numbers(form), sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _numbers(form: Any) -> Any:
    """Return plain data in which one number is written one way: a default of 6 says the same as a 6.0 that was read."""
    if isinstance(form, dict):
        return {key: _numbers(below) for key, below in form.items()}
    if isinstance(form, list):
        return [_numbers(item) for item in form]
    return int(form) if isinstance(form, float) and form.is_integer() else form
