"""What shared luck saves: the pairs that a difference needs, against the runs that independent seeds would take.

Twins that share their luck differ less than strangers do. How much that is worth is no promise but a measurement: the
variance of paired differences beside the sum of the two variances, which is what differences of strangers would have.
Near saturation, or where an option changes nearly everything, it can be worth little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import variance
from typing import TYPE_CHECKING

from twin.runs.compare import MOST_REPLICATIONS, t_quantile
from twin.runs.sequential import wanted_of

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

FEWEST = 2


@dataclass(frozen=True)
class Luck:
    """How many runs of each arm it takes to know a difference to ``± wanted`` with 95 % confidence.

    ``pairs`` with the same seeds, ``independent`` with seeds of their own (``None``: more than 100,000). ``ratio`` is
    the variance of differences of strangers, in those of twins (``None``: twins differ by the same in every pair).
    """

    wanted: float
    pairs: int | None
    independent: int | None
    ratio: float | None

    def to_json(self) -> dict[str, float | None]:
        """Return it as plain data."""
        return asdict(self)


def luck_of(baseline: Sequence[float], option: Sequence[float], wanted: float) -> Luck | None:
    """Measure what pairing saves, from values that were paired seed by seed; ``None`` for fewer than two pairs.

    ``wanted`` is the half width that will do, in the unit of the values.
    """
    if len(baseline) < FEWEST:
        return None
    twins = variance([other - one for one, other in zip(baseline, option, strict=True)])
    one, other = variance(baseline), variance(option)
    strangers = one + other
    doubled = strangers**2 / (one**2 + other**2) if strangers > 0 else 1.0  # 1 to 2: what Welch's t has, in n - 1
    return Luck(
        wanted, needed(twins, wanted), needed(strangers, wanted, doubled), strangers / twins if twins > 0 else None
    )


def needed(spread: float, wanted: float, freedom: float = 1.0) -> int | None:
    """Return the fewest values, of this variance, whose mean has an interval no wider than ``± wanted``.

    The t distribution has ``freedom × (n - 1)`` degrees of freedom. ``None`` where more than 100,000 are needed.
    """
    low, high = FEWEST, MOST_REPLICATIONS

    def narrow(count: int) -> bool:
        return t_quantile(int(freedom * (count - 1))) ** 2 * spread <= wanted**2 * count

    if not narrow(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if narrow(middle) else (middle + 1, high)
    return low


def shared_luck(experiment: Experiment, names: Sequence[str]) -> dict[tuple[str, str], Luck]:
    """Return by option and metric what pairing with the baseline saves.

    Wanted is what ``-n auto`` wants, see :func:`twin.runs.sequential.wanted_of`.
    """
    base, found = experiment.baseline, {}
    for arm, differences in experiment.differences.items():
        for name in (name for name in names if name in differences):
            means = (experiment.estimates[one][name].mean for one in (base, arm))
            wanted = wanted_of(differences[name].margin, *means)
            one = luck_of(experiment.defined(base)[name], experiment.defined(arm)[name], wanted)
            if one is not None and differences[name].ci95 != (0.0, 0.0):
                found[arm, name] = one
    return found
