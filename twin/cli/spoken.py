"""Commands and options whose help pages are in the reader's language, click's own words too.

The language of a page is that of ``--lang`` wherever it stands on the command line, else that of the environment;
it is looked up when the page is shown. Placeholders (FOLDER, N) are the same in both languages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from twin.cli import console
from twin.errors import InputError, Words

_CLICKS: Mapping[str, Words] = {
    "usage": Words("Usage: ", "用法："),
    "options": Words("Options:", "选项："),
    "commands": Words("Commands:", "命令："),
    "help": Words("Show this page.", "显示本页。"),
    "[OPTIONS]": Words("[OPTIONS]", "[选项]"),
    "COMMAND [ARGS]...": Words("COMMAND ...", "COMMAND ..."),
    "[COMMAND] [ARGS]...": Words("COMMAND ...", "COMMAND ..."),
}


def language_of(context: click.Context | None) -> console.Language:
    """Return the language in which a command answers: the one asked for on the command line, else the usual one."""
    asked = context.find_root().obj if context is not None else None
    return asked if asked in ("en", "zh") else console.language()


class SpokenOption(click.Option):
    """An option that says in two languages what it is for."""

    def __init__(self, *names: Any, words: Words, **rest: Any) -> None:
        super().__init__(*names, **{**rest, "help": words.en})
        self.words = words

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return how it is written, and what it is for."""
        record = super().get_help_record(ctx)
        return None if record is None else (record[0], self.words[language_of(ctx)])


class SpokenCommand(click.Command):
    """A command that says in two languages what it does."""

    def __init__(self, *names: Any, words: Words, **rest: Any) -> None:
        super().__init__(*names, **{**rest, "help": words.en})
        self.words = words

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line that shows how it is called."""
        lang = language_of(ctx)
        pieces = [_CLICKS[piece][lang] if piece in _CLICKS else piece for piece in self.collect_usage_pieces(ctx)]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=_CLICKS["usage"][lang])

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what it does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self.words[language_of(ctx)])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its options."""
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        records = [self._record(one, ctx) for one in options]
        write_section(ctx, formatter, "options", [record for record in records if record is not None])

    def _record(self, option: click.Parameter, ctx: click.Context) -> tuple[str, str] | None:
        record = option.get_help_record(ctx)
        if record is None or isinstance(option, SpokenOption):
            return record
        return record[0], _CLICKS["help"][language_of(ctx)]


class SpokenGroup(SpokenCommand, click.Group):
    """A command of commands."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its options, then its commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in the reader's language."""
        lang = language_of(ctx)
        rows = [(name, one.words[lang] if isinstance(one, SpokenCommand) else one.get_short_help_str())
                for name, one in self.commands.items()]  # fmt: skip
        write_section(ctx, formatter, "commands", rows)


def speaking(en: str, zh: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command that says in two languages what it does."""
    return click.command(cls=SpokenCommand, words=Words(en, zh))


def option(*names: str, en: str, zh: str, **rest: Any) -> Callable[[Any], Any]:
    """Give a command an option; ``rest`` is click's."""
    return click.option(*names, cls=SpokenOption, words=Words(en, zh), **rest)


def lang_option() -> Callable[[Any], Any]:
    """Give a command the option that every command has."""
    return option("--lang", type=click.Choice(["zh", "en"]), en="Language.", zh="语言。")


def json_option(en: str = "Print one JSON object.", zh: str = "只输出一个 JSON 对象。") -> Callable[[Any], Any]:
    """Give a command the choice to speak to programs."""
    return option("--json", "as_json", is_flag=True, en=en, zh=zh)


class Processes(click.ParamType):
    """A number of processes; raises InputError R214 for anything else, in every command alike."""

    name = "processes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        try:
            count = int(value)
        except ValueError:
            count = 0
        if count < 1:
            raise InputError.of("R214", jobs=value)
        return count


def jobs_option() -> Callable[[Any], Any]:
    """Give a command the number of processes that it may start."""
    return option("--jobs", type=Processes(), default=1, metavar="J", en="Processes (1 if not given).",
                  zh="进程数（缺省为 1）。")  # fmt: skip


def sets_option(en: str, zh: str) -> Callable[[Any], Any]:
    """Give a command the settings that are applied last."""
    return option("--set", "sets", multiple=True, metavar="PATH=VALUE", en=en, zh=zh)


def write_section(
    ctx: click.Context, formatter: click.HelpFormatter, key: str, rows: Sequence[tuple[str, str]]
) -> None:
    """Write a headed list: the options, or the commands."""
    formatter.write_paragraph()
    formatter.write(f"{_CLICKS[key][language_of(ctx)]}\n")
    with formatter.indentation():
        formatter.write_dl(rows)
