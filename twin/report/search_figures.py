"""The figure of a policy search: what each setting gives on seeds that the search has not seen, metric by metric."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from twin.core.columns import Floats
from twin.errors import Words
from twin.report.figures import BLUE, GREY, INK, VERMILION, WIDTH, style_of

if TYPE_CHECKING:
    from twin.report.search_text import SearchWriter

_MOST_PANELS = 3
_ABREAST = 2
_HEIGHT = 3.1  # inches, of a row of panels
_ROW = 0.3
_NEAR = 0.035  # of the width and height of a panel: settings nearer than this share a label
_PALE = "#9fc5dd"
_TEXT: Mapping[str, Words] = {
    "lower": Words("(lower is better)", "（越低越好）"),
    "higher": Words("(higher is better)", "（越高越好）"),
    "setting": Words("setting, held-out seeds, 95 % interval", "取值：留出种子，95% 置信区间"),
    "stands": Words("as it stands", "现状"),
    "trained": Words("the same in the search", "同一取值：搜索时"),
    "comma": Words(", ", "、"),
}


def draw_search(writer: SearchWriter) -> Figure | None:
    """Return the figure: a panel for each pair of metrics, rows for a single one; ``None`` where nothing was found."""
    if len(writer.found.settings) < 2:
        return None
    pairs = list(itertools.combinations(writer.found.outcomes, 2))[:_MOST_PANELS]
    with matplotlib.rc_context(style_of(writer.lang)):
        figure = _panels(writer, pairs) if pairs else _rows(writer, writer.found.outcomes[0])
        figure.legend(handles=_keys(writer.lang), loc="outside upper left", ncols=3, frameon=False, fontsize=8)
    return figure


def _panels(writer: SearchWriter, pairs: Sequence[tuple[str, str]]) -> Figure:
    across = min(len(pairs), _ABREAST)
    down = -(-len(pairs) // across)
    figure = Figure(figsize=(WIDTH, _HEIGHT * down + 0.3 + 0.7 * (across == 1)), layout="constrained")
    panels = list(figure.subplots(down, across, squeeze=False).flat)
    for axes, (one, other) in zip(panels, pairs, strict=False):
        _panel(axes, writer, one, other)
    for empty in panels[len(pairs) :]:
        empty.set_axis_off()
    return figure


def _panel(axes: Axes, writer: SearchWriter, one: str, other: str) -> None:
    x, y = _points(writer, one), _points(writer, other)
    _spread(axes, x, y)
    axes.set_xlabel(_label(writer, one))
    axes.set_ylabel(_label(writer, other))
    axes.grid(True, axis="both")
    axes.margins(0.08)
    _tick(axes.xaxis)
    _tick(axes.yaxis)
    numbered = np.column_stack([x[1:, 0], y[1:, 0]])  # the first is the arm as it stands
    for (left, up), numbers in _together(axes, numbered):
        said = _TEXT["comma"][writer.lang].join(map(str, numbers))
        axes.annotate(said, (left, up), (4, 4), textcoords="offset points", fontsize=8, color=INK, zorder=4)


def _rows(writer: SearchWriter, name: str) -> Figure:
    """Return the settings of a search for one metric, a row each, the arm as it stands first."""
    x, count = _points(writer, name), len(writer.found.settings)
    figure = Figure(figsize=(WIDTH, count * _ROW + 1.2), layout="constrained")
    axes = figure.subplots()
    _spread(axes, x, np.repeat(np.arange(count, dtype=np.float64)[:, None], 4, axis=1))
    axes.set_yticks(range(count), [writer.setting(at) for at in range(count)])
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_xlabel(_label(writer, name))
    _tick(axes.xaxis)
    return figure


def _points(writer: SearchWriter, name: str) -> Floats:
    """Return by setting the mean, the ends of its interval and the mean in the search, as they are shown."""
    scale = writer.writer.scale(name)
    return np.array([[one.estimates[name].mean, *scale.ends(one.estimates[name]), one.trained[name]]
                     for one in writer.found.settings]) * scale.factor  # fmt: skip


def _spread(axes: Axes, x: Floats, y: Floats) -> None:
    for at, ((mean_x, low_x, high_x, seen_x), (mean_y, low_y, high_y, seen_y)) in enumerate(zip(x, y, strict=True)):
        tone, mark = (BLUE, "o") if at else (VERMILION, "s")
        axes.plot([seen_x, mean_x], [seen_y, mean_y], color=GREY, linewidth=0.6, linestyle=":", zorder=1)
        axes.plot([seen_x], [seen_y], mark, color="white", markeredgecolor=_PALE, markersize=5, zorder=1.5)
        axes.plot([low_x, high_x], [mean_y, mean_y], color=tone, linewidth=0.9, alpha=0.6, zorder=2)
        axes.plot([mean_x, mean_x], [low_y, high_y], color=tone, linewidth=0.9, alpha=0.6, zorder=2)
        axes.plot([mean_x], [mean_y], mark, color=tone, markersize=5.5, markeredgewidth=0, zorder=3)


def _together(axes: Axes, points: Floats) -> list[tuple[tuple[float, float], list[int]]]:
    """Return where the labels go, and the numbers on each: those of settings that lie on each other stand together."""
    size = np.array([np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())])
    labels: list[tuple[tuple[float, float], list[int]]] = []
    for number, point in enumerate(points, start=1):
        beside = (held for place, held in labels if (np.abs(point - place) / size < _NEAR).all())
        held = next(beside, None)
        if held is None:
            labels.append(((float(point[0]), float(point[1])), [number]))
        else:
            held.append(number)
    return labels


def _tick(axis: Axis) -> None:
    """Give an axis few ticks, with a comma between thousands: amounts of money have long numbers."""
    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(lambda number, _: f"{number:,.6g}".replace("-", "−"))


def _label(writer: SearchWriter, name: str) -> str:
    return f"{writer.writer.labelled(name)}\n{_TEXT[writer.better(name)][writer.lang]}"


def _keys(lang: str) -> list[Line2D]:
    return [
        Line2D([], [], color=BLUE, marker="o", markersize=5.5, linewidth=0.9, label=_TEXT["setting"][lang]),
        Line2D([], [], color=VERMILION, marker="s", markersize=5.5, linewidth=0.9, label=_TEXT["stands"][lang]),
        Line2D([], [], color=GREY, marker="o", markerfacecolor="white", markeredgecolor=_PALE, markersize=5,
               linewidth=0.6, linestyle=":", label=_TEXT["trained"][lang]),
    ]  # fmt: skip
