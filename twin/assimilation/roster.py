"""How hard the work is, given who was there to do it: the knobs of a run's desk, held against a log.

The roster, the rounds and the calendars are the scenario's, which its author knows. Nobody knows the hands-on hours
and the share that goes astray; they are what a queue feels most. The desk lives through the log's own requests at
every setting of the two, and what it answers is weighed against what was logged (:mod:`twin.calibration.matching`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from twin.assimilation.office import Knobs, Office, Requests, channels_of, done_on
from twin.calibration.department import Stream
from twin.calibration.docket import Docket
from twin.calibration.matching import Match, Target, drawn, identified, luck_of, match
from twin.calibration.opening import ALWAYS, OpenClock
from twin.calibration.outputs import OUTPUTS, outputs, resampled_variance, rows_of
from twin.core.clock import DAY_MINUTES
from twin.core.columns import Floats
from twin.logs.request_log import RequestLog

PACES = tuple(np.geomspace(1.0 / 3.0, 3.0, 15).tolist())
MISROUTES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
MEMBERS = 24
SEEDS = (1, 2)
# What the desk leaves out, in standard deviations: logarithms of hours, shares, correlations.
LEFT_OUT = (0.10, 0.10, 0.05, 0.05, 0.05, 0.05, 0.10, 0.10)


@dataclass(frozen=True, eq=False)
class Roster:
    """The knobs that were tried, what the desk answered (settings, outputs), and how they weigh."""

    office: Office
    tried: tuple[Knobs, ...]
    outputs: Floats
    target: Target
    found: Match

    def ensemble(self, members: int = MEMBERS) -> list[Knobs]:
        """Knobs drawn by weight."""
        return [self.tried[row] for row in drawn(self.found.weight, members)]

    def spread(self, knob: str) -> tuple[float, float, float]:
        """5th, 50th and 95th percentile of a knob; each value that was tried stands for all that are nearest to it."""
        values = np.array([getattr(one, knob) for one in self.tried])
        grid, place = np.unique(np.log(values) if knob == "pace" else values, return_inverse=True)
        middles = (grid[1:] + grid[:-1]) / 2.0
        edges = np.concatenate([grid[:1], middles, grid[-1:]])
        passed = np.concatenate([[0.0], np.cumsum(np.bincount(place, self.found.weight))])
        found = np.interp((0.05, 0.5, 0.95), passed, edges)
        low, middle, high = (np.exp(found) if knob == "pace" else found).tolist()
        return low, middle, high

    def learnt(self, knob: str) -> float:
        """Share of the prior's width that the log takes away."""
        values = np.array([getattr(one, knob) for one in self.tried])
        even = np.full(len(values), 1.0 / len(values))
        return identified(np.log(values) if knob == "pace" else values, even, self.found.weight)

    def against(self) -> list[str]:
        """Outputs that speak against the nearest setting, where all are ruled out; none otherwise."""
        if not self.found.ruled_out:
            return []
        nearest = int(np.argmax(self.found.weight))
        return [name for name, away in zip(OUTPUTS, self.found.implausibility[nearest], strict=True) if away >= 3.0]


def estimate(office: Office, log: RequestLog) -> Roster:
    """Weigh the knobs of a run's desk against a log (that of :meth:`Office.named`).

    Requests closed at once were logged after the work, and those left lying are nobody's work: both stay out.
    """
    docket = office.docket_of(log)
    kept = ~docket.at_once & ~docket.lying
    served, clock = docket.only(kept), OpenClock(ALWAYS, docket.monday, int(docket.end // DAY_MINUTES) + 1)
    warm = Stream(served.created, served.kind, served.target, served.key).warmed_up()
    channel = np.tile(channels_of(log)[kept], 2)
    requests = Requests(warm.created, warm.kind, channel, warm.key)
    tried = tuple(Knobs(pace, misroute) for pace, misroute in product(PACES, MISROUTES))
    runs = np.array([[_answer(office, one, requests, served, clock, seed) for seed in SEEDS] for one in tried])
    rows = rows_of(served, served.closed, clock, served.end)
    target = Target(outputs(rows), resampled_variance(rows, "roster"), np.square(LEFT_OUT), luck_of(runs))
    found = runs.mean(axis=1)
    return Roster(office, tried, found, target, match(found, target))


def _answer(office: Office, knobs: Knobs, requests: Requests, served: Docket, clock: OpenClock, seed: int) -> Floats:
    """What the desk makes of the log's requests (outputs,)."""
    desk = office.lived(knobs, requests, served.monday, float(int(served.end // DAY_MINUTES) * DAY_MINUTES), seed)
    done = done_on(desk, len(requests.created))[-len(served) :]
    judged = replace(served, closed=done)
    return outputs(rows_of(judged, done, clock, served.end))
