"""``twin baseline``: what results have become since somebody last accepted them, and accepting them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.run import progress_bar
from twin.cli.spoken import SpokenGroup, jobs_option, json_option, lang_option, option, sets_option, speaking
from twin.errors import Words

if TYPE_CHECKING:
    from twin.runs.baselines import Baseline
    from twin.runs.experiment import Plan
    from twin.scenario.load import Scenario

FOLDER = "outputs/baselines"
_ACCEPTED = Words("{scenario}: accepted into {file} ({seeds} seeds)", "{scenario}：已写入 {file}（{seeds} 个种子）")


@click.group(cls=SpokenGroup, words=Words("Show what results have become since they were accepted, and accept them.",
                                          "查看结果自接受以来的变化，并接受新结果。"))  # fmt: skip
@lang_option()
@click.pass_context
def command(context: click.Context, lang: str | None) -> None:
    """Hand the language on."""
    context.default_map = {name: {"lang": lang} for name in command.commands} if lang else context.default_map


@speaking("Show every primary outcome beside its baseline, with the interval of the paired change.",
          "逐项对照主要结果与基线，并给出配对变化的区间。")  # fmt: skip
@click.argument("scenarios", nargs=-1, required=True)
@option("--baselines", default=FOLDER, metavar="FOLDER", en="Where baselines lie.", zh="基线所在文件夹。")
@jobs_option()
@json_option()
@lang_option()
def diff(scenarios: tuple[str, ...], baselines: str, jobs: int, as_json: bool, lang: str | None) -> None:
    """The tier of equivalence, of whatever is there."""
    from twin.cli.guarding import guard

    guard(scenarios, ("equivalence",), baselines, jobs, None, False, as_json, console.language(lang))


@speaking("Accept what scenarios give now as their baselines, saying why.", "接受场景当前的结果作为基线，并说明理由。")
@click.argument("scenarios", nargs=-1, required=True)
@option("--reason", default="", metavar="TEXT", en="Why the results are meant to be as they are now.",
        zh="结果为何应当如此。")  # fmt: skip
@option("--metric", "metrics", multiple=True, metavar="METRIC", en="Only this metric (repeatable).",
        zh="只接受此指标（可重复）。")  # fmt: skip
@option("-n", "--replications", type=int, metavar="N",
        en="Seeds (as many as the baseline has, else 3); the tier of equivalence needs 80 or more.",
        zh="种子数（缺省同现有基线，否则为 3）；等效层级需要 80 个以上。")  # fmt: skip
@sets_option("Set a parameter, such as fewer days; the baseline remembers it (without: what it remembers already).",
             "设置参数（如缩短天数）；基线会记住（缺省沿用已记住的设置）。")  # fmt: skip
@option("--baselines", default=FOLDER, metavar="FOLDER", en="Where baselines lie.", zh="基线所在文件夹。")
@jobs_option()
@lang_option()
def accept(
    scenarios: tuple[str, ...], reason: str, metrics: tuple[str, ...], replications: int | None, sets: tuple[str, ...],
    baselines: str, jobs: int, lang: str | None,
) -> None:  # fmt: skip
    """Measure, then write; without a reason nothing is measured."""
    from twin.cli.guarding import refuse_missing
    from twin.errors import InputError
    from twin.runs.baselines import accept as accepted
    from twin.runs.baselines import baseline_file, baselines_of, known_metrics, of_experiment, signature, write_baseline
    from twin.runs.experiment import Means, metric_book
    from twin.runs.together import together

    if not reason.strip():
        raise InputError.of("R281")
    spoken = console.language(lang)
    refuse_missing(scenarios)
    known_metrics(metrics, metric_book())
    held = baselines_of(scenarios, Path(baselines))
    with progress_bar(spoken) as progress:
        measured = together({one: _asked(one, old, replications, sets) for one, old in held.items()},
                            Means(jobs=jobs, progress=progress))  # fmt: skip
    signed = {one: signature(Path(one).absolute().parent) for one in scenarios}
    for scenario, old in held.items():
        file = baseline_file(scenario, Path(baselines))
        new = of_experiment(measured[scenario], scenario, file)
        write_baseline(accepted(old, new, reason, metrics, signed[scenario]))
        console.note(_ACCEPTED[spoken].format(scenario=scenario, file=file, seeds=measured[scenario].replications))
        _planned(measured[scenario].scenario, old, new, spoken)


def _planned(scenario: Scenario, old: Baseline | None, new: Baseline, lang: console.Language) -> None:
    """Say how pairs scatter and how many seeds that asks for, in a build of all baselines of the folder."""
    from twin.cli.guarding import CLAIMS
    from twin.report.guard_text import one_seed, plan
    from twin.runs.guard import scatters

    if new.replications < 2:
        console.note(one_seed(new.scenario, lang))
        return
    build = sum(not one.name.endswith(CLAIMS) for one in new.file.parent.glob("*.yaml"))
    found = list(scatters(scenario, old, new, build))
    if found:
        console.show(plan(found, new.scenario, build, lang))


def _asked(path: str, old: Baseline | None, replications: int | None, sets: Sequence[str]) -> tuple[Scenario, Plan]:
    """What is not asked for stays as the baseline has it."""
    from twin.runs.experiment import Plan
    from twin.runs.guard import EXACT_SEEDS
    from twin.scenario.load import load

    scenario = load(path, sets=list(sets or (old.sets if old else ())))
    count = replications or (old.replications if old else EXACT_SEEDS)
    return scenario, Plan.of(scenario, None, count, old.first_seed if old else None)


for _one in (diff, accept):
    command.add_command(_one)
