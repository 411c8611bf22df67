"""``twin sweep``: run one arm at many points of its parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.run import progress_bar
from twin.cli.sharing import ending_with_a_shard, request, sharing_options
from twin.cli.spoken import jobs_option, json_option, lang_option, option, sets_option, speaking
from twin.errors import InputError, Words

if TYPE_CHECKING:
    from twin.runs.sweep import Swept

DESIGNS = ("factorial", "list", "lhs", "sobol", "morris")
_KEPT = Words("kept in {folder}; the page to read or print: {page}", "已保存到 {folder}；可阅读或打印的页面：{page}")


@speaking(
    "Run one arm of a scenario at many points of its parameters, with the same seeds at each.",
    "在参数的多个取值点上运行场景的一个方案，各点种子相同。",
)
@click.argument("scenario")
@option("--arm", metavar="ARM", en="The arm (the first if not given).", zh="方案（缺省为第一个）。")
@sets_option("Set a parameter at all points (repeatable).", "设置所有点的参数（可重复）。")
@option(
    "--over",
    multiple=True,
    metavar="PATH=V1,V2,...",
    en="Sweep this path over these values, or over LOW..HIGH, or (PATH alone) over its whole range; repeatable.",
    zh="扫描此路径：列出取值，或写 下限..上限，或只写路径表示整个范围（可重复）。",
)
@option("--design", type=click.Choice(DESIGNS), metavar="DESIGN",
        en=f"How the points are laid out: {', '.join(DESIGNS)}.", zh=f"取点方式：{'、'.join(DESIGNS)}。")  # fmt: skip
@option(
    "--points",
    type=int,
    metavar="P",
    en="Points of lhs, rows of sobol, trajectories of morris.",
    zh="lhs 的点数、sobol 的行数、morris 的轨迹数。",
)
@option("-n", "--replications", type=int, metavar="N", en="Replications of every point.", zh="每个点的重复次数。")
@option("--seed", type=int, metavar="SEED", en="First seed.", zh="起始种子。")
@option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="METRIC",
    en="Analyse this metric (repeatable).",
    zh="分析此指标（可重复）。",
)
@option(
    "--target",
    "targets",
    multiple=True,
    metavar="METRIC=VALUE",
    en="What a metric should reach, in its unit: where it is missed is searched for (repeatable).",
    zh="指标应达到的值（以其单位计），并寻找未达标的范围（可重复）。",
)
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
    en="Clear the folder if what it holds cannot be resumed.",
    zh="若文件夹中的内容无法继续，则清空后重新计算。",
)
@sharing_options
@json_option("Print one JSON object and nothing else.")
@lang_option()
def command(
    scenario: str, arm: str | None, sets: tuple[str, ...], over: tuple[str, ...], design: str | None,
    points: int | None, replications: int | None, seed: int | None, metrics: tuple[str, ...],
    targets: tuple[str, ...], jobs: int, out: str | None, replace: bool, shard: str | None, reuse: tuple[str, ...],
    cluster: str | None, as_json: bool, lang: str | None,
) -> None:  # fmt: skip
    """Sweep, then print the object or the sheets."""
    from twin.report.sweeping import publish_sweep
    from twin.runs.experiment import Means
    from twin.runs.merge import Shard
    from twin.runs.sweep import sweep
    from twin.scenario.sweeping import overs_of

    spoken = console.language(lang)
    if points is not None and points < 2:
        raise InputError.of("R262", points=points)
    if not over:
        _refuse_bad_axes(scenario, sets)
    with ending_with_a_shard(spoken), progress_bar(spoken) as progress:
        means = Means(jobs=jobs, out=out, progress=progress, notice=lambda said: console.note(said[spoken]),
                      replace=replace, shard=Shard.of(shard) if shard else None, reuse=reuse, cluster=cluster,
                      request=request())  # fmt: skip
        swept = sweep(
            scenario, arm, sets, overs_of(over), design, points, replications, seed, metrics,
            dict(map(_target, targets)), means, lambda found, folder: publish_sweep(found, folder, spoken),
        )  # fmt: skip
    if as_json:
        console.say(json.dumps(swept.to_json(), allow_nan=False))
    else:
        _show(swept, spoken)


def _refuse_bad_axes(scenario: str, sets: tuple[str, ...]) -> None:
    """Refuse axes of the scenario's own at their place in its file, before points are laid between their ends."""
    from twin.runs.axis_checks import faults_of_axes
    from twin.scenario.load import load

    faults = faults_of_axes(scenario, load(scenario, sets=sets), sets)
    if faults:
        raise InputError(faults)


def _target(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise InputError.of("R260", text=text) from None


def _show(swept: Swept, lang: console.Language) -> None:
    from twin.report.sweep_text import SweepWriter

    writer = SweepWriter(swept, lang)
    console.say("\n".join((writer.title(), "", *writer.opening(), "")))
    for sheet in writer.sheets():
        console.show(sheet)
    console.say("\n".join(writer.notes()))
    if swept.out is not None:
        console.note("\n" + _KEPT[lang].format(folder=swept.out, page=swept.out / "summary.html"))
