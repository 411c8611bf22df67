"""The guard at the command line: ``twin check`` without a mechanism."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from twin.cli import console
from twin.cli.run import progress_bar
from twin.errors import Complaint, InputError

if TYPE_CHECKING:
    from twin.runs.guard import Finding, Tier

CLAIMS = ".claims.yaml"
ALL = "all"


def guard(
    files: Sequence[str], tiers: Sequence[str], folder: str, jobs: int, junit: str | None, github: bool, as_json: bool,
    lang: console.Language,
) -> None:  # fmt: skip
    """Hold scenarios to their baselines and to claims, say what was found, and end with the exit code of it."""
    from twin.report import guard_text
    from twin.runs.guard import exit_code

    findings = findings_of(files, tiers, Path(folder), jobs, lang)
    if junit:
        _write(Path(junit), guard_text.junit(findings))
    if github:
        console.say("\n".join(guard_text.annotations_of(findings)))
    if as_json:
        told = {"schema": "twin.guard/1", "exit_code": exit_code(findings), "findings": [f.to_json() for f in findings]}
        console.say(json.dumps(told, allow_nan=False))
    elif not github:
        console.show(guard_text.sheet(findings, lang))
        for line in guard_text.notes(findings, lang):
            console.say(line)
    sys.exit(exit_code(findings))


def findings_of(
    files: Sequence[str], asked: Sequence[str], folder: Path, jobs: int, lang: console.Language
) -> list[Finding]:
    """Return what the guard finds about scenarios and files of claims (none named: all that have a baseline).

    A file of claims that is named is held to whatever the tiers are.
    """
    from twin.runs.baselines import read_baseline
    from twin.runs.claims import check_claims, read_claims
    from twin.runs.experiment import Means
    from twin.runs.guard import TIERS, check_scenarios
    from twin.runs.pool import processes

    refuse_missing(files)
    tiers: Sequence[Tier] = [one for one in TIERS if ALL in asked or one in asked]
    found: list[Finding] = []
    named = frozenset(files)
    if not files:
        baselines = [read_baseline(file) for file in sorted(folder.glob("*.yaml")) if not file.name.endswith(CLAIMS)]
        files = [one.scenario for one in baselines if one is not None]
        files += [str(one) for one in sorted(folder.glob(f"*{CLAIMS}"))]
        if not files:
            raise InputError.of("R284", folder=str(folder))
    with progress_bar(lang) as progress, processes(jobs):
        means = Means(jobs=jobs, progress=progress)
        found += check_scenarios([file for file in files if not file.endswith(CLAIMS)], tiers, folder, means)
        for file in files:
            if file.endswith(CLAIMS) and ("claims" in tiers or file in named):
                found += check_claims(read_claims(Path(file)), means)
    return found


def refuse_missing(files: Sequence[str]) -> None:
    """Raise InputError Y001 with every file that is not there, before anything is run."""
    missing = [Complaint("Y001", None, {"file": file}) for file in dict.fromkeys(files) if not Path(file).exists()]
    if missing:
        raise InputError(missing)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InputError.of("S130", file=str(file), why=error.strerror or str(error)) from error
