"""``twin search``: lever settings that are good in several metrics at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.run import progress_bar
from twin.cli.sharing import request
from twin.cli.spoken import jobs_option, json_option, lang_option, option, sets_option, speaking
from twin.errors import Words

if TYPE_CHECKING:
    from twin.runs.search import Searched

_KEPT = Words("kept in {folder}; the page to read or print: {page}", "已保存到 {folder}；可阅读或打印的页面：{page}")


@speaking(
    "Search the levers of an arm for settings that are good in several metrics at once (needs optuna).",
    "为一个方案搜索在多个指标上同时较好的杠杆取值（需要 optuna）。",
)
@click.argument("scenario")
@option("--arm", metavar="ARM", en="The arm (the first if not given).", zh="方案（缺省为第一个）。")
@sets_option("Set a parameter in all settings (repeatable).", "设置所有取值组的参数（可重复）。")
@option("--over", multiple=True, metavar="PATH=V1,V2,...",
        en="Move this path over these values, LOW..HIGH, or its whole range (repeatable; else the scenario's levers).",
        zh="可调路径：列出取值、下限..上限或整个范围（可重复；缺省为场景的 levers）。")  # fmt: skip
@option("--metric", "metrics", multiple=True, metavar="METRIC",
        en="Search for this metric (repeatable; else the primary ones).",
        zh="以此指标为目标（可重复；缺省为主要指标）。")  # fmt: skip
@option("--trials", type=int, default=48, metavar="T", en="Settings to try (48; at least 2).",
        zh="尝试的取值组数（48；至少 2）。")  # fmt: skip
@option("-n", "--replications", type=int, metavar="N", en="Seeds of every setting.", zh="每组取值的种子数。")
@option("--held-out", type=int, metavar="H",
        en="Further seeds on which the best are measured again (as many; at least 2).",
        zh="重新衡量最优取值所用的另外种子数（缺省相同；至少 2）。")  # fmt: skip
@option("--seed", type=int, metavar="SEED", en="First seed.", zh="起始种子。")
@jobs_option()
@option("--cluster", metavar="ADDRESS", en="Compute on the Dask scheduler at this address.",
        zh="在此地址的 Dask 调度器上计算。")  # fmt: skip
@option("--out", metavar="FOLDER", en="Keep everything in this folder, and resume from it.",
        zh="将全部结果保存到此文件夹，并可从中继续。")  # fmt: skip
@option("--replace", is_flag=True, en="Clear the folder if what it holds cannot be resumed.",
        zh="若文件夹中的内容无法继续，则清空后重新计算。")  # fmt: skip
@json_option("Print one JSON object and nothing else.")
@lang_option()
def command(
    scenario: str, arm: str | None, sets: tuple[str, ...], over: tuple[str, ...], metrics: tuple[str, ...],
    trials: int, replications: int | None, held_out: int | None, seed: int | None, jobs: int, cluster: str | None,
    out: str | None, replace: bool, as_json: bool, lang: str | None,
) -> None:  # fmt: skip
    """Search, then print the object or the table."""
    from twin.report.searching import publish_search
    from twin.runs.experiment import Means
    from twin.runs.search import search
    from twin.scenario.sweeping import overs_of

    spoken = console.language(lang)
    with progress_bar(spoken) as progress:
        means = Means(jobs=jobs, out=out, progress=progress, notice=lambda said: console.note(said[spoken]),
                      replace=replace, cluster=cluster, request=request())  # fmt: skip
        found = search(scenario, arm, sets, overs_of(over), metrics, trials, replications, held_out, seed,
                       means, lambda told, folder: publish_search(told, folder, spoken))  # fmt: skip
    if as_json:
        console.say(json.dumps(found.to_json(), allow_nan=False))
    else:
        _show(found, spoken)


def _show(found: Searched, lang: console.Language) -> None:
    from twin.report.search_text import SearchWriter

    writer = SearchWriter(found, lang)
    console.say("\n".join((writer.title(), "", *writer.opening(), "")))
    for sheet in writer.sheets():
        console.show(sheet)
    if found.out is not None:
        console.note("\n" + _KEPT[lang].format(folder=found.out, page=found.out / "summary.html"))
