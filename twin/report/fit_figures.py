"""Figures of a fitted request log: the hours of a day, the days of a week and of a year, and the laws of closing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twin.errors import Words
from twin.logs.closing import Closing
from twin.logs.fit import Fit
from twin.logs.survival import still_waiting
from twin.report.figures import BLUE, GREY, VERMILION, WIDTH, png, style_of, svg
from twin.report.fit_text import LAW_NAMES

_PANELS_ACROSS = 3
_MOST_PANELS = 12
_MOST_CATEGORIES = 6
_PANEL_HEIGHT = 1.75
_LONGEST_TITLE = 30
_HOURS = 24
_DURATIONS = ((1.0, Words("1 h", "1 时")), (24.0, Words("1 d", "1 天")), (168.0, Words("1 wk", "1 周")),
              (720.0, Words("30 d", "30 天")), (8760.0, Words("1 yr", "1 年")))  # fmt: skip
_WEEK, _LONG = 168.0, 2000.0  # hours; beyond the second the mark of a week has no room
_WEEKDAYS = Words("Mon Tue Wed Thu Fri Sat Sun", "一 二 三 四 五 六 日")
_TEXT: Mapping[str, Words] = {
    "hour": Words("hour of the day", "一天中的时刻"),
    "share": Words("share of the day [%]", "占当日 [%]"),
    "workday": Words("workday", "工作日"),
    "rest": Words("weekend or holiday", "周末或节假日"),
    "factor": Words("factor on the day", "日系数"),
    "month": Words("month", "月份"),
    "everything": Words("all categories", "全部类别"),
    "closed": Words("closed [%]", "已办结 [%]"),
    "time": Words("time since creation", "自创建起的时长"),
    "log": Words("log, with 95 % band", "日志及 95% 置信带"),
    "law": Words("law", "分布"),
}


def pictures(found: Fit, lang: str) -> Iterator[tuple[str, bytes | str]]:
    """Yield (file name, content) of every figure, as PNG and as SVG."""
    with matplotlib.rc_context(style_of(lang)):
        drawn = {"hours": hours(found, lang), "days": days(found, lang), "closings": closings(found, lang)}
    for name, figure in drawn.items():
        if figure is not None:
            picture = png(figure, lang)
            yield f"{name}-{lang}.svg", svg(figure, lang)
            if picture is not None:
                yield f"{name}-{lang}.png", picture


def hours(found: Fit, lang: str) -> Figure | None:
    """The hours of workdays and of rest days: all together, and the largest categories."""
    if found.log.date_only:
        return None
    largest = sorted(found.arrivals.categories, key=lambda one: -one.requests)[: _MOST_CATEGORIES - 1]
    figure, panels = _panels(1 + len(largest))
    for axes, one in zip(panels, (found.arrivals.whole, *largest), strict=False):
        for shares, tone, word in ((one.rest_hours, GREY, "rest"), (one.workday_hours, BLUE, "workday")):
            if shares is not None:
                axes.stairs(100 * shares, np.arange(_HOURS + 1), color=tone, linewidth=1.4, label=_TEXT[word][lang])
        _entitle(axes, one.name or _TEXT["everything"][lang])
        axes.set_xticks(range(0, _HOURS + 1, 6))
        axes.set_ylim(bottom=0)
    _finish(figure, panels, _TEXT["hour"][lang], _TEXT["share"][lang])
    return figure


def days(found: Fit, lang: str) -> Figure:
    """Factors of the weekdays, and of the months where they are known."""
    season = found.arrivals.days.has_season
    figure, panels = _panels(2 if season else 1, across=2)
    names = _WEEKDAYS[lang].split()
    largest = sorted(found.arrivals.categories, key=lambda one: -one.requests)[:_MOST_CATEGORIES]
    kinds = [("weekdays", names)] + ([("months", [str(month) for month in range(1, 13)])] if season else [])
    for axes, (kind, ticks) in zip(panels, kinds, strict=False):
        for one in largest:
            axes.plot(range(len(ticks)), getattr(one, kind), color=GREY, linewidth=0.8)
        axes.plot(range(len(ticks)), getattr(found.arrivals.whole, kind), color=BLUE, linewidth=1.8,
                  label=_TEXT["everything"][lang])  # fmt: skip
        axes.set_xticks(range(len(ticks)), ticks)
        axes.set_ylim(bottom=0)
    _finish(figure, panels, "", _TEXT["factor"][lang])
    return figure


def closings(found: Fit, lang: str) -> Figure | None:
    """The law of each of the most frequent types against the log's own curve and its band."""
    told = [one for one in found.closings if one.law is not None and len(one.waits) > 1][:_MOST_PANELS]
    if not told:
        return None
    figure, panels = _panels(len(told))
    for axes, one in zip(panels, told, strict=False):
        _closing_panel(axes, one, lang)
    _finish(figure, panels, _TEXT["time"][lang], _TEXT["closed"][lang])
    return figure


def _closing_panel(axes: Axes, one: Closing, lang: str) -> None:
    hours = np.maximum(one.waits.hours, 1 / 60)
    share = 1.0 - still_waiting(one.waits)
    if one.band is not None:
        low, high = np.clip(share - one.band, 0, 1), np.clip(share + one.band, 0, 1)
        axes.fill_between(hours, 100 * low, 100 * high, step="post", color=GREY, alpha=0.3, linewidth=0)
    axes.step(hours, 100 * share, where="post", color=GREY, linewidth=1.6, label=_TEXT["log"][lang])
    grid = np.geomspace(0.25, max(float(hours[-1]), 1.0), 200)
    axes.plot(grid, 100 * one.by_law(grid), color=VERMILION, linewidth=1.1, label=_TEXT["law"][lang])
    axes.set_xscale("log")
    axes.set_xlim(0.1, max(float(hours[-1]), 24.0))
    axes.set_ylim(0, 101)
    longest = axes.get_xlim()[1]
    marks = [(at, words) for at, words in _DURATIONS if at <= longest and (at != _WEEK or longest < _LONG)]
    axes.set_xticks([at for at, _ in marks], [words[lang] for _, words in marks])
    axes.minorticks_off()
    _entitle(axes, one.subtype)
    law = LAW_NAMES[one.law.name][lang] if one.law else ""
    axes.text(0.03, 0.96, f"{law}\nn = {one.requests:,}", transform=axes.transAxes, fontsize=6.5, va="top")


def _panels(count: int, across: int = _PANELS_ACROSS) -> tuple[Figure, list[Axes]]:
    columns = min(count, across)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(WIDTH, rows * _PANEL_HEIGHT + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    panels = list(grid.ravel())
    for spare in panels[count:]:
        spare.set_axis_off()
    return figure, panels[:count]


def _entitle(axes: Axes, title: str) -> None:
    shown = title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"
    axes.set_title(shown, fontsize=8, loc="left")


def _finish(figure: Figure, panels: list[Axes], below: str, beside: str) -> None:
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=7)
    panels[0].legend(frameon=False, fontsize=6.5, loc="lower right")
    if below:
        figure.supxlabel(below, fontsize=8)
    figure.supylabel(beside, fontsize=8)
