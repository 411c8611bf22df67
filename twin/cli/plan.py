"""``twin plan``: the plan of a day, who acts in which phase and what it may touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.spoken import lang_option, option, speaking
from twin.errors import Words

if TYPE_CHECKING:
    from twin.core.mechanism import Mechanism

_TITLE = Words(
    "The plan of a day (inside a phase the order of names is only how it is printed)",
    "一天的执行顺序（同一阶段内的先后仅为显示次序）",
)
_HEAD = (
    Words("phase", "阶段"),
    Words("mechanism", "机制"),
    Words("reads", "读取"),
    Words("owns", "独写"),
    Words("adds to", "累加"),
    Words("spawns", "生成"),
)


@speaking("Print the plan of a day.", "显示一天的执行顺序。")
@click.argument("scenario", required=False)
@option("--arm", metavar="ARM", en="The arm (without it: the first one).", zh="方案（缺省为第一个）。")
@lang_option()
def command(scenario: str | None, arm: str | None, lang: str | None) -> None:
    """Print one row a phase and mechanism; of a scenario, only the mechanisms that are on."""
    from twin.core.engine import plan_of
    from twin.mechanisms import CATALOGUE
    from twin.report.text import Sheet

    rows = plan_of(_acting(scenario, arm) if scenario else list(CATALOGUE.values()))
    spoken = console.language(lang)
    cells = tuple((row.phase, row.mechanism, *(_listed(names) for names in row[2:])) for row in rows)
    console.say(_TITLE[spoken])
    console.show_folded(Sheet("", tuple(words[spoken] for words in _HEAD), cells))


def _acting(path: str, arm: str | None) -> list[Mechanism]:
    from twin.runs.experiment import Plan
    from twin.scenario.build import mechanisms_of
    from twin.scenario.load import load

    scenario = load(path)
    plan = Plan.of(scenario, [arm] if arm else None, None, None)
    chosen = scenario.arms[plan.arms[0]]
    return [one for one in mechanisms_of(chosen) if one.name not in chosen.off]


def _listed(names: tuple[str, ...]) -> str:
    """Return the columns by table: ``tickets: created, done``."""
    tables = {
        table: [name.partition(".")[2] for name in names if name.startswith(f"{table}.")] for table in _tables(names)
    }
    return "\n".join(f"{table}: {', '.join(columns)}" if columns else table for table, columns in tables.items())


def _tables(names: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(name.partition(".")[0] for name in names))
