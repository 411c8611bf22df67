"""Rules are tested by what stands beside them: ``pytest rules/`` runs every ``*.test.yaml``, ``pytest
outputs/baselines`` what planners expect.

They are about what ships: mechanisms of other packages that happen to be installed stay out.
"""

import os

os.environ["TWIN_PLUGINS"] = "off"
pytest_plugins = ["twin.testing.pytest_rules", "twin.report.pytest_claims"]
