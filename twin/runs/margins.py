"""The smallest difference that matters: from the scenario, else from the metric's declaration, else a convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.core.mechanism import Metric
    from twin.scenario.load import Scenario

RELATIVE = 0.01
POINT = 0.01
_SHARES = ("share", "rate", "utilisation", "settled_of_", "settled_at_")


def margin_of(scenario: Scenario, name: str, metric: Metric, baseline: float) -> float:
    """Return the smallest difference of a metric that matters to anybody, in its unit.

    What the scenario says under ``margins`` comes first, then what the metric declares; else a hundredth of the
    baseline's mean, and of a share one percentage point.
    """
    said = scenario.margins.get(name, metric.margin)
    if said is not None:
        return float(said)
    if metric.unit == "1" and any(word in name for word in _SHARES):
        return POINT
    return RELATIVE * abs(baseline)
