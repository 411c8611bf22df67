"""Lapses: late noise and fouling, night by night, whether or not anybody makes a dispute of them.

What it does    Each household is noisy late on some evenings, the one more often than the other; one with a dog
                leaves some of it behind. Whoever keeps an agreement or the convention leaves part of that out.
Why             An agreement that changes nothing in the world is paper: quiet hours must be heard at night, and
                only then quarrels become fewer. Being watched halves fouling at best [kbt2015].
Leaves out      Building noise (a fault of its category), loudness, walls, seasons, who is at home to hear it.
Ablation        late_evenings_per_year 0 and fouling_per_year 0: no dispute about noise or pets. restraint 0: the
                convention changes nothing. Clauses off (in `mediation`): agreements change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.core.clock import DAY_MINUTES
from twin.core.columns import Floats, Ints
from twin.core.draws import Draw, gamma_of
from twin.core.effects import Effects
from twin.core.mechanism import Metric, View, mechanism
from twin.core.parameters import param
from twin.core.world import Phase, World
from twin.world.disputes import FOULING, LAPSES, LATE_NOISE, NOISE, PETS, is_kept, promised_part
from twin.world.series import per_thousand_year

_YEAR_DAYS, _HOUR_MINUTES, _DAY_HOURS = 365, 60, 24


@dataclass(frozen=True)
class Lapses:
    """How often households disturb their neighbours, and how far they can be brought to leave it."""

    late_evenings_per_year: float = param(12.0, "1/year", 0.0, 365.0, source="scenario range", evidence="assumed",
                                          doc="evenings on which a mean household is noisy after 20:00",
                                          zh="户均深夜喧闹次数")
    spread: float = param(1.5, "1", 0.0, 5.0, source="scenario range", evidence="assumed",
                          doc="coefficient of variation between households", zh="各户差异")
    first_hour: float = param(20.0, "h", 12.0, 23.0, source="scenario range", evidence="assumed",
                              doc="hour from which late noise counts as such", zh="夜间噪声起始时刻")
    last_hour: float = param(26.0, "h", 23.0, 30.0, source="scenario range", evidence="assumed",
                             doc="hour after which nobody is noisy (24: midnight)", zh="夜间噪声结束时刻")
    night_from_hour: float = param(22.0, "h", 18.0, 24.0, source="noise_law2022", evidence="published",
                                   doc="hour at which the night begins", zh="夜间起始时刻")
    pet_share: float = param(0.15, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                             doc="share of households with a dog", zh="养犬户占比")
    fouling_per_year: float = param(24.0, "1/year", 0.0, 365.0, source="scenario range", evidence="assumed",
                                    doc="times a dog's dirt is left, by household with one", zh="养犬户年遗粪次数")
    restraint: float = param(0.46, "1", 0.0, 1.0, source="kbt2015", evidence="published",
                             doc="part that a household left out which keeps to the convention",
                             zh="遵守公约后的减少比例")


def night_noise_incidents(world: World) -> float | None:
    """Late noises of the window after the beginning of the night."""
    if not _followed(world):
        return None
    p: Any = world.levers["lapses"]
    table = world.lapses
    late = (table.kind == LATE_NOISE) & (_hour(world, table.minute) >= p.night_from_hour)
    return per_thousand_year(world, table.minute[late])


def fouling_per_1000_year(world: World) -> float | None:
    """Foulings of the window."""
    if not _followed(world):
        return None
    return per_thousand_year(world, world.lapses.minute[world.lapses.kind == FOULING])


def _followed(world: Any) -> bool:
    return bool(world.levers["disputes"].followed)


def _hour(world: Any, minute: Floats) -> Floats:
    """Return the hour of the evening, counted on after midnight (25: one o'clock)."""
    hour = minute % DAY_MINUTES / _HOUR_MINUTES
    return np.where(hour < world.levers["lapses"].last_hour - _DAY_HOURS, hour + _DAY_HOURS, hour)


def chances(world: View, p: Lapses, draw: Draw) -> tuple[Floats, ...]:
    """Return each household's chance of each lapse on an evening that nothing restrains."""
    if not world.levers["disputes"].followed:
        return ()
    keys = world.households.key
    own = np.array([gamma_of(luck, 1.0, p.spread) for luck in draw.uniform("noisy", keys, 0).tolist()])
    dog = draw.happens("dog", p.pet_share, keys, 0)
    return tuple(-np.expm1(-a_year * of / _YEAR_DAYS) for a_year, of in
                 ((p.late_evenings_per_year, own), (p.fouling_per_year, dog)))  # fmt: skip


@mechanism(
    phase=Phase.ARRIVE,
    params=Lapses,
    gates=["disputes.followed"],
    reads=[
        "households.complies", "residents.household", "disputes.cause", "disputes.respondent",
        "disputes.settled_on", "disputes.broken_on", "disputes.clause_hour", "disputes.clause_part",
        "levers.disputes.followed",
    ],
    spawns=["lapses"],
    metrics={
        "night_noise_incidents": Metric(
            night_noise_incidents, "1/year", better="lower",
            en="Night noises per 1,000 residents", zh="每千人年夜间噪声次数", latent=True,
            doc="late noises after the beginning of the night, in the window, per 1,000 residents and year, whether or "
                "not anybody complained",
            doc_zh="统计期内夜间时段的噪声次数（无论是否有人投诉），折算为每千居民每年",
        ),
        "fouling_per_1000_year": Metric(
            fouling_per_1000_year, "1/year", better="lower",
            en="Fouling per 1,000 residents", zh="每千人年遗粪次数", latent=True,
            doc="times a dog's dirt was left, in the window, per 1,000 residents and year",
            doc_zh="统计期内犬只遗粪次数，折算为每千居民每年",
        ),
    },
    sources=["kbt2015"],
    start=chances,
)  # fmt: skip
def lapses(world: View, p: Lapses, draw: Draw, effects: Effects) -> None:
    """Let this evening's lapses happen, but for those that an agreement or the convention keeps away."""
    if not world.levers["disputes"].followed or world.running_on or not len(world.households):
        return
    keys = world.households.key
    for kind, decision in enumerate(LAPSES):
        doing = np.flatnonzero(draw.happens(decision, world.resource[kind], keys))
        hour = p.first_hour + draw.uniform(f"{decision} hour", keys[doing]) * (p.last_hour - p.first_hour)
        kept = ~left_out(world, p, draw, kind, doing, hour)
        effects.spawn(
            "lapses",
            draw.keys(decision, keys[doing[kept]]),
            household=doing[kept],
            kind=kind,
            minute=world.day * DAY_MINUTES + hour[kept] * _HOUR_MINUTES,
        )


def left_out(world: Any, p: Lapses, draw: Draw, kind: int, doing: Ints, hour: Floats) -> Any:
    """Tell which lapses are left out: those that the convention restrains, or that an agreement forbids."""
    key = world.households.key[doing]
    restrained = world.households.complies[doing] & draw.happens(f"{LAPSES[kind]} restraint", p.restraint, key)
    if kind == LATE_NOISE:
        return restrained | (hour >= quiet_from(world)[doing])
    cleaned = promised_part(world, PETS, world.disputes.respondent)[doing]
    return restrained | draw.happens("cleaned up", cleaned, key)


def quiet_from(world: Any) -> Floats:
    """Return the hour from which each household has agreed to be quiet (inf: it has not)."""
    table = world.disputes
    bound = np.flatnonzero(is_kept(world) & (table.cause == NOISE) & np.isfinite(table.clause_hour))
    hours = np.full(len(world.households), np.inf)
    home = world.residents.household[table.respondent[bound]]
    np.minimum.at(hours, home, table.clause_hour[bound])
    return hours
