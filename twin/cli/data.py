"""``twin data``: check, fit and replay the request log of a city or a hotline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twin.cli import console
from twin.cli.spoken import SpokenCommand, SpokenGroup, json_option, lang_option, language_of, option, write_section
from twin.errors import InputError, Words, closest

if TYPE_CHECKING:
    from twin.logs.account import Account
    from twin.logs.fit import Fit
    from twin.logs.mapping import ColumnMap
    from twin.logs.request_log import RequestLog

_WORDS: Mapping[str, Words] = {
    "check": Words("say what is wrong with a request log, row by row", "逐行检查诉求日志的问题"),
    "fit": Words("fit demand and closing times on a request log", "根据诉求日志拟合需求与办结时间"),
    "replay": Words("make a scenario that replays a request log", "生成回放诉求日志的场景"),
    "assimilate": Words(
        "hold a run to the newest log: estimate again, forecast the next weeks, score the last forecasts",
        "用最新日志校正运行：重新估计、预测未来几周，并为以往预测评分",
    ),
}
FAULTY = 1
_WRITTEN = Words(
    "{file} is written; lay a scenario on it with `extends: {name}`",
    "已写入 {file}；在场景中写 `extends: {name}` 即可使用",
)
_REPLAY_WRITTEN = Words(
    "{file} and {log} are written; they hold no personal data. Try: twin run {file}",
    "已写入 {file} 与 {log}，其中不含个人信息。试运行：twin run {file}",
)
_DRAWN = Words("{count} figures in {folder}", "{folder} 中有 {count} 幅图")
_HEAD = Words(
    "# Demand fitted by `twin data fit` on a request log. Lay a scenario on it: `extends: {name}`.\n"
    "# Closing times are not in it: they hold the waiting, and are no service times.\n",
    "# 由 `twin data fit` 根据诉求日志拟合的需求。在场景中写 `extends: {name}` 即可使用。\n"
    "# 不含办结时间：办结时间包含等待，不是办理时长。\n",
)
_REPLAY_HEAD = Words(
    "# Written by `twin data replay`: the log itself as arrivals. Give it a desk, and arms to compare.\n",
    "# 由 `twin data replay` 写出：以日志本身作为诉求到来。请补充服务台与比较方案。\n",
)
_OURS = ("# Demand fitted by", "# Written by `twin data", "# 由 `twin data")


class DataGroup(SpokenGroup):
    """The commands about request logs; an unknown one is answered with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args[0] not in self.commands:
            known = tuple(f"data {name}" for name in self.commands)
            near = closest(args[0], self.commands)
            raise InputError.of("R222", command=f"data {args[0]}", suggestion=near and f"data {near}", known=known)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands."""
        rows = [(name, _WORDS[name][language_of(ctx)]) for name in self.commands]
        write_section(ctx, formatter, "commands", rows)


@click.group(
    cls=DataGroup,
    invoke_without_command=True,
    words=Words("Request logs: check, fit and replay them.", "诉求日志：检查、拟合、回放。"),
)
@lang_option()
@click.pass_context
def command(context: click.Context, lang: str | None) -> None:
    """Hold the commands about request logs together; whoever needs the language looks it up."""
    if context.invoked_subcommand is None:
        console.say(context.get_help())


def _spoken(name: str) -> Any:
    return command.command(name, cls=SpokenCommand, words=_WORDS[name])


def _map_option() -> Any:
    return option(
        "--map",
        "mapping",
        metavar="FILE",
        en="A mapping of columns (ten lines at most).",
        zh="列映射文件（至多十行）。",
    )


def _area_option() -> Any:
    return option(
        "--area", "areas", multiple=True, metavar="NAME", en="Only this area (repeatable).", zh="仅此区域（可重复）。"
    )


@_spoken("check")
@click.argument("log")
@_map_option()
@json_option()
@lang_option()
@click.pass_context
def check_log(context: click.Context, log: str, mapping: str | None, as_json: bool, lang: str | None) -> None:
    """Print what was found, kind by kind; the program ends with 1 where something is wrong or doubtful."""
    from twin.logs.check import check, is_clean
    from twin.report import fit_text

    spoken = _language(context, lang)
    found, account = _read(log, mapping)
    account = check(found, account, _written(log))
    clean = is_clean(account)
    if as_json:
        form = {"schema": "twin.data.check/1", "log": found.name, "clean": clean}
        console.say(
            json.dumps({**form, **fit_text.plain_account(account, spoken)}, ensure_ascii=False, allow_nan=False)
        )
    else:
        console.say("\n".join((fit_text.counted(found.name, account, spoken), "", *fit_text.findings(account, spoken))))
    if not clean:
        raise SystemExit(FAULTY)


@_spoken("fit")
@click.argument("log")
@_map_option()
@option("--rain", metavar="FILE", en="Daily rain: a CSV of date and mm.", zh="逐日降雨表：日期与毫米。")
@option(
    "--holidays",
    metavar="WORD",
    en="none, china, or dates separated by spaces.",
    zh="none、china，或以空格分隔的日期。",
)
@_area_option()
@option(
    "--categories",
    type=int,
    default=24,
    show_default=True,
    en="Most categories; rarer ones count as one.",
    zh="类别数上限，更少的合并。",
)
@option("-o", "--out", metavar="FILE", en="Write the demand to lay a scenario on.", zh="写出供场景继承的需求文件。")
@option("--figures", metavar="FOLDER", en="Draw the fit into this folder.", zh="将拟合图画到此文件夹。")
@json_option()
@lang_option()
@click.pass_context
def fit_log(context: click.Context, log: str, mapping: str | None, rain: str | None, holidays: str | None,
            areas: tuple[str, ...], categories: int, out: str | None, figures: str | None, as_json: bool,
            lang: str | None) -> None:  # fmt: skip
    """Print the fit; write the overlay and the figures that are asked for."""
    from twin.logs.fit import fit, of_areas
    from twin.logs.seasons import read_rain

    spoken = _language(context, lang)
    chosen = _mapping(mapping)
    found, account = _read(log, mapping)
    kept = of_areas(found, areas)
    measured = read_rain(Path(rain)) if rain else None
    fitted = fit(kept, account, holidays=holidays or chosen.holidays, rain=measured, most_categories=max(categories, 1))
    if as_json:
        console.say(json.dumps(_form(fitted, spoken), ensure_ascii=False, allow_nan=False))
    else:
        _show(fitted, spoken)
    if out:
        _write_demand(fitted, Path(out), spoken)
    if figures:
        _draw(fitted, Path(figures), spoken)


@_spoken("replay")
@click.argument("log")
@_map_option()
@_area_option()
@option("-o", "--out", metavar="FILE", required=True, en="The scenario to write.", zh="要写出的场景文件。")
@lang_option()
@click.pass_context
def replay_log(
    context: click.Context, log: str, mapping: str | None, areas: tuple[str, ...], out: str, lang: str | None
) -> None:
    """Write a clean copy of the log without personal data, and a scenario that replays it."""
    from twin.core.marked_yaml import write
    from twin.logs.fit import of_areas
    from twin.logs.overlay import replay_overlay, with_scenario_names

    spoken = _language(context, lang)
    found, account = _read(log, mapping)
    kept = of_areas(found, areas)
    if kept.days < 7:
        raise InputError.of("D408", days=kept.days)
    path = Path(out)
    copy = path.with_name(f"{path.stem}_log.csv")
    overlay = replay_overlay(kept, copy.name, path.stem)
    _write(path, _REPLAY_HEAD[spoken] + write(overlay))
    try:
        with_scenario_names(kept).write(copy)
    except OSError as reason:
        raise InputError.of("S130", file=str(copy), why=reason.strerror) from None
    _tell(found, account, spoken)
    console.note(_REPLAY_WRITTEN[spoken].format(file=path, log=copy))


@_spoken("assimilate")
@click.argument("run")
@click.argument("log")
@_map_option()
@option(
    "--arm",
    default="",
    metavar="NAME",
    en="The arm that is as it is (default: the first).",
    zh="现状方案（默认为首个）。",
)
@option("--weeks", type=int, default=4, show_default=True, en="Weeks to foretell.", zh="预测周数。")
@option(
    "--by",
    type=click.Choice(["subtype", "category"]),
    default="subtype",
    show_default=True,
    en="What is counted.",
    zh="按小类或大类计数。",
)
@option("--departments", is_flag=True, en="Calibrate the log's agencies too.", zh="同时校准日志中的各承办单位。")
@option(
    "-o",
    "--out",
    metavar="FOLDER",
    en="Keep forecasts here (default: RUN-shadow).",
    zh="预测的保存位置（默认为 RUN-shadow）。",
)
@json_option()
@lang_option()
@click.pass_context
def assimilate_log(context: click.Context, run: str, log: str, mapping: str | None, arm: str, weeks: int, by: str,
                   departments: bool, out: str | None, as_json: bool, lang: str | None) -> None:  # fmt: skip
    """Print the next weeks and what became of the last ones; keep the forecast, the overlay and a page."""
    from twin.cli.assimilating import assimilated, form_of, say

    spoken = _language(context, lang)
    found, account = _read(log, mapping)
    told = assimilated(run, found, account, arm=arm, weeks=weeks, by=by, departments=departments, out=out, lang=spoken)
    if as_json:
        console.say(json.dumps(form_of(told), ensure_ascii=False, allow_nan=False))
    else:
        say(told, spoken)


# -- what they share ---------------------------------------------------------------------------------


def _language(context: click.Context, lang: str | None) -> console.Language:
    return console.language(lang) if lang else language_of(context)


def _mapping(path: str | None) -> ColumnMap:
    from twin.logs.mapping import ColumnMap, read_mapping

    return read_mapping(Path(path)) if path else ColumnMap()


def _read(log: str, mapping: str | None) -> tuple[RequestLog, Account]:
    from twin.logs.read import read_log

    return read_log(log, _mapping(mapping))


def _written(log: str) -> Any:
    """Return when a file was written, None of what ships with the twin."""
    import numpy as np

    path = Path(log)
    return np.datetime64(int(path.stat().st_mtime), "s") + np.timedelta64(1, "D") if path.is_file() else None


def _tell(log: RequestLog, account: Account, lang: console.Language) -> None:
    from twin.report import fit_text

    console.say("\n".join((fit_text.counted(log.name, account, lang), *fit_text.findings(account, lang), "")))


def _show(found: Fit, lang: console.Language) -> None:
    from twin.report import fit_text

    _tell(found.log, found.account, lang)
    console.say(fit_text.opening(found, lang) + "\n")
    console.show(fit_text.arrivals_sheet(found, lang))
    console.say("\n".join((*fit_text.sentences(found, lang), "")))
    for sheet in fit_text.closings_sheets(found, lang):
        console.show(sheet)
    console.say("\n".join(fit_text.closing_notes(found, lang)))


def _form(found: Fit, lang: console.Language) -> dict[str, Any]:
    from twin import __version__
    from twin.logs.overlay import demand_overlay
    from twin.report import fit_text

    return {
        "schema": "twin.data.fit/1",
        "account": fit_text.plain_account(found.account, lang),
        "summary": fit_text.plain_summary(found),
        "overlay": demand_overlay(found, __version__),
        "closings": [fit_text.plain_closing(one) for one in found.closings],
    }


def _write_demand(found: Fit, path: Path, lang: console.Language) -> None:
    from twin import __version__
    from twin.core.marked_yaml import write
    from twin.logs.overlay import demand_overlay

    _write(path, _HEAD[lang].format(name=path.name) + write(demand_overlay(found, __version__)))
    console.note(_WRITTEN[lang].format(file=path, name=path.name))


def _write(path: Path, text: str) -> None:
    """Write a file; over another only if these commands wrote it."""
    try:
        if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(_OURS):
            raise InputError.of("S129", file=str(path))
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as reason:
        raise InputError.of("S130", file=str(path), why=reason.strerror) from None


def _draw(found: Fit, folder: Path, lang: console.Language) -> None:
    from twin.report.fit_figures import pictures

    drawn = list(pictures(found, lang))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in drawn:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as reason:
        raise InputError.of("S130", file=str(folder), why=reason.strerror) from None
    console.note(_DRAWN[lang].format(count=len(drawn), folder=folder))
