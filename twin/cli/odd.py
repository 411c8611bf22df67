"""``twin odd``: the ODD description of the twin, with the mechanisms of other packages that are installed."""

from __future__ import annotations

from pathlib import Path

import click

from twin.cli import console
from twin.cli.spoken import lang_option, option, speaking
from twin.errors import InputError, Words


@speaking("Print the ODD description of the model (Markdown, in English).", "输出模型的 ODD 说明（Markdown，英文）。")
@option("--out", type=click.Path(path_type=Path), metavar="FILE", en="Write it to this file.", zh="写入此文件。")
@lang_option()
def command(out: Path | None, lang: str | None) -> None:
    """Print the description, or write it to a file."""
    from twin.mechanisms import CATALOGUE
    from twin.report.odd import odd, sources_near

    text = odd(list(CATALOGUE.values()), sources_near())
    if out is None:
        console.say(text.rstrip("\n"))
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as reason:
        why = Words(reason.strerror or type(reason).__name__, f"系统拒绝（{type(reason).__name__}）")
        console.fail(InputError.of("S130", file=str(out), why=why), console.language(lang))
