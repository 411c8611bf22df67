"""The one-page summary: a single HTML file that opens from a USB stick and prints on A4.

It asks for nothing from anywhere and runs no script: pictures are data, and the switch between the languages is
two radio buttons and a style sheet. The same experiment gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report.profiles import HOURS_A_DAY, WEEKDAYS, Material, Profile
from twin.report.text import Sheet, headlines, metrics_shown
from twin.runs.compare import Estimate
from twin.runs.experiment import RESULTS_VERSION

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
            "在横轴所示时长内办理完成的工单占比；统计期内的首次诉求，所有重复合计。",
        ),
    ),
    "backlog": (
        Words("The week of the desk", "一周之内的积压"),
        Words(
            "Tickets that wait or are worked on, by hour of the week; mean over the measured weeks and replications.",
            "按一周中的时刻统计的等待或办理中的工单数；统计期各周与各次重复的均值。",
        ),
    ),
    "who_waits": (
        Words("Who waits", "谁在等待"),
        Words(
            "Mean time to close by age of the reporter, channel and kind of matter, with 95 % intervals over the"
            " replications. The picture shows the first three options, the table all.",
            "按诉求人年龄、渠道与事项类别统计的平均办结时长，以及各次重复间的 95% 置信区间。图中为前三个方案，"
            "表中为全部方案。",
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
    "limits": Words("Limits and assumptions", "局限与假定"),
    "metrics": Words("What the metrics are", "指标说明"),
    "metrics_head": Words(
        "metric;name in the files;unit;better;definition", "指标;文件中的名称;单位;更好的方向;定义"
    ),
    "lower": Words("lower", "低"),
    "higher": Words("higher", "高"),
    "neither": Words("neither", "无"),
    "latent": Words("(only a model can know it)", "（只有模型才能得知）"),
    "model": Words(
        "This is a model, not a forecast: it compares alternatives under the assumptions of its scenario.",
        "这是模型而非预测：它在场景的假定之下比较不同方案。",
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
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("twin", "report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    css = resources.files("twin.report").joinpath("page.css").read_text("utf-8")
    tongues = [_Teller(Material(experiment, profiles, lang)).tongue(drawings) for lang in LANGUAGES]
    template = environment.get_template("page.html.j2")
    return template.render(tongues=tongues, css=Markup(css), css_hash=_hash(css)) + "\n"


class _Teller:
    """Fills the page in one language."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.experiment = material.experiment
        self.lang = material.lang
        self.writer = material.writer

    def tongue(self, drawings: Drawings) -> Tongue:
        """Return the page."""
        writer = self.writer
        charts = [self._chart(name, pictures[self.lang]) for name, pictures in drawings.items()]
        sections = [self._all_metrics(), *self._changes(), self._limits(), self._definitions()]
        return Tongue(self.lang, writer.title(), writer.question(), writer.opening(), charts, sections, self._footer())

    def word(self, key: str, **values: object) -> str:
        """Return a phrase of this module."""
        return _TEXT[key][self.lang].format(**values)

    # -- charts

    def _chart(self, name: str, drawn: str) -> Chart:
        title, caption = _CHARTS[name]
        sheets = {
            "differences": lambda: (
                self.writer.differences(headlines(self.experiment)),
                *self.writer.parts(headlines(self.experiment)),
            ),
            "hours_to_close": lambda: (self._quantiles(),),
            "backlog": lambda: (self._weekdays(),),
            "who_waits": self._waits,
        }
        return Chart(title[self.lang], caption[self.lang], _source(drawn), sheets[name]())

    def _quantiles(self) -> Sheet:
        head = (self.word("arm"), *(self.word("within", share=share) for share in QUANTILES))
        rows = [
            (self.writer.arm(arm), *(self._hours(found.quantile(share)) for share in QUANTILES))
            for arm, found in self.material.profiles.items()
        ]
        return Sheet("", head, tuple(rows))

    def _weekdays(self) -> Sheet:
        """Mean over the hours of each weekday."""
        head = (self.word("arm"), *WEEKDAYS[self.lang].split())
        rows = [
            (self.writer.arm(arm), *(f"{mean:.1f}" for mean in found.backlog.reshape(-1, HOURS_A_DAY).mean(axis=1)))
            for arm, found in self.material.profiles.items()
        ]
        return Sheet("", head, tuple(rows))

    def _waits(self) -> tuple[Sheet, ...]:
        groups = self.material.groups()
        return tuple(
            Sheet(
                "",
                (self.word("group"), *(self.writer.arm(arm) for arm in arms)),
                tuple((self.material.group(row[1]), *(self._wait(arm, row) for arm in arms)) for row in groups),
            )
            for arms in self._abreast()
        )

    def _wait(self, arm: str, row: tuple[str, str]) -> str:
        found = self.material.profiles[arm].wait(*row)
        return "" if found is None else self.writer.duration(found)

    def _hours(self, hours: float | None) -> str:
        return "" if hours is None else self.writer.duration(Estimate(hours, None))

    # -- sections

    def _all_metrics(self) -> Section:
        sheets = [self.writer.results(arms) for arms in self._abreast()]
        return Section(self.word("all"), sheets[0].title, sheets=tuple(replace(sheet, title="") for sheet in sheets))

    def _changes(self) -> list[Section]:
        """Return the parameters that are not the same in all arms (no section for a single arm)."""
        arms = self.experiment.scenario.resolved["arms"]
        leaves = {arm: dict(_leaves(arms[arm])) for arm in self.experiment.arms}
        paths = sorted({path for found in leaves.values() for path in found if not path.startswith("title")})
        differing = [path for path in paths if len({found.get(path, "") for found in leaves.values()}) > 1]
        sheets = tuple(
            Sheet(
                "",
                (self.word("parameter"), *(self.writer.arm(arm) for arm in abreast)),
                tuple((path, *(leaves[arm].get(path, "") for arm in abreast)) for path in differing),
            )
            for abreast in self._abreast()
        )
        return [Section(self.word("changes"), self.word("changes_caption"), sheets=sheets)] if differing else []

    def _limits(self) -> Section:
        return Section(self.word("limits"), lines=(self.word("model"), *self.writer.notes()))

    def _definitions(self) -> Section:
        rows = tuple(self._definition(name) for name in metrics_shown(self.experiment))
        return Section(self.word("metrics"), sheets=(Sheet("", tuple(self.word("metrics_head").split(";")), rows),))

    def _definition(self, name: str) -> tuple[str, ...]:
        metric = self.experiment.book[name]
        better = self.word(metric.better or "neither")
        latent = f" {self.word('latent')}" if metric.latent else ""
        said = metric.doc_zh if self.lang == "zh" and metric.doc_zh else metric.doc
        return (self.writer.metric(name), name, metric.unit, better, said + latent)

    def _footer(self) -> str:
        experiment = self.experiment
        return self.word(
            "footer",
            name=experiment.scenario.name,
            digest=experiment.input_digest,
            version=RESULTS_VERSION,
            first=experiment.plan.seeds[0],
            last=experiment.plan.seeds[-1],
            results=experiment.digest,
        )

    def _abreast(self) -> Iterator[tuple[str, ...]]:
        """Yield the baseline with as many options as fit beside it."""
        baseline, options = self.experiment.baseline, self.experiment.arms[1:]
        for first in range(0, max(len(options), 1), ARMS_ABREAST - 1):
            yield (baseline, *options[first : first + ARMS_ABREAST - 1])


def _source(drawn: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode("utf-8")).decode("ascii")


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, value in words) for every leaf of plain data."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}" if path else str(key))
    elif isinstance(value, bool):
        yield path, "on" if value else "off"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield path, ", ".join(map(str, value))
    else:
        yield path, str(value)


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
