"""``twin compare``: two run folders, or two scenarios, held against each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.run import progress_bar
from twin.cli.spoken import jobs_option, json_option, lang_option, option, sets_option, speaking
from twin.errors import InputError, Words

if TYPE_CHECKING:
    from twin.runs.versus import Versus

STDOUT = "-"
_WROTE = Words("written: {file}", "已写出：{file}")


@speaking(
    "Hold two run folders, or two scenario files, against each other: arm by arm, over the seeds that both have.",
    "对照两个运行文件夹或两个场景文件：逐方案、按共同种子配对比较。",
)
@click.argument("first")
@click.argument("second")
@option("--arm", "arms", multiple=True, metavar="ARM[=OTHER]",
        en="Compare this arm (with OTHER of the second, where it is called so); repeatable.",
        zh="比较此方案（若在后者中名为 OTHER，则写 ARM=OTHER；可重复）。")  # fmt: skip
@option("--metric", "metrics", multiple=True, metavar="METRIC", en="Only this metric (repeatable).",
        zh="只比较此指标（可重复）。")  # fmt: skip
@option("-n", "--replications", type=int, metavar="N",
        en="Replications of scenario files (as many as the other side, or as the first says).",
        zh="场景文件的重复次数（缺省同另一方，或按前者的设定）。")  # fmt: skip
@option("--seed", type=int, metavar="SEED", en="First seed of scenario files.", zh="场景文件的起始种子。")
@sets_option("Set a parameter in the scenario files (repeatable).", "设置场景文件的参数（可重复）。")
@jobs_option()
@option("--csv", is_flag=False, flag_value=STDOUT, metavar="[FILE.csv]",
        en="Write the differences as CSV, to a file or (without one) in place of the sheets.",
        zh="将差值写成 CSV 文件；不给文件名则直接输出。")  # fmt: skip
@option("--xlsx", metavar="FILE.xlsx", en="Write differences, values, inputs and what is left out as a workbook.",
        zh="将差值、数值、输入差异与未比较项写成 Excel 工作簿。")  # fmt: skip
@json_option("Print one JSON object and nothing else.")
@option("--all", "every", is_flag=True, en="Print every metric.", zh="显示全部指标。")
@lang_option()
def command(
    first: str, second: str, arms: tuple[str, ...], metrics: tuple[str, ...], replications: int | None,
    seed: int | None, sets: tuple[str, ...], jobs: int, csv: str | None, xlsx: str | None, as_json: bool, every: bool,
    lang: str | None,
) -> None:  # fmt: skip
    """Run what has not been run, then print the object, the table or the sheets."""
    from twin.report.calling import compare

    spoken = console.language(lang)
    if as_json and csv == STDOUT:
        raise InputError.of("R219", option="--csv", other="--json")
    with progress_bar(spoken) as progress:
        found = compare(first, second, arms, metrics, replications, seed, sets, jobs, progress)
    _write(found, csv, xlsx, spoken)
    if as_json:
        console.say(json.dumps(found.to_json(), allow_nan=False))
    elif csv != STDOUT:
        _show(found, every, spoken)


def _write(found: Versus, csv: str | None, xlsx: str | None, lang: console.Language) -> None:
    from twin.report.workbook import csv_text, write_csv, write_workbook
    from twin.runs.frames import HEADS_OF_VERSUS, rows_of_versus

    tables = rows_of_versus(found)
    if csv == STDOUT:
        console.say(csv_text(tables["differences"]).rstrip("\n"))
    elif csv is not None:
        write_csv(Path(csv), tables["differences"])
    if xlsx is not None:
        write_workbook(Path(xlsx), tables, HEADS_OF_VERSUS)
    for file in (csv, xlsx):
        if file not in (None, STDOUT):
            console.note(_WROTE[lang].format(file=file))


def _show(found: Versus, every: bool, lang: console.Language) -> None:
    from twin.report.versus_text import VersusWriter

    writer = VersusWriter(found, lang)
    console.say("\n".join((writer.title(), "", *writer.opening(), "")))
    for sheet in writer.sheets(every):
        console.show(sheet)
    console.say("\n".join(writer.notes(every)))
