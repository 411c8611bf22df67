"""Run the benchmarks: ``python -m benchmarks [desk|rules|residents|people|everything|start|memory]…``."""

from __future__ import annotations

import argparse
import importlib

SECTIONS = ("desk", "rules", "residents", "people", "everything", "start", "memory")


def main() -> None:
    """Print the tables of the sections asked for, or of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("section", nargs="*", help=" ".join(SECTIONS))
    sections = parser.parse_args().section or SECTIONS
    unknown = [section for section in sections if section not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]}; there are {', '.join(SECTIONS)}")
    for section in sections:
        importlib.import_module(f"benchmarks.{section}").run()


if __name__ == "__main__":
    main()
