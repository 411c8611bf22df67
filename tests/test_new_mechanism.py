"""``twin new mechanism`` and ``twin check``: what is generated passes as it is, and what is wrong is found."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import twin.testing
from twin.cli.check import command as check
from twin.cli.new import command as new
from twin.errors import InputError
from twin.testing import CHECKS, TITLES, cases_of, compare, subject_of
from twin.testing.load import subject_at
from twin.testing.new import write_inside, write_package

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = ROOT / "tests" / "outside"


def call(command, *words: str) -> Result:
    return CliRunner().invoke(command, list(words), env={"TWIN_LANG": "en"})


@pytest.mark.parametrize(("name", "by_rows"), [("street_piano", False), ("small_talk", True)])
def test_a_generated_mechanism_passes_every_check(tmp_path: Path, name: str, by_rows: bool) -> None:
    files = write_package(name, tmp_path, by_rows)
    subject = subject_at(str(next(path for path in files if path.name == f"{name}.py")))
    assert subject.name == name
    assert len(cases_of(subject)) == 3
    for one in CHECKS.values():
        one(subject)


def test_row_by_row_it_has_the_effects_of_the_slow_version_too(tmp_path: Path, monkeypatch) -> None:
    path = write_package("row_talk", tmp_path, by_rows=True)[2]
    monkeypatch.syspath_prepend(tmp_path / "row_talk" / "tests")
    import row_talk_reference  # type: ignore[import-not-found]

    subject = subject_at(str(path))
    assert subject.mechanism.params is not None
    often = subject.mechanism.params(daily_chance=0.5)
    assert compare(subject, row_talk_reference.row_talk, 4, row_talk=often) > 100


def test_the_generated_tests_pass(tmp_path: Path) -> None:
    write_package("bench_talk", tmp_path, by_rows=False)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    found = subprocess.run(words, cwd=tmp_path / "bench_talk", env=environment, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    assert f"{len(CHECKS) + 4} passed" in found.stdout


def test_inside_a_checkout_three_files_are_written_and_none_is_edited(tmp_path: Path) -> None:
    for folder in ("twin/mechanisms", "tests/reference"):
        (tmp_path / folder).mkdir(parents=True)
    written = [path.relative_to(tmp_path).as_posix() for path in write_inside("tea_house", tmp_path, by_rows=False)]
    assert written == ["twin/mechanisms/tea_house.py", "twin/mechanisms/tea_house.cases.yaml",
                       "tests/reference/tea_house.py"]  # fmt: skip
    assert "def tea_house(world" in (tmp_path / written[2]).read_text("utf-8")
    with pytest.raises(InputError, match="S129"):
        write_inside("tea_house", tmp_path, by_rows=False)
    with pytest.raises(InputError, match="M353"):
        write_inside("tea_house", tmp_path / "twin", by_rows=False)


@pytest.mark.parametrize(
    ("name", "code"),
    [("trust", "M352"), ("days", "M352"), ("desk", "M352"), ("sample", "M352"), ("Bad", "M351"), ("2x", "M351"),
     ("class", "M351"), ("a-b", "M351"), ("", "M351")],
)  # fmt: skip
def test_names_that_will_not_do_are_refused(tmp_path: Path, name: str, code: str) -> None:
    found = call(new, "mechanism", name, "--dir", str(tmp_path))
    assert found.exit_code == 2 and code in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_command_names_what_it_wrote_and_what_comes_next(tmp_path: Path) -> None:
    found = call(new, "mechanism", "noon_nap", "--dir", str(tmp_path))
    assert found.exit_code == 0
    assert [Path(line).exists() for line in found.stdout.splitlines()] == [True] * 6
    assert "mechanisms: {noon_nap: on}" in found.stderr
    assert "R223" in call(new, "mechanism").stderr
    assert "R227" in call(new, "one", "two").stderr
    assert call(new, "my_street", "--dir", str(tmp_path)).stdout.strip().endswith("my_street.yaml")


# -- checking


def test_a_mechanism_is_checked_by_its_name_file_or_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(OUTSIDE)
    assert subject_at("trust").mechanism is subject_of("trust").mechanism
    by_file = subject_at(str(OUTSIDE / "street_art" / "gossip.py"))
    assert by_file.name == subject_at("street_art.gossip").name == "gossip"
    assert by_file.cases.name == "gossip.cases.yaml" and by_file.cases.exists()


def test_passed_checks_are_listed() -> None:
    found = call(check, "placebo")
    assert found.exit_code == 0, found.stdout
    assert found.stdout.count("passed ") == len(CHECKS)
    assert all(words.en in found.stdout for words in TITLES.values())
    told = json.loads(call(check, "placebo", "--json").stdout)
    assert told["schema"] == "twin.check/1"
    assert [(one["check"], one["passed"], one["fault"]) for one in told["checks"]] == [
        (name, True, None) for name in CHECKS
    ]


FAULTS = {
    '"scenario range", evidence': ('"nobody9999", evidence', "sources", "nobody9999"),
    'zh="毫无信任的居民当天这样做的概率")': ('zh="")', "parameters", "faulty.daily_chance"),
    'zh="人均次数"': ('zh=""', "metrics", "faulty_per_resident"),
    'reads=["residents.trust"]': ('reads=["residents.trust", "residents.grid"]', "reads", "residents.grid"),
    "Leaves out ": ("Left out   ", "card", "Leaves out"),
    "faulty_count=1)\n": ("faulty_count=2)\n", "cases", "should be 3, is 6"),
    "(1 - residents.trust)": ("residents.trust", "cases", "faulty_count[0] should be 3, is 0"),
}


@pytest.mark.parametrize("old", FAULTS)
def test_every_fault_is_found_and_named(tmp_path: Path, old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    new_text, failing, said = FAULTS[old]
    path = write_package("faulty", tmp_path, by_rows=False)[2]
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new_text), encoding="utf-8")
    for module in [name for name in sys.modules if name.startswith("twin_faulty")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.syspath_prepend(path.parent.parent)
    subject = subject_at(str(path))
    with pytest.raises(AssertionError) as caught:
        CHECKS[failing](subject)
    assert said in str(caught.value)


def test_a_failed_check_ends_with_1_and_says_why_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twin.testing, "CHECKS", {name: CHECKS[name] for name in ("card", "reads", "cases")})
    path = write_package("unread", tmp_path, by_rows=True)[2]
    text = path.read_text("utf-8").replace('["residents.trust"]', '["residents.trust", "residents.grid"]')
    path.write_text(text, encoding="utf-8")
    found = call(check, str(path))
    assert found.exit_code == 1
    assert "FAILED   what is declared is read: declared but read in no case: residents.grid" in found.stdout
    chinese = call(check, str(path), "--lang", "zh")
    assert "已声明但没有任何案例读取：residents.grid" in chinese.stdout
    assert json.loads(call(check, str(path), "--json").stdout)["checks"][1]["passed"] is False


@pytest.mark.parametrize("target", ["no_such_thing", "no/such/file.py", "json"])
def test_what_is_no_mechanism_is_refused(target: str) -> None:
    found = call(check, target)
    assert found.exit_code == 2
    assert "M350" in found.stderr or "M324" in found.stderr


# -- CONTRIBUTING.md, word by word

GUIDE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def edits() -> list[tuple[str, str]]:
    """Return (old, new) for every change that the guide shows."""
    found: list[tuple[list[str], list[str]]] = []
    for block in re.findall(r"```diff\n(.*?)```", GUIDE, re.DOTALL):
        before = "+"
        for line in block.splitlines():
            if line[0] == "-" and before == "+":
                found.append(([], []))
            found[-1][line[0] == "+"].append(line[1:])
            before = line[0]
    return [("\n".join(old), "\n".join(new)) for old, new in found]


def test_the_guide_can_be_followed_word_by_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("twin/mechanisms", "tests/reference"):
        (tmp_path / folder).mkdir(parents=True)
    texts = {path: path.read_text("utf-8") for path in write_inside("tea_house", tmp_path, by_rows=False)}
    for old, new_text in edits():
        held = [path for path, text in texts.items() if old in text]
        assert len(held) == 1, old
        assert texts[held[0]].count(old) == 1
        texts[held[0]] = texts[held[0]].replace(old, new_text)
    for path, text in texts.items():
        assert "trust" not in text
        path.write_text(text, encoding="utf-8")
    subject = subject_at(str(tmp_path / "twin" / "mechanisms" / "tea_house.py"))
    assert "Fourteen checks" in GUIDE and len(CHECKS) == 14
    for one in CHECKS.values():
        one(subject)
    spec = importlib.util.spec_from_file_location("slow_tea_house", tmp_path / "tests" / "reference" / "tea_house.py")
    slow = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(slow)
    assert compare(subject, slow.tea_house, 6) > 0
    for name, metric in subject.mechanism.metrics.items():
        assert f"| `{name}` | {metric.zh} |" in GUIDE
