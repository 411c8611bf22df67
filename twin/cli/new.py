"""``twin new``: write a commented scenario, or a mechanism, of one's own to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from twin.cli import console
from twin.cli.spoken import lang_option, option, speaking
from twin.errors import InputError, Words

MECHANISM = "mechanism"
_NEXT = Words(
    "Fill it in, then:\n  twin validate {file}\n  twin run {file}",
    "填写之后：\n  twin validate {file}\n  twin run {file}",
)
_NEXT_PACKAGE = Words(
    "It passes the checks as it is. Change it, then:\n  twin check {file}\n  pip install -e {folder}\n"
    "and switch it on in a scenario:\n  mechanisms: {{{name}: on}}",
    "生成的机制已能通过检查。修改之后：\n  twin check {file}\n  pip install -e {folder}\n"
    "并在场景中打开：\n  mechanisms: {{{name}: on}}",
)
_NEXT_INSIDE = Words(
    "It passes the checks as it is. Change it, then:\n  twin check {name}\n"
    "add a row for it and its metrics to docs/glossary.md, and:\n  make declarations test",
    "生成的机制已能通过检查。修改之后：\n  twin check {name}\n"
    "在 docs/glossary.md 中为它及其指标各加一行，然后：\n  make declarations test",
)


@speaking(
    "Write a scenario of your own to fill in; `twin new mechanism NAME` writes a mechanism.",
    "生成可填写的场景文件；`twin new mechanism 名称` 生成一个机制。",
)
@click.argument("name")
@click.argument("second", required=False, metavar="[NAME]")
@option("--dir", "folder", default=".", metavar="FOLDER", en="Folder of the new file.", zh="新文件所在的文件夹。")
@option("--here", is_flag=True, en="Mechanism: into this checkout of the twin.", zh="机制：写入当前源码目录。")
@option("--by-rows", is_flag=True, en="Mechanism: row by row, as a Mesa agent.", zh="机制：逐行编写，如 Mesa 智能体。")
@lang_option()
def command(name: str, second: str | None, folder: str, here: bool, by_rows: bool, lang: str | None) -> None:
    """Write the file(s) and print the path(s); an existing file is never overwritten."""
    spoken = console.language(lang)
    try:
        if name == MECHANISM:
            _write_mechanism(second, Path(folder), here, by_rows, spoken)
        else:
            _write_scenario(name, second, Path(folder), spoken)
    except InputError as reason:
        console.fail(reason, spoken)


def _write_scenario(name: str, second: str | None, folder: Path, lang: str) -> None:
    from twin.scenario.template import write_template

    if second is not None:
        raise InputError.of("R227", extra=second, program="twin new")
    path = write_template(name, folder)
    console.say(str(path))
    console.note(_NEXT[lang].format(file=path))


def _write_mechanism(name: str | None, folder: Path, here: bool, by_rows: bool, lang: str) -> None:
    from twin.testing.new import write_inside, write_package

    if name is None:
        raise InputError.of("R223", argument="NAME", program="twin new mechanism")
    paths = (write_inside if here else write_package)(name, folder, by_rows)
    for path in paths:
        console.say(str(path))
    file = next(path for path in paths if path.name == f"{name}.py")
    said = _NEXT_INSIDE if here else _NEXT_PACKAGE
    console.note(said[lang].format(name=name, file=file, folder=folder / name))
