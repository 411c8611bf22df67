"""``twin runs``: what lies in run folders, why two of them differ, and their digest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twin.cli import console
from twin.cli.spoken import SpokenGroup, json_option, lang_option, option, speaking
from twin.errors import InputError, Words

if TYPE_CHECKING:
    from twin.runs.ledgers import Held

_HEAD = (
    Words("folder", "文件夹"), Words("scenario", "场景"), Words("arms or points", "方案或取值点"),
    Words("runs", "运行"), Words("failed", "失败"), Words("state", "状态"), Words("last session", "最近会话"),
)  # fmt: skip
_TITLE = Words("Run folders in {root}", "{root} 中的运行文件夹")
_NONE = Words("no run folder in {root}", "{root} 中没有运行文件夹")
_STATES = {
    "done": Words("complete", "完整"), "computed": Words("computed, files not written", "已算完，文件未写出"),
    "partial": Words("not complete", "不完整"), "locked": Words("in use", "使用中"),
    "unreadable": Words("cannot be read", "无法读取"),
}  # fmt: skip
_UNKNOWN = ("locked", "unreadable")  # nobody can say how much is in
_SAME = Words("nothing: both would give the same runs", "没有差别：两者的运行相同")
_MORE = Words("{folder}: {held} of {total} runs", "{folder}：{held}/{total} 次运行")
_UNFINISHED = Words("unfinished: {held} of {total} runs are in", "未完成：已有 {held}/{total} 次运行")
_NOT_SAID = Words("(not said)", "（未说明）")
_REST = Words("... and {count} more", "……另有 {count} 个")
_UNKNOWN_POINTS = Words(
    "{count} different ones; what is set at each cannot be told from this folder: it is unfinished, and the scenario"
    " that it was made from is not as it was",
    "{count} 个不同的取值点；仅凭此文件夹无法得知各点的取值：扫描未完成，且所用场景已改变或已不在原处",
)
_KEYS = {
    "schema": "格式", "folder": "文件夹", "command": "命令", "state": "状态", "scenario": "场景", "arm": "方案",
    "arms": "方案", "asked": "所问", "metric": "指标", "outcomes": "指标",
    "design": "设计", "points": "取值点", "point": "取值点",
    "trials": "试验次数", "seed": "种子", "seeds": "种子", "set": "设置", "replications": "重复次数", "runs": "运行",
    "done": "已完成", "total": "共", "failed": "失败", "why": "原因", "identity": "身份", "digest": "摘要",
    "results_version": "结果版本", "first_seed": "起始种子", "data": "数据", "code": "程序源代码", "sessions": "会话",
    "outcome": "结局", "started": "开始", "ended": "结束", "computed_runs": "计算的运行", "wall_seconds": "用时（秒）",
    "jobs": "进程数", "cluster": "集群", "merged": "合并自", "count": "个数",
}  # fmt: skip
_ENDS = {
    "finished": "正常结束", "failed": "出错而止", "interrupted": "被中断", "killed": "被终止", "running": "进行中",
    "merged": "合并完成",
}  # fmt: skip
_GONE = Words("removed: {folder}", "已删除：{folder}")
_WOULD = Words(
    "would remove {folder} ({runs} runs); say so with --yes", "将删除 {folder}（{runs} 次运行）；加 --yes 确认"
)
_CHAIN_HEAD = (
    Words("arm", "方案"), Words("seed", "种子"), Words("postings", "分录数"), Words("head", "链首"),
    Words("state", "状态"),
)  # fmt: skip
_CHAIN_TITLE = Words("Chained ledgers of {folder}", "{folder} 的链式账本")
_HOLDS = Words("holds", "完好")
_BROKEN = Words("broken at posting {row}", "自第 {row} 条分录起不可信")
_NO_CHAIN = Words(
    "no run in {folder} has a chained ledger (audit.chained)", "{folder} 中没有使用链式账本（audit.chained）的运行"
)
_WROTE = Words("{rows} rows written to {file}", "已写出 {rows} 行到 {file}")


@click.group(cls=SpokenGroup, words=Words("List, show, explain, remove and export run folders.",
                                          "列出、查看、解释、删除、导出运行文件夹。"))  # fmt: skip
@lang_option()
@click.pass_context
def command(context: click.Context, lang: str | None) -> None:
    """Hand the language on."""
    context.default_map = {name: {"lang": lang} for name in command.commands} if lang else context.default_map


@speaking("List the run folders in a folder.", "列出文件夹中的运行文件夹。")
@click.argument("root", default="outputs")
@json_option()
@lang_option()
def ls(root: str, as_json: bool, lang: str | None) -> None:
    """Show one row a folder."""
    from twin.report.text import Sheet
    from twin.runs.shelf import listed

    spoken = console.language(lang)
    found = listed(Path(root))
    if as_json:
        console.say(json.dumps({"schema": "twin.runs/1", "folders": [one.to_json() for one in found]}))
        return
    if not found:
        console.note(_NONE[spoken].format(root=root))
        return
    rows = tuple(
        (one.folder, one.scenario, *counts, _STATES[one.state][spoken], one.last)
        for one in found
        for counts in [("–",) * 3 if one.state in _UNKNOWN else
                       (str(one.arms), f"{one.done}/{one.total}", str(one.failed))]
    )  # fmt: skip
    console.show(Sheet(_TITLE[spoken].format(root=root), tuple(one[spoken] for one in _HEAD), rows))


@speaking("Show what a run folder is about, its sessions, and what failed.", "查看运行文件夹的内容、会话与失败的运行。")
@click.argument("folder")
@json_option()
@lang_option()
def show(folder: str, as_json: bool, lang: str | None) -> None:
    """Show the ledger."""
    from twin.runs.shelf import told

    spoken = console.language(lang)
    found = told(_held(folder))
    if as_json:
        console.say(json.dumps(found, ensure_ascii=False))
    else:
        console.say("\n".join(_lines(_in_words(found, spoken), spoken)))


@speaking(
    "Say why two run folders are not the same experiment: every value in which they differ.",
    "说明两个运行文件夹为何不是同一实验：列出全部不同的值。",
)
@click.argument("first")
@click.argument("second")
@json_option()
@lang_option()
def why(first: str, second: str, as_json: bool, lang: str | None) -> None:
    """Compare contents, not files."""
    from twin.runs.shelf import differing

    spoken = console.language(lang)
    held = _held(first), _held(second)
    found = differing(*held)
    if as_json:
        console.say(json.dumps({"schema": "twin.why/1", "differing": found}, ensure_ascii=False))
        return
    for path, (one, other) in found.items():
        console.say(f"{path}: {_value(one, spoken)} | {_value(other, spoken)}")
    if not found:
        console.say(_SAME[spoken])
    for side in held:
        values = {"held": len(side.done), "total": side.total}
        said = _MORE[spoken] if side.complete else "{folder}: " + _UNFINISHED[spoken]
        console.note(said.format(folder=side.path, **values))


@speaking("Remove run folders, and nothing else.", "删除运行文件夹（不触及其他文件）。")
@click.argument("folders", nargs=-1, required=True)
@option("--yes", is_flag=True, en="Do it, not only say what would be done.", zh="执行删除，而不只是预告。")
@lang_option()
def rm(folders: tuple[str, ...], yes: bool, lang: str | None) -> None:
    """Refuse folders in which there is something else."""
    from twin.runs.shelf import remove

    spoken = console.language(lang)
    for held in [_held(folder) for folder in folders]:
        if not yes:
            console.note(_WOULD[spoken].format(folder=held.path, runs=len(held.done)))
            continue
        remove(held.path)
        console.note(_GONE[spoken].format(folder=held.path))


@speaking("Write every value of run folders, one a row, to a CSV or Parquet file.",
          "将运行文件夹的全部数值逐行写入 CSV 或 Parquet 文件。")  # fmt: skip
@click.argument("folders", nargs=-1, required=True)
@option("--to", "file", required=True, metavar="FILE", en="FILE.csv or FILE.parquet.", zh="FILE.csv 或 FILE.parquet。")
@lang_option()
def export(folders: tuple[str, ...], file: str, lang: str | None) -> None:
    """Also of folders that are not complete."""
    from twin.runs.exporting import export_values

    spoken = console.language(lang)
    held = [_held(folder) for folder in folders]
    rows = export_values(held, Path(file))
    console.note(_WROTE[spoken].format(rows=rows, file=file))
    for one in held:
        if not one.complete:
            console.note(f"{one.path}: {_UNFINISHED[spoken].format(held=len(one.done), total=one.total)}")


@speaking("Print one line that depends on the results of a complete experiment alone.",
          "输出一行摘要，只取决于完整实验的结果。")  # fmt: skip
@click.argument("folder")
@lang_option()
def digest(folder: str, lang: str | None) -> None:
    """Refuse what is not complete, since its digest would depend on when it was stopped."""
    held = _held(folder)
    if not held.complete:
        raise InputError.of("R278", folder=folder, held=len(held.done), total=held.total)
    console.say(held.digest)


@speaking("Hold the postings of chained ledgers against the heads that were kept; exit code 1 where one is broken.",
          "核对链式账本的分录与所保存的链首；若有断裂，退出码为 1。")  # fmt: skip
@click.argument("folder")
@json_option()
@lang_option()
def chain(folder: str, as_json: bool, lang: str | None) -> None:
    """Read the postings from the files in which everybody reads them."""
    from twin.report.text import Sheet
    from twin.runs.chains import checked

    spoken = console.language(lang)
    found = checked(_held(folder))
    if as_json:
        console.say(json.dumps({"schema": "twin.chains/1", "runs": [one.to_json() for one in found]}))
    elif found:
        rows = tuple(
            (one.arm, str(one.seed), str(one.length), one.head,
             _HOLDS[spoken] if one.holds else _BROKEN[spoken].format(row=one.broken_at))
            for one in found
        )  # fmt: skip
        console.show(Sheet(_CHAIN_TITLE[spoken].format(folder=folder), tuple(one[spoken] for one in _CHAIN_HEAD), rows))
    else:
        console.note(_NO_CHAIN[spoken].format(folder=folder))
    if not all(one.holds for one in found):
        click.get_current_context().exit(1)


def _held(folder: str) -> Held:
    from twin.runs.ledgers import held_in

    held = held_in(Path(folder))
    if held.locked:
        raise InputError.of("R204", folder=folder)
    return held


def _in_words(found: dict[str, Any], lang: console.Language) -> dict[str, Any]:
    """Return what is shown as a reader wants it: how far it is in words, and that there are more points than shown."""
    runs, points = found["runs"], found.get("points")
    state = _UNFINISHED[lang].format(held=runs["done"], total=runs["total"]) if found["state"] == "partial" else ""
    shown = {**found, "state": state or _STATES[found["state"]][lang]}
    if points:
        rest = points["count"] - len(points["first"])
        more = {_REST[lang].format(count=rest): ""} if rest else {}
        shown["points"] = {**points["first"], **more} if points["first"] else _UNKNOWN_POINTS[lang].format(**points)
    return shown


def _value(value: Any, lang: console.Language) -> str:
    """Return one side of a difference."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or _NOT_SAID[lang]
    return _NOT_SAID[lang] if value is None or value == "" else str(value)


def _lines(found: dict[str, Any], lang: console.Language, indent: str = "") -> list[str]:
    lines = []
    for key, value in found.items():
        name = _KEYS.get(key, key) if lang == "zh" else key
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_lines(value, lang, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append(f"{indent}{name}:")
            lines += [line for one in value for line in (*_lines(one, lang, indent + "  "), "")]
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            if key == "outcome" and lang == "zh":
                shown = _ENDS.get(str(value), value)
            lines.append(f"{indent}{name}: {shown}" if shown != "" else f"{indent}{name}")
    return lines


for _one in (ls, show, why, rm, export, digest, chain):
    command.add_command(_one)
