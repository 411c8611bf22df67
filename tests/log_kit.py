"""Logs for tests: made from keyed draws, so that they are the same everywhere, and a messy workbook."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.columns import Floats, Ints
from twin.core.draws import gamma_of, normal_of, poisson_of, stream_id, uniforms

PHONE, NAME, IDENTITY, MAIL = "13812345678", "王小明", "110101199003074518", "wang@example.com"
SECRETS = (PHONE, NAME, IDENTITY, MAIL, "幸福路12号", "三单元", "楼上漏水", "13900001111", "李四", "010-12345678")


def luck(name: str, rows: int, occurrence: int = 0) -> Floats:
    """Return uniforms for rows 0, 1, ..."""
    return uniforms(7, stream_id(f"tests.{name}"), occurrence, np.arange(rows, dtype=np.uint64))


def normals(name: str, rows: int) -> Floats:
    return np.array([normal_of(u) for u in luck(name, rows)])


def gammas(name: str, rows: int, spread: float) -> Floats:
    return np.array([gamma_of(u, 1.0, spread) for u in luck(name, rows)])


def poissons(name: str, means: Floats) -> Ints:
    return np.array([poisson_of(u, mean) for u, mean in zip(luck(name, len(means)), means, strict=True)], np.int64)


def write_csv(path: Path, header: str, rows: list[str], encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


def spaced_log(path: Path, counts: Ints, first: dt.date = dt.date(2024, 1, 1), category: str = "噪声") -> Path:
    """Write a log with so many requests on each day, spread over the day."""
    rows = []
    for day, count in enumerate(counts.tolist()):
        date = first + dt.timedelta(days=day)
        for number in range(count):
            minute = 480 + number * 600 // max(count, 1)
            rows.append(f"{date}T{minute // 60:02d}:{minute % 60:02d}:{(7 * number) % 60:02d},{category}")
    return write_csv(path, "created,category", rows)


MESSY_ROWS: list[list[Any]] = [
    ["2024年1月工单导出", None, None, None, None, None, None, None],
    ["制表：热线中心", None, None, None, None, None, None, None],
    ["工单编号", "登记时间", "办结时间", "诉求类别", "所属街道", "来电人", "联系电话", "诉求内容"],
    ["A1", "2024-01-05 09:10", "2024-01-06 10:00", "噪声扰民", "东街", NAME, PHONE, "楼上漏水"],
    ["A2", dt.datetime(2024, 1, 5, 9, 30), 45297.5, "噪声扰民", "东街", "李四", "13900001111", "幸福路12号三单元"],
    ["A3", "2024年1月6日 下午2时5分", None, "市容环卫", None, "李四", "13900001111", f"身份证 {IDENTITY}"],
    [None, None, None, None, None, None, None, None],
    ["工单编号", "登记时间", "办结时间", "诉求类别", "所属街道", "来电人", "联系电话", "诉求内容"],
    ["A4", 45298.25, "2024-01-01 08:00", "市容环卫", "西街", NAME, PHONE, f"联系 {MAIL}"],
    ["A5", "2024/1/8 8:05", "2024-01-09", None, "西街", "赵六", "010-12345678", "路灯不亮"],
    ["A6", "昨天", None, f"电话{PHONE}", "西街", NAME, PHONE, "内容"],
    ["A5", "2024/1/8 8:05", "2024-01-09", None, "西街", "赵六", "010-12345678", "路灯不亮"],
    ["A7", "2024-01-09 11:00", None, f"电话{PHONE}", "西街", NAME, PHONE, "内容"],
    ["合计", 7, None, None, None, None, None, None],
]


def messy_workbook(path: Path) -> Path:
    """Write a workbook as it comes from an office: a title, merged cells, the header again, a total, mixed dates."""
    import openpyxl

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "工单"
    for row in MESSY_ROWS:
        sheet.append(row)
    sheet.merge_cells("A1:H1")
    sheet.merge_cells("E5:E6")
    workbook.create_sheet("说明").append(["本表由系统导出"])
    workbook.save(path)
    return path
