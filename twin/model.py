"""Mesa's face of the twin: a model that lives one day a step.

Experiments run on the engine itself, which spares every process the import of Mesa; the numbers are the same.
"""

from __future__ import annotations

from pathlib import Path

import mesa

from twin.scenario.build import engine_for
from twin.scenario.load import Scenario, load


class Neighbourhood(mesa.Model):
    """One arm of a scenario as a Mesa model.

    ``plan`` is a :class:`Scenario` or the path of its file; ``arm`` defaults to the first; ``rng`` is the seed of
    the replication (keyed draws: Mesa's own generator is not used). ``running`` turns false when the horizon has
    passed and nothing is open. Raises :class:`~twin.errors.InputError` for a scenario or arm that cannot be used.
    """

    def __init__(self, plan: Scenario | str | Path, arm: str | None = None, rng: int | None = None) -> None:
        self.plan = plan if isinstance(plan, Scenario) else load(plan)
        seed = self.plan.seed if rng is None else rng
        super().__init__(rng=seed)
        self.engine = engine_for(self.plan, self.plan.arm(arm or next(iter(self.plan.arms))).name, seed)

    def step(self) -> None:
        """Live one day."""
        self.engine.step()
        world = self.engine.world
        last = world.days + world.run_on_days
        self.running = world.day < world.days or (world.day < last and not world.quiet())

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics as they stand."""
        return self.engine.metrics()
