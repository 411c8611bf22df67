"""The one-page summary: a single HTML file that opens from a USB stick and prints on A4.

It asks for nothing from anywhere and runs no script: pictures are data, and the switch between the languages is
two radio buttons and a style sheet. The same experiment gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report.profiles import HOURS_A_DAY, HOURS_A_WEEK, Profile
from twin.report.text import Labels, Sheet, Writer, headlines, metrics_shown

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

Drawings = Mapping[str, Mapping[str, str]]
"""SVG text by figure and language."""

LANGUAGES = ("en", "zh")
ARMS_ABREAST = 5
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95)

_CHARTS: Mapping[str, tuple[Words, Words]] = {
    "differences": (
        Words("Difference from the baseline", "与基准方案的差异"),
        Words(
            "Mean of the differences seed by seed and its 95 % interval. A hollow mark: not decided, or no difference."
            " Blue: better; orange: worse.",
            "逐种子差值的均值及其 95% 置信区间。空心：尚无定论或无差别。蓝色：更好；橙色：更差。",
        ),
    ),
    "hours_to_close": (
        Words("How long until the work is done", "多久办完"),
        Words(
            "Share of tickets whose work was done within the time below; first reports of the measured days, all"
            " replications.",
            "在横轴所示时长内办完的工单占比；统计期内的首次诉求，所有重复合计。",
        ),
    ),
    "backlog": (
        Words("The week of the desk", "一周之内的积压"),
        Words(
            "Tickets that wait or are worked on, by hour of the week; mean over the measured weeks and replications.",
            "按一周中的时刻统计的未办完工单数；统计期各周与各次重复的均值。",
        ),
    ),
    "who_waits": (
        Words("Who waits", "谁在等待"),
        Words(
            "Mean time to close by age of the reporter, channel and kind of matter, with 95 % intervals over the"
            " replications. The picture shows the first three options, the table all.",
            "按诉求人年龄、渠道与事项类别统计的平均办结时长，以及各次重复间的 95% 置信区间。图中为前三个方案，表中为全部方案。",
        ),
    ),
}  # fmt: skip

_TEXT: Mapping[str, Words] = {
    "arm": Words("arm", "方案"),
    "group": Words("group", "群体"),
    "parameter": Words("parameter", "参数"),
    "within": Words("{share:.0%} done within", "{share:.0%} 办结用时"),
    "all": Words("All metrics", "全部指标"),
    "changes": Words("What the options change", "各方案改变了什么"),
    "changes_caption": Words(
        "Every parameter that is not the same in all arms; everything else is equal.",
        "各方案之间不同的全部参数；其余完全相同。",
    ),
    "limits": Words("Limits and assumptions", "局限与假设"),
    "metrics": Words("What the metrics are", "指标说明"),
    "metrics_head": Words("metric;name in the files;unit;better;definition", "指标;文件中的名称;单位;更好的方向;定义（英文）"),
    "lower": Words("lower", "低"),
    "higher": Words("higher", "高"),
    "neither": Words("neither", "无"),
    "latent": Words("(only a model can know it)", "（只有模型才能得知）"),
    "model": Words(
        "This is a model, not a forecast: it compares alternatives under the assumptions of its scenario.",
        "这是模型而非预测：它在场景假设之下比较不同方案。",
    ),
    "footer": Words(
        "Scenario {name}, digest {digest}; results version {version}; seeds {first} to {last}, the same for every arm;"
        " digest of the results {results}.",
        "场景 {name}，摘要 {digest}；结果版本 {version}；种子 {first} 至 {last}，各方案相同；结果摘要 {results}。",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Chart:
    """A picture with the table of its numbers."""

    title: str
    caption: str
    source: str
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class Section:
    """Words and tables under a heading."""

    title: str
    caption: str = ""
    lines: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()


@dataclass(frozen=True)
class Tongue:
    """The whole page in one language."""

    lang: str
    title: str
    question: str
    opening: list[str]
    charts: list[Chart]
    sections: list[Section]
    footer: str


def page(experiment: Experiment, profiles: Mapping[str, Profile], drawings: Drawings) -> str:
    """Return the page as HTML text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("twin", "report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    css = resources.files("twin.report").joinpath("page.css").read_text("utf-8")
    tongues = [_Teller(experiment, profiles, lang).tongue(drawings) for lang in LANGUAGES]
    template = environment.get_template("page.html.j2")
    return template.render(tongues=tongues, css=Markup(css), css_hash=_hash(css)) + "\n"


class _Teller:
    """Fills the page in one language."""

    def __init__(self, experiment: Experiment, profiles: Mapping[str, Profile], lang: str) -> None:
        self.experiment = experiment
        self.profiles = profiles
        self.lang = lang
        self.writer = Writer(experiment, lang)

    def tongue(self, drawings: Drawings) -> Tongue:
        """Return the page."""
        writer = self.writer
        charts = [self._chart(name, pictures[self.lang]) for name, pictures in drawings.items()]
        sections = [self._all_metrics(), *self._changes(), self._limits(), self._definitions()]
        return Tongue(
            self.lang, writer.title(), writer.question(), writer.opening(), charts, sections, self._footer()
        )

    def word(self, key: str, **values: object) -> str:
        """Return a phrase of this module."""
        return _TEXT[key][self.lang].format(**values)
