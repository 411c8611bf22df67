"""The one-page summary: a single HTML file that opens from a USB stick and prints on A4.

It asks for nothing from anywhere and runs no script: pictures are data, and the switch between the languages is
two radio buttons and a style sheet. The same experiment gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report.channels import channel_sheets
from twin.report.equity_text import equity_sheets, equity_words, pareto_sheet
from twin.report.inputs import Input, range_shown, source_shown
from twin.report.luck_text import luck_sheet
from twin.report.profiles import HOURS_A_DAY, WEEKDAYS, Material, Profile
from twin.report.regret_text import regret_sheets, regret_words
from twin.report.text import Scale, Sheet, floors_of, headlines, metrics_shown, time_scale
from twin.runs.experiment import RESULTS_VERSION

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

Drawings = Mapping[str, Mapping[str, str]]
"""SVG text by figure and language."""

LANGUAGES = ("en", "zh")
ARMS_ABREAST = 5
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95)

_HOT = Words(
    " Coloured: hot spots by Getis-Ord Gi* on square cells, a cell with its neighbours against all cells; not"
    " corrected for the number of cells.",
    "着色处为热点：按方格计算 Getis-Ord Gi*（本格与相邻格相对于全部格子），未作多重比较校正。",
)
_CHARTS: Mapping[str, tuple[Words, Words]] = {
    "differences": (
        Words("Difference from the baseline", "与基准方案的差异"),
        Words(
            "Mean of the differences seed by seed. Thick: its own 95 % interval. Thin, of primary outcomes: the"
            " interval that holds together with those of all other primary outcomes, on which the verdict rests. A"
            " hollow mark: not decided, or no difference. Blue: better; orange: worse; black: neither is better.",
            "逐种子差值的均值。粗线：其自身的 95% 置信区间。细线（主要指标）：与其他主要指标的区间同时成立的联合区间，"
            "结论以此为准。空心：尚无定论或无差别。蓝色：更好；橙色：更差；黑色：无优劣之分。",
        ),
    ),
    "channels": (
        Words("Where the difference comes from", "差异来自哪些渠道"),
        Words(
            "What each channel adds to the difference from the baseline, or takes from it, mean over the seeds. A dot:"
            " the sum, with its 95 % interval. A share of people above some level has no such sum; this is what it is"
            " a share by.",
            "各渠道对与基准方案之差的增减（各种子的均值）。圆点：合计及其 95% 置信区间。满意率按满意度是否达到某一等级"
            "统计，本身不能相加，故按其所依据的满意度分解。",
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
            "Tickets from creation until the work is done (or merged, or given up), by hour of the week; mean over the"
            " measured weeks and replications. “Open tickets at the end” counts on until the ticket is closed, after"
            " the call-back.",
            "从创建到办理完成（或合并、放弃）的工单数，按一周中的时刻统计；统计期各周与各次重复的均值。“期末未结工单”"
            "则计至回访之后办结为止。",
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
    "floors": (
        Words("What a lift brings by floor", "加装电梯的各层净收益"),
        Words(
            "Mean of what the lift that is asked for would bring to a flat, by its floor, with 95 % intervals over the"
            " replications: use, price, light and quiet, its share of the cost, compensation. Below 0: it loses.",
            "所申请电梯给各层住户带来的净收益（使用、房价、采光与安静、分摊费用、补偿）的均值，"
            "及各次重复间的 95% 置信区间。低于 0 即受损。",
        ),
    ),
    "map_incidents": (
        Words("Where faults begin", "事件发生在哪里"),
        Words(
            "Faults that began in the measured days, reported or not: only a model can know them. First arm, all"
            " replications." + _HOT.en,
            "统计期内发生的事件，无论是否有人上报：只有模型才能得知。第一个方案，所有重复合计。" + _HOT.zh,
        ),
    ),
    "map_reports": (
        Words("Where people report", "诉求来自哪里"),
        Words(
            "Reports created in the measured days, duplicates counted, re-complaints not: what a street office sees."
            " First arm, all replications." + _HOT.en,
            "统计期内创建的诉求（含重复诉求，不含重复投诉）：街道所能看到的。第一个方案，所有重复合计。" + _HOT.zh,
        ),
    ),
}  # fmt: skip

_CHANGED = Words(
    "Cars an hour in the evening peak, mean over all replications, less those of the first arm.",
    "晚高峰小时车流量（各次重复的均值）减去第一个方案的车流量。",
)

_TEXT: Mapping[str, Words] = {
    "arm": Words("arm", "方案"),
    "group": Words("group", "群体"),
    "parameter": Words("parameter", "参数"),
    "within": Words("{share:.0%} done within", "{share:.0%} 办结用时"),
    "all": Words("All metrics", "全部指标"),
    "value": Words("value", "取值"),
    "varies": Words("differs, see above", "各方案不同，见上表"),
    "range": Words("range", "范围"),
    "source": Words("source", "来源"),
    "assumed": Words("Assumed inputs behind the answer", "结论背后的假定输入"),
    "assumed_caption": Words(
        "Inputs that act on {metrics} in these arms and are only assumed. To see how much hangs on one, run again with"
        " --set and another value of its range.",
        "对{metrics}起作用且仅为假定的输入。要了解某一项的影响，请用 --set 换成范围内的其他取值重新运行。",
    ),
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
    "number": Words("number", "数"),
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
    "outside": Words(" Mechanisms from outside: {names}.", "外来机制：{names}。"),
}  # fmt: skip


@dataclass(frozen=True)
class MapTold:
    """What the page says of a map in words: the table of each of its figures by language, and notes."""

    sheets: Mapping[str, Mapping[str, Sheet]]
    notes: tuple[Words, ...]
    titles: Mapping[str, Words] = field(default_factory=dict)


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


def page(
    experiment: Experiment,
    profiles: Mapping[str, Profile],
    drawings: Drawings,
    of_map: MapTold | None = None,
    lang: str = "en",
) -> str:
    """Return the page as HTML text; ``of_map`` goes with the drawings of a map.

    The page has both languages, and opens in ``lang``.
    """
    spoken = sorted(LANGUAGES, key=lambda one: one != lang)
    return rendered([_Teller(Material(experiment, profiles, one), of_map).tongue(drawings) for one in spoken])


def rendered(tongues: Sequence[Tongue]) -> str:
    """Return a page that has been put into words, in each of its languages; it opens in the first."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("twin", "report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    css = resources.files("twin.report").joinpath("page.css").read_text("utf-8")
    template = environment.get_template("page.html.j2")
    return template.render(tongues=tongues, css=Markup(css), css_hash=_hash(css)) + "\n"


class _Teller:
    """Fills the page in one language."""

    def __init__(self, material: Material, of_map: MapTold | None) -> None:
        self.material = material
        self.of_map = of_map or MapTold({}, ())
        self.experiment = material.experiment
        self.lang = material.lang
        self.writer = material.writer

    def tongue(self, drawings: Drawings) -> Tongue:
        """Return the page."""
        writer = self.writer
        charts = [self._chart(name, pictures[self.lang]) for name, pictures in drawings.items()]
        sections = [
            *self._gains(), *self._unbeaten(), *self._luck(),
            self._all_metrics(), *self._regrets(), *self._changes(), *self._assumed(), self._limits(),
            self._definitions(),
        ]  # fmt: skip
        return Tongue(self.lang, writer.title(), writer.question(), writer.opening(), charts, sections, self._footer())

    def word(self, key: str, **values: object) -> str:
        """Return a phrase of this module."""
        return _TEXT[key][self.lang].format(**values)

    # -- charts

    def _chart(self, name: str, drawn: str) -> Chart:
        title, caption = _CHARTS.get(name) or (self.of_map.titles[name], _CHANGED)
        sheets = {
            "differences": lambda: (
                *self.writer.differences(headlines(self.experiment)),
                *self.writer.parts(headlines(self.experiment)),
            ),
            "channels": lambda: tuple(channel_sheets(self.writer, ARMS_ABREAST - 2)),
            "hours_to_close": lambda: (self._quantiles(),),
            "backlog": lambda: (self._weekdays(),),
            "who_waits": self._waits,
            "floors": lambda: tuple(self.writer.results(arms, floors_of(self.experiment)) for arms in self._abreast()),
        }
        told = sheets[name]() if name in sheets else (self.of_map.sheets[name][self.lang],)
        return Chart(title[self.lang], caption[self.lang], picture_of(drawn), told)

    def _quantiles(self) -> Sheet:
        found = {
            arm: [profile.quantile(share) for share in QUANTILES] for arm, profile in self.material.profiles.items()
        }
        scale = time_scale([hours for row in found.values() for hours in row if hours is not None])
        head = (
            self.word("arm") + self.writer.in_unit(scale),
            *(self.word("within", share=share) for share in QUANTILES),
        )
        rows = [
            (self.writer.arm(arm), *("" if hours is None else scale.number(hours, hours) for hours in row))
            for arm, row in found.items()
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
        scale = self.material.waits_scale()
        return tuple(
            Sheet(
                "",
                (self.word("group") + self.writer.in_unit(scale), *(self.writer.arm(arm) for arm in arms)),
                tuple((self.material.group(row[1]), *(self._wait(arm, row, scale) for arm in arms)) for row in groups),
            )
            for arms in self._abreast()
        )

    def _wait(self, arm: str, row: tuple[str, str], scale: Scale) -> str:
        found = self.material.profiles[arm].wait(*row)
        return "" if found is None else self.writer.spread(found, scale)

    # -- sections

    def _all_metrics(self) -> Section:
        sheets = [self.writer.results(arms) for arms in self._abreast()]
        return Section(self.word("all"), sheets[0].title, sheets=tuple(replace(sheet, title="") for sheet in sheets))

    def _gains(self) -> list[Section]:
        """Return who gains and who loses (no section where nothing is known of groups)."""
        sheets = tuple(equity_sheets(self.experiment.equity, self.writer))
        return [Section(*equity_words(self.lang), sheets=sheets)] if sheets else []

    def _luck(self) -> list[Section]:
        """Return what shared luck saved in the primary outcomes."""
        found = luck_sheet(self.experiment, self.writer)
        return [Section(found[0], found[1], sheets=(found[2],))] if found else []

    def _unbeaten(self) -> list[Section]:
        """Return which arms none beats in all primary outcomes."""
        found = pareto_sheet(self.experiment, self.writer)
        return [Section(found[0], found[1], sheets=(found[2],))] if found else []

    def _regrets(self) -> list[Section]:
        """Return what each option gives up in the primary outcomes (no section for one or two arms)."""
        sheets = tuple(regret_sheets(self.experiment, self.writer))
        return [Section(*regret_words(self.lang), sheets=sheets)] if sheets else []

    def _changes(self) -> list[Section]:
        """Return the parameters that are not the same in all arms (no section for a single arm)."""
        differing = self.writer.inputs.differing()
        sheets = tuple(
            Sheet(
                "",
                (self.word("parameter"), *(self.writer.arm(arm) for arm in abreast)),
                tuple((one.name(self.lang), *(one.value(arm, self.lang) for arm in abreast)) for one in differing),
            )
            for abreast in self._abreast()
        )
        return [Section(self.word("changes"), self.word("changes_caption"), sheets=sheets)] if differing else []

    def _assumed(self) -> list[Section]:
        """Return the inputs that the headlines rest on and that nobody has measured; those that differ come first."""
        carrying = [one for one in self.writer.carrying if one.spec is not None and one.spec.evidence == "assumed"]
        head = tuple(self.word(key) for key in ("parameter", "value", "range", "source"))
        rows = tuple(self._assumed_row(one) for one in sorted(carrying, key=lambda one: not one.differs))
        metrics = ("、" if self.lang == "zh" else ", ").join(map(self.writer.metric, headlines(self.experiment)))
        caption = self.word("assumed_caption", metrics=metrics)
        return [Section(self.word("assumed"), caption, sheets=(Sheet("", head, rows),))] if rows else []

    def _assumed_row(self, one: Input) -> tuple[str, ...]:
        arm, spec = next(iter(one.values)), one.spec
        value = self.word("varies") if one.differs else one.value(arm, self.lang)
        span = range_shown(spec, self.lang, isinstance(one.values[arm], bool))
        return (one.name(self.lang), value, span, source_shown(spec, self.lang))

    def _limits(self) -> Section:
        of_map = [note[self.lang] for note in self.of_map.notes]
        return Section(self.word("limits"), lines=(self.word("model"), *self.writer.notes(), *of_map))

    def _definitions(self) -> Section:
        rows = tuple(self._definition(name) for name in metrics_shown(self.experiment))
        return Section(self.word("metrics"), sheets=(Sheet("", tuple(self.word("metrics_head").split(";")), rows),))

    def _definition(self, name: str) -> tuple[str, ...]:
        metric = self.experiment.book[name]
        better = self.word(metric.better or "neither")
        latent = f" {self.word('latent')}" if metric.latent else ""
        said = metric.doc_zh if self.lang == "zh" and metric.doc_zh else metric.doc
        unit = self.writer.unit(self.writer.scale(name)) or self.word("number")
        return (self.writer.metric(name), name, unit, better, said + latent)

    def _footer(self) -> str:
        experiment = self.experiment
        plugins = experiment.scenario.plugins
        outside = self.word("outside", names="; ".join(f"{name}: {origin}" for name, origin in plugins.items()))
        said = self.word(
            "footer",
            name=experiment.scenario.name,
            digest=experiment.input_digest,
            version=RESULTS_VERSION,
            first=experiment.plan.seeds[0],
            last=experiment.plan.seeds[-1],
            results=experiment.digest,
        )
        return said + outside if plugins else said

    def _abreast(self) -> Iterator[tuple[str, ...]]:
        """Yield the arms, the baseline first, in as few and as even portions as fit the width of a page."""
        arms = self.experiment.arms
        portions = -(-len(arms) // ARMS_ABREAST)
        for number in range(portions):
            yield arms[-(-number * len(arms) // portions) : -(-(number + 1) * len(arms) // portions)]


def picture_of(drawn: str) -> str:
    """Return an SVG as the address of a picture that lies in the page itself."""
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode("utf-8")).decode("ascii")


def _hash(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
