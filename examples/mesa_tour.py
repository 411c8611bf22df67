# %% [markdown]
# # A neighbourhood, looked at with Mesa
#
# The cells below run from top to bottom in a few seconds: in Jupyter or VS Code as a notebook, or as a script
# (`python examples/mesa_tour.py`). They need nothing but the twin itself, with Mesa 3.3 or 3.5.
#
# Whoever knows Mesa knows this: a model, `step`, agents in an `AgentSet`, a `DataCollector`. One thing is different:
# agents do not act. They are views of rows, and what moves people are mechanisms with declarations
# (`twin plan` lists them), so that every change can be traced, and two alternatives share all their luck.

# %%
from pathlib import Path

from twin.model import Neighbourhood, Resident, Worker
from twin.scenario.load import load

HERE = Path(__file__).parent if "__file__" in globals() else Path("examples")
plan = load(
    HERE.parent / "scenarios" / "everything.yaml", sets=["population.residents=600", "days=60", "warm_up_days=10"]
)

# %% [markdown]
# ## A model lives a day a step
#
# `arm` is one of the alternatives that the scenario compares; `rng` is the seed. The draws are keyed: Mesa's own
# generator is not used.

# %%
model = Neighbourhood(
    plan,
    arm="as_it_is",
    rng=7,
    metrics=["open_tickets_end"],
    agenttype_reporters={Worker: {"busy": "busy", "ticket": "ticket"}},
)
for _ in range(30):
    model.step()
print(model.date, "after", model.day, "days:", len(model.engine.world.tickets), "tickets")

# %% [markdown]
# ## What was collected
#
# The daily metrics of the catalogue, and those that were asked for, one row a day.

# %%
daily = model.datacollector.get_model_vars_dataframe()
print(daily.tail(3).round(3))
print(model.datacollector.get_agenttype_vars_dataframe(Worker).tail(2).round(1))

# %% [markdown]
# ## Somebody, looked at closely
#
# Every column with its unit and meaning; a resident's household, flat and building too.

# %%
print(model.resident(12))
print()
print(model.worker(0))

# %% [markdown]
# ## Everybody, as Mesa's AgentSet
#
# The views are made now that they are asked for. They can be selected, grouped and counted; they cannot be written.

# %%
residents = model.agents_by_type[Resident]
wary = residents.select(lambda r: r.trust < 0.5)
by_building = wary.groupby("building").count()
print(len(wary), "of", len(residents), "residents trust less than they did; most of them in building",
      max(by_building, key=by_building.get, default=None))  # fmt: skip
print("mean trust by age group:", {
    model.names["residents.age_group"][group]: round(sum(some.get("trust")) / len(some), 3)
    for group, some in sorted(residents.groupby("age_group").groups.items())
})  # fmt: skip
try:
    model.resident(12).trust = 1.0
except AttributeError as refusal:
    print(refusal)

# %% [markdown]
# ## Two arms, the same luck
#
# The same residents live twice, once with each arm. Only what the arm changes differs, so the difference is the arm's.

# %%
other = Neighbourhood(plan, arm="instant", rng=7)
while other.running and other.day < 30:
    other.step()
print("trust after 30 days:", round(model.metrics["trust_mean"], 4), "and", round(other.metrics["trust_mean"], 4))
same = [model.resident(row).digital_skill == other.resident(row).digital_skill for row in range(len(residents))]
print("the same people:", all(same))

# %% [markdown]
# ## A behaviour of one's own
#
# What somebody does in a day, written row by row. It is an ordinary mechanism: what it reads and adds to is declared
# and enforced, chance is keyed by the resident and the day, and nothing changes until the phase closes.
# `docs/extending.md` shows how a package brings one into scenarios and experiments; here it is tried in one model.

# %%
from twin.core.behaviour import Behaviour, mechanism_name  # noqa: E402
from twin.core.world import Phase  # noqa: E402


class Cheerful(Behaviour):
    """Now and then somebody of little trust has a good day."""

    table, phase = "residents", Phase.SETTLE
    reads = ("residents.trust",)
    adds = ("residents.trust",)

    def step(self) -> None:
        """Have a good day, or not."""
        if self.trust < 0.5 and self.draw.happens("good_day", 0.1):
            self.add(trust=0.02)


cheered = Neighbourhood(plan, arm="as_it_is", rng=7, more=[Cheerful])
for _ in range(30):
    cheered.step()
moved = cheered.engine.account.moved("residents.trust", mechanism_name(Cheerful))
print("trust after 30 days with good days:", round(cheered.metrics["trust_mean"], 4))
print("trust that they brought:", round(moved, 3), "- or were there none to cheer up?" if not moved else "")
