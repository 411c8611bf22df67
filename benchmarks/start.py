"""How long the program takes to answer, and the first run of all against the ones after it.

Every command is a process of its own, timed by the wall. The first run finds no compiled kernels and no
compiled Python; the warm ones find both.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.kit import Row, table

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = "scenarios/dispatch.yaml"
ROUNDS, HELP_TARGET = 7, 0.3

TWIN = (sys.executable, "-m", "twin")
COMMANDS = {
    "python": (sys.executable, "-c", "pass"),
    "import mesa": (sys.executable, "-c", "import mesa"),
    "twin --help": (*TWIN, "--help"),
    f"twin validate {SCENARIO}": (*TWIN, "validate", SCENARIO),
}
ONE_RUN = (*TWIN, "run", SCENARIO, "--arm", "manual", "-n", "1", "--json")


def run() -> None:
    """Measure and print the table."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            taken[name].append(seconds(command))
    found = {name: median(times) for name, times in taken.items()}
    rows = [answer(name, found) for name in COMMANDS if name.startswith("twin")]
    table("start: seconds until the answer", [*rows, *first_and_warm()])


def seconds(command: tuple[str, ...], **environment: str) -> float:
    """Run a command and return its wall time [s]."""
    began = perf_counter()
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


def answer(name: str, found: dict[str, float]) -> Row:
    """Compare a command with what it could not undercut, and with importing Mesa."""
    peer = f"python alone {found['python']:.2f} s, import mesa {found['import mesa']:.2f} s"
    share = f"{found['import mesa'] / found[name]:.1f}"
    if name != "twin --help":
        return Row(name, f"{found[name]:.2f} s", peer, share)
    return Row(name, f"{found[name]:.2f} s", peer, share, f"< {HELP_TARGET} s", found[name] < HELP_TARGET)


def first_and_warm() -> list[Row]:
    """Run one replication of one arm with empty caches, and then with what that left behind."""
    with tempfile.TemporaryDirectory() as folder:
        caches = {"NUMBA_CACHE_DIR": f"{folder}/kernels", "PYTHONPYCACHEPREFIX": f"{folder}/python"}
        first = seconds(ONE_RUN, **caches)
        warm = median(seconds(ONE_RUN, **caches) for _ in range(3))
    figure = f"one run of {SCENARIO}"
    return [
        Row(f"{figure}, the first of all", f"{first:.1f} s", "the same, warm", f"{warm / first:.2f}"),
        Row(f"{figure}, warm", f"{warm:.1f} s", "", ""),
    ]
