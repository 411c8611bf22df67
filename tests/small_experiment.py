"""A made-up scenario and made-up runs, quick enough to kill and repeat."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twin.desk.settings import DeskSettings
from twin.errors import Complaint, Words
from twin.runs.experiment import Result

TITLE = Words("A small street", "一条小街")
QUESTION = Words("Is it quicker?", "更快吗？")


@dataclass(frozen=True)
class SmallMetric:
    unit: str
    better: str | None
    zh: str
    doc: str
    latent: bool = False
    doc_zh: str = ""
    en: str = ""
    margin: float | None = None
    beside: tuple[str, ...] = ()
    part_of: str = ""


BOOK = {
    "hours_to_close_mean": SmallMetric("h", "lower", "平均办结时长", "mean hours from creation to work done",
                                       doc_zh="从创建到办理完成的平均时长", en="Mean time to close"),
    "share_within_24h": SmallMetric("1", "higher", "24 小时内办结占比", "share done within 24 hours",
                                    en="Closed within 24 h"),
    "paid_hours": SmallMetric("h", "lower", "计薪工时", "rostered hours plus overtime", en="Paid hours"),
    "calls": SmallMetric("1", None, "来电数", "calls received", en="Calls"),
    "rare": SmallMetric("1", "lower", "偶有", "defined in some runs only"),
}


@dataclass(frozen=True)
class SmallArm:
    title: Words
    blocks: Mapping[str, object] = field(default_factory=lambda: {"desk": DeskSettings()})
    like: str = ""
    off: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SmallScenario:
    """As much of a scenario as runs and reports read."""

    name: str = "small"
    digest: str = "5" * 64
    seed: int = 7
    replications: int = 4
    primary: tuple[str, ...] = ("hours_to_close_mean",)
    shown: tuple[str, ...] = ()
    days: int = 28
    warm_up_days: int = 7
    start: dt.date = dt.date(2025, 1, 8)
    title: Words = TITLE
    question: Words = QUESTION
    categories: Mapping[str, object] = field(default_factory=dict)
    arms: Mapping[str, SmallArm] = field(
        default_factory=lambda: {
            "manual": SmallArm(Words("by hand", "人工派单")),
            "smart": SmallArm(Words("automatic", "智能派单"), {"desk": DeskSettings(dispatch="instant")}),
            "placebo": SmallArm(Words("nothing changed", "安慰剂")),
        }
    )
    sets: tuple[str, ...] = ()
    rule_files: Mapping[str, str] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)
    doubts: tuple[Complaint, ...] = ()
    plugins: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=lambda: {"small.yaml": "name: small\n"})

    @property
    def resolved(self) -> dict[str, object]:
        dispatch = {arm: "instant" if arm == "smart" else "batch" for arm in self.arms}
        return {"arms": {arm: {"desk": {"dispatch": dispatch[arm], "dedup": False}} for arm in self.arms}}

    def text(self) -> str:
        return "name: small\n"


def small_run(arm: str, seed: int) -> Result:
    """A run that takes no time; the arms share their luck."""
    chance = random.Random(seed)
    hours = chance.lognormvariate(4.2, 0.1) * (0.1 if arm == "smart" else 1.0)
    metrics = {
        "hours_to_close_mean": hours,
        "share_within_24h": 1 / (1 + hours / 24),
        "paid_hours": 4114.0 if arm != "smart" else 3840.0,
        "calls": float(chance.randrange(2000, 2100)),
    }
    if seed % 2:
        metrics["rare"] = 1.0
    done = np.array([chance.expovariate(1 / hours) for _ in range(50)])
    tickets = {"key": np.arange(50, dtype=np.uint64), "hours": done, "channel": np.array(["phone", "app"] * 25)}
    return Result(metrics, {"open_tickets": np.arange(5.0)}, {"tickets": tickets, "log": {"minute": np.zeros(0)}})


def slow_run(arm: str, seed: int) -> Result:
    """A run that takes a while."""
    time.sleep(0.15)
    return small_run(arm, seed)


def uneven_run(arm: str, seed: int) -> Result:
    """Later seeds end earlier."""
    time.sleep(0.02 * (12 - seed))
    return small_run(arm, seed)


def deadly_run(arm: str, seed: int) -> Result:
    """A run whose worker is killed, always."""
    if (arm, seed) == ("smart", 8):
        os.kill(os.getpid(), signal.SIGKILL)
    return small_run(arm, seed)


@dataclass(frozen=True)
class DeadlyOnce:
    """A run whose worker is killed the first time."""

    mark: Path

    def __call__(self, arm: str, seed: int) -> Result:
        if (arm, seed) == ("smart", 8) and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return small_run(arm, seed)


@dataclass(frozen=True)
class Counted:
    """A slow run that leaves a line for every time it is computed."""

    lines: Path

    def __call__(self, arm: str, seed: int) -> Result:
        result = slow_run(arm, seed)
        with self.lines.open("a") as file:
            file.write(f"{arm} {seed} {os.getpid()}\n")
        return result


def faulty_run(arm: str, seed: int) -> Result:
    """A run with a fault in one seed."""
    if (arm, seed) == ("smart", 9):
        raise ZeroDivisionError("nobody works here")
    return small_run(arm, seed)
