"""Write ``export.csv``: a made-up export of a 12345 hotline, with the faults that real ones have.

    python examples/hotline/make_export.py

Nothing in it is real: the tickets come from a run of ``truth.yaml`` by the twin itself, the names are 示例甲 and the
like, the telephone number is all zeros, and every text says that it is made up. The file is encoded in GB18030, as
exports are.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import numpy as np

from twin.runs.experiment import run_one
from twin.scenario.load import load

HERE = Path(__file__).parent
HEAD = ("工单编号", "登记时间", "诉求来源", "一级分类", "所属社区", "承办单位", "办理时限", "办结时间", "是否解决",
        "诉求人姓名", "联系电话", "诉求人编号", "诉求内容")  # fmt: skip
CHANNELS = {"phone": "电话", "app": "微信", "walk_in": "上门", "patrol": "网格巡查"}
COMMUNITIES = ("春风社区", "夏雨社区", "秋实社区", "冬晴社区")
AGENCIES = {"property": "示例物业", "leaks": "示例物业"}
PATROLS = 40  # staff's own findings, which are no citizens' demand


def main() -> None:
    """Run the street and write its export."""
    scenario = load(HERE / "truth.yaml")
    rows = [_row(scenario, *found) for found in enumerate(_tickets(scenario), 1)]
    rows += [_patrol(scenario, number) for number in range(PATROLS)]
    rows.sort(key=lambda row: row[1])
    with (HERE / "export.csv").open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(_spoilt(rows))


def _tickets(scenario) -> list[dict[str, object]]:
    columns = run_one(scenario, "as_it_is", scenario.seed).tables["tickets"]
    order = np.argsort(columns["created"], kind="stable")
    return [{name: cells[row] for name, cells in columns.items()} for row in order]


def _row(scenario, number: int, ticket: dict[str, object]) -> list[str]:
    limits = scenario.arms["as_it_is"].blocks["desk"].limit_hours
    created = float(ticket["created"])
    resident = int(ticket["reporter"])
    return [
        f"示例-{number:04d}",
        _moment(scenario, created),
        CHANNELS[str(ticket["channel"])],
        scenario.categories[str(ticket["category"])].title.zh,
        COMMUNITIES[int(ticket["grid"])],
        AGENCIES.get(str(ticket["category"]), "示例街道"),
        _moment(scenario, created + 60 * limits[int(ticket["priority"])]),
        _moment(scenario, float(ticket["done"])),
        "是" if ticket["solved"] else "否",
        f"示例{'甲乙丙丁戊己庚辛'[resident % 8]}",
        "00000000000",
        f"R{resident:05d}",
        "（虚构示例）",
    ]


def _patrol(scenario, number: int) -> list[str]:
    minute = 1440.0 * (number * 70 // PATROLS) + 600 + 7 * (number % 11)
    created, closed = _moment(scenario, minute), _moment(scenario, minute + 45)
    community = COMMUNITIES[number % len(COMMUNITIES)]
    return [f"示例-P{number:03d}", created, "网格巡查", "环境卫生", community, "示例街道", "", closed, "是", "", "", "",
            "（虚构示例）"]  # fmt: skip


def _moment(scenario, minute: float) -> str:
    if np.isnan(minute) or minute >= scenario.days * 1440:
        return ""  # the export was made on the last day: what was open then is open in it
    return (dt.datetime.combine(scenario.start, dt.time()) + dt.timedelta(minutes=minute)).strftime("%Y-%m-%d %H:%M:%S")


def _spoilt(rows: list[list[str]]) -> list[list[str]]:
    """Put in what real exports have: a row twice, a closing before its opening, no category, another way of dating."""
    spoilt = [list(row) for row in rows if row[1]]
    spoilt[50][7] = spoilt[40][1]
    spoilt[80][3] = ""
    spoilt[120][1] = spoilt[120][1].replace("-", "/")[:-3]
    spoilt.insert(201, list(spoilt[200]))
    return spoilt


if __name__ == "__main__":
    main()
