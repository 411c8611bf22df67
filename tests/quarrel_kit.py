"""A small neighbourhood that quarrels, for tests of disputes and mediation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from twin.core.engine import Engine
from twin.desk.settings import DeskSettings, Service, Team
from twin.mechanisms import CATALOGUE
from twin.world.build import DEFAULT_CATEGORIES, Category, Population, build_world

SESSIONS = ("mediation", "street", "city", "counselling")
CATEGORIES = {**DEFAULT_CATEGORIES, **{name: Category(0.0, 2, DEFAULT_CATEGORIES["other"].title) for name in SESSIONS}}
QUARRELS = ("agreements", "coalitions", "conventions", "disputes", "grievances", "lapses", "mediation", "stages",
            "stress", "ties")  # fmt: skip
DESK = DeskSettings(
    teams={"repairs": Team(workers=1, calendar="5x8"), "table": Team(workers=1, calendar="5x8", categories=SESSIONS)},
    services={name: Service(law="fixed", mean_hours=1.0) for name in SESSIONS},
    intake_calendar="24x7", dispatch="instant", misroute_chance=0.0, travel_minutes=0.0, call_back_share=0.0,
)  # fmt: skip


def block(name: str, **values: Any) -> Any:
    """Return a block of parameters."""
    params = CATALOGUE[name].params
    assert params is not None
    return params(**values)


def quarrelling(
    days: int = 180, seed: int = 1, residents: int = 300, off: tuple[str, ...] = (), run_on_days: int = 0,
    desk: DeskSettings = DESK, also: tuple[str, ...] = (), **blocks: Mapping[str, Any],
) -> Engine:  # fmt: skip
    """Live through a street that quarrels ten times as often as usual; nothing but disputes and the desk is on.

    ``also`` are further mechanisms that are on; ``blocks`` are parameters by mechanism.
    """
    said: dict[str, dict[str, Any]] = {
        "disputes": {"followed": True, "scale": 10.0},
        "mediation": {"offered": True, "categories": ("mediation", "street", "city")},
    }
    for name, values in blocks.items():
        said[name] = {**said.get(name, {}), **values}
    given = {"population": Population(residents=residents, grids=2, places=20), "desk": desk}
    given |= {name: block(name, **values) for name, values in said.items()}
    plan = SimpleNamespace(days=days, warm_up_days=0, run_on_days=run_on_days, start=dt.date(2025, 1, 6),
                           holidays="none", categories=CATEGORIES)  # fmt: skip
    on = {*QUARRELS, "desk", *also} - set(off)
    world = build_world(plan, SimpleNamespace(blocks=given), seed)
    engine = Engine(world, list(CATALOGUE.own.values()), given, seed, set(CATALOGUE.own) - on)
    engine.run()
    return engine
