"""What pabutools 1.2.3 chooses in small elections; ``python -m benchmarks.budget_sets`` writes it for the tests.

The package is an oracle, not a dependency: it brings a proprietary solver with it. Whoever wants to make the sets
again installs it by hand (``pip install pabutools==1.2.3``) in an environment of its own.
"""

from __future__ import annotations

import json
import random
from importlib.metadata import version
from pathlib import Path
from typing import Any

SETS = Path(__file__).resolve().parent.parent / "tests" / "budget_sets.json"
ELECTIONS, MOST_PROJECTS, MOST_VOTERS, DEAREST, MOST_MONEY = 120, 8, 9, 12, 45


def drawn(seed: int) -> dict[str, Any]:
    """Return an election: costs, who approves of what (voters, projects), and the budget."""
    chance = random.Random(seed)
    projects, voters = chance.randint(1, MOST_PROJECTS), chance.randint(1, MOST_VOTERS)
    likes = chance.uniform(0.2, 0.9)
    return {
        "costs": [chance.randint(1, DEAREST) for _ in range(projects)],
        "approvals": [[int(chance.random() < likes) for _ in range(projects)] for _ in range(voters)],
        "budget": chance.randint(1, MOST_MONEY),
    }


def chosen(election: dict[str, Any]) -> dict[str, list[int]]:
    """Return what each rule of the package chooses, as numbers of projects."""
    from pabutools.election import ApprovalBallot, ApprovalProfile, Cardinality_Sat, Cost_Sat, Instance, Project
    from pabutools.rules import greedy_utilitarian_welfare, method_of_equal_shares, sequential_phragmen

    projects = [Project(f"p{place:02}", cost) for place, cost in enumerate(election["costs"])]
    instance = Instance(projects, budget_limit=election["budget"])
    ballots = [
        ApprovalBallot([one for one, likes in zip(projects, row, strict=True) if likes])
        for row in election["approvals"]
    ]
    profile = ApprovalProfile(ballots, instance=instance)
    found = {
        "equal_shares_by_number": method_of_equal_shares(instance, profile, sat_class=Cardinality_Sat),
        "equal_shares_by_cost": method_of_equal_shares(instance, profile, sat_class=Cost_Sat),
        "phragmen": sequential_phragmen(instance, profile),
        "greedy": greedy_utilitarian_welfare(instance, profile, sat_class=Cardinality_Sat),
    }
    return {rule: sorted(int(project.name[1:]) for project in bought) for rule, bought in found.items()}


def main() -> None:
    """Write the sets, an election a line."""
    elections = [drawn(seed) for seed in range(ELECTIONS)]
    lines = [json.dumps(one | chosen(one)) for one in elections]
    origin = f"pabutools {version('pabutools')}, by benchmarks/budget_sets.py"
    SETS.write_text(
        '{"origin": ' + json.dumps(origin) + ', "elections": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
