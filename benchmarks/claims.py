"""What the source documents claim, and what the twin gives: ``make claims`` writes ``docs/claims.md``.

Every run that the page needs is measured (in several processes) and kept in ``docs/claims.json``; the page is made
of that file alone, so that making it again gives the same page. Whoever stops it goes on where it was, see
:mod:`benchmarks.claims_runs`. ``--only C02 --seeds 2`` tries single entries and writes nothing.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

from benchmarks.claims_ablations import ABLATIONS, Ablation
from benchmarks.claims_cuts import CUTS
from benchmarks.claims_runs import (
    ON_SITE,
    ROOT,
    STORE,
    Key,
    Runs,
    digest,
    measure,
    measured,
    reading,
    scenarios,
    setting,
    stored,
    wanted,
    write,
)
from benchmarks.claims_said import CLAIMS, UNFIT, Claim, Input, Part

__all__ = ["ROOT", "STORE", "Key", "measure", "scenarios", "stored", "wanted"]  # what the tests read the page with

PAGE = ROOT / "docs" / "claims.md"
NEAR, BEYOND, LEAST = 0.8, 1.25, 0.1
MOST_LEFT = 1 / 3
VERDICTS = {
    "reproduced": "已复现", "partly": "部分复现", "not reproduced": "未复现", "used for fitting": "用于拟合",
    "an input": "输入", "not built yet": "尚未实现",
}  # fmt: skip
OPEN = "not decided"


# -- what it comes to ------------------------------------------------------------------------------------


class Effect(NamedTuple):
    """An effect on the scale of its claim: mean and 95 % interval (None for one seed)."""

    mean: float
    low: float | None
    high: float | None


def series(runs: Runs, claim: Claim, arm: str, metric: str) -> list[float]:
    """Return what was read of an arm, a value a seed; nothing where some run lacks it."""
    return _values(runs, [Key(claim.scenario, arm, claim.sets, seed) for seed in _seeds(claim.replications)], metric)


def _seeds(count: int) -> range:
    return range(1, count + 1)


def _values(runs: Runs, keys: Sequence[Key], metric: str) -> list[float]:
    found = [runs[key][metric] for key in keys]
    return [] if None in found else [float(value) for value in found if value is not None]


def effect(base: Sequence[float], option: Sequence[float], relative: bool) -> Effect | None:
    """Return the paired effect, as a difference, or as the ratio of the means less 1."""
    from twin.runs.compare import paired_difference

    if not base or not option:
        return None
    if relative:
        return ratio(base, option)
    found = paired_difference(base, option)
    return Effect(found.mean, *(found.ci95 or (None, None)))


def ratio(base: Sequence[float], option: Sequence[float]) -> Effect | None:
    """Return the ratio of two means less 1; its interval is that of the logarithm, so that nothing falls past -1.

    The logarithm's error is that of the mean of option / its mean - base / its mean, pair by pair (delta method), with
    Student's t. None where a mean is not positive.
    """
    from twin.runs.compare import estimate

    before, after = fmean(base), fmean(option)
    if before <= 0 or after <= 0:
        return None
    spread = estimate([b / after - a / before for a, b in zip(base, option, strict=True)]).half_width
    middle = math.log(after / before)
    low, high = (None, None) if spread is None else (math.expm1(middle - spread), math.expm1(middle + spread))
    return Effect(after / before - 1, low, high)


def verdict(found: Effect | None, claimed: float) -> str:
    """Return the verdict, by the rule that the page states; of one seed, by the mean alone."""
    if found is None:
        return "not reproduced"
    share = found.mean / claimed
    ends = [share] if found.low is None or found.high is None else sorted((found.low / claimed, found.high / claimed))
    if ends[0] <= 0 or share < LEAST:
        return "not reproduced"
    return "reproduced" if ends[0] <= BEYOND and ends[-1] >= NEAR else "partly"


def of_few(found: Effect | None, claimed: float) -> str:
    """Return the verdict of a point that has few seeds: left open where the interval would allow *partly* too."""
    said = verdict(found, claimed)
    if found is None or said != "not reproduced":
        return said
    ends = [found.mean if end is None else end for end in (found.low, found.high)]
    return OPEN if max(end / claimed for end in ends) >= LEAST else said


# -- the page --------------------------------------------------------------------------------------------


def shown(value: float, claim: Claim, signed: bool = False) -> str:
    """Return a number of the claim's scale as text."""
    digits = 0 if claim.relative or claim.percent else 2
    factor, unit = (100, " %" if claim.relative else " pp") if claim.relative or claim.percent else (1, "")
    text = f"{factor * value:{'+' if signed else ''}.{digits + (1 if factor > 1 else 0)}f}{unit}"
    return text.replace("-", "−")


def told(found: Effect | None, claim: Claim) -> str:
    """Return an effect with its interval as text."""
    if found is None:
        return "undefined"
    mean = shown(found.mean, claim, True)
    if found.low is None or found.high is None:
        return mean
    low, high = (shown(one, claim, True) for one in sorted((found.low, found.high)))
    return f"{mean} ({low} to {high})"


def of_claim(found: Effect | None, claim: Claim) -> str:
    """Return the share of the claim as text."""
    if found is None:
        return "–"
    return f"{round(100 * found.mean / claim.claimed)} %".replace("-", "−")


def level(values: list[float], claim: Claim) -> str:
    """Return the mean of a level as text."""
    if not values:
        return "undefined"
    return f"{100 * fmean(values):.1f} %" if claim.percent else f"{fmean(values):.2f}"


def whole(runs: Runs, claim: Claim) -> Effect | None:
    """Return the effect that a claim is about."""
    sides = (series(runs, claim, arm, claim.metric) for arm in (claim.base, claim.option))
    return effect(*sides, claim.relative)


def summary(runs: Runs, chinese: bool) -> Iterator[str]:
    """Yield the rows of the summary table."""
    for claim in CLAIMS:
        found = whole(runs, claim)
        said = verdict(found, claim.claimed)
        title = claim.title.zh if chinese else claim.title.en
        share = of_claim(found, claim)
        word = VERDICTS[said] if chinese else f"**{said}**"
        text = told(found, claim).replace(" to ", " 至 ").replace(" pp", " 个百分点") if chinese else told(found, claim)
        yield f"| {claim.id} | {title} | {claim.said.zh if chinese else claim.said.en} | {text} | {share} | {word} |"
    for one in UNFIT:
        title, said = (one.title.zh, one.said.zh) if chinese else (one.title.en, one.said.en)
        word = VERDICTS[one.verdict] if chinese else f"**{one.verdict}**"
        yield f"| {one.id} | {title} | {said} | {one.why.zh if chinese else one.why.en} | – | {word} |"


def named(metric: str) -> str:
    """Return what is read, with the days on which."""
    name, days = reading(metric)
    if len(days) < 2:
        return f"`{name}`" + (f" on day {days[0]}" if days else "")
    return f"`{name}` (mean of days {days[0]} to {days[-1]}, every {days[1] - days[0]})"


def section(runs: Runs, claim: Claim) -> Iterator[str]:
    """Yield what the page says of one claim."""
    found = whole(runs, claim)
    yield from (f"## {claim.id}: {claim.title.en}", "")
    set_ = f", `{claim.sets}`" if claim.sets else ""
    yield f"Claimed: {claim.said.en}. `scenarios/{claim.scenario}.yaml`{set_}, {named(claim.metric)}, arm"
    yield f"`{claim.option}` against `{claim.base}`, {claim.replications} paired seeds."
    levels = [level(series(runs, claim, arm, claim.metric), claim) for arm in (claim.base, claim.option)]
    yield f"The twin: {levels[0]} → {levels[1]}, effect {told(found, claim)}; **{verdict(found, claim.claimed)}**."
    yield claim.start
    yield from ("", "Where it comes from:", "", "| what | effect, 95 % interval | of the claim |", "|---|---|---|")
    yield from (part_of(runs, claim, part, found) for part in claim.parts)
    yield from moments(runs, claim)
    yield from ("", f"What it would take: {claim.needed}", "")
    yield from flips(runs, claim)


def part_of(runs: Runs, claim: Claim, part: Part, found: Effect | None) -> str:
    """Return the row of a part; where the whole effect is not there, nothing can be cut from it."""
    metric = part.metric or claim.metric
    sides = (series(runs, claim, arm, metric) for arm in (part.base, part.option))
    one = effect(*sides, claim.relative and not part.metric)
    share = "–" if part.metric else of_claim(one, claim)
    if part.cut and not part.metric and not there(found):
        share = f"no effect to ablate ({share})"
    title = f"{part.title} ({part.note})" if part.note else part.title
    return f"| {title} | {told(one, claim) if not part.metric else plain(one)} | {share} |"


def moments(runs: Runs, claim: Claim) -> Iterator[str]:
    """Yield the same effect as read at other times of the same runs."""
    if not claim.moments:
        return
    yield from ("", "By the day on which it is read, as a run of so many `days` would end (the same pairs):", "")
    yield from ("| read | effect, 95 % interval | of the claim | verdict that it would give |", "|---|---|---|---|")
    judged = whole(runs, claim)
    usual, turned = verdict(judged, claim.claimed), 0
    for one in claim.moments:
        here = effect(*(series(runs, claim, arm, one.metric) for arm in (claim.base, claim.option)), claim.relative)
        said = verdict(here, claim.claimed)
        turned += said != usual
        word = said if said == usual else f"**{said}**"
        yield f"| {one.title} | {told(here, claim)} | {of_claim(here, claim)} | {word} |"
    yield f"| *judged*: {named(claim.metric)} | {told(judged, claim)} | {of_claim(judged, claim)} | *{usual}* |"
    ends = [max(series(runs, claim, arm, ON_SITE)) for arm in (claim.base, claim.option)]
    yield from ("", f"The verdict flips at {turned} of these {len(claim.moments)} times.")
    last = f"`{claim.base}` {ends[0]:.0f}, `{claim.option}` {ends[1]:.0f}"
    yield f"In no run did works stay on their sites beyond day {max(ends):.0f} ({last})."


def plain(found: Effect | None) -> str:
    """Return an effect on another metric as text."""
    if found is None:
        return "undefined"
    ends = "" if found.low is None or found.high is None else f" ({found.low:+.3g} to {found.high:+.3g})"
    return f"{found.mean:+.3g}{ends}".replace("-", "−")


def flips(runs: Runs, claim: Claim) -> Iterator[str]:
    """Yield the table of flip points."""
    if not claim.inputs:
        yield from ((claim.elsewhere, "") if claim.elsewhere else ())
        return
    usual = verdict(whole(runs, claim), claim.claimed)
    yield (f"Assumed inputs, one at a time ({claim.few} seeds a point; *not decided*: their interval leaves open "
           f"whether it is *partly*; all seeds at the shipped point give *{usual}*):")  # fmt: skip
    yield from ("", "| input | value | effect, 95 % interval | of the claim | verdict |", "|---|---|---|---|---|")
    found = [verdict_at for one in claim.inputs for verdict_at in _points(runs, claim, one)]
    for row, said in found:
        yield f"{row} {said if said in (usual, OPEN) else f'**{said}**'} |"
    said_ = [said for _, said in found]
    turned, undecided = sum(said not in (usual, OPEN) for said in said_), said_.count(OPEN)
    told_ = f"The verdict flips at {turned} of {len(found)} points and is not decided at {undecided}. {claim.elsewhere}"
    yield from ("", told_.rstrip(), "")


def _points(runs: Runs, claim: Claim, one: Input) -> Iterator[tuple[str, str]]:
    """Yield the row of each point without its verdict, and the verdict."""
    for point in one.points:
        keys = [
            [Key(claim.scenario, arm, setting(claim, one, point, arm), seed) for seed in _seeds(claim.few)]
            for arm in (claim.base, claim.option)
        ]
        here = effect(*(_values(runs, side, claim.metric) for side in keys), claim.relative)
        where = f" ({one.arm})" if one.arm else ""
        late = max(_values(runs, [*keys[0], *keys[1]], ON_SITE), default=0.0) if claim.moments else 0.0
        begins = reading(claim.metric).days
        value = f"{point} (works to day {late:.0f})" if begins and late >= begins[0] else point
        row = f"| `{one.path}`{where} | {value} | {told(here, claim)} | {of_claim(here, claim)} |"
        yield row, of_few(here, claim.claimed)


def there(found: Effect | None) -> bool:
    """Tell whether an effect has an interval that leaves out 0."""
    return found is not None and found.low is not None and found.high is not None and found.low * found.high > 0


def what_is_left(left: Effect | None, found: Effect) -> str:
    """Return in words what is left of an effect, by the rule that the page states.

    An interval that merely holds 0 is no proof that nothing is left: its whole length has to lie within
    ``MOST_LEFT`` of the effect.
    """
    if left is None or left.low is None or left.high is None:
        return OPEN
    if max(abs(left.low), abs(left.high)) <= MOST_LEFT * abs(found.mean):
        return "gone"
    if there(left):
        return "the opposite sign" if left.mean * found.mean < 0 else "not gone"
    return OPEN


def gone(left: Effect | None, found: Effect) -> bool:
    """Tell whether an effect is gone."""
    return what_is_left(left, found) == "gone"


def ablated(runs: Runs, one: Ablation) -> tuple[Effect | None, Effect | None]:
    """Return the effect of an ablation's option, and what is left of it in the arm without its cause."""

    def values(arm: str, sets: str) -> list[float]:
        keys = [Key(one.scenario, arm, sets, seed) for seed in range(1, one.replications + 1)]
        found = [runs[key][one.metric] for key in keys]
        return [] if None in found else [float(value) for value in found if value is not None]

    found = effect(values(one.base, one.sets), values(one.option, one.all_option), False)
    return found, effect(values(one.base, one.all_base_cut), values(one.cut, one.all_cut), False)


def ablations(runs: Runs, entries: Sequence[Ablation] = ABLATIONS) -> Iterator[str]:
    """Yield the part of the page about effects without a figure."""
    head = "| id | effect 效果 | metric, scenario | effect, 95 % interval | without … 去掉 | what is left |"
    yield from (ABLATED, head, LINE)
    for one in entries:
        found, left = ablated(runs, one)
        rest = "exactly 0" if left is not None and (left.mean, left.low, left.high) == (0, 0, 0) else plain(left)
        word = NOTHING_THERE if found is None or not there(found) else what_is_left(left, found)
        word = word if word in ("gone", NOTHING_THERE) else f"**{word}**"
        yield (f"| `{one.id}` | {one.title.en} {one.title.zh} | `{one.metric}`, `{one.scenario}` | {plain(found)} | "
               f"{one.without.en} {one.without.zh} | {rest}: {word} |")  # fmt: skip
    yield ""


def taken(runs: Runs, one: Ablation) -> Effect | None:
    """Return what a cut takes from an effect: the paired difference of the option against the arm that was cut."""
    sides = [
        _values(runs, [Key(one.scenario, arm, sets, seed) for seed in _seeds(one.replications)], one.metric)
        for arm, sets in ((one.cut, one.all_cut), (one.option, one.all_option))
    ]
    return effect(*sides, False)


def gone_by(found: Effect | None, lost: Effect | None, left: Effect | None) -> str:
    """Return in words how much of an effect a cut takes."""
    if found is None or not there(found):
        return NOTHING_THERE
    if gone(left, found):
        return "all of it"
    if what_is_left(left, found) == "the opposite sign":
        return "more than all of it: the opposite sign is left"
    if lost is not None and there(lost) and lost.mean * found.mean > 0:
        return "part of it"
    return "nothing that stands out from chance"


def cuts(runs: Runs, entries: Sequence[Ablation] = CUTS) -> Iterator[str]:
    """Yield the part of the page about effects of which something may remain."""
    head = "| id | effect 效果 | read, scenario | effect, 95 % interval | cut 去掉 | what it takes | what remains |"
    yield from (CUT, head, LINE + "---|")
    for one in entries:
        (found, left), lost = ablated(runs, one), taken(runs, one)
        rest = "exactly 0" if left is not None and (left.mean, left.low, left.high) == (0, 0, 0) else plain(left)
        said = (f"{one.title.en} {one.title.zh}", f"{named(one.metric)}, `{one.scenario}`", plain(found),
                f"{one.without.en} {one.without.zh}", f"{plain(lost)}: {gone_by(found, lost, left)}")  # fmt: skip
        yield f"| `{one.id}` | {' | '.join(said)} | {rest} |"
    yield ""


HEAD = """# What was claimed, and what the twin gives

Generated by `make claims`; do not edit. The source documents of this project give figures without sample, date or
control group. This page sets each beside the twin with its shipped parameters, which were taken from the literature
or assumed, and never chosen to meet a figure unless it says *used for fitting*.

**The rule.** An effect is the paired difference between two arms (over the same seeds, with its 95 % interval), as a
difference or, for rates and hours, as the ratio of the two means less 1. The interval of a ratio is that of its
logarithm (delta method on the pairs, Student's t), so that it cannot fall past −100 %. Its share is effect / claimed
effect.

- *reproduced*: the interval excludes 0 and meets 0.8 to 1.25 of the claim;
- *partly*: the interval excludes 0 in the claimed direction and the share is at least 0.1;
- *not reproduced*: anything else, a change in the other direction included;
- *used for fitting*: a parameter was chosen with the figure in mind; never *reproduced*, whatever comes out;
- *an input*: the figure is a rule that is put in, not an effect; *not built yet*: no mechanism speaks of it.

What depends on the day is judged at one that was fixed beforehand: satisfaction with a renovation as the mean over the
second year, after the works; beside it stands what other days would have said, works under way included. A flip point
has few seeds: *not decided* where their interval leaves open whether the effect is a tenth of the claim. Where the
whole effect is not there, a cut part has *no effect to ablate*.

*Reproduced* says that the mechanisms can give such a figure at these inputs, not that it was so anywhere.
"""


LINE = "|---|---|---|---|---|---|"
ABLATED = """\
## Effects without a figure, and what is left of them

Here no figure is claimed. Each effect is the paired difference of an option against the base of its scenario (over
the same seeds), and beside it stands the same difference once what the effect comes from is taken away. *Gone*: the
interval of the first leaves out 0, and that of the second is exactly 0 or lies as a whole within a third of the first,
on either side. *The opposite sign* and *not gone*: it leaves out 0, and reaches further; *not decided*: it holds
0, and reaches further, so that nobody knows. 去掉成因后的剩余效果：恰为 0，或其区间全部落在原效果的三分之一以内
（正负均可），记为 gone；区间含 0 但更宽，为 not decided（尚无定论）；不含 0 而更远，按方向记为 not gone 或
the opposite sign（方向相反）。
"""
NOTHING_THERE = "no effect to ablate"
CUT = """\
## Effects taken apart

Effects of which a cut may take a part only. What the cut takes is the paired difference of the option against the
option without its cause; what remains is that of the latter against the base. *All of it*: what remains is gone, by the
rule above; *part of it*: the interval of what it takes leaves out 0. 去掉某一成因后失去的部分与剩余部分，均为配对差值。
"""
RULE_ZH = """\
判定规则：配对差值的95%区间不含 0，且与主张的 0.8–1.25 倍相交，为“已复现”；方向一致、区间不含 0，且不低于主张的
十分之一，为“部分复现”；其余为“未复现”。凡参数参照该数字选定的，一律标为“用于拟合”。
比率的区间取自两均值之比的对数（按配对的德尔塔法），故不会低于 −100 %。改造满意率取工程结束后第二年的均值，事先确定；
施工期间及其他时点的读数一并列出。
"""


def page(runs: Runs) -> str:
    """Return the whole page as Markdown."""
    english = ("| id | claim | figure | the twin, 95 % interval | of the claim | verdict |", LINE)
    chinese = ("| 编号 | 主张 | 数字 | 孪生结果及95%区间 | 占主张 | 结论 |", LINE)
    lines = [HEAD, *english, *summary(runs, False), "", "## 中文摘要", "", *chinese, *summary(runs, True), "", RULE_ZH]
    for claim in CLAIMS:
        lines.extend(section(runs, claim))
    lines.extend(ablations(runs))
    lines.extend(cuts(runs))
    lines.append(f"Stored results: `docs/claims.json`, sha256 `{digest(STORE.read_bytes())}`.")
    return "\n".join(lines) + "\n"


def tried(ids: Sequence[str], seeds: int, jobs: int) -> str:
    """Return what the page would say of these ids with at most so many seeds; nothing is written but the runs."""
    claims = [
        replace(one, replications=min(seeds, one.replications), few=min(seeds, one.few))
        for one in CLAIMS
        if one.id in ids
    ]
    few = {
        made: [replace(one, replications=min(seeds, one.replications)) for one in all_ if one.id in ids]
        for made, all_ in ((ablations, ABLATIONS), (cuts, CUTS))
    }
    runs = measured(wanted(claims, [one for all_ in few.values() for one in all_]), jobs)
    lines = [line for claim in claims for line in section(runs, claim)]
    return "\n".join(lines + [line for made, all_ in few.items() if all_ for line in made(runs, all_)])


def main() -> None:
    """Measure what is needed, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims", description=__doc__)
    parser.add_argument("--only", action="append", metavar="ID", help="try this entry, and write no page")
    parser.add_argument("--seeds", type=int, default=2, help="how many with --only")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    if asked.only:
        print("\n" + tried(asked.only, asked.seeds, asked.jobs))
        return
    write(measured(wanted(), asked.jobs))
    PAGE.write_text(page(stored()[0]), encoding="utf-8")


if __name__ == "__main__":
    main()
