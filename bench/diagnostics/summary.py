"""All diagnostics of a tidy frame, in one tidy frame: what reports draw and claims are tested on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.diagnostics.collapse import collapse, divergence
from bench.diagnostics.dispersion import (
    dispersion_across_seeds,
    dispersion_in_time,
    long_term_risk,
    risk_across_seeds,
    short_term_risk,
)
from bench.diagnostics.learning_curve import area_under_curve, best, best_to_last, time_to
from bench.diagnostics.oscillation import oscillation
from bench.diagnostics.series import Floats
from bench.diagnostics.spikes import spikes
from bench.plugins.lazily import lazily
from bench.stats.measure import Measure
from bench.stats.outcomes import DIVERGED

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

COLUMNS = ["dataset", "method", "seed", "name", "value"]
NEVER = float("inf")  # the step of what never happened

LOWER, HIGHER = Measure(higher_is_better=False), Measure(higher_is_better=True)
OF_A_LOSS = {  # the player's name is appended: loss_oscillation_D
    "loss_oscillation": LOWER,
    "loss_oscillation_scale_free": LOWER,
    "loss_period": HIGHER,
    "loss_peak_share": LOWER,
    "loss_sign_changes": LOWER,
    "loss_variation": LOWER,
    "loss_spikes": LOWER,
}
OF_A_SCORE = {  # appended to the score's name: modes_covered_collapsed
    "dispersion": LOWER,
    "deviation": LOWER,
    "short_term_risk": LOWER,
    "long_term_risk": LOWER,
    "collapsed": LOWER,
    "collapse_step": HIGHER,
    "best_to_last": LOWER,
    "time_to": LOWER,
}
AS_THE_SCORE = ("best", "area")  # they point where the score points
WAITS = "time_to"  # of a score whose quality is named only
OF_A_RUN = {"diverged": LOWER, "divergence_step": HIGHER}


def summarise(
    frame: pd.DataFrame, scores: Mapping[str, Measure], qualities: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Diagnostics of every seed and cell: columns dataset, method, seed, name, value.

    `frame` has the columns dataset, method, seed, step, kind ("score" | "trace" | …), name, value, outcome. `scores`
    says which way each score is better; one that is not in it gets no diagnostics. `qualities` names the quality
    that `time_to` waits for. A score that was looked at fewer times than others of its seed has no curve and no
    diagnostics; samples that were made elsewhere, at step 0 alone, have none either. What compares seeds has no seed (<NA>) and
    is taken at the last evaluation. A step that never came is infinite.
    """
    rows: list[tuple[Any, ...]] = []
    wanted = frame[frame["kind"].isin(["score", "trace"])]
    for cell, part in wanted.groupby(["dataset", "method"], sort=True):
        for seed, run in part.groupby("seed", sort=True):
            rows += [(*cell, seed, name, value) for name, value in _of_a_seed(run, scores, qualities or {})]
        rows += [(*cell, pd.NA, name, value) for name, value in _across_seeds(part, scores)]
        rows += [(*cell, seed, name, value) for seed, name, value in _from_the_middle(part, scores)]
    out = pd.DataFrame(rows, columns=COLUMNS)
    return out.astype({"seed": "Int64", "value": "float64"})


def names(scores: Iterable[str], traces: Iterable[str]) -> list[str]:
    """The diagnostics of a seed that `summarise` finds without `qualities`, given what was measured."""
    players = [trace.removeprefix("loss_") for trace in traces if trace.startswith("loss_")]
    endings = [*AS_THE_SCORE, *(ending for ending in OF_A_SCORE if ending != WAITS)]
    of_scores = [f"{score}_{ending}" for score in scores for ending in endings]
    return [*OF_A_RUN, *(f"{stem}_{player}" for player in players for stem in OF_A_LOSS), *of_scores]


def measure_of(name: str, scores: Mapping[str, Measure]) -> Measure | None:
    """Which way a score or a diagnostic of `summarise` is better; None for other names."""
    if name in scores:
        return scores[name]
    if name in OF_A_RUN:
        return OF_A_RUN[name]
    stem = name.rpartition("_")[0]
    if stem in OF_A_LOSS:
        return OF_A_LOSS[stem]
    for score in sorted(scores, key=len, reverse=True):
        ending = name.removeprefix(f"{score}_")
        if ending != name and ending in OF_A_SCORE:
            return OF_A_SCORE[ending]
        if ending != name and ending in AS_THE_SCORE:
            return scores[score]
    return None


def _of_a_seed(
    run: pd.DataFrame, scores: Mapping[str, Measure], qualities: Mapping[str, float]
) -> Iterator[tuple[str, float]]:
    died: list[int] = []
    looks = run[run["kind"] == "score"].groupby("name")["step"].nunique()
    trained = bool((run["step"] > 0).any())
    for (kind, key), rows in run.groupby(["kind", "name"], sort=True):
        name = str(key)
        v, s = _curve(rows)
        if kind == "trace" and name.startswith("loss_"):
            player, o = name.removeprefix("loss_"), oscillation(v, s)
            yield f"loss_oscillation_{player}", o.deviation
            yield f"loss_oscillation_scale_free_{player}", o.scale_free
            yield f"loss_period_{player}", o.period
            yield f"loss_peak_share_{player}", o.power_share
            yield f"loss_sign_changes_{player}", o.sign_changes
            yield f"loss_variation_{player}", o.variation
            yield f"loss_spikes_{player}", spikes(v, s)
            died += [d for d in [divergence(v, s)] if d is not None]
        if (
            kind == "score" and trained and name in scores and looks[name] == looks.max()
        ):  # measured after training it has no curve
            up = scores[name].higher_is_better
            lost = collapse(v, s, up)
            yield f"{name}_best", best(v, up)
            yield f"{name}_best_to_last", best_to_last(v, s, up)
            yield f"{name}_area", area_under_curve(v, s)
            yield f"{name}_dispersion", dispersion_in_time(v, s)
            yield f"{name}_short_term_risk", short_term_risk(v, s, up)
            yield f"{name}_long_term_risk", long_term_risk(v, s, up)
            yield f"{name}_collapsed", float(lost is not None)
            yield f"{name}_collapse_step", NEVER if lost is None else float(lost)
            if name in qualities:
                met = time_to(v, s, qualities[name], up)
                yield f"{name}_time_to", NEVER if met is None else float(met)
    diverged = bool(died) or bool((run["outcome"] == DIVERGED.name).any())
    yield "diverged", float(diverged)
    yield "divergence_step", float(min(died)) if died else float("nan") if diverged else NEVER


def _across_seeds(part: pd.DataFrame, scores: Mapping[str, Measure]) -> Iterator[tuple[str, float]]:
    for key, rows in part[part["kind"] == "score"].groupby("name", sort=True):
        name = str(key)
        if name not in scores:
            continue
        curves = rows.pivot_table(index="seed", columns="step", values="value", dropna=False).sort_index(axis=1)
        last = curves.reindex(part["seed"].unique()).to_numpy(dtype=np.float64)[:, -1:]  # [S, 1]
        yield f"{name}_dispersion_across_seeds", float(dispersion_across_seeds(last)[0])
        yield f"{name}_risk_across_seeds", float(risk_across_seeds(last, scores[name].higher_is_better)[0])


def _from_the_middle(part: pd.DataFrame, scores: Mapping[str, Measure]) -> Iterator[tuple[Any, str, float]]:
    """|last - median over seeds| of every seed: what a test of dispersion compares. Source: Brown and Forsythe 1974."""
    for key, rows in part[part["kind"] == "score"].groupby("name", sort=True):
        if str(key) in scores:
            last = rows[rows["step"] == rows["step"].max()].set_index("seed")["value"].astype(np.float64)
            gaps = (last - last.median()).abs().sort_index()
            yield from ((seed, f"{key}_deviation", float(gap)) for seed, gap in gaps.items())


def _curve(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    rows = rows.sort_values("step")
    return rows["value"].to_numpy(dtype=np.float64), rows["step"].to_numpy(dtype=np.float64)
