"""``twin new``: write a commented scenario of one's own neighbourhood and roster, to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from twin.cli import console
from twin.errors import InputError, Words

_NEXT = Words(
    "Fill it in, then:\n  twin validate {file}\n  twin run {file}",
    "填写之后：\n  twin validate {file}\n  twin run {file}",
)


@click.command(help=console.worded("Write a scenario of your own to fill in.", "生成可填写的场景文件。"))
@click.argument("name")
@click.option("--dir", "folder", default=".", help=console.worded("Folder of the new file.", "新文件所在的文件夹。"))
@click.option("--lang", type=click.Choice(["zh", "en"]), help=console.worded("Language.", "语言。"))
def command(name: str, folder: str, lang: str | None) -> None:
    """Write the file and print its path; an existing file is never overwritten."""
    from twin.scenario.template import write_template

    spoken = console.language(lang)
    try:
        path = write_template(name, Path(folder))
    except InputError as reason:
        console.fail(reason, spoken)
    console.say(str(path))
    console.note(_NEXT[spoken].format(file=path))
