"""``twin attribute``: split the difference of two arms among the parts in which they differ."""

from __future__ import annotations

import json

import click

from twin.cli import console
from twin.cli.run import progress_bar
from twin.cli.spoken import jobs_option, json_option, lang_option, option, sets_option, speaking


@speaking(
    "Split the difference of two arms among the levers and mechanisms in which they differ.",
    "将两个方案之间的差异分解到其不同的杠杆与机制上。",
)
@click.argument("scenario")
@click.argument("baseline")
@click.argument("option_arm", metavar="OPTION")
@option(
    "--metric",
    metavar="METRIC",
    en="The metric (the first primary one if not given).",
    zh="指标（缺省为第一个主要指标）。",
)
@option("-n", "--replications", type=int, metavar="N", en="Replications.", zh="重复次数。")
@option("--seed", type=int, metavar="SEED", en="First seed.", zh="起始种子。")
@sets_option("Set a parameter in both arms (repeatable; applied last).", "设置两个方案的参数（可重复；最后生效）。")
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
@json_option("Print one JSON object and nothing else.")
@lang_option()
def command(
    scenario: str,
    baseline: str,
    option_arm: str,
    metric: str | None,
    replications: int | None,
    seed: int | None,
    sets: tuple[str, ...],
    jobs: int,
    out: str | None,
    replace: bool,
    as_json: bool,
    lang: str | None,
) -> None:
    """Run what the split takes, then print the object or the sheets."""
    from twin.report.sweep_text import AttributionWriter
    from twin.report.sweeping import publish_attribution
    from twin.runs.attribute import attribute
    from twin.runs.experiment import Means, metric_book
    from twin.scenario.load import load

    spoken = console.language(lang)
    loaded = load(scenario, sets=sets)
    console.doubt(loaded.doubts, spoken)
    chosen = metric or next(iter((*loaded.primary, "hours_to_close_mean")))
    with progress_bar(spoken) as progress:
        means = Means(jobs=jobs, out=out, progress=progress, notice=lambda said: console.note(said[spoken]),
                      replace=replace)  # fmt: skip
        found = attribute(
            loaded, baseline, option_arm, chosen, replications, seed, means,
            lambda told, folder: publish_attribution(told, loaded, folder, spoken),
        )  # fmt: skip
    if as_json:
        console.say(json.dumps(found.to_json(), allow_nan=False))
        return
    writer = AttributionWriter(found, loaded, metric_book(), spoken)
    console.say("\n".join((writer.title(), "", *writer.opening(), "")))
    for sheet in writer.sheets() if found.parts else ():
        console.show(sheet)
