"""``twin params``: every parameter with value, unit, range, source and grade of evidence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from twin.cli import console
from twin.cli.spoken import json_option, lang_option, option, speaking
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
_WHEN = Words("acts only with {when}", "仅当 {when} 时起作用")
_TOTAL = Words(
    "{count} parameters, of which {assumed} are only assumed", "共 {count} 个参数，其中 {assumed} 个仅为假定"
)


@speaking("List every parameter with unit, range, source.", "列出全部参数及其单位、范围、来源。")
@option("--csv", "as_csv", is_flag=True, en="As comma-separated values.", zh="输出 CSV。")
@json_option()
@lang_option()
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
    from twin.core.units import named
    from twin.report.inputs import source_shown
    from twin.scenario.leaves import range_words

    spec = row.spec
    said = row.plain(lang)
    bounds = range_words(spec)[lang] if spec.low is not None or spec.high is not None else ""
    facts = [
        bounds,
        " | ".join(spec.choices),
        _GRADES[spec.evidence][lang],
        source_shown(spec, lang),
        _LEVER[lang] * spec.lever,
    ]
    facts += [_WHEN[lang].format(when=spec.when)] if spec.when else []
    first = f"{row.path} = {_value(row.value)} {named(spec.unit, lang)}".rstrip()
    return f"{first}\n    {said['doc']}  ({', '.join(fact for fact in facts if fact)})"


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
