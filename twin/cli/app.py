"""The program ``twin``: finds the command, and turns whatever goes wrong into words and an exit code.

Commands are imported when they are called, so that ``twin --help`` answers at once.
"""

from __future__ import annotations

import importlib
import os
import shlex
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import NoReturn

import click

from twin.cli import console
from twin.cli.spoken import SpokenGroup, lang_option, language_of, option, write_section
from twin.errors import InputError, TwinError, Words, closest

COMMANDS: Mapping[str, Words] = {
    "run": Words("run the arms of a scenario and compare them", "运行场景的各方案并比较"),
    "validate": Words("check scenario files", "检查场景文件"),
    "show": Words("print a scenario as it is understood", "显示解析后的场景"),
    "people": Words("make the residents of a scenario and hold them against their table", "生成居民并与人口表对照"),
    "compare": Words("hold two run folders or two scenarios against each other", "对照两个运行文件夹或两个场景"),
    "sweep": Words("run one arm at many points of its parameters", "在多个参数取值点上运行一个方案"),
    "search": Words("search lever settings that are good in several metrics", "搜索在多个指标上都好的杠杆取值"),
    "attribute": Words("split the difference of two arms among its parts", "将两个方案的差异分解到各部分"),
    "merge": Words("put the shards of an experiment together", "合并实验的各分片"),
    "runs": Words("list, show, explain, remove, export run folders", "列出、查看、解释、删除、导出运行文件夹"),
    "params": Words("list every parameter with unit, range, source", "列出全部参数及其单位、范围、来源"),
    "plan": Words("print the plan of a day", "显示一天的执行顺序"),
    "new": Words("write a scenario or a mechanism of your own to fill in", "生成可填写的场景文件或机制"),
    "odd": Words("print the ODD description of the model", "输出模型的 ODD 说明"),
    "data": Words("check, fit and replay request logs", "检查、拟合、回放诉求日志"),
    "check": Words("hold results to baselines, or a mechanism to every check", "用基线核验结果，或检查一个机制"),
    "baseline": Words("show or accept what results have become", "查看或接受结果的变化"),
    "explain": Words("explain what rules decided about a ticket of a run", "解释规则对某张工单的决定"),
    "rules": Words("check, try and test rules", "检查、试算、测试规则"),
    "schema": Words("print the JSON Schema for your editor", "输出供编辑器使用的 JSON Schema"),
    "errors": Words("explain message codes and exit codes", "解释消息编号与退出码"),
}

INTERNAL = 70
INTERRUPTED = 130

_UNEXPECTED = Words(
    "internal error: {error}\n\nThis is a fault of the program, not of your input. Please report it together with"
    " the scenario file\nand the command. With TWIN_TRACEBACK=1 in the environment the same command shows where it"
    " happened.",
    "内部错误：{error}\n\n这是程序自身的问题，不是输入有误。请连同场景文件和命令一起反馈。\n设置环境变量"
    " TWIN_TRACEBACK=1 后重新运行，可看到出错位置。",
)
_RESUME = Words(
    "interrupted; no finished run is lost. To go on:\n  {command}",
    "已中断；已完成的运行不会丢失。继续运行：\n  {command}",
)
_LOST = Words(
    "interrupted; nothing was kept. With --out FOLDER an interrupted experiment can be resumed.",
    "已中断；未保存结果。使用 --out 文件夹 可在中断后继续。",
)


class LazyGroup(SpokenGroup):
    """A group whose commands are modules of :mod:`twin.cli`, imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"twin.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args[0] not in COMMANDS:
            raise InputError.of("R222", command=args[0], suggestion=closest(args[0], COMMANDS), known=tuple(COMMANDS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        rows = [(name, words[language_of(ctx)]) for name, words in COMMANDS.items()]
        write_section(ctx, formatter, "commands", rows)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    words=Words(
        "A digital twin of neighbourhood governance: try rules on a neighbourhood before it lives with them.",
        "基层治理数字孪生：规则先在孪生社区试行，再落到真实社区。",
    ),
)
@option("--version", is_flag=True, en="Print the version.", zh="显示版本号。")
@lang_option()
@click.pass_context
def program(context: click.Context, version: bool, lang: str | None) -> None:
    """Answer what needs no command; a language that is asked for before the command is meant for it."""
    context.default_map = {name: {"lang": lang} for name in COMMANDS} if lang else None
    if version:
        from twin import __version__, results_version

        console.say(f"twin {__version__} (results {results_version})")
    elif context.invoked_subcommand is None:
        console.say(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; errors end it with theirs."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    lang = console.language(_asked_language(words))
    console.prepare()
    try:
        return program.main(words, prog_name="twin", standalone_mode=False, obj=lang) or 0
    except TwinError as error:
        _show_traceback()
        console.fail(error, lang)
    except click.ClickException as error:
        console.fail(_input_error(error), lang)
    except (KeyboardInterrupt, click.Abort):
        _interrupted(words, lang)
    except Exception as error:
        _show_traceback()
        console.note(_UNEXPECTED[lang].format(error=f"{type(error).__name__}: {error}"))
        raise SystemExit(INTERNAL) from None


def _asked_language(words: Sequence[str]) -> str | None:
    """The language has to be known before the options are: they may be what is wrong."""
    asked = None
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--lang" or word.startswith("--lang="):
            asked = word.partition("=")[2] or following
    return asked


def _interrupted(words: Sequence[str], lang: console.Language) -> NoReturn:
    kept = any(word == "--out" or word.startswith("--out=") for word in words)
    join = subprocess.list2cmdline if os.name == "nt" else shlex.join
    console.note((_RESUME if kept else _LOST)[lang].format(command=join(["twin", *words])))
    raise SystemExit(INTERRUPTED)


def _show_traceback() -> None:
    if os.environ.get("TWIN_TRACEBACK"):
        console.note(traceback.format_exc())


def _input_error(error: click.ClickException) -> InputError:
    """Say in our words what click found on the command line."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "twin"
    if isinstance(error, click.NoSuchOption):
        known = _options(context)
        return InputError.of(
            "R221", option=error.option_name, suggestion=closest(error.option_name, known), known=known
        )
    if isinstance(error, click.MissingParameter) and error.param:
        return InputError.of("R223", argument=error.param.human_readable_name, program=path)
    if isinstance(error, click.BadParameter) and error.param:
        return InputError.of("R224", argument=error.param.opts[0], reason=_reason(error))
    if isinstance(error, click.BadOptionUsage):
        needed = "requires" in error.message
        return InputError.of("R226" if needed else "R228", option=error.option_name)
    if "unexpected extra" in error.message:
        return InputError.of("R227", extra=error.message.rpartition("(")[2].rstrip(")"), program=path)
    return InputError.of("R225", reason=error.format_message(), program=path)


def _reason(error: click.BadParameter) -> Words | str:
    kind = error.param.type if error.param else None
    if isinstance(kind, click.types.IntParamType):
        return Words("a whole number is needed", "需要整数")
    if isinstance(kind, click.Choice):
        return Words(f"it must be one of {', '.join(kind.choices)}", f"只能是 {'、'.join(kind.choices)}")
    return error.message


def _options(context: click.Context | None) -> tuple[str, ...]:
    declared = context.command.get_params(context) if context else []
    return tuple(name for option in declared if isinstance(option, click.Option) for name in option.opts)
