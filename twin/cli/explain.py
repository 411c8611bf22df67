"""``twin explain``: which rule decided what about a ticket of a run, why, and what would have altered it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from twin.cli import console
from twin.cli.spoken import json_option, lang_option, option, speaking
from twin.errors import InputError, Words

if TYPE_CHECKING:
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


@speaking("Explain what rules decided about a ticket of a run.", "解释规则对某张工单的决定。")
@click.argument("run")
@click.argument("what", type=click.Choice(["ticket"]))
@click.argument("number", type=int)
@option("--arm", metavar="ARM", en="Of this arm (the first that has rules about orders).",
        zh="所属方案（默认第一个含工单规则的方案）。")  # fmt: skip
@option("--seed", type=int, metavar="SEED", en="Of the replication with this seed (the first).",
        zh="所属重复的种子（默认第一个）。")  # fmt: skip
@json_option()
@lang_option()
def command(
    run: str, what: str, number: int, arm: str | None, seed: int | None, as_json: bool, lang: str | None
) -> None:
    """Explain a ticket by the rules as they were."""
    from twin.runs.explaining import explain_ticket

    spoken = console.language(lang)
    try:
        ticket = explain_ticket(Path(run), number, arm, seed)
    except InputError as reason:
        console.fail(reason, spoken)
    if as_json:
        console.say(json.dumps(ticket.to_json(), ensure_ascii=False, allow_nan=False))
    else:
        console.say("\n".join(_lines(ticket, spoken)))


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
