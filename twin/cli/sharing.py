"""What ``twin run`` and ``twin sweep`` have in common: runs shared out over folders and machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from twin.cli import console
from twin.cli.spoken import option
from twin.errors import Words

_DONE = Words(
    "shard {shard}: {runs} of {total} runs are in {folder}; when all shards have ended:\n  twin merge OUT {folder} ...",
    "分片 {shard}：{total} 次运行中的 {runs} 次已保存到 {folder}；全部分片完成后：\n  twin merge OUT {folder} ...",
)
_OPTIONS = (
    option("--shard", metavar="I/N", en="Make only this part of the runs (2/5), to be merged later.",
           zh="只完成这一部分运行（如 2/5），之后用 twin merge 合并。"),
    option("--reuse", multiple=True, metavar="FOLDER",
           en="Take runs with the same content from this run folder, or from those in it (repeatable).",
           zh="从此运行文件夹（或其下各文件夹）取用内容相同的运行（可重复）。"),
    option("--cluster", metavar="ADDRESS", en="Compute on the Dask scheduler at this address.",
           zh="在此地址的 Dask 调度器上计算。"),
)  # fmt: skip


def sharing_options(command: Any) -> Any:
    """Give a command the options that say where runs are computed, and where they may be taken from."""
    for one in reversed(_OPTIONS):
        command = one(command)
    return command


def request() -> Mapping[str, Any]:
    """Return the command that is running, with its options, as plain data."""
    context = click.get_current_context()
    said = {name: list(value) if isinstance(value, tuple) else value for name, value in context.params.items()}
    named = getattr(context.command.callback, "__module__", "").rpartition(".")[2]
    return {"command": named, "options": said}


@contextmanager
def ending_with_a_shard(lang: console.Language) -> Iterator[None]:
    """Say so where only a shard was asked for, and end the command."""
    from twin.runs.merge import ShardDone

    try:
        yield
    except ShardDone as done:
        values = {"shard": done.shard, "folder": done.folder, "runs": done.runs, "total": done.total}
        console.note(_DONE[lang].format(**values))
        click.get_current_context().exit(0)
