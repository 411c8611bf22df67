"""Replayed request logs: the shipped one, files of one's own, replay, thinning and repeats."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from twin.core.columns import Floats, Keys
from twin.core.draws import stream_id, uniforms
from twin.errors import ERRORS, InputError, render
from twin.logs.replay import (
    ReplayLog,
    first_reports,
    keep_chance,
    load_log,
    repeats,
    replay_day,
    summaries,
    thin,
)
from twin.world.tables import CHANNELS

HEADER = "created,closed,category,subtype,channel,loc_id,on_time"
WEEK = [f"2024-01-{day:02d}T09:00,,light,lamp,phone,{day},1" for day in range(1, 9)]


@pytest.fixture(scope="module")
def boston() -> ReplayLog:
    return load_log("boston_311_2011")


def write(folder: Path, *rows: str, header: str = HEADER) -> str:
    path = folder / "log.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def chance_of(stream: str = "kept", occurrence: int = 0):
    def uniform_of(seed: int, keys: Keys) -> Floats:
        return uniforms(seed, stream_id(stream), occurrence, keys)

    return uniform_of


def refused(path: str) -> InputError:
    with pytest.raises(InputError) as error:
        load_log(path)
    for lang in ("en", "zh"):
        assert "<" not in render(error.value, lang)  # every value of the message is filled in
    return error.value


# -- the shipped log


def test_the_shipped_log_is_a_summer_of_citizens_requests(boston: ReplayLog):
    assert (len(boston), boston.first, boston.days) == (14_215, dt.date(2011, 7, 1), 92)
    assert boston.cycle_days == 91
    assert boston.per_day == pytest.approx(154.2, abs=0.1)
    assert len(boston.categories) == 11
    assert {CHANNELS[channel] for channel in np.unique(boston.channel)} == {"phone", "app"}
    assert np.all(np.diff(boston.minute) >= 0)
    assert np.nanmin(boston.hours_to_close) >= 0
    assert len(np.unique(boston.key)) == len(boston)


def test_columns_of_a_log_cannot_be_written(boston: ReplayLog):
    with pytest.raises(ValueError, match="read-only"):
        boston.minute[0] = 0


def test_the_shipped_file_says_nothing_of_when_it_was_packed():
    packed = resources.files("twin.data").joinpath("boston_311_2011.csv.gz").read_bytes()
    assert packed[3:8] == b"\0" * 5  # no name, no time


def test_every_type_of_request_has_the_category_that_the_table_gives_it(boston: ReplayLog):
    text = resources.files("twin.data").joinpath("boston_311_categories.csv").read_text(encoding="utf-8")
    table = list(csv.DictReader(text.splitlines()))
    given = {(row["category"], row["city_type"]) for row in table}
    found = set(zip(boston.category.tolist(), boston.subtype.tolist(), strict=True))
    assert {(boston.categories[category], boston.subtypes[subtype]) for category, subtype in found} == given
    assert all(row["title_en"] and row["title_zh"] for row in table)


def test_closing_times_are_what_a_sorted_column_says(boston: ReplayLog):
    lights = summaries(boston)["lights"]
    hours = boston.hours_to_close[boston.category == boston.categories.index("lights")]
    closed = sorted(hours[~np.isnan(hours)])
    assert lights.requests == len(hours)
    assert lights.open_share == pytest.approx(1 - len(closed) / len(hours))
    assert lights.median_hours == closed[(len(hours) + 1) // 2 - 1]
    assert 0 < lights.on_time_share < 1
    assert summaries(boston)["housing"].p90_hours == np.inf  # more than a tenth was never closed


# -- replay


@pytest.mark.parametrize("start", range(7))
def test_a_replayed_day_keeps_its_weekday(boston: ReplayLog, start: int):
    for day in (0, 3, 90, 91, 119, 400):
        replay = replay_day(boston, day, start)
        run_minutes = boston.minute[replay.rows] + replay.shift
        assert np.all(run_minutes // 1440 == day)
        log_day = int(boston.minute[replay.rows[0]] // 1440)
        assert (boston.first.weekday() + log_day) % 7 == (start + day) % 7


def test_the_log_goes_round_and_counts_its_passes(boston: ReplayLog):
    days = [replay_day(boston, day, 4) for day in range(2 * boston.cycle_days)]
    assert {replay.occurrence for replay in days[: boston.cycle_days]} == {0}
    assert {replay.occurrence for replay in days[boston.cycle_days :]} == {1}
    for once, again in zip(days[:91], days[91:], strict=True):
        assert np.array_equal(once.rows, again.rows)
    assert sum(len(replay.rows) for replay in days[:91]) == pytest.approx(boston.per_day * 91)


def test_days_without_requests_replay_nothing(tmp_path: Path):
    log = load_log(write(tmp_path, WEEK[0], WEEK[7]))
    assert [len(replay_day(log, day, 0).rows) for day in range(8)] == [1, 0, 0, 0, 0, 0, 0, 1]


# -- thinning


def test_fewer_a_day_are_part_of_more_a_day(boston: ReplayLog):
    kept = [set(thin(boston, 5, per_day, chance_of()).tolist()) for per_day in (10, 14, 17.5)]
    assert kept[0] < kept[1] < kept[2]


def test_thinning_keeps_the_rate_that_was_asked_for(boston: ReplayLog):
    counts = [len(thin(boston, seed, 17.5, chance_of())) / boston.days for seed in range(60)]
    assert np.mean(counts) == pytest.approx(17.5, abs=4 * 0.67 / np.sqrt(60))
    assert np.std(counts) < 0.05 * 17.5


def test_thinning_keeps_a_place_with_everything_asked_for_there(boston: ReplayLog):
    kept = thin(boston, 1, 17.5, chance_of())
    gone = np.setdiff1d(np.arange(len(boston)), kept)
    assert not (set(boston.loc[kept]) & set(boston.loc[gone])) - {0}
    previous = repeats(boston, 30)[kept]
    assert np.isin(previous[previous >= 0], kept).all()
    share = np.mean([np.mean(repeats(boston, 30)[thin(boston, s, 17.5, chance_of())] >= 0) for s in range(20)])
    assert share == pytest.approx(np.mean(repeats(boston, 30) >= 0), abs=0.015)


def test_another_seed_or_another_pass_keeps_other_places(boston: ReplayLog):
    first = thin(boston, 1, 17.5, chance_of())
    assert not np.array_equal(first, thin(boston, 2, 17.5, chance_of()))
    assert not np.array_equal(first, thin(boston, 1, 17.5, chance_of(occurrence=1)))


def test_a_log_cannot_be_made_denser(boston: ReplayLog):
    assert keep_chance(boston, boston.per_day) == 1
    with pytest.raises(InputError) as error:
        keep_chance(boston, 200)
    assert error.value.complaints[0].code == "D409"


def test_what_is_kept_does_not_hang_on_the_other_rows(tmp_path: Path):
    whole = load_log(write(tmp_path, *WEEK))
    turned = load_log(write(tmp_path, *WEEK[::-1]))
    cut = load_log(write(tmp_path, WEEK[0], *WEEK[2:]))
    assert np.array_equal(whole.key, turned.key)
    assert set(cut.key.tolist()) == set(np.delete(whole.key, 1).tolist())
    assert set(cut.place_key.tolist()) < set(whole.place_key.tolist())


def test_rows_that_say_the_same_have_keys_of_their_own(tmp_path: Path):
    log = load_log(write(tmp_path, WEEK[0], WEEK[0], WEEK[0], *WEEK))
    assert len(np.unique(log.key)) == len(log)


# -- repeats


def test_repeats_are_those_that_a_loop_finds(boston: ReplayLog):
    found = repeats(boston, 30)
    last: dict[tuple[int, int], int] = {}
    for row, place in enumerate(zip(boston.loc.tolist(), boston.subtype.tolist(), strict=True)):
        before = last.get(place, -1) if place[0] else -1
        if before >= 0 and boston.minute[row] - boston.minute[before] > 30 * 1440:
            before = -1
        assert found[row] == before
        last[place] = row


def test_a_chain_of_repeats_leads_to_its_first_report(tmp_path: Path):
    days = ("01", "05", "09", "30")
    rows = [f"2024-01-{day}T09:00,,light,lamp,phone,7,1" for day in days]
    strangers = ["2024-01-06T09:00,,light,pole,phone,7,1", "2024-01-06T10:00,,light,lamp,phone,0,"]
    log = load_log(write(tmp_path, *rows, *strangers))
    assert repeats(log, 5).tolist() == [-1, 0, -1, -1, 1, -1]
    assert first_reports(log, 5).tolist() == [0, 0, 2, 3, 0, 5]
    assert repeats(log, 3.9).tolist() == [-1] * 6


# -- one's own file


def test_a_csv_of_ones_own_is_read(tmp_path: Path):
    rows = [*WEEK, "2024-01-03 08:00:30,2024-01-03 10:00:30,tree,branch,app,0,0"]
    log = load_log(write(tmp_path, *rows))
    assert (log.days, log.first.weekday(), log.categories, log.areas) == (8, 0, ("light", "tree"), ("",))
    row = int(np.flatnonzero(log.category == 1)[0])
    assert (log.minute[row], log.hours_to_close[row]) == (2 * 1440 + 480.5, 2.0)
    assert (log.channel[row], log.on_time[row], log.loc[row]) == (CHANNELS.index("app"), 0, 0)


def test_packed_and_plain_and_marked_text_are_the_same(tmp_path: Path):
    plain = write(tmp_path, *WEEK)
    packed = tmp_path / "log.csv.gz"
    packed.write_bytes(gzip.compress(Path(plain).read_bytes()))
    marked = tmp_path / "marked.csv"
    marked.write_bytes(b"\xef\xbb\xbf" + Path(plain).read_bytes())
    keys = [load_log(str(path)).key.tolist() for path in (plain, packed, marked)]
    assert keys[0] == keys[1] == keys[2]
    assert load_log(plain).digest == load_log(str(packed)).digest


def test_a_file_that_changed_is_read_again(tmp_path: Path):
    assert len(load_log(write(tmp_path, *WEEK))) == 8
    assert len(load_log(write(tmp_path, *WEEK, WEEK[0]))) == 9


def test_all_bad_cells_of_a_column_are_named_with_their_rows(tmp_path: Path):
    rows = list(WEEK)
    rows[1] = rows[1].replace("2024-01-02T09:00", "yesterday")
    rows[4] = rows[4].replace("2024-01-05T09:00", "2024-01-05T25:00")
    error = refused(write(tmp_path, *rows))
    assert [(c.code, c.values["row"], c.values["column"]) for c in error.complaints] == [
        ("D404", 3, "created"),
        ("D404", 6, "created"),
    ]
    assert [c.values["value"] for c in error.complaints] == ["***", "2024-01-05T25:00"]  # words might be a name


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (",,light,lamp,phone,1,1", "D405", None),
        ("2024-01-01T09:00,,,lamp,phone,1,1", "D405", "category"),
        ("2024-01-01T09:00,,light,lamp,pigeon,1,1", "D406", "channel"),
        ("2024-01-01T09:00,,light,lamp,phone,1,perhaps", "D406", "on_time"),
        ("2024-01-01T09:00,later,light,lamp,phone,1,1", "D404", "closed"),
        ("2024-01-01T09:00,2023-12-31T09:00,light,lamp,phone,1,1", "D407", None),
        ("2024-01-01T09:00,,light", "D410", None),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, code: str, column: str | None):
    (complaint,) = refused(write(tmp_path, *WEEK, row)).complaints
    assert (complaint.code, complaint.values["row"]) == (code, 10)
    assert column is None or complaint.values["column"] == column


def test_only_a_time_of_creation_is_needed(tmp_path: Path):
    (complaint,) = refused(write(tmp_path, "light,2024-01-01", header="category,closed")).complaints
    assert (complaint.code, complaint.values["found"]) == ("D414", ("category", "closed"))
    log = load_log(write(tmp_path, *(row.partition(",")[0] for row in WEEK), header="created"))
    assert (len(log), log.categories, set(log.channel.tolist()), set(log.loc.tolist())) == (8, ("all",), {-1}, {0})


def test_a_log_shorter_than_a_week_is_refused(tmp_path: Path):
    assert refused(write(tmp_path, *WEEK[:6])).complaints[0].code == "D408"
    assert refused(write(tmp_path)).complaints[0].code == "D418"


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08broken", "创建,关闭".encode("gbk"), b"\x00" * 9, b"", b'"open'])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    assert refused(str(path)).complaints[0].code in ("D402", "D414", "D428")


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path):
    assert refused(str(tmp_path)).complaints[0].code == "D402"
    assert refused(str(tmp_path / "none.csv")).complaints[0].code == "D401"
    assert refused("boston_311_2012").complaints[0].code == "D401"
    assert refused("a\x00b").complaints[0].code == "D401"


def test_every_message_of_a_log_is_in_the_registry():
    assert {f"D{number}" for number in (401, 402, *range(404, 412))} <= set(ERRORS)
