"""The page and the figures of a sweep, and of an attribution, written into the folder of its runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from twin.errors import Words
from twin.report import figures
from twin.report.page import Chart, Section, Tongue, picture_of, rendered
from twin.report.sweep_figures import draw_attribution, draw_sweep
from twin.report.sweep_text import AttributionWriter, SweepWriter
from twin.runs.experiment import RESULTS_VERSION, metric_book

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twin.runs.attribute import Attribution
    from twin.runs.store import RunFolder
    from twin.runs.sweep import Swept
    from twin.scenario.load import Scenario

LANGUAGES = ("en", "zh")
_TEXT: Mapping[str, Words] = {
    "sensitivity": Words("What it hangs on: {metric}", "取决于什么：{metric}"),
    "response": Words("Along each parameter: {metric}", "随各参数的变化：{metric}"),
    "regret": Words("Regret: {metric}", "遗憾：{metric}"),
    "sensitivity_caption": Words("Lines are 95 % intervals from resampling the points.",
                                 "线段为对各点重抽样得到的 95% 区间。"),
    "response_caption": Words("Each dot is a point, the mean over its seeds; lines join points that are else equal.",
                              "每个圆点为一个取值点（各种子的均值）；线段连接仅此参数不同的点。"),
    "regret_caption": Words("What each setting misses against the best one at the same point of the uncertainties.",
                            "在同一不确定性取值点上，各设定与最佳设定相比的损失。"),
    "parts": Words("Which part brings what", "各部分的贡献"),
    "parts_caption": Words(
        "Mean contribution of each part over all orders of changing them, with its 95 % interval over the seeds.",
        "各部分在所有改变次序下的平均贡献，及各种子间的 95% 置信区间。",
    ),
    "numbers": Words("The numbers", "数据"),
    "limits": Words("Limits and assumptions", "局限与假定"),
    "model": Words(
        "This is a model, not a forecast: it compares alternatives under the assumptions of its scenario.",
        "这是模型而非预测：它在场景的假定之下比较不同方案。",
    ),
    "footer": Words("Scenario {name}, digest {digest}; results version {version}; seeds {first} to {last}.",
                    "场景 {name}，摘要 {digest}；结果版本 {version}；种子 {first} 至 {last}。"),
}  # fmt: skip


def publish_sweep(swept: Swept, folder: RunFolder, lang: str) -> None:
    """Write the figures and the page, which opens in ``lang``, of a sweep into its folder."""
    drawings = _drawn(lambda tongue: draw_sweep(swept, tongue), folder)
    spoken = sorted(LANGUAGES, key=lambda one: one != lang)
    folder.write("summary.html", rendered([_sweep_tongue(swept, drawings, one) for one in spoken]))


def publish_attribution(found: Attribution, scenario: Scenario, folder: RunFolder, lang: str) -> None:
    """Write the figure and the page, which opens in ``lang``, of an attribution into its folder."""
    book = metric_book()
    writers = {one: AttributionWriter(found, scenario, book, one) for one in LANGUAGES}
    drawings = _drawn(lambda tongue: draw_attribution(writers[tongue]), folder)
    spoken = sorted(LANGUAGES, key=lambda one: one != lang)
    folder.write("summary.html", rendered([_attribution_tongue(writers[one], scenario, drawings) for one in spoken]))


def _drawn(draw: Callable[[str], Mapping[str, Figure]], folder: RunFolder) -> dict[str, dict[str, str]]:
    """Draw in both languages, write the pictures, and return SVG text by figure and language."""
    drawings: dict[str, dict[str, str]] = {}
    for tongue in LANGUAGES:
        for name, figure in draw(tongue).items():
            drawings.setdefault(name, {})[tongue] = figures.svg(figure, tongue)
            picture = figures.png(figure, tongue)
            if picture is not None:
                folder.write(f"figures/{name}-{tongue}.png", picture)
    return drawings


def _sweep_tongue(swept: Swept, drawings: Mapping[str, Mapping[str, str]], lang: str) -> Tongue:
    writer = SweepWriter(swept, lang)
    charts = []
    for name, pictures in drawings.items():
        kind, _, metric = name.partition("_")
        title = _TEXT[kind][lang].format(metric=writer.writer.metric(metric))
        charts.append(Chart(title, _TEXT[f"{kind}_caption"][lang], picture_of(pictures[lang]), ()))
    sections = [
        Section(_TEXT["numbers"][lang], sheets=tuple(writer.sheets())),
        Section(_TEXT["limits"][lang], lines=(_TEXT["model"][lang], *writer.notes())),
    ]
    footer = _footer(swept.scenario, swept.seeds[0], swept.seeds[-1], lang)
    return Tongue(lang, writer.title(), writer.writer.question(), writer.opening(), charts, sections, footer)


def _attribution_tongue(
    writer: AttributionWriter, scenario: Scenario, drawings: Mapping[str, Mapping[str, str]]
) -> Tongue:
    lang = writer.lang
    charts = [
        Chart(_TEXT[name][lang], _TEXT[f"{name}_caption"][lang], picture_of(pictures[lang]), tuple(writer.sheets()))
        for name, pictures in drawings.items()
    ]
    sections = [Section(_TEXT["limits"][lang], lines=(_TEXT["model"][lang],))]
    footer = _footer(scenario, *writer.found.seeds, lang)
    return Tongue(lang, writer.title(), writer.writer.question(), writer.opening(), charts, sections, footer)


def _footer(scenario: Any, first: int, last: int, lang: str) -> str:
    values = {
        "name": scenario.name,
        "digest": scenario.digest,
        "version": RESULTS_VERSION,
        "first": first,
        "last": last,
    }
    return _TEXT["footer"][lang].format(**values)
