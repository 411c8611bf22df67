"""A year of 3,000 residents with every mechanism on: resident-days a second, and the share of each mechanism."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.kit import Row, table
from twin.scenario.build import engine_for
from twin.scenario.load import load

SCENARIO = Path(__file__).resolve().parent.parent / "scenarios" / "everything.yaml"
ARM, TARGET_SECONDS, SHOWN = "as_it_is", 10, 12


def run() -> None:
    """Measure and print the table."""
    scenario = load(SCENARIO)
    engine_for(scenario, ARM, 1).step()  # compile
    lived, spent = a_year(scenario, 2)
    residents = scenario.arms[ARM].blocks["population"].residents
    days = residents * scenario.days
    row = Row(
        f"a year of {residents:,} residents, every mechanism on", f"{lived:.1f} s of processor", "",
        f"{days / lived / 1000:,.0f} k resident-days/s", f"≤ {TARGET_SECONDS} s", lived <= TARGET_SECONDS,
    )  # fmt: skip
    table("everything: one world, one year", [row], shares(lived, spent))


def a_year(scenario: Any, seed: int) -> tuple[float, Counter[str]]:
    """Return the processor time of a run without building it [s], and what each mechanism took of it."""
    engine, spent = engine_for(scenario, ARM, seed), Counter[str]()
    timed: Any = engine
    timed._act = on_the_clock(timed._act, spent)
    begun = process_time()
    engine.run()
    return process_time() - begun, spent


def on_the_clock(act: Callable[..., None], spent: Counter[str]) -> Callable[..., None]:
    """Note down what each mechanism takes."""

    def timed(seat: Any, effects: Any) -> None:
        begun = process_time()
        act(seat, effects)
        spent[seat.mechanism.name] += process_time() - begun  # type: ignore[assignment]

    return timed


def shares(lived: float, spent: Counter[str]) -> str:
    """Return the share of each mechanism as text, the largest first; what is left is the closing of phases."""
    largest = spent.most_common(SHOWN)
    rest = sum(spent.values()) - sum(seconds for _, seconds in largest)
    parts = [f"`{name}` {100 * seconds / lived:.0f} %" for name, seconds in largest]
    parts += [f"{len(spent) - len(largest)} others {100 * rest / lived:.0f} %"]
    parts += [f"effects, columns, daily metrics {100 * (1 - sum(spent.values()) / lived):.0f} %"]
    return "Shares: " + ", ".join(parts) + "."
