"""``twin people``: who lives in a scenario, how well they meet their table, and who knows whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.spoken import json_option, lang_option, option, sets_option, speaking
from twin.errors import InputError

if TYPE_CHECKING:
    from twin.report.people_text import PeopleReport
    from twin.scenario.load import Scenario


@speaking(
    "Make the residents of a scenario, and hold them against their table.", "生成场景中的居民，并与人口表逐项对照。"
)
@click.argument("scenario")
@option("--arm", metavar="ARM", en="The residents of this arm (default: the first).", zh="所用方案（默认第一个）。")
@option("--seed", type=int, en="The seed (default: the scenario's).", zh="随机种子（默认取自场景）。")
@sets_option("Set a parameter in all arms (repeatable; applied last).", "设置所有方案的参数（可重复；最后生效）。")
@json_option()
@lang_option()
def command(
    scenario: str, arm: str | None, seed: int | None, sets: tuple[str, ...], as_json: bool, lang: str | None
) -> None:
    """Print the shares asked for beside those made, homes, and ties beside those of a real village."""
    from twin.scenario.load import load

    spoken = console.language(lang)
    try:
        found = _made(load(scenario, arms=[arm] if arm else None, sets=sets), seed)
    except InputError as reason:
        console.fail(reason, spoken)
    if as_json:
        console.say(json.dumps(found.plain(), allow_nan=False))
        return
    shares, ties = found.sheets(spoken)
    console.say(found.homes_text(spoken) + "\n")
    if shares.rows:
        console.show(shares)
        console.say(found.met_text(spoken) + "\n")
    console.show(ties)
    console.say(found.ties_text(spoken))


def _made(plan: Scenario, seed: int | None) -> PeopleReport:
    """Build the world of an arm, and measure it."""
    from twin.report.people_text import PeopleReport
    from twin.world.build import build_world, people_of, wanted_of
    from twin.world.people import met
    from twin.world.ties import ties_of

    arm, chosen = next(iter(plan.arms.values())), plan.seed if seed is None else seed
    population = arm.blocks["population"]
    world = build_world(plan, arm, chosen)
    shares = met(people_of(population, chosen), wanted_of(population)) if population.residents else []
    return PeopleReport.of(world, shares, ties_of(world, population.ties, chosen))
