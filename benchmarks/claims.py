"""What the source documents claim, and what the twin gives: ``make claims`` writes ``docs/claims.md``.

Every run that the page needs is measured (in several processes) and kept in ``docs/claims.json``; the page is made
of that file alone, so that making it again gives the same page. ``--keep`` takes over stored runs of scenarios that
have not changed. The ranges of the inputs are those of their declarations unless a list of points says otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from benchmarks.claims_said import CLAIMS, UNFIT, Claim, Input

ROOT = Path(__file__).resolve().parent.parent
PAGE, STORE = ROOT / "docs" / "claims.md", ROOT / "docs" / "claims.json"
DIGITS, KEPT_EVERY = 12, 10
NEAR, BEYOND, LEAST = 0.8, 1.25, 0.1
VERDICTS = {
    "reproduced": "已复现", "partly": "部分复现", "not reproduced": "未复现", "used for fitting": "用于拟合",
    "an input": "输入", "not built yet": "尚未实现",
}  # fmt: skip


class Key(NamedTuple):
    """One run: a scenario, an arm, what was set, a seed."""

    scenario: str
    arm: str
    sets: str
    seed: int


Runs = dict[Key, dict[str, float | None]]


# -- measuring -------------------------------------------------------------------------------------------


def wanted() -> dict[Key, set[str]]:
    """Return every run that the page needs, with the metrics that it needs of it."""
    found: dict[Key, set[str]] = {}
    for claim in CLAIMS:
        for arm in claim.arms:
            for seed in range(1, claim.replications + 1):
                found.setdefault(Key(claim.scenario, arm, "", seed), set()).update(claim.metrics)
        for one in claim.inputs:
            for point in one.points:
                for arm in (claim.base, claim.option):
                    for seed in range(1, claim.few + 1):
                        key = Key(claim.scenario, arm, setting(one, point, arm), seed)
                        found.setdefault(key, set()).add(claim.metric)
    return found


def setting(one: Input, point: str, arm: str) -> str:
    """Return what is set in an arm: nothing where the input is not moved in it."""
    return f"{one.path}={point}" if not one.arm or one.arm == arm else ""


@cache
def _scenario(path: str, sets: str) -> Any:
    from twin.scenario.load import load

    return load(ROOT / "scenarios" / f"{path}.yaml", sets=[sets] if sets else [])


def measure(key: Key, metrics: set[str]) -> dict[str, float | None]:
    """Live through one run."""
    from twin.runs.experiment import simulate

    values = simulate(_scenario(key.scenario, key.sets), key.arm, key.seed).metrics()
    return {name: _rounded(values.get(name)) for name in sorted(metrics)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def measured(known: Runs, jobs: int) -> Runs:
    """Return all runs, those that are known as they are."""
    needed = wanted()
    left = [key for key in needed if not needed[key] <= set(known.get(key, {}))]
    found = {key: known[key] for key in needed if key in known and key not in left}
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        ahead = {pool.submit(measure, key, needed[key]): key for key in left}
        for count, one in enumerate(as_completed(ahead), 1):
            found[ahead[one]] = one.result()
            if not count % KEPT_EVERY:
                write(found)
            print(f"\r{count} of {len(left)} runs", end="", flush=True)
    return found


# -- the store -------------------------------------------------------------------------------------------


def scenarios() -> dict[str, str]:
    """Return the digest of the file of every scenario that is used."""
    names = sorted({claim.scenario for claim in CLAIMS})
    return {name: _digest((ROOT / "scenarios" / f"{name}.yaml").read_bytes()) for name in names}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(runs: Runs) -> None:
    """Write what was measured, a run a line."""
    lines = [json.dumps([*key, runs[key]], sort_keys=True) for key in sorted(runs)]
    head = json.dumps(scenarios(), sort_keys=True)
    STORE.write_text('{"scenarios": ' + head + ', "runs": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def stored() -> tuple[Runs, Mapping[str, str]]:
    """Return the runs that were kept, and the digests of their scenarios."""
    if not STORE.exists():
        return {}, {}
    kept = json.loads(STORE.read_text("utf-8"))
    return {Key(*entry[:4]): entry[4] for entry in kept["runs"]}, kept["scenarios"]


def still_good() -> Runs:
    """Return the stored runs whose scenario has not changed."""
    runs, digests = stored()
    now = scenarios()
    return {key: values for key, values in runs.items() if digests.get(key.scenario) == now.get(key.scenario)}


# -- what it comes to ------------------------------------------------------------------------------------


class Effect(NamedTuple):
    """An effect on the scale of its claim: mean and 95 % interval (None for one seed)."""

    mean: float
    low: float | None
    high: float | None


def series(runs: Runs, claim: Claim, arm: str, metric: str, sets: str = "", few: bool = False) -> list[float]:
    """Return a metric of an arm, a value a seed; nothing where some run lacks it."""
    count = claim.few if few else claim.replications
    found = [runs[Key(claim.scenario, arm, sets, seed)][metric] for seed in range(1, count + 1)]
    return [] if None in found else [float(value) for value in found if value is not None]


def effect(base: list[float], option: list[float], relative: bool) -> Effect | None:
    """Return the paired effect, as a difference or relative to the mean of the base."""
    from twin.runs.compare import paired_difference

    if not base or not option or (relative and not fmean(base)):
        return None
    scale = fmean(base) if relative else 1.0
    found = paired_difference(base, option)
    low, high = (None, None) if found.ci95 is None else (found.ci95[0] / scale, found.ci95[1] / scale)
    return Effect(found.mean / scale, low, high)


def verdict(found: Effect | None, claimed: float) -> str:
    """Return the verdict, by the rule that the page states; of one seed, or of few, by the mean alone."""
    if found is None:
        return "not reproduced"
    share = found.mean / claimed
    ends = [share] if found.low is None or found.high is None else sorted((found.low / claimed, found.high / claimed))
    if ends[0] <= 0 or share < LEAST:
        return "not reproduced"
    return "reproduced" if ends[0] <= BEYOND and ends[-1] >= NEAR else "partly"


def by_mean(found: Effect | None, claimed: float) -> str:
    """Return the verdict that the mean alone would have."""
    return verdict(None if found is None else Effect(found.mean, None, None), claimed)


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


def section(runs: Runs, claim: Claim) -> Iterator[str]:
    """Yield what the page says of one claim."""
    found = whole(runs, claim)
    yield from (f"## {claim.id}: {claim.title.en}", "")
    yield f"Claimed: {claim.said.en}. `scenarios/{claim.scenario}.yaml`, `{claim.metric}`, arm `{claim.option}`"
    yield f"against `{claim.base}`, {claim.replications} paired seeds."
    levels = [level(series(runs, claim, arm, claim.metric), claim) for arm in (claim.base, claim.option)]
    yield f"The twin: {levels[0]} → {levels[1]}, effect {told(found, claim)}; **{verdict(found, claim.claimed)}**."
    yield claim.start
    yield from ("", "Where it comes from:", "", "| what | effect, 95 % interval | of the claim |", "|---|---|---|")
    for part in claim.parts:
        metric = part.metric or claim.metric
        one = effect(series(runs, claim, part.base, metric), series(runs, claim, part.option, metric),
                     claim.relative and not part.metric)  # fmt: skip
        share = "–" if part.metric else of_claim(one, claim)
        yield f"| {part.title} | {told(one, claim) if not part.metric else plain(one)} | {share} |"
    yield from ("", f"What it would take: {claim.needed}", "")
    yield from flips(runs, claim)


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
    found = whole(runs, claim)
    usual = by_mean(found, claim.claimed)
    yield (f"Assumed inputs, one at a time ({claim.few} seed{'s' if claim.few > 1 else ''} a point, judged by the mean "
           f"alone; at the shipped point that gives *{usual}*):")  # fmt: skip
    yield from ("", "| input | value | effect | of the claim | verdict |", "|---|---|---|---|---|")
    turned = 0
    for one in claim.inputs:
        for point in one.points:
            sides = (
                series(runs, claim, arm, claim.metric, setting(one, point, arm), True)
                for arm in (claim.base, claim.option)
            )
            here = effect(*sides, claim.relative)
            said = by_mean(here, claim.claimed)
            turned += said != usual
            mean = "undefined" if here is None else shown(here.mean, claim, True)
            share = of_claim(here, claim)
            where = f" ({one.arm})" if one.arm else ""
            yield f"| `{one.path}`{where} | {point} | {mean} | {share} | {said if said == usual else f'**{said}**'} |"
    count = sum(len(one.points) for one in claim.inputs)
    yield from ("", f"The verdict flips at {turned} of {count} points. {claim.elsewhere}".rstrip(), "")


HEAD = """# What was claimed, and what the twin gives

Generated by `make claims`; do not edit. The source documents of this project give figures without sample, date or
control group. This page sets each beside the twin with its shipped parameters, which were taken from the literature
or assumed, and never chosen to meet a figure unless it says *used for fitting*.

**The rule.** An effect is the paired difference between two arms (over the same seeds, with its 95 % interval), as a
difference or, for rates and hours, relative to the mean of the first arm. Its share is effect / claimed effect.

- *reproduced*: the interval excludes 0 and meets 0.8 to 1.25 of the claim;
- *partly*: the interval excludes 0 in the claimed direction and the share is at least 0.1;
- *not reproduced*: anything else, a change in the other direction included;
- *used for fitting*: a parameter was chosen with the figure in mind; never *reproduced*, whatever comes out;
- *an input*: the figure is a rule that is put in, not an effect; *not built yet*: no mechanism speaks of it.

*Reproduced* says that the mechanisms can give such a figure at these inputs, not that it was so anywhere.
"""


LINE = "|---|---|---|---|---|---|"
RULE_ZH = """\
判定规则：配对差值的95%区间不含 0，且与主张的 0.8–1.25 倍相交，为“已复现”；方向一致、区间不含 0，且不低于主张的
十分之一，为“部分复现”；其余为“未复现”。凡参数参照该数字选定的，一律标为“用于拟合”。
"""


def page(runs: Runs) -> str:
    """Return the whole page as Markdown."""
    english = ("| id | claim | figure | the twin, 95 % interval | of the claim | verdict |", LINE)
    chinese = ("| 编号 | 主张 | 数字 | 孪生结果及95%区间 | 占主张 | 结论 |", LINE)
    lines = [HEAD, *english, *summary(runs, False), "", "## 中文摘要", "", *chinese, *summary(runs, True), "", RULE_ZH]
    for claim in CLAIMS:
        lines.extend(section(runs, claim))
    lines.append(f"Stored results: `docs/claims.json`, sha256 `{_digest(STORE.read_bytes())}`.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure what is needed, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="take over stored runs of unchanged scenarios")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    write(measured(still_good() if asked.keep else {}, asked.jobs))
    PAGE.write_text(page(stored()[0]), encoding="utf-8")


if __name__ == "__main__":
    main()
