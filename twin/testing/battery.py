"""The conformance battery: what every mechanism must hold to, today's and tomorrow's, ours and others'.

Each check takes a :class:`~twin.testing.street.Subject` and raises :class:`Unfit`, which says what to change.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from twin.core import draws
from twin.core.cases import Case, complaints_of, engine_of
from twin.core.columns import Floats, Keys
from twin.core.draws import Word
from twin.core.engine import Engine
from twin.core.marked_yaml import read
from twin.core.mechanism import CARD_HEADINGS
from twin.core.parameters import GRADES, ParamSpec, parameters_of
from twin.errors import InputError, TwinError, Words, headline
from twin.testing.street import Subject, blocks, cases_of, everybody, lived, once, outcome_of, street, usual
from twin.world.tables import TABLES

Check = Callable[[Subject], None]

FEWEST_CASES = 3
LARGE = (5000, 500)  # residents, places
SMALL = ((0, 0), (1, 0), (0, 1), (1, 1))
_GROUPS = 7  # odd, so that each holds lower and upper ends, never both of one parameter
_CITED = re.compile(r"\[([a-z][a-z0-9_, ]*)\]")


class Unfit(AssertionError):  # noqa: N818
    """A mechanism does not hold to something; ``words`` say what to change."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


def hold(holds: bool, en: str, zh: str) -> None:
    """Raise :class:`Unfit` with these words unless it holds."""
    if not holds:
        raise Unfit(Words(en, zh))


# -- what is written down


def check_card(subject: Subject) -> None:
    """The module's docstring has its headings, in their order, each with a text."""
    card = subject.mechanism.card
    hold(bool(card["title"]), "the first line says what the mechanism is", "首行应说明这是什么机制")
    headings = [heading for heading in card if heading in CARD_HEADINGS]
    named = ", ".join(CARD_HEADINGS)
    hold(headings == list(CARD_HEADINGS), f"the card needs {named}, in this order", f"说明卡须依次含有 {named}")
    hold(all(card.values()), "no heading is empty", "各标题下都要有内容")


def check_sources(subject: Subject) -> None:
    """Sources of the mechanism, its card and its parameters are written down in a sources.yaml."""
    known = known_sources(subject)
    cited = {key.strip() for text in subject.mechanism.card.values() for keys in _CITED.findall(text)
             for key in keys.split(",")}  # fmt: skip
    for key in sorted({*subject.mechanism.sources, *cited}):
        hold(key in known, f"`{key}` is in no sources.yaml", f"`{key}` 不在任何 sources.yaml 中")
    for path, _, spec in parameters(subject):
        hold(
            spec.source in known or " " in spec.source,
            f"{path}: `{spec.source}` is in no sources.yaml, and no phrase such as `scenario range`",
            f"{path}：`{spec.source}` 不在任何 sources.yaml 中，也不是 `scenario range` 之类的说明",
        )


def known_sources(subject: Subject) -> frozenset[str]:
    """Return the keys of ``sources.yaml`` beside the mechanism, and of the twin's own where its documents are."""
    ours = Path(__file__).parent.parent.parent / "docs" / "sources.yaml"
    files = (subject.file.with_name("sources.yaml"), ours)
    return frozenset(key for file in files if file.exists() for key in read(file).plain())


def parameters(subject: Subject) -> Iterator[tuple[str, dataclasses.Field[Any], ParamSpec]]:
    """Yield every parameter of a mechanism with its path, those of blocks within its block too."""
    params = subject.mechanism.params
    if params is not None:
        yield from _parameters_below(params(), subject.name)


def _parameters_below(block: Any, path: str) -> Iterator[tuple[str, dataclasses.Field[Any], ParamSpec]]:
    for item, spec in parameters_of(block):
        value = getattr(block, item.name)
        yield f"{path}.{item.name}", item, spec
        below = value.items() if isinstance(value, Mapping) else [("", value)]
        for _, one in below:
            if dataclasses.is_dataclass(one):
                yield from _parameters_below(one, f"{path}.{item.name}")


def check_parameters(subject: Subject) -> None:
    """Every field is a parameter with unit, range, source, grade and two languages, its default inside."""
    params = subject.mechanism.params
    if params is not None:
        fields: Any = dataclasses.fields(params)
        plain = sorted({item.name for item in fields} - {item.name for item, _ in parameters_of(params)})
        hold(not plain, f"not declared by param(): {plain}", f"未用 param() 声明：{plain}")
    for path, item, spec in parameters(subject):
        hold(bool(spec.source), f"{path}: no source", f"{path}：缺少来源")
        hold(spec.evidence in GRADES, f"{path}: grade {spec.evidence}", f"{path}：证据等级 {spec.evidence}")
        said = bool(spec.doc and spec.zh)
        hold(said, f"{path}: say what it is, in English and Chinese", f"{path}：请用中英文说明它是什么")
        _check_range(path, item.default, spec)


def _check_range(path: str, default: Any, spec: ParamSpec) -> None:
    values = default if isinstance(default, tuple) else (default,)
    numbers = [one for one in values if isinstance(one, (int, float)) and not isinstance(one, bool)]
    if numbers:
        low, high = spec.low, spec.high
        hold(bool(spec.unit), f"{path}: a number has a unit", f"{path}：数值须有单位")
        hold(low is not None and high is not None, f"{path}: a number has a range", f"{path}：数值须有范围")
        inside = low is not None and high is not None and all(low <= one <= high for one in numbers)
        hold(inside, f"{path}: the default is outside the range", f"{path}：缺省值超出范围")
    if spec.choices:
        known = set(default if isinstance(default, tuple) else (default,)) <= set(spec.choices)
        hold(known, f"{path}: the default is not one of the choices", f"{path}：缺省值不在选项中")


def check_metrics(subject: Subject) -> None:
    """Every metric has a unit, a direction and two languages; and what it comes to is a number."""
    for name, metric in subject.mechanism.metrics.items():
        hold(bool(metric.unit), f"{name}: no unit (1 for a pure number)", f"{name}：缺少单位（纯数写 1）")
        known = metric.better in ("lower", "higher", None)
        hold(known, f"{name}: better {metric.better}", f"{name}：方向 {metric.better}")
        titled = bool(metric.en and metric.zh)
        hold(titled, f"{name}: give it a title in English and in Chinese", f"{name}：请给出中英文名称")
        defined = bool(metric.doc and metric.doc_zh)
        hold(defined, f"{name}: define it, in English and Chinese", f"{name}：请用中英文给出定义")
    numbers = usual(subject).metrics
    hold(all(map(np.isfinite, numbers.values())), "a metric is not a number", "有指标不是数")


# -- cases


def faults_of(subject: Subject, case: Case) -> list[Words]:
    """Live an acceptance case and return what does not hold."""
    engine = engine_of(case, subject.mechanism, everybody(subject), TABLES)
    return [Words(headline(one, "en"), headline(one, "zh")) for one in complaints_of(case, engine)]


def check_cases(subject: Subject) -> None:
    """There are at least three cases, one says when nothing happens, and all hold."""
    cases, file = cases_of(subject), subject.cases.name
    sentences = [case.sentence for case in cases]
    count = len(sentences)
    hold(count >= FEWEST_CASES, f"{file} has {count} cases, not {FEWEST_CASES}",
         f"{file} 只有 {count} 个案例，至少要 {FEWEST_CASES} 个")  # fmt: skip
    hold(len(set(sentences)) == count, "two cases have the same sentence", "有两个案例的句子相同")
    nothing = any("nothing" in sentence for sentence in sentences)
    hold(nothing, "no case says `nothing happens when ...`", "缺少以 `nothing happens when ...` 开头的案例")
    for fault in (fault for case in cases for fault in faults_of(subject, case)):
        hold(False, fault.en, fault.zh)


def check_reads(subject: Subject) -> None:
    """What is declared as read is read in some case (what is not declared cannot be read at all)."""
    seen: set[str] = set()
    for case in cases_of(subject):
        engine = engine_of(case, subject.mechanism, everybody(subject), TABLES, recording=True)
        complaints_of(case, engine)
        seen |= engine.seen[subject.name]
    unused = ", ".join(sorted(set(subject.mechanism.reads) - seen))
    hold(not unused, f"declared but read in no case: {unused}", f"已声明但没有任何案例读取：{unused}")


# -- behaviour


def check_small_worlds(subject: Subject) -> None:
    """It survives the empty world, one resident, one place, alone and with all others."""
    for residents, places in SMALL:
        lived(subject, world=street(residents, places), off=_others(subject)).metrics()
        once(subject, f"{residents} residents, {places} places", partial(_together, subject, residents, places))


def _together(subject: Subject, residents: int, places: int) -> dict[str, float]:
    return lived(subject, world=street(residents, places)).metrics()


def check_large_world(subject: Subject) -> None:
    """It survives a few thousand residents."""
    lived(subject, world=street(*LARGE), off=_others(subject)).metrics()


def _others(subject: Subject) -> list[str]:
    return [one.name for one in everybody(subject) if one.name != subject.name]


def check_bounds(subject: Subject) -> None:
    """With each parameter at each end of its range, columns stay in their bounds and metrics are numbers.

    Numbers go to their ends several at a time, since a mechanism has dozens of them; where that does not go, one by
    one, so that what is wrong is named.
    """
    base = blocks(subject).get(subject.name)
    if base is None:
        return
    ends = [(path, item.name, value) for path, item, spec in parameters(subject) if path.count(".") <= 1
            for value in _ends(subject, item, spec)]  # fmt: skip
    numbers = [one for one in ends if not isinstance(one[2], (bool, str))]
    alone = [one for one in ends if isinstance(one[2], (bool, str))]
    for group in (numbers[first::_GROUPS] for first in range(_GROUPS)):
        if not _go_together(subject, dataclasses.replace(base, **{name: value for _, name, value in group})):
            alone += group
    for path, name, value in alone:
        _check_lived(subject, f"{path} = {value}", dataclasses.replace(base, **{name: value}))


def _go_together(subject: Subject, block: Any) -> bool:
    try:
        engine = lived(subject, params={subject.name: block})
        engine.metrics()
        _check_columns(engine, "")
    except (TwinError, Unfit):
        return False
    return True


def _check_lived(subject: Subject, where: str, block: Any) -> None:
    try:
        engine = lived(subject, params={subject.name: block})
        engine.metrics()
    except InputError:
        return  # it says in words that these parameters do not go together
    except TwinError as error:
        said = [Words(headline(one, "en"), headline(one, "zh")) for one in error.complaints]
        raise Unfit(Words(f"{where}: {said[0].en}", f"{where}：{said[0].zh}")) from error
    _check_columns(engine, where)


def _ends(subject: Subject, item: dataclasses.Field[Any], spec: ParamSpec) -> list[Any]:
    default, most = item.default, subject.tried_at_most.get(item.name)
    if spec.choices:
        return [choice for choice in spec.choices if choice != default]
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, (int, float)) and spec.low is not None and spec.high is not None:
        return [type(default)(end) for end in (spec.low, spec.high if most is None else min(spec.high, most))]
    return []


def _check_columns(engine: Engine, where: str) -> None:
    for table in engine.world.tables.values():
        for name, column in table.columns.items():
            cells, what = getattr(table, name), f"{where}: {table.name}.{name}"
            hold(column.low is None or not (cells < column.low).any(), f"{what} too low", f"{what} 过低")
            hold(column.high is None or not (cells > column.high).any(), f"{what} too high", f"{what} 过高")
            if not np.isnan(column.start):
                hold(not np.isnan(cells).any(), f"{what} is not a number", f"{what} 不是数")


def check_order(subject: Subject) -> None:
    """Whether it comes first or last in the catalogue, every byte of the world is the same."""
    others = [one for one in everybody(subject) if one.name != subject.name]
    for catalogue in ([subject.mechanism, *others], [*reversed(others), subject.mechanism]):
        same = outcome_of(lived(subject, catalogue=catalogue)) == usual(subject)
        hold(same, "what happens depends on its place in the catalogue", "结果取决于它在目录中的次序")


def check_repeats(subject: Subject) -> None:
    """The same seed gives the same bytes."""
    same = once(subject, "again", lambda: outcome_of(lived(subject))) == usual(subject)
    hold(same, "the same seed gives other results; draw chance by key only", "同一种子结果不同；随机数只能按键抽取")


def check_switched_off(subject: Subject) -> None:
    """Switched off, its columns keep their start values and it moves, spawns and measures nothing."""
    engine = lived(subject, off=[subject.name])
    for column_name, column in subject.mechanism.owns.items():
        table, _, own = column_name.partition(".")
        cells = getattr(engine.world.tables[table], own)
        still = cells.tobytes() == np.full(len(cells), column.start, column.dtype).tobytes()
        hold(still, f"{column_name} moves while it is off", f"关闭时 {column_name} 仍有变化")
    quiet = subject.name not in engine.account.rows()["mechanism"]
    quiet &= not subject.mechanism.metrics.keys() & engine.metrics().keys()
    hold(quiet, "it moves or measures something while it is off", "关闭时仍改变或测量了某些量")


def check_gates(subject: Subject) -> None:
    """Behind closed gates it moves nothing, and all that others own is as if it were switched off."""
    shut = _shut(blocks(subject), subject.mechanism.gates)
    if not shut:
        return
    closed, off = lived(subject, params=shut), lived(subject, params=shut, off=[subject.name])
    gates = ", ".join(subject.mechanism.gates)
    quiet = subject.name not in closed.account.rows()["mechanism"]
    hold(quiet, f"it moves something while {gates} is off", f"{gates} 关闭时仍改变了某些量")
    own = subject.mechanism.owns.keys()
    with_it, without = ({one: cells for one, cells in outcome_of(engine).cells.items() if one not in own}
                        for engine in (closed, off))  # fmt: skip
    hold(with_it == without, f"others notice it while {gates} is off", f"{gates} 关闭时其他机制仍受其影响")


def _shut(held: Mapping[str, Any], gates: Sequence[str]) -> dict[str, Any]:
    """Return the blocks of these gates with all of them closed."""
    shut: dict[str, Any] = {}
    for block, name in (gate.split(".") for gate in gates):
        base = shut.get(block, held[block])
        (spec,) = (spec for item, spec in parameters_of(base) if item.name == name)
        nothing = "none" if spec.choices else getattr(base, name) * 0
        shut[block] = dataclasses.replace(base, **{name: nothing})
    return shut


def check_draws_of_others(subject: Subject) -> None:
    """Without it, the same draws of all others have the same values."""
    with_it, without = once(subject, "drawn", lambda: _drawn(subject, [])), _drawn(subject, [subject.name])
    same = all(with_it[one] == without[one] for one in with_it.keys() & without.keys())
    hold(same, "it changes the draws of others", "它改变了其他机制的抽取")


def _drawn(subject: Subject, off: Sequence[str]) -> dict[tuple[int, int, int], float]:
    """Return every draw of a run in Python: (stream, occurrence, key) and its value."""
    found: dict[tuple[int, int, int], float] = {}
    honest = draws.uniforms

    def noting(seed: Word, stream: Word, occurrence: Word, keys: Keys) -> Floats:
        values = honest(seed, stream, occurrence, keys)
        found.update(((int(stream), int(occurrence), int(key)), u) for key, u in zip(keys, values, strict=True))
        return values

    with mock.patch.object(draws, "uniforms", noting):
        lived(subject, off=off)
    return found


CHECKS: Mapping[str, Check] = {
    "card": check_card,
    "sources": check_sources,
    "parameters": check_parameters,
    "metrics": check_metrics,
    "cases": check_cases,
    "reads": check_reads,
    "small worlds": check_small_worlds,
    "large world": check_large_world,
    "bounds": check_bounds,
    "order": check_order,
    "repeats": check_repeats,
    "switched off": check_switched_off,
    "gates": check_gates,
    "draws of others": check_draws_of_others,
}
"""The checks by name, the quick ones first."""

TITLES: Mapping[str, Words] = {
    "card": Words("the card has its headings", "说明卡齐全"),
    "sources": Words("sources are written down", "来源有据可查"),
    "parameters": Words("parameters have unit, range, source and grade", "参数有单位、范围、来源和等级"),
    "metrics": Words("metrics are defined, and are numbers", "指标有定义且为数值"),
    "cases": Words("acceptance cases hold", "验收案例成立"),
    "reads": Words("what is declared is read", "所声明的确有读取"),
    "small worlds": Words("survives the empty world", "空社区中可运行"),
    "large world": Words("survives five thousand residents", "五千居民时可运行"),
    "bounds": Words("holds at both ends of every range", "参数取两端时成立"),
    "order": Words("its place in the catalogue does not matter", "与目录次序无关"),
    "repeats": Words("the same seed gives the same bytes", "同一种子结果相同"),
    "switched off": Words("switched off it does nothing", "关闭后不起作用"),
    "gates": Words("does nothing behind closed gates", "开关参数关闭时不起作用"),
    "draws of others": Words("leaves the draws of others alone", "不影响其他机制的抽取"),
}
"""What each check holds a mechanism to."""
