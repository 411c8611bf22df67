"""Maps: buildings, streets, grids and hot spots, drawn from the places of a scenario and what its runs recorded.

Incidents and reports are two series and two maps: where faults begin is latent, where people report is measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from twin.core.columns import Flags, Floats, Ints, Values
from twin.errors import Words
from twin.report.figures import WIDTH, style_of
from twin.report.page import MapTold
from twin.report.text import Sheet
from twin.world.hotspots import Lattice, fitting, gi_star
from twin.world.places.build import Places, places_of
from twin.world.places.settings import PlacesSettings
from twin.world.places.shapes import Paths
from twin.world.places.writing import geojson_of

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment
    from twin.runs.store import RunFolder

Rows = Mapping[str, Values]

_TALLEST = 8.6
_HEAD, _FOOT = 0.55, 0.62  # inches above and below the map
_MARGIN = 25.0  # metres around the buildings
_MINUTES_A_DAY = 1440
_KILOMETRE = 1000.0
_CONFIDENCE = ((1.645, "90 %", "#fdd49e", "#e0a25a"), (1.96, "95 %", "#fc8d59", "#c8552b"),
               (2.576, "99 %", "#e34a33", "#8f1a10"))  # fmt: skip
_HOME, _OTHER, _EDGE = "#b9b2a6", "#dad6cf", "#6f685e"
_STREET, _BOUNDARY = "#ffffff", "#1b4f8f"
_TINTS = ("#e6eee6", "#e9e7f2", "#e2edf2", "#edf0e2", "#ececec", "#dfeae8")
_WIDE = ("motorway", "trunk", "primary", "secondary")
_LESS, _MORE = "#2166ac", "#b2182b"
_CARS_A_POINT, _WIDEST_POINTS = 80.0, 9.0
_CARS_SHOWN = (100.0, 300.0, _CARS_A_POINT * _WIDEST_POINTS)
_LEAST_CARS = 0.5
_FAINT, _NEUTRAL = "#9a948a", "#555555"
_STREETS_TOLD = 10
_BAR_SHARE = 0.25  # of the width of the map, that the scale bar should come near
_TEXT: Mapping[str, Words] = {
    "incidents": Words("Where faults begin (latent)", "事件发生地（潜在，仅模型可知）"),
    "reports": Words("Where people report (measured)", "诉求上报地（实测）"),
    "arm": Words(
        "{title} · {arm} · {count:,.0f} a run, {runs} runs", "{title} · {arm} · 每次运行 {count:,.0f} 件，共 {runs} 次"
    ),
    "home": Words("building with homes", "住宅楼"),
    "other": Words("other building", "其他建筑"),
    "street": Words("street", "道路"),
    "boundary": Words("grid and its number", "网格界线与编号"),
    "hot": Words("hot spot, {share} sure", "热点（置信度 {share}）"),
    "north": Words("N", "北"),
    "metres": Words("{metres:g} m", "{metres:g} 米"),
    "head": Words("grid;flats;a run;a run and 100 flats", "网格;户数;每次运行;每次运行每百户"),
    "estate": Words("synthetic estate", "程序生成的小区"),
    "changed": Words("Where traffic moves: {arm}", "车流如何变化：{arm}"),
    "against": Words(
        "cars an hour in the evening peak, against “{first}”: {most}", "晚高峰每小时车流，与“{first}”相比：{most}"
    ),
    "most": Words("up to {cars:,.0f} more or fewer on one street", "单条道路最多增减 {cars:,.0f} 辆"),
    "nothing": Words("no difference", "无差异"),
    "cars": Words("{cars:,.0f} cars/h", "{cars:,.0f} 辆/小时"),
    "cars_least": Words("{cars:,.0f} cars/h and beyond", "{cars:,.0f} 辆/小时及以上"),
    "changed_head": Words(
        "street;first arm [1/h];here [1/h];difference [1/h]", "道路;第一个方案;本方案;差值（辆/小时）"
    ),
    "less": Words("fewer cars", "车流减少"),
    "more": Words("more cars", "车流增加"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Series:
    """Where the matters of one series lay `xy` (n, 2) [m], all runs together, and how many runs there were."""

    name: str
    xy: Floats
    runs: int


@dataclass(frozen=True, eq=False)
class Change:
    """What an arm changes of the traffic, seen from the first arm: pieces of road, both directions counted.

    `lines` are (pieces, 2, 2) [m], `street` the number of each on the map, `before` and `after` cars an hour.
    """

    arm: str
    title: Words
    lines: Floats
    street: Ints
    before: Floats
    after: Floats


@dataclass(frozen=True, eq=False)
class Atlas:
    """What the maps of an experiment are drawn from; `arm` is the title of the arm that is shown."""

    places: Places
    series: tuple[Series, ...]
    arm: Words
    changes: tuple[Change, ...] = ()


def atlas_of(experiment: Experiment, folder: RunFolder) -> Atlas | None:
    """Return what the first arm's runs recorded on its map, ``None`` where it has none."""
    arm = experiment.scenario.arms[experiment.baseline]
    block = arm.blocks.get("places")
    places = places_of(block) if isinstance(block, PlacesSettings) else None
    if places is None:
        return None
    return Atlas(places, tuple(_series(experiment, folder)), arm.title, tuple(_changes(experiment, folder)))


def _changes(experiment: Experiment, folder: RunFolder) -> Iterator[Change]:
    """Yield by how much each option moves the traffic, mean over its runs."""
    found = {arm: [columns for _, columns in folder.table_of("roads", arm)] for arm in experiment.arms}
    if not found or not all(found.values()):
        return
    flow = {arm: np.mean([columns["flow_per_hour"] for columns in runs], axis=0) for arm, runs in found.items()}
    roads = found[experiment.baseline][0]
    forth, back = _both_ways(roads)
    ends = [_KILOMETRE * np.stack([roads[x][forth], roads[y][forth]], axis=1) for x, y in (("x", "y"), _ENDS)]
    lines = np.stack(ends, axis=1)
    for arm in experiment.arms[1:]:
        before, after = (flow[one][forth] + flow[one][back] for one in (experiment.baseline, arm))
        yield Change(arm, experiment.scenario.arms[arm].title, lines, roads["street"][forth], before, after)


_ENDS = ("end_x", "end_y")


def _both_ways(roads: Rows) -> tuple[Ints, Ints]:
    """Return the rows of each piece of road in one direction, and of the same pieces in the other."""
    names = ("x", "y", "end_x", "end_y", "street", "metres")
    place = {tuple(float(roads[name][row]) for name in names): row for row in range(len(roads["x"]))}
    pairs = [(row, place[(*one[2:4], *one[:2], *one[4:])]) for one, row in place.items()]
    once = sorted(pair for pair in pairs if pair[0] < pair[1])
    return np.array([forth for forth, _ in once], np.int64), np.array([back for _, back in once], np.int64)


def _series(experiment: Experiment, folder: RunFolder) -> Iterator[Series]:
    """Yield the incidents and the reports of the first arm's measuring windows; a series of nothing is left out."""
    window = (experiment.scenario.warm_up_days * _MINUTES_A_DAY, experiment.scenario.days * _MINUTES_A_DAY)
    for name, table, minute, counts in _SERIES:
        rows = [columns for _, columns in folder.table_of(table, experiment.baseline)]
        found = [_positions(columns, minute, counts(columns), window) for columns in rows]
        if sum(map(len, found)):
            yield Series(name, np.concatenate(found), len(found))


_SERIES: tuple[tuple[str, str, str, Callable[[Rows], Flags]], ...] = (
    ("incidents", "incidents", "began", lambda rows: rows["place"] >= 0),
    ("reports", "tickets", "created", lambda rows: ~rows["again"]),
)


def _positions(rows: Rows, minute: str, counted: Flags, window: tuple[float, float]) -> Floats:
    """Return where the counted rows of the window lay (n, 2) [m]."""
    within = counted & (rows[minute] >= window[0]) & (rows[minute] < window[1])
    return _KILOMETRE * np.stack([rows["x"][within], rows["y"][within]], axis=1).astype(np.float64)


def draw(atlas: Atlas, lang: str) -> dict[str, Figure]:
    """Return one map a series, by the name of its figure."""
    with matplotlib.rc_context(style_of(lang)):
        shown = {f"map_{one.name}": _Map(atlas, one, lang).figure() for one in atlas.series}
        return shown | {f"map_traffic_{one.arm}": _ChangeMap(atlas, one, lang).figure() for one in atlas.changes}


def told(atlas: Atlas) -> MapTold:
    """Return the tables that go with the maps, and what was assumed of the ground."""
    sheets = {
        f"map_{one.name}": {lang: Sheet("", tuple(_TEXT["head"][lang].split(";")), _rows(atlas.places, one))
                            for lang in ("en", "zh")}
        for one in atlas.series
    }  # fmt: skip
    changed = {f"map_traffic_{one.arm}": one for one in atlas.changes}
    sheets |= {
        name: {lang: Sheet("", tuple(_TEXT["changed_head"][lang].split(";")), _moved(one)) for lang in ("en", "zh")}
        for name, one in changed.items()
    }
    titles = {
        name: Words(*(_TEXT["changed"][lang].format(arm=one.title[lang] or one.arm) for lang in ("en", "zh")))
        for name, one in changed.items()
    }
    return MapTold(sheets, atlas.places.notes, titles)


def _moved(change: Change) -> tuple[tuple[str, ...], ...]:
    """Return the streets whose traffic moves most: number, cars an hour before, after and by how much."""
    metres = np.hypot(*(change.lines[:, 1] - change.lines[:, 0]).T)
    streets, place = np.unique(change.street, return_inverse=True)
    weight = np.maximum(np.bincount(place, metres), 1e-9)
    before, after = (np.bincount(place, metres * cars) / weight for cars in (change.before, change.after))
    most = np.argsort(-np.abs(after - before), kind="stable")[:_STREETS_TOLD]
    return tuple(
        (str(streets[one]), f"{before[one]:,.0f}", f"{after[one]:,.0f}", f"{after[one] - before[one]:+,.0f}")
        for one in most.tolist()
    )


def _rows(places: Places, series: Series) -> tuple[tuple[str, ...], ...]:
    """Return by grid: its number, flats, matters a run, matters a run and 100 flats."""
    count = _by_grid(places, series)
    each = zip(places.grid_names, places.grid_flats.tolist(), count.tolist(), strict=True)
    return tuple((name, str(flats), f"{n:.1f}", f"{100 * n / flats:.1f}" if flats else "") for name, flats, n in each)


def _by_grid(places: Places, series: Series) -> Floats:
    """Return the matters a run in each grid (grids,): a position belongs to the nearest building or asset."""
    from scipy.spatial import cKDTree

    known = np.concatenate([places.buildings.xy, places.assets.xy])
    grid = np.concatenate([places.grid, places.asset_grid])[cKDTree(known).query(series.xy)[1]]
    return np.bincount(grid, minlength=places.grids) / series.runs


def geojson(atlas: Atlas) -> str:
    """Return the places and the hot spots of every series as GeoJSON."""
    return geojson_of(atlas.places, (cell for one in atlas.series for cell in _hot_cells(atlas.places, one)))


def _hot_cells(places: Places, series: Series) -> Iterator[tuple[dict[str, Any], str, Any]]:
    lattice, score = heat(places, series.xy)
    count = lattice.counts(series.xy) / series.runs
    for cell in np.flatnonzero(score > _CONFIDENCE[0][0]):
        said = {"layer": "hot_spot", "series": series.name, "a_run": float(count[cell].round(2)),
                "gi_star": float(score[cell].round(3))}  # fmt: skip
        yield said, "Polygon", [_corners(lattice.corner[cell], lattice.metres)]


def heat(places: Places, xy: Floats) -> tuple[Lattice, Floats]:
    """Return the cells in which anything stands, and Gi* of these positions in each."""
    lattice = Lattice.over(np.concatenate([places.buildings.xy, places.assets.xy]), fitting(places.buildings.xy))
    return lattice, gi_star(lattice.counts(xy), *lattice.neighbours())


def light(drawn: str) -> str:
    """Return SVG text with its coordinates rounded to a hundredth of a point: a map has many."""
    return re.sub(r"(?<=\d\.\d\d)\d+", "", drawn)


class _Map:
    """Draws one map."""

    boundary: Mapping[str, Any] = {"color": _BOUNDARY, "linewidth": 1.5}
    head = _HEAD

    def __init__(self, atlas: Atlas, series: Series, lang: str) -> None:
        self.places, self.series, self.lang, self.arm = atlas.places, series, lang, atlas.arm[lang]
        places = atlas.places
        self.lattice, self.score = heat(places, series.xy)
        corners = np.concatenate([places.buildings.outlines.xy, places.grid_outlines.xy])
        self.low, self.high = corners.min(axis=0) - _MARGIN, corners.max(axis=0) + _MARGIN

    def figure(self) -> Figure:
        """Return the map with its title, legend and attribution."""
        wide, tall = self.high - self.low
        inches = min(WIDTH * tall / wide, _TALLEST)
        height = inches + self.head + _FOOT
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((0.0, _FOOT / height, 1.0, inches / height))
        self._ground(axes)
        self._buildings(axes)
        self._grids(axes)
        self._measures(axes)
        self._words(figure, axes, height)
        axes.set(xlim=(self.low[0], self.high[0]), ylim=(self.low[1], self.high[1]), aspect="equal")
        axes.set_axis_off()
        return figure

    def word(self, key: str, **values: object) -> str:
        """Return a phrase of this module."""
        return _TEXT[key][self.lang].format(**values)

    # -- what is drawn

    def _ground(self, axes: Axes) -> None:
        """The grids' ground in pale tints, hot cells, streets."""
        shapes = _shapes(self.places.grid_outlines)
        tints = [_TINTS[grid % len(_TINTS)] for grid in shapes]
        axes.add_collection(PathCollection(list(shapes.values()), facecolors=tints, edgecolors="none", zorder=1))
        for least, _, tone, _ in _CONFIDENCE:
            hot = self.score > least
            boxes = [_shape([_corners(corner, self.lattice.metres)]) for corner in self.lattice.corner[hot]]
            axes.add_collection(PathCollection(boxes, facecolors=tone, edgecolors="none", zorder=2))
        width = [2.6 if one.startswith(_WIDE) else 1.3 for one in self.places.street_class]
        lines = list(self.places.streets)
        axes.add_collection(LineCollection(lines, colors="#b5afa5", linewidths=[one + 0.7 for one in width], zorder=3))
        axes.add_collection(LineCollection(lines, colors=_STREET, linewidths=width, zorder=3.1))

    def _buildings(self, axes: Axes) -> None:
        """Every building, in the tone of the hot spot that its middle lies in."""
        buildings = self.places.buildings
        cell = self.lattice.cell_of(buildings.xy)
        score = np.where(cell >= 0, self.score[cell], 0.0)
        tones = np.where(buildings.flats > 0, _HOME, _OTHER).astype("<U7")
        for least, _, _, tone in _CONFIDENCE:
            tones[score > least] = tone
        shapes = list(_shapes(buildings.outlines).values())
        axes.add_collection(PathCollection(shapes, facecolors=tones, edgecolors=_EDGE, linewidths=0.35, zorder=4))

    def _grids(self, axes: Axes) -> None:
        """The boundary and the name of each grid."""
        outlines = self.places.grid_outlines
        lines = LineCollection(list(outlines), zorder=5, capstyle="round", **self.boundary)
        axes.add_collection(lines)
        weight = np.maximum(self.places.buildings.footprint_m2, 1.0)
        for grid, name in enumerate(self.places.grid_names):
            members = self.places.grid == grid
            if members.any():
                x, y = np.average(self.places.buildings.xy[members], axis=0, weights=weight[members])
                halo = [withStroke(linewidth=3.2, foreground="white")]
                axes.text(x, y, name, color=self.boundary["color"], fontsize=11, fontweight="bold", ha="center",
                          va="center", path_effects=halo, zorder=6)  # fmt: skip

    def _measures(self, axes: Axes) -> None:
        """A scale bar, and where north is."""
        wide = float(self.high[0] - self.low[0])
        metres = _round_length(wide * _BAR_SHARE)
        left, level = self.low[0] + 0.03 * wide, self.low[1] + 0.03 * wide
        halo = [withStroke(linewidth=2.5, foreground="white")]
        bar = [(left, level), (left + metres, level)]
        for thick, tone in ((4.5, "white"), (2.6, "#222222")):
            axes.add_collection(LineCollection([bar], colors=tone, linewidths=thick, zorder=7))
        axes.text(left + metres / 2, level + 0.008 * wide, self.word("metres", metres=metres), fontsize=8, ha="center",
                  va="bottom", path_effects=halo, zorder=7)  # fmt: skip
        if self.places.on_earth:
            top, side = self.high[1] - 0.03 * wide, self.high[0] - 0.04 * wide
            arrow = {"arrowstyle": "-|>", "color": "#222222"}
            axes.annotate(self.word("north"), (side, top), (side, top - 0.06 * wide), ha="center", va="center",
                          fontsize=9, arrowprops=arrow, zorder=7)  # fmt: skip

    def _words(self, figure: Figure, axes: Axes, height: float) -> None:
        """Title, legend and attribution."""
        figure.text(0.012, 1 - 0.3 / height, self._title(), fontsize=10.5, fontweight="bold", va="center")
        figure.legend(handles=self._legend(), loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=4, frameon=False,
                      fontsize=8, columnspacing=1.2, handlelength=1.6, borderaxespad=0.3)  # fmt: skip
        source = self.places.attribution or (self.word("estate") if not self.places.on_earth else "")
        axes.text(0.995, 0.006, source, transform=axes.transAxes, fontsize=7.5, ha="right", va="bottom", zorder=8,
                  bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5})  # fmt: skip

    def _title(self) -> str:
        """Say what the map shows."""
        count = len(self.series.xy) / max(self.series.runs, 1)
        return self.word("arm", title=self.word(self.series.name), arm=self.arm, count=count, runs=self.series.runs)

    def _legend(self) -> list[Any]:
        plain: dict[str, Any] = {"edgecolor": _EDGE, "linewidth": 0.4}
        return [
            Patch(facecolor=_HOME, label=self.word("home"), **plain),
            Patch(facecolor=_OTHER, label=self.word("other"), **plain),
            Line2D([], [], color="#b5afa5", linewidth=2, label=self.word("street")),
            Line2D([], [], label=self.word("boundary"), **self.boundary),
            *(Patch(facecolor=tone, edgecolor=deep, linewidth=1.2, label=self.word("hot", share=share))
              for _, share, tone, deep in _CONFIDENCE),
        ]  # fmt: skip


class _ChangeMap(_Map):
    """Draws what an arm changes of the traffic: the wider a line, the more cars come or go."""

    boundary: Mapping[str, Any] = {"color": _FAINT, "linewidth": 1.0, "linestyle": (0, (4, 2))}
    head = _HEAD + 0.22

    def __init__(self, atlas: Atlas, change: Change, lang: str) -> None:
        super().__init__(atlas, Series("change", np.empty((0, 2)), 1), lang)
        self.change = change

    def _words(self, figure: Figure, axes: Axes, height: float) -> None:
        super()._words(figure, axes, height)
        most = float(np.abs(self.change.after - self.change.before).max(initial=0.0))
        told = self.word("most", cars=most) if most >= _LEAST_CARS else self.word("nothing")
        figure.text(0.012, 1 - 0.53 / height, self.word("against", first=self.arm, most=told), fontsize=9, va="center")

    def _ground(self, axes: Axes) -> None:
        super()._ground(axes)
        more = self.change.after - self.change.before
        wide = np.minimum(np.abs(more) / _CARS_A_POINT, _WIDEST_POINTS)
        tones = np.where(more > 0, _MORE, _LESS).tolist()
        axes.add_collection(LineCollection(list(self.change.lines), colors=tones, linewidths=wide, zorder=3.5))

    def _title(self) -> str:
        return self.word("changed", arm=self.change.title[self.lang] or self.change.arm)

    def _legend(self) -> list[Any]:
        lines = [Line2D([], [], color=tone, linewidth=3, label=self.word(key))
                 for key, tone in (("more", _MORE), ("less", _LESS))]  # fmt: skip
        widths = [
            Line2D([], [], color=_NEUTRAL, linewidth=cars / _CARS_A_POINT, solid_capstyle="butt",
                   label=self.word("cars_least" if cars == _CARS_SHOWN[-1] else "cars", cars=cars))
            for cars in _CARS_SHOWN
        ]  # fmt: skip
        return [*super()._legend()[:4], *lines, *widths]


def _shapes(rings: Paths) -> dict[int, Outline]:
    """Return the rings of each owner as one shape with its holes, by owner."""
    found: dict[int, list[Floats]] = {}
    for ring, owner in zip(rings, rings.owner.tolist(), strict=True):
        found.setdefault(owner, []).append(ring)
    return {owner: _shape(found[owner]) for owner in sorted(found)}


def _shape(paths: Sequence[Floats]) -> Outline:
    codes = [np.r_[Outline.MOVETO, np.full(len(path) - 2, Outline.LINETO), Outline.CLOSEPOLY] for path in paths]
    return Outline(np.concatenate(paths), np.concatenate(codes))


def _corners(corner: Ints, metres: float) -> Floats:
    """Return the outline of a cell, counter-clockwise (5, 2) [m]."""
    return (corner + np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])) * metres


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 … m that is not longer."""
    power = 10.0 ** np.floor(np.log10(metres))
    return float(max(step * power for step in (1, 2, 5) if step * power <= metres))
