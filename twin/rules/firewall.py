"""Rules move levers, mechanisms move people: what a rule may decide is a closed list."""

from __future__ import annotations

from twin.errors import Complaint, Place, Words
from twin.rules.forms import Complain
from twin.rules.vocabulary import Vocabulary

DECLARED = ("order", "vote", "project", "share")

_REASONS = {
    "outcome": Words("{title} is what people feel or do, and has to come out of the simulation",
                     "{title}是居民的感受或行为，只能由仿真得出"),
    "result": Words("it is a result that the twin measures", "它是孪生系统度量的结果"),
    "fact": Words("it is a fact about the neighbourhood, which only mechanisms move",
                  "它是社区的事实，只有机制能改变"),
    "other": Words("it is neither a registered lever, nor a declared decision about an order, a vote, a project or a"
                   " share, nor spawned work",
                   "它不是已登记的杠杆，不是关于工单、表决、项目或分摊的决定，也不是派生的工作"),
}  # fmt: skip


def judge_target(name: str, place: Place, declared: str, vocabulary: Vocabulary, complain: Complain) -> str:
    """Return what a target is about; complain where a rule may not decide it, and return ``""``.

    ``declared`` is the author's own ``about:``, for a decision that the vocabulary does not list.
    """
    if declared and declared not in DECLARED:
        wanted = Words(", ".join(DECLARED), "、".join(DECLARED))
        complain(Complaint("E116", place, {"wanted": wanted, "found": f"`{declared}`"}))
    entry = vocabulary.target(name)
    if entry is not None:
        return entry.about
    reason = _reason(name, vocabulary)
    if declared in DECLARED and reason == "other":
        return declared
    complain(_refusal(reason, name, place, vocabulary))
    return ""


def judge_name(name: str, place: Place, vocabulary: Vocabulary, complain: Complain) -> None:
    """Complain of a formula that would compute what only people decide: one that is called so."""
    last = name.rpartition(".")[2].rpartition("_")[2]
    if vocabulary.outcome(last) is not None:
        complain(_refusal("outcome", name, place, vocabulary))


def _reason(name: str, vocabulary: Vocabulary) -> str:
    if vocabulary.outcome(name) is not None:
        return "outcome"
    if name in vocabulary.results:
        return "result"
    known = any(name in fields or name in (f"{entity}.{field}" for field in fields) for entity, fields in
                vocabulary.fields.items())  # fmt: skip
    return "fact" if known else "other"


def _refusal(reason: str, name: str, place: Place, vocabulary: Vocabulary) -> Complaint:
    outcome = vocabulary.outcome(name)
    title = outcome.title if outcome is not None else Words(name, name)
    why = Words(*(_REASONS[reason][lang].format(title=title[lang]) for lang in ("en", "zh")))
    hint = _OWN if reason == "other" else _LEVERS
    return Complaint("E110", place, {"name": name, "why": why, "meant": _meant(name, vocabulary), "hint": hint})


def _meant(name: str, vocabulary: Vocabulary) -> Words:
    """Name the levers and decisions that could be meant."""
    levers = vocabulary.levers_like(name)
    if not levers:
        return Words("", "")
    en, zh = ", ".join(f"`{lever}`" for lever in levers), "、".join(f"`{lever}`" for lever in levers)
    return Words(f"; levers that could be meant: {en}", f"；可能想用的杠杆：{zh}")


_OWN = Words("a decision of your own says what it is about: `{int: 0..9, about: order}`, or vote, project, share",
             "自定义的决定须说明对象：`{int: 0..9, about: order}`，或 vote、project、share")  # fmt: skip
_LEVERS = Words("rules move levers: staffing, calendars, routing, limits, prices, voting procedure, inspections",
                "规则只能调节杠杆：人员、班次、派单、时限、价格、表决程序、检查")  # fmt: skip
