"""``twin run``: run the arms of a scenario and compare them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.sharing import ending_with_a_shard, request, sharing_options
from twin.cli.spoken import jobs_option, json_option, lang_option, option, sets_option, speaking
from twin.errors import Words

if TYPE_CHECKING:
    from twin.report.text import Writer
    from twin.runs.experiment import Experiment

_WORKING = Words("running", "运行中")
_KEPT = Words("kept in {folder}; the page to read or print: {page}", "已保存到 {folder}；可阅读或打印的页面：{page}")


@speaking(
    "Run the arms of a scenario and compare each with the first one.", "运行场景的各方案，并逐一与第一个方案比较。"
)
@click.argument("scenario")
@option(
    "--arm",
    "arms",
    multiple=True,
    metavar="ARM",
    en="Run only this arm (repeatable; the first is the baseline).",
    zh="只运行此方案（可重复；第一个为基准方案）。",
)
@option(
    "-n",
    "--replications",
    metavar="N",
    en="Replications of every arm, or `auto`: at least 20, until the intervals are sharp enough or 200 are made.",
    zh="每个方案的重复次数；auto：至少 20 次，直到区间足够窄或达到 200 次。",
)
@option("--seed", type=int, metavar="SEED", en="First seed.", zh="起始种子。")
@sets_option("Set a parameter in all arms (repeatable; applied last).", "设置所有方案的参数（可重复；最后生效）。")
@jobs_option()
@option(
    "--out",
    metavar="FOLDER",
    en="Keep everything in this folder, and resume from it.",
    zh="将全部结果保存到此文件夹，并可从中继续。",
)
@option(
    "--replace",
    is_flag=True,
    en="Clear the run folder if what it holds cannot be resumed: another experiment, or results of a changed program.",
    zh="若运行文件夹中的内容无法继续（另一个实验，或程序已改变），则清空后重新计算。",
)
@sharing_options
@json_option("Print one JSON object and nothing else.")
@option("--all", "every", is_flag=True, en="Print every metric.", zh="显示全部指标。")
@lang_option()
def command(
    scenario: str,
    arms: tuple[str, ...],
    replications: str | None,
    seed: int | None,
    sets: tuple[str, ...],
    jobs: int,
    out: str | None,
    replace: bool,
    shard: str | None,
    reuse: tuple[str, ...],
    cluster: str | None,
    as_json: bool,
    every: bool,
    lang: str | None,
) -> None:
    """Run, then print the object or the sheets."""
    from twin.report import run
    from twin.runs.sequential import replications_of
    from twin.scenario.load import load

    spoken = console.language(lang)
    replications_of(replications)  # complains of what is no number before anything is read
    loaded = load(scenario, sets=sets)
    console.doubt(loaded.doubts, spoken)
    with ending_with_a_shard(spoken), progress_bar(spoken) as progress:
        experiment = run(
            loaded, arms, replications, seed, None, jobs, out, progress, lambda said: console.note(said[spoken]),
            replace, spoken, shard=shard, reuse=reuse, cluster=cluster, request=request(),
        )  # fmt: skip
    if as_json:
        console.say(json.dumps(experiment.to_json(), allow_nan=False))
    else:
        _show(experiment, every, spoken)


def _show(experiment: Experiment, every: bool, lang: console.Language) -> None:
    from twin.report.channels import channel_sheets
    from twin.report.text import Writer, headlines, metrics_asked_for

    writer = Writer(experiment, lang)
    console.say("\n".join((writer.title(), "", *writer.opening(), "")))
    if len(experiment.arms) > 1:
        for sheet in (*writer.differences(headlines(experiment)), *writer.parts(headlines(experiment))):
            console.show(sheet)
        for sheet in channel_sheets(writer):
            console.show(sheet)
    _show_regret(experiment, writer)
    console.show(writer.results(names=None if every else metrics_asked_for(experiment)))
    _show_groups(experiment, writer, every)
    console.say("\n".join((*writer.notes(), *([] if every else writer.left_out()))))
    if experiment.out is not None:
        console.note("\n" + _KEPT[lang].format(folder=experiment.out, page=experiment.out / "summary.html"))


def _show_regret(experiment: Experiment, writer: Writer) -> None:
    """Say what one gives up by choosing an option, where more than two are compared."""
    from twin.report.regret_text import regret_overview

    sheet = regret_overview(experiment, writer)
    if sheet is not None:
        console.show(sheet)


def _show_groups(experiment: Experiment, writer: Writer, every: bool) -> None:
    """Say who gains and who loses, as far as tables were kept; every number with ``--all``."""
    from twin.report.equity_text import equity_lines, equity_sheets, equity_words

    lines = equity_lines(experiment.equity, writer)
    if not lines:
        return
    if every:
        for sheet in equity_sheets(experiment.equity, writer):
            console.show(sheet)
    title, caption = equity_words(writer.lang)
    console.say("\n".join((title, *lines, *([caption] if every else []), "")))


@contextmanager
def progress_bar(lang: console.Language) -> Iterator[Callable[[int, int], None] | None]:
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
