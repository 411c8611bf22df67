"""The page and the figure of a policy search, written into the folder of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report import figures
from twin.report.page import LANGUAGES, Chart, Section, Tongue, picture_of, rendered
from twin.report.search_figures import draw_search
from twin.report.search_text import SearchWriter
from twin.runs.experiment import RESULTS_VERSION

if TYPE_CHECKING:
    from twin.runs.search import Searched
    from twin.runs.store import RunFolder

_TEXT: Mapping[str, Words] = {
    "front": Words("What each setting gives, on seeds that the search has not seen",
                   "各组取值在搜索未见过的种子上的结果"),
    "front_caption": Words(
        "Dots are the settings of the table below by their numbers, the square is the arm as it stands: means on the"
        " held-out seeds, lines are their 95 % intervals. The pale ring joined to each is its mean in the search: as"
        " far as it lies on the better side, that was luck. At most three pairs of metrics are drawn.",
        "圆点为下表各编号的取值，方块为方案现状：均为留出种子上的均值，线段为 95% 置信区间。"
        "与之相连的浅色圆圈为搜索时的均值：偏向更好一侧的部分是运气。至多画出三对指标。",
    ),
    "numbers": Words("The numbers", "数据"),
    "limits": Words("Limits and assumptions", "局限与假定"),
    "model": Words(
        "This is a model, not a forecast: it compares alternatives under the assumptions of its scenario.",
        "这是模型而非预测：它在场景的假定之下比较不同方案。",
    ),
    "footer": Words(
        "Scenario {name}, digest {digest}; results version {version}; seeds {first} to {last} in the search, {later} to"
        " {until} held out.",
        "场景 {name}，摘要 {digest}；结果版本 {version}；种子：搜索用 {first} 至 {last}，留出 {later} 至 {until}。",
    ),
}  # fmt: skip


def publish_search(found: Searched, folder: RunFolder, lang: str) -> None:
    """Write the figure and the page, which opens in ``lang``, of a search into its folder."""
    drawn: dict[str, str] = {}
    for tongue in LANGUAGES:
        figure = draw_search(SearchWriter(found, tongue))
        if figure is None:
            continue
        drawn[tongue] = figures.svg(figure, tongue)
        picture = figures.png(figure, tongue)
        if picture is not None:
            folder.write(f"figures/front-{tongue}.png", picture)
    spoken = sorted(LANGUAGES, key=lambda one: one != lang)
    folder.write("summary.html", rendered([_tongue(SearchWriter(found, one), drawn.get(one)) for one in spoken]))


def _tongue(writer: SearchWriter, drawn: str | None) -> Tongue:
    lang, sheets = writer.lang, tuple(writer.sheets())
    beneath = 1 if drawn else 0  # the table of the numbers stands beneath the figure that has them
    charts = [
        Chart(_TEXT["front"][lang], _TEXT["front_caption"][lang], picture_of(drawn), sheets[:beneath])
    ] if drawn else []  # fmt: skip
    sections = [
        Section(_TEXT["numbers"][lang], sheets=sheets[beneath:]),
        Section(_TEXT["limits"][lang], lines=(_TEXT["model"][lang], *writer.limits())),
    ]
    return Tongue(lang, writer.title(), writer.writer.question(), writer.opening(), charts, sections, _footer(writer))


def _footer(writer: SearchWriter) -> str:
    found = writer.found
    values = {
        "name": found.scenario.name, "digest": found.scenario.digest, "version": RESULTS_VERSION,
        "first": found.seeds[0], "last": found.seeds[-1], "later": found.held_out[0], "until": found.held_out[-1],
    }  # fmt: skip
    return _TEXT["footer"][writer.lang].format(**values)
