"""The reader of YAML: what it remembers, what it keeps as text, and what it refuses without falling over."""

from __future__ import annotations

import os
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core import marked_yaml
from twin.core.marked_yaml import LIMIT_BYTES, LIMIT_DEPTH, read, read_value, write
from twin.errors import InputError, render

SECONDS = 20  # a hostile file is refused within seconds, also on a busy machine


def complaints(source, **options):
    """Return (code, line, col) of every complaint."""
    with pytest.raises(InputError) as caught:
        read(source, **options)
    assert caught.value.exit_code == 2
    for lang in ("en", "zh"):
        assert "Traceback" not in render(caught.value, lang)
    return [(c.code, c.place.line, c.place.col) if c.place else (c.code,) for c in caught.value.complaints]


def bomb(levels: int) -> str:
    """Ten aliases of ten aliases of ..."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_every_value_and_key_knows_where_it_stands() -> None:
    tree = read("a: 1\n层级:\n  乙: [x, 2 h]\n", name="f.yaml")
    assert str(tree.at(["层级", "乙", 1]).place) == "f.yaml:3:10"
    assert tree.at(["层级", "乙", 1]).place.end_col == 13
    assert str(tree.value["层级"].key_place("乙")) == "f.yaml:3:3"
    assert tree.plain() == {"a": 1, "层级": {"乙": ["x", "2 h"]}}


def test_a_path_that_leads_nowhere_ends_at_the_innermost_thing() -> None:
    tree = read("a: {b: 1}")
    assert tree.at(["a", "c", 0]) is tree.value["a"]


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "on",
        "NO",
        "y",
        "12:30",
        "010",
        "0x1F",
        "1_000",
        "2025-01-06",
        "5x8",
        "nan",
        "1e",
        "+",
        "1 h",
        "=",
        "-.5.2",
    ],
)
def test_words_stay_text(text: str) -> None:
    assert read(f"a: {text}").plain() == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("-7", -7),
        (".5", 0.5),
        ("5.", 5.0),
        ("0", 0),
        ("true", True),
        ("~", None),
        ("", None),
        ("+2", 2),
    ],
)
def test_plain_numbers_switches_and_nothing(text: str, value: object) -> None:
    found = read(f"a: {text}").value["a"].value
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ['"1"', "'true'", "!!str 1", "! 1", "|\n  1"])
def test_quotes_make_text(text: str) -> None:
    assert isinstance(read(f"a: {text}").value["a"].value, str)


def test_text_is_composed_so_that_both_ways_of_writing_an_accent_are_one_key() -> None:
    assert complaints("caf\u00e9: 1\ncafe\u0301: 2") == [("Y015", 2, 1)]


def test_a_byte_order_mark_is_allowed(tmp_path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read(file).plain() == {"a": 1, "b": 2}


def test_aliases_are_read_and_ordinary_files_need_none() -> None:
    assert read("a: &x [1, 2]\nb: *x").plain() == {"a": [1, 2], "b": [1, 2]}
    assert len(read("\n".join(f"k{n}: [1, 2, 3]" for n in range(5000))).value) == 5000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("Y008",)]),
        ("# only words\n", [("Y008",)]),
        ("---\n", [("Y008",)]),
        ("a: 1\nb: 2\na: 3\n", [("Y015", 3, 1)]),
        ("a:\n\tb: 1\n", [("Y009", 2, 1)]),
        ("a:\n  b: 1\n \tc: 2\n", [("Y009", 3, 2)]),
        ("a: x\0y", [("Y007", 1, 5)]),
        ("a: \x07", [("Y007", 1, 4)]),
        ("a: b: c", [("Y010", 1, 5)]),
        ("a: 1\nb: [1, 2\n", [("Y010", 2, 4)]),
        ("a: {b: 1\nc: 2\n", [("Y010", 1, 4)]),
        ('a: "x\n', [("Y010", 1, 4)]),
        ("a: @x", [("Y010", 1, 4)]),
        ("a: %x", [("Y010", 1, 4)]),
        ("%x", [("Y010", 1, 3)]),
        ('a: "\\q"', [("Y010", 1, 5)]),
        ("a: !b!c x", [("Y010", 1, 4)]),
        ("- a\nb: 1", [("Y010", 2, 1)]),
        ("[" * 40_000, [("Y011", 1, LIMIT_DEPTH + 1)]),
        ("{a: " * 40_000, [("Y011", 1, 4 * LIMIT_DEPTH + 1)]),
        ("- " * 40_000, [("Y011", 1, 2 * LIMIT_DEPTH + 1)]),
        ("? " * 40_000, [("Y011", 1, 2 * LIMIT_DEPTH + 1)]),
        (bomb(30), [("Y012", 5, 45)]),
        ("a: &a [*a]", [("Y013", 1, 8)]),
        ("a: *b", [("Y014", 1, 4)]),
        ("1: x\n[a]: y\n~: z", [("Y016", 1, 1), ("Y016", 2, 1), ("Y016", 3, 1)]),
        ("a: !!python/object/apply:os.system [ls]", [("Y017", 1, 4)]),
        ("a: !!int 5\nb: !x {}", [("Y017", 1, 4), ("Y017", 2, 4)]),
        ("a: .nan\nb: -.inf\nc: 1e400\nd: " + "9" * 5000, [("Y018", n, 4) for n in (1, 2, 3, 4)]),
        ("a: 9223372036854775808", [("Y018", 1, 4)]),
        ("a: 1\n---\nb: 2", [("Y019", 2, 1)]),
        ("a: &a {x: 1}\nb:\n  <<: *a", [("Y020", 3, 3)]),
    ],
)
def test_hostile_and_careless_text_is_refused_at_its_place(text: str, found: list[tuple[object, ...]]) -> None:
    began = time.monotonic()
    assert complaints(text) == found
    assert time.monotonic() - began < SECONDS


def test_a_chain_of_aliases_is_not_a_way_around_the_depth() -> None:
    chain = "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 3000))])
    assert complaints(chain)[0][0] == "Y011"


def test_all_faults_of_a_file_are_told_at_once_in_its_order() -> None:
    assert complaints("a: 1\na: 2\n3: x\nb: !t 1\nc: .inf\nd: [") == [
        ("Y015", 2, 1),
        ("Y016", 3, 1),
        ("Y017", 4, 4),
        ("Y018", 5, 4),
        ("Y010", 6, 5),
    ]


def test_a_file_full_of_faults_ends_soon() -> None:
    began = time.monotonic()
    assert len(complaints("a: 1\n" * 300_000)) <= 200
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("标题: 社区\n备注: 好\n".encode("gbk"), ("Y005", 1, 1)),
        ("a: 1\nb: 社区\n".encode("gbk"), ("Y005", 2, 4)),
        ("a: 社区".encode("utf-16"), ("Y006", 1, 1)),
        (b"a: 1\nb: \xff\xff\n", ("Y006", 2, 4)),
        (b"\xef\xbb\xbfa: \xb9\xe3", ("Y005", 1, 5)),
        (b"", ("Y008",)),
    ],
)
def test_other_encodings_are_named(tmp_path, data: bytes, found: tuple[object, ...]) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(data)
    assert complaints(file) == [found]


def test_what_is_not_a_file_is_refused(tmp_path) -> None:
    assert complaints(tmp_path) == [("Y002",)]
    assert complaints(tmp_path / "none.yaml") == [("Y001",)]
    assert complaints(tmp_path / "none.yaml", place=read("a").place) == [("Y023", 1, 1)]
    assert complaints(tmp_path / ("n" * 300)) == [("Y003",)]
    assert complaints(tmp_path / "a\0b") == [("Y003",)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert complaints(tmp_path / "pipe") == [("Y003",)]


def test_a_gigabyte_is_refused_unread(tmp_path) -> None:
    file = tmp_path / "big.yaml"
    with file.open("wb") as stream:
        stream.truncate(1_000_000_000)
    began = time.monotonic()
    assert complaints(file) == [("Y004",)]
    assert time.monotonic() - began < 1
    assert complaints("#" * (LIMIT_BYTES + 1)) == [("Y004",)]


def test_the_python_parser_gives_the_same_tree_and_places(monkeypatch) -> None:
    text = "a: &x {b: [1, 2 h], 丙: no}\nd: *x\n"
    quick = read(text)
    monkeypatch.setattr(marked_yaml.yaml, "CSafeLoader", yaml.SafeLoader)
    slow = read(text)
    assert slow.plain() == quick.plain()
    assert slow.at(["a", "b", 1]).place == quick.at(["a", "b", 1]).place
    assert complaints("[" * 40_000) == [("Y011", 1, LIMIT_DEPTH + 1)]
    assert complaints("a: 1\na: .nan") == [("Y015", 2, 1), ("Y018", 2, 4)]


def test_a_value_on_a_command_line_keeps_its_column() -> None:
    value = read_value("{b: 12 h}", "a={b: 12 h}", 2, "<--set #1>")
    assert str(value.at(["b"]).place) == "<--set #1>:1:7"
    assert value.at(["b"]).place.excerpt == ("a={b: 12 h}",)


LETTERS = st.text("aZ09_.-+:#&*!|>%@`'\"\\{}[], \t\n\r\x85\u2028~=yno社é", max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e299, 1e299) | LETTERS
KEYS = LETTERS.filter(bool)
TREES = st.dictionaries(
    KEYS,
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)),
    min_size=1,
    max_size=4,
)


@given(TREES)
@settings(max_examples=120, deadline=None)
def test_what_is_written_is_read_back(tree: dict) -> None:
    assert read(write(tree)).plain() == tree


def test_notes_stand_behind_values() -> None:
    assert write({"a": {"b": 1}, "c": [1, "x y"]}, {("a", "b"): "f:1"}) == "a:\n  b: 1  # f:1\nc: [1, x y]\n"


NASTY = st.text(alphabet=st.sampled_from("ab:- \n\t[]{}&*!|>'\"%@#,?<~.0e1\0\ufeff社\U0001f600\u2028"), max_size=60)


@given(NASTY | st.text(max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused_with_places_inside_it(text: str) -> None:
    try:
        read(text).plain()
    except InputError as error:
        assert error.complaints
        for complaint in error.complaints:
            assert complaint.place is None or complaint.place.line <= len(marked_yaml._BREAK.split(text))
        assert render(error, "en", 40)
        assert render(error, "zh", 40)


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        marked_yaml._tree(marked_yaml._decoded(data, "f"), "f").plain()
    except InputError as error:
        assert render(error, "en")
