"""A million residents with households, flats and ties: time, memory, and how well marginals and village are met.

Building and ties each run in a process of its own, so that the memory is theirs alone; the peers are networkx, which
the ties are compared with on a small estate in this process, and the real village (docs/data.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.kit import Row, in_rounds, rate, ratio, table

RESIDENTS, GIB = 1_000_000, 2**20
TARGET_SECONDS, TARGET_GIB, TARGET_TIES_SECONDS = 60.0, 2.0, 10.0
HALF_A_PERCENT = 0.005
SMALL, ROUNDS, SEEDS = 20_000, 3, range(6)

# Village 1 of Banerjee et al. (2013), see docs/data.md; how far apart still counts as agreeing.
VILLAGERS = 843
VILLAGE = {"mean_degree": (8.06, 0.5), "degree_cv": (0.753, 0.10), "clustering": (0.637, 0.06),
           "transitivity": (0.306, 0.06), "assortativity": (0.320, 0.06), "largest_component_share": (0.979, 0.02),
           "mean_path": (3.98, 0.4)}  # fmt: skip

MILLION = """
import json, sys
from time import perf_counter, process_time
from benchmarks.people import world_of, worst
began, busy = perf_counter(), process_time()
world = world_of({residents}, 1)
built, built_busy = perf_counter(), process_time()
found = dict(build=built - began, build_busy=built_busy - busy, households=len(world.households),
             flats=len(world.flats))
if "ties" in sys.argv:
    from twin.world.ties import TieRules, ties_of
    ties = ties_of(world, TieRules(), 1)
    found.update(ties=perf_counter() - built, ties_busy=process_time() - built_busy,
                 degree=2 * len(ties) / len(world.residents))
else:
    found["off"] = worst({residents})
print(json.dumps(found))
"""


def run() -> None:
    """Measure and print the tables."""
    built, peak = million("people")
    tied, peak_tied = million("ties")
    rows = [
        Row(f"{RESIDENTS:,} residents, {built['households']:,} households, {built['flats']:,} flats",
            seconds(built, "build"), "", "", f"< {TARGET_SECONDS:.0f} s", built["build"] < TARGET_SECONDS),
        Row("most memory of that process", f"{peak:.2f} GiB", "", "", f"< {TARGET_GIB:.0f} GiB", peak < TARGET_GIB),
        Row("share of its marginals that is furthest off", f"{built['off']:.4%}", "", "", f"< {HALF_A_PERCENT:.1%}",
            built["off"] < HALF_A_PERCENT),
        Row(f"their ties, {tied['degree']:.2f} a resident", seconds(tied, "ties"), "", "",
            f"< {TARGET_TIES_SECONDS:.0f} s of processor", tied["ties_busy"] < TARGET_TIES_SECONDS),
        Row("most memory with ties", f"{peak_tied:.2f} GiB", "", ""),
        against_networkx(),
    ]  # fmt: skip
    table("people: a population and who knows whom", rows)
    table("people: ties against a village", list(map(against_village, VILLAGE)), "Tuned to it; see docs/data.md.")


def seconds(found: dict[str, float], what: str) -> str:
    """Say how long something took, by the wall and of processor time: a busy machine shows in the difference."""
    return f"{found[what]:.1f} s ({found[what + '_busy']:.1f} s of processor)"


def million(what: str) -> tuple[dict[str, float], float]:
    """Build a million residents in a process of its own; return what it reports and its peak memory [GiB]."""
    command = [sys.executable, "-c", MILLION.format(residents=RESIDENTS), what]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return json.loads(said), used.ru_maxrss / GIB


def world_of(residents: int, seed: int) -> Any:
    """Fill the tables of a neighbourhood of a thousand residents a grid, and nothing else."""
    from twin.core.columns import Table
    from twin.core.draws import Draw
    from twin.world.build import DEFAULT_CATEGORIES, Population, fill
    from twin.world.tables import TABLES

    tables = {name: Table(name, columns) for name, columns in TABLES.items()}
    population = Population(residents=residents, grids=max(residents // 1000, 1), side_km=(residents / 3000) ** 0.5)
    fill(tables, population, DEFAULT_CATEGORIES, Draw(seed, "population", 0))
    return SimpleNamespace(**tables)


def worst(residents: int) -> float:
    """Return the largest difference between a share that is wanted and the one that came out."""
    from twin.core.draws import Draw
    from twin.world.marginals import load_marginals
    from twin.world.people import met, populate
    from twin.world.weights import fit

    wanted = load_marginals("old_estate")
    people = populate(fit(wanted), wanted, residents, Draw(1, "population", 0))
    return max(abs(one.found - one.wanted) for one in met(people, wanted.statements))


def against_networkx() -> Row:
    """Put ties into arrays, and the same pairs into a networkx graph."""
    import networkx as nx

    from twin.world.ties import TieRules, ties_of

    world = world_of(SMALL, 1)
    ties = ties_of(world, TieRules(), 1)
    once = ties.neighbour > ties.resident
    pairs = np.stack([ties.resident[once], ties.neighbour[once]], axis=1).tolist()

    def graph() -> Callable[[], Any]:
        return lambda: nx.Graph(pairs)

    turns = in_rounds({"twin": lambda: lambda: ties_of(world, TieRules(), 1), "networkx": graph}, ROUNDS)
    found = ratio(turns["twin"], turns["networkx"])
    return Row(f"ties of {SMALL:,} residents, made from people; networkx only takes them in",
               rate(turns["twin"], len(pairs)), f"networkx {nx.__version__}: {rate(turns['networkx'], len(pairs))}",
               str(found))  # fmt: skip


def against_village(measure: str) -> Row:
    """Compare one measure of an estate of the village's size with the village's."""
    from twin.world.ties import TieRules, mean_path, shape, ties_of

    networks = [ties_of(world_of(VILLAGERS, seed), TieRules(), seed) for seed in SEEDS]
    measured = mean_path if measure == "mean_path" else lambda ties: getattr(shape(ties), measure)
    ours, (theirs, apart) = fmean(map(measured, networks)), VILLAGE[measure]
    return Row(measure, f"{ours:.3f}", f"village {theirs}", "", f"± {apart}", abs(ours - theirs) <= apart)
