"""Everything that can go wrong, in words: the exception tree, the layout of a message, the registries.

::

    TwinError
    ├── InputError           what was given cannot be used          exit code 2
    ├── RunFailed            a run could not be finished            exit code 4
    │   └── InvariantBroken  a law of the twin does not hold; names the order
    ├── AccessError          a mechanism touched what it did not declare    exit code 70
    └── DeclarationError     a mechanism is declared wrongly                exit code 70

A message is a code of :data:`ERRORS`, a place and values; its text is laid out by :func:`render` in
English or Chinese. Whoever needs a new message adds one entry to :data:`ERRORS`, at the end of this file.
"""

from __future__ import annotations

import difflib
import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

Lang = Literal["en", "zh"]

SHOWN_COMPLAINTS = 50
SHOWN_NAMES = 16
SHOWN_CHARACTERS = 80
_TAB = "    "


@dataclass(frozen=True)
class Words:
    """One text in both languages; ``words["zh"]`` picks one."""

    en: str
    zh: str

    def __getitem__(self, lang: str) -> str:
        """Return the text in ``lang`` (``"en"`` or ``"zh"``)."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Place:
    """A stretch of text in a file: lines and columns count from 1, ``end_col`` is the first one after it.

    ``excerpt`` holds the source lines from ``line`` on (the first one is shown).
    """

    file: str
    line: int
    col: int
    end_line: int
    end_col: int
    excerpt: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col}"


@dataclass(frozen=True)
class Complaint:
    """One fault: a code of :data:`ERRORS`, where it is, and the values that its text speaks of.

    Three values are understood in every message: ``suggestion`` (did you mean …), ``known`` (the names
    that would do) and ``first_place`` (a second :class:`Place`, shown above the first).
    """

    code: str
    place: Place | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


class TwinError(Exception):
    """Anything that the twin says no to; carries complaints in file order."""

    exit_code: ClassVar[int] = 70

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__(self.complaints)

    @classmethod
    def of(cls, code: str, place: Place | None = None, /, **values: Any) -> Self:
        """Build the exception with one complaint."""
        return cls([Complaint(code, place, values)])

    def __str__(self) -> str:
        return render(self, "en")


class InputError(TwinError):
    """A file, an option or a value that was given cannot be used."""

    exit_code = 2


class RunFailed(TwinError):  # noqa: N818
    """A run could not be finished."""

    exit_code = 4


class InvariantBroken(RunFailed):
    """A law that must hold in every run does not; the complaint names the order."""


class AccessError(TwinError):
    """A mechanism touched a column that it did not declare."""


class DeclarationError(TwinError):
    """A mechanism, a table or a parameter is declared wrongly."""


@dataclass(frozen=True)
class Entry:
    """One message of the registry: headline, words beside the caret, and help, with ``{names}`` of values."""

    en: str
    zh: str
    help_en: str = ""
    help_zh: str = ""
    mark_en: str = ""
    mark_zh: str = ""

    @property
    def headline(self) -> Words:
        """What is wrong, in one line."""
        return Words(self.en, self.zh)

    @property
    def help(self) -> Words:
        """What to do about it."""
        return Words(self.help_en, self.help_zh)

    @property
    def mark(self) -> Words:
        """What stands beside the caret."""
        return Words(self.mark_en, self.mark_zh)


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like ``word``, or ``None`` when none is near."""
    if len(word) > SHOWN_CHARACTERS:
        return None
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


def render(error: TwinError, lang: str = "en", width: int = 100, color: bool = False) -> str:
    """Lay out all complaints of ``error`` for a reader of ``lang``, lines at most about ``width`` cells."""
    shown = [_render_one(complaint, lang, width, color) for complaint in error.complaints[:SHOWN_COMPLAINTS]]
    total = len(error.complaints)
    if total > len(shown):
        shown.append(_FRAME["more"][lang].format(count=total - len(shown)))
    if total > 1:
        shown.append(_FRAME["total"][lang].format(count=total))
    return "\n\n".join(shown)


def describe(complaint: Complaint, lang: str) -> dict[str, Any]:
    """Return a complaint as plain data: code, message, file, line, col, path, help."""
    place = complaint.place
    path = complaint.values.get("path")
    return {
        "code": complaint.code,
        "message": headline(complaint, lang),
        "file": place.file if place else None,
        "line": place.line if place else None,
        "col": place.col if place else None,
        "path": str(path) if path is not None else None,
        "help": "\n".join(hints(complaint, lang)) or None,
    }


def headline(complaint: Complaint, lang: str) -> str:
    """Return what is wrong, in one line."""
    return _fill(_entry(complaint.code).headline, complaint.values, lang)


def hints(complaint: Complaint, lang: str) -> list[str]:
    """Return what the reader may do: the nearest name, else the known names, else the entry's help."""
    values = complaint.values
    found = []
    if values.get("suggestion"):
        found.append(_FRAME["mean"][lang].format(name=_shown(values["suggestion"], lang)))
    elif values.get("known"):
        found.append(_FRAME["known"][lang].format(names=_listed(values["known"], lang)))
    if not values.get("suggestion"):
        found.append(_fill(_entry(complaint.code).help, values, lang))
    return [line for line in found if line]


def file_order(complaints: Iterable[Complaint], files: Sequence[str] = ()) -> list[Complaint]:
    """Sort complaints by file (in the order of ``files``), line and column, each said only once."""
    rank = {name: number for number, name in enumerate(files)}
    unique: dict[tuple[object, ...], Complaint] = {}
    for complaint in complaints:
        unique.setdefault((complaint.code, complaint.place, headline(complaint, "en")), complaint)

    def position(complaint: Complaint) -> tuple[int, str, int, int]:
        place = complaint.place
        if place is None:
            return (-1, "", 0, 0)
        return (rank.get(place.file, len(rank)), place.file, place.line, place.col)

    return sorted(unique.values(), key=position)


# -- layout


def _render_one(complaint: Complaint, lang: str, width: int, color: bool) -> str:
    title = f"{_FRAME['error'][lang]}[{complaint.code}]"
    if color:
        title = f"\x1b[1;31m{title}\x1b[0m"
    lines = [f"{title}{_FRAME['colon'][lang]}{headline(complaint, lang)}"]
    if complaint.place is not None:
        lines += _excerpt(complaint, complaint.place, lang, width)
    hint = f"{_FRAME['hint'][lang]}{_FRAME['colon'][lang]}"
    return "\n".join(lines + [hint + line for line in hints(complaint, lang)])


def _excerpt(complaint: Complaint, place: Place, lang: str, width: int) -> list[str]:
    """Lay out ``--> file:line:col`` and the marked source line(s)."""
    mark = _fill(_entry(complaint.code).mark, complaint.values, lang)
    first = complaint.values.get("first_place")
    gutter = len(str(max(place.line, first.line if first else 0)))
    lines = [f"{' ' * gutter}--> {_clean(str(place))}"]
    if first is not None:
        lines += [" " * gutter + " |"]
        lines += _marked_line(first, "-", _FRAME["first"][lang], gutter, width)
        lines += ["..."] if place.line > first.line + 1 else []
    elif place.excerpt:
        lines += [" " * gutter + " |"]
    return lines + _marked_line(place, "^", mark, gutter, width)


def _marked_line(place: Place, sign: str, mark: str, gutter: int, width: int) -> list[str]:
    if not place.excerpt:
        return []
    start = max(place.col - 1, 0)
    stop = place.end_col - 1 if place.end_line == place.line else len(place.excerpt[0])
    text, start, stop = _window(place.excerpt[0], start, max(stop, start + 1), max(width - gutter - 3, 20))
    before = sum(map(_cells, text[:start]))
    under = max(sum(map(_cells, text[start:stop])), 1)
    shown = "".join(map(_safe, text)).rstrip()
    caret = " " * before + sign * under + (f" {mark}" if mark else "")
    return [f"{place.line:>{gutter}} | {shown}", f"{' ' * gutter} | {caret}"]


def _window(line: str, start: int, stop: int, room: int) -> tuple[str, int, int]:
    """Cut a long line to the part around the mark, and shift the mark with it."""
    if len(line) <= room:
        return line, start, min(stop, max(len(line), start + 1))
    begin = max(0, min(start - room // 4, len(line) - room))
    ending = begin + room
    head, tail = ("..." if begin else ""), ("..." if ending < len(line) else "")
    shift = len(head) - begin
    return head + line[begin:ending] + tail, start + shift, min(stop, ending) + shift


def _cells(character: str) -> int:
    """Return how many columns of a terminal a character takes."""
    if character == "\t":
        return len(_TAB)
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _safe(character: str) -> str:
    """Replace what would disturb a terminal."""
    if character == "\t":
        return _TAB
    return "?" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else character


def _clean(text: str) -> str:
    return "".join(map(_safe, text))


# -- filling in


class _Filler(string.Formatter):
    """``str.format`` that shows a name for which there is no value as ``<name>``."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        return _shown(kwargs[str(key)], self.lang) if str(key) in kwargs else f"<{key}>"


def _fill(template: Words, values: Mapping[str, Any], lang: str) -> str:
    return _Filler(lang).vformat(template[lang], (), values)


def _shown(value: object, lang: str) -> str:
    """Say a value in a message: short, harmless, in the language of the reader."""
    if isinstance(value, Words):
        return value[lang]
    if isinstance(value, (list, tuple, set, frozenset)):
        return _listed(value, lang)
    text = _clean(f"{value:.12g}" if isinstance(value, float) else str(value))
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."


def _listed(names: Iterable[object], lang: str) -> str:
    said = [_shown(name, lang) for name in names]
    more = ["..."] if len(said) > SHOWN_NAMES else []
    return _FRAME["comma"][lang].join(said[:SHOWN_NAMES] + more)


def _entry(code: str) -> Entry:
    return ERRORS.get(code) or Entry(code, code)


def explain(code: str, lang: str) -> str:
    """Return the registry's page on one code: what it says, and what to do; unknown code: KeyError."""
    entry = ERRORS[code]
    parts = [f"{code}  {_fill(entry.headline, {}, lang)}"]
    parts += [f"      {_fill(words, {}, lang)}" for words in (entry.mark, entry.help) if words[lang]]
    return "\n".join(parts)


_FRAME: Mapping[str, Words] = {
    "error": Words("error", "错误"),
    "hint": Words("hint", "提示"),
    "colon": Words(": ", "："),
    "comma": Words(", ", "、"),
    "mean": Words("did you mean `{name}`?", "是否想写 `{name}`？"),
    "known": Words("known: {names}", "可用：{names}"),
    "first": Words("first written here", "首次写在这里"),
    "more": Words("... and {count} more", "……另有 {count} 处"),
    "total": Words("{count} errors", "共 {count} 处错误"),
}

EXIT_CODES: Mapping[int, Words] = {
    0: Words("all is well", "一切正常"),
    1: Words("results drifted, or a claim of a policy does not hold", "结果漂移，或政策断言不成立"),
    2: Words("the input cannot be used (file:line:col is named)", "输入无法使用（指出 文件:行:列）"),
    3: Words("undecided: more replications are needed", "尚无定论：需要更多重复次数"),
    4: Words("runs failed", "运行失败"),
    5: Words("a baseline is missing or was made by another results version", "缺少基线，或基线出自其他结果版本"),
    70: Words("internal error: a fault of the program", "内部错误：程序自身的问题"),
    130: Words("interrupted (Ctrl-C)", "被中断（Ctrl-C）"),
}

# One entry a message, sorted by code: S scenario, Y YAML, R runs, M mechanisms, D data and logs.
ERRORS: dict[str, Entry] = {
    "D401": Entry(
        "there is no request log `{name}`",
        "没有名为 `{name}` 的诉求日志",
        "name one that ships with the twin ({shipped}), or the path of a CSV file",
        "请写随程序提供的日志（{shipped}），或 CSV 文件的路径",
    ),
    "D402": Entry(
        "this request log cannot be read as text: {why}",
        "此诉求日志无法按文本读取：{why}",
        "save it as CSV in UTF-8 (.csv or .csv.gz)",
        "请另存为 UTF-8 编码的 CSV（.csv 或 .csv.gz）",
    ),
    "D403": Entry(
        "the request log has no column `{column}`",
        "诉求日志缺少 `{column}` 列",
        "its first line must name {needed}",
        "首行须写明 {needed}",
    ),
    "D404": Entry(
        "row {row}, column `{column}`: `{value}` is not a date and time",
        "第 {row} 行 `{column}` 列：`{value}` 不是日期时间",
        "write `2011-07-01T09:30`, local time, without a time zone",
        "请写 `2011-07-01T09:30`（当地时间，不带时区）",
    ),
    "D405": Entry(
        "row {row}, column `{column}` is empty",
        "第 {row} 行 `{column}` 列为空",
        "every request needs one",
        "每条诉求都须填写",
    ),
    "D406": Entry(
        "row {row}, column `{column}`: `{value}` will not do",
        "第 {row} 行 `{column}` 列：`{value}` 不合要求",
    ),
    "D407": Entry(
        "row {row}: closed (`{closed}`) before it was created (`{created}`)",
        "第 {row} 行：办结时间（`{closed}`）早于创建时间（`{created}`）",
        "give both in the same local time",
        "两者请用同一当地时间",
    ),
    "D408": Entry(
        "the request log spans {days} days",
        "诉求日志只有 {days} 天",
        "to be replayed it needs at least seven, so that every weekday is there",
        "回放至少需要七天，以覆盖一周的每一天",
    ),
    "D409": Entry(
        "the request log has only {has} requests a day, {wanted} are wanted",
        "诉求日志每天只有 {has} 条，而要求 {wanted} 条",
        "a log can be thinned, not thickened: ask for fewer, or give a larger log",
        "日志只能抽稀，不能加密：请减少，或换更大的日志",
    ),
    "D410": Entry(
        "row {row} has {found} cells, the first line has {needed}",
        "第 {row} 行有 {found} 格，首行有 {needed} 格",
        "put quotes around a cell that holds a comma",
        "含逗号的单元格请加引号",
    ),
    "D411": Entry(
        "the request log has the category `{category}`, the scenario has not",
        "诉求日志中有类别 `{category}`，而场景中没有",
        "give the scenario `categories:` with {needed}",
        "请在场景的 `categories:` 中列出 {needed}",
    ),
    "M301": Entry(
        "mechanism `{mechanism}` reads `{column}`, which it does not declare",
        "机制 `{mechanism}` 读取了未声明的 `{column}`",
        "add it to `reads`",
        "请在 `reads` 中声明",
    ),
    "M302": Entry(
        "there is no table or column `{column}`",
        "没有 `{column}` 这个表或列",
    ),
    "M303": Entry(
        "the column `{column}` exists already, or its name is taken",
        "列 `{column}` 已存在，或该名称已被占用",
        "choose another name",
        "请换一个名称",
    ),
    "M304": Entry(
        "mechanism `{mechanism}` sets `{column}`, which it does not own",
        "机制 `{mechanism}` 写入了不归它所有的 `{column}`",
        "only the owner may set a column; declare it in `owns`, or add to it",
        "只有所有者可以写入；请在 `owns` 中声明，或改为累加",
    ),
    "M305": Entry(
        "mechanism `{mechanism}` adds to `{column}` without declaring it",
        "机制 `{mechanism}` 未声明就累加了 `{column}`",
        "declare it in `adds`",
        "请在 `adds` 中声明",
    ),
    "M306": Entry(
        "mechanism `{mechanism}` spawns rows of `{table}` without declaring it",
        "机制 `{mechanism}` 未声明就向 `{table}` 新增行",
        "declare it in `spawns`",
        "请在 `spawns` 中声明",
    ),
    "M307": Entry(
        "mechanism `{mechanism}` sets a cell of `{column}` twice in one phase",
        "机制 `{mechanism}` 在同一阶段两次写入 `{column}` 的同一单元",
        "set each row once, or add",
        "每行只写一次，或改为累加",
    ),
    "M308": Entry(
        "`{column}` is both set and added to in one phase",
        "`{column}` 在同一阶段既被写入又被累加",
        "do one of them in another phase",
        "请把其中之一放到别的阶段",
    ),
    "M309": Entry(
        "two rows of `{table}` would have the key {key}",
        "`{table}` 会有两行使用同一个键 {key}",
        "derive the key from what is unique to the row: its cause, kind and occurrence",
        "请由该行独有的起因、种类和次序生成键",
    ),
    "M310": Entry(
        "mechanism `{mechanism}` names rows that `{table}` ({rows} rows) does not have",
        "机制 `{mechanism}` 指定了 `{table}`（共 {rows} 行）中不存在的行",
        "rows are whole numbers from 0, or a mask of the table's length",
        "行号是从 0 开始的整数，或与表等长的掩码",
    ),
    "M311": Entry(
        "values of type {dtype} do not fit into the column `{column}`",
        "类型 {dtype} 的值无法存入列 `{column}`",
        "round fractions yourself before they go into whole numbers",
        "小数存入整数列之前请自行取整",
    ),
    "M312": Entry(
        "`{column}` needs one value, or one for each of {rows} rows, not an array of shape {shape}",
        "`{column}` 需要一个值，或 {rows} 行各一个值，而不是形状为 {shape} 的数组",
    ),
    "M313": Entry(
        "mechanism `{mechanism}` moves `{column}` by something that is not a finite number",
        "机制 `{mechanism}` 对 `{column}` 的改变量不是有限数",
    ),
    "M314": Entry(
        "the metric `{metric}` is not a finite number ({value})",
        "指标 `{metric}` 不是有限数（{value}）",
        "a metric that is undefined returns None",
        "没有定义的指标应返回 None",
    ),
    "M315": Entry("two mechanisms are called `{name}`", "有两个机制名为 `{name}`"),
    "M316": Entry(
        "mechanism `{mechanism}` declares `{column}`, which is not a name of the form `table.column`",
        "机制 `{mechanism}` 声明的 `{column}` 不是 `表.列` 形式的名称",
        "levers are read as `levers.block` or `levers.block.parameter`",
        "杠杆写作 `levers.块` 或 `levers.块.参数`",
    ),
    "M317": Entry("mechanism `{mechanism}` acts in no phase", "机制 `{mechanism}` 没有所属阶段"),
    "M318": Entry(
        "mechanism `{mechanism}` asks for dates, but this world has no clock",
        "机制 `{mechanism}` 需要日期，但这个世界没有时钟",
    ),
    "M319": Entry(
        "mechanism `{mechanism}` adds to `{column}`, which holds yes or no",
        "机制 `{mechanism}` 累加的 `{column}` 是是非列",
        "count in a column of numbers",
        "请用数值列计数",
    ),
    "M320": Entry(
        "`{first}` and `{second}` both own the column `{column}`",
        "`{first}` 与 `{second}` 都声明拥有列 `{column}`",
        "one owns it, the other adds to it",
        "只能一个拥有，另一个累加",
    ),
    "M321": Entry("there is no mechanism `{name}`", "没有名为 `{name}` 的机制"),
    "M322": Entry(
        "mechanism `{mechanism}` declares `{column}`, which does not exist",
        "机制 `{mechanism}` 声明的 `{column}` 不存在",
        "its table, or the mechanism that owns it, is missing",
        "缺少该表，或缺少拥有该列的机制",
    ),
    "M323": Entry(
        "mechanism `{mechanism}` measures `{metric}`, as another does",
        "机制 `{mechanism}` 的指标 `{metric}` 与别的机制重名",
    ),
    "M324": Entry(
        "the mechanism file `{name}.py` holds {count} mechanisms of that name, not one",
        "机制文件 `{name}.py` 中同名机制有 {count} 个，而不是一个",
    ),
    "M330": Entry("{file}: it {sentence}: {fault}", "{file}：“{sentence}”不成立：{fault}"),
    "M331": Entry("unknown key `{key}` of an acceptance case", "验收案例中有未知的键 `{key}`"),
    "R201": Entry(
        "`{folder}` holds another experiment; it differs in: {differing}",
        "`{folder}` 中是另一个实验，不同之处：{differing}",
        "choose another folder with --out; a folder keeps one experiment",
        "请用 --out 另选文件夹；一个文件夹只保存一个实验",
    ),
    "R202": Entry(
        "`{folder}` is neither empty nor a run folder: it holds {files}",
        "`{folder}` 既不是空文件夹，也不是运行文件夹：其中有 {files}",
        "choose a new or an empty folder with --out",
        "请用 --out 选择新的或空的文件夹",
    ),
    "R203": Entry(
        "`{folder}` cannot be used as a run folder: {reason}",
        "`{folder}` 无法用作运行文件夹：{reason}",
        "choose a folder that can be written",
        "请选择可以写入的文件夹",
    ),
    "R204": Entry(
        "another process is working in `{folder}`",
        "另一个进程正在使用 `{folder}`",
        "wait until it ends, or choose another folder with --out",
        "请等它结束，或用 --out 另选文件夹",
    ),
    "R205": Entry(
        "`{folder}` holds {held} replications, more than the {asked} asked for",
        "`{folder}` 已有 {held} 次重复，多于所要求的 {asked} 次",
        "ask for at least {held} with -n, or choose another folder",
        "请用 -n 要求至少 {held} 次，或另选文件夹",
    ),
    "R210": Entry(
        "{failed} of {total} runs failed; arm `{arm}`, seed {seed}: {reason}",
        "{total} 次运行中有 {failed} 次失败；方案 `{arm}`，种子 {seed}：{reason}",
        "the finished runs are kept in the run folder (--out); the same command tries only these again",
        "已完成的运行保存在运行文件夹（--out）中；重复同一命令只重试失败的运行",
    ),
    "R212": Entry(
        "{replications} replications cannot be run",
        "无法运行 {replications} 次重复",
        "ask for 1 to {most}; an interval needs at least 2",
        "可取 1 至 {most} 次；要有置信区间至少 2 次",
    ),
    "R213": Entry(
        "the seed {seed} is out of range",
        "种子 {seed} 超出范围",
        "seeds are whole numbers from 0",
        "种子是从 0 起的整数",
    ),
    "R214": Entry("{jobs} processes are too few", "进程数 {jobs} 过少", "ask for at least 1", "至少为 1"),
    "R215": Entry(
        "settings cannot be applied to a loaded scenario (`{scenario}`)",
        "已加载的场景（`{scenario}`）不能再设置参数",
        "give the file's path, or pass `sets` to `load`",
        "请给出文件路径，或在 `load` 时传入 `sets`",
    ),
    "R221": Entry("there is no option `{option}`", "没有选项 `{option}`"),
    "R222": Entry("there is no command `{command}`", "没有命令 `{command}`"),
    "R223": Entry(
        "`{argument}` is missing",
        "缺少 `{argument}`",
        "`{program} --help` shows what is needed",
        "`{program} --help` 显示所需内容",
    ),
    "R224": Entry("a wrong value for `{argument}`: {reason}", "`{argument}` 的值有误：{reason}"),
    "R225": Entry(
        "the command line cannot be read: {reason}",
        "命令行无法识别：{reason}",
        "`{program} --help` shows the options",
        "`{program} --help` 显示所有选项",
    ),
    "R226": Entry("`{option}` needs a value", "`{option}` 需要一个值"),
    "R227": Entry(
        "more arguments than expected: {extra}",
        "多余的参数：{extra}",
        "`{program} --help` shows what is needed",
        "`{program} --help` 显示所需内容",
    ),
    "R230": Entry(
        "orders were lost: the desk counts {counted} {what}, its records hold {found}",
        "工单有遗失：服务台计 {counted}（{what}），记录中有 {found}",
    ),
    "R231": Entry(
        "ticket {order} runs backwards: `{second}` is missing or before `{first}`",
        "工单 {order} 时间倒流：`{second}` 缺失或早于 `{first}`",
    ),
    "R232": Entry(
        "worker {worker} is in two places at minute {minute}: ticket {order}",
        "工作人员 {worker} 在第 {minute} 分钟身处两地：工单 {order}",
    ),
    "R233": Entry(
        "Little's law does not hold for team `{team}`: queue integral {area} min, waits {waits} min; "
        "the longest wait is ticket {order}",
        "队伍 `{team}` 不满足利特尔定律：队长积分 {area} 分钟，等待合计 {waits} 分钟；等待最久的是工单 {order}",
    ),
    "R234": Entry(
        "row {row}: `{column}` is {value}, a row that `{of}` does not have",
        "第 {row} 行：`{column}` 为 {value}，而 `{of}` 中没有这一行",
    ),
    "R235": Entry(
        "row {row}: `{column}` is {value}, outside its bounds",
        "第 {row} 行：`{column}` 为 {value}，超出界限",
    ),
    "R236": Entry(
        "ticket {order} was created before its incident began",
        "工单 {order} 的创建早于事件发生",
    ),
    "R237": Entry(
        "ticket {order} repeats a report that nobody made before",
        "工单 {order} 重复了此前并无人提出的诉求",
    ),
    "R238": Entry(
        "ticket {order} was merged into an order of another matter, or into a merged one",
        "工单 {order} 被并入另一事件的工单，或并入已合并的工单",
    ),
    "R239": Entry(
        "worker {worker} worked {minutes} min outside the roster on ticket {order}",
        "工作人员 {worker} 在班次之外为工单 {order} 工作了 {minutes} 分钟",
    ),
    "S101": Entry(
        "unknown key `{key}`",
        "未知的键 `{key}`",
        mark_en="not a key of {owner}",
        mark_zh="{owner}没有这个键",
    ),
    "S102": Entry(
        "`{key}` is missing",
        "缺少 `{key}`",
        "write `{key}: ...` {here}",
        "请{here}写上 `{key}: ...`",
    ),
    "S103": Entry(
        "bad value for `{path}`",
        "`{path}` 的值不对",
        mark_en="expected {expected}, found {found}",
        mark_zh="应为 {expected}，却是 {found}",
    ),
    "S104": Entry(
        "bad quantity for `{path}`",
        "`{path}` 的数量无法识别",
        "write a number and a unit, such as `{example}`",
        "请写数字加单位，例如 `{example}`",
        "`{text}` is not a number with a unit",
        "`{text}` 不是带单位的数量",
    ),
    "S105": Entry(
        "`{path}` needs a unit",
        "`{path}` 需要单位",
        "write `{example}`",
        "请写 `{example}`",
        "a bare number; this is measured in {unit}",
        "只有数字；此处以 {unit} 计",
    ),
    "S106": Entry(
        "bad unit for `{path}`",
        "`{path}` 的单位不对",
        mark_en="unknown unit `{given}`; this is measured in {unit}",
        mark_zh="未知单位 `{given}`；此处以 {unit} 计",
    ),
    "S107": Entry(
        "wrong kind of unit for `{path}`",
        "`{path}` 的单位种类不对",
        mark_en="`{given}` cannot be turned into {unit}",
        mark_zh="`{given}` 不能换算为 {unit}",
    ),
    "S108": Entry(
        "`{path}` is out of range",
        "`{path}` 超出范围",
        mark_en="{value} is not in {range}",
        mark_zh="{value} 不在 {range} 之内",
    ),
    "S109": Entry(
        "bad choice for `{path}`",
        "`{path}` 的选项不对",
        mark_en="`{value}` is not one of the choices",
        mark_zh="`{value}` 不在可选项之中",
    ),
    "S110": Entry(
        "there is no arm `{arm}`",
        "没有名为 `{arm}` 的方案",
    ),
    "S111": Entry(
        "arms refer to each other in a circle: {circle}",
        "方案之间循环引用：{circle}",
        "let one of them stand without `like`",
        "请让其中一个不用 `like`",
    ),
    "S112": Entry(
        "there is no arm to run",
        "没有可运行的方案",
        "write at least one, such as `arms: {{manual: {{}}}}`",
        "请至少写一个，例如 `arms: {{manual: {{}}}}`",
    ),
    "S113": Entry(
        "there is no arm `{arm}` to take away",
        "没有可删除的方案 `{arm}`",
        "for an arm without changes write `{arm}: {{}}`",
        "若方案不作改动，请写 `{arm}: {{}}`",
        "nothing stands here",
        "这里是空的",
    ),
    "S114": Entry(
        "files extend each other in a circle: {circle}",
        "文件循环继承：{circle}",
        "take one `extends` away",
        "请去掉其中一个 `extends`",
    ),
    "S115": Entry(
        "too many files extend one another (more than {limit})",
        "继承的文件层数过多（超过 {limit} 层）",
        "copy what you need into fewer files",
        "请把需要的内容合并到较少的文件中",
    ),
    "S116": Entry(
        "this file is of version {version}",
        "此文件的版本为 {version}",
        "this twin reads version 1; a newer twin is needed",
        "本程序读取版本 1；请升级程序",
        "not a version that can be read",
        "无法读取的版本",
    ),
    "S117": Entry(
        "`warm_up_days` must be less than `days`",
        "`warm_up_days` 必须小于 `days`",
        "leave at least one day to measure",
        "请至少留一天用于测量",
        "{warm_up_days} of {days} days",
        "共 {days} 天，预热占 {warm_up_days} 天",
    ),
    "S118": Entry(
        "there is no metric `{metric}`",
        "没有名为 `{metric}` 的指标",
    ),
    "S120": Entry(
        "there is no category `{category}`",
        "没有名为 `{category}` 的类别",
        "name it under `categories:`",
        "请先写在 `categories:` 之下",
    ),
    "S122": Entry(
        "bad limits in `{path}`",
        "`{path}` 的时限不对",
        "write four numbers, for priority 0, 1, 2, 3, none smaller than the one before",
        "请写四个数，依次对应优先级 0、1、2、3，后一个不小于前一个",
    ),
    "S123": Entry(
        "`--set` needs `path=value`",
        "`--set` 的写法应为 `path=value`",
        "such as `--set desk.misroute_chance=0.1`",
        "例如 `--set desk.misroute_chance=0.1`",
    ),
    "S124": Entry(
        "`{key}` cannot be set",
        "`{key}` 不能用 --set 设置",
        "`--set` is applied to every arm, after the arm: write the path inside the arm, such as `desk.dedup`",
        "`--set` 最后施加于每个方案：请写方案内的路径，例如 `desk.dedup`",
    ),
    "S125": Entry(
        "bad date for `{path}`",
        "`{path}` 的日期无法识别",
        "write year-month-day, such as `2025-01-06`",
        "请写 年-月-日，例如 `2025-01-06`",
        "`{text}` is not a date",
        "`{text}` 不是日期",
    ),
    "S126": Entry(
        "`{path}` must be a whole number",
        "`{path}` 必须是整数",
        mark_en="{value} is not whole",
        mark_zh="{value} 不是整数",
    ),
    "S127": Entry(
        "`{name}` cannot be a name",
        "`{name}` 不能用作名称",
        "use letters, digits, `_` and `-`, starting with a letter",
        "请用字母或汉字、数字、`_`、`-`，以字母或汉字开头",
    ),
    "S128": Entry(
        "bad time of day for `{path}`",
        "`{path}` 的时刻无法识别",
        "write hours and minutes, such as `09:00`, each later than the one before",
        "请写 时:分，例如 `09:00`，后一个晚于前一个",
        "`{text}` will not do",
        "`{text}` 不合要求",
    ),
    "S129": Entry(
        "`{file}` exists already",
        "`{file}` 已经存在",
        "choose another name, or take the file away yourself",
        "请换一个名称，或自行移走该文件",
    ),
    "S130": Entry(
        "`{file}` cannot be written: {why}",
        "无法写入 `{file}`：{why}",
    ),
    "S131": Entry(
        "there is no message `{code}`",
        "没有编号为 `{code}` 的消息",
        "`twin errors` lists them all",
        "`twin errors` 列出全部消息",
    ),
    "S132": Entry(
        "`{path}` is wrong ({kind})",
        "`{path}` 有误（{kind}）",
    ),
    "S133": Entry(
        "a list of the wrong length for `{path}`",
        "`{path}` 的列表长度不对",
        mark_en="{expected} items are needed, {found} are here",
        mark_zh="需要 {expected} 项，这里有 {found} 项",
    ),
    "S134": Entry(
        "the shares of the categories add up to nothing",
        "各类别的占比之和为零",
        "give at least one category a `share`",
        "请至少给一个类别写 `share`",
    ),
    "S135": Entry(
        "there is no channel `{channel}`",
        "没有名为 `{channel}` 的渠道",
    ),
    "S136": Entry(
        "there is no grid {grid}",
        "没有第 {grid} 号网格",
        "grids are counted from 0 to {last}; `population.grids` is {count}",
        "网格编号为 0 到 {last}；`population.grids` 为 {count}",
    ),
    "S137": Entry(
        "too many arms: {count}",
        "方案过多：{count} 个",
        "at most {limit} are compared in one scenario",
        "一个场景最多比较 {limit} 个方案",
    ),
    "S140": Entry(
        "these are not opening hours: `{text}`",
        "无法识别的开放时间：`{text}`",
        "`{part}` is not understood; write 5x8, 7x8, 7x12, 7x16, 24x7, or `Mon-Fri 08:30-12:00,13:30-17:30; Sat 9-12`",
        "不理解 `{part}`；请写 5x8、7x8、7x12、7x16、24x7，或 `周一至周五 08:30-12:00,13:30-17:30; 周六 9:00-12:00`",
    ),
    "S141": Entry(
        "opening hours overlap: `{text}`",
        "开放时间重叠：`{text}`",
        "a span opens at {at}, before the one before it has closed",
        "{at} 开始的时段早于前一时段的结束",
    ),
    "S142": Entry(
        "unknown holidays `{holidays}`",
        "未知的节假日 `{holidays}`",
    ),
    "S143": Entry(
        "the public holidays of {year} are not known",
        "没有 {year} 年的节假日数据",
        "they are known from {first} to {last}; or set `holidays: none`",
        "可用年份为 {first} 至 {last}；也可设 `holidays: none`",
    ),
    "Y001": Entry(
        "`{file}` was not found",
        "找不到 `{file}`",
    ),
    "Y002": Entry(
        "`{file}` is a folder, not a file",
        "`{file}` 是文件夹，不是文件",
    ),
    "Y003": Entry(
        "`{file}` cannot be read: {why}",
        "无法读取 `{file}`：{why}",
    ),
    "Y004": Entry(
        "`{file}` is too large ({size} bytes)",
        "`{file}` 过大（{size} 字节）",
        "at most {limit} bytes are read; is this the right file?",
        "最多读取 {limit} 字节；文件是否选对了？",
    ),
    "Y005": Entry(
        "this file is written in GBK, not in UTF-8",
        "此文件是 GBK 编码，不是 UTF-8",
        "save it as UTF-8 (Notepad: Save as, Encoding, UTF-8)",
        "请另存为 UTF-8（记事本：另存为，编码，UTF-8）",
        "the first character that shows it",
        "由此字符可知",
    ),
    "Y006": Entry(
        "this file is not UTF-8 text",
        "此文件不是 UTF-8 文本",
        "save it as UTF-8",
        "请另存为 UTF-8",
        "{what}",
        "{what}",
    ),
    "Y007": Entry(
        "a character that no text may hold: {name}",
        "文本中不允许的字符：{name}",
        "delete it; the file may be damaged or not be text at all",
        "请删除它；文件可能已损坏，或不是文本",
        "here",
        "在这里",
    ),
    "Y008": Entry(
        "`{file}` is empty",
        "`{file}` 是空的",
        "`twin new NAME` writes a file to start from",
        "`twin new NAME` 可生成一份起始文件",
    ),
    "Y009": Entry(
        "a tab at the start of a line",
        "行首有制表符（Tab）",
        "indent with spaces: two a level",
        "请用空格缩进：每层两个",
        "a tab",
        "制表符",
    ),
    "Y010": Entry(
        "this cannot be read as YAML",
        "无法按 YAML 读取",
        mark_en="{what}",
        mark_zh="{what}",
    ),
    "Y011": Entry(
        "nested too deeply (more than {limit} levels)",
        "嵌套过深（超过 {limit} 层）",
        mark_en="one level too many",
        mark_zh="多出的一层",
    ),
    "Y012": Entry(
        "aliases repeat too much (more than {limit} values)",
        "别名展开过多（超过 {limit} 个值）",
        "write the values out, or use `extends` and `like`",
        "请直接写出各值，或用 `extends`、`like`",
        "too much from here on",
        "从这里起过多",
    ),
    "Y013": Entry(
        "`*{name}` contains itself",
        "`*{name}` 包含了自身",
        mark_en="inside its own anchor",
        mark_zh="位于自己的锚点之内",
    ),
    "Y014": Entry(
        "no anchor `&{name}` stands above",
        "上文没有锚点 `&{name}`",
    ),
    "Y015": Entry(
        "duplicate key `{key}`",
        "重复的键 `{key}`",
        "keep one of the two",
        "请只保留一个",
        "written again here",
        "在这里又写了一次",
    ),
    "Y016": Entry(
        "a key must be text",
        "键必须是文字",
        'put quotes around it: `"{text}"`',
        '请加引号：`"{text}"`',
        "this is {found}",
        "这是{found}",
    ),
    "Y017": Entry(
        "tags are not read: `{tag}`",
        "不读取标签：`{tag}`",
        "write the value plainly, without `!`",
        "请直接写值，不用 `!`",
        "delete this",
        "请删除",
    ),
    "Y018": Entry(
        "not a number that can be used: `{text}`",
        "无法使用的数：`{text}`",
        "numbers are finite and of ordinary size",
        "数必须有限且大小正常",
        "{what}",
        "{what}",
    ),
    "Y019": Entry(
        "more than one document in one file",
        "一个文件中有多份文档",
        "keep one, or split the file",
        "请只留一份，或拆成多个文件",
        "a second document starts here",
        "第二份文档从这里开始",
    ),
    "Y020": Entry(
        "merge keys are not read: `<<`",
        "不读取合并键：`<<`",
        "use `extends` for files and `like` for arms",
        "文件之间用 `extends`，方案之间用 `like`",
        "not a key",
        "不是键",
    ),
    "Y021": Entry(
        "too many values (more than {limit})",
        "值过多（超过 {limit} 个）",
        "keep large tables in their own data file",
        "请把大表放在单独的数据文件中",
        "too many from here on",
        "从这里起过多",
    ),
    "Y022": Entry(
        "a scenario is a map of keys, not {found}",
        "场景文件应为键值对，而不是{found}",
        "start with `version: 1`",
        "请以 `version: 1` 开头",
    ),
    "Y023": Entry(
        "`{file}` was not found",
        "找不到 `{file}`",
        "the path is relative to the file that names it",
        "路径相对于写它的文件",
        "there is no such file",
        "没有这个文件",
    ),
}
