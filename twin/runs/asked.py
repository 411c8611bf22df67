"""What was asked for by whoever made a run folder, in words: axes and points where the ledger keeps digests.

The ledger knows a point of a sweep by the digest of its content. What is set there stands in ``sweep.json``; as long as
that is not written, the points are laid out again from the sources that the session kept, and are believed only where
their digests are those of the ledger.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from twin.errors import InputError
from twin.runs.ledgers import Held

if TYPE_CHECKING:
    from twin.core.columns import Floats
    from twin.runs.layout import Layout
    from twin.scenario.load import Scenario

Kind = Literal["run", "sweep", "attribute", "search"]
_DIGEST = re.compile(r"[0-9a-f]{16}")
_SEARCH = "search "
_BETWEEN = "|"
_NO_PARTS = "nothing"
_HELD_TO = 64
"""Points whose digests are computed to believe a layout; all, where some points say the same."""


@dataclass(frozen=True)
class Points:
    """The points of a sweep, as far as the folder tells.

    ``axes`` say what each path takes; ``settings`` have the texts by path, ``numbers`` the same as columns; ``keys``
    are the names of the points in the ledger (each empty where they are not known).
    """

    arm: str
    design: str | None
    axes: Mapping[str, Any]
    settings: tuple[Mapping[str, str], ...] = ()
    outcomes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    numbers: Mapping[str, Floats | Sequence[str]] = field(default_factory=dict)

    def said(self, number: int) -> str:
        """Return in one line what is set at a point."""
        return ", ".join(f"{path}={text}" for path, text in self.settings[number].items())


def kind_of(held: Held) -> Kind:
    """Tell which command made a folder, from what it left there."""
    if held.arms and held.arms[0].startswith(_SEARCH):
        return "search"
    named = (held.resolved or {}).get("arms", {})
    if (held.path / "sweep.json").is_file() or (held.arms and all(_DIGEST.fullmatch(one) and one not in named
                                                       for one in held.arms)):  # fmt: skip
        return "sweep"
    mixed = any(arm not in held.arms for arm, _ in (*held.done, *held.failed))
    return "attribute" if mixed or (held.path / "attribution.json").is_file() else "run"


def asked_of(held: Held, points: Points | None = None) -> dict[str, Any]:
    """Return what was asked for besides the scenario, by name; nothing of an ordinary run."""
    kind = kind_of(held)
    if kind == "sweep":
        found = points or points_of(held)
        laid = {"design": found.design, "points": len(found.settings)}
        return {"arm": found.arm, **{name: value for name, value in laid.items() if value},
                "outcomes": list(found.outcomes), **found.axes}  # fmt: skip
    if kind == "attribute":
        told = _json(held, "attribution.json")
        return {"metric": told["metric"]} if told else {}
    return _of_search(held) if kind == "search" else {}


def scenario_of(held: Held) -> dict[str, Any] | None:
    """Return the scenario as plain data: as the ledger keeps it, else from the sources that the session kept."""
    if held.resolved is not None:
        return held.resolved
    with ExitStack() as stack:
        for path in _sources(held, stack):
            found = _loaded(path, held)
            if found is not None:
                return found.resolved
    return None


# -- a sweep


def points_of(held: Held) -> Points:
    """Return the points of a sweep: as ``sweep.json`` has them, else laid out again, else what the command said."""
    told = _json(held, "sweep.json")
    if told:
        keys = held.arms if len(told["points"]) == len(held.arms) else ()
        axes = {one["path"]: one.get("values") or _range(one["low"], one["high"]) for one in told["axes"]}
        return Points(told["arm"], told["design"], axes, tuple(one["set"] for one in told["points"]),
                      (*told["outcomes"], *told["undefined"]), keys)  # fmt: skip
    return laid_again(held) or _as_commanded(held)


def laid_again(held: Held) -> Points | None:
    """Lay out the points of a sweep once more; ``None`` where that does not give what the ledger holds."""
    with ExitStack() as stack:
        for path in _sources(held, stack):
            base = _loaded(path, held)
            given = _options(held).get("arm")
            for arm in (() if base is None else (given,) if given else base.arms):
                found = base and _laid(path, base, arm, held)
                if found:
                    return found
    return None


def _laid(path: Path, base: Scenario, arm: str, held: Held) -> Points | None:
    from twin.runs.layout import layout_of, numbers
    from twin.scenario.sweeping import overs_of

    options = _options(held)
    try:
        layout = layout_of(base, arm, overs_of(options.get("over", ())), options.get("design"), options.get("points"))
        keys = _keys(path, arm, layout, held)
    except InputError:
        return None
    if not keys:
        return None
    settings = tuple(dict(zip((axis.path for axis in layout.axes), row, strict=True)) for row in layout.texts)
    axes = {axis.path: list(axis.values) if axis.span is None else _range(axis.span.low, axis.span.high)
            for axis in layout.axes}  # fmt: skip
    return Points(arm, layout.design, axes, settings, _outcomes(held), keys, numbers(layout, base, arm))


def _keys(path: Path, arm: str, layout: Layout, held: Held) -> tuple[str, ...]:
    """Return the names of the points, in their order; nothing where the ledger has others."""
    from twin.scenario.load import variants

    count = len(layout.texts)
    single = count == len(held.arms)
    looked_at = range(0, count, max(1, count // _HELD_TO)) if single else range(count)
    found = variants(path, arm, _sets(held), [layout.sets(number) for number in looked_at])
    keys = tuple(one.digest[: len(held.arms[0])] for one in found)
    if single:
        return held.arms if keys == tuple(held.arms[number] for number in looked_at) else ()
    return keys if tuple(dict.fromkeys(keys)) == held.arms else ()


def _as_commanded(held: Held) -> Points:
    """Return what the command and the scenario say of the axes, without the points."""
    options, resolved = _options(held), held.resolved or {}
    swept = resolved.get("sweep", {})
    arm = options.get("arm") or next(iter(resolved.get("arms", ())), "")
    found = swept.get("over") or {**resolved.get("levers", {}), **resolved.get("uncertainties", {})}
    axes = _axes(options.get("over", ()), found)
    return Points(arm, options.get("design") or swept.get("design") or None, axes, (), _outcomes(held))


def _outcomes(held: Held) -> tuple[str, ...]:
    from twin.runs.compare import with_beside
    from twin.runs.experiment import metric_book

    named = _options(held).get("metrics") or (held.resolved or {}).get("primary", ())
    return with_beside(named, metric_book())


# -- an attribution


def attributed(held: Held) -> dict[str, str]:
    """Return by combination of parts the arm that it is: nothing is changed in the baseline, all in the option.

    What all is, is known when the attribution is finished.
    """
    parts = [one["name"] for one in _json(held, "attribution.json").get("parts", ())]
    option = {" + ".join(sorted(parts)): held.arms[-1]} if parts else {}
    return {_NO_PARTS: held.arms[0], **option}


# -- a search


def _of_search(held: Held) -> dict[str, Any]:
    """Read the question as its arm states it: paths, trials, metrics, seeds of the search and held-out ones."""
    said = held.arms[0].removeprefix(_SEARCH).split(_BETWEEN)
    at = next((place for place, one in enumerate(said) if one.isdecimal()), len(said) - 1)
    scenario = scenario_of(held) or {}
    axes = _axes(_options(held).get("over", ()), scenario.get("levers", {}))
    told = {"trials": said[at], "outcomes": said[at + 1 : -1], "seeds": said[-1]}
    arm = _options(held).get("arm") or next(iter(scenario.get("arms", ())), "")
    return {"arm": arm, **told, **{path: axes.get(path, "") for path in said[:at]}}


# -- what the sessions say


def _axes(over: Sequence[str], otherwise: Mapping[str, Any]) -> dict[str, Any]:
    from twin.scenario.sweeping import overs_of

    axes = overs_of(over) or otherwise
    return {path: _range(axis["low"], axis["high"]) if isinstance(axis, Mapping) else list(axis)
            for path, axis in axes.items()}  # fmt: skip


def _range(low: object, high: object) -> str:
    return "..".join(f"{end:g}" if isinstance(end, float) else str(end) for end in (low, high))


def _options(held: Held) -> Mapping[str, Any]:
    return (held.request or {}).get("options", {})


def _sets(held: Held) -> tuple[str, ...]:
    return tuple(next((one["sets"] for one in reversed(held.sessions) if "sets" in one), ()))


def _sources(held: Held, stack: ExitStack) -> Iterator[Path]:
    """Yield where the scenario can be read from: what the session kept of it, then the file that was named.

    Files are laid side by side, which does for those that extend one of the same folder.
    """
    texts: dict[str, str] = next((one["sources"] for one in reversed(held.sessions) if one.get("sources")), {})
    names = [Path(name).name for name in texts]
    if names and len(set(names)) == len(names) and not {"", ".."} & set(names):
        place = Path(stack.enter_context(TemporaryDirectory()))
        for name, text in zip(names, texts.values(), strict=True):
            (place / name).write_text(text, encoding="utf-8")
        yield place / names[0]
    named = _options(held).get("scenario") or next(iter(texts), "")
    if named:
        yield Path(named)


def _loaded(path: Path, held: Held) -> Scenario | None:
    """Return the scenario of a file, if it is the one that the ledger is about."""
    from twin.scenario.load import load

    try:
        found = load(path, sets=_sets(held))
    except InputError:
        return None
    return replace(found, sources={}) if found.digest == held.identity.digest else None


def _json(held: Held, name: str) -> dict[str, Any]:
    """Return what a file of the folder says; nothing where it is not there, or is damaged."""
    try:
        found = json.loads((held.path / name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
