"""The tests are about what ships, and about no clock.

Mechanisms of other packages that happen to be installed stay out; a busy machine fails no property.
"""

import os

from hypothesis import settings

os.environ["TWIN_PLUGINS"] = "off"
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")
