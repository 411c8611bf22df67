"""What a planner reads of a population: how well it meets its table, where it lives, and who knows whom."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from twin.core.world import World
from twin.errors import Words
from twin.report.text import Sheet
from twin.world.people import Met
from twin.world.tables import TIE_KINDS
from twin.world.ties import Shape, Ties, shape

# Village 1 of Banerjee et al. (2013) [banerjee2013], all relationships joined; see docs/data.md.
VILLAGE_PEOPLE = 843
VILLAGE = Shape(8.06, 0.753, 0.637, 0.306, 0.320, 0.979)
MOST_OFF = 0.005

_ADULT = 18
_DIMENSIONS: Mapping[str, Words] = {
    "age": Words("age", "年龄"),
    "sex": Words("sex", "性别"),
    "household_size": Words("household size", "户规模"),
    "generations": Words("generations", "代数"),
    "living_alone": Words("living alone", "独居"),
    "tenure": Words("tenure", "住房产权"),
    "income": Words("income fifth", "收入五分位"),
    "digital_skill": Words("digital skill", "数字技能"),
    "mobility": Words("mobility", "行动能力"),
}
_CATEGORIES: Mapping[str, Words] = {
    "female": Words("female", "女"),
    "male": Words("male", "男"),
    "yes": Words("yes", "是"),
    "no": Words("no", "否"),
    "reform": Words("housing reform", "房改房"),
    "market": Words("bought on the market", "商品房"),
    "renter": Words("rented", "租住"),
    "none": Words("none", "无"),
    "some": Words("some", "部分"),
    "full": Words("full", "熟练"),
    "walks": Words("walks", "可自行走动"),
    "needs_help": Words("needs help", "需要帮助"),
    "housebound": Words("housebound", "不能出门"),
}
_SHAPE: Mapping[str, Words] = {
    "mean_degree": Words("ties of a resident", "人均联系数"),
    "degree_cv": Words("their spread (cv)", "联系数的变异系数"),
    "clustering": Words("mean clustering", "平均聚集系数"),
    "transitivity": Words("transitivity", "传递性"),
    "assortativity": Words("assortativity", "同配性"),
    "largest_component_share": Words("share in the largest component", "最大连通分支占比"),
}
_KINDS: Mapping[str, Words] = {
    "household": Words("same household", "同住"),
    "kin": Words("kin", "亲属"),
    "stairwell": Words("same stairwell", "同单元"),
    "building": Words("same building", "同楼"),
    "work": Words("colleagues", "同事"),
    "school": Words("classmates", "同学"),
}
_TEXT: Mapping[str, Words] = {
    "met": Words("What the table asks for, and what was made", "人口表的要求与生成结果"),
    "of": Words("of", "维度"),
    "among": Words("among", "范围"),
    "category": Words("category", "类别"),
    "wanted": Words("asked", "要求"),
    "made": Words("made", "生成"),
    "off": Words("off by", "相差"),
    "counted": Words("counted", "基数"),
    "ties": Words("Who knows whom", "居民间的联系"),
    "measure": Words("measure", "指标"),
    "here": Words("here", "本社区"),
    "village": Words("a real village of {people}", "真实村庄（{people} 人）"),
    "share": Words("of all ties: {kind}", "占全部联系：{kind}"),
    "met_all": Words(
        "No share is off by more than {worst:.2%} ({what}); the bar is {bar:.1%} for populations of some thousand.",
        "各占比的最大偏差为 {worst:.2%}（{what}）；数千人以上的标准为 {bar:.1%}。",
    ),
    "homes": Words(
        "{residents:,} residents, {households:,} households (mean {size:.2f}), {flats:,} flats in {buildings:,}"
        " buildings, {grids} grids; mean age {age:.1f} years.",
        "居民 {residents:,} 人，{households:,} 户（户均 {size:.2f} 人），{buildings:,} 栋楼 {flats:,} 套房，"
        "{grids} 个网格；平均年龄 {age:.1f} 岁。",
    ),
    "sound": Words(
        "Without a home: {homeless}. Households without an adult: {childish}. Most households in one flat: {shared}.",
        "无住处者：{homeless} 人。没有成年人的家庭：{childish} 户。一套房最多住 {shared} 户。",
    ),
    "tuned": Words(
        "The defaults of population.ties were chosen on that village; agreement is no validation (docs/data.md).",
        "population.ties 的默认值参照该村庄选定；一致并不构成验证（docs/data.md）。",
    ),
}


@dataclass(frozen=True)
class Homes:
    """Counts of a neighbourhood: everybody at home, and what should not be."""

    residents: int
    households: int
    flats: int
    buildings: int
    grids: int
    size: float
    age: float
    homeless: int
    childish: int
    shared: int

    @classmethod
    def of(cls, world: World) -> Homes:
        """Count."""
        residents, households = world.tables["residents"], world.tables["households"]
        lodged = households.flat[residents.household] >= 0
        adults = np.bincount(residents.household[residents.age >= _ADULT], minlength=len(households))
        return cls(
            residents=len(residents), households=len(households), flats=len(world.tables["flats"]),
            buildings=len(world.tables["buildings"]), grids=len(np.unique(world.tables["buildings"].grid)),
            size=_mean(households.size), age=_mean(residents.age),
            homeless=int(np.sum((residents.household < 0) | ~lodged)), childish=int(np.sum(adults == 0)),
            shared=int(np.bincount(households.flat[households.flat >= 0], minlength=1).max()),
        )  # fmt: skip


@dataclass(frozen=True)
class PeopleReport:
    """A population beside its table, its homes, its ties beside a village's."""

    met: tuple[Met, ...]
    homes: Homes
    shape: Shape
    kinds: tuple[float, ...]

    @classmethod
    def of(cls, world: World, found: Sequence[Met], ties: Ties) -> PeopleReport:
        """Measure."""
        counts = np.bincount(ties.kind, minlength=len(TIE_KINDS)) / max(len(ties.kind), 1)
        return cls(tuple(found), Homes.of(world), shape(ties), tuple(counts.tolist()))

    def plain(self) -> dict[str, Any]:
        """Return everything as JSON; a share that is not defined is null."""
        ties = {name: value if math.isfinite(value) else None for name, value in self.shape._asdict().items()}
        return {
            "schema": "twin.people/1",
            "homes": asdict(self.homes),
            "met": [one._asdict() for one in self.met],
            "ties": ties,
            "kinds_of_ties": dict(zip(TIE_KINDS, self.kinds, strict=True)),
            "village": VILLAGE._asdict(),
        }

    def sheets(self, lang: str) -> tuple[Sheet, Sheet]:
        """Return the table of shares, and that of ties."""
        head = tuple(_TEXT[name][lang] for name in ("of", "among", "category", "wanted", "made", "off", "counted"))
        village = _TEXT["village"][lang].format(people=VILLAGE_PEOPLE)
        ties = [(_SHAPE[name][lang], _number(here), _number(there))
                for name, here, there in zip(Shape._fields, self.shape, VILLAGE, strict=True)]  # fmt: skip
        kinds = [(_TEXT["share"][lang].format(kind=_KINDS[kind][lang]), f"{share:.1%}", "")
                 for kind, share in zip(TIE_KINDS, self.kinds, strict=True)]  # fmt: skip
        return (
            Sheet(_TEXT["met"][lang], head, tuple(_row(one, lang) for one in self.met)),
            Sheet(_TEXT["ties"][lang], (_TEXT["measure"][lang], _TEXT["here"][lang], village), (*ties, *kinds)),
        )

    def homes_text(self, lang: str) -> str:
        """Say who lives where."""
        values = asdict(self.homes)
        return "\n".join(_TEXT[name][lang].format(**values) for name in ("homes", "sound"))

    def met_text(self, lang: str) -> str:
        """Say how far the share lies that is furthest off."""
        worst = max(self.met, key=_off, default=None)
        if worst is None:
            return ""
        what = " ".join(_row(worst, lang)[:3])
        return _TEXT["met_all"][lang].format(worst=_off(worst), what=" ".join(what.split()), bar=MOST_OFF)

    def ties_text(self, lang: str) -> str:
        """Say what the comparison is worth."""
        return _TEXT["tuned"][lang]


def _row(one: Met, lang: str) -> tuple[str, ...]:
    category = _CATEGORIES[one.category][lang] if one.category in _CATEGORIES else one.category
    shares = (f"{one.wanted:.2%}", f"{one.found:.2%}", f"{one.found - one.wanted:+.2%}".replace("-", "−"))
    return (_DIMENSIONS[one.dimension][lang], one.given, category, *shares, f"{one.among:,}")


def _off(one: Met) -> float:
    return abs(one.found - one.wanted)


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else ""


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else 0.0
