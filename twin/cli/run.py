"""``twin run``: run the arms of a scenario and compare them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.errors import Words

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

_WORKING = Words("running", "运行中")
_KEPT = Words("kept in {folder}; the page to read or print: {page}", "已保存到 {folder}；可阅读或打印的页面：{page}")


@click.command(
    help=console.worded(
        "Run the arms of a scenario and compare each with the first one.", "运行场景的各方案，并逐一与第一个方案比较。"
    )
)
@click.argument("scenario")
@click.option(
    "--arm",
    "arms",
    multiple=True,
    help=console.worded(
        "Run only this arm (repeatable; the first is the baseline).", "只运行此方案（可重复；第一个为基准方案）。"
    ),
)
@click.option(
    "-n", "--replications", type=int, help=console.worded("Replications of every arm.", "每个方案的重复次数。")
)
@click.option("--seed", type=int, help=console.worded("First seed.", "起始种子。"))
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="PATH=VALUE",
    help=console.worded(
        "Set a parameter in all arms (repeatable; applied last).", "设置所有方案的参数（可重复；最后生效）。"
    ),
)
@click.option("--jobs", type=int, default=1, show_default=True, help=console.worded("Processes.", "进程数。"))
@click.option(
    "--out",
    metavar="FOLDER",
    help=console.worded(
        "Keep everything in this folder, and resume from it.", "将全部结果保存到此文件夹，并可从中继续。"
    ),
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help=console.worded("Print one JSON object and nothing else.", "只输出一个 JSON 对象。"),
)
@click.option(
    "--all", "every", is_flag=True, help=console.worded("Print every metric.", "显示全部指标。")
)
@click.option("--lang", type=click.Choice(["zh", "en"]), help=console.worded("Language.", "语言。"))
def command(
    scenario: str,
    arms: tuple[str, ...],
    replications: int | None,
    seed: int | None,
    sets: tuple[str, ...],
    jobs: int,
    out: str | None,
    as_json: bool,
    every: bool,
    lang: str | None,
) -> None:
    """Run, then print the object or the sheets."""
    from twin.report import run

    spoken = console.language(lang)
    with _progress(spoken) as progress:
        experiment = run(scenario, arms, replications, seed, sets, jobs, out, progress)
    if as_json:
        console.say(json.dumps(experiment.to_json(), allow_nan=False))
    else:
        _show(experiment, every, spoken)


def _show(experiment: Experiment, every: bool, lang: console.Language) -> None:
    from twin.report.text import Writer, headlines, metrics_asked_for

    writer = Writer(experiment, lang)
    console.say("\n".join((writer.title(), "", *writer.opening(), "")))
    if len(experiment.arms) > 1:
        console.show(writer.differences(headlines(experiment)))
    for sheet in writer.parts(headlines(experiment)):
        console.show(sheet)
    console.show(writer.results(names=None if every else metrics_asked_for(experiment)))
    console.say("\n".join((*writer.notes(), *([] if every else writer.left_out()))))
    if experiment.out is not None:
        console.note("\n" + _KEPT[lang].format(folder=experiment.out, page=experiment.out / "summary.html"))


@contextmanager
def _progress(lang: console.Language) -> Iterator[Callable[[int, int], None] | None]:
    """A bar with the time left, on stderr; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    screen = Console(stderr=True, no_color=not console.coloured(sys.stderr))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(_WORKING[lang], total=None)
        yield lambda ended, total: bar.update(task, completed=ended, total=total)
