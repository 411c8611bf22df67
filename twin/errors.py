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


def render_doubts(doubts: Iterable[Complaint], lang: str = "en", width: int = 100, color: bool = False) -> str:
    """Lay out what can be run though it is doubtful; nothing is refused."""
    return "\n\n".join(_render_one(doubt, lang, width, color, "doubt") for doubt in doubts)


def severity(complaint: Complaint) -> Literal["error", "warning"]:
    """Tell whether a finding forbids going on (codes of warnings begin with W)."""
    return "warning" if complaint.code.startswith("W") else "error"


def render_findings(findings: Sequence[Complaint], lang: str = "en", width: int = 100, color: bool = False) -> str:
    """Lay out errors and warnings together, in their order, and count both."""
    kinds = {"error": "error", "warning": "doubt"}
    shown = [_render_one(one, lang, width, color, kinds[severity(one)]) for one in findings[:SHOWN_COMPLAINTS]]
    if len(findings) > len(shown):
        shown.append(_FRAME["more"][lang].format(count=len(findings) - len(shown)))
    warnings = sum(severity(one) == "warning" for one in findings)
    if findings:
        shown.append(_FRAME["both"][lang].format(errors=len(findings) - warnings, warnings=warnings))
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


def _render_one(complaint: Complaint, lang: str, width: int, color: bool, kind: str = "error") -> str:
    title = f"{_FRAME[kind][lang]}[{complaint.code}]"
    if color:
        title = f"\x1b[{_COLOURS[kind]}m{title}\x1b[0m"
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
    "doubt": Words("warning", "警告"),
    "hint": Words("hint", "提示"),
    "colon": Words(": ", "："),
    "comma": Words(", ", "、"),
    "mean": Words("did you mean `{name}`?", "是否想写 `{name}`？"),
    "known": Words("known: {names}", "可用：{names}"),
    "first": Words("first written here", "首次写在这里"),
    "more": Words("... and {count} more", "……另有 {count} 处"),
    "total": Words("{count} errors", "共 {count} 处错误"),
    "both": Words("{errors} errors, {warnings} warnings", "{errors} 处错误，{warnings} 处警告"),
}

_COLOURS = {"error": "1;31", "doubt": "1;33"}

EXIT_CODES: Mapping[int, Words] = {
    0: Words("all is well", "一切正常"),
    1: Words(
        "results drifted, a claim of a policy does not hold, a request log has faults, or a mechanism fails a check",
        "结果漂移、政策断言不成立、诉求日志有问题，或机制未通过检查",
    ),
    2: Words("the input cannot be used (file:line:col is named)", "输入无法使用（指出 文件:行:列）"),
    3: Words("undecided: more replications are needed", "尚无定论：需要更多重复次数"),
    4: Words("runs failed", "运行失败"),
    5: Words("a baseline is missing or was made by another results version", "缺少基线，或基线出自其他结果版本"),
    70: Words("internal error: a fault of the program", "内部错误：程序自身的问题"),
    130: Words("interrupted (Ctrl-C)", "被中断（Ctrl-C）"),
}

# One entry a message, sorted by code: S scenario, Y YAML, R runs, M mechanisms, D data and logs,
# E rules (errors) and W rules (warnings).
ERRORS: dict[str, Entry] = {
    "D401": Entry(
        "there is no request log `{name}`",
        "没有名为 `{name}` 的诉求日志",
        "name one that ships with the twin ({shipped}), or the path of a file",
        "请写随程序提供的日志（{shipped}），或文件的路径",
    ),
    "D402": Entry(
        "this request log cannot be read: {why}",
        "此诉求日志无法读取：{why}",
        "save it as CSV in UTF-8 (.csv, .csv.gz), or as a workbook (.xlsx)",
        "请另存为 UTF-8 编码的 CSV（.csv、.csv.gz），或工作簿（.xlsx）",
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
        "row {row} has more or fewer cells than the header",
        "第 {row} 行的单元格数与表头不符",
        "put quotes around a cell that holds a comma",
        "含逗号的单元格请加引号",
    ),
    "D411": Entry(
        "the request log has the category `{category}`, the scenario has not",
        "诉求日志中有类别 `{category}`，而场景中没有",
        "give the scenario `categories:` with {needed}",
        "请在场景的 `categories:` 中列出 {needed}",
    ),
    "D412": Entry(
        "the source of reports is `demand`, but no demand is given",
        "诉求来源为 `demand`，但没有给出需求",
        "lay the scenario on a fit: `extends: demand.yaml`, written by `twin data fit LOG -o demand.yaml`",
        "请让场景继承拟合结果：`extends: demand.yaml`，由 `twin data fit LOG -o demand.yaml` 写出",
    ),
    "D413": Entry(
        "this table of daily rain cannot be used: {why}",
        "此逐日降雨表无法使用：{why}",
        "two columns are needed: the date, and the rain of the day in mm",
        "需要两列：日期，以及当日降雨量（毫米）",
    ),
    "D414": Entry(
        "no column of the log is known to be the time of creation; there are {found}",
        "诉求日志中没有可识别的创建时间列；现有列：{found}",
        "name it in a mapping file: `created: NAME OF THE COLUMN`, and give `--map mapping.yaml`",
        "请在映射文件中写明：`created: 列名`，并使用 `--map mapping.yaml`",
    ),
    "D415": Entry(
        "the mapping names the column `{column}`, which the log has not",
        "映射文件中的列 `{column}` 在诉求日志中不存在",
    ),
    "D416": Entry(
        "none of the channels that the mapping calls staff's own is in the log: {channels}",
        "映射文件列出的工作人员渠道在诉求日志中均不存在：{channels}",
        "the channels are {found}",
        "现有渠道：{found}",
    ),
    "D418": Entry(
        "`{file}` has no row that can be used",
        "`{file}` 中没有可用的行",
        "every row needs a time of creation",
        "每一行都要有创建时间",
    ),
    "D419": Entry(
        "unknown time zone `{zone}`",
        "未知的时区 `{zone}`",
    ),
    "D420": Entry(
        "a mapping is a list of `key: value` lines",
        "映射文件应为若干行 `键: 值`",
        "such as `created: 登记时间`",
        "例如 `created: 登记时间`",
    ),
    "D421": Entry(
        "a mapping has at most {most} keys, this one has {count}",
        "映射文件最多 {most} 个键，这里有 {count} 个",
    ),
    "D422": Entry(
        "`{key}` of the mapping must be text",
        "映射文件中的 `{key}` 应为文字",
    ),
    "D423": Entry(
        "`{key}` of the mapping cannot be `{value}`",
        "映射文件中的 `{key}` 不能是 `{value}`",
    ),
    "D424": Entry(
        "the workbook has no sheet `{sheet}`",
        "工作簿中没有工作表 `{sheet}`",
    ),
    "D425": Entry(
        "the log is too small to be fitted: {count} requests on {days} days",
        "诉求日志太小，无法拟合：{days} 天共 {count} 条",
        "at least {least} requests on {least_days} days are needed",
        "至少需要 {least_days} 天、{least} 条诉求",
    ),
    "D426": Entry(
        "`{text}` is not a date of a holiday",
        "`{text}` 不是节假日日期",
        "write none, china, or dates such as `2011-07-04 2011-09-05`",
        "请写 none、china，或日期，例如 `2011-07-04 2011-09-05`",
    ),
    "D427": Entry(
        "the log has no area `{area}`",
        "诉求日志中没有区域 `{area}`",
    ),
    "D428": Entry(
        "no line of this table names its columns",
        "此表没有列名行",
        "put a line of names above it, such as `created,closed,category`",
        "请在最上方加一行列名，例如 `登记时间,办结时间,诉求类别`",
    ),
    "D430": Entry(
        "the text was read as {encoding}, not UTF-8",
        "文本按 {encoding} 读取，而非 UTF-8",
    ),
    "D431": Entry(
        "{count} characters are no {encoding} and were lost",
        "{count} 个字符不属于 {encoding}，已丢失",
        "save the file again from where it comes, as UTF-8",
        "请从来源系统重新导出为 UTF-8",
    ),
    "D432": Entry(
        "the text had been read in a wrong encoding and saved again; it was turned back",
        "文本曾以错误编码读取并另存，已还原",
    ),
    "D433": Entry(
        "{count} other sheets of the workbook were not read; this is `{sheet}`",
        "工作簿另有 {count} 个工作表未读取；所读为 `{sheet}`",
        "name another one in the mapping: `sheet: NAME`",
        "可在映射文件中另行指定：`sheet: 名称`",
    ),
    "D434": Entry(
        "cells merged downwards were filled in each row ({count} rows)",
        "纵向合并的单元格已逐行填充（{count} 行）",
    ),
    "D435": Entry(
        "{count} rows above the header were skipped",
        "表头以上的 {count} 行已跳过",
    ),
    "D436": Entry(
        "columns with the same name: {columns}; the first of each is used",
        "同名的列：{columns}；各取第一列",
    ),
    "D437": Entry(
        "{count} blank rows were skipped",
        "{count} 个空行已跳过",
    ),
    "D438": Entry(
        "the header stands again in {count} rows, which were skipped",
        "表头重复出现 {count} 次，已跳过",
    ),
    "D439": Entry(
        "{count} rows of totals were skipped",
        "{count} 个合计行已跳过",
    ),
    "D440": Entry(
        "{count} rows have more cells than the header and were left out",
        "{count} 行的单元格多于表头，已舍弃",
        "put quotes around a cell that holds a comma",
        "含逗号的单元格请加引号",
    ),
    "D441": Entry(
        "{count} rows have fewer cells than the header; the missing ones are taken for empty",
        "{count} 行的单元格少于表头，缺少的按空处理",
    ),
    "D442": Entry(
        "the column `{column}` was turned into running numbers ({field}); its content is not kept",
        "`{column}` 列已转为流水编号（{field}），原内容不保留",
    ),
    "D443": Entry(
        "{count} columns with personal data or free text were left out: {columns}",
        "{count} 个含个人信息或自由文本的列已舍弃：{columns}",
    ),
    "D444": Entry(
        "the time of the last change was taken for the closing of {count} closed requests",
        "{count} 条已办结诉求以最后更新时间作为办结时间",
        "Open311 has no time of closing, and none between report and closing",
        "Open311 没有办结时间，也没有中间环节的时间",
    ),
    "D445": Entry(
        "`{column}`: times in the forms {forms}",
        "`{column}` 列：时间格式为 {forms}",
    ),
    "D446": Entry(
        "`{column}`: numbers with slashes were read {order}",
        "`{column}` 列：斜线日期按 {order} 读取",
        "settle it in the mapping: `dates: day_first` or `dates: month_first`",
        "可在映射文件中指定：`dates: day_first` 或 `dates: month_first`",
    ),
    "D447": Entry(
        "`{column}`: offsets from UTC are written ({offsets}); time zone: {zone}",
        "`{column}` 列：写有与 UTC 的时差（{offsets}）；时区：{zone}",
        "without `time_zone` in the mapping, times stand as they are written",
        "映射文件中没有 `time_zone` 时，按所写时刻读取",
    ),
    "D448": Entry(
        "`{column}`: {count} cells hold a telephone or identity number or an address of mail, and were emptied",
        "`{column}` 列：{count} 格含电话、证件号或邮箱，已清空",
    ),
    "D449": Entry(
        "`{column}` holds sentences, not names, and was left out",
        "`{column}` 列为自由文本而非名称，已舍弃",
        "name another column in the mapping",
        "请在映射文件中指定其他列",
    ),
    "D450": Entry(
        "{count} requests were closed before they were created; these closings are not used",
        "{count} 条诉求的办结时间早于创建时间，这些办结时间不使用",
    ),
    "D451": Entry(
        "{count} requests were created years away from all others, and were left out",
        "{count} 条诉求的创建时间与其余相差数年，已舍弃",
    ),
    "D452": Entry(
        "{count} columns are not used: {columns}",
        "{count} 列未使用：{columns}",
    ),
    "D453": Entry(
        "`{column}` is empty in {count} rows",
        "`{column}` 列有 {count} 行为空",
    ),
    "D454": Entry(
        "latitude and longitude were the wrong way round ({count} rows) and were swapped",
        "经纬度颠倒（{count} 行），已互换",
    ),
    "D455": Entry(
        "{count} coordinates cannot be on this map and were emptied",
        "{count} 个坐标不可能在本地图上，已清空",
    ),
    "D456": Entry(
        "`{column}`: {count} numbers had separators of thousands",
        "`{column}` 列：{count} 个数带千位分隔符",
    ),
    "D457": Entry(
        "no column names the place; {count} requests in the same 100 m count as one place",
        "没有地点列；同一 100 米网格内的诉求视为同一地点（{count} 条）",
    ),
    "D458": Entry(
        "{count} rows repeat an earlier one in every cell, and were left out",
        "{count} 行与前面的某行完全相同，已舍弃",
    ),
    "D459": Entry(
        "{count} requests of staff's own channels were left out: {channels}",
        "{count} 条来自工作人员渠道的诉求已舍弃：{channels}",
    ),
    "D460": Entry(
        "{count} requests look like the staff's own work (channels {channels})",
        "{count} 条诉求像是工作人员自行上报（渠道 {channels}）",
        "they are no citizens' demand: leave them out in the mapping, `staff: [...]`",
        "它们不是市民诉求：请在映射文件中排除，`staff: [...]`",
    ),
    "D461": Entry(
        "`{column}`: {count} cells are no times, such as `{value}`",
        "`{column}` 列：{count} 格不是时间，例如 `{value}`",
    ),
    "D462": Entry(
        "{count} rows have no time of creation and were left out",
        "{count} 行没有创建时间，已舍弃",
    ),
    "D463": Entry(
        "`{column}`: {count} cells cannot be read",
        "`{column}` 列：{count} 格无法读取",
    ),
    "D465": Entry(
        "{count} requests are closed, but nobody knows when",
        "{count} 条诉求已办结，但没有办结时间",
        "they count as neither closed nor open",
        "它们既不算已办结，也不算未办结",
    ),
    "D470": Entry(
        "times lie after the file was written ({count})",
        "有 {count} 个时间晚于文件写成之时",
    ),
    "D471": Entry(
        "{count} requests say the same as another: time, kind, place and channel",
        "{count} 条诉求与另一条的时间、类别、地点和渠道相同",
    ),
    "D472": Entry(
        "`{column}` says the same in every row",
        "`{column}` 列每行都相同",
    ),
    "D473": Entry(
        "the clock looks {hours} h {way}: the quietest hours of the day are {quiet}",
        "时钟似乎{way} {hours} 小时：一天中最安静的时段是 {quiet}",
        "use durations only, or correct the export; times of day are not to be trusted",
        "只宜使用时长，或请更正导出；一天中的时刻不可信",
    ),
    "D474": Entry(
        "all times are midnight: only the dates are known",
        "所有时刻均为零点：只知道日期",
        "profiles by hour cannot be fitted; closing times are whole days",
        "无法拟合按小时的分布；办结时长只精确到天",
    ),
    "D475": Entry(
        "{count} days in a row are without a request, from {first}",
        "从 {first} 起连续 {count} 天没有诉求",
        "is a part of the export missing?",
        "导出是否缺了一段？",
    ),
    "D476": Entry(
        "{count} requests were closed at a second at which many were: in bulk",
        "{count} 条诉求在同一秒被批量办结",
        "the time of such a closing says little of the work",
        "这样的办结时间难以反映实际办理",
    ),
    "D477": Entry(
        "one point of the map holds {share} % of the requests ({count})",
        "{share}% 的诉求位于同一点（{count} 条）",
        "is it the point that stands for an unknown place?",
        "这是否是“地点不明”的默认点？",
    ),
    "D478": Entry(
        "`{name}`: {share} % were never closed ({count})",
        "`{name}`：{share}% 从未办结（{count} 条）",
        "are closings of this kind entered into the system at all?",
        "这类诉求的办结是否根本不登记？",
    ),
    "D479": Entry(
        "names that differ only in case or spaces: {names}",
        "仅大小写或空格不同的名称：{names}",
    ),
    "D480": Entry(
        "{count} requests were entered in batches, ten or more of a type in one minute (first {first})",
        "{count} 条诉求为成批录入：同一类型在一分钟内有十条以上（首次 {first}）",
        "they say nothing of when citizens ask, and are left out of profiles; their closings count",
        "它们不反映市民何时诉求，不计入时间分布；其办结仍计入",
    ),
    "D481": Entry(
        "the population table `{file}` cannot be read: {why}",
        "人口表 `{file}` 无法读取：{why}",
        "save it as CSV in UTF-8",
        "请另存为 UTF-8 编码的 CSV",
    ),
    "D482": Entry(
        "the population table has no column `{column}`",
        "人口表缺少 `{column}` 列",
        "its first line names {needed}, and `given` if wanted",
        "首行须写明 {needed}，需要时加上 `given`",
    ),
    "D483": Entry(
        "this line has {found} cells, the first line has {needed}",
        "此行有 {found} 格，首行有 {needed} 格",
        "put quotes around a cell that holds a comma",
        "含逗号的单元格请加引号",
    ),
    "D484": Entry(
        "unknown dimension `{name}`",
        "未知的维度 `{name}`",
        "",
        "",
        "not a dimension of a population",
        "不是人口的维度",
    ),
    "D485": Entry(
        "`{dimension}` has no category `{name}`",
        "`{dimension}` 没有 `{name}` 这一类",
    ),
    "D486": Entry(
        "`{text}` is no range of whole numbers",
        "`{text}` 不是整数区间",
        "write `5-9`, `65+` or `3`",
        "请写 `5-9`、`65+` 或 `3`",
    ),
    "D487": Entry(
        "`{dimension}` cannot be given an age",
        "`{dimension}` 不能按年龄给出",
        "leave `given` empty",
        "请将 `given` 留空",
    ),
    "D488": Entry(
        "`{text}` is no share",
        "`{text}` 不是占比",
        "write a number of 0 or more: `0.25` or `25 %`, or a count in a column `count`",
        "请写不小于 0 的数：`0.25` 或 `25 %`；人数请写在 `count` 列",
    ),
    "D489": Entry(
        "the category `{name}` is written twice",
        "类别 `{name}` 写了两次",
        "keep one of them",
        "请只保留一个",
        "and again here",
        "在这里又写了一次",
    ),
    "D490": Entry(
        "the categories of `{dimension}` leave a gap or overlap at {missing}",
        "`{dimension}` 的类别在 {missing} 处有缺漏或重叠",
        "name every category, also one of share 0; ages and sizes go on without a gap, the last is open, as in `85+`",
        "请写全每一类，占比为 0 也要写；年龄与户规模须连续，最后一类开放，如 `85+`",
        "not complete",
        "不完整",
    ),
    "D491": Entry(
        "the shares of `{dimension}`{among} sum to {total}, not to 1",
        "`{dimension}`{among}的占比之和为 {total}，而不是 1",
        "correct a share; counts go into a column `count`",
        "请更正占比；人数请写在 `count` 列",
    ),
    "D492": Entry(
        "`{dimension}` is given for the ages {band}, which overlap {other}",
        "`{dimension}` 按年龄 {band} 给出，与 {other} 重叠",
        "use age bands that do not overlap",
        "请使用互不重叠的年龄段",
    ),
    "D493": Entry(
        "the marginals cannot be met together: {what} should be {wanted}, {found} is the nearest",
        "各项边际无法同时满足：{what} 应为 {wanted}，最接近为 {found}",
        "no mix of plausible households has all these shares: look at ages, household sizes and who lives alone",
        "没有一种合理的家庭组合能同时满足这些占比：请一并检查年龄、户规模与独居比例",
        "cannot be met",
        "无法满足",
    ),
    "D494": Entry(
        "there are {flats} flats for {households} households",
        "只有 {flats} 套住房，却有 {households} 户",
        "ask for fewer residents, or give a map with more flats",
        "请减少居民数，或换住房更多的地图",
    ),
    "D495": Entry(
        "`child_share`, `youth_share` and `elder_share` sum to {total}",
        "`child_share`、`youth_share` 与 `elder_share` 之和为 {total}",
        "together they are at most 1; the rest are adults",
        "三者之和不超过 1；其余为成年人",
    ),
    "D501": Entry(
        "there is no map `{name}`",
        "没有名为 `{name}` 的地图",
        "name one that ships with the twin ({shipped}), or the path of a GeoJSON file",
        "请写随程序提供的地图（{shipped}），或 GeoJSON 文件的路径",
    ),
    "D502": Entry(
        "the map `{name}` cannot be read: {why}",
        "无法读取地图 `{name}`：{why}",
        "export it as GeoJSON in UTF-8 (.geojson or .geojson.gz)",
        "请导出为 UTF-8 编码的 GeoJSON（.geojson 或 .geojson.gz）",
    ),
    "D503": Entry(
        "a map must be a FeatureCollection; this is: {found}",
        "地图须为 FeatureCollection；此处为：{found}",
        "export the whole layer, not a single feature",
        "请导出整个图层，而非单个要素",
    ),
    "D504": Entry(
        "feature {number}: {point} is no longitude and latitude",
        "第 {number} 个要素：{point} 不是经度和纬度",
        "a latitude lies between -90 and 90, and GeoJSON writes the longitude first: are they swapped?",
        "纬度在 -90 到 90 之间，且 GeoJSON 先写经度：是否写反了？",
    ),
    "D505": Entry(
        "feature {number} cannot be used: {found}",
        "第 {number} 个要素无法使用：{found}",
        "buildings and grids are Polygon or MultiPolygon, streets LineString or MultiLineString, assets Point",
        "建筑与网格为 Polygon 或 MultiPolygon，道路为 LineString 或 MultiLineString，设施为 Point",
    ),
    "D506": Entry("feature {number}: {fault}", "第 {number} 个要素：{fault}"),
    "D507": Entry(
        "feature {number}: {point} cannot be degrees of longitude and latitude",
        "第 {number} 个要素：{point} 不可能是经纬度",
        "the map is in metres of some projection: name it (`crs: EPSG:4547`), or export the map in WGS84",
        "地图使用了投影坐标（米）：请写明坐标系（如 `crs: EPSG:4547`），或导出为 WGS84",
    ),
    "D508": Entry(
        "the map `{name}` lies in or near China and does not say its coordinate system",
        "地图 `{name}` 位于中国境内或附近，但未写明坐标系",
        "write `crs: WGS84` (GPS, OpenStreetMap, 天地图), `crs: GCJ-02` (Amap 高德, Tencent 腾讯) or `crs: BD-09` "
        "(Baidu 百度): they lie up to a kilometre apart",
        "请写 `crs: WGS84`（GPS、OSM、天地图）、`crs: GCJ-02`（高德、腾讯）或 `crs: BD-09`（百度）：相差可达一公里",
    ),
    "D509": Entry(
        "the coordinate system `{crs}` is not known here",
        "未知的坐标系 `{crs}`",
        "convert the map to WGS84 with a GIS",
        "请用 GIS 软件转换为 WGS84",
    ),
    "D510": Entry(
        "the map `{name}` has no buildings",
        "地图 `{name}` 中没有建筑",
        "buildings are features of type Polygon or MultiPolygon",
        "建筑为 Polygon 或 MultiPolygon 要素",
    ),
    "D511": Entry(
        "the streets of `{file}` lie {km} km away from the buildings",
        "`{file}` 中的道路距建筑 {km} 公里",
        "are they of another city, or in another coordinate system?",
        "是否为另一城市，或坐标系不同？",
    ),
    "D512": Entry(
        "feature {number}: its outline crosses itself at {point}",
        "第 {number} 个要素：轮廓在 {point} 处自相交",
        "mend it with a GIS (in QGIS: Fix geometries)",
        "请用 GIS 软件修复（QGIS：修复几何图形）",
    ),
    "D513": Entry(
        "feature {number}: `{key}` is `{value}`",
        "第 {number} 个要素：`{key}` 为 `{value}`",
        "write a number from {low} to {high}, or leave it out",
        "请写 {low} 到 {high} 之间的数字，或不写",
    ),
    "D514": Entry(
        "`crs` says {said}, but the file `{name}` itself says {own}",
        "`crs` 写的是 {said}，而文件 `{name}` 自述为 {own}",
        "leave `crs` out if the file is right; else correct the file",
        "若文件正确，请删去 `crs`；否则请更正文件",
    ),
    "D515": Entry(
        "nobody can live on the map `{name}`: no building has room for a flat",
        "地图 `{name}` 中无处可住：没有一栋建筑容得下一户",
        "give buildings `flats`, or look at their `use`, at places.flat_m2 and places.residential_share",
        "请为建筑写明 `flats`（户数），或检查其 `use`、places.flat_m2 与 places.residential_share",
    ),
    "D516": Entry(
        "feature {number} lies {km} km from the others",
        "第 {number} 个要素距其他要素 {km} 公里",
        "a map may be {most} km wide; are longitude and latitude swapped in it?",
        "地图宽度不超过 {most} 公里；该要素的经纬度是否写反？",
    ),
    "D517": Entry(
        "the scenario `{name}` has no map",
        "场景 `{name}` 没有地图",
        "give it one, for instance `places: {{map: estate}}`",
        "请指定地图，例如 `places: {{map: estate}}`",
    ),
    "D601": Entry(
        "the log covers {weeks} whole weeks, too few for a forecast",
        "日志只覆盖 {weeks} 个完整的周，不足以预测",
        "at least {needed} weeks from Monday to Sunday are needed",
        "至少需要 {needed} 个从周一到周日的完整的周",
    ),
    "D602": Entry(
        "the log and the scenario have no category in common",
        "日志与场景没有共同的类别",
        "the log has {log}; name the scenario's categories, or their titles, as the log does",
        "日志中有 {log}；请让场景的类别名称或标题与日志一致",
    ),
    "D603": Entry(
        "the log `{name}` ends on {last}, before the newest forecast of this folder, which begins on {newest}",
        "日志 `{name}` 止于 {last}，早于此文件夹中最新的预测（自 {newest} 起）",
        "give the newest log, or another folder with --out",
        "请提供最新的日志，或用 --out 指定其他文件夹",
    ),
    "D604": Entry(
        "`{file}` is no forecast that this program kept: {why}",
        "`{file}` 不是本程序保存的预测：{why}",
        "move it elsewhere; forecasts are scored when they come due and must not be edited",
        "请移走该文件；预测到期时用于评分，不可修改",
    ),
    "D605": Entry(
        "{weeks} weeks cannot be foretold",
        "无法预测 {weeks} 周",
        "1 to {most} weeks",
        "可为 1 至 {most} 周",
    ),
    "D606": Entry(
        "the folder `{folder}` holds no scenario.yaml of a run",
        "文件夹 `{folder}` 中没有运行的 scenario.yaml",
        "give the folder of `twin run --out`, or a scenario file",
        "请提供 `twin run --out` 的文件夹，或场景文件",
    ),
    "E101": Entry("there is nothing called `{name}` here", "这里没有名为 `{name}` 的内容"),
    "E102": Entry("`{value}` is not a value of `{name}`", "`{value}` 不是 `{name}` 的取值"),
    "E103": Entry(
        "`{column}` is neither an input nor an output of this table",
        "`{column}` 既不是此表的输入，也不是输出",
    ),
    "E104": Entry(
        "there is no parameter `{name}`",
        "没有参数 `{name}`",
        "parameters stand under `params:` in one of the files that are checked together",
        "参数写在一起检查的某个文件的 `params:` 之下",
    ),
    "E105": Entry(
        "wrong kind of value: {wanted} is wanted, this is {found}",
        "值的种类不对：应为{wanted}，而这是{found}",
    ),
    "E106": Entry(
        "`{value}` is outside the declared range {range}",
        "`{value}` 超出声明的范围 {range}",
        "correct the value, or widen the range where the input or output is declared",
        "请改正取值，或在声明处放宽范围",
    ),
    "E107": Entry(
        "unit error: {what}",
        "单位错误：{what}",
        "write quantities with their unit: `24 h`, `5000 yuan`, `30 m2`",
        "数量请带单位：`24 小时`、`5000 元`、`30 平方米`",
    ),
    "E108": Entry(
        "working time and clock time do not mix: {one} stands where {other} is wanted",
        "工作时间与钟表时间不能混用：此处为{one}，应为{other}",
        "a working day has 8 working hours, a day has 24 hours: say which is meant on both sides",
        "一个工作日是 8 个工作小时，一天是 24 小时：请两边写明是哪一种",
    ),
    "E109": Entry(
        "`{name}` may be missing, and nothing says what happens then",
        "`{name}` 可能缺失，而这里没有说明缺失时怎么办",
        "ask first: `not missing({name}) and ...`, or `0 if missing({name}) else ...`",
        "请先判断：`not missing({name}) and ...`，或 `0 if missing({name}) else ...`",
    ),
    "E110": Entry(
        "a rule may not decide `{name}`: {why}{meant}",
        "规则不能决定 `{name}`：{why}{meant}",
        "{hint}",
        "{hint}",
    ),
    "E111": Entry("this cannot be read: {what}", "无法读懂：{what}"),
    "E112": Entry("division by zero", "除数为零"),
    "E113": Entry(
        "too large: {what} (more than {limit})",
        "过大：{what}（超过 {limit}）",
        "write less, or split it: parts of an expression under `let`, a table into two",
        "请缩短或拆分：表达式的各部分写在 `let` 之下，大表分成两个",
    ),
    "E114": Entry("`{key}` is not a key here", "这里没有 `{key}` 这个键"),
    "E115": Entry("`{key}` of `{owner}` is not given", "`{owner}` 缺少 `{key}`"),
    "E116": Entry("this should be {wanted}, not {found}", "这里应为{wanted}，而不是{found}"),
    "E117": Entry(
        "it is not clear what values `{name}` has",
        "看不出 `{name}` 有哪些取值",
        "write `{{int: 1..5}}`, `{{decimal: 0..100}}`, `{{enum: [a, b]}}`, `bool`, `date` or `{{unit: h}}`",
        "请写 `{{int: 1..5}}`、`{{decimal: 0..100}}`、`{{enum: [a, b]}}`、`bool`、`date` 或 `{{unit: h}}`",
    ),
    "E118": Entry("`{name}` stands twice", "`{name}` 重复出现", "give each its own name", "请各取不同的名称"),
    "E119": Entry("the rows in `{file}` cannot be read: {why}", "无法读取 `{file}` 中的行：{why}"),
    "E120": Entry("there is no function `{name}`", "没有函数 `{name}`"),
    "E121": Entry("`{name}` is called in another way: `{usage}`", "`{name}` 的用法是 `{usage}`"),
    "E122": Entry(
        "this row has {found} cells, the headings are {wanted}",
        "此行有 {found} 格，而表头有 {wanted} 格",
        "every row has a cell under every heading; `-` is any value",
        "每一行在每个表头下都应有一格；`-` 表示任意值",
    ),
    "E123": Entry("`{column}` gets no value", "`{column}` 没有取值", "an outcome is never left open", "结果不能留空"),
    "E201": Entry(
        "row {row} overlaps row {other} (line {line}) when {region}; {outcomes}",
        "第 {row} 行与第 {other} 行（文件第 {line} 行）在 {region} 时重叠；{outcomes}",
        "change a bound so that only one row matches, or choose `hit: first`; an end is in an interval unless `)` or"
        " `(` is written",
        "请调整界限，使每种情形只有一行匹配，或改用 `hit: first`；区间含端点，除非写 `)` 或 `(`",
    ),
    "E203": Entry(
        "gap: no row for {region}",
        "缺口：没有一行适用于 {region}",
        "add a row, or `else:`; to paste: {paste}",
        "请补一行，或写 `else:`；可粘贴：{paste}",
    ),
    "E208": Entry("`hit: {policy}` needs {wanted}, not {found}", "`hit: {policy}` 需要{wanted}，而不是{found}"),
    "E301": Entry(
        "exceptions `{one}` and `{other}` (line {line}) can hold together and differ in `{target}`; for example when"
        " {region}",
        "例外 `{one}` 与 `{other}`（文件第 {line} 行）可能同时成立，而 `{target}` 不同；例如 {region}",
        "say which wins: `overrides: [{other}]`",
        "请写明哪个优先：`overrides: [{other}]`",
    ),
    "E302": Entry(
        "this can never be true", "此条件永远不会成立", "two of its parts exclude each other", "其中的条件互相排斥"
    ),
    "E303": Entry(
        "a circle: {names}",
        "循环引用：{names}",
        "a value cannot depend on itself; use `prev(...)` for yesterday's",
        "一个值不能依赖自身；昨天的值请用 `prev(...)`",
    ),
    "E304": Entry(
        "`{one}` and `{other}` ({where}) both decide `{target}`, for example when {region}",
        "`{one}` 与 `{other}`（{where}）都决定 `{target}`，例如 {region}",
        "put them in one table, or give each its own `priority:` (the greater wins)",
        "请合成一个表，或各写一个 `priority:`（数大者优先）",
    ),
    "E305": Entry(
        "`{one}` and `{other}` ({where}) have the same priority and can differ, for example when {region}",
        "`{one}` 与 `{other}`（{where}）优先级相同而结果可能不同，例如 {region}",
        "give each its own priority (the greater wins)",
        "请给各自不同的优先级（数大者优先）",
    ),
    "E401": Entry(
        "`{name}` is in force twice on {day}",
        "`{name}` 在 {day} 有两份同时有效",
        "end the earlier one with `until:` (the day itself is not in it)",
        "请用 `until:` 结束较早的一份（不含当日）",
        "in force here too",
        "这里也有效",
    ),
    "E402": Entry(
        "`{name}` has no value from {start} until {end}",
        "`{name}` 从 {start} 到 {end} 没有取值",
        "let the value before last until the next one begins",
        "请让前一个值持续到下一个值开始",
    ),
    "E403": Entry(
        "`{name}` is used from {start} on, but has values only {span}",
        "`{name}` 从 {start} 起被使用，但只在 {span} 有取值",
        "give it a value for the whole time, or change `from:` or `until:` of the rule",
        "请补全取值，或修改规则的 `from:`、`until:`",
    ),
    "E404": Entry(
        "it ends on {end}, before it begins on {start}",
        "结束日 {end} 不晚于开始日 {start}",
        "`until` is the first day that is not in it",
        "`until` 是不再有效的第一天",
    ),
    "E601": Entry("`--given` is not a JSON object: {why}", "`--given` 不是 JSON 对象：{why}"),
    "E602": Entry(
        "`{name}` is needed, and is not given",
        "需要 `{name}`，但没有给出",
        "give it: --given '{{\"{name}\": ...}}'",
        "请给出：--given '{{\"{name}\": ...}}'",
    ),
    "E603": Entry("there is no table, rule or formula `{name}`", "没有名为 `{name}` 的表、规则或公式"),
    "E604": Entry(
        "`{name}` is not in force on {day}",
        "`{name}` 在 {day} 无效",
        "choose another day with --on",
        "请用 --on 选择其他日期",
    ),
    "E605": Entry("no row of `{name}` matches, and there is no `else`", "`{name}` 没有一行匹配，也没有 `else`"),
    "E606": Entry("rows {rows} of `{name}` match together", "`{name}` 的第 {rows} 行同时匹配"),
    "E607": Entry("division by zero in this case", "此情形下除数为零"),
    "E608": Entry(
        "exceptions {ids} of `{name}` hold together and differ in `{target}`",
        "`{name}` 的例外 {ids} 同时成立，而 `{target}` 不同",
    ),
    "E609": Entry("the parameter `{name}` has no value on {day}", "参数 `{name}` 在 {day} 没有取值"),
    "E610": Entry("`{name}` cannot be {value}: {wanted} is wanted", "`{name}` 不能是 {value}：应为{wanted}"),
    "E611": Entry(
        "the test `{test}` of `{name}` fails: {what}",
        "`{name}` 的测试 `{test}` 未通过：{what}",
    ),
    "E612": Entry("this number or date is too large in this case", "此情形下的数或日期过大"),
    "E613": Entry(
        "`{name}` rests on a chain of more than {count} other results",
        "`{name}` 依赖的其他结果层层相接，超过 {count} 层",
    ),
    "E621": Entry(
        "nothing in these rules has the path `{path}`",
        "规则中没有路径 `{path}`",
        "paths are such as rules.routing.rows[1].sla, rules.escalate.when[1], rules.params.factor",
        "路径形如 rules.routing.rows[1].sla、rules.escalate.when[1]、rules.params.factor",
    ),
    "E622": Entry(
        "`{path}` has several versions",
        "`{path}` 有多个版本",
        "add the day from which the one that is meant is in force",
        "请加上所指版本的起始日期",
    ),
    "E623": Entry("`{path}` cannot be changed so: {what}", "不能这样修改 `{path}`：{what}"),
    "E624": Entry(
        "the overlay `{file}` rests on itself",
        "覆盖文件 `{file}` 以自身为基础",
        "`base:` names rule files, or an overlay that does not lead back here",
        "`base:` 应写规则文件，或不会绕回此处的覆盖文件",
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
    "M332": Entry(
        "{file}: it {sentence}: `{path}` cannot be `{value}`",
        "{file}：“{sentence}”中，`{path}` 不能为 `{value}`",
    ),
    "M340": Entry(
        "behaviour `{mechanism}` assigns to `{column}`; what a row keeps would be lost",
        "行为 `{mechanism}` 直接给 `{column}` 赋值；这样保存的内容会丢失",
        "write `self.set(...)` or `self.add(...)`; memory of one's own is a column declared in `owns`",
        "请写 `self.set(...)` 或 `self.add(...)`；自己的记忆应是 `owns` 中声明的列",
    ),
    "M341": Entry(
        "package `{package}` brings a mechanism called `{name}`, which is no name for one",
        "软件包 `{package}` 带来的机制名 `{name}` 不能使用",
        "small letters, digits and _ only, and no key of a scenario; it is a key of scenario files",
        "只用小写字母、数字和 _，且不与场景的键重名；它将成为场景文件中的键",
    ),
    "M342": Entry(
        "two packages bring a mechanism `{name}`: `{first}` and `{second}`",
        "两个软件包都带来机制 `{name}`：`{first}` 和 `{second}`",
        "uninstall one, or leave `{name}` out with TWIN_PLUGINS (the names that may take part, or off)",
        "请卸载其一，或用环境变量 TWIN_PLUGINS（可参与的名称，或 off）排除 `{name}`",
    ),
    "M343": Entry(
        "the mechanism `{name}` of package `{package}` cannot be loaded from `{value}`: {reason}",
        "软件包 `{package}` 的机制 `{name}` 无法从 `{value}` 加载：{reason}",
        "mend or uninstall the package; TWIN_PLUGINS=off runs without mechanisms from outside",
        "请修复或卸载该软件包；TWIN_PLUGINS=off 可在不用外来机制时运行",
    ),
    "M344": Entry(
        "package `{package}` names a mechanism `{name}`, but `{value}` declares `{own}`",
        "软件包 `{package}` 登记的机制名是 `{name}`，而 `{value}` 声明的是 `{own}`",
        "a mechanism has the name of its module: give the entry point that name",
        "机制以所在模块为名：请让入口点与之同名",
    ),
    "M345": Entry(
        "the mechanism `{name}` of package `{package}` brings `{what}`, which `{owner}` has already",
        "软件包 `{package}` 的机制 `{name}` 带来 `{what}`，而 `{owner}` 已有同名的",
        "names of mechanisms, owned columns and metrics are unique: choose another",
        "机制名、独写的列和指标不得重名：请改用别的名称",
    ),
    "M346": Entry(
        "mechanism `{mechanism}` failed on day {day}: {reason}",
        "机制 `{mechanism}` 在第 {day} 天出错：{reason}",
    ),
    "M347": Entry(
        "TWIN_PLUGINS names `{name}`, which no installed package brings",
        "TWIN_PLUGINS 中的 `{name}` 不是任何已安装软件包带来的机制",
    ),
    "M348": Entry(
        "there is no row {row} in `{table}` ({rows} rows)",
        "`{table}`（共 {rows} 行）中没有第 {row} 行",
        "rows are counted from 0",
        "行号从 0 开始",
    ),
    "M349": Entry(
        "`{column}` can only be read here",
        "此处只能读取 `{column}`",
        "only mechanisms move columns: write one, and declare what it adds to",
        "只有机制能改变列：请编写一个机制，并声明它累加哪些列",
    ),
    "M350": Entry(
        "no mechanism can be loaded from `{target}`: {reason}",
        "无法从 `{target}` 加载机制：{reason}",
        "give a name of `twin plan`, a file such as `graffiti.py`, or a module such as `street_art.graffiti`",
        "请给出 `twin plan` 中的名称、`graffiti.py` 这样的文件，或 `street_art.graffiti` 这样的模块",
    ),
    "M351": Entry(
        "a mechanism cannot be called `{name}`",
        "机制不能名为 `{name}`",
        "small letters, digits and _ only, beginning with a letter: it becomes a key of scenario files",
        "只用小写字母、数字和 _，以字母开头：它将成为场景文件中的键",
    ),
    "M352": Entry(
        "the name `{name}` is taken: by a mechanism, or by a key of scenario files",
        "名称 `{name}` 已被机制或场景文件的键占用",
        "choose another",
        "请改用别的名称",
    ),
    "M353": Entry(
        "`{folder}` is no checkout of the twin",
        "`{folder}` 不是孪生程序的源码目录",
        "without --here the mechanism gets a package of its own",
        "不加 --here 则为机制单独生成一个软件包",
    ),
    "M354": Entry(
        "mechanism `{mechanism}` moves the lever `{lever}`, which only rules may",
        "机制 `{mechanism}` 移动了杠杆 `{lever}`，只有规则可以这样做",
        "declare `moves=True` if the mechanism speaks for rules",
        "若该机制代表规则行事，请声明 `moves=True`",
    ),
    "M370": Entry(
        "traffic.{name}: the roads of the map have no street {streets}",
        "traffic.{name}：地图道路中没有编号为 {streets} 的道路",
        "streets are counted from 0 in the map's order; those for cars only can be named",
        "道路按地图中的次序从 0 起编号，仅可使用机动车道路",
    ),
    "M371": Entry(
        "traffic: street {street} is closed, and calmed or widened too",
        "traffic：{street} 号道路既封闭又降速或拓宽",
        "what is closed carries no cars: name the street once",
        "封闭的道路不通行机动车：请只保留一项",
    ),
    "M372": Entry(
        "`{name}` gives the {floors} floors of a building shares from {least} that sum to {sum}",
        "`{name}` 给 {floors} 层楼的分摊比例最小为 {least}，合计 {sum}",
        "no floor can pay less than nothing, and some floor has to pay: shares are 0 or more, and not all 0",
        "分摊比例不得为负，且不能全部为 0",
    ),
    "R201": Entry(
        "`{folder}` holds another experiment; it differs in: {differing}",
        "`{folder}` 中是另一个实验，不同之处：{differing}",
        "choose another folder with --out; a folder keeps one experiment (--replace clears this one)",
        "请用 --out 另选文件夹；一个文件夹只保存一个实验（--replace 可清空此文件夹）",
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
    "R206": Entry(
        "the run ledger `{ledger}` cannot be used: {reason}",
        "运行台账 `{ledger}` 无法使用：{reason}",
        "the other files of the folder can still be read; to compute anew, choose another folder with --out"
        " (--replace clears this one)",
        "文件夹中的其他文件仍可阅读；要重新计算，请用 --out 另选文件夹（--replace 可清空此文件夹）",
    ),
    "R207": Entry(
        "the program has changed since the runs in `{folder}` were computed (its source was {held}, is now {now})",
        "`{folder}` 中的运行完成之后，程序已改变（源代码指纹原为 {held}，现为 {now}）",
        "old and new results do not belong together: choose another folder with --out to compute anew (--replace clears"
        " this one), or go on with the program as it was (provenance.json names it)",
        "新旧结果不可混用：请用 --out 另选文件夹重新计算（--replace 可清空此文件夹），"
        "或用原来的程序继续（见 provenance.json）",
    ),
    "R208": Entry(
        "`--out` names no folder",
        "`--out` 没有给出文件夹名",
        "give a name, such as `--out outputs/mine`, or leave the option away: then nothing is kept",
        "请写文件夹名，例如 `--out outputs/mine`；不写此选项则不保存结果",
    ),
    "R209": Entry(
        "`{folder}` cannot be a folder: `{file}` is a file",
        "`{folder}` 不能作为文件夹：`{file}` 是文件",
        "choose another name with --out",
        "请用 --out 另选名称",
    ),
    "R210": Entry(
        "{failed} of {total} runs failed; arm `{arm}`, seed {seed}: {reason}",
        "{total} 次运行中有 {failed} 次失败；方案 `{arm}`，种子 {seed}：{reason}",
        "the finished runs are kept in the run folder (--out); the same command tries only these again",
        "已完成的运行保存在运行文件夹（--out）中；重复同一命令只重试失败的运行",
    ),
    "R211": Entry(
        "writing to `{folder}` failed: {reason}",
        "写入 `{folder}` 失败：{reason}",
        "the finished runs are kept: remove the cause, and the same command goes on from there",
        "已完成的运行仍保留：排除原因后重复同一命令即可继续",
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
    "R214": Entry(
        "`{jobs}` is no number of processes",
        "`{jobs}` 不是可用的进程数",
        "ask for a whole number of at least 1",
        "须为不小于 1 的整数",
    ),
    "R215": Entry(
        "settings cannot be applied to a loaded scenario (`{scenario}`)",
        "已加载的场景（`{scenario}`）不能再设置参数",
        "give the file's path, or pass `sets` to `load`",
        "请给出文件路径，或在 `load` 时传入 `sets`",
    ),
    "R216": Entry(
        "`{folder}` cannot be merged with `{first}`: it holds another experiment; it differs in: {differing}",
        "`{folder}` 无法与 `{first}` 合并：其中是另一个实验，不同之处：{differing}",
        "merge only shards of one command, which keep their arms, seeds and settings; `twin runs why {first} {folder}`"
        " names every value that differs. Experiments that differ can be held against each other with `twin compare`",
        "只能合并同一命令的分片（方案、种子、设定均相同）；`twin runs why {first} {folder}` 可列出全部不同的值。"
        "不同的实验可用 `twin compare` 对照",
    ),
    "R217": Entry(
        "`{folder}` cannot be merged with `{first}`: the program was another (its source was {held}, there {now})",
        "`{folder}` 无法与 `{first}` 合并：计算时的程序不同（源代码指纹为 {held}，另一方为 {now}）",
        "results of two programs do not belong together: compute one of them again with the program of the other"
        " (provenance.json names it)",
        "两版程序的结果不可混用：请用另一方的程序重新计算其中之一（见 provenance.json）",
    ),
    "R218": Entry(
        "nothing can be merged into `{folder}`, which is neither empty nor a run folder: it holds {files}",
        "无法合并到 `{folder}`：它既不是空文件夹，也不是运行文件夹，其中有 {files}",
        "name a new or an empty folder first, then the shards: twin merge OUT FOLDER...",
        "请先写新的或空的文件夹，再写各分片：twin merge OUT FOLDER...",
    ),
    "R219": Entry(
        "{option} and {other} both print to the console, and each promises to print nothing else",
        "{option} 与 {other} 都输出到控制台，且各自承诺不输出其他内容",
        "give one of them alone, or a file to the first: --csv FILE.csv",
        "请只用其中之一，或为前者指定文件：--csv FILE.csv",
    ),
    "R220": Entry(
        "{option} has no effect: both sides have been run",
        "{option} 不起作用：两侧都已运行完毕",
        "leave it out, or name a scenario file in place of a run folder, which is run with it",
        "请去掉该选项，或以场景文件代替运行文件夹，场景文件会按该选项运行",
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
    "R228": Entry("`{option}` takes no value", "`{option}` 不带值"),
    "R229": Entry(
        "`{text}` is no value of `{path}`, which is in {unit}",
        "`{text}` 不能作为 `{path}` 的取值（单位为 {unit}）",
        "units that will do: {units}",
        "可用单位：{units}",
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
    "R250": Entry(
        "cannot read the axis `{text}`",
        "无法读取扫描轴 `{text}`",
        "write PATH=V1,V2,... or PATH=LOW..HIGH, or PATH alone for its whole range",
        "请写成 路径=值1,值2,…… 或 路径=下限..上限；只写路径表示其整个范围",
    ),
    "R251": Entry(
        "`{path}` has no range of its own",
        "`{path}` 没有自带的范围",
        "write {path}=LOW..HIGH, or list its values",
        "请写成 {path}=下限..上限，或列出取值",
    ),
    "R252": Entry(
        "`{path}` holds no single number, so it has no range",
        "`{path}` 不是单个数字，没有范围可言",
        "list its values: {path}=V1,V2,...",
        "请列出取值：{path}=值1,值2,……",
    ),
    "R253": Entry(
        "the range of `{path}` does not go up from {low} to {high}",
        "`{path}` 的范围不是由低到高：{low} 至 {high}",
        "write the lower end first, both in the same unit",
        "请先写下限，两端使用同一单位",
    ),
    "R254": Entry(
        "`{path}` says which runs are made and is no axis of a sweep",
        "`{path}` 决定运行哪些次，不能作为扫描轴",
        "seeds and replications are the same at each point: use --seed and -n",
        "各点使用相同的种子与重复次数：请用 --seed 和 -n",
    ),
    "R255": Entry(
        "there is nothing to sweep over",
        "没有可扫描的参数",
        "give --over PATH=V1,V2,..., or a `sweep:`, `levers:` or `uncertainties:` block in the scenario",
        "请给出 --over 路径=值1,值2,……，或在场景中写 `sweep:`、`levers:` 或 `uncertainties:`",
    ),
    "R256": Entry(
        "a {design} design needs listed values, and `{path}` is a range",
        "{design} 设计需要列出取值，而 `{path}` 是一个范围",
        "list its values, or choose --design lhs",
        "请列出取值，或选用 --design lhs",
    ),
    "R257": Entry(
        "{count} points are too many (at most {most})",
        "{count} 个点过多（至多 {most} 个）",
    ),
    "R258": Entry(
        "`{metric}` is undefined in {count} of {total} runs",
        "`{metric}` 在 {total} 次运行中有 {count} 次无定义",
        "choose another metric, or a longer measuring window",
        "请换一个指标，或延长统计期",
    ),
    "R259": Entry(
        "there is no metric `{metric}`",
        "没有指标 `{metric}`",
    ),
    "R260": Entry(
        "cannot read the target `{text}`",
        "无法读取目标 `{text}`",
        "write METRIC=VALUE, the value in the unit of the metric",
        "请写成 指标=值，值以该指标的单位计",
    ),
    "R261": Entry(
        "this point of the list does not say what other points say: {paths}",
        "此点未给出其他点所列的路径：{paths}",
        "give every path a value at each point",
        "请在每个点上为每条路径给出取值",
    ),
    "R262": Entry("{points} points are too few", "{points} 个点过少", "ask for at least 2", "至少为 2"),
    "R263": Entry(
        "`{file}` is the baseline of `{held}`, not of `{scenario}`",
        "`{file}` 是 `{held}` 的基线，不是 `{scenario}` 的基线",
        "baselines go by the names of scenario files: rename one of them, or keep its baseline elsewhere (--baselines)",
        "基线按场景文件名存放：请给其中一个文件改名，或用 --baselines 将其基线存放在别处",
    ),
    "R264": Entry("there is no data frame `{name}`", "没有数据表 `{name}`"),
    "R265": Entry(
        "another program has `{ledger}` open",
        "另一个程序打开了 `{ledger}`",
        "close it (a database viewer, say), or choose another folder with --out",
        "请关闭它（如数据库浏览器），或用 --out 另选文件夹",
    ),
    "R266": Entry(
        "the axis `{path}` is given twice",
        "扫描轴 `{path}` 重复给出",
        "name each path once, with all of its values",
        "每条路径只写一次，并列出其全部取值",
    ),
    "R267": Entry(
        "arm `{arm}` has no tickets",
        "方案 `{arm}` 没有工单",
        "nobody reported anything there; choose another arm with --arm",
        "该方案下无人提交诉求；请用 --arm 选择其他方案",
    ),
    "R268": Entry(
        "`{option} {given}` asks for too few",
        "`{option} {given}` 过少",
        "{option} is at least {least}",
        "{option} 至少为 {least}",
    ),
    "R269": Entry(
        "there is nothing to search over",
        "没有可搜索的参数",
        "give --over PATH=V1,V2,... (or PATH=LOW..HIGH), or a `levers:` block in the scenario",
        "请给出 --over 路径=值1,值2,……（或 路径=下限..上限），或在场景中写 `levers:`",
    ),
    "R270": Entry(
        "`{folder}` holds no finished run",
        "`{folder}` 中没有已完成的运行",
        "give the folder that `twin run … --out FOLDER` wrote; an interrupted run is finished by the same command",
        "请给出 `twin run … --out 文件夹` 写出的文件夹；中断的运行可用同一命令续完",
    ),
    "R271": Entry(
        "there is no ticket {ticket}: the run has {count}, numbered 0 to {last}",
        "没有工单 {ticket}：该运行共有 {count} 张，编号 0 至 {last}",
    ),
    "R272": Entry("the run has no seed {seed}", "该运行没有种子 {seed}"),
    "R273": Entry(
        "`{folder}` is no run folder: it has no ledger that can be read",
        "`{folder}` 不是运行文件夹：没有可读的运行台账",
        "give a folder that a command with --out FOLDER wrote",
        "请给出带 --out 文件夹 的命令写出的文件夹",
    ),
    "R274": Entry(
        "`{text}` is no shard",
        "`{text}` 不是分片",
        "write number/count, such as `--shard 2/5`; the number is 1 to the count",
        "请写 序号/总数，例如 `--shard 2/5`；序号从 1 到总数",
    ),
    "R275": Entry(
        "arm `{arm}`, seed {seed} has other results in `{folder}` than in the folder it is merged into",
        "方案 `{arm}`、种子 {seed} 在 `{folder}` 中的结果与合并目标中的不同",
        "the same run gives the same bytes on one platform: compute all shards with the same versions and processors",
        "同一平台上同一运行的结果逐字节相同：请用相同的软件版本和处理器计算所有分片",
    ),
    "R276": Entry(
        "`--shard` needs to know all runs beforehand: neither with `-n auto` nor in a search are they known",
        "`--shard` 需事先知道全部运行：`-n auto` 和搜索都无法事先确定",
        "give a number of replications, or compute on one machine with --jobs or --cluster",
        "请给出具体重复次数，或用 --jobs、--cluster 计算",
    ),
    "R277": Entry(
        "`{option}` needs a run folder",
        "`{option}` 需要运行文件夹",
        "add --out FOLDER",
        "请加上 --out 文件夹",
    ),
    "R278": Entry(
        "`{folder}` is not complete: {held} of {total} runs are in",
        "`{folder}` 不完整：{total} 次运行只有 {held} 次",
        "the digest of an experiment is that of all its runs: go on with the same command",
        "实验摘要针对全部运行：请用同一命令续算",
    ),
    "R279": Entry(
        "`{file}` ends neither in .csv nor in .parquet",
        "`{file}` 的扩展名既不是 .csv 也不是 .parquet",
    ),
    "R280": Entry(
        "`{file}` is no baseline",
        "`{file}` 不是基线文件",
        "let `twin baseline accept SCENARIO --reason TEXT` write it again",
        "请用 `twin baseline accept 场景 --reason 说明` 重新生成",
    ),
    "R281": Entry(
        "a baseline is not accepted without a reason",
        "接受基线必须说明理由",
        "say with --reason why the results are meant to be as they are now",
        "请用 --reason 说明结果为何应当如此",
    ),
    "R282": Entry(
        "single metrics of `{file}` cannot be accepted: its arms, seeds or results version are others",
        "不能只接受 `{file}` 的个别指标：其方案、种子或结果版本不同",
        "accept the whole baseline, without --metric",
        "请不带 --metric，接受整个基线",
    ),
    "R283": Entry(
        "`{key}` of a claim cannot be read",
        "断言中的 `{key}` 无法读取",
        "a file of claims has `scenario`, `claims` and perhaps `replications`; a claim is `{{compare: [option,"
        " baseline], outcome: metric, is: lower, by_at_least: 1, confidence: 0.95}}`",
        "断言文件含 `scenario`、`claims`，可含 `replications`；每条断言形如 `{{compare: [选项, 基准], outcome: 指标,"
        " is: lower, by_at_least: 1, confidence: 0.95}}`",
        "expected {expected}",
        "应为{expected}",
    ),
    "R284": Entry(
        "there are no baselines in `{folder}`",
        "`{folder}` 中没有基线",
        "`twin baseline accept SCENARIO --reason TEXT` writes one",
        "`twin baseline accept 场景 --reason 说明` 可生成基线",
    ),
    "R285": Entry(
        "a search needs metrics of which one direction is better (`{metric}`)",
        "搜索需要有优劣方向的指标（`{metric}`）",
        "name them with --metric, or as `primary:` in the scenario",
        "请用 --metric 指定，或在场景中写 `primary:`",
    ),
    "R286": Entry(
        "`{package}` is not installed",
        "未安装 `{package}`",
        'install the extra: pip install "neighbourhood-twin[{extra}]"',
        '请安装附加组件：pip install "neighbourhood-twin[{extra}]"',
    ),
    "R287": Entry(
        "arm `{arm}` as it stands has no value of a searched metric in some seed",
        "方案 `{arm}` 现状在某个种子下没有所搜索的指标值",
        "search another metric (docs/results.md says when one is undefined), or lengthen `run_on_days`",
        "请换一个指标（何时无值见 docs/results.md），或延长 `run_on_days`",
    ),
    "R288": Entry(
        "no Dask scheduler answers at `{address}`",
        "`{address}` 上没有 Dask 调度器应答",
        "start one with `dask scheduler`, and give the address that it names, such as tcp://10.0.0.5:8786",
        "请用 `dask scheduler` 启动，并填写其显示的地址，例如 tcp://10.0.0.5:8786",
    ),
    "R289": Entry(
        "a worker of the cluster runs another program (its source is {here}, here it is {asked})",
        "集群的工作进程运行的是另一版程序（其源代码指纹为 {here}，本机为 {asked}）",
        "install the same version on all machines and start the workers again",
        "请在所有机器上安装同一版本，并重启工作进程",
    ),
    "R290": Entry(
        "`{folder}` cannot be compared: {held} of {total} runs are in and whole",
        "`{folder}` 无法比较：{total} 次运行中只有 {held} 次完整",
        "finish it first, with the command that made it",
        "请先用生成它的命令完成全部运行",
    ),
    "R291": Entry(
        "`{folder}` was made by `{command}`: it has no arms that could be compared",
        "`{folder}` 由 `{command}` 生成，没有可比较的方案",
        "compare folders of `twin run`; `twin runs export` gives every value as a table",
        "请比较 `twin run` 的文件夹；`twin runs export` 可将全部数值导出为表格",
    ),
    "R292": Entry(
        "these arms have no partner{asked}: the first has {first}; the second has {second}",
        "方案无法一一对应{asked}：前者有 {first}；后者有 {second}",
        'say which belong together with --arm FIRST=SECOND (in Python: arms={{"FIRST": "SECOND"}})',
        '请用 --arm 前者=后者 指明对应关系（Python 中写 arms={{"前者": "后者"}}）',
    ),
    "R293": Entry(
        "these runs cannot be paired: the first has results version {first}, the second {second}",
        "这些运行无法配对：前者的结果版本为 {first}，后者为 {second}",
        "run the older one again; `twin check --tier equivalence` holds a program to what another one gave",
        "请重新运行较旧的一个；`twin check --tier equivalence` 可将程序与以往结果对照",
    ),
    "R294": Entry(
        "these runs cannot be paired: they have no seed in common ({first} and {second})",
        "这些运行无法配对：没有共同的种子（{first} 与 {second}）",
        "run one of them again with --seed and -n of the other",
        "请按另一方的 --seed 与 -n 重新运行其中之一",
    ),
    "R295": Entry(
        "`{file}` does not end in {ending}",
        "`{file}` 的扩展名不是 {ending}",
    ),
    "R296": Entry(
        "`{source}` is neither a run folder nor a scenario file",
        "`{source}` 既不是运行文件夹，也不是场景文件",
    ),
    "R297": Entry(
        "there is no dispute {number}: the run has {count}, numbered 0 to {last}",
        "没有纠纷 {number}：该运行共有 {count} 起，编号 0 至 {last}",
        "take a number of that range, or another replication with --seed",
        "请选用该范围内的编号，或用 --seed 选择其他重复",
    ),
    "R298": Entry(
        "arm `{arm}` has no disputes",
        "方案 `{arm}` 没有纠纷",
        "none began, or the scenario does not say `disputes: {{followed: on}}`; --arm chooses another arm",
        "没有发生纠纷，或场景未写明 `disputes: {{followed: on}}`；可用 --arm 选择其他方案",
    ),
    "R299": Entry(
        "arm `{arm}` was not run in `{folder}`",
        "`{folder}` 中没有运行方案 `{arm}`",
        "choose one of these with --arm, or run the scenario again with that arm",
        "请用 --arm 选用其中之一，或带上该方案重新运行",
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
        "write a value of that range; `twin params` lists every parameter with its range and unit",
        "请填写范围内的值；`twin params` 列出每个参数的范围与单位",
        "{value} is not in {range}",
        "{value} 不在 {range} 之内",
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
    "S149": Entry(
        "asking costs {asking} yuan, and `{path}` is {value}",
        "征求意见需 {asking} 元，而 `{path}` 只有 {value} 元",
        "asking comes out of the same budget, so nothing is left to build with: ask for less, or give more",
        "征求意见从同一预算支出，因此没有余款用于工程：请降低征求费用或增加预算",
        "all is spent on asking",
        "全部用于征求意见",
    ),
    "S150": Entry(
        "`{path}` is {value}: no stationary wait exists",
        "`{path}` 为 {value}：不存在稳态等待",
        "the queue grows for as long as it runs, and so does every mean; ask for less than 1, or make customers"
        " impatient",
        "队列会一直增长，各均值随运行长度而变；请取小于 1 的值，或设定顾客的耐心",
        "as much work as there are servers, or more",
        "工作量不少于服务能力",
    ),
    "S151": Entry(
        "`{path}` is on, but no category is an emergency",
        "已开启 `{path}`，但没有紧急类别",
        "give a category priority 0 under `categories:`, or pre-emption never happens",
        "请在 `categories:` 中为某一类别设 priority: 0，否则不会发生抢占",
        "nothing to pre-empt for",
        "无可抢占的紧急事项",
    ),
    "S152": Entry(
        "`{name}` is given, but no arm switches this mechanism on",
        "给出了 `{name}`，但没有方案打开该机制",
        "mechanisms of other packages are off until a scenario says `mechanisms: {{{name}: on}}`",
        "其他软件包的机制默认关闭，须在场景中写 `mechanisms: {{{name}: on}}`",
        "changes nothing",
        "不起作用",
    ),
    "S153": Entry(
        "`{path}` is {value}, but the run ends after {days} days",
        "`{path}` 为 {value}，但运行只有 {days} 天",
        "nothing is decided in the run: choose an earlier day, or a longer run",
        "运行期内不会作出决定：请提前决定日，或延长运行天数",
        "never comes",
        "不会到来",
    ),
    "S154": Entry(
        "`{path}` is 0: nobody can take part before the first day",
        "`{path}` 为 0：首日之前无人能够参与",
        "residents take part in the `forum.open_days` before the decision: choose a later day",
        "居民在决定前的 `forum.open_days` 天内参与：请推后决定日",
        "no day to take part",
        "没有参与的时间",
    ),
    "S155": Entry(
        "a list of the wrong length for `{path}`",
        "`{path}` 的列表长度不对",
        mark_en="{least} to {most} items are needed, {found} are here",
        mark_zh="需要 {least} 至 {most} 项，这里有 {found} 项",
    ),
    "S156": Entry(
        "the numbers of `{path}` must not fall",
        "`{path}` 的数值不得递减",
        "write them in ascending order: a later one is for what is higher",
        "请按从小到大的顺序填写",
        "a number below the one before it",
        "比前一个数值小",
    ),
    "S157": Entry(
        "`{path}` is {value}, above `{other}`, which is {limit}",
        "`{path}` 为 {value}，大于 `{other}` 的 {limit}",
        "the two are the ends of one range: lower `{path}`, or raise `{other}`",
        "两者是同一范围的两端：请调低 `{path}`，或调高 `{other}`",
    ),
    "S158": Entry(
        "`{path}` is on, but there is no table at which anybody could sit",
        "已开启 `{path}`，但没有调解会的类别",
        "name the categories of the sessions in `mediation.categories`, which are some team's duty",
        "请在 `mediation.categories` 中写明调解会的类别，并由某个班组负责",
        "nobody mediates",
        "无人调解",
    ),
    "S159": Entry(
        "`{path}` is given, but disputes are not followed",
        "给出了 `{path}`，但没有模拟邻里纠纷",
        "say `disputes: {{followed: on}}`, or it changes nothing",
        "请写 `disputes: {{followed: on}}`，否则不起作用",
        "changes nothing",
        "不起作用",
    ),
    "S160": Entry(
        "there are no rules called `{name}`",
        "没有名为 `{name}` 的规则集",
        "a rule set is a file `NAME.yaml` in `rules/` beside the scenario's folder, or a path from the scenario",
        "规则集是场景文件夹旁 `rules/` 中的 `名称.yaml`，或相对场景文件的路径",
        "not found",
        "找不到",
    ),
    "S161": Entry(
        "`{name}` is to be asked `{moment}`, which the desk does not know",
        "`{name}` 的执行时机 `{moment}` 不是服务台的时机",
        "",
        "",
        "asked at no moment of the desk",
        "服务台没有这个时机",
    ),
    "S162": Entry(
        "`{name}` is not known while an order is handled",
        "办理工单时无法知道 `{name}`",
        "",
        "",
        "not known to the desk",
        "服务台不知道",
    ),
    "S163": Entry(
        "`{name}` cannot be asked inside the desk: {reason}",
        "`{name}` 不能在服务台内执行：{reason}",
        "",
        "",
        "cannot be asked there",
        "不能在此执行",
    ),
    "S164": Entry(
        "the scenario has categories that `{kind}` does not know: {names}",
        "场景中有 `{kind}` 未列出的类别：{names}",
        "add them to the list, or name the list `ticket_category`, which is the scenario's own",
        "请补入该列表，或使用 `ticket_category`（即场景自己的类别）",
        "not every category",
        "类别不全",
    ),
    "S165": Entry(
        "the desk has no team `{name}`",
        "服务台没有队伍 `{name}`",
        "",
        "",
        "no such team",
        "没有这支队伍",
    ),
    "S166": Entry(
        "`{name}` cannot change in the middle of a run",
        "`{name}` 不能在运行中途改变",
        "rosters, calendars and rounds are laid out once: let the rule hold for the whole run, without a condition",
        "排班、日历与派单时刻只在开始时排定：该规则须对整个运行期有效且不带条件",
        "fixed for a run",
        "运行期内固定",
    ),
    "S167": Entry(
        "`{name}` could not decide ticket {ticket}: {reason}",
        "`{name}` 无法决定工单 {ticket}：{reason}",
        "",
        "",
        "could not decide",
        "无法决定",
    ),
    "S168": Entry(
        "`{path}` is set, but no arm has rules",
        "设置了 `{path}`，但没有方案启用规则集",
        "name rule sets under `rules:` in the scenario or an arm",
        "请在场景或方案的 `rules:` 中写明规则集",
        "no rules to set",
        "没有可设置的规则",
    ),
    "S169": Entry(
        "`{name}` and `{other}` exclude each other: both are `alternative_to: {group}`",
        "`{name}` 与 `{other}` 互斥：二者都写有 `alternative_to: {group}`",
        "name one of them, or give each its own arm",
        "请只启用其一，或各列为一个方案",
    ),
    "S170": Entry(
        "metric `{metric}` is named twice",
        "指标 `{metric}` 写了两次",
        "name each metric once",
        "每个指标只写一次",
    ),
    "W202": Entry(
        "row {row_label} can never fire: {why}",
        "第 {row_label} 行永远不会生效：{why}",
        "move it up, narrow the rows before it, or delete it",
        "请将它上移，或收窄前面的行，或删除",
    ),
    "W204": Entry(
        "this cell can match nothing: `{cell}` of `{column}`",
        "此格不可能匹配：`{column}` 为 `{cell}`",
        "only inputs declared cyclic run through their end; an interval has the smaller end first",
        "只有声明为循环（cyclic）的输入才会跨越首尾；区间应先写小的一端",
    ),
    "W205": Entry(
        "row {row_label} makes no difference: without it the outcome is the same",
        "第 {row_label} 行没有作用：删去它结果相同",
        "delete it, unless it is there for the reader",
        "若不是为了便于阅读，可以删除",
    ),
    "W206": Entry(
        "column `{column}` makes no difference to any outcome",
        "`{column}` 列对任何结果都没有影响",
        "delete the column, or a bound was forgotten",
        "请删除此列；也可能是漏写了界限",
    ),
    "W207": Entry(
        "not proved: {what}",
        "未能证明：{what}",
        "{help}",
        "{help}",
    ),
    "W306": Entry(
        "this is always true",
        "此条件总是成立",
        "leave it away, or a bound was forgotten",
        "可以省去；也可能是漏写了界限",
    ),
    "W307": Entry(
        "exception `{name}` changes nothing: it says what the rule says anyway",
        "例外 `{name}` 没有改变任何结果：与规则本身相同",
    ),
    "W501": Entry(
        "`hit: {policy}`, but no two rows can match together",
        "写了 `hit: {policy}`，但没有两行会同时匹配",
        "`unique` says so, and keeps it proved when rows are added",
        "写 `unique` 更明确，增加行时也会继续检查",
    ),
    "W502": Entry(
        "this cell accepts every value of `{column}`",
        "此格接受 `{column}` 的任何值",
        "write `-`, or a bound was forgotten",
        "请写 `-`；也可能是漏写了界限",
    ),
    "W503": Entry("nothing uses the parameter `{name}`", "没有规则使用参数 `{name}`"),
    "W504": Entry("`{owner}` does not use `{name}`", "`{owner}` 没有用到 `{name}`"),
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
