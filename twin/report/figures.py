"""Figures: the one place that draws.

Every figure is drawn once as PNG for the folder and once as SVG for the page. Colours can be told apart by the
colour-blind, and a hollow mark, never a colour alone, says that nothing is decided. A PNG whose words no font at
hand can show (Chinese without a Chinese font) is left out; an SVG's words are set by the reader's own fonts.
"""

from __future__ import annotations

import io
import itertools
import logging
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from twin.errors import Words
from twin.report.channels import channel_titles, channels_of
from twin.report.profiles import EDGES, HOURS_A_DAY, HOURS_A_WEEK, WEEKDAYS, Material, Profile
from twin.report.text import FLOOR, NOTHING, Scale, cells, floors_of, headlines
from twin.runs.compare import Difference, Estimate

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # most Chinese fonts have no bold face

LANGUAGES = ("en", "zh")
WIDTH = 7.2  # inches: an A4 page less its margins
GREY, BLUE, VERMILION, INK = "#8a8a8a", "#0072B2", "#D55E00", "#222222"
_SHADES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#8a8a8a")  # Okabe and Ito
_HATCHES = ("", "////", "....", "\\\\\\\\", "xx", "", "--")  # so that no colour alone tells channels apart
_TONES = {"better": BLUE, "worse": VERMILION, "higher": INK, "lower": INK}
_THICKNESS = {GREY: 2.6, BLUE: 1.2}  # so that the baseline shows under an option that equals it
_THIN = 12  # every so many bins make a point of a curve
_CELL = 0.068  # inches: half the width of a Chinese character at 9 points
_ROW = 0.27  # inches
_SAID_FITS = 30  # letters beside a row of the forest
_TICK = 0.5  # inches that the number at a tick may need
_PANELS = 3
_FEWEST_FLOORS = 2
_LEAST = 10  # below the mean by this factor, an interval of hours counts as reaching down to nothing
_RESOLUTION = 150  # dots an inch

_LATIN_FONT = "DejaVu Sans"  # it comes with matplotlib
_SHIPPED_FONT = "NotoSansSC-subset.otf"
_CHINESE_FONTS = (
    "Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Heiti SC", "SimHei", "Arial Unicode MS",
)  # fmt: skip
_READERS_FONTS = (
    "Helvetica, Arial, 'Noto Sans SC', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', 'WenQuanYi Micro Hei',"
    " sans-serif"
)
_DURATIONS = (
    (1 / 12, Words("5 min", "5 分钟")), (1, Words("1 h", "1 小时")), (6, Words("6 h", "6 小时")),
    (24, Words("1 d", "1 天")),
    (72, Words("3 d", "3 天")), (168, Words("1 wk", "1 周")),
    (720, Words("30 d", "30 天")), (2160, Words("90 d", "90 天")),
)  # fmt: skip
_TEXT: Mapping[str, Words] = {
    "share": Words("share done", "办理完成占比"),
    "time": Words("time from creation to work done", "从创建到办理完成的时长"),
    "open": Words("tickets whose work is not done", "尚未办理完成的工单"),
    "week": Words("hour of the week", "一周中的时刻"),
    "floor": Words("floor", "楼层"),
    "brings": Words("net benefit to a flat", "每户净收益"),
    "mean_time": Words("mean time to close", "平均办结时长"),
    "option": Words("the option named above", "上方所示方案"),
}

Drawer = Callable[[Material], Figure | None]


def draw(experiment: Experiment, profiles: Mapping[str, Profile], lang: str) -> dict[str, Figure]:
    """Return every figure that the experiment gives rise to, by name."""
    material = Material(experiment, profiles, lang)
    with matplotlib.rc_context(style_of(lang)):
        drawn = {name: drawer(material) for name, drawer in DRAWERS.items()}
    return {name: figure for name, figure in drawn.items() if figure is not None}


def png(figure: Figure, lang: str) -> bytes | None:
    """Return the figure as PNG, or ``None`` if no font at hand can show its words."""
    target = io.BytesIO()
    figure.set_dpi(_RESOLUTION)
    with matplotlib.rc_context(style_of(lang)), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        FigureCanvasAgg(figure).print_png(target, metadata={"Software": None})
    missing = any("missing from" in str(one.message) for one in said)
    return None if missing else target.getvalue()


def svg(figure: Figure, lang: str) -> str:
    """Return the figure as SVG text, its words as text."""
    target = io.StringIO()
    with matplotlib.rc_context(style_of(lang)), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        FigureCanvasSVG(figure).print_svg(target, metadata={"Date": None, "Creator": None})
    return re.sub(r"(font: [^;\"]*?px )('[^;\"]*')", rf"\1{_READERS_FONTS}", target.getvalue())


# -- the figures


def differences(material: Material) -> Figure | None:
    """A forest: one panel a metric, one row an option, hollow where nothing is decided."""
    experiment = material.experiment
    options = experiment.arms[1:]
    names = [name for name in headlines(experiment) if any(name in experiment.differences[arm] for arm in options)]
    if not options or not names:
        return None
    labels = [material.writer.arm(option) for option in options]
    height = len(options) * _ROW + 0.62
    figure = Figure(figsize=(WIDTH, height * len(names)))
    left = max(map(cells, labels)) * _CELL + 0.15
    for number, name in enumerate(names):
        bottom = 1 - (number + 1) / len(names) + 0.32 / (height * len(names))
        box = (left / WIDTH, bottom, 1 - (left + 2.1) / WIDTH, len(options) * _ROW / (height * len(names)))
        _forest_panel(figure.add_axes(box), material, name, labels)
    return figure


def channels(material: Material) -> Figure | None:
    """One bar an option, of the parts of its difference from the baseline; a dot for the whole with its interval."""
    found = channels_of(material.experiment)
    if not found:
        return None
    writer, options = material.writer, material.experiment.arms[1:]
    labels = [writer.arm(option) for option in options]
    bars = (len(options) + 1) * _ROW
    keys = {whole: (len(parts) + 2) // 2 * 0.17 for whole, parts in found.items()}
    height = sum(bars + key + 0.8 for key in keys.values())
    figure = Figure(figsize=(WIDTH, height))
    left, top = max(map(cells, labels)) * _CELL + 0.15, height
    for whole, parts in found.items():
        top -= bars + 0.32
        axes = figure.add_axes((left / WIDTH, top / height, 1 - (left + 0.15) / WIDTH, bars / height))
        _channels_panel(axes, material, whole, parts)
        axes.set_yticks(range(len(labels)), labels)
        beneath = {"bbox_to_anchor": (0.02, (top - 0.26) / height), "bbox_transform": figure.transFigure}
        axes.legend(loc="upper left", ncols=2, frameon=False, fontsize=8, borderaxespad=0.1, **beneath)
        top -= keys[whole] + 0.48
    return figure


def hours_to_close(material: Material) -> Figure | None:
    """The share of tickets whose work is done within a time, one panel an option, the baseline grey in each."""
    if not any(profile.counts.any() for profile in material.profiles.values()):
        return None
    figure, panels = _panels(material, sharey=True)
    low, high = _range(
        [end for one in material.profiles.values() for end in (one.quantile(0.005), one.quantile(0.995))]
    )
    for axes, arm in zip(panels, material.shown, strict=False):
        for shown, tone in _against_baseline(material, arm):
            share = material.profiles[shown].share_done
            axes.plot(EDGES[1::_THIN], 100 * share[::_THIN], color=tone, linewidth=_THICKNESS[tone])
        _duration_axis(axes, low, high, material.lang)
        axes.set_ylim(0, 101)
        axes.yaxis.set_major_formatter("{x:.0f}%")
    _label(figure, material, _word(material, "time"), _word(material, "share"))
    return figure


def backlog(material: Material) -> Figure | None:
    """The saw-tooth of the week: mean open tickets by hour of the week (no figure where there never are any)."""
    if not any(profile.backlog.any() for profile in material.profiles.values()):
        return None
    figure, panels = _panels(material, sharey=True)
    hours = np.arange(HOURS_A_WEEK)  # not closed to a ring: a backlog that grows would seem to fall at midnight
    for axes, arm in zip(panels, material.shown, strict=False):
        for shown, tone in _against_baseline(material, arm):
            axes.plot(hours, material.profiles[shown].backlog, color=tone, linewidth=_THICKNESS[tone])
        axes.set_xlim(0, HOURS_A_WEEK)
        axes.set_ylim(bottom=0)
        axes.set_xticks(np.arange(0, HOURS_A_WEEK + 1, HOURS_A_DAY), [])
        middays = np.arange(HOURS_A_DAY // 2, HOURS_A_WEEK, HOURS_A_DAY)
        axes.set_xticks(middays, WEEKDAYS[material.lang].split(), minor=True)
        axes.tick_params(axis="x", which="minor", length=0)
    _label(figure, material, _word(material, "week"), _word(material, "open"))
    return figure


def who_waits(material: Material) -> Figure | None:
    """Mean time to close by group, for the first options, the baseline grey in each."""
    rows = material.groups()
    if not rows:
        return None
    labels = [material.group(group) for _, group in rows]
    left = max(map(cells, labels)) * _CELL + 0.2
    waits = [profile.wait(*row) for profile in material.profiles.values() for row in rows]
    low, high = _range([end for one in waits if one is not None for end in _ends(one)])
    ends = (low / 1.2, high * 1.2)
    figure, panels = _panels(material, most=_PANELS, height=len(rows) * 0.2 + 0.2, left=left, sharey=True)
    for axes, arm in zip(panels, material.shown, strict=False):
        _waits_panel(axes, material, arm, rows)
        axes.set_yticks(_offsets(rows), labels)
        _duration_axis(axes, *ends, material.lang)
    _label(figure, material, _word(material, "mean_time"), "")
    return figure


def floors(material: Material) -> Figure | None:
    """What a lift brings to a flat by floor, one panel an option, the baseline grey in each."""
    names = floors_of(material.experiment)
    if len(names) < _FEWEST_FLOORS:
        return None
    figure, panels = _panels(material, sharey=True, left=0.85)
    estimates, scale = material.experiment.estimates, material.writer.scale(names[0])
    for axes, arm in zip(panels, material.shown, strict=False):
        for number, (shown, tone) in enumerate(_against_baseline(material, arm)):
            known = [(row, estimates[shown][name]) for row, name in enumerate(names) if name in estimates[shown]]
            at = [row + 0.16 * number for row, _ in known]  # or one interval would hide the other's end
            for place, (_, one) in zip(at, known, strict=True):
                axes.plot([place, place], one.ci95 or (one.mean, one.mean), color=tone, linewidth=_THICKNESS[tone])
            axes.plot(at, [one.mean for _, one in known], "o", color=tone, markersize=3.6)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_xticks(range(len(names)), [name.removeprefix(FLOOR) for name in names])
        axes.yaxis.set_major_formatter("{x:,.0f}")
    _label(figure, material, _word(material, "floor"), _word(material, "brings") + material.writer.in_unit(scale))
    return figure


DRAWERS: Mapping[str, Drawer] = {
    "differences": differences,
    "channels": channels,
    "hours_to_close": hours_to_close,
    "backlog": backlog,
    "who_waits": who_waits,
    "floors": floors,
}


# -- parts of figures


def _word(material: Material, key: str) -> str:
    return _TEXT[key][material.lang]


def _forest_panel(axes: Axes, material: Material, name: str, labels: Sequence[str]) -> None:
    experiment, writer = material.experiment, material.writer
    found = [experiment.differences[option].get(name) for option in experiment.arms[1:]]
    scale = writer.scale(name, difference=True)
    for row, one in enumerate(found):
        if one is None:
            axes.text(1.03, row, NOTHING, transform=axes.get_yaxis_transform(), va="center", fontsize=8)
        else:
            _forest_row(axes, row, one, scale, writer.both(name, one))
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.margins(x=0.06)
    room = axes.get_position().width * WIDTH / _TICK  # beside long names of options there is little
    axes.locator_params(axis="x", nbins=min(max(int(room), 2), 6))
    axes.set_title(writer.labelled(name, difference=True), loc="left", fontweight="bold")


def _channels_panel(axes: Axes, material: Material, whole: str, parts: Sequence[str]) -> None:
    """Stack what is gained to the right of 0, what is lost to the left."""
    writer, options = material.writer, material.experiment.arms[1:]
    differences = [material.experiment.differences[option] for option in options]
    scale, rows = writer.scale(whole, difference=True), np.arange(len(options))
    gained, lost = np.zeros(len(options)), np.zeros(len(options))
    for number, (part, name) in enumerate(zip(parts, channel_titles(writer, parts), strict=True)):
        size = np.array([found[part].mean for found in differences]) * scale.factor
        start = np.where(size > 0, gained, lost)
        shade, hatch = (kinds[number % len(kinds)] for kinds in (_SHADES, _HATCHES))
        axes.barh(rows, size, 0.62, left=start, color=shade, hatch=hatch, edgecolor="white", linewidth=0, label=name)
        gained, lost = gained + np.maximum(size, 0), lost + np.minimum(size, 0)
    for row, found in enumerate(differences):
        ends = [end * scale.factor for end in scale.ends(found[whole])]
        axes.plot(ends, [row, row], color=INK, linewidth=1.6, solid_capstyle="butt")
    means = [found[whole].mean * scale.factor for found in differences]
    axes.plot(means, rows, "o", color=INK, markersize=5, label=writer.metric(whole))
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_ylim(len(options) - 0.4, -0.6)
    axes.set_title(writer.labelled(whole, difference=True), loc="left", fontweight="bold")


def _forest_row(axes: Axes, row: int, found: Difference, scale: Scale, said: str) -> None:
    tone = _TONES.get(found.verdict, GREY)
    mean = found.mean * scale.factor
    for one, width in ((found.together, 0.8), (found, 2.4)):
        if one is not None:
            ends = [end * scale.factor for end in scale.ends(one)]
            axes.plot(ends, [row, row], color=tone, linewidth=width, solid_capstyle="butt")
    face = tone if found.verdict in _TONES else "white"
    axes.plot([mean], [row], "o", color=tone, markerfacecolor=face, markersize=5.5, markeredgewidth=1.3)
    size = min(8.0, 8.0 * _SAID_FITS / len(said))  # tiny differences have many digits
    axes.text(1.03, row, said, transform=axes.get_yaxis_transform(), va="center", fontsize=size)


def _waits_panel(axes: Axes, material: Material, arm: str, rows: Sequence[tuple[str, str]]) -> None:
    compared = _against_baseline(material, arm)
    for number, (shown, tone) in enumerate(compared):
        aside = 0.3 * number - 0.15 * (len(compared) - 1)  # or one interval would hide the other's end
        for row, (grouping, group) in zip(_offsets(rows), rows, strict=True):
            found = material.profiles[shown].wait(grouping, group)
            if found is not None:
                at = row + aside
                axes.plot(_ends(found), [at, at], color=tone, linewidth=1.4)
                axes.plot([found.mean], [at], "o", color=tone, markersize=3.6)
    axes.set_ylim(_offsets(rows)[-1] + 0.7, -0.7)
    axes.grid(axis="y", color="#eeeeee")


def _ends(found: Estimate) -> tuple[float, float]:
    """The ends of an interval of hours on an axis without a zero: whatever is below a tenth of the mean ends there."""
    low, high = found.ci95 or (found.mean, found.mean)
    return max(low, found.mean / _LEAST), high


def _offsets(rows: Sequence[tuple[str, str]]) -> list[float]:
    """Rows from above, with a gap between groupings."""
    gaps = np.cumsum([0, *(before[0] != after[0] for before, after in itertools.pairwise(rows))])
    return [row + 0.6 * float(gap) for row, gap in enumerate(gaps)]


def _against_baseline(material: Material, arm: str) -> list[tuple[str, str]]:
    """The lines of a panel and their colours, the option above the baseline."""
    baseline = material.experiment.baseline
    return [(arm, BLUE)] if arm == baseline else [(baseline, GREY), (arm, BLUE)]


def _panels(
    material: Material, *, most: int = 1000, height: float = 1.45, left: float = 0.62, sharey: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure with one panel an option, at most three abreast, with the option as title."""
    shown = material.shown[:most]
    across = min(len(shown), _PANELS)
    down = -(-len(shown) // across)
    tall = down * (height + 0.62) + 0.55
    figure = Figure(figsize=(WIDTH, tall))
    grid = figure.subplots(down, across, sharex=False, sharey=sharey, squeeze=False)
    top, bottom = 1 - 0.55 / tall, 0.5 / tall
    figure.subplots_adjust(left / WIDTH, bottom, 0.985, top, 0.12, 0.55 / height)
    panels = list(grid.flat)
    room = (WIDTH - left) / across * 0.9 / _CELL
    for axes, arm in zip(panels, shown, strict=False):
        axes.set_title(_shortened(material.writer.arm(arm), room), loc="left", fontsize=9)
    for empty in panels[len(shown) :]:
        empty.set_axis_off()
    return figure, panels[: len(shown)]


def _label(figure: Figure, material: Material, below: str, beside: str) -> None:
    """Name both axes once, and say which colour is the baseline."""
    figure.supxlabel(below, fontsize=9, y=0.008)
    figure.supylabel(beside, fontsize=9, x=0.008)
    experiment = material.experiment
    if len(experiment.arms) > 1:
        only = len(experiment.arms) == 2
        option = material.writer.arm(experiment.arms[1]) if only else _word(material, "option")
        names = (material.writer.arm(experiment.baseline), option)
        handles = [
            Line2D([], [], color=tone, label=name, linewidth=1.8)
            for tone, name in zip((GREY, BLUE), names, strict=True)
        ]
        figure.legend(handles=handles, loc="upper right", ncols=2, frameon=False, fontsize=8.5, borderaxespad=0.1)


def _duration_axis(axes: Axes, low: float, high: float, lang: str) -> None:
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [(hours, words[lang]) for hours, words in _DURATIONS if low <= hours <= high]
    axes.set_xticks([hours for hours, _ in ticks], [word for _, word in ticks])
    axes.minorticks_off()


def _range(ends: Sequence[float | None]) -> tuple[float, float]:
    """The least and the greatest of these hours, at least a factor of four apart."""
    known = [max(end, EDGES[0]) for end in ends if end is not None] or [1.0]
    low, high = min(known), max(known)
    return (low, high) if high >= 4 * low else (low / 2, low * 4)


def _shortened(text: str, room: float) -> str:
    while cells(text) > room:
        text = text[:-2] + "…"
    return text


# -- style


def style_of(lang: str) -> Any:  # matplotlib types its settings by the literal names of all of them
    """Return the settings under which figures of a language are drawn and written."""
    return {
        "font.family": [*chinese_fonts(), _LATIN_FONT] if lang == "zh" else [_LATIN_FONT, *chinese_fonts()],
        "font.size": 9.0,
        "axes.titlesize": 9.0,
        "axes.labelsize": 9.0,
        "xtick.labelsize": 8.0,
        "ytick.labelsize": 8.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": "#999999",
        "axes.grid": True,
        "axes.grid.axis": "x",
        "axes.axisbelow": True,
        "grid.color": "#e4e4e4",
        "grid.linewidth": 0.6,
        "axes.unicode_minus": True,
        "figure.dpi": _RESOLUTION,
        "savefig.dpi": _RESOLUTION,
        "svg.fonttype": "none",
        "svg.hashsalt": "twin",
    }


@cache
def chinese_fonts() -> tuple[str, ...]:
    """Return the names of fonts with Chinese characters: the shipped one, then those of the machine."""
    with resources.as_file(resources.files("twin.data").joinpath(_SHIPPED_FONT)) as path:
        font_manager.fontManager.addfont(path)
        shipped = font_manager.FontProperties(fname=str(path)).get_name()
    present = {font.name for font in font_manager.fontManager.ttflist}
    return (shipped, *(name for name in _CHINESE_FONTS if name in present))
