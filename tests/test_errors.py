"""Messages: their layout in both languages, and the registries of codes and exit codes."""

from __future__ import annotations

import pickle
import re
import string
import unicodedata
from pathlib import Path

import pytest

import twin
from twin.core.marked_yaml import read
from twin.errors import (
    ERRORS,
    EXIT_CODES,
    AccessError,
    Complaint,
    DeclarationError,
    InputError,
    InvariantBroken,
    Place,
    RunFailed,
    TwinError,
    Words,
    closest,
    describe,
    explain,
    file_order,
    render,
)

UNKNOWN = {"key": "polcy", "owner": Words("the scenario", "场景"), "suggestion": "policy", "known": ["policy"]}


def place(line: int, col: int, end_col: int, text: str, file: str = "rain.yaml") -> Place:
    return Place(file, line, col, line, end_col, (text,))


def test_a_message_has_a_place_an_excerpt_a_caret_and_a_hint() -> None:
    error = InputError([Complaint("S101", place(3, 1, 6, "polcy: quick_response"), UNKNOWN)])
    assert render(error, "en") == (
        "error[S101]: unknown key `polcy`\n"
        " --> rain.yaml:3:1\n"
        "  |\n"
        "3 | polcy: quick_response\n"
        "  | ^^^^^ not a key of the scenario\n"
        "hint: did you mean `policy`?"
    )
    assert render(error, "zh") == (
        "错误[S101]：未知的键 `polcy`\n"
        " --> rain.yaml:3:1\n"
        "  |\n"
        "3 | polcy: quick_response\n"
        "  | ^^^^^ 场景没有这个键\n"
        "提示：是否想写 `policy`？"
    )


def test_a_key_written_twice_shows_both() -> None:
    with pytest.raises(InputError) as caught:
        read("name: a\ndays: 3\n\nname: b\n", name="dup.yaml")
    assert render(caught.value, "zh") == (
        "错误[Y015]：重复的键 `name`\n"
        " --> dup.yaml:4:1\n"
        "  |\n"
        "1 | name: a\n"
        "  | ---- 首次写在这里\n"
        "...\n"
        "4 | name: b\n"
        "  | ^^^^ 在这里又写了一次\n"
        "提示：请只保留一个"
    )


def test_the_caret_stands_under_chinese_text() -> None:
    line = "  名称: {标题: 甲乙, b: 丙}"
    lines = render(InputError([Complaint("Y014", place(12, 12, 14, line), {"name": "x"})]), "en").splitlines()
    assert lines[3] == "12 | " + line
    assert lines[4] == "   | " + " " * 15 + "^^^^"


def test_a_tab_is_four_cells() -> None:
    lines = render(InputError([Complaint("Y009", place(2, 1, 3, "\t\tb: 1"))]), "en").splitlines()
    assert lines[3:5] == ["2 |         b: 1", "  | ^^^^^^^^ a tab"]


def test_a_long_line_is_cut_around_the_mark() -> None:
    text = "x" * 5000 + "HERE" + "y" * 5000
    lines = render(InputError([Complaint("Y014", place(1, 5001, 5005, text), {"name": "a"})]), "en", 60).splitlines()
    shown, carets = lines[3], lines[4]
    assert len(shown) <= 70
    assert shown[carets.index("^") : carets.index("^") + 4] == "HERE"


def test_a_mark_over_several_lines_ends_with_the_first() -> None:
    error = InputError([Complaint("Y014", Place("f", 1, 4, 3, 2, ("a: [1,",)), {"name": "a"})])
    assert render(error, "en").splitlines()[4] == "  |    ^^^"


def test_a_message_without_a_place_is_one_line_and_its_hint() -> None:
    assert render(InputError.of("Y008", file="a.yaml"), "en").splitlines() == [
        "error[Y008]: `a.yaml` is empty",
        "hint: `twin new NAME` writes a file to start from",
    ]


def test_all_complaints_come_once_in_file_order_and_are_counted() -> None:
    found = [Complaint("Y014", place(line, 1, 2, "a", file), {"name": "a"}) for file, line in
             (("b", 1), ("a", 9), ("a", 2), ("a", 9))]  # fmt: skip
    error = InputError(file_order(found, ["b"]))
    assert [str(c.place) for c in error.complaints] == ["b:1:1", "a:2:1", "a:9:1"]
    assert render(error, "en").endswith("\n\n3 errors")
    assert render(error, "zh").endswith("\n\n共 3 处错误")
    many = InputError(Complaint("Y014", place(n, 1, 2, "a"), {"name": "a"}) for n in range(1, 90))
    assert "... and 39 more" in render(many, "en")


def test_nothing_that_disturbs_a_terminal_is_shown() -> None:
    text = "\x1b[31m\u202e\x07bad"
    said = render(InputError([Complaint("S101", place(1, 1, 4, text, text), {**UNKNOWN, "key": text})]), "en")
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in said if c != "\n")
    assert len(render(InputError.of("S110", arm="x" * 10_000), "en")) < 200


def test_colour_is_only_added() -> None:
    error = InputError.of("S112")
    assert re.sub(r"\x1b\[[0-9;]*m", "", render(error, "en", color=True)) == render(error, "en")


def test_values_speak_the_language_of_the_reader() -> None:
    complaint = Complaint("S110", None, {"arm": "x", "known": ("a", "b")})
    assert describe(complaint, "zh") == {
        "code": "S110", "message": "没有名为 `x` 的方案", "file": None, "line": None, "col": None,
        "path": None, "help": "可用：a、b",
    }  # fmt: skip
    assert describe(Complaint("Y014", place(1, 2, 3, "a"), {"name": "a"}), "en")["line"] == 1


def test_exceptions_have_exit_codes_and_travel_between_processes() -> None:
    codes = {InputError: 2, RunFailed: 4, InvariantBroken: 4, AccessError: 70, DeclarationError: 70}
    for kind, code in codes.items():
        error = kind.of("S112")
        assert error.exit_code == code
        assert code in EXIT_CODES
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert issubclass(InvariantBroken, RunFailed)
    assert set(EXIT_CODES) == {0, 1, 2, 3, 4, 5, 70, 130}


def test_a_value_may_have_any_name() -> None:
    assert "`code`" in str(InputError.of("S110", arm="code", code="x", place="y", cls="z"))


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert render(InputError.of("X999"), "en") == "error[X999]: X999"


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_message_says_the_same_in_both_languages(code: str) -> None:
    entry = ERRORS[code]
    for words in (entry.headline, entry.mark, entry.help):
        assert bool(words.en) == bool(words.zh)
        assert _names(words.en) == _names(words.zh)
    assert re.search(r"[\u4e00-\u9fff]|^\{\w+\}$", entry.zh)
    assert not re.search(r"[\u4e00-\u9fff]", entry.en)
    assert explain(code, "en").startswith(code)
    assert explain(code, "zh").startswith(code)


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_codes_are_sorted_and_grouped() -> None:
    assert list(ERRORS) == sorted(ERRORS)
    assert all(re.fullmatch(r"Y0\d\d|S1\d\d|R2\d\d|M3\d\d|D[4-6]\d\d|[EW][1-6]\d\d", code) for code in ERRORS)


def test_every_code_that_the_program_uses_is_registered_and_every_entry_is_used() -> None:
    sources = {path: path.read_text("utf-8") for path in Path(twin.__file__).parent.rglob("*.py")}
    used = {code for path, text in sources.items() if path.name != "errors.py" or path.parent.name == "cli"
            for code in re.findall(r"[\"']([YSRMDEW]\d{3})[\"']", text)}  # fmt: skip
    assert used - set(ERRORS) == set()
    assert set(ERRORS) - used == set()


def test_the_closest_name_is_near_or_none() -> None:
    assert closest("polcy", ["policy", "days"]) == "policy"
    assert closest("SMART", ["smart"]) == "smart"
    assert closest("zzz", ["policy"]) is None
    assert closest("x" * 4_000_000, ["policy"]) is None


def test_the_tree_of_exceptions_has_one_root() -> None:
    assert all(issubclass(kind, TwinError) for kind in (InputError, RunFailed, AccessError, DeclarationError))
