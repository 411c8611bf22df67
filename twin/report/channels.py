"""Where a difference comes from: the parts that a metric is the sum of, each with its own interval."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from twin.errors import Words
from twin.report.text import Sheet, Writer, metrics_asked_for

if TYPE_CHECKING:
    from twin.runs.experiment import Experiment

_TEXT: Mapping[str, Words] = {
    "title": Words(
        "{whole}: difference from {baseline} by channel, seed by seed (the channels sum to the last row)",
        "{whole}：与「{baseline}」逐种子配对的差值，按渠道分解（各渠道之和即末行）",
    ),
    "channel": Words("channel{unit}", "渠道{unit}"),
    "whole": Words("together", "合计"),
}  # fmt: skip


def channels_of(experiment: Experiment) -> dict[str, tuple[str, ...]]:
    """Return the parts of every metric that is asked for and has some, as far as all arms have them all.

    Nothing for a single arm, and nothing of a metric in which no option differs from the baseline.
    """
    known = set.intersection(*(set(found) for found in experiment.estimates.values()))
    found: dict[str, tuple[str, ...]] = {}
    for whole in metrics_asked_for(experiment):
        parts = tuple(name for name, metric in experiment.book.items() if metric.part_of == whole)
        differ = any(_differs(experiment, option, (whole, *parts)) for option in experiment.arms[1:])
        if parts and differ and known.issuperset((whole, *parts)):
            found[whole] = parts
    return found


def _differs(experiment: Experiment, option: str, names: Sequence[str]) -> bool:
    found = experiment.differences[option]
    return any(name in found and (found[name].mean, found[name].half_width or 0) != (0, 0) for name in names)


def channel_titles(writer: Writer, parts: Sequence[str]) -> list[str]:
    """Return what the parts are called, without the words up to a colon that all begin with."""
    names = [writer.metric(part) for part in parts]
    split = [re.split("(?:: |：)", name, maxsplit=1) for name in names]
    alike = len({one[0] for one in split}) == 1 and all(len(one) > 1 for one in split)
    return [one[1] for one in split] if alike else names


def channel_sheets(writer: Writer, abreast: int | None = None) -> list[Sheet]:
    """Return channels × options for every metric with parts; with ``abreast``, at most so many options a sheet."""
    options = writer.experiment.arms[1:]
    step = abreast or max(len(options), 1)
    return [
        _sheet(writer, whole, parts, options[start : start + step])
        for whole, parts in channels_of(writer.experiment).items()
        for start in range(0, len(options), step)
    ]


def _sheet(writer: Writer, whole: str, parts: Sequence[str], options: Sequence[str]) -> Sheet:
    def row(title: str, name: str) -> tuple[str, ...]:
        found = [writer.experiment.differences[option][name] for option in options]
        return (title, *(writer.both(name, one) for one in found))

    lang, unit = writer.lang, writer.in_unit(writer.scale(whole, difference=True))
    head = (_TEXT["channel"][lang].format(unit=unit), *map(writer.arm, options))
    titles = (*channel_titles(writer, parts), _TEXT["whole"][lang])
    rows = tuple(row(title, name) for title, name in zip(titles, (*parts, whole), strict=True))
    baseline = writer.arm(writer.experiment.baseline)
    return Sheet(_TEXT["title"][lang].format(whole=writer.metric(whole), baseline=baseline), head, rows)
