"""A rule-engine and simulation twin of a neighbourhood.

>>> import twin
>>> experiment = twin.run("scenarios/dispatch.yaml", arms=["manual", "smart"], replications=20)
>>> experiment.differences["smart"]["hours_to_close_mean"].verdict
'better'
>>> experiment.frame("differences").query("primary")[["arm", "metric", "mean", "low", "high"]]  # a pandas data frame

The public names below are imported when they are first used, so that ``import twin`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.errors import InputError, RunFailed, TwinError
    from twin.report import run
    from twin.report.calling import compare, sweep
    from twin.runs.experiment import RESULTS_VERSION as results_version  # noqa: N811
    from twin.runs.experiment import Experiment, run_one
    from twin.scenario.load import Scenario, load

__all__ = [
    "Experiment",
    "InputError",
    "RunFailed",
    "Scenario",
    "TwinError",
    "__version__",
    "compare",
    "load",
    "results_version",
    "run",
    "run_one",
    "sweep",
]

__version__ = "0.1.0"

_HOMES = {
    "Experiment": ("twin.runs.experiment", "Experiment"),
    "InputError": ("twin.errors", "InputError"),
    "RunFailed": ("twin.errors", "RunFailed"),
    "Scenario": ("twin.scenario.load", "Scenario"),
    "TwinError": ("twin.errors", "TwinError"),
    "compare": ("twin.report.calling", "compare"),
    "load": ("twin.scenario.load", "load"),
    "results_version": ("twin.runs.experiment", "RESULTS_VERSION"),
    "run": ("twin.report", "run"),
    "run_one": ("twin.runs.experiment", "run_one"),
    "sweep": ("twin.report.calling", "sweep"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'twin' has no attribute '{name}'")
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(module), attribute)
