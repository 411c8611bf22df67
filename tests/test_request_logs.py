"""Reading and checking request logs: every format, every mess, nothing lost, nothing personal kept."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.log_kit import SECRETS, luck, messy_workbook, write_csv
from twin.cli.app import main
from twin.core.marked_yaml import read
from twin.errors import ERRORS, InputError, headline, render
from twin.logs.account import KINDS, Account
from twin.logs.channels import CHANNELS, is_staff, standard_channel
from twin.logs.check import check, is_clean, quietest_hour
from twin.logs.dates import read_dates
from twin.logs.encoding import decoded, unscrambled
from twin.logs.fields import FIELDS, assigned, meanings
from twin.logs.mapping import MOST_KEYS, ColumnMap, read_mapping
from twin.logs.privacy import codes, is_personal, scrubbed, showable
from twin.logs.read import read_log
from twin.logs.replay import load_log
from twin.logs.request_log import RequestLog
from twin.world import tables

ROOT = Path(__file__).resolve().parent.parent
CHINESE = "工单编号,登记时间,办结时间,诉求类别,所属街道,承办单位"
CHINESE_ROWS = [
    f"G{n},2024-03-{1 + n % 28:02d} {8 + n % 10:02d}:15:00,2024-04-02 10:00:00,噪声,东街,城管" for n in range(40)
]
STAMP = dt.datetime(2024, 3, 25, 14, 5)


def noted(account: Account) -> dict[str, tuple[str, int]]:
    return {note.code: (note.kind, note.count) for note in account.notes}


def stamps(log: RequestLog) -> list[str]:
    return np.datetime_as_string(log.created).tolist()


def ends(*words: str) -> int | str | None:
    try:
        return main(list(words))
    except SystemExit as end:
        return end.code


# -- formats and encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_any_usual_encoding_is_read_to_the_same(tmp_path: Path, encoding: str) -> None:
    log, account = read_log(write_csv(tmp_path / "log.csv", CHINESE, CHINESE_ROWS, encoding))
    assert (len(log), log.category.names, log.area.names, log.agency.names) == (40, ("噪声",), ("东街",), ("城管",))
    assert ("D430" in noted(account)) == (not encoding.startswith("utf-8"))


def test_western_letters_are_not_taken_for_chinese() -> None:
    text = "Straße,Grünfläche\nMüll,Züri\nÖV,Bäume\n"
    assert decoded(text.encode("cp1252")).text == text
    assert decoded("创建时间,类别\n".encode("gb18030")).text == "创建时间,类别\n"


def test_characters_that_are_lost_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes("created,category\n2024-01-01,灯\n2024-01-02,灯\n".encode() + b"2024-01-03,\xff\n")
    log, account = read_log(path)
    assert len(log) == 3
    assert noted(account)["D431"] == ("wrong", 1)


def test_text_saved_in_the_wrong_encoding_is_turned_back(tmp_path: Path) -> None:
    scrambled = "created,诉求类别\n2024-01-01 08:00,市容环卫\n".encode().decode("latin-1")
    assert "created,诉求类别\n2024-01-01 08:00,市容环卫\n" in unscrambled(scrambled)
    path = tmp_path / "log.csv"
    path.write_text(scrambled, encoding="utf-8")
    log, account = read_log(path)
    assert (log.category.names, noted(account)["D432"]) == (("市容环卫",), ("repaired", 1))


def test_chinese_bytes_saved_as_latin_letters_are_turned_back(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("登记时间,诉求类别\n2024-01-01 08:00,市容环卫\n".encode("gb18030").decode("latin-1"), "utf-8")
    log, account = read_log(path)
    assert (log.category.names, noted(account)["D432"]) == (("市容环卫",), ("repaired", 1))


OPEN311 = {"service_request_id": "7", "status": "closed", "service_name": "Graffiti",
           "requested_datetime": "2024-01-01T08:00:00", "updated_datetime": "2024-01-02T09:30:00",
           "lat": "42.3", "long": "-71.1"}  # fmt: skip


@pytest.mark.parametrize("wrapper", ["{}", "<?xml version='1.0'?>\n{}"])
def test_open311_is_read_as_xml_and_in_wrapped_json_alike(tmp_path: Path, wrapper: str) -> None:
    parts = "".join(f"<{name}>{value}</{name}>" for name, value in OPEN311.items())
    requests = f"<service_requests><request>{parts}</request></service_requests>"
    (tmp_path / "log.xml").write_text(wrapper.format(requests), encoding="utf-8")
    (tmp_path / "log.json").write_text(json.dumps({"service_requests": [{"request": OPEN311}]}), encoding="utf-8")
    for name in ("log.xml", "log.json"):
        log, account = read_log(tmp_path / name)
        assert (log.category.names, log.hours_to_close.tolist()) == (("Graffiti",), [25.5])
        assert (log.y.tolist(), noted(account)["D444"]) == ([42.3], ("told", 1))


def test_a_workbook_in_xml_is_read_with_the_cells_that_it_leaves_out(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return "<Row>" + "".join(f"<Cell{cell}</Data></Cell>" for cell in cells) + "</Row>"

    rows = row("><Data>created", "><Data>closed", "><Data>category") + row("><Data>2024-01-01", ' i:Index="3"><Data>灯')
    (tmp_path / "log.xls").write_text(
        '<?xml version="1.0"?><Workbook xmlns:i="urn:schemas-microsoft-com:office:spreadsheet">'
        f"<Worksheet><Table>{rows}</Table></Worksheet></Workbook>", encoding="utf-8")  # fmt: skip
    log, _ = read_log(tmp_path / "log.xls")
    assert (log.category.names, np.isnat(log.closed).tolist()) == (("灯",), [True])


@pytest.mark.parametrize(
    "content", [b"", "张三,13912345678,2024-01-01 10:00\n李四,13912345679,2024-01-02 11:00\n".encode()]
)
def test_a_table_without_names_is_refused_and_nothing_of_it_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log.csv").write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_log(tmp_path / "log.csv")
    assert refused.value.complaints[0].code == "D428"
    assert not any(said in render(refused.value, lang) for said in ("张三", "139", "2024") for lang in ("en", "zh"))


def test_a_log_without_a_usable_row_says_why_of_its_rows(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("created,category\nsoon,灯\nlater,灯\n,灯\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_log(tmp_path / "log.csv")
    assert [one.code for one in refused.value.complaints] == ["D418", "D461", "D462"]
    assert "2 cells" in render(refused.value, "en") and "soon" not in render(refused.value, "en")


def test_names_that_are_not_known_are_shown_though_a_title_stands_above_them(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("2024年工单导出,,\n建单,了结,事由\n2024-01-01,2024-01-02,灯\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_log(tmp_path / "log.csv")
    assert "建单, 了结, 事由" in render(refused.value, "en")


@pytest.mark.parametrize("sign", [",", "\t", ";", "|"])
def test_any_separator_is_found(tmp_path: Path, sign: str) -> None:
    rows = [row.replace(",", sign) for row in CHINESE_ROWS]
    assert len(read_log(write_csv(tmp_path / "log.txt", CHINESE.replace(",", sign), rows))[0]) == 40


def test_a_workbook_parquet_json_and_a_page_say_the_same(tmp_path: Path) -> None:
    import duckdb
    import openpyxl

    csv_path = write_csv(tmp_path / "log.csv", CHINESE, CHINESE_ROWS)
    workbook = openpyxl.Workbook()
    for row in (CHINESE, *CHINESE_ROWS):
        workbook.active.append(row.split(","))
    workbook.save(tmp_path / "log.xlsx")
    with duckdb.connect() as engine:
        columns = "'登记时间': 'TIMESTAMP', '办结时间': 'TIMESTAMPTZ'"
        source = f"read_csv('{csv_path}', types={{{columns}}})"
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(f"COPY (SELECT * FROM {source}) TO '{tmp_path / 'log.parquet'}' (FORMAT parquet)")
    records = [dict(zip(CHINESE.split(","), row.split(","), strict=True)) for row in CHINESE_ROWS]
    (tmp_path / "log.json").write_text(json.dumps({"data": records}, ensure_ascii=False), encoding="utf-8")
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row.split(",")) + "</tr>"
                    for row in (CHINESE, *CHINESE_ROWS))  # fmt: skip
    (tmp_path / "log.xls").write_text(f"<html><table>{cells}</table></html>", encoding="gb18030")
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(csv_path.read_bytes()))
    plain, _ = read_log(csv_path)
    for name in ("log.xlsx", "log.parquet", "log.json", "log.xls", "log.csv.gz"):
        log, account = read_log(tmp_path / name)
        assert stamps(log) == stamps(plain), name
        assert np.array_equal(log.hours_to_close, plain.hours_to_close), name
        assert log.category.words().tolist() == plain.category.words().tolist(), name
        assert (account.rows, account.read) == (40, 40), name


def test_open311_closes_at_the_last_change_of_a_closed_request(tmp_path: Path) -> None:
    requests = [
        {"service_request_id": "1", "status": "closed", "service_name": "Pothole",
         "description": "call me 617-555-0101",
         "requested_datetime": "2024-05-01T08:00:00-04:00", "updated_datetime": "2024-05-02T09:00:00-04:00",
         "agency_responsible": "PW", "address": "1 Main St", "lat": 42.1, "long": -71.2},
        {"service_request_id": "2", "status": "open", "service_name": "Graffiti", "status_notes": "x",
         "requested_datetime": "2024-05-03T12:30:00-04:00", "updated_datetime": "2024-05-04T00:00:00-04:00",
         "address": "1 Main St", "lat": 42.1, "long": -71.2},
    ]  # fmt: skip
    path = tmp_path / "requests.json"
    path.write_text(json.dumps(requests), encoding="utf-8")
    log, account = read_log(path)
    assert stamps(log) == ["2024-05-01T08:00:00", "2024-05-03T12:30:00"]
    assert log.hours_to_close[0] == 25.0
    assert np.isnan(log.hours_to_close[1]) and log.hours_open[1] == pytest.approx(11.5)
    assert log.place.tolist() == [1, 1]
    assert noted(account)["D444"] == ("told", 1)
    assert noted(account)["D447"][0] == "told"
    shanghai, _ = read_log(path, ColumnMap(time_zone="Asia/Shanghai"))
    assert stamps(shanghai)[0] == "2024-05-01T20:00:00"


def test_features_with_points_are_read(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"created": "2024-05-01 08:00", "category": "a"},
               "geometry": {"type": "Point", "coordinates": [8.5, 47.4]}}  # fmt: skip
    path = tmp_path / "log.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    log, _ = read_log(path)
    assert (log.x[0], log.y[0]) == (8.5, 47.4)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xd0\xcf\x11\xe0old", "D402"), (b"PK\x03\x04broken", "D402"), (b"PAR1broken", "D402"), (b"{}", "D402"),
     (b"<html><p>nothing</p></html>", "D402"), (b"a,b\n1,2\n", "D414"), (b"created,category\n,a\n", "D418")],
)  # fmt: skip
def test_what_cannot_be_read_says_why(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_log(tmp_path / "log")
    assert caught.value.complaints[0].code == code


# -- the messy file


def test_a_messy_workbook_is_put_right_and_all_of_it_accounted_for(tmp_path: Path) -> None:
    log, account = read_log(messy_workbook(tmp_path / "工单.xlsx"))
    assert stamps(log) == ["2024-01-05T09:10:00", "2024-01-05T09:30:00", "2024-01-06T14:05:00", "2024-01-07T06:00:00",
                           "2024-01-08T08:05:00", "2024-01-09T11:00:00"]  # fmt: skip
    assert log.category.words().tolist() == [
        "噪声扰民",
        "噪声扰民",
        "市容环卫",
        "市容环卫",
        "unspecified",
        "unspecified",
    ]
    assert log.area.words().tolist() == ["东街", "东街", "东街", "西街", "西街", "西街"]
    assert log.hours_to_close[:2].tolist() == [24.0 + 50 / 60, 26.5]
    assert log.closing_unknown.tolist() == [False, False, False, True, False, False]
    assert [(note.code, note.kind, note.count, note.rows) for note in account.notes] == [
        ("D433", "told", 1, ()),  # another sheet
        ("D434", "repaired", 1, (6,)),  # cells merged downwards
        ("D435", "dropped", 2, (1, 2)),  # rows above the header
        ("D437", "dropped", 1, (7,)),  # blank
        ("D438", "dropped", 1, (8,)),  # the header again
        ("D439", "dropped", 1, (14,)),  # a total
        ("D445", "repaired", 7, ()),  # times in several forms
        ("D461", "dropped", 1, (11,)),  # "yesterday"
        ("D445", "repaired", 5, ()),
        ("D450", "wrong", 1, (9,)),  # closed before it was created
        ("D448", "personal", 2, (11, 13)),  # a number in the column of categories
        ("D453", "doubtful", 4, (10, 11, 12, 13)),  # no category
        ("D442", "personal", 1, ()),  # the number called from, coded
        ("D443", "personal", 2, ()),  # name and text, left out
        ("D458", "dropped", 1, (12,)),  # a copy
    ]
    assert account.rows == account.read + sum(account.dropped.values()) == 13


def test_a_messy_text_is_put_right(tmp_path: Path) -> None:
    rows = ["", "导出报表", "Date,Type,Type,Lat,Lon", "03/25/2024,a,b,\"31,23\",121.4", "04/02/2024,a,,31.2",
            "04/05/2024,a,,31.2,121.4,more", "Total,3"]  # fmt: skip
    (tmp_path / "log.csv").write_text("\n".join(rows), encoding="utf-8")
    log, account = read_log(tmp_path / "log.csv")
    assert stamps(log) == ["2024-03-25T00:00:00", "2024-04-02T00:00:00"]
    found = noted(account)
    assert found["D435"] == ("dropped", 2)
    assert found["D436"] == ("repaired", 1)
    assert found["D439"] == ("dropped", 1)
    assert found["D440"] == ("dropped", 1)
    assert found["D441"] == ("repaired", 1)
    assert found["D446"] == ("told", 1)
    assert found["D463"] == ("wrong", 1)
    assert account.rows == account.read + sum(account.dropped.values())


@given(st.lists(st.lists(st.sampled_from(["", "2024-01-05", "灯", "合计", "created", "1e9", "x" * 9]), max_size=5)))
@settings(max_examples=60, deadline=None)
def test_no_row_is_ever_lost_unseen(rows: list[list[str]]) -> None:
    from twin.logs.read import read_content

    text = "\n".join(",".join(row) for row in [["created", "category", "area"], ["2024-01-01", "a", "b"], *rows])
    log, account = read_content(text.encode(), "log.csv", ColumnMap())
    assert account.rows == account.read + sum(account.dropped.values())
    assert account.read == len(log)
    assert all(note.kind in KINDS and note.code in ERRORS for note in account.notes)
    for note in account.notes:
        for lang in ("en", "zh"):
            assert "<" not in headline(note.complaint, lang)  # every value is filled in


def test_the_shipped_log_needs_no_repair() -> None:
    log, account = read_log("boston_311_2011")
    assert (account.rows, account.read, account.notes) == (14_215, 14_215, ())
    assert (len(log.category.names), log.first, log.days) == (11, dt.date(2011, 7, 1), 92)


# -- dates


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2060, 1, 1)).map(lambda one: one.replace(microsecond=0)))
@settings(max_examples=150, deadline=None)
def test_every_way_of_writing_a_time_is_read(time: dt.datetime) -> None:
    half = "上午" if time.hour < 12 else "下午"
    forms = [
        f"{time:%Y-%m-%d %H:%M:%S}", f"{time:%Y-%m-%dT%H:%M:%S}", f"{time:%Y/}{time.month}/{time.day} {time:%H:%M:%S}",
        f"{time.year}年{time.month}月{time.day}日 {time.hour}:{time:%M:%S}",
        f"{time.year}年{time.month}月{time.day}日{half}{time.hour % 12}时{time.minute}分{time.second}秒",
        f"{time:%d.%m.%Y %H:%M:%S}", f"{time:%d %B %Y %H:%M:%S}", f"{time:%b %d, %Y %I:%M:%S %p}",
        f"{time:%Y%m%d%H%M%S}", f"{time:%Y-%m-%d %H:%M:%S}+08:00", time, np.datetime64(time).item(),
        (time - dt.datetime(1970, 1, 1)).total_seconds(),
    ]  # fmt: skip
    for form in forms:
        (found,) = read_dates([form]).times.tolist()
        assert found == time, form
    serial = (time - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
    assert abs(read_dates([serial]).times[0] - np.datetime64(time)) <= np.timedelta64(1, "s")


@given(st.lists(st.dates(dt.date(2010, 1, 1), dt.date(2030, 1, 1)), min_size=40, max_size=60))
@settings(max_examples=40, deadline=None)
def test_a_column_tells_day_from_month(dates: list[dt.date]) -> None:
    dates = sorted([*dates, dt.date(2020, 3, 25)])
    for form, order in (("%d/%m/%Y", "day_first"), ("%m/%d/%Y", "month_first"), ("%m-%d-%y", "month_first")):
        found = read_dates([date.strftime(form) for date in dates])
        assert (found.order, found.certain) == (order, True)
        assert [time.date() for time in found.times.tolist()] == dates


def test_an_order_that_nobody_can_tell_is_doubted() -> None:
    found = read_dates(["01/02/2024", "01/03/2024", "02/01/2024"])
    assert (found.order, found.certain) == ("month_first", True)  # so they ascend
    assert not read_dates(["01/01/2024", "02/02/2024"]).certain
    assert not read_dates(["25/12/2024", "12/25/2024"]).certain
    assert read_dates(["01/02/2024"], "day_first").times[0] == np.datetime64("2024-02-01")


@pytest.mark.parametrize("cell", ["", " ", "-", "NULL", "n/a", "无", "0000-00-00 00:00:00", None, float("nan")])
def test_nothing_is_nothing(cell: object) -> None:
    found = read_dates([cell])
    assert np.isnat(found.times[0])
    assert found.unread == () or cell != cell


@pytest.mark.parametrize(
    "cell", ["昨天", "2024-02-30", "2024-13-01", "31.02.2024", "12", "now", "today", True, "25:00", 7]
)
def test_what_is_no_time_is_said(cell: object) -> None:
    assert read_dates(["2024-01-01", cell]).unread == (1,)


def test_times_beyond_midnight_and_far_years() -> None:
    assert read_dates(["2024-12-31 24:00"]).times[0] == np.datetime64("2025-01-01")
    assert read_dates(["5/6/70", "5/13/69"]).times.astype("datetime64[Y]").astype(str).tolist() == ["1970", "2069"]
    with pytest.raises(InputError) as caught:
        read_dates(["2024-01-01T00:00:00Z", "x"], zone="Asia/Shanghia")
    assert caught.value.complaints[0].values["suggestion"] == "Asia/Shanghai"


# -- names of columns


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("创建时间 受理时间 办结时间 诉求类别 所属街道 承办单位 来电人",
         {"created": "创建时间", "acknowledged": "受理时间", "closed": "办结时间", "category": "诉求类别",
          "area": "所属街道", "agency": "承办单位", "person": "来电人"}),
        ("Created_Date Closed_Date Due_Date Agency Complaint_Type Descriptor Borough Incident_Address Status",
         {"created": "Created_Date", "closed": "Closed_Date", "target": "Due_Date", "agency": "Agency",
          "category": "Complaint_Type", "subtype": "Descriptor", "area": "Borough", "address": "Incident_Address",
          "status": "Status"}),
        ("case_enquiry_id open_dt closed_dt ontime reason type neighborhood latitude longitude source",
         {"ticket": "case_enquiry_id", "created": "open_dt", "closed": "closed_dt", "on_time": "ontime",
          "category": "reason", "subtype": "type", "area": "neighborhood", "y": "latitude", "x": "longitude",
          "channel": "source"}),
        ("受理时间 案件类型", {"created": "受理时间", "category": "案件类型"}),
    ],
)  # fmt: skip
def test_headers_are_known_by_their_names(header: str, wanted: dict[str, str]) -> None:
    found = assigned(header.split(), {})
    if "created" not in found:
        found["created"] = found.pop("acknowledged")
    assert found == wanted


def test_a_header_that_means_nothing_means_nothing() -> None:
    assert meanings("温度") == meanings("foo") == []
    assert assigned(["来电时间", "登记时间"], {"created": "登记时间"})["created"] == "登记时间"


# -- personal data


def test_numbers_that_can_be_dialled_are_known() -> None:
    for text in SECRETS[:1] + SECRETS[2:4] + ("+86 138 1234 5678", "(617) 555-0101", "１３８１２３４５６７８"):
        assert is_personal(f"请联系{text}。") and text not in scrubbed(f"x{text}"), text
    for text in ("2024-03-05 14:05:06", "20240305140506", "12345", "42.3601", "路灯不亮", "2011-07-01T02:18:31"):
        assert not is_personal(text), text
    assert showable("2024-02-30 25:00") == "2024-02-30 25:00"
    assert showable("王小明") == showable("13812345678") == showable("x" * 99) == "***"


@given(st.lists(st.text(max_size=8)), st.text(min_size=1, max_size=9))
def test_codes_tell_words_apart_and_nothing_else(words: list[str], salt: str) -> None:
    found = codes(words, salt)
    assert [found[i] == found[j] for i in range(len(words)) for j in range(i)] == [
        words[i] == words[j] for i in range(len(words)) for j in range(i)
    ]
    assert set(found[[not word for word in words]].tolist()) <= {0}
    assert set(found.tolist()) - {0} == set(range(1, len(set(words) - {""}) + 1))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_personal_leaves_in_any_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.chdir(tmp_path)
    messy_workbook(tmp_path / "log.xlsx")
    rows = [f"B{n},2024-02-{1 + n % 28:02d} 09:{n % 60:02d},,灯,东街,"
            f"{SECRETS[n % 10]},{SECRETS[n % 10]},{SECRETS[(n + 3) % 10]}"
            for n in range(60)]  # fmt: skip
    write_csv(tmp_path / "log.csv", "编号,登记时间,办结时间,诉求类别,街道,来电人,地址,诉求内容", rows)
    assert ends("data", "check", "log.xlsx", "--lang", lang) == 1
    assert ends("data", "check", "log.xlsx", "--lang", lang, "--json") == 1
    for _ in range(2):
        assert ends("data", "fit", "log.csv", "-o", "d.yaml", "--figures", "figures", "--lang", lang) == 0
        assert ends("data", "fit", "log.csv", "--json", "--lang", lang) == 0
        assert ends("data", "replay", "log.csv", "-o", "r.yaml", "--lang", lang) == 0
    said = capsys.readouterr()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name not in ("log.xlsx", "log.csv")]
    assert len(files) >= 7
    everything = said.out + said.err + "".join(path.read_text("utf-8", errors="ignore") for path in files)
    assert "灯" in everything
    assert [secret for secret in SECRETS if secret in everything] == []


def test_a_column_of_sentences_is_left_out(tmp_path: Path) -> None:
    rows = [f"2024-01-{1 + n % 28:02d},第{n}号居民说了一件与别人都不同的事情" for n in range(60)]
    log, account = read_log(write_csv(tmp_path / "log.csv", "登记时间,诉求类别", rows))
    assert (log.category.names, noted(account)["D449"]) == (("all",), ("personal", 1))


# -- mappings


def test_a_mapping_says_what_names_do_not(tmp_path: Path) -> None:
    write_csv(tmp_path / "log.csv", "t1,t2,kind,sort,via,e,n", [
        "05/03/2024 08:00,06/03/2024 08:00,A,a1,call,2679300,1248900",
        "07/03/2024 08:00,,A,a2,robot,2'679'400,1'248'900",
        "09/03/2024 08:00,,A,a2,robot,2679400,1248900",
    ])  # fmt: skip
    (tmp_path / "map.yaml").write_text(
        "created: t1\nclosed: t2\ncategory: kind\nsubtype: sort\nchannel: via\ndates: day_first\nlevel: subtype\n"
        "staff: robot\nobserved_until: 2024-04-01\n", encoding="utf-8")  # fmt: skip
    log, account = read_log(tmp_path / "log.csv", read_mapping(tmp_path / "map.yaml"))
    assert stamps(log) == ["2024-03-05T08:00:00"]
    assert (log.category.names, log.subtype.names, log.hours_to_close.tolist()) == (("a1",), ("a1",), [24.0])
    assert str(log.observed_until) == "2024-04-02T00:00:00"
    assert noted(account)["D459"] == ("dropped", 2)
    assert noted(account)["D456"] == ("repaired", 1)
    _, account = read_log(tmp_path / "log.csv", ColumnMap({"created": "t1", "channel": "via"}, staff=("clerk",)))
    assert noted(account)["D416"][0] == "doubtful"


@pytest.mark.parametrize(
    ("text", "code"),
    [("creatd: a\n", "S101"), ("created: [a]\n", "D422"), ("dates: either\n", "D423"), ("- created\n", "D420"),
     ("".join(f"{key}: a\n" for key in (*FIELDS[:4], *FIELDS[6:13])),
      "D421")],
)  # fmt: skip
def test_what_is_wrong_with_a_mapping_is_said_with_its_place(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "map.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_mapping(tmp_path / "map.yaml")
    complaint = caught.value.complaints[0]
    assert (complaint.code, complaint.place is not None) == (code, True)


def test_a_mapping_that_names_no_column_of_the_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_log(write_csv(tmp_path / "log.csv", "created,category", ["2024-01-01,a"]), ColumnMap({"area": "categry"}))
    assert caught.value.complaints[0].values["suggestion"] == "category"


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "mappings").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_mappings_that_are_shown_can_be_read(path: Path) -> None:
    read_mapping(path)
    assert len(read(path).value) <= MOST_KEYS


def test_channels_are_those_of_the_twin() -> None:
    assert CHANNELS == tables.CHANNELS
    told = {"Constituent Call": "phone", "Citizens Connect App": "app", "Self Service": "app", "12345热线": "phone",
            "微信小程序": "app", "来访": "walk_in", "网格巡查": "patrol", "Employee Generated": "patrol",
            "??": ""}  # fmt: skip
    assert {word: standard_channel(word) for word in told} == told
    assert is_staff("City Worker App") and is_staff("patrol") and not is_staff("电话")


# -- checking


def checked(
    tmp_path: Path, rows: list[str], header: str = "created,category,closed", **more: object
) -> dict[str, tuple[str, int]]:
    log, account = read_log(write_csv(tmp_path / "log.csv", header, rows))
    return noted(check(log, account, **more))  # type: ignore[arg-type]


def day_rows(shift: int = 0, days: int = 60) -> list[str]:
    """Requests from 7 to 22 h, the clock wrong by some hours."""
    first = dt.datetime(2024, 1, 1, 7)
    times = [first + dt.timedelta(days=day, minutes=53 * number) for day in range(days) for number in range(17)]
    return [f"{time + dt.timedelta(hours=shift):%Y-%m-%dT%H:%M:%S},light," for time in times]


@pytest.mark.parametrize(
    ("shift", "said"), [(0, None), (1, None), (-4, "4 h early"), (-5, "5 h early"), (8, "8 h late")]
)
def test_a_clock_that_is_wrong_is_seen(tmp_path: Path, shift: int, said: str | None) -> None:
    log, account = read_log(write_csv(tmp_path / "log.csv", "created,category,closed", day_rows(shift)))
    notes = [note for note in check(log, account).notes if note.code == "D473"]
    assert [said in headline(note.complaint, "en") for note in notes] == ([] if said is None else [True])


def test_the_quietest_hours_may_pass_midnight() -> None:
    counts = np.full(24, 9.0)
    counts[[22, 23, 0, 1, 2, 3]] = 0
    assert quietest_hour(counts) == 22
    counts[[20, 21]] = 0
    assert quietest_hour(counts) == 21
    assert quietest_hour(np.arange(24.0)) == 0
    assert quietest_hour(np.zeros(24)) == 0


def test_a_log_of_dates_is_known_for_one(tmp_path: Path) -> None:
    found = checked(tmp_path, [f"2024-01-{1 + n % 28:02d},light," for n in range(100)])
    assert found["D474"] == ("told", 1) and "D473" not in found


def test_days_that_are_missing_are_named(tmp_path: Path) -> None:
    rows = [row for row in day_rows() if not "2024-01-20" <= row[:10] <= "2024-01-25"]
    log, account = read_log(write_csv(tmp_path / "log.csv", "created,category,closed", rows))
    (gap,) = [note for note in check(log, account).notes if note.code == "D475"]
    assert (gap.count, gap.values["first"]) == (6, "2024-01-20")


def test_batches_and_closings_in_bulk_are_named(tmp_path: Path) -> None:
    batch = ["2024-02-05T11:13:07,light,2024-03-01T17:00:01"] * 30
    found = checked(tmp_path, day_rows() + batch)
    assert found["D480"] == ("doubtful", 30)
    assert found["D476"] == ("doubtful", 30)


def test_a_storm_is_no_batch(tmp_path: Path) -> None:
    storm = [
        f"2024-02-05T1{h}:{m:02d}:{(7 * m) % 60:02d},light," for h in range(3, 9) for m in range(60) for _ in range(3)
    ]
    assert "D480" not in checked(tmp_path, day_rows() + storm)


def test_what_the_whole_shows_is_said(tmp_path: Path) -> None:
    rows = [f"{row},call,1,121.{n % 40:03d},31.2" for n, row in enumerate(day_rows())]
    rows += [f"{row},call,7,121.5,31.2" for row in day_rows(days=4)] + [f"{row},CALL,7,0,0" for row in day_rows(days=1)]
    found = checked(tmp_path, rows + rows[:3], "created,category,closed,channel,loc_id,lon,lat")
    assert found["D472"] == ("doubtful", 1)  # one category
    assert found["D479"] == ("doubtful", 2)  # call and CALL
    assert found["D478"][0] == "doubtful"  # never closed
    assert found["D471"] == ("doubtful", 3)  # twice the same
    assert found["D455"] == ("wrong", 17)
    written = np.datetime64("2024-02-01")
    assert checked(tmp_path, day_rows(), written=written)["D470"] == ("wrong", 17 * 29)


def test_one_point_for_unknown_places_is_seen(tmp_path: Path) -> None:
    rows = [f"{row},{121 + u:.3f},31.2" for row, u in zip(day_rows(), luck("east", 1020), strict=True)]
    rows += [f"{row},121.5,31.25" for row in day_rows(days=6)]
    assert checked(tmp_path, rows, "created,category,closed,lon,lat")["D477"] == ("doubtful", 102)


def test_coordinates_the_wrong_way_round_are_swapped(tmp_path: Path) -> None:
    log, account = read_log(
        write_csv(tmp_path / "log.csv", "created,lon,lat", ["2024-01-01,31.2,121.4", "2024-01-02,31.3,121.5"])
    )
    assert (log.x.tolist(), log.y.tolist()) == ([121.4, 121.5], [31.2, 31.3])
    assert noted(account)["D454"] == ("repaired", 2)


def test_years_that_are_mistyped_are_left_out(tmp_path: Path) -> None:
    rows = [*day_rows(), "1900-01-01T00:00:00,light,", "2204-01-05T10:00:00,light,"]
    log, account = read_log(write_csv(tmp_path / "log.csv", "created,category,closed", rows))
    assert (log.first, log.days, noted(account)["D451"]) == (dt.date(2024, 1, 1), 60, ("dropped", 2))


# -- the commands


def test_check_ends_with_0_1_or_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [row + (f"2024-03-{1 + n % 28:02d}" if n % 3 else "") for n, row in enumerate(day_rows())]
    write_csv(
        tmp_path / "good.csv",
        "created,category,closed",
        [row.replace("light", f"light{n % 2}") for n, row in enumerate(rows)],
    )
    write_csv(tmp_path / "bad.csv", "created,category,closed", [*day_rows(), "soon,light,"])
    os.utime("good.csv")
    assert ends("data", "check", "good.csv") == 0
    assert ends("data", "check", "bad.csv", "--json") == 1
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["schema"], said["clean"], said["dropped"]) == ("twin.data.check/1", False, {"D461": 1})
    assert ends("data", "check", "none.csv") == 2
    assert ends("data", "chek", "good.csv") == 2
    assert "data check" in capsys.readouterr().err


def test_a_clean_log_is_clean() -> None:
    assert is_clean(Account(1, 1))


def test_a_replay_is_the_log_without_what_is_personal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{row}2024-03-01 09:00:00,{SECRETS[n % 7]},微信,东街" for n, row in enumerate(day_rows(days=30))]
    write_csv(tmp_path / "log.csv", "登记时间,诉求类别,办结时间,来电人,诉求来源,街道", rows, "gb18030")
    assert ends("data", "replay", "log.csv", "-o", "again.yaml") == 0
    before, _ = read_log("log.csv")
    after = load_log("again_log.csv")
    assert (len(after), after.categories, after.areas) == (len(before), ("light",), ("东街",))
    assert after.minute.tolist() == ((before.created - np.datetime64("2024-01-01")) / np.timedelta64(60, "s")).tolist()
    assert after.hours_to_close.tolist() == before.hours_to_close.tolist()
    assert {CHANNELS[channel] for channel in after.channel} == {"app"}
    import twin

    plan = twin.load("again.yaml")
    assert (plan.days, plan.start) == (28, dt.date(2024, 1, 1))
    (tmp_path / "mine.yaml").write_text("mine: 1\n", encoding="utf-8")
    assert ends("data", "replay", "log.csv", "-o", "mine.yaml") == 2
    assert (tmp_path / "mine.yaml").read_text("utf-8") == "mine: 1\n"
