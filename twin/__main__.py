"""Run the program: ``python -m twin``, or ``twin`` where it is installed."""

import os
import sys

# They only read what is declared. Compiled functions would do it no better, and numba takes a second to import.
PLAIN_COMMANDS = frozenset({"validate", "show", "params", "schema", "new", "errors"})


def main() -> int:
    """Run the command of this process's command line and return its exit code."""
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    if command in PLAIN_COMMANDS:
        os.environ["TWIN_COMPILE"] = "off"
    from twin.cli.app import main as program

    return program()


if __name__ == "__main__":
    sys.exit(main())
