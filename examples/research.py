# %% [markdown]
# # Experiments from Python
#
# For researchers who want numbers and not pages. The cells run from top to bottom in half a minute: in Jupyter or
# VS Code as a notebook, or as a script (`python examples/research.py`). What comes back has `frame()`, a pandas data
# frame with the names that the JSON forms use.

# %%
from pathlib import Path

import twin

HERE = Path(__file__).parent if "__file__" in globals() else Path("examples")
DISPATCH = HERE.parent / "scenarios" / "dispatch.yaml"
SHORT = ["days=30", "warm_up_days=8"]

# %% [markdown]
# ## Arms with the same seeds
#
# `twin.run` gives every arm the same seeds, so that each difference is taken between twins.

# %%
experiment = twin.run(DISPATCH, arms=["manual", "smart", "smart_far"], replications=6, set=SHORT)
values = experiment.frame()
print(values.groupby(["arm", "metric"])["value"].mean().unstack("arm").loc[list(experiment.scenario.primary)].round(2))

# %% [markdown]
# The verdicts allow for all that was looked at: Holm for the primary outcomes, Benjamini and Hochberg for all others.

# %%
differences = experiment.frame("differences")
print(differences[differences["primary"]][["arm", "metric", "unit", "mean", "low", "high", "verdict", "better_in"]])

# %% [markdown]
# ## Two experiments
#
# `twin.compare` takes run folders, scenario files, or what `twin.run` returned. It pairs arms by name over the seeds
# that both have, says what differs in the inputs, and refuses what cannot be paired.

# %%
crowded = twin.run(DISPATCH, arms=["manual", "smart"], replications=5, set=[*SHORT, "hotline.reports_per_day=16 /day"])
compared = twin.compare(experiment, crowded, metrics=["hours_to_close_mean", "share_within_24h"])
print(compared.frame("inputs"))
print(compared.frame()[["first", "metric", "first_mean", "second_mean", "mean", "low", "high", "verdict"]].round(2))

# %% [markdown]
# How much did it help that twins share their luck? `pairs_needed` is what it takes to know the difference to within 5 %
# of the first mean; `independent_needed` what it would take with seeds of their own.

# %%
print(compared.frame()[["first", "metric", "pairs_needed", "independent_needed"]])

# %% [markdown]
# ## A sweep
#
# One arm at many points, the same seeds at each: lists, ranges, or whole declared ranges. A point is a row of columns,
# so that any tool for data frames can go on from here.

# %%
swept = twin.sweep(
    DISPATCH,
    arm="smart",
    over={"desk.travel_minutes": [6, 12, 24], "hotline.reports_per_day": ["10 /day", "14 /day"]},
    replications=3,
    set=SHORT,
    metrics=["hours_to_close_mean"],
)
points = swept.frame("points")
grid = points.pivot(index="desk.travel_minutes", columns="hotline.reports_per_day", values="mean")
print(grid.round(1))
print(swept.frame("indices"))

# %% [markdown]
# How much of that is only noise?

# %%
noise = swept.findings["hours_to_close_mean"].noise
print(f"{noise.noise_share:.0%} of the variance between points is noise; {noise.chance_share:.0%} of single runs'.")
