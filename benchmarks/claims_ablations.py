"""Effects that no source gives a figure for: each is there, and gone once what it comes from is taken away."""

from __future__ import annotations

from dataclasses import dataclass

from twin.errors import Words


@dataclass(frozen=True)
class Ablation:
    """An effect of ``option`` against ``base``, and what is left of it in the arm ``cut``, with ``cut_sets`` set there.

    ``sets`` is set in all arms, ``option_sets`` in ``option`` and ``cut``; settings are joined by ``; ``. Where the
    cause works in ``base`` too, it is cut there as well (``in_base``) for what is left.
    """

    id: str
    title: Words
    without: Words
    scenario: str
    metric: str
    base: str
    option: str
    cut: str
    replications: int
    sets: str = ""
    cut_sets: str = ""
    option_sets: str = ""
    in_base: bool = False

    @property
    def all_base_cut(self) -> str:
        """Everything that is set in the arm ``base`` where what is left is measured."""
        return "; ".join(filter(None, (self.sets, self.cut_sets if self.in_base else "")))

    @property
    def all_option(self) -> str:
        """Everything that is set in the arm ``option``."""
        return "; ".join(filter(None, (self.sets, self.option_sets)))

    @property
    def all_cut(self) -> str:
        """Everything that is set in the arm ``cut``."""
        return "; ".join(filter(None, (self.all_option, self.cut_sets)))


ABLATIONS = (
    Ablation(
        "B06", Words("drains cleaned before the rain", "汛前清掏雨水口"), Words("cleaned after it", "汛后清掏"),
        "drains", "ponding_hours", "never", "before", "after", 8,
    ),
    Ablation(
        "C04", Words("shares by floor and a bargain let lifts pass", "按楼层分摊并协商补偿使加梯通过"),
        Words("equal shares, no compensation", "均摊且无补偿"),
        "elevator", "lift_pass_share", "equal", "linear_bargain", "linear_bargain", 8, "days=60",
        "lifts.share_rule=equal; lifts.compensation=none",
    ),
    Ablation(
        "C05", Words("shared parking", "共享停车"), Words("no owner agrees", "无业主同意"),
        "shared_parking", "blocked_arrivals_share", "apart", "both_share", "nobody_agrees", 8,
    ),
    Ablation(
        "C07", Words("slower inner streets", "内部道路降速"), Words("as quick as before", "车速不变"),
        "plan_compare", "travel_minutes", "as_it_is", "calm_inside", "calm_inside", 8, "", "traffic.calmed_speed=1",
    ),
    Ablation(
        "C09", Words("insulation saves heat", "保温改造节省热耗"), Words("walls stay as they are", "墙体性能不变"),
        "green_community", "heat_kwh_m2", "as_it_is", "all", "same_walls", 8,
    ),
    Ablation(
        "C10", Words("homes fitted by risk avoid falls", "按风险改造住房减少跌倒"),
        Words("homes by lot", "随机选户"),
        "home_modification", "falls_per_1000_elder_years", "nothing", "by_risk", "by_lot", 8,
        "falls.alarm_share=0; days=365",
    ),
    Ablation(
        "C11", Words("thirty places after school", "30个托管名额"), Words("no places", "无名额"),
        "child_friendly", "unmet_care_share", "none", "thirty", "thirty", 8, "", "after_school.places=0",
    ),
    Ablation(
        "C12", Words("barriers removed where most is gained", "按收益消除障碍"), Words("all stay", "障碍全部保留"),
        "barrier_free", "wheelchair_reach_share", "as_it_is", "by_gain", "by_gain", 8, "", "access.removed_share=0",
    ),
    Ablation(
        "G01", Words("two years below target: what the fund brings", "连续两年不达标即终止：基金成效"),
        Words("an evaluator who hears nothing", "评估全是噪声"),
        "improvement_fund", "fund_benefit", "no_rule", "two_year", "deaf_evaluator", 8, "fund.shock_chance=0 /year",
    ),
    Ablation(
        "G02", Words("a partner costs something else than the budget", "社会资本与财政自建的成本差"),
        Words("equal terms", "条件相同"),
        "ppp", "npv_spread_yuan", "budget", "partner", "equal_terms", 8, "ppp.overrun_mean=0; ppp.overrun_spread=0",
    ),
    Ablation(
        "G03", Words("a match lets a park be built", "配比使口袋公园建成"), Words("a match of nothing", "配比为零"),
        "crowdfund_park", "crowdfund_reached_share", "unmatched", "matched", "matched", 12, "", "crowdfunding.match=0",
    ),
    Ablation(
        "G04", Words("chain and audit keep money together", "哈希链加审计减少流失"),
        Words("a chain that nobody reads", "有链无审计"),
        "ledger", "leaked_yuan", "neither", "both", "chain", 8, "days=160; population.residents=600",
    ),
    Ablation(
        "G06", Words("four sources are steadier than one", "多来源收入更稳"), Words("they fail together", "同起同落"),
        "funding_mix", "income_variation", "one", "four", "four", 8, "funding.correlation=1",
        option_sets="funding.correlation=0", cut_sets="funding.correlation=1",
    ),
    Ablation(
        "G08", Words("a tight budget goes where need is greatest", "有限预算投向最需要之处"),
        Words("a budget that pays for all works", "预算足够支付全部工程"),
        "budget_choice", "plan_mismatch", "greedy_on_prior", "greedy", "greedy", 8, "",
        "plans.budget_yuan=1000000000 yuan", in_base=True,
    ),
    Ablation(
        "G09", Words("a yearly review of the plan", "每年评估规划"), Words("a review that never comes", "从不评估"),
        "long_term", "upkeep_missing", "never", "yearly", "yearly", 8, "days=1500; population.residents=200",
        "upkeep.review_every_months=0",
    ),
    Ablation(
        "E01", Words("a one-stop centre settles sooner than one that hands cases up", "一站式中心比逐级移交更早化解"),
        Words("no case needs a higher table", "无案件需要上一级"),
        "mediation", "days_to_settlement", "one_stop_no_adviser", "one_stop_no_adviser", "one_stop_no_adviser", 6,
        "mediation.one_stop=off; stages.up_per_day=0.06 /day", "stages.up_per_day=0 /day", "mediation.one_stop=on",
        in_base=True,
    ),
    Ablation(
        "E01", Words("its legal adviser settles more", "法律顾问提高成功率"),
        Words("an adviser without effect", "顾问不起作用"),
        "mediation", "settled_of_sessions", "one_stop_no_adviser", "one_stop", "one_stop", 6,
        "mediation.agree_chance=0.9; mediation.most_fallback=0.8", "mediation.adviser_gain=0",
    ),
    Ablation(
        "E02", Words("online sessions come sooner", "在线调解更早开会"),
        Words("dates as far off as in a room", "约期与现场相同"),
        "mediation", "days_to_first_session", "one_stop", "one_stop_online", "one_stop_online", 6, "",
        "mediation.online_date_days=7",
    ),
    Ablation(
        "E02", Words("the other side agrees more often online", "在线调解提高同意率"),
        Words("no wider reach", "不增加同意"),
        "mediation", "agreed_share", "one_stop", "one_stop_online", "one_stop_online", 6, "",
        "mediation.online_reach=0",
    ),
    Ablation(
        "E02", Words("agreed quiet hours make nights quieter", "协议安静时段使夜晚更静"),
        Words("words only", "只谈不写条款"),
        "quiet_hours", "night_noise_incidents", "none", "quiet_hours", "words_only", 8,
    ),
    Ablation(
        "E03", Words("counselling calms", "心理服务降低压力"),
        Words("counselling without effect", "服务不起作用"),
        "mediation", "stress_mean", "one_stop", "plus_counselling", "plus_counselling", 6, "",
        "stress.counselling_effect=0",
    ),
    Ablation(
        "E04", Words("counselling calms the young", "心理服务降低青年压力"), Words("nobody goes", "无人求助"),
        "mediation", "stress_mean_youth", "one_stop", "plus_counselling", "plus_counselling", 6, "",
        "stress.uptake_per_day=0 /day",
    ),
    Ablation(
        "E05", Words("unsolved reports feed disputes", "未解决诉求滋生纠纷"),
        Words("they leave no grievance", "不积怨"),
        "group_event", "disputes_per_1000", "well_mended", "none", "none", 8, "disputes.fault_weight=0",
        "grievances.gain=0", in_base=True,
    ),
    Ablation(
        "E06", Words("legal review keeps decisions from falling", "合法性审查减少撤销"),
        Words("it finds nothing", "审查无发现"),
        "renovation", "reversed_share", "council", "council", "council", 6,
        "legal_review.followed=on; plans.unlawful_chance=0.5", "legal_review.review_finds=0", "legal_review.review=on",
    ),
    Ablation(
        "F02", Words("a deliberated convention makes nights quieter", "协商公约使夜晚更静"),
        Words("keeping to it changes nothing", "遵守不改变行为"),
        "quiet_hours", "night_noise_incidents", "none", "deliberated", "deliberated", 6, "", "lapses.restraint=0",
    ),
    Ablation(
        "F03", Words("events make ties to other buildings", "活动增进跨楼联系"), Words("nobody mixes", "互不交往"),
        "combined_renewal", "ties_bridging", "as_it_was", "neighbours_only", "neighbours_only", 6,
        "ties.work_every_days=0", "ties.mixing=off",
    ),
    Ablation(
        "F05", Words("a garden worked together makes ties", "共同劳动增进联系"),
        Words("each gardens alone", "各种各的"),
        "combined_renewal", "ties_bridging", "grounds_only", "renewal", "own_plots", 6, "ties.event_every_days=0",
    ),
    Ablation(
        "C08", Words("renewal and a convention: disputes, through norms", "更新加公约：经规范影响纠纷"),
        Words("keeping to it changes nothing", "遵守不改变行为"),
        "combined_renewal", "disputes_per_1000", "renewal", "renewal", "renewal", 6, "", "lapses.restraint=0",
        "conventions.process=deliberated; conventions.from_day=60", in_base=True,
    ),
    Ablation(
        "C08",
        Words("renewal: disputes, through ties, where ties weigh most", "更新：经联系影响纠纷（权重取上限）"),
        Words("ties calm nobody", "联系不使人平和"),
        "combined_renewal", "disputes_per_1000", "ties_frozen", "renewal", "renewal", 6, "disputes.tie_weight=3",
        "disputes.tie_weight=0", in_base=True,
    ),
    Ablation(
        "C08",
        Words("renewal: disputes while works last, through their load (2 a year)",
              "更新：施工期间经负荷影响纠纷（每年 2 起）"),
        Words("works are no matter of dispute", "施工不引发纠纷"),
        "combined_renewal", "disputes_per_1000", "as_it_was", "grounds_only", "grounds_only", 6,
        "warm_up_days=0; days=200; ties.used=off; disputes.works_per_year=2 /year",
        "disputes.works_per_year=0 /year", in_base=True,
    ),
)  # fmt: skip
