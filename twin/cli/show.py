"""``twin show``: a scenario as it is understood, and where each value comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.spoken import json_option, lang_option, option, sets_option, speaking
from twin.errors import InputError, Words

if TYPE_CHECKING:
    from twin.scenario.load import Scenario

_WRITTEN = Words(
    "{file}: {buildings} buildings, {flats} flats, {grids} grids, {assets} assets",
    "{file}：{buildings} 栋楼、{flats} 户、{grids} 个网格、{assets} 处设施",
)


@speaking("Print a scenario as it is understood.", "显示解析后的场景。")
@click.argument("scenario")
@option("--resolved", is_flag=True, en="With every default.", zh="包括全部默认值。")
@option("--origin", is_flag=True, en="Say where each value comes from.", zh="注明每个值的来源。")
@option("--arm", metavar="ARM", en="Only this arm.", zh="只显示此方案。")
@sets_option("Set a parameter in all arms (repeatable; applied last).", "设置所有方案的参数（可重复；最后生效）。")
@json_option("Print one JSON object, in base units.", "只输出一个 JSON 对象（基本单位）。")
@option(
    "--geojson",
    metavar="FILE",
    en="Write the map as it is understood to this file (WGS84): buildings, grids, assets, streets.",
    zh="将解析后的地图写入此文件（WGS84）：楼栋、网格、设施、道路。",
)
@lang_option()
def command(
    scenario: str,
    resolved: bool,
    origin: bool,
    arm: str | None,
    sets: tuple[str, ...],
    as_json: bool,
    geojson: str | None,
    lang: str | None,
) -> None:
    """Print YAML that loads to the same scenario; without --resolved only what somebody said."""
    from twin.scenario.load import load

    try:
        found = load(scenario, arms=[arm] if arm else None, sets=sets)
    except InputError as reason:
        console.fail(reason, console.language(lang))
    if geojson is not None:
        _write_map(found, geojson, console.language(lang))
    elif as_json:
        origins = {"origins": dict(found.origins)} if origin else {}
        form = {"schema": "twin.show/1", "digest": found.digest, "scenario": found.resolved, **origins}
        console.say(json.dumps(form, allow_nan=False))
    else:
        console.say(found.text(origin=origin, everything=resolved).rstrip("\n"))


def _write_map(scenario: Scenario, file: str, lang: console.Language) -> None:
    """Write the map of the first arm, and say what is in it and what was assumed."""
    import numpy as np

    from twin.world.places.build import places_of
    from twin.world.places.writing import geojson_of

    with np.errstate(over="ignore"):  # this command runs without the compiler: keyed words wrap around
        places = places_of(next(iter(scenario.arms.values())).blocks["places"])
        written = geojson_of(places) if places is not None else ""
    if places is None:
        console.fail(InputError.of("D517", name=scenario.name), lang)
    try:
        with open(file, "w", encoding="utf-8") as target:
            target.write(written)
    except OSError as error:
        console.fail(InputError.of("S130", file=file, why=error.strerror or str(error)), lang)
    counts = {"buildings": len(places.buildings), "flats": len(places.flats), "assets": len(places.assets)}
    console.note(_WRITTEN[lang].format(file=file, grids=places.grids, **counts))
    for note in places.notes:
        console.note(note[lang])
