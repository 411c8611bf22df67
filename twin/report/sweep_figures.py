"""Figures of sweeps and attributions: what an answer hangs on, how it runs along an axis, which part brings what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twin.errors import Words
from twin.report.figures import BLUE, GREY, INK, VERMILION, WIDTH, style_of
from twin.report.sweep_text import AttributionWriter, SweepWriter
from twin.report.text import cells
from twin.runs.compare import Interval
from twin.runs.sensitivity import Index

if TYPE_CHECKING:
    from twin.runs.sweep import Finding, Swept

_CELL = 0.068  # inches: half the width of a Chinese character at 9 points
_ROW = 0.3
_ABREAST = 3
_MOST_AXES = 9
_TEXT: Mapping[str, Words] = {
    "alone": Words("alone", "单独作用"),
    "total": Words("with all its interactions", "含全部交互作用"),
    "share": Words("share of the variance", "方差占比"),
    "size": Words("effect over the whole range", "全范围的效应"),
    "weight": Words("standardised coefficient", "标准化系数"),
    "regret": Words("mean regret; the dot is the largest", "平均遗憾；圆点为最大值"),
    "sum": Words("together", "合计"),
}


def draw_sweep(swept: Swept, lang: str) -> dict[str, Figure]:
    """Return every figure that a sweep gives rise to, by name."""
    writer = SweepWriter(swept, lang)
    with matplotlib.rc_context(style_of(lang)):
        drawn: dict[str, Figure] = {}
        for name, found in swept.findings.items():
            if not found.varies:
                continue
            bars = _sensitivity(writer, name, found)
            regret = _regret(writer, name, found)
            drawn |= {f"sensitivity_{name}": bars} if bars else {}
            drawn |= {f"regret_{name}": regret} if regret else {}
            drawn[f"response_{name}"] = _response(writer, name, found)
    return drawn


def draw_attribution(writer: AttributionWriter) -> dict[str, Figure]:
    """Return the figure of an attribution: the parts, largest first, and their sum."""
    found = writer.found
    ordered = sorted(found.parts, key=lambda part: -abs(found.parts[part].mean))
    if not ordered:
        return {}
    scale = writer.writer.scale(found.metric, difference=True)
    told = [*(found.parts[part] for part in ordered), found.difference]
    better = writer.writer.experiment.book[found.metric].better
    sign = 1.0 if better == "higher" else -1.0
    with matplotlib.rc_context(style_of(writer.lang)):
        labels = [*map(writer.label, ordered), _TEXT["sum"][writer.lang]]
        figure, axes = _canvas(labels)
        for row, one in enumerate(told):
            ends = None if one.ci95 is None else (one.ci95[0] * scale.factor, one.ci95[1] * scale.factor)
            tone = INK if row == len(ordered) or better is None else (BLUE if one.mean * sign > 0 else VERMILION)
            _bar(axes, row, one.mean * scale.factor, ends, tone)
        axes.axhline(len(ordered) - 0.5, color=GREY, linewidth=0.8)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_xlabel(writer.writer.labelled(found.metric, difference=True))
    return {"parts": figure}


def _sensitivity(writer: SweepWriter, name: str, found: Finding) -> Figure | None:
    scale = writer.writer.scale(name, difference=True)
    bars: list[tuple[str, Mapping[str, Index], str, float]] = []
    if found.total:
        bars = [("total", found.total, GREY, 1.0), ("alone", found.first, BLUE, 1.0)]
    elif found.effects:
        bars = [("size", {path: one.size for path, one in found.effects.items()}, BLUE, scale.factor)]
    elif found.weights:
        bars = [("weight", found.weights, BLUE, 1.0)]
    elif found.shares:
        bars = [("share", found.shares, BLUE, 1.0)]
    if not bars:
        return None
    paths = sorted(bars[0][1], key=lambda path: -abs(bars[0][1][path].value))
    figure, axes = _canvas([*map(writer.label, paths)], legend=len(bars) > 1)
    for number, (key, indices, tone, factor) in enumerate(bars):
        aside = 0.16 * (2 * number - len(bars) + 1)
        for row, path in enumerate(paths):
            one = indices[path]
            ends = None if one.ci95 is None else (one.ci95[0] * factor, one.ci95[1] * factor)
            label = _TEXT[key][writer.lang] if row == 0 and len(bars) > 1 else ""
            _bar(axes, row + aside, one.value * factor, ends, tone, 0.62 / len(bars), label)
    axes.axvline(0, color=INK, linewidth=0.8)
    said = "share" if found.total else bars[0][0]
    unit = writer.writer.in_unit(scale) if found.effects else ""
    axes.set_xlabel(f"{writer.writer.metric(name)}: {_TEXT[said][writer.lang]}{unit}")
    if len(bars) > 1:
        figure.legend(loc="upper right", ncols=2, frameon=False, fontsize=8.5)
    return figure


def _regret(writer: SweepWriter, name: str, found: Finding) -> Figure | None:
    if not found.robust:
        return None
    layout, scale = writer.swept.layout, writer.writer.scale(name, difference=True)
    each = len(layout.texts) // layout.settings
    figure, axes = _canvas([writer.point(at * each, layout.levers) for at in range(layout.settings)])
    for row, one in enumerate(found.robust):
        ends = one.regret_ci95 and (one.regret_ci95[0] * scale.factor, one.regret_ci95[1] * scale.factor)
        _bar(axes, row, one.regret_mean * scale.factor, ends, BLUE)
        axes.plot([one.regret_most * scale.factor], [row], "o", color=INK, markersize=4, clip_on=False)
    axes.set_xlim(left=0)
    said = f"{writer.writer.metric(name)}: {_TEXT['regret'][writer.lang]}{writer.writer.in_unit(scale)}"
    axes.set_xlabel(said)
    return figure


def _response(writer: SweepWriter, name: str, found: Finding) -> Figure:
    """The mean of every point along each axis; lines join points that differ in that axis only."""
    layout, scale = writer.swept.layout, writer.writer.scale(name)
    shown = list(range(min(len(layout.axes), _MOST_AXES)))
    across = min(len(shown), _ABREAST)
    down = -(-len(shown) // across)
    named = 0.14 * any("\n" in writer.label(layout.axes[place].path) for place in shown)  # a second line
    tall = (2.3 + named) * down + 0.2
    figure = Figure(figsize=(WIDTH, tall))
    panels = figure.subplots(down, across, sharey=True, squeeze=False)
    figure.subplots_adjust(0.1, (0.62 + named) / tall, 0.985, 0.97, 0.12, 0.45 + named / 2)
    means = np.array([one.mean for one in found.estimates]) * scale.factor
    for axes, place in zip(panels.flat, shown, strict=False):
        _panel(axes, writer, place, means)
    for empty in list(panels.flat)[len(shown) :]:
        empty.set_axis_off()
    figure.supylabel(writer.writer.labelled(name), fontsize=9, x=0.008)
    return figure


def _panel(axes: Axes, writer: SweepWriter, place: int, means: np.ndarray) -> None:
    layout = writer.swept.layout
    axis = layout.axes[place]
    at = np.array([axis.number(share) for share in layout.shares[:, place].tolist()])
    axes.grid(axis="y", color="#eeeeee")
    if layout.design in ("factorial", "list") or axis.role == "lever":
        others = np.delete(layout.shares, place, axis=1)
        for row in np.unique(others, axis=0) if len(at) <= 400 else ():
            along = np.flatnonzero((others == row).all(axis=1))
            along = along[np.argsort(at[along])]
            axes.plot(at[along], means[along], color=GREY, linewidth=0.8)
    axes.plot(at, means, "o", color=BLUE, markersize=3.2 if len(at) > 60 else 4.2, alpha=0.75, markeredgewidth=0)
    axes.set_xlabel(writer.label(axis.path), fontsize=8)
    if axis.values:
        axes.set_xticks(
            range(len(axis.values)), [value if len(value) < 12 else value[:11] + "…" for value in axis.values]
        )
        axes.set_xlim(-0.4, len(axis.values) - 0.6)
    else:
        axes.locator_params(axis="x", nbins=5)


def _canvas(labels: Sequence[str], legend: bool = False) -> tuple[Figure, Axes]:
    """Axes with a named row each, from above, with room for the names."""
    lines = [label.split("\n") for label in labels]
    left = max(cells(line) for label in lines for line in label) * _CELL + 0.2
    rows = len(labels) * _ROW * (1 + 0.3 * (max(map(len, lines)) - 1))
    tall = rows + 0.75 + 0.3 * legend
    figure = Figure(figsize=(WIDTH, tall))
    axes = figure.add_axes((left / WIDTH, 0.55 / tall, 1 - (left + 0.25) / WIDTH, rows / tall))
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    return figure, axes


def _bar(
    axes: Axes, row: float, value: float, ends: Interval | None, tone: str, height: float = 0.55, label: str = ""
) -> None:
    axes.barh([row], [value], height=height, color=tone, alpha=0.75, label=label or None)
    if ends is not None:
        axes.plot(ends, [row, row], color=INK, linewidth=1.2, solid_capstyle="butt")
