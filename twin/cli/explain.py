"""``twin explain``: what rules decided about a ticket of a run, and why; the life of one of its disputes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from twin.cli import console
from twin.cli.spoken import json_option, lang_option, option, speaking
from twin.errors import InputError, Words

if TYPE_CHECKING:
    from twin.runs.dispute_lives import Dispute
    from twin.runs.explaining import Ticket

_HEAD = Words(
    "ticket {number} ({category}), {arm}, seed {seed}", "工单 {number}（{category}），方案 {arm}，种子 {seed}"
)
_NO_RULES = Words(
    "no rule decides about orders in this arm: its rule sets, if any, set levers only (twin show RUN/scenario.yaml)",
    "此方案没有针对工单的规则：其规则集（如有）只设定杠杆（twin show 运行文件夹/scenario.yaml）",
)
_STEPS = {
    "created": Words("created", "创建"), "accepted": Words("accepted", "受理"),
    "dispatched": Words("dispatched", "派单"), "started": Words("signed for", "签收"),
    "done": Words("done", "办理完成"), "called_back": Words("called back", "回访"), "closed": Words("closed", "办结"),
    "escalated": Words("escalated", "督办"), "merged": Words("merged", "合并"), "abandoned": Words("given up", "放弃"),
}  # fmt: skip
_MOMENTS = {
    "report": Words("on report", "受理时"), "dispatch": Words("on dispatch", "派单时"),
    "return": Words("on return", "退单时"), "limit": Words("at its limit", "到期时"),
    "minute": Words("each minute", "每分钟"), "hour": Words("each hour", "每小时"), "day": Words("each day", "每天"),
    "done": Words("when done", "办理完成时"), "call_back": Words("on call-back", "回访时"),
}  # fmt: skip


@speaking(
    "Explain what rules decided about a ticket of a run, or tell the life of a dispute.",
    "解释规则对某张工单的决定，或讲述某起纠纷的始末。",
)
@click.argument("run")
@click.argument("what", type=click.Choice(["ticket", "dispute"]))
@click.argument("number", type=int)
@option("--arm", metavar="ARM",
        en="Of this arm (the first that has rules about orders; of a dispute the first in which somebody mediates).",
        zh="所属方案（工单默认第一个含工单规则的方案，纠纷默认第一个提供调解的方案）。")  # fmt: skip
@option("--seed", type=int, metavar="SEED", en="Of the replication with this seed (the first).",
        zh="所属重复的种子（默认第一个）。")  # fmt: skip
@json_option()
@lang_option()
def command(
    run: str, what: str, number: int, arm: str | None, seed: int | None, as_json: bool, lang: str | None
) -> None:
    """Explain a ticket or a dispute by what the run kept, rules as they were."""
    spoken = console.language(lang)
    try:
        found, lines = _TELL[what](Path(run), number, arm, seed)
    except InputError as reason:
        console.fail(reason, spoken)
    if as_json:
        console.say(json.dumps(found.to_json(), ensure_ascii=False, allow_nan=False))
    else:
        console.say("\n".join(lines(found, spoken)))


def _ticket(*asked: Any) -> tuple[Ticket, Callable[..., list[str]]]:
    from twin.runs.explaining import explain_ticket

    return explain_ticket(*asked), _lines


def _dispute(*asked: Any) -> tuple[Dispute, Callable[..., list[str]]]:
    from twin.report.dispute_text import dispute_lines
    from twin.runs.dispute_lives import explain_dispute

    return explain_dispute(*asked), dispute_lines


_TELL: dict[str, Callable[..., tuple[Any, Callable[..., list[str]]]]] = {"ticket": _ticket, "dispute": _dispute}


def _lines(ticket: Ticket, lang: console.Language) -> list[str]:
    from twin.rules.telling import explanation_lines

    head = _HEAD[lang].format(number=ticket.number, category=ticket.category, arm=ticket.arm, seed=ticket.seed)
    life = [f"  {at:%Y-%m-%d %H:%M}  {_STEPS[name][lang]}" for name, at in sorted(ticket.life, key=lambda one: one[1])]
    lines = [head, *life]
    if not ticket.has_rules:
        return [*lines, "", _NO_RULES[lang]]
    before = ""
    for one in ticket.decisions:
        moment = f"{one.at:%Y-%m-%d %H:%M}  {_MOMENTS[one.moment][lang]}"
        lines += ["", moment] if moment != before else [""]
        before = moment
        lines += [f"  {line}" for line in explanation_lines(one.explanation, lang)]
    return lines
