"""Run the program: ``python -m twin``."""

import sys

from twin.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
