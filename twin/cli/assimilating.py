"""What ``twin data assimilate`` does with its arguments: where things lie, what is kept, what is said."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.cli import console
from twin.errors import InputError, Words

if TYPE_CHECKING:
    from twin.assimilation.shadow import Assimilation
    from twin.calibration.fit import Calibrated
    from twin.logs.account import Account
    from twin.logs.request_log import RequestLog

_SCENARIO = "scenario.yaml"
_FEWEST = 30  # requests of an agency
_HEAD = Words(
    "# Written by `twin data assimilate`: the scenario after the log of {log}, from {first} on.\n"
    "# Rates are those of the forecast, the knobs of the desk the middle of their posterior.\n",
    "# 由 `twin data assimilate` 写出：吸收日志 {log} 之后的场景，自 {first} 起。\n"
    "# 诉求量取自预测，服务台参数取后验中位数。\n",
)
_KEPT = Words(
    "kept in {folder}; the page to read or print: {page}; the scenario to run: {scenario}",
    "已保存到 {folder}；可阅读或打印的页面：{page}；可运行的场景：{scenario}",
)


@dataclass(frozen=True)
class Told:
    """An assimilation and where it was put."""

    found: Assimilation
    departments: tuple[Calibrated, ...]
    folder: Path

    @property
    def page(self) -> Path:
        """The page to read."""
        return self.folder / "shadow.html"

    @property
    def scenario(self) -> Path:
        """The scenario to run."""
        return self.folder / "assimilated.yaml"


def assimilated(run: str, log: RequestLog, account: Account, *, arm: str, weeks: int, by: str, departments: bool,
                out: str | None, lang: console.Language) -> Told:  # fmt: skip
    """Assimilate a log into a run (its folder, or a scenario file), and keep what comes of it."""
    from twin import __version__
    from twin.assimilation.records import file_of, form_of, write_whole
    from twin.assimilation.shadow import assimilate
    from twin.scenario.load import load

    written = _scenario_of(run)
    folder = Path(out) if out else _beside(Path(run))
    plan = load(written)
    found = assimilate(plan, log, account, folder, arm=arm, weeks=weeks, by=by, version=__version__)
    told = Told(found, _departments(log) if departments else (), folder)
    overlay = {**found.overlay, "extends": Path(os.path.relpath(written, folder)).as_posix()}
    write_whole(told.scenario, _yaml(overlay, found, lang))
    write_whole(told.page, _page(told, lang))
    write_whole(file_of(folder, found.record.origin), _json(form_of(found.record)))
    return told


def say(told: Told, lang: console.Language) -> None:
    """Print the sheets."""
    from twin.report import shadow_text as text

    found = told.found
    console.say(text.verdict_sentence(found.verdict, lang).replace("**", ""))
    console.say("\n".join(("", *(line.replace("**", "") for line in text.estimate_lines(found, lang)))))
    if found.roster is not None:
        console.show(text.estimates_sheet(found.roster, lang))
    console.show(text.counts_sheet(found.record, lang))
    console.show(text.desk_sheet(found, lang))
    for sheet in text.past_sheets(found.verdict, lang):
        console.show(sheet)
    console.say("\n".join(text.past_lines(found.verdict, lang)))
    if told.departments:
        console.show(text.departments_sheet(told.departments, lang))
    console.note(_KEPT[lang].format(folder=told.folder, page=told.page, scenario=told.scenario))


def form_of(told: Told) -> dict[str, Any]:
    """The object that ``--json`` prints."""
    from twin.assimilation.records import form_of as form

    found, scores = told.found, told.found.verdict.scores
    return {
        **form(found.record),
        "verdict": found.verdict.word,
        "cells": len(scores),
        "coverage": scores.coverage if len(scores) else None,
        "crps": scores.mean_crps() if len(scores) else None,
        "desk_bands": {name: [found.verdict.held[name], told_of] for name, told_of in found.verdict.told.items()},
        "ruled_out": found.roster.against() if found.roster else None,
        "departments": [
            {"agency": one.department.docket.agency, "hours": one.department.clock.text, "files": list(one.files()),
             "hands_on_share": list(one.work_share()), "learnt": one.learnt(), "ruled_out": one.found.ruled_out}
            for one in told.departments
        ],
        "folder": str(told.folder),
    }  # fmt: skip


def _scenario_of(run: str) -> Path:
    path = Path(run)
    if not path.is_dir():
        return path
    if not (path / _SCENARIO).is_file():
        raise InputError.of("D606", folder=run)
    return path / _SCENARIO


def _beside(run: Path) -> Path:
    """A run's folder is written once and left alone: what comes later lies beside it."""
    return run.with_name(f"{run.name if run.is_dir() else run.stem}-shadow")


def _departments(log: RequestLog) -> tuple[Calibrated, ...]:
    from twin.calibration.docket import dockets
    from twin.calibration.fit import calibrate

    return tuple(calibrate(one) for one in dockets(log, _FEWEST))


def _yaml(overlay: dict[str, Any], found: Assimilation, lang: console.Language) -> str:
    from twin.core.marked_yaml import write

    said = _HEAD[lang].format(log=found.record.log["name"], first=found.record.origin)
    return said + write(overlay)


def _page(told: Told, lang: console.Language) -> str:
    from twin.report.shadow_figures import picture
    from twin.report.shadow_text import page_of

    drawn = {one: picture(told.found.record, one) for one in ("en", "zh")}
    return page_of(told.found, drawn, lang, told.departments)


def _json(form: dict[str, Any]) -> str:
    import json

    return json.dumps(form, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
