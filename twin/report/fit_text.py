"""What a planner reads of a request log: what was found in it, and what was fitted on it, in English or Chinese."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from twin.errors import Words, headline, hints
from twin.logs.account import SHOWN_ROWS, Account, Note
from twin.logs.arrivals import Effect, Profile
from twin.logs.check import in_order
from twin.logs.closing import Closing
from twin.logs.fit import Fit
from twin.logs.laws import Law
from twin.report.text import Sheet

_SHOWN_TYPES = 25
_NAME_CELLS = 30
_FEWEST_JUDGED = 10
_WIDE_FROM = "\u2e80"
_LONG_HOURS = 48.0
_POISSON_LIKE = 1000.0
_DAY_HOURS = 24.0
_NEVER = Words("never", "未达到")
_UNITS = {"hour": Words("h", "时"), "day": Words("d", "天")}
LAW_NAMES: Mapping[str, Words] = {
    "exponential": Words("exponential", "指数"),
    "lognormal": Words("lognormal", "对数正态"),
    "gamma": Words("gamma", "伽马"),
    "weibull": Words("Weibull", "威布尔"),
    "loglogistic": Words("log-logistic", "对数逻辑斯谛"),
    "mixture": Words("two lognormals", "双对数正态"),
}
_PARAMETERS: Mapping[str, Words] = {
    "mean": Words("mean", "均值"),
    "mu": Words("mu", "mu"),
    "sigma": Words("sigma", "sigma"),
    "shape": Words("shape", "形状"),
    "scale": Words("scale", "尺度"),
    "median": Words("median", "中位数"),
}
_KINDS: Mapping[str, Words] = {
    "wrong": Words("wrong, and not used", "有误，未使用"),
    "dropped": Words("rows left out", "舍弃的行"),
    "doubtful": Words("doubtful: look at it", "可疑，请核对"),
    "repaired": Words("repaired", "已修复"),
    "personal": Words("personal data", "个人信息"),
    "unused": Words("not used", "未使用"),
    "told": Words("for the record", "备注"),
}
_TEXT: Mapping[str, Words] = {
    "counted": Words(
        "{name}: {rows:,} rows in the file, {read:,} read, {left:,} left out",
        "{name}：文件共 {rows:,} 行，读取 {read:,} 行，舍弃 {left:,} 行",
    ),
    "span": Words(
        "{count:,} requests from {first} to {last}, {days} days", "{first} 至 {last}，{days} 天，{count:,} 条诉求"
    ),
    "rows": Words("rows {rows}", "第 {rows} 行"),
    "clean": Words("nothing is wrong with it", "没有发现问题"),
    "arrivals": Words("When requests come", "诉求何时到来"),
    "category": Words("category", "类别"),
    "requests": Words("requests", "诉求数"),
    "per_day": Words("a day", "日均"),
    "monday": Words("Mon", "周一"),
    "saturday": Words("Sat", "周六"),
    "sunday": Words("Sun", "周日"),
    "peak": Words("peak hour", "高峰时刻"),
    "months": Words("months", "月份系数"),
    "rain": Words("10 mm rain", "每 10 毫米降雨"),
    "holiday": Words("holiday", "节假日"),
    "spread": Words("own scatter", "自身离散"),
    "repeats": Words("repeats", "重复"),
    "everything": Words("all together", "合计"),
    "closings": Words("How long they stay open, from creation to closing", "多久办结（从创建到办结）"),
    "laws": Words(
        "The law of what is not closed within 15 minutes (hours; mu, sigma of ln hours), against the log's own curve",
        "15 分钟后办结者的分布（小时；mu、sigma 为小时的自然对数），与日志曲线比较",
    ),
    "type": Words("type", "类型"),
    "open": Words("open", "未结"),
    "instant": Words("< 15 min", "15 分内"),
    "median": Words("median", "中位数"),
    "p90": Words("90th pct.", "90 分位"),
    "law": Words("law", "分布"),
    "distance": Words("KS / band", "KS / 置信带"),
    "fits": Words("inside", "在带内"),
    "runner": Words("next, ΔAIC", "次优 ΔAIC"),
    "on_time": Words("on time", "按期"),
    "yes": Words("yes", "是"),
    "no": Words("no", "否"),
    "more_types": Words(
        "… and {count} rarer types (--json has them all)", "……另有 {count} 个较少的类型（--json 全部列出）"
    ),
    "level": Words(
        "Level: {level} a day on an ordinary day of the log's last year (mean of the log: {mean}).",
        "水平：日志最后一年平常日均 {level} 条（日志平均 {mean} 条）。",
    ),
    "scatter": Words(
        "Scatter: workday counts have a Fano factor of {fano}; around the fitted means, k = {k}. Categories share a"
        " daily factor with coefficient of variation {spread}, correlated {memory} from day to day.",
        "离散：工作日计数的方差均值比为 {fano}；相对拟合均值的负二项 k = {k}。各类别共有日系数，变异系数 {spread}，"
        "逐日相关 {memory}。",
    ),
    "no_season": Words(
        "Season: the log holds no whole year, so months cannot be told apart and count alike.",
        "季节：日志不足一年，无法区分月份，各月按相同处理。",
    ),
    "no_hours": Words(
        "Hours: only dates are known; the hours of contact of the scenario are used.",
        "时刻：只知道日期，沿用场景中的联系时段。",
    ),
    "effect": Words("{what}: {factor} ({low}–{high}).", "{what}：{factor}（{low}–{high}）。"),
    "of_holiday": Words("A public holiday multiplies the day by", "节假日系数"),
    "of_make_up": Words("A weekend day that is worked multiplies it by", "调休上班日系数"),
    "of_rain": Words("10 mm of rain multiply the day by", "当日每 10 毫米降雨的系数"),
    "of_rain_before": Words("10 mm of rain multiply the next day by", "前一日每 10 毫米降雨的系数"),
    "of_trend": Words("Growth a year", "年增长系数"),
    "no_rain": Words("Rain: no table was given (--rain).", "降雨：未提供降雨表（--rain）。"),
    "no_holidays": Words("Holidays: none were named (--holidays).", "节假日：未指定（--holidays）。"),
    "repeat": Words(
        "Repeats: {share} of the requests whose place is known follow one of the same type at the same place within 30"
        " days; {chance} would by chance, with the dates shuffled. Within 14 days: {near} and {near_chance}.",
        "重复：地点已知的诉求中，{share} 在 30 天内有同地点同类型的前一条；日期打乱后偶然为 {chance}。"
        "14 天内：{near}，偶然 {near_chance}。",
    ),
    "no_places": Words("Repeats: no places are known.", "重复：没有地点信息。"),
    "reporters": Words(
        "Reporters: {count:,} are known ({known} of the requests); {again} of them came twice or more, the busiest"
        " hundredth made {top}. Spread of readiness: {spread}.",
        "诉求人：可识别 {count:,} 人（占诉求 {known}）；{again} 来过两次以上，最活跃的百分之一贡献 {top}。"
        "意愿变异系数：{spread}。",
    ),
    "no_reporters": Words("Reporters: the log names none.", "诉求人：日志未提供。"),
    "channels": Words("Channels: {mix}.", "渠道：{mix}。"),
    "waiting": Words(
        "Closing times hold the waiting for a round, a worker, a weekend. They are targets to validate a desk against,"
        " and never its service times; the overlay does not hold them.",
        "办结时间包含等待派单、等待人员和周末的时间，只能作为检验服务台的目标，绝不能当作办理时长；叠加文件中不包含它们。",
    ),
    "borrowed": Words(
        "A type with few requests borrows its law from the others of its category.",
        "诉求较少的类型借用同类别其他类型的分布。",
    ),
    "share_inside": Words(
        "{inside} of {count} laws (of ten requests or more) lie within the 95 % bootstrap band of the log's own curve.",
        "{count} 个分布（十条以上者）中有 {inside} 个位于日志曲线的 95% 自助置信带内。",
    ),
}  # fmt: skip


def counted(name: str, account: Account, lang: str) -> str:
    """Say how many rows were read."""
    values = {"name": name, "rows": account.rows, "read": account.read, "left": account.rows - account.read}
    return _TEXT["counted"][lang].format(**values)


def findings(account: Account, lang: str, quiet: Sequence[str] = ()) -> list[str]:
    """Return the lines of an account, kind by kind; `quiet` kinds are left out."""
    lines: list[str] = []
    for kind, notes in in_order(account):
        if kind not in quiet:
            lines += [_KINDS[kind][lang], *(line for note in notes for line in _note_lines(note, lang))]
    return lines


def _note_lines(note: Note, lang: str) -> Iterator[str]:
    yield f"  {note.code}  {headline(note.complaint, lang)}{_rows(note, lang)}"
    if note.kind in ("wrong", "doubtful", "dropped"):
        yield from (f"        {hint}" for hint in hints(note.complaint, lang))


def _rows(note: Note, lang: str) -> str:
    if not note.rows:
        return ""
    shown = ", ".join(map(str, note.rows[:SHOWN_ROWS])) + (", ..." if note.count > SHOWN_ROWS else "")
    said = _TEXT["rows"][lang].format(rows=shown)
    return f" ({said})" if lang == "en" else f"（{said}）"


def opening(found: Fit, lang: str) -> str:
    """Say what was fitted."""
    log = found.log
    return _TEXT["span"][lang].format(count=len(log), first=log.first, last=log.last, days=log.days)


# -- arrivals ----------------------------------------------------------------------------------------


def arrivals_sheet(found: Fit, lang: str) -> Sheet:
    """One row a category, the most frequent first."""
    arrivals = found.arrivals
    repeats = dict(zip((one.name for one in arrivals.categories), found.repeats.categories.tolist(), strict=True))
    heads = ["category", "requests", "per_day", "monday", "saturday", "sunday", "peak", "spread", "repeats"]
    heads += [name for name in ("rain", "holiday") if name in arrivals.whole.effects]
    heads += ["months"] if arrivals.days.has_season else []
    ordered = sorted(arrivals.categories, key=lambda one: -one.requests)
    rows = [_profile_row(one, heads, repeats[one.name]) for one in ordered]
    whole = _profile_row(arrivals.whole, heads, found.repeats.share)
    rows.append((_TEXT["everything"][lang], *whole[1:]))
    return Sheet(_TEXT["arrivals"][lang], tuple(_TEXT[head][lang] for head in heads), tuple(rows))


def _profile_row(one: Profile, heads: Sequence[str], repeats: float) -> tuple[str, ...]:
    cells = {
        "category": shortened(one.name),
        "requests": f"{one.requests:,}",
        "per_day": _number(one.per_day),
        "monday": f"{one.weekdays[0]:.2f}",
        "saturday": f"{one.weekdays[5]:.2f}",
        "sunday": f"{one.weekdays[6]:.2f}",
        "peak": "" if one.workday_hours is None else f"{int(np.argmax(one.workday_hours)):02d}:00",
        "spread": f"{one.spread:.2f}" if one.name else "",
        "repeats": _percent(repeats),
        "months": f"{one.months.min():.2f}–{one.months.max():.2f}",
    }
    cells |= {name: _effect(one.effects[name]) for name in ("rain", "holiday") if name in one.effects}
    return tuple(cells.get(head, "") for head in heads)


def _effect(effect: Effect) -> str:
    return f"{effect.factor:.2f} ({effect.low:.2f}–{effect.high:.2f})"


def sentences(found: Fit, lang: str) -> list[str]:
    """Say what holds for all categories together."""
    arrivals, said = found.arrivals, _TEXT
    level = sum(one.per_day for one in arrivals.categories)
    lines = [said["level"][lang].format(level=_number(level), mean=_number(len(found.log) / found.log.days))]
    values = {"fano": _number(arrivals.fano), "k": _size(arrivals.k), "spread": f"{arrivals.day_spread:.2f}",
              "memory": f"{arrivals.memory:.2f}"}  # fmt: skip
    lines.append(said["scatter"][lang].format(**values))
    lines += [] if arrivals.days.has_season else [said["no_season"][lang]]
    lines += [said["no_hours"][lang]] if found.log.date_only else []
    lines += [
        said["effect"][lang].format(what=said[f"of_{name}"][lang], factor=f"{one.factor:.2f}", low=f"{one.low:.2f}",
                                    high=f"{one.high:.2f}")
        for name, one in arrivals.whole.effects.items()
    ]  # fmt: skip
    lines += [] if "rain" in arrivals.whole.effects else [said["no_rain"][lang]]
    lines += [] if found.holidays != "none" else [said["no_holidays"][lang]]
    return [*lines, *_people(found, lang)]


def _people(found: Fit, lang: str) -> Iterator[str]:
    """Say who and what comes again, and how."""
    repeats, reporters = found.repeats, found.reporters
    if repeats.located_share:
        shares = (repeats.share, repeats.by_chance, repeats.near_share, repeats.near_by_chance)
        share, chance, near, near_chance = map(_percent, shares)
        values = {"share": share, "chance": chance, "near": near, "near_chance": near_chance}
        yield _TEXT["repeat"][lang].format(**values)
    else:
        yield _TEXT["no_places"][lang]
    if reporters.reporters:
        yield _TEXT["reporters"][lang].format(
            count=reporters.reporters, known=_percent(reporters.known_share), again=_percent(reporters.again_share),
            top=_percent(reporters.top_share), spread=_number(reporters.spread),
        )  # fmt: skip
    else:
        yield _TEXT["no_reporters"][lang]
    if found.channels:
        mix = ", ".join(f"{name} {_percent(share)}" for name, share in found.channels.items())
        yield _TEXT["channels"][lang].format(mix=mix)


# -- closings ----------------------------------------------------------------------------------------


def closings_sheets(found: Fit, lang: str) -> list[Sheet]:
    """What the log says, and what the laws say; one row a type of request, the most frequent first."""
    if not found.closings:
        return []
    shown = found.closings[:_SHOWN_TYPES]
    heads = {"closings": ("type", "requests", "open", "instant", "median", "p90", "on_time"),
             "laws": ("type", "law", "distance", "fits", "runner")}  # fmt: skip
    rows = {"closings": [_closing_row(one, lang) for one in shown],
            "laws": [_law_row(one, lang) for one in shown if one.law is not None]}  # fmt: skip
    return [
        Sheet(_TEXT[name][lang], tuple(_TEXT[head][lang] for head in heads[name]), tuple(rows[name])) for name in heads
    ]


def closing_notes(found: Fit, lang: str) -> list[str]:
    """Say what is to be known of the closings."""
    if not found.closings:
        return []
    banded = [
        one for one in found.closings if one.law is not None and one.band is not None and one.requests >= _FEWEST_JUDGED
    ]
    inside = sum(one.within_band for one in banded)
    rest = len(found.closings) - _SHOWN_TYPES
    lines = [_TEXT["more_types"][lang].format(count=rest)] if rest > 0 else []
    lines += [_TEXT["share_inside"][lang].format(inside=inside, count=len(banded))] if banded else []
    return [*lines, _TEXT["borrowed"][lang], _TEXT["waiting"][lang]]


def _closing_row(one: Closing, lang: str) -> tuple[str, ...]:
    return (
        shortened(one.subtype),
        f"{one.requests:,}",
        _percent(one.open_share),
        _percent(one.instant_share),
        _duration(one.median_hours, one.median_interval, lang),
        _duration(one.p90_hours, None, lang),
        "" if math.isnan(one.on_time_share) else _percent(one.on_time_share),
    )


def _law_row(one: Closing, lang: str) -> tuple[str, ...]:
    return (
        shortened(one.subtype),
        "" if one.law is None else law_words(one.law, lang),
        f"{one.distance:.3f}" + ("" if one.band is None else f" / {one.band:.3f}"),
        "" if one.band is None or one.requests < _FEWEST_JUDGED else _TEXT["yes" if one.within_band else "no"][lang],
        "" if one.runner_up is None else f"{LAW_NAMES[one.runner_up[0]][lang]} +{one.runner_up[1]:.0f}",
    )


def shortened(name: str) -> str:
    """Return a name that leaves room for the other columns."""
    room = _NAME_CELLS
    for position, character in enumerate(name):
        room -= 2 if character >= _WIDE_FROM else 1
        if room < 0:
            return name[: max(position - 1, 1)] + "…"
    return name


def law_words(law: Law, lang: str) -> str:
    """Write a law with its parameters; of a mixture the share of the first part, then mu and sigma of both."""
    name = LAW_NAMES[law.name][lang]
    if law.name == "mixture":
        share, *parts = law.values
        return f"{name} {_percent(share)}: {parts[0]:.2f}, {parts[1]:.2f}; {parts[2]:.2f}, {parts[3]:.2f}"
    return f"{name}: " + ", ".join(f"{_PARAMETERS[key][lang]} {value:.3g}" for key, value in law.parameters.items())


def _duration(hours: float, interval: tuple[float, float] | None, lang: str) -> str:
    """Write a time with its interval, in hours or days."""
    if math.isinf(hours):
        return _NEVER[lang]
    days = hours >= _LONG_HOURS
    unit = _UNITS["day" if days else "hour"][lang]
    ends = "" if interval is None else "–".join(_end(end / (_DAY_HOURS if days else 1.0)) for end in interval)
    return f"{hours / (_DAY_HOURS if days else 1.0):.3g}" + (f" ({ends})" if ends else "") + f" {unit}"


def _end(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.3g}"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def _number(value: float) -> str:
    return "–" if not math.isfinite(value) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _size(k: float) -> str:
    """Show a size of over-dispersion; beyond a thousand it cannot be told from Poisson."""
    return f"{_POISSON_LIKE:,.0f}+" if k > _POISSON_LIKE else _number(k)


# -- plain data --------------------------------------------------------------------------------------


def plain_account(account: Account, lang: str) -> dict[str, object]:
    """Return an account as plain data."""
    notes = [{**note.plain(), "message": headline(note.complaint, lang)} for note in account.notes]
    return {"rows": account.rows, "read": account.read, "dropped": account.dropped, "notes": notes}


def plain_closing(one: Closing) -> dict[str, object]:
    """Return the closing of one type as plain data; what is not finite is null."""
    law = None
    if one.law is not None:
        ends = zip(one.law.parameters.items(), one.law.intervals, strict=True)
        law = {"name": one.law.name, "aic": _finite(one.law.aic),
               "parameters": {name: [value, *map(_finite, interval)] for (name, value), interval in ends}}  # fmt: skip
    interval = one.median_interval
    return {
        "category": one.category, "subtype": one.subtype, "requests": one.requests, "open_share": one.open_share,
        "instant_share": one.instant_share, "instant_chance": one.instant_chance, "borrowed": one.borrowed, "law": law,
        "runner_up": None if one.runner_up is None else list(one.runner_up),
        "median_hours": _finite(one.median_hours), "p90_hours": _finite(one.p90_hours),
        "median_interval": None if interval is None else list(map(_finite, interval)),
        "predicted_median_hours": _finite(one.quantile(0.5)), "predicted_p90_hours": _finite(one.quantile(0.9)),
        "band": one.band, "distance": _finite(one.distance),
        "within_band": None if one.band is None else one.within_band, "on_time_share": _finite(one.on_time_share),
    }  # fmt: skip


def plain_summary(found: Fit) -> dict[str, object]:
    """Return what holds for all categories together as plain data."""
    arrivals, repeats, reporters = found.arrivals, found.repeats, found.reporters
    effects = {name: [one.factor, one.low, one.high] for name, one in arrivals.whole.effects.items()}
    return {
        "fano": _finite(arrivals.fano), "k": _finite(arrivals.k), "day_spread": arrivals.day_spread,
        "day_memory": arrivals.memory, "effects": effects,
        "repeats": {name: _finite(value) for name, value in vars(repeats).items() if isinstance(value, float)},
        "reporters": {name: _finite(value) for name, value in vars(reporters).items()},
        "channels": dict(found.channels),
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
