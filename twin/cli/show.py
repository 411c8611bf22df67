"""``twin show``: a scenario as it is understood, and where each value comes from."""

from __future__ import annotations

import json

import click

from twin.cli import console
from twin.errors import InputError


@click.command(help=console.worded("Print a scenario as it is understood.", "显示解析后的场景。"))
@click.argument("scenario")
@click.option("--resolved", is_flag=True, help=console.worded("With every default.", "包括全部默认值。"))
@click.option("--origin", is_flag=True, help=console.worded("Say where each value comes from.", "注明每个值的来源。"))
@click.option("--arm", help=console.worded("Only this arm.", "只显示此方案。"))
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="PATH=VALUE",
    help=console.worded(
        "Set a parameter in all arms (repeatable; applied last).", "设置所有方案的参数（可重复；最后生效）。"
    ),
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help=console.worded("Print one JSON object, in base units.", "只输出一个 JSON 对象（基本单位）。"),
)
@click.option("--lang", type=click.Choice(["zh", "en"]), help=console.worded("Language.", "语言。"))
def command(
    scenario: str,
    resolved: bool,
    origin: bool,
    arm: str | None,
    sets: tuple[str, ...],
    as_json: bool,
    lang: str | None,
) -> None:
    """Print YAML that loads to the same scenario; without --resolved only what somebody said."""
    from twin.scenario.load import load

    try:
        found = load(scenario, arms=[arm] if arm else None, sets=sets)
    except InputError as reason:
        console.fail(reason, console.language(lang))
    if as_json:
        origins = {"origins": dict(found.origins)} if origin else {}
        form = {"schema": "twin.show/1", "digest": found.digest, "scenario": found.resolved, **origins}
        console.say(json.dumps(form, allow_nan=False))
    else:
        console.say(found.text(origin=origin, everything=resolved).rstrip("\n"))
