"""``twin errors``: what the codes of messages and the exit codes mean."""

from __future__ import annotations

import click

from twin.cli import console
from twin.cli.spoken import lang_option, speaking
from twin.errors import ERRORS, EXIT_CODES, InputError, Words, closest, explain

_CODES = Words("Messages", "消息编号")
_EXITS = Words("Exit codes", "退出码")


@speaking("Explain message codes and exit codes.", "解释消息编号与退出码。")
@click.argument("code", required=False)
@lang_option()
def command(code: str | None, lang: str | None) -> None:
    """Explain one code, or list them all."""
    spoken = console.language(lang)
    if code is None:
        console.say(_everything(spoken))
    elif code.isdecimal() and int(code) in EXIT_CODES:
        console.say(f"{code}  {EXIT_CODES[int(code)][spoken]}")
    elif code.upper() in ERRORS:
        console.say(explain(code.upper(), spoken))
    else:
        console.fail(InputError.of("S131", code=code, suggestion=closest(code, ERRORS)), spoken)


def _everything(lang: console.Language) -> str:
    exits = [f"{code:>4}  {words[lang]}" for code, words in EXIT_CODES.items()]
    return "\n".join([_EXITS[lang], *exits, "", _CODES[lang], *(explain(code, lang) for code in sorted(ERRORS))])
