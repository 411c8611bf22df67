"""``twin params``: every parameter with value, unit, range, source and grade of evidence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from twin.cli import console
from twin.errors import Words

if TYPE_CHECKING:
    from twin.scenario.listing import Row

_GRADES = {
    "measured": Words("measured", "实测"),
    "published": Words("published", "文献"),
    "expert": Words("expert", "专家"),
    "assumed": Words("assumed", "假定"),
}
_LEVER = Words("lever", "可调杠杆")
_TOTAL = Words(
    "{count} parameters, of which {assumed} are only assumed", "共 {count} 个参数，其中 {assumed} 个仅为假定"
)


@click.command(
    help=console.worded("List every parameter with unit, range, source.", "列出全部参数及其单位、范围、来源。")
)
@click.option("--csv", "as_csv", is_flag=True, help=console.worded("As comma-separated values.", "输出 CSV。"))
@click.option("--json", "as_json", is_flag=True, help=console.worded("As one JSON object.", "输出一个 JSON 对象。"))
@click.option("--lang", type=click.Choice(["zh", "en"]), help=console.worded("Language.", "语言。"))
def command(as_csv: bool, as_json: bool, lang: str | None) -> None:
    """Print one entry a parameter, in the order of their paths."""
    from twin.scenario.listing import parameters
    from twin.scenario.vocabulary import known_blocks

    spoken = console.language(lang)
    rows = list(parameters(known_blocks().blocks))
    if as_json:
        form = {"schema": "twin.params/1", "parameters": [row.plain(spoken) for row in rows]}
        console.say(json.dumps(form, allow_nan=False))
    elif as_csv:
        console.say(_csv(rows, spoken))
    else:
        console.say("\n".join(_entry(row, spoken) for row in rows))
        assumed = sum(row.spec.evidence == "assumed" for row in rows)
        console.note(_TOTAL[spoken].format(count=len(rows), assumed=assumed))


def _csv(rows: Sequence[Row], lang: str) -> str:
    text = io.StringIO()
    plain = [row.plain(lang) for row in rows]
    writer = csv.DictWriter(text, list(plain[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in plain)
    return text.getvalue().rstrip("\n")


def _cell(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(map(_cell, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _entry(row: Row, lang: str) -> str:
    """Return two lines: path and value; then range, grade, source and meaning."""
    from twin.scenario.leaves import range_words

    spec = row.spec
    said = row.plain(lang)
    unit = "" if spec.unit in ("", "1") else f" {spec.unit}"
    bounds = range_words(spec) if spec.low is not None or spec.high is not None else ""
    facts = [bounds, " | ".join(spec.choices), _GRADES[spec.evidence][lang], spec.source, _LEVER[lang] * spec.lever]
    first = f"{row.path} = {_value(row.value)}{unit}"
    return f"{first}\n    {said['doc']}  ({', '.join(fact for fact in facts if fact)})"


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
