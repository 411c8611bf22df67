"""What is said of an assimilation: the next weeks, what was estimated again, and how earlier forecasts did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from twin.assimilation.outlook import MEASURES
from twin.assimilation.records import Record
from twin.assimilation.roster import Roster
from twin.assimilation.shadow import CHECKED, COVERAGE, FEWEST_CELLS, Assimilation, Verdict
from twin.calibration.fit import Calibrated
from twin.errors import Words
from twin.logs.scores import BASELINES, OURS
from twin.report.page import Chart, Section, Tongue, picture_of, rendered
from twin.report.text import Sheet

_LANGUAGES = ("en", "zh")
_HOURS_A_DAY = 24.0
_LONG_HOURS = 72.0
_SHOWN_NAMES = 12
_TEXT: Mapping[str, Words] = {
    "title": Words("The next weeks of {name}", "{name}：未来几周"),
    "question": Words(
        "What comes in, what lies open, and how long it takes, from {first} on, after the log {log} until {last}",
        "依据截至 {last} 的日志 {log}，预测自 {first} 起的来件量、积压与办结时长",
    ),
    "counts": Words("Requests a week", "每周诉求量"),
    "counts_caption": Words(
        "Expected number, and in brackets the band that nine weeks in ten should lie in (as near to 90 % as whole"
        " numbers allow).",
        "期望值；括号内为 90% 预测区间（整数所能达到的最接近值）。",
    ),
    "desk": Words("The desk in these weeks", "这几周的服务台"),
    "desk_caption": Words(
        "Arm {arm} with its own roster, the files that the log leaves open, and {members} members of the posterior:"
        " middle, and in brackets the 5th and 95th percentile.",
        "方案 {arm} 的班次不变，从日志中的未结工单出发，后验成员 {members} 个：中位数，括号内为第 5 与第 95 百分位。",
    ),
    "series": Words("series", "类别"),
    "week": Words("week of {date}", "{date} 起一周"),
    "measure": Words("measure", "指标"),
    "requests": Words("requests", "来件数"),
    "backlog": Words("open at the week's end", "周末未办结"),
    "median_hours": Words("median time to close", "办结时长中位数"),
    "p90_hours": Words("90th percentile of it", "办结时长第 90 百分位"),
    "busy_share": Words("rostered time that is worked", "班次内工作时间占比"),
    "estimated": Words("Estimated again", "重新估计的参数"),
    "estimated_caption": Words(
        "What the roster does not tell, by history matching and then approximate Bayesian computation on the desk's own"
        " answers to the log's own requests. Learnt: how much of the prior's width the log took away.",
        "班次以外的未知量：让服务台处理日志中的同一批诉求，以历史匹配与近似贝叶斯计算估计。“获知”为日志使先验区间缩小的比例。",
    ),
    "parameter": Words("parameter", "参数"),
    "middle": Words("middle", "中位数"),
    "interval": Words("90 % interval", "90% 区间"),
    "learnt": Words("learnt", "获知"),
    "pace": Words("hands-on hours, times those of the scenario", "办理时长（相对于场景的倍数）"),
    "misroute": Words("chance that a dispatch goes astray", "错派概率"),
    "not_estimated": Words(
        "The log has too few closings to say anything of the work: the desk is the scenario's, untouched.",
        "日志中的办结记录太少，无法估计办理情况：服务台沿用场景设定。",
    ),
    "ruled_out": Words(
        "**No setting of these can have made the log** with this roster: it speaks against {against}. The weeks below"
        " are those of the nearest setting and are not to be relied on; the roster, the rounds or the calendars of the"
        " scenario are not those of the log.",
        "在此班次下，**任何取值都不可能产生该日志**：不符之处为 {against}。下列结果取自最接近的取值，不可依赖；"
        "场景中的班次、派单轮次或日历与日志不符。",
    ),
    "weak": Words(
        "The log says little of: {names}. Its interval is nearly that of the prior.",
        "日志对以下各项几乎没有信息：{names}，其区间与先验相近。",
    ),
    "strange": Words(
        "{share:.0%} of the requests are of categories that the scenario does not have, and are not the desk's business"
        " here: {names}.",
        "{share:.0%} 的诉求属于场景中没有的类别，未计入服务台：{names}。",
    ),
    "past": Words("How earlier forecasts did", "以往预测的表现"),
    "past_caption": Words(
        "Continuous ranked probability score in requests, the lower the better; coverage of the 90 % bands.",
        "连续分级概率评分（单位：件，越低越好）；90% 区间的覆盖率。",
    ),
    "who": Words("forecast", "预测"),
    "score": Words("score", "评分"),
    "skill": Words("saved by the twin", "孪生减少的误差"),
    "coverage": Words("coverage", "覆盖率"),
    "ahead": Words("weeks ahead", "提前周数"),
    "all": Words("all", "全部"),
    "forecast": Words("the twin", "孪生"),
    "climatology": Words("same season of earlier years", "往年同期"),
    "last_year": Words("last year (Poisson)", "去年同周（泊松）"),
    "last_year_wide": Words("last year, as wide as it was off", "去年同周（按历史误差放宽）"),
    "recent": Words("the last half year", "最近半年"),
    "desk_held": Words(
        "Bands of the desk that held: {told}.",
        "服务台预测区间命中：{told}。",
    ),
    "losses": Words(
        "Series for which a baseline would have done better: {names}.",
        "有基准方法优于孪生的类别：{names}。",
    ),
    "nothing_due": Words(
        "**A model.** No forecast that was made before has come due yet; come back with a later log.",
        "**模型。** 以往尚无到期的预测；请在有更新的日志后再次运行。",
    ),
    "too_few": Words(
        "**A model.** {cells} cells of earlier forecasts have come due; {least} are needed before anything is claimed.",
        "**模型。** 已到期的预测格共 {cells} 个；至少需要 {least} 个才能下结论。",
    ),
    "shadow": Words(
        "**A shadow.** Over {cells} cells that have come due, {coverage:.0%} lay in the 90 % bands, and no baseline"
        " did better by more than chance: the twin follows its neighbourhood.",
        "**数字影子。** 在 {cells} 个已到期的预测格中，{coverage:.0%} 落入 90% 区间，没有基准方法显著更优："
        "孪生跟得上真实社区。",
    ),
    "demand": Words(
        "**A shadow of what comes in, a model of its desk.** Over {cells} cells that have come due, {coverage:.0%} lay"
        " in the 90 % bands, and no baseline did better by more than chance; but the desk's own bands did not hold, or"
        " no setting of it can have made the log.",
        "**来件的数字影子，服务台仍为模型。** 在 {cells} 个已到期的预测格中，{coverage:.0%} 落入 90% 区间，"
        "没有基准方法显著更优；但服务台的预测区间未能命中，或任何取值都不可能产生该日志。",
    ),
    "coverage_failed": Words(
        "**A model.** Of {cells} cells that have come due, {coverage:.0%} lay in the 90 % bands;"
        " {low:.0%} to {high:.0%} were wanted.",
        "**模型。** 在 {cells} 个已到期的预测格中，{coverage:.0%} 落入 90% 区间；要求为 {low:.0%} 至 {high:.0%}。",
    ),
    "baseline": Words(
        "**A model.** Over {cells} cells that have come due, something simpler did better: {names}.",
        "**模型。** 在 {cells} 个已到期的预测格中，更简单的方法表现更好：{names}。",
    ),
    "departments": Words("Departments as the log shows them", "日志中的各承办单位"),
    "departments_caption": Words(
        "Hours from the closings; how many files at once, and what share of the open time is hands-on work, such that"
        " the twin's desk gives back the log. A share of 100 % with many files means: no waiting line can be seen, and"
        " the log cannot say what fewer staff would do.",
        "工作时间由办结时刻推得；同时在办的件数，以及办理时间占在办时长的比例，均使孪生服务台能复现日志。"
        "占比 100% 且件数很多，表示看不到排队，日志无法说明减员的后果。",
    ),
    "agency": Words("agency", "承办单位"),
    "hours": Words("hours", "工作时间"),
    "files": Words("files at once", "同时在办件数"),
    "work_share": Words("hands-on share", "办理占比"),
    "order": Words("order of service", "办理次序"),
    "unknown": Words("cannot be told", "无法判断"),
    "matched": Words("matched", "是否吻合"),
    "yes": Words("yes", "是"),
    "no": Words("no: {output}", "否：{output}"),
    "never": Words("never", "未达到"),
    "hour": Words("h", "时"),
    "day": Words("d", "天"),
    "limits": Words("Limits", "局限"),
    "limit_roster": Words(
        "Rosters, rounds and calendars are those of the scenario: nobody is on leave, nobody is hired.",
        "班次、派单轮次与日历均按场景设定：无人休假，也不增员。",
    ),
    "limit_place": Words(
        "Where in the neighbourhood a request was is not used; duplicates are served one by one.",
        "未使用诉求的地点；重复诉求逐件办理。",
    ),
    "limit_counts": Words(
        "Forecasts of counts know no weather, no holidays and no news; half of a series' luck is taken to be shared by"
        " its weeks.",
        "诉求量预测不含天气、节假日与新闻；假定同一类别各周的偶然性有一半是共同的。",
    ),
    "footer": Words(
        "Log {log}, SHA-256 {digest}; forecast from {first} on.", "日志 {log}，SHA-256 {digest}；预测自 {first} 起。"
    ),
    "ln_median": Words("the median time to close", "办结时长中位数"),
    "ln_p90": Words("its 90th percentile", "其第 90 百分位"),
    "on_time": Words("the share in time", "按期办结率"),
    "open_day_1": Words("the share closed within a day", "一日内办结占比"),
    "open_day_5": Words("the share closed within five days", "五日内办结占比"),
    "open_day_20": Words("the share closed within twenty days", "二十日内办结占比"),
    "load": Words("how a crowd delays", "积压对时长的影响"),
    "neighbours": Words("how much neighbours in the line share", "相邻诉求时长的相关"),
    "early": Words("who was closed before it could be their turn", "尚未轮到即已办结者"),
}  # fmt: skip


def said(key: str, lang: str, **values: object) -> str:
    """Return a phrase of this module."""
    return _TEXT[key][lang].format(**values)


def verdict_sentence(verdict: Verdict, lang: str) -> str:
    """Say whether the twin may call itself a shadow, and why."""
    key = "coverage_failed" if verdict.word == "coverage" else verdict.word
    names = _listed([said(name, lang) for name in (verdict.better() if len(verdict.scores) else [])], lang)
    return said(key, lang, cells=len(verdict.scores), coverage=verdict.scores.coverage, least=FEWEST_CELLS, names=names,
                low=COVERAGE[0], high=COVERAGE[1])  # fmt: skip


def counts_sheet(record: Record, lang: str) -> Sheet:
    """Requests by series and week: expected, and the band."""
    made = record.made
    expected = made.expected()
    low, high = made.band()
    order = sorted(range(len(made.names)), key=lambda row: -expected[row].sum())
    rows = tuple(
        (
            made.names[row],
            *(f"{expected[row, w]:.1f} ({low[row, w]}–{high[row, w]})" for w in range(len(made.horizons))),
        )
        for row in order
    )
    return Sheet(said("counts", lang), (said("series", lang), *_weeks(record, lang)), rows)


def desk_sheet(found: Assimilation, lang: str) -> Sheet:
    """The measures of the desk by week: middle and band."""
    rows = tuple(
        (said(name, lang), *(_band(name, band, lang) for band in found.record.outlook[name])) for name in MEASURES
    )
    return Sheet(said("desk", lang), (said("measure", lang), *_weeks(found.record, lang)), rows)


def estimates_sheet(roster: Roster, lang: str) -> Sheet:
    """What was estimated again."""
    head = tuple(said(name, lang) for name in ("parameter", "middle", "interval", "learnt"))
    rows = []
    for name in ("pace", "misroute"):
        low, middle, high = roster.spread(name)
        rows.append((said(name, lang), f"{middle:.2f}", f"{low:.2f}–{high:.2f}", f"{roster.learnt(name):.0%}"))
    return Sheet(said("estimated", lang), head, tuple(rows))


def past_sheets(verdict: Verdict, lang: str) -> list[Sheet]:
    """How earlier forecasts did; none where nothing has come due."""
    if not len(verdict.scores):
        return []
    means = verdict.scores.mean_crps()
    scores = tuple(
        (said(name, lang), f"{means[name]:.2f}", "" if name == OURS else f"{verdict.scores.skill(name):+.0%}")
        for name in (OURS, *BASELINES)
    )
    rows = [(str(weeks), f"{share:.0%}") for weeks, share in verdict.scores.coverage_by_horizon().items()]
    rows.append((said("all", lang), f"{verdict.scores.coverage:.0%}"))
    return [
        Sheet(said("past", lang), tuple(said(name, lang) for name in ("who", "score", "skill")), scores),
        Sheet("", (said("ahead", lang), said("coverage", lang)), tuple(rows)),
    ]


def past_lines(verdict: Verdict, lang: str) -> list[str]:
    """What the sheets of :func:`past_sheets` do not say."""
    told = [f"{said(name, lang)} {verdict.held[name]}/{verdict.told[name]}" for name in CHECKED if verdict.told[name]]
    worse = list(dict.fromkeys(series for series, *_ in verdict.scores.losses())) if len(verdict.scores) else []
    lines = [said("desk_held", lang, told=_listed(told, lang))] if told else []
    return [*lines, *([said("losses", lang, names=_listed(worse, lang))] if worse else [])]


def estimate_lines(found: Assimilation, lang: str) -> list[str]:
    """What has to be known of the estimates before they are used."""
    roster, lines = found.roster, []
    if found.strange:
        names = _listed(found.strange[:_SHOWN_NAMES], lang) + ("…" if len(found.strange) > _SHOWN_NAMES else "")
        lines.append(said("strange", lang, share=found.strange_share, names=names))
    if roster is None:
        return [*lines, said("not_estimated", lang)]
    if roster.found.ruled_out:
        against = _listed([said(name, lang) for name in roster.against()], lang)
        lines.append(said("ruled_out", lang, against=against))
    weak = [said(name, lang) for name in ("pace", "misroute") if roster.learnt(name) < 0.2]
    return [*lines, *([said("weak", lang, names=_listed(weak, lang))] if weak else [])]


def departments_sheet(found: Sequence[Calibrated], lang: str) -> Sheet:
    """The departments of a log: hours, files at once, hands-on share, order of service."""
    names = ("agency", "hours", "files", "work_share", "order", "matched")
    return Sheet(
        said("departments", lang),
        tuple(said(name, lang) for name in names),
        tuple(_department(one, lang) for one in found),
    )


def _department(found: Calibrated, lang: str) -> tuple[str, ...]:
    low, middle, high = found.files()
    least, share, most = found.work_share()
    weights = found.disciplines()
    surest = max(weights, key=weights.__getitem__)
    matched = said("yes", lang)
    if found.found.ruled_out:
        nearest = int(found.found.weight.argmax())
        matched = said("no", lang, output=said(found.checked[int(found.found.worst()[nearest])], lang))
    return (
        found.department.docket.agency or "–",
        found.department.clock.text,
        f"{middle:.0f} ({low:.0f}–{high:.0f})",
        f"{share:.0%} ({least:.0%}–{most:.0%})",
        surest if weights[surest] > 0.5 else said("unknown", lang),
        matched,
    )


def page_of(found: Assimilation, drawn: Mapping[str, str], lang: str, departments: Sequence[Calibrated] = ()) -> str:
    """The page in both languages, opening in one; `drawn` holds the SVG of the figure by language."""
    spoken = sorted(_LANGUAGES, key=lambda one: one != lang)
    return rendered([_tongue(found, drawn[one], one, departments) for one in spoken])


def _tongue(found: Assimilation, drawn: str, lang: str, departments: Sequence[Calibrated]) -> Tongue:
    record, members = found.record, len(next(iter(found.outlook.values.values())))
    opening = [_plain(verdict_sentence(found.verdict, lang)), *map(_plain, estimate_lines(found, lang))]
    charts = [
        Chart(said("counts", lang), said("counts_caption", lang), picture_of(drawn), (counts_sheet(record, lang),)),
    ]
    desk_caption = said("desk_caption", lang, arm=found.office.arm, members=members)
    sections = [Section(said("desk", lang), desk_caption, (), (desk_sheet(found, lang),))]
    if found.roster is not None:
        told = (estimates_sheet(found.roster, lang),)
        sections.append(Section(said("estimated", lang), said("estimated_caption", lang), (), told))
    if len(found.verdict.scores):
        sheets, lines = tuple(past_sheets(found.verdict, lang)), tuple(past_lines(found.verdict, lang))
        sections.append(Section(said("past", lang), said("past_caption", lang), lines, sheets))
    if departments:
        shown = (departments_sheet(departments, lang),)
        sections.append(Section(said("departments", lang), said("departments_caption", lang), (), shown))
    limits = tuple(said(name, lang) for name in ("limit_roster", "limit_place", "limit_counts"))
    sections.append(Section(said("limits", lang), "", limits))
    told_log = {"log": record.log["name"], "first": record.origin.isoformat()}
    return Tongue(
        lang, said("title", lang, name=found.overlay["name"].removesuffix("_assimilated")),
        said("question", lang, last=record.log["last"], **told_log), opening, charts, sections,
        said("footer", lang, digest=record.log["sha256"], **told_log),
    )  # fmt: skip


def _weeks(record: Record, lang: str) -> tuple[str, ...]:
    mondays = [record.counts.monday(record.counts.weeks + ahead - 1) for ahead in record.made.horizons]
    return tuple(said("week", lang, date=monday.isoformat()) for monday in mondays)


def _band(name: str, band: Sequence[float], lang: str) -> str:
    low, middle, high = (_number(name, end, lang) for end in band)
    return f"{middle} ({low}–{high})"


def _number(name: str, value: float, lang: str) -> str:
    if math.isnan(value):
        return "–"
    if name == "busy_share":
        return f"{value:.0%}"
    if not name.endswith("_hours"):
        return f"{value:.0f}"
    if math.isinf(value):
        return said("never", lang)
    if value > _LONG_HOURS:
        return f"{value / _HOURS_A_DAY:.1f} {said('day', lang)}"
    return f"{value:.0f} {said('hour', lang)}"


def _listed(words: Sequence[str], lang: str) -> str:
    return {"en": ", ", "zh": "、"}[lang].join(words)


def _plain(sentence: str) -> str:
    return sentence.replace("**", "")
