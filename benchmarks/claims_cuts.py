"""Effects of which something may remain: what a cut takes from each, and what is left, both as paired intervals."""

from __future__ import annotations

from benchmarks.claims_ablations import Ablation
from benchmarks.claims_said import AFTER_WORKS, LONG
from twin.errors import Words

_TRUE = f"satisfied_share_true@{AFTER_WORKS}"
_HYBRID = "plans.process=hybrid"

CUTS = (
    Ablation(
        "C01", Words("one plan for all misses what is needed", "一刀切方案错配需求"),
        Words("an office that knows the true needs", "行政知道真实需求"),
        "renovation", "plan_mismatch", "council", "top_down", "top_down_true_needs", 8, LONG,
    ),
    Ablation(
        "C01", Words("one plan for all satisfies fewer than a council", "一刀切的满意率低于议事会"),
        Words("an office that knows the true needs", "行政知道真实需求"),
        "renovation", _TRUE, "council", "top_down", "top_down_true_needs", 8, LONG,
    ),
    Ablation(
        "C02", Words("a council satisfies more than the office", "议事会的满意率高于行政决定"),
        Words("voice: residents are counted, not heard", "发言：只统计不听取"),
        "renovation", _TRUE, "top_down", "council", "council_no_voice", 8, LONG,
    ),
    Ablation(
        "C02", Words("a council satisfies more than the office", "议事会的满意率高于行政决定"),
        Words("information: the plan is the office's", "信息：方案仍由行政拟定"),
        "renovation", _TRUE, "top_down", "council", "council_plan_fixed", 8, LONG,
    ),
    Ablation(
        "C02", Words("a council satisfies more than the office", "议事会的满意率高于行政决定"),
        Words("both", "两者"),
        "renovation", _TRUE, "top_down", "council", "council_no_voice", 8, LONG, "plans.estimate=prior",
    ),
    Ablation(
        "C03", Words("experts at the table keep decisions lawful", "专家参与使决定合法"),
        Words("experts without a veto", "专家无否决权"),
        "budget_choice", "unlawful_share", "greedy", "greedy", "greedy", 8, "", "plans.expert_share=0", _HYBRID,
    ),
    Ablation(
        "C03", Words("topics online bring more people in", "线上议题带来更多参与者"),
        Words("nobody manages the app", "无人会用应用"),
        "needs_survey", "turnout_share", "hearing", "hearing", "hearing", 8, "", "forum.skill_needed=1", _HYBRID,
    ),
    Ablation(
        "C13", Words("open decisions are accepted by those whom they bring least", "公开决策使受益少者接受"),
        Words("voice: told, not heard", "发言：告知但不听取"),
        "decision_open", "less_served_satisfied_share", "closed", "open", "told", 8,
    ),
    Ablation(
        "C13", Words("open decisions are accepted by those whom they bring least", "公开决策使受益少者接受"),
        Words("disclosure: heard, not told", "告知：听取但不告知"),
        "decision_open", "less_served_satisfied_share", "closed", "open", "heard", 8,
    ),
    Ablation(
        "C13", Words("open decisions are accepted by those whom they bring least", "公开决策使受益少者接受"),
        Words("both", "两者"),
        "decision_open", "less_served_satisfied_share", "closed", "open", "closed", 8,
    ),
    Ablation(
        "C14", Words("a campaign raises turnout", "宣传提高参与率"), Words("it reaches nobody", "无人接触"),
        "mini_program", "turnout_share", "app_helped", "app_helped_campaign", "app_helped_campaign", 8, "",
        "campaign.reach=0 /day",
    ),
    Ablation(
        "H03", Words("what the market ruins is stopped and replaced", "受市场冲击的项目停止并更换"),
        Words("nothing takes its place", "不更换"),
        "improvement_fund", "fund_benefit", "no_rule", "two_year", "empty_places", 8, "fund.shock_chance=0.2 /year",
    ),
    Ablation(
        "A02", Words("asking lowers the error about what the old need", "征求意见降低对老年人需求的误差"),
        Words("nobody answers", "无人作答"),
        "needs_survey", "need_error_elder", "prior", "survey", "survey", 12, "",
        "needs_survey.response_share=0; needs_survey.elder_response_share=0",
    ),
    Ablation(
        "A02", Words("asking lowers the error about what is needed", "征求意见降低需求误差"),
        Words("nobody answers", "无人作答"),
        "needs_survey", "need_error", "prior", "survey", "survey", 12, "",
        "needs_survey.response_share=0; needs_survey.elder_response_share=0",
    ),
)  # fmt: skip
