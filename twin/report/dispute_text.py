"""The life of a dispute for a reader, in English or Chinese, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from twin.errors import Words
from twin.rules.telling import explanation_lines
from twin.world.disputes import CAUSES, FIRM, WORKS

if TYPE_CHECKING:
    from twin.runs.dispute_lives import Dispute, Event

_CAUSES = dict(zip(CAUSES, (
    Words("noise at night", "夜间噪声"), Words("parking", "停车"), Words("leaks", "渗漏"), Words("pets", "宠物"),
    Words("works", "施工"), Words("property fees", "物业费"),
), strict=True))  # fmt: skip
_TABLES = (Words("community", "社区"), Words("street", "街道"), Words("city", "市级"))
_ROOM, _SCREEN = Words("in a room", "现场"), Words("online", "在线")
_HEAD = Words("dispute {number} ({cause}), {arm}, seed {seed}: {plaintiff} against {respondent}",
              "纠纷 {number}（{cause}），方案 {arm}，种子 {seed}：{plaintiff} 与 {respondent}")  # fmt: skip
_RESIDENT, _FIRM = Words("resident {number}", "居民 {number}"), Words("the property firm", "物业公司")
_BUILDER = Words("whoever has the works done", "施工方")
_EVENTS: Mapping[str, Words] = {
    "began": Words("begins, at stage {stage}", "发生，处于第 {stage} 阶段"),
    "again": Words("begins anew, at stage {stage}: the agreement of dispute {parent} broke",
                   "复发，处于第 {stage} 阶段：纠纷 {parent} 的协议破裂"),
    "stage": Words("stage {before} -> {stage}", "第 {before} 阶段 -> 第 {stage} 阶段"),
    "faded": Words("made up without an agreement", "未经协议自行平息"),
    "contact": Words("somebody brings it to the mediators, at stage {stage}; the other side agrees with a chance of "
                     "{agree_chance:.2f} ({where})",
                     "有人求助调解，处于第 {stage} 阶段；对方同意的概率为 {agree_chance:.2f}（{where}）"),
    "refused": Words("the other side does not agree: no session (not ready at this stage)",
                     "对方不同意：没有调解会（此阶段尚未成熟）"),
    "seated": Words("both agree; it is for the table of the {level}", "双方同意；由{level}调解"),
    "handed_on": Words("handed on from the {before} to the {level}: it has reached stage {stage}",
                       "由{before}移交{level}：已到第 {stage} 阶段"),
    "session": Words("session {number}, {level} (ticket {ticket}): asked for {asked:%m-%d %H:%M}, held "
                     "{began:%m-%d %H:%M} to {ended}, waited {waited_days:.2f} days",
                     "第 {number} 次调解会，{level}（工单 {ticket}）：{asked:%m-%d %H:%M} 提交，{began:%m-%d %H:%M} 至 "
                     "{ended} 举行，等候 {waited_days:.2f} 天"),
    "session_moot": Words("session {number}, {level} (ticket {ticket}): the dispute had ended before",
                          "第 {number} 次调解会，{level}（工单 {ticket}）：纠纷此前已了结"),
    "session_lost": Words("session {number}, {level} (ticket {ticket}): the desk gave the order up",
                          "第 {number} 次调解会，{level}（工单 {ticket}）：工单被放弃"),
    "session_waiting": Words("session {number}, {level} (ticket {ticket}): asked for, not held by the end",
                             "第 {number} 次调解会，{level}（工单 {ticket}）：已提交，至期末未举行"),
    "settled": Words("settled: of what was at stake the plaintiff gets {plaintiff_share:.2f}, the respondent "
                     "{respondent_share:.2f} (fairness of the gains {fairness:.2f})",
                     "达成协议：争议利益中申请方得 {plaintiff_share:.2f}，对方得 {respondent_share:.2f}"
                     "（收益公平度 {fairness:.2f}）"),
    "gave_up": Words("given up after {sessions} of at most {most} sessions",
                     "调解终止：共开会 {sessions} 次，最多 {most} 次"),
    "kept": Words("the agreement holds to the end ({days} days)", "协议至期末仍得到履行（{days} 天）"),
    "broken": Words("the agreement breaks after {days} days", "协议在 {days} 天后破裂"),
    "open": Words("still open at the end, at stage {stage}", "至期末未了，处于第 {stage} 阶段"),
    "group_event": Words("it becomes a group event", "演变为群体事件"),
    "petition": Words("a side petitions", "一方信访"),
}  # fmt: skip
_BESIDE: Mapping[str, Words] = {
    "believes": Words("elsewhere the plaintiff could get {plaintiff_fallback:.2f} and believes {plaintiff_thinks:.2f}, "
                      "the respondent {respondent_fallback:.2f} and believes {respondent_thinks:.2f}",
                      "不和解时申请方可得 {plaintiff_fallback:.2f}、自以为 {plaintiff_thinks:.2f}，对方可得 "
                      "{respondent_fallback:.2f}、自以为 {respondent_thinks:.2f}"),
    "surplus": Words("left to share: {surplus_believed:.2f} as they believe, {surplus_true:.2f} in truth; private "
                     "information takes {needed:.2f}",
                     "可分剩余：双方自认 {surplus_believed:.2f}，真实 {surplus_true:.2f}；私有信息损失 {needed:.2f}"),
    "enough": Words("so they settle: enough is left", "因此达成协议：剩余足够"),
    "errors": Words("so they do not settle: enough would be left, were it not for their errors",
                    "因此未达成：若非误判，剩余本已足够"),
    "too_little": Words("so they do not settle: too little is left, even in truth", "因此未达成：真实剩余也不足"),
    "quiet_from": Words("the respondent is quiet from {at}: the plaintiff, who wanted {plaintiff}, gave "
                        "{plaintiff_gave_hours:.1f} h; the respondent, who wanted {respondent}, gave "
                        "{respondent_gave_hours:.1f} h",
                        "对方自 {at} 起保持安静：申请方原要求 {plaintiff}，让 {plaintiff_gave_hours:.1f} 小时；"
                        "对方原要求 {respondent}，让 {respondent_gave_hours:.1f} 小时"),
    "clean_up": Words("the respondent cleans up after the dog in {part:.0%} of the cases: the plaintiff wanted all, "
                      "the respondent offered {respondent_part:.0%}",
                      "对方清理 {part:.0%} 的犬粪：申请方要求全部，对方只愿 {respondent_part:.0%}"),
    "keep_off": Words("the respondent's car keeps off the plaintiff's space on {nights} nights of the week, on the "
                      "other {plaintiff_gave_nights} it may stand there",
                      "对方车辆每周有 {nights} 晚不占申请方车位，其余 {plaintiff_gave_nights} 晚可以停放"),
    "pay_repair": Words("of a repair of {stake_yuan:.2f} yuan the respondent pays {respondent_yuan:.2f}, the plaintiff "
                        "{plaintiff_yuan:.2f}",
                        "维修费 {stake_yuan:.2f} 元，对方承担 {respondent_yuan:.2f} 元，申请方承担 "
                        "{plaintiff_yuan:.2f} 元"),
    "give_back": Words("of {stake_yuan:.2f} yuan of fees the firm gives back {respondent_yuan:.2f}, the plaintiff "
                       "bears {plaintiff_yuan:.2f}",
                       "争议物业费 {stake_yuan:.2f} 元，物业公司退还 {respondent_yuan:.2f} 元，申请方承担 "
                       "{plaintiff_yuan:.2f} 元"),
    "relapse": Words("it begins anew as dispute {again}", "复发为纠纷 {again}"),
}  # fmt: skip
_RULES = Words("rules about the tables, {day}", "关于调解的规则，{day}")
_ORDER = Words("rules about ticket {ticket}, {day}", "关于工单 {ticket} 的规则，{day}")
_NO_RULES = Words(
    "no rule of this arm speaks of mediation or routes its sessions: the scenario says who sits where",
    "此方案没有关于调解或派单的规则：由场景规定何处调解",
)
_NOT_ASKED = Words(
    "nobody brought it to the mediators: no rule of this arm had anything to say about it",
    "无人求助调解，此方案的规则未涉及该纠纷",
)
_ASKED_NOTHING = Words(
    "no rule of this arm decided about it: none about mediation held on its days, none routed a session",
    "此方案的规则未对该纠纷作出决定：当日没有关于调解的规则生效，也没有为其派单",
)
_DAY_HOURS = 24


def dispute_lines(found: Dispute, lang: str) -> list[str]:
    """Lay the life of a dispute out for a reader of a language."""
    sides = {name: _side(getattr(found, name), found.cause, lang) for name in ("plaintiff", "respondent")}
    head = _HEAD[lang].format(number=found.number, cause=_CAUSES[found.cause][lang], arm=found.arm, seed=found.seed,
                              **sides)  # fmt: skip
    lines = [head]
    for event in found.events:
        first, *more = _event(event, lang)
        lines += [f"  {event.on:%Y-%m-%d}  {first}", *(f"{'':14}{line}" for line in more)]
    return [*lines, *_rules(found, lang)]


def _side(resident: int, cause: str, lang: str) -> str:
    if resident == FIRM:
        return (_BUILDER if cause == CAUSES[WORKS] else _FIRM)[lang]
    return _RESIDENT[lang].format(number=resident)


def _event(event: Event, lang: str) -> Iterator[str]:
    """Yield the line of an event, and what there is to say beside it."""
    values: dict[str, Any] = dict(event.values)
    name = "again" if event.name == "began" and "parent" in values else event.name
    for column in ("level", "before"):
        if column in values and event.name not in ("stage", "faded"):
            values[column] = _TABLES[values[column] - 1][lang]
    if "ended" in values:
        same = values["ended"].date() == values["began"].date()
        values["ended"] = f"{values['ended']:{'%H:%M' if same else '%m-%d %H:%M'}}"
    values["where"] = (_SCREEN if values.get("online") else _ROOM)[lang]
    yield _EVENTS[name][lang].format(**values)
    yield from _beside(event.name, values, lang)


def _beside(name: str, values: Mapping[str, Any], lang: str) -> Iterator[str]:
    """Yield why a session led to an agreement or not, what the agreement obliges to, and what came after it."""
    if name == "session":
        for part in ("believes", "surplus", values["why"]):
            yield _BESIDE[part][lang].format(**values)
    if name == "settled" and "clause" in values:
        hours = {key: _clock(values[column]) for key, column in
                 (("at", "hour"), ("plaintiff", "plaintiff_hour"), ("respondent", "respondent_hour"))
                 if column in values}  # fmt: skip
        yield _BESIDE[values["clause"]][lang].format(**values, **hours)
    if name == "broken" and "again" in values:
        yield _BESIDE["relapse"][lang].format(**values)


def _clock(hour: float) -> str:
    """Return an hour of the evening, which may lie after midnight, as a clock shows it."""
    minutes = round(hour * 60)
    return f"{minutes // 60 % _DAY_HOURS:02d}:{minutes % 60:02d}"


def _unruled(found: Dispute) -> Words:
    """Say why no rule is told: nobody asked, or none held, or the arm has none about mediation."""
    if not any(event.name == "contact" for event in found.events):
        return _NOT_ASKED
    return _ASKED_NOTHING if found.has_rules else _NO_RULES


def _rules(found: Dispute, lang: str) -> Iterator[str]:
    """Yield what rules said of the tables, and of the order of each session."""
    orders = [(ticket, one) for ticket, decided in found.orders.items() for one in decided]
    if not found.ruled and not orders:
        yield from ("", _unruled(found)[lang])
    for ruled in found.ruled:
        yield from ("", _RULES[lang].format(day=ruled.on))
        yield from (f"  {line}" for one in ruled.rules for line in explanation_lines(one, lang))
    for ticket, one in orders:
        yield from ("", _ORDER[lang].format(ticket=ticket, day=f"{one.at:%Y-%m-%d %H:%M}"))
        yield from (f"  {line}" for line in explanation_lines(one.explanation, lang))
