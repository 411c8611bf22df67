"""The inputs of an experiment: what each is called, what it is set to, and which of them its answer rests on.

An input carries a metric when it belongs to the mechanism that measures it, or to one whose columns, rows or
levers reach that mechanism as the declarations have it; and when it acts at all under the values beside it
(``when`` of its declaration). That is an upper bound: what is declared need not be strong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from twin.core.mechanism import NOTHING, Mechanism, split
from twin.core.parameters import ParamSpec, acts, spec_of
from twin.core.units import named
from twin.errors import Words

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

POPULATION = "population"
LEVERS = "levers"
SWITCHES = "mechanisms"

# What the words of choices are called; those of the files stand in English reports as they are.
CHOICES: Mapping[str, str] = {
    "batch": "定时派单", "instant": "即时派单", "open": "未结工单", "window": "时间窗内的工单",
    "fifo": "先到先办", "priority": "按优先级", "deadline": "按时限", "shortest": "短者先办",
    "first": "按次序", "longest_idle": "空闲最久者", "least_loaded": "负荷最轻者", "nearest": "最近者",
    "own_grid": "本网格者", "skilled": "技能最高者", "pause": "下一班续办", "overtime": "加班", "hand_over": "交回",
    "fixed": "固定", "exponential": "指数", "lognormal": "对数正态", "gamma": "伽马", "weibull": "威布尔",
    "loglogistic": "对数逻辑斯谛", "two_part": "两部分", "empirical": "经验样本", "none": "无", "poisson": "泊松",
    "log": "日志回放", "demand": "拟合需求",
    "lot": "随机", "random": "随机", "gain": "按效益", "risk": "按风险", "vote": "表决", "imposed": "直接规定",
    "deliberated": "协商形成", "deffuant": "两两讨论", "hegselmann_krause": "共同讨论", "two_year": "连续两年",
    "bound": "置信上界", "cusum": "累积和", "linear": "按楼层递增", "equal": "平均", "shapley": "沙普利值",
    "nash": "纳什议价", "rubinstein": "轮流出价", "reports": "诉求办理", "living": "居住条件", "offices": "办公方",
    "both": "双方", "prior": "凭经验", "council": "议事会", "app": "线上", "hybrid": "线上线下结合",
    "council_plus_app": "议事会加线上", "by_process": "随程序", "answers": "居民回答", "true_needs": "真实需要",
    "greedy": "依次选取", "equal_shares": "等额分配法", "phragmen": "弗拉格曼法", "welfare": "总效益最大",
    "lift": "电梯", "parking": "停车", "pipes": "管线", "insulation": "保温", "greenery": "绿化", "play": "活动场地",
    "care": "养老服务", "safety": "安防消防", "stairwell": "单元", "building": "楼栋", "grid": "网格", "all": "全部",
    "public": "公共", "partner": "合作方", "owners": "业主", "donations": "捐款", "operation": "经营",
}  # fmt: skip
_SWITCH = {True: Words("on", "开"), False: Words("off", "关")}
_SWITCHED = "机制开关"
_SOURCES: Mapping[str, Words] = {
    "scenario range": Words("a judgement", "判断"),
    "the user's log": Words("the user's log", "用户日志"),
    "the scenario's author": Words("the scenario's author", "场景作者"),
}
_NOTHING = Words("none", "无")
_ALL_OF_A_KIND = re.compile("[：（]")


@dataclass(frozen=True)
class Input:
    """A parameter by its path: what is declared of it, and in which arms (all that ran) it holds which value.

    ``acting`` are the arms in which it can make any difference.
    """

    path: str
    spec: ParamSpec | None
    values: Mapping[str, Any]
    acting: frozenset[str]

    @property
    def differs(self) -> bool:
        """Whether the arms disagree about it."""
        return len(set(map(repr, self.values.values()))) > 1

    def name(self, lang: str) -> str:
        """Return what it is called: in Chinese with its path, by which files and ``--set`` know it."""
        said = "" if lang != "zh" else self.spec.zh if self.spec is not None else _SWITCHED
        return f"{_ALL_OF_A_KIND.split(said)[0]}（{self.path}）" if said else self.path

    def value(self, arm: str, lang: str) -> str:
        """Return what it is set to in an arm, with its unit; empty where the arm has none."""
        return shown(self.values[arm], self.spec, lang) if arm in self.values else ""


@dataclass(frozen=True)
class Inputs:
    """All inputs of an experiment."""

    experiment: Experiment

    @cached_property
    def all(self) -> tuple[Input, ...]:
        """Every parameter of the blocks and every switch, by path."""
        return tuple(self._gathered())

    def differing(self) -> list[Input]:
        """Return those of which the arms are not of one mind."""
        return [one for one in self.all if one.differs]

    def carrying(self, metrics: Iterable[str]) -> list[Input]:
        """Return the parameters on which these metrics rest: they reach them in some arm, and act there."""
        reach = {arm: upstream(metrics, self._lived_by(arm)) for arm in self.experiment.arms}
        return [
            one
            for one in self.all
            if one.spec is not None and any(_reaches(one.path, reach[arm]) for arm in one.acting)
        ]

    def _lived_by(self, arm: str) -> dict[str, Mechanism]:
        from twin.mechanisms import CATALOGUE

        said = self.experiment.scenario.arms[arm]
        lived = {name: one for name, one in CATALOGUE.items() if name not in said.off}
        return {name: one for name, one in lived.items() if not is_idle(one, said.blocks)}

    def _gathered(self) -> Iterator[Input]:
        arms = {arm: self.experiment.scenario.arms[arm] for arm in self.experiment.arms}
        found: dict[str, dict[str, tuple[ParamSpec, Any, bool]]] = {}
        for arm, said in arms.items():
            for block, values in said.blocks.items():
                for path, spec, value, active in _leaves(values, block, block not in said.off):
                    found.setdefault(path, {})[arm] = (spec, value, active)
        for path in sorted(found):
            held = found[path]
            spec = next(iter(held.values()))[0]
            values = {arm: value for arm, (_, value, _) in held.items()}
            yield Input(path, spec, values, frozenset(arm for arm, (*_, active) in held.items() if active))
        for name in sorted({name for said in arms.values() for name in said.off}):
            on = {arm: name not in said.off for arm, said in arms.items()}
            yield Input(f"{SWITCHES}.{name}", None, on, frozenset(arms))


def is_idle(mechanism: Mechanism, blocks: Mapping[str, Any]) -> bool:
    """Whether a mechanism that is on does nothing in these blocks.

    What it follows is off, or all that it has hangs on one parameter that is 0, off or ``none``.
    """
    reads = [one.split(".")[1] for one in mechanism.reads if one.startswith(LEVERS) and one.endswith(".followed")]
    followed = [blocks[name] for name in (*reads, mechanism.name) if hasattr(blocks.get(name), "followed")]
    if any(not one.followed for one in followed):
        return True
    if mechanism.closed(blocks):
        return True
    block = blocks.get(mechanism.name)
    specs = [] if block is None else [(one.name, spec) for one in fields(block) if (spec := spec_of(one)) is not None]
    free = [name for name, spec in specs if not spec.when]
    return (len(free) == 1 and len(specs) > 1 and getattr(block, free[0]) in NOTHING
            and not any(acts(block, spec) for name, spec in specs if name != free[0]))  # fmt: skip


def upstream(metrics: Iterable[str], lived: Mapping[str, Mechanism]) -> set[str]:
    """Return the mechanisms, blocks and single levers (``desk.limit_hours``) that these metrics rest on.

    A metric that no mechanism has rests on everything.
    """
    owners = {metric: name for name, one in lived.items() for metric in one.metrics}
    wanted = list(metrics)
    if any(metric not in owners for metric in wanted):
        return {POPULATION, *lived}
    reached = {owners[metric] for metric in wanted}
    while more := {name for name in lived if name not in reached and _feeds(lived[name], reached, lived)}:
        reached |= more
    levers = [name.split(".")[1:] for one in reached for name in lived[one].reads if name.startswith(LEVERS + ".")]
    levers = [path for path in levers if _has_a_say(path[0], lived)]
    return {POPULATION, *reached, *(".".join(path) for path in levers)}


def _has_a_say(block: str, lived: Mapping[str, Mechanism]) -> bool:
    """Whether a block that others read can matter: not if its mechanism is idle and nobody else spawns its tables."""
    from twin.mechanisms import CATALOGUE

    owner = CATALOGUE.own.get(block)
    if owner is None or block in lived or not owner.spawns:
        return True
    return any(set(owner.spawns) & set(one.spawns) for one in lived.values())


def _feeds(mechanism: Mechanism, reached: set[str], lived: Mapping[str, Mechanism]) -> bool:
    """Whether a mechanism moves a column, or brings forth rows of a table, that one of those reached looks at."""
    read = {name for one in reached for name in lived[one].readable}
    tables = {split(name)[0] for name in read}
    return bool(read & {*mechanism.owns, *mechanism.adds} or tables & set(mechanism.spawns))


def _reaches(path: str, reached: set[str]) -> bool:
    steps = path.split(".")
    return any(".".join(steps[:length]) in reached for length in range(1, len(steps) + 1))


def _leaves(block: object, path: str, active: bool) -> Iterator[tuple[str, ParamSpec, Any, bool]]:
    """Yield (path, what is declared, value, whether it acts) for every parameter of a block that has a value.

    An empty list or map sets nothing, so it does not act.
    """
    for declared in fields(block):  # type: ignore[arg-type]
        spec, value = spec_of(declared), getattr(block, declared.name)
        if spec is None or value is None:
            continue
        here, acting = f"{path}.{declared.name}", active and acts(block, spec)
        inner = value.items() if isinstance(value, Mapping) else [("", value)]
        blocks = [(f"{here}.{key}".rstrip("."), one) for key, one in inner if is_dataclass(one)]
        if not blocks:
            yield here, spec, value, acting and value not in ((), {})
        for there, one in blocks:
            yield from _leaves(one, there, acting)


def shown(value: Any, spec: ParamSpec | None, lang: str) -> str:
    """Write the value of a parameter for a reader."""
    if isinstance(value, bool):
        return _SWITCH[value][lang]
    if isinstance(value, (int, float)):
        return with_unit(f"{value:,.12g}", spec.unit if spec else "1", lang)
    if isinstance(value, str):
        chosen = spec is not None and value in spec.choices and lang == "zh"
        return CHOICES.get(value, value) if chosen else value
    if isinstance(value, Mapping):
        return _listed([f"{key} {shown(one, spec, lang)}" for key, one in value.items()], lang)
    if isinstance(value, Sequence):
        return _listed([shown(one, None, lang) for one in value], lang, spec)
    return str(value)


def range_shown(spec: ParamSpec | None, lang: str, on_or_off: bool = False) -> str:
    """Write the range of a parameter, or its choices, for a reader."""
    if spec is None:
        return ""
    if spec.low is not None and spec.high is not None:
        return with_unit(f"{spec.low:,.12g} – {spec.high:,.12g}", spec.unit, lang)
    if on_or_off:
        return f"{_SWITCH[True][lang]} / {_SWITCH[False][lang]}"
    return " / ".join(shown(choice, spec, lang) for choice in spec.choices)


def source_shown(spec: ParamSpec | None, lang: str) -> str:
    """Write where a parameter's range comes from: a key of docs/sources.yaml, or what it says in words."""
    return (_SOURCES[spec.source][lang] if spec.source in _SOURCES else spec.source) if spec is not None else ""


def _listed(words: Sequence[str], lang: str, spec: ParamSpec | None = None) -> str:
    listed = ("、" if lang == "zh" else ", ").join(words)
    return with_unit(listed, spec.unit if spec is not None else "", lang) if words else _NOTHING[lang]


def with_unit(number: str, unit: str, lang: str) -> str:
    """Return a number with its unit; what is counted by something else stands close (17.5/day)."""
    said = named(unit, lang)
    return f"{number}{'' if said.startswith('/') else ' '}{said}".strip()
