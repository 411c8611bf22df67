"""``twin validate``: check scenario files and say everything that is wrong with them."""

from __future__ import annotations

import json

import click

from twin.cli import console
from twin.cli.spoken import json_option, lang_option, sets_option, speaking
from twin.errors import Complaint, InputError, Words, describe

Judged = tuple[tuple[Complaint, ...], tuple[Complaint, ...]]
"""What is wrong with a file, and what is doubtful."""

_WELL = Words("{file}: ok", "{file}：正确")


@speaking("Check scenario files; all complaints at once.", "检查场景文件，一次列出全部问题。")
@click.argument("files", nargs=-1, required=True)
@sets_option("Check with this setting (repeatable).", "连同此设置一起检查（可重复）。")
@json_option()
@lang_option()
def command(files: tuple[str, ...], sets: tuple[str, ...], as_json: bool, lang: str | None) -> None:
    """Check each file; exit code 2 when any of them cannot be used."""
    spoken = console.language(lang)
    found = {file: _judged(file, sets) for file in files}
    if as_json:
        console.say(_json(found, spoken))
    else:
        for file, (complaints, doubts) in found.items():
            if not complaints:
                console.say(_WELL[spoken].format(file=file))
            console.doubt(doubts, spoken)
    wrong = [complaint for complaints, _ in found.values() for complaint in complaints]
    if wrong and as_json:
        raise SystemExit(InputError.exit_code)
    if wrong:
        console.fail(InputError(wrong), spoken)


def _judged(file: str, sets: tuple[str, ...]) -> Judged:
    from twin.runs.axis_checks import faults_of_axes
    from twin.scenario.load import load

    try:
        found = load(file, sets=sets)
    except InputError as reason:
        return reason.complaints, ()
    return tuple(faults_of_axes(file, found, sets)), found.doubts


def _json(found: dict[str, Judged], lang: str) -> str:
    files = [
        {
            "file": file,
            "ok": not complaints,
            "complaints": [describe(complaint, lang) for complaint in complaints],
            "warnings": [describe(doubt, lang) for doubt in doubts],
        }
        for file, (complaints, doubts) in found.items()
    ]
    return json.dumps({"schema": "twin.validate/1", "files": files}, allow_nan=False)
