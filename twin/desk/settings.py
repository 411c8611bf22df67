"""The ``desk:`` block of a scenario: every lever of how work orders are received, sent and served.

A policy moves these levers; nothing here knows what comes out. Times of the desk are minutes; keys that
end in ``_minutes``, ``_hours``, ``_days``, ``_chance`` or ``_share`` take bare numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.core.parameters import param

SERVICE_LAWS = ("fixed", "exponential", "lognormal", "gamma", "weibull", "loglogistic", "two_part", "empirical")
DISCIPLINES = ("fifo", "priority", "deadline", "shortest")
ASSIGNMENTS = ("first", "longest_idle", "least_loaded", "nearest", "own_grid", "skilled")
SHIFT_ENDS = ("pause", "overtime", "hand_over")


@dataclass(frozen=True)
class Service:
    """How long the hands-on work of one order takes (never the logged closing time, which holds the waiting)."""

    law: str = param("lognormal", "", source="brown2005", evidence="published", lever=False,
                     choices=SERVICE_LAWS, doc="law of the working time", zh="办理时长分布")
    mean_hours: float = param(1.5, "h", 0.0, 100.0, source="scenario range", evidence="assumed",
                              doc="mean working time (loglogistic: its median)", zh="平均办理时长")
    cv: float = param(1.0, "1", 0.0, 5.0, source="brown2005", evidence="published",
                      doc="coefficient of variation (lognormal, gamma)", zh="变异系数",
                      when="law=lognormal|gamma|two_part")
    shape: float = param(1.5, "1", 0.2, 20.0, source="scenario range", evidence="assumed",
                         doc="shape (weibull, loglogistic)", zh="形状参数", when="law=weibull|loglogistic")
    instant_share: float = param(0.2, "1", 0.0, 1.0, source="boston311", evidence="measured",
                                 doc="two_part: share solved in `instant_minutes`", zh="即时办结占比",
                                 when="law=two_part")
    instant_minutes: float = param(5.0, "min", 0.0, 60.0, source="scenario range", evidence="assumed",
                                   doc="two_part: working time of the instant part", zh="即时办结时长",
                                   when="law=two_part")
    sample_hours: tuple[float, ...] = param((), "h", 0.0, 1000.0, source="the user's log", evidence="measured",
                                            doc="empirical: the sample drawn from", zh="经验样本", when="law=empirical")


@dataclass(frozen=True)
class Team:
    """Workers who share a roster and a duty (a department, a property firm, the grid workers)."""

    workers: int = param(6, "1", 0, 1_000_000, source="scenario range", evidence="assumed", lever=True,
                         doc="posts staffed while the calendar is open", zh="岗位数")
    calendar: str = param("5x8", "", source="scenario range", evidence="assumed", lever=True,
                          doc="5x8, 7x8, 7x12, 7x16, 24x7 or opening hours in words", zh="班次日历")
    categories: tuple[str, ...] = param((), "", source="scenario range", evidence="assumed", lever=True,
                                        doc="categories that are this team's duty (none named: all)", zh="职责类别")
    grids: tuple[int, ...] = param((), "", source="scenario range", evidence="assumed", lever=True,
                                   doc="home grid of each worker in turn (none named: spread over all)", zh="网格")
    skill: float = param(1.0, "1", 0.1, 3.0, source="scenario range", evidence="assumed", lever=True,
                         doc="speed: working time is divided by it", zh="技能（速度）")
    skills: tuple[float, ...] = param((), "1", 0.1, 3.0, source="scenario range", evidence="assumed", lever=True,
                                      doc="skill of each worker in turn (none named: `skill` for all)", zh="各人技能")


@dataclass(frozen=True)
class Channel:
    """One way for a report to reach the desk."""

    calendar: str = param("5x8", "", source="scenario range", evidence="assumed", lever=True,
                          doc="when reports through it are accepted", zh="受理时间")
    delay_minutes: float = param(0.0, "min", 0.0, 10_080.0, source="scenario range", evidence="assumed", lever=True,
                                 doc="from the opening to 受理", zh="受理延迟")


@dataclass(frozen=True)
class DeskSettings:
    """Levers of the desk, in the order in which an order meets them."""

    teams: dict[str, Team] = param(lambda: {"grid": Team()}, "", source="scenario range", evidence="assumed",
                                   lever=True, doc="who does the work", zh="队伍")
    # -- intake 受理
    intake_calendar: str = param("5x8", "", source="scenario range", evidence="assumed", lever=True,
                                 doc="when reports are accepted (a channel may have its own)", zh="受理日历")
    channels: dict[str, Channel] = param(dict, "", source="scenario range", evidence="assumed", lever=True,
                                         doc="channels whose intake differs", zh="渠道")
    intake_minutes: float = param(0.0, "min", 0.0, 1440.0, source="scenario range", evidence="assumed", lever=True,
                                  doc="from opening to accepted", zh="受理用时")
    severity_shares: tuple[float, ...] = param((0.10, 0.25, 0.40, 0.20, 0.05), "1", 0.0, 1.0, source="scenario range",
                                               evidence="assumed",
                                               doc="matters of severity 1, 2, 3, 4, 5 as the call-taker notes it (only"
                                                   " rules ask for it)",
                                               zh="受理员登记的严重程度1至5级占比（仅供规则使用）")
    # -- de-duplication
    dedup: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                        doc="merge reports of one incident", zh="合并重复工单")
    dedup_recall: float = param(1.0, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                doc="chance that a duplicate is recognised", zh="查重召回率", when="dedup")
    merge_into: str = param("open", "", source="scenario range", evidence="assumed", lever=True,
                            choices=("open", "window"),
                            doc="open: only while the first order is open; window: within `merge_window_days`",
                            zh="合并对象", when="dedup")
    merge_window_days: float = param(30.0, "day", 0.0, 365.0, source="scenario range", evidence="assumed", lever=True,
                                     doc="how old the first order may be", zh="合并窗口",
                                     when="dedup & merge_into=window")
    # -- dispatch 派单
    dispatch: str = param("batch", "", source="scenario range", evidence="assumed", lever=True,
                          choices=("batch", "instant"), doc="in rounds, or at once", zh="派单方式")
    dispatch_times: tuple[str, ...] = param(("09:00",), "", source="scenario range", evidence="assumed", lever=True,
                                            doc="rounds of a dispatching day", zh="派单时刻", when="dispatch=batch")
    dispatch_calendar: str = param("5x8", "", source="scenario range", evidence="assumed", lever=True,
                                   doc="days on which rounds are held", zh="派单日历", when="dispatch=batch")
    triage_minutes: float = param(0.0, "min", 0.0, 1440.0, source="beijing2020", evidence="published", lever=True,
                                  doc="clerical time from accepted to triaged", zh="分拣用时")
    # -- misrouting 退单
    misroute_chance: float = param(0.25, "1", 0.0, 0.95, source="returns_range", evidence="assumed", lever=True,
                                   doc="chance that a dispatch goes to the wrong place, at each hop", zh="错派概率")
    return_hours: float = param(8.0, "h", 0.0, 400.0, source="returns_range", evidence="assumed", lever=True,
                                doc="open hours of `return_calendar` until the order is back at dispatch",
                                zh="退单用时", when="misroute_chance")
    return_calendar: str = param("5x8", "", source="scenario range", evidence="assumed", lever=True,
                                 doc="clock in which returns are counted", zh="退单日历", when="misroute_chance")
    misroute_minutes: float = param(0.0, "min", 0.0, 480.0, source="scenario range", evidence="assumed", lever=True,
                                    doc="post time that a wrong order costs where it arrives (0: a pure delay)",
                                    zh="错派占用工时", when="misroute_chance")
    max_hops: int = param(8, "1", 1, 50, source="scenario range", evidence="assumed",
                          doc="after so many returns the order stays where it is", zh="最多流转次数",
                          when="misroute_chance")
    # -- queue and assignment
    discipline: str = param("fifo", "", source="scenario range", evidence="assumed", lever=True,
                            choices=DISCIPLINES, doc="who is served next", zh="排队规则")
    ageing_hours: float = param(0.0, "h", 0.0, 10_000.0, source="scenario range", evidence="assumed", lever=True,
                                doc="priority: waiting that makes up for one class (0: strict classes)", zh="老化时长",
                                when="discipline=priority")
    assignment: str = param("longest_idle", "", source="scenario range", evidence="assumed", lever=True,
                            choices=ASSIGNMENTS, doc="which idle worker takes an order", zh="派人规则")
    preempt: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                          doc="emergencies (class 0) interrupt other work", zh="紧急抢占")
    # -- the work
    travel_minutes: float = param(24.0, "min", 0.0, 600.0, source="scenario range", evidence="assumed", lever=True,
                                  doc="mean way to the place, besides the distance below", zh="平均路程时间")
    travel_cv: float = param(0.53, "1", 0.0, 3.0, source="scenario range", evidence="assumed",
                             doc="its coefficient of variation (lognormal; 0: fixed)", zh="路程变异系数",
                             when="travel_minutes")
    minutes_per_km: float = param(0.0, "min/km", 0.0, 60.0, source="scenario range", evidence="assumed",
                                  doc="way by distance between the worker and the place", zh="每公里用时")
    service: Service = param(Service, "", source="scenario range", evidence="assumed",
                             doc="hands-on work", zh="办理时长")
    services: dict[str, Service] = param(dict, "", source="scenario range", evidence="assumed",
                                         doc="categories whose work differs", zh="各类别办理时长")
    shift_end: str = param("pause", "", source="scenario range", evidence="assumed", lever=True,
                           choices=SHIFT_ENDS,
                           doc="unfinished work waits for the next shift (pause), is done in overtime, or goes back in "
                               "line (hand_over), where whoever takes it travels there anew",
                           zh="下班处理：等下一班续办、加班办完，或交回重新排队（接手者须重新走一趟路程）")
    overtime_minutes: float = param(120.0, "min", 0.0, 600.0, source="scenario range", evidence="assumed", lever=True,
                                    doc="most overtime a shift (overtime only)", zh="加班上限",
                                    when="shift_end=overtime")
    patience_hours: float = param(0.0, "h", 0.0, 100_000.0, source="scenario range", evidence="assumed",
                                  doc="mean patience of a waiting reporter, exponential (0: endless)", zh="耐心")
    first_time_fix: float = param(0.85, "1", 0.05, 1.0, source="scenario range", evidence="assumed",
                                  doc="chance that the work really solves the matter", zh="一次解决率")
    # -- call-back 回访 and closing 办结
    call_back_share: float = param(0.0, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                   doc="share of done orders that are called back", zh="回访比例")
    call_back_hours: float = param(24.0, "h", 0.0, 720.0, source="scenario range", evidence="assumed", lever=True,
                                   doc="from done to the call", zh="回访间隔", when="call_back_share")
    reach_chance: float = param(0.7, "1", 0.0, 1.0, source="scenario range", evidence="assumed",
                                doc="chance that the caller reaches the reporter", zh="接通率", when="call_back_share")
    reopen_chance: float = param(0.8, "1", 0.0, 1.0, source="scenario range", evidence="assumed", lever=True,
                                 doc="an unsolved matter that was reached is re-opened 重办", zh="重办概率",
                                 when="call_back_share")
    # -- limits and escalation 督办
    limit_hours: tuple[float, ...] = param((2.0, 24.0, 168.0, 360.0), "h", 0.0, 8760.0, source="beijing2020",
                                           evidence="published", lever=True,
                                           doc="handling limit of priority class 0, 1, 2, 3 from creation",
                                           zh="办理时限")
    escalate: bool = param(False, "", source="scenario range", evidence="assumed", lever=True,
                           doc="an overdue order is escalated and jumps the queue", zh="超期督办")
