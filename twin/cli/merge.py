"""``twin merge``: put the shards of an experiment together."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.spoken import lang_option, option, speaking
from twin.errors import Words

if TYPE_CHECKING:
    from twin.runs.ledgers import Held

_TAKEN = Words("{taken} run(s) taken over; {folder} holds {held} of {total}",
               "取用 {taken} 次运行；{folder} 现有 {held}/{total} 次")  # fmt: skip
_MISSING = Words("not complete yet: merge the other shards too, or repeat their command without --shard to go on",
                 "尚不完整：请合并其余分片，或去掉 --shard 重复原命令续算")  # fmt: skip
_WRITE = Words("the files are not written yet: repeat the command of the shards with --out {folder}, without --shard",
               "结果文件尚未写出：请重复分片命令，改用 --out {folder} 并去掉 --shard")  # fmt: skip


@speaking(
    "Take over the runs of shards into one folder (made if it is not there), and write its files when all are in.",
    "将各分片的运行并入一个文件夹（不存在则新建），全部到齐后写出结果文件。",
)
@click.argument("out")
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True)
@option("--no-report", is_flag=True, en="Take over runs only; write no files.", zh="只合并运行，不写结果文件。")
@lang_option()
@click.pass_context
def command(context: click.Context, out: str, folders: tuple[str, ...], no_report: bool, lang: str | None) -> None:
    """Merge, then let the command of the shards write what follows from the runs."""
    from twin.runs.merge import merge

    spoken = console.language(lang)
    merged = merge(out, folders)
    held = merged.held
    values = {"taken": merged.taken, "folder": out, "held": len(held.done), "total": held.total}
    console.note(_TAKEN[spoken].format(**values))
    if not held.complete:
        console.note(_MISSING[spoken])
    elif not no_report and not held.written:
        _write(context, held, spoken)


def _write(context: click.Context, held: Held, lang: console.Language) -> None:
    request = held.request
    if request is None:
        console.note(_WRITE[lang].format(folder=held.path))
        return
    asked = importlib.import_module(f"twin.cli.{request['command']}").command
    here = {"out": str(held.path), "shard": None, "cluster": None, "reuse": (), "replace": False, "lang": lang}
    context.invoke(asked, **{**request["options"], **here})
