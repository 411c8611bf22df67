"""The tests are about what ships: mechanisms of other packages that happen to be installed stay out."""

import os

os.environ["TWIN_PLUGINS"] = "off"
