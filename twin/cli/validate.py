"""``twin validate``: check scenario files and say everything that is wrong with them."""

from __future__ import annotations

import json

import click

from twin.cli import console
from twin.errors import Complaint, InputError, Words, describe

_WELL = Words("{file}: ok", "{file}：正确")


@click.command(help=console.worded("Check scenario files; all complaints at once.", "检查场景文件，一次列出全部问题。"))
@click.argument("files", nargs=-1, required=True)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="PATH=VALUE",
    help=console.worded("Check with this setting (repeatable).", "连同此设置一起检查（可重复）。"),
)
@click.option(
    "--json", "as_json", is_flag=True, help=console.worded("Print one JSON object.", "只输出一个 JSON 对象。")
)
@click.option("--lang", type=click.Choice(["zh", "en"]), help=console.worded("Language.", "语言。"))
def command(files: tuple[str, ...], sets: tuple[str, ...], as_json: bool, lang: str | None) -> None:
    """Check each file; exit code 2 when any of them cannot be used."""
    spoken = console.language(lang)
    found = {file: _complaints(file, sets) for file in files}
    if as_json:
        console.say(_json(found, spoken))
    else:
        for file, complaints in found.items():
            if not complaints:
                console.say(_WELL[spoken].format(file=file))
    wrong = [complaint for complaints in found.values() for complaint in complaints]
    if wrong and as_json:
        raise SystemExit(InputError.exit_code)
    if wrong:
        console.fail(InputError(wrong), spoken)


def _complaints(file: str, sets: tuple[str, ...]) -> tuple[Complaint, ...]:
    from twin.scenario.load import load

    try:
        load(file, sets=sets)
    except InputError as reason:
        return reason.complaints
    return ()


def _json(found: dict[str, tuple[Complaint, ...]], lang: str) -> str:
    files = [
        {"file": file, "ok": not complaints, "complaints": [describe(complaint, lang) for complaint in complaints]}
        for file, complaints in found.items()
    ]
    return json.dumps({"schema": "twin.validate/1", "files": files}, allow_nan=False)
