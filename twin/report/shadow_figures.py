"""The figure of an assimilation: what came in, and what is expected, with its bands."""

from __future__ import annotations

import math

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twin.assimilation.records import Record
from twin.errors import Words
from twin.report.figures import BLUE, GREY, WIDTH, style_of, svg

_PANELS_ACROSS, _MOST_PANELS = 3, 9
_PANEL_HEIGHT = 1.6
_SHOWN_WEEKS = 26
_LONGEST_TITLE = 30
_WEEK = Words("weeks from now", "距今周数")
_REQUESTS = Words("requests a week", "每周诉求量")


def picture(record: Record, lang: str) -> str:
    """Return, as SVG, the last half year and the weeks to come of the largest series."""
    with matplotlib.rc_context(style_of(lang)):
        return svg(_drawn(record, lang), lang)


def _drawn(record: Record, lang: str) -> Figure:
    expected = record.made.expected()
    largest = np.argsort(-expected.sum(axis=1), kind="stable")[:_MOST_PANELS]
    across = min(len(largest), _PANELS_ACROSS)
    down = math.ceil(len(largest) / across)
    figure = Figure(figsize=(WIDTH, down * _PANEL_HEIGHT + 0.5), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    low, high = record.made.band()
    for axes, row in zip(panels, largest.tolist(), strict=False):
        _panel(axes, record, row, np.array([low[row], expected[row], high[row]]))
    for spare in panels[len(largest) :]:
        spare.set_axis_off()
    figure.supxlabel(_WEEK[lang], fontsize=8)
    figure.supylabel(_REQUESTS[lang], fontsize=8)
    return figure


def _panel(axes: Axes, record: Record, row: int, ahead: np.ndarray) -> None:
    counts = record.counts
    begin = max(int(counts.since[row]), counts.weeks - _SHOWN_WEEKS)
    weeks = np.arange(begin, counts.weeks)
    seen = ~counts.gaps[weeks]
    axes.plot(weeks[seen] - counts.weeks + 1, counts.counts[row, weeks[seen]], color=GREY, marker=".", linewidth=0.9)
    coming = np.array(record.made.horizons)
    axes.fill_between(coming, ahead[0], ahead[2], color=BLUE, alpha=0.25, linewidth=0)
    axes.plot(coming, ahead[1], color=BLUE, marker=".", linewidth=1.4)
    axes.set_ylim(bottom=0)
    name = record.made.names[row]
    axes.set_title(name if len(name) <= _LONGEST_TITLE else name[: _LONGEST_TITLE - 1] + "…", fontsize=8, loc="left")
