"""The tables of the neighbourhood and the columns that nobody's mechanism owns.

A mechanism adds the columns it owns to these tables; what stands here is what a row is born with.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.core.columns import Column

AGE_GROUPS = ("child", "youth", "adult", "elder")
CHANNELS = ("phone", "app", "walk_in", "patrol")

TABLES: Mapping[str, Mapping[str, Column]] = {
    "kinds": {
        "share": Column(np.float64, "1", "weight of the category among matters", low=0.0),
        "priority": Column(np.int8, "1", "class of its orders, 0 emergency to 3 slow", start=2),
    },
    "residents": {
        "grid": Column(np.int32, "1", "grid 网格 where the resident lives"),
        "x": Column(np.float32, "km", "east of the south-west corner"),
        "y": Column(np.float32, "km", "north of the south-west corner"),
        "age_group": Column(np.int8, "1", "index into AGE_GROUPS"),
        "digital_skill": Column(np.float32, "1", "0 none, 1 complete", low=0.0, high=1.0),
        "temper": Column(np.float32, "1", "lasting personal leaning in answers, mean 0, sd 1"),
    },
    "places": {
        "grid": Column(np.int32, "1", "grid 网格 of the place"),
        "x": Column(np.float32, "km", "east of the south-west corner"),
        "y": Column(np.float32, "km", "north of the south-west corner"),
        "category": Column(np.int16, "1", "index into the scenario's categories"),
        "residents_near": Column(np.int32, "1", "residents who pass the place", low=0),
    },
    "incidents": {
        "began": Column(np.float64, "min", "minute at which the fault began, from the run's start"),
        "category": Column(np.int16, "1", "index into the scenario's categories"),
        "place": Column(np.int32, "1", "row of places, -1 where unknown", start=-1),
        "grid": Column(np.int32, "1", "grid 网格"),
        "x": Column(np.float32, "km", "east of the south-west corner"),
        "y": Column(np.float32, "km", "north of the south-west corner"),
    },
    "tickets": {
        "created": Column(np.float64, "min", "minute of the report, from the run's start"),
        "incident": Column(np.uint64, "1", "key of the incident that is reported"),
        "reporter": Column(np.int32, "1", "row of residents, -1 for staff", start=-1),
        "category": Column(np.int16, "1", "index into the scenario's categories"),
        "channel": Column(np.int8, "1", "index into CHANNELS"),
        "priority": Column(np.int8, "1", "class, 0 emergency to 3 slow", start=2),
        "duplicate": Column(np.bool_, "1", "not the first report of its incident", start=False),
        "again": Column(np.bool_, "1", "a re-complaint: the same reporter on the same matter", start=False),
        "grid": Column(np.int32, "1", "grid 网格"),
        "x": Column(np.float32, "km", "east of the south-west corner"),
        "y": Column(np.float32, "km", "north of the south-west corner"),
    },
    "postings": {
        "day": Column(np.int32, "day", "day of the posting"),
        "account": Column(np.int16, "1", "index into the ledger's accounts"),
        "fen": Column(np.int64, "fen", "amount, positive is spent"),
    },
    "answers": {
        "ticket": Column(np.int32, "1", "row of tickets, -1 for a survey"),
        "resident": Column(np.int32, "1", "row of residents"),
        "day": Column(np.int32, "day", "day of the answer"),
        "kind": Column(np.int8, "1", "0 call-back 回访, 1 survey 问卷"),
        "solved": Column(np.int8, "1", "answer: solved 1, not 0, not asked -1", start=-1),
        "level": Column(np.int8, "1", "answer: 1 very dissatisfied to 5 very satisfied"),
    },
}
