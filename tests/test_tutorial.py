"""The tutorial for planners: every command is run, as it stands there, on the made-up export that it speaks of."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from twin.cli.app import main
from twin.core.marked_yaml import read
from twin.logs.mapping import MOST_KEYS, ColumnMap
from twin.logs.read import read_log
from twin.scenario.load import load

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"en": ROOT / "docs" / "tutorial.md", "zh": ROOT / "docs" / "tutorial.zh-CN.md"}
EXPORT = ROOT / "examples" / "hotline" / "export.csv"
FAULTY = 1
Said = tuple[int, str, str]


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return (language, content) of every block of code."""
    return re.findall(r"```([a-z]*)\n(.*?)```", page.read_text("utf-8"), re.DOTALL)


def commands(page: Path) -> list[str]:
    return [line for kind, text in blocks(page) if kind == "" for line in text.splitlines()]


def said_by(line: str) -> Said:
    """Run a command as the shell would, in this process; return its exit code and what it said."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(shlex.split(line)[1:])
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Said]:
    """What every command of the page said, followed from top to bottom in an empty folder."""
    folder = tmp_path_factory.mktemp("tutorial")
    shutil.copy(EXPORT, folder)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("TWIN_LANG", "en")
        patch.setenv("COLUMNS", "100")  # a narrow terminal would break the lines that are looked for
        for kind, text in blocks(PAGES["en"]):
            if kind == "yaml":
                Path(text.splitlines()[0].removeprefix("# ")).write_text(text, encoding="utf-8")
            for line in text.splitlines() if kind == "" else ():
                found[line] = said_by(line)
    found["folder"] = (0, str(folder), "")
    return found


def test_both_languages_show_the_same_commands_and_files() -> None:
    assert blocks(PAGES["en"]) == blocks(PAGES["zh"])
    headings = {lang: re.findall(r"^## (\d)\.", page.read_text("utf-8"), re.MULTILINE) for lang, page in PAGES.items()}
    assert headings["en"] == headings["zh"] == list("1234567")


def test_every_command_ends_as_the_page_says(followed: dict[str, Said]) -> None:
    assert len(commands(PAGES["en"])) == 9
    for line in commands(PAGES["en"]):
        code, out, err = followed[line]
        assert code == (FAULTY if line.startswith("twin data check") else 0), f"{line}\n{out}\n{err}"


def test_the_check_finds_what_the_page_names(followed: dict[str, Said]) -> None:
    said = followed["twin data check export.csv"][1]
    assert re.search(r"D450 +1 requests", said) and re.search(r"D458 +1 rows", said)
    assert re.search(r"D453 .*一级分类.* 1 rows", said) and re.search(r"D460 +40 requests.*网格巡查", said)
    assert all(column in said for column in ("诉求人姓名", "联系电话", "诉求人编号", "诉求内容"))
    assert "D460" not in followed["twin data check export.csv --map mapping.yaml"][1]


def test_the_model_s_median_lies_among_the_log_s(followed: dict[str, Said]) -> None:
    said = followed["twin run street.yaml --arm as_it_is -n 3 --all"][1]
    median = float(re.search(r"Median time to close \[h\] +([\d.]+)", said)[1])
    assert median == pytest.approx(40, abs=2)  # as the page says
    fitted = followed["twin data fit export.csv --map mapping.yaml -o demand.yaml --figures figures"][1]
    rows = [line for line in fitted.splitlines() if "unspecified" not in line]
    medians = [float(value) for value in re.findall(r"(\d+\.?\d*) \([\d.]+–[\d.]+\) h", "\n".join(rows))]
    assert (round(min(medians)), round(max(medians))) == (23, 43)
    worse = followed['twin run street.yaml --arm as_it_is -n 3 --all --set "desk.misroute_chance=30 %"'][1]
    assert float(re.search(r"Median time to close \[h\] +([\d.]+)", worse)[1]) > median


def test_the_answer_is_the_one_that_the_page_gives(followed: dict[str, Said]) -> None:
    said = followed["twin run street.yaml -n 4 --out results"][1]
    hours, cost = said[: said.index("Closed on time: difference")], said[said.index("Cost: difference") :]
    for arm in ("dispatched at once", "shifts of twelve hours"):
        assert re.search(rf"^ +{arm} .* better +4 of 4", hours, re.MULTILINE)
    assert re.search(r"dispatched at once .* no difference", cost)
    rise = re.search(r"as it is +([\d,]+) .*\n.*\n +shifts of twelve hours +([\d,]+) ", cost)
    before, after = (float(value.replace(",", "")) for value in rise.groups())
    assert 1.8 < after / before < 2.1
    folder = Path(followed["folder"][1])
    assert (folder / "results" / "summary.html").exists() and (folder / "figures").is_dir()


def test_the_replayed_log_holds_nothing_personal(followed: dict[str, Said]) -> None:
    copied = (Path(followed["folder"][1]) / "replay_log.csv").read_text("utf-8")
    assert not any(word in copied for word in ("示例甲", "00000000000", "虚构", "R0"))


def test_the_export_is_made_up_and_says_so() -> None:
    with EXPORT.open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all("虚构" in row["诉求内容"] and row["工单编号"].startswith("示例") for row in rows)
    assert {row["联系电话"] for row in rows} <= {"", "00000000000"}
    assert {row["诉求人姓名"][:2] for row in rows} <= {"", "示例"}


def test_the_export_was_made_of_the_street_that_lies_beside_it() -> None:
    """The file is kept as it was made; that its street still gives about as many orders is all that is asked."""
    truth = load(EXPORT.with_name("truth.yaml"))
    found, _ = read_log(str(EXPORT), ColumnMap(staff=("网格巡查",)))
    assert found.days == truth.days
    titles = {category.title.zh for category in truth.categories.values()}
    assert {name for name in found.category.names if name != "unspecified"} == titles


def test_the_mapping_of_the_page_is_short() -> None:
    (mapping,) = [text for kind, text in blocks(PAGES["en"]) if kind == "yaml" and text.startswith("# mapping.yaml")]
    assert len(read(mapping, name="mapping.yaml").value) <= MOST_KEYS


# -- the two readmes

READMES = [(ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")]


def test_both_readmes_show_the_same_code_numbers_links_and_commands() -> None:
    for pattern in (
        r"```[a-z]*\n.*?```",
        r"\d[\d,]*\.\d+(?: ± \d+\.\d+)?|\d+,\d{3}",
        r"\]\(((?:docs|benchmarks)/[^)]*|CONTRIBUTING\.md|NOTICE)\)",
        r"^\| `(twin [^`]*)`",
    ):
        english, chinese = (re.findall(pattern, text, re.DOTALL | re.MULTILINE) for text in READMES)
        plain = [sorted(re.sub(r"\.zh-CN|(?<=md)#.*", "", one) for one in found) for found in (english, chinese)]
        assert plain[0] == plain[1], pattern  # of a page in two languages each names its own


def test_both_readmes_have_the_same_sections() -> None:
    english, chinese = (re.findall(r"^## ", text, re.MULTILINE) for text in READMES)
    assert len(english) == len(chinese)
