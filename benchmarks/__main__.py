"""Run the benchmarks: ``python -m benchmarks [SECTION …]``; ``python -m benchmarks --help`` names the sections."""

from __future__ import annotations

import argparse
import importlib

SECTIONS = ("desk", "rules", "residents", "people", "everything", "start", "memory", "intervals", "guard", "runner")
ON_REQUEST = ("luck",)  # takes many minutes, and writes a page


def main() -> None:
    """Print the tables of the sections asked for, or of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("section", nargs="*", help=" ".join((*SECTIONS, *ON_REQUEST)))
    sections = parser.parse_args().section or SECTIONS
    known = (*SECTIONS, *ON_REQUEST)
    unknown = [section for section in sections if section not in known]
    if unknown:
        parser.error(f"no section {unknown[0]}; there are {', '.join(known)}")
    for section in sections:
        importlib.import_module(f"benchmarks.{section}").run()


if __name__ == "__main__":
    main()
