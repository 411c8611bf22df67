"""The most memory that a million residents take in 30 days: ``twin run`` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from benchmarks.kit import Row, table

CITY = Path(__file__).with_name("city.yaml")
RESIDENTS, TARGET = 1_000_000, 4.0
GIB = 2**20  # in KiB, in which Linux counts
SETTINGS = {"population.residents": RESIDENTS, "population.grids": 1000, "population.places": 33_330,
            "population.side_km": 30, "desk.teams.hands.workers": 3000}  # fmt: skip


def run() -> None:
    """Measure and print the table."""
    command = [sys.executable, "-m", "twin", "run", str(CITY), "-n", "1", "--json"]
    for name, value in SETTINGS.items():
        command += ["--set", f"{name}={value}"]
    began = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took, peak = perf_counter() - began, used.ru_maxrss / GIB
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    figure = f"{RESIDENTS:,} residents, 30 days and their run-on ({took:.0f} s)"
    table("memory", [Row(figure, f"{peak:.2f} GiB", "", "", f"< {TARGET:.0f} GiB", peak < TARGET)])
