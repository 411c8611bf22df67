"""``twin plan``: the plan of a day, who acts in which phase and what it may touch."""

from __future__ import annotations

import click

from twin.cli import console
from twin.errors import Words

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


@click.command(help=console.worded("Print the plan of a day.", "显示一天的执行顺序。"))
@click.argument("scenario", required=False)
@click.option("--arm", help=console.worded("The arm (without it: the first one).", "方案（缺省为第一个）。"))
@click.option("--lang", type=click.Choice(["zh", "en"]), help=console.worded("Language.", "语言。"))
def command(scenario: str | None, arm: str | None, lang: str | None) -> None:
    """Print one row a phase and mechanism; of a scenario, only the mechanisms that are on."""
    from twin.core.engine import plan_of
    from twin.mechanisms import CATALOGUE
    from twin.report.text import Sheet

    off = _off(scenario, arm) if scenario else frozenset()
    rows = plan_of([one for name, one in CATALOGUE.items() if name not in off])
    spoken = console.language(lang)
    cells = tuple((row.phase, row.mechanism, *(_listed(names) for names in row[2:])) for row in rows)
    console.say(_TITLE[spoken])
    console.show_folded(Sheet("", tuple(words[spoken] for words in _HEAD), cells))


def _off(path: str, arm: str | None) -> frozenset[str]:
    from twin.runs.experiment import Plan
    from twin.scenario.load import load

    scenario = load(path)
    plan = Plan.of(scenario, [arm] if arm else None, None, None)
    return frozenset(scenario.arms[plan.arms[0]].off)


def _listed(names: tuple[str, ...]) -> str:
    """Return the columns by table: ``tickets: created, done``."""
    tables = {
        table: [name.partition(".")[2] for name in names if name.startswith(f"{table}.")] for table in _tables(names)
    }
    return "\n".join(f"{table}: {', '.join(columns)}" if columns else table for table, columns in tables.items())


def _tables(names: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(name.partition(".")[0] for name in names))
