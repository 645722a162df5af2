"""Many nights of one suite: nightly medians over time, and when they changed. It never fails a build.

A night is a folder of results; its date is in its name (`2026-03-01`), or else that of its newest record. A change
point is where the medians before and after it differ most by an exact test, and the maximum over all places is itself
tested by permutation of the nights, so that a series without a change yields one with probability at most alpha (all
series together, Holm).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from bench.claims.evidence import Evidence
from bench.records import store
from bench.records.frame import frame, measures
from bench.stats import Measure, holm
from bench.stats.measure import Floats

DATE = re.compile(r"(\d{4}-\d{2}-\d{2})")
LEAST = 3  # nights on either side of a change


@dataclass(frozen=True)
class Night:
    """One folder of results."""

    date: str
    folder: Path
    commit: str


@dataclass(frozen=True)
class Change:
    """When a series changed: the first night of the new level, and the interval of nights that it may have been."""

    at: int  # index of the first night after the change
    first: int  # of the interval for it, inclusive
    last: int
    before: float  # medians of the nightly medians
    after: float
    better: bool
    p: float  # of "no change anywhere", by permutation; Holm over all series


@dataclass(frozen=True)
class Series:
    """The nightly medians of one cell and metric."""

    dataset: str
    method: str
    metric: str
    nights: tuple[Night, ...]
    medians: tuple[float, ...]  # dead seeds ranked worst: NaN where half of them are dead
    change: Change | None = None

    @property
    def commits(self) -> tuple[str, str]:
        """The last commit of the old level and the last that may have brought the new one: what to bisect."""
        assert self.change is not None
        return self.nights[max(self.change.first - 1, 0)].commit, self.nights[self.change.last].commit


def nights(folder: Path) -> list[Night]:
    """The dated result folders below `folder`, oldest first; a folder with neither a date nor a record is passed over."""
    found = []
    for path in sorted(p for p in folder.iterdir() if p.is_dir()):
        records = store.current(store.load_records(path))
        if not records:
            continue
        named = DATE.search(path.name)
        newest = max(records, key=lambda r: str(r["created"]))
        date = named.group(1) if named else str(newest["created"])[:10]
        found.append(Night(date, path, str(newest.get("commit") or "")))
    return sorted(found, key=lambda n: (n.date, n.folder.name))


def series(found: Sequence[Night], alpha: float = 0.05, seed: int = 0) -> list[Series]:
    """Every cell and metric that was measured on any night, with its change point where there is one."""
    columns: dict[tuple[str, str, str], list[tuple[Night, float]]] = {}
    directions: dict[tuple[str, str, str], Measure] = {}
    for night in found:
        scores = measures(store.current(store.load_records(night.folder)))
        rows = frame(night.folder)
        evidence = Evidence(rows, scores)
        kinds = rows[rows["kind"] == "score"].drop_duplicates(["dataset", "method", "name"])
        for dataset, method, metric, protocol in zip(
            kinds["dataset"], kinds["method"], kinds["name"], kinds["protocol"], strict=True
        ):
            sample = evidence.seed_values(metric, dataset, method)
            key = (dataset, method, f"{metric} ({str(protocol)[:8]})")  # another protocol is another series
            if len(sample.numbers):
                columns.setdefault(key, []).append((night, middle(sample.numbers, scores[metric])))
                directions[key] = scores[metric]
    out = [
        Series(*key, tuple(n for n, _ in points), tuple(v for _, v in points))
        for key, points in sorted(columns.items())
    ]
    rng = np.random.default_rng(seed)
    drafts = [change(np.array(s.medians), directions[s.dataset, s.method, s.metric], rng) for s in out]
    tested = [k for k, draft in enumerate(drafts) if draft is not None]
    adjusted = holm([d.p for d in drafts if d is not None]).tolist()
    p = dict(zip(tested, adjusted, strict=True))
    for k, draft in enumerate(drafts):
        if draft is not None and p[k] <= alpha:
            out[k] = replace(out[k], change=replace(draft, p=p[k]))
    return out


def middle(values: Floats, measure: Measure) -> float:
    """The median with dead seeds ranked worst: NaN where it is a dead one."""
    order = np.sort(measure.orient(values))
    low = order[(len(order) - 1) // 2]
    living = np.sort(values[~np.isnan(values)])
    if np.isneginf(low) and np.isnan(values).any():
        return float("nan")
    dead = len(values) - len(living)
    worst = np.full(dead, -np.inf if measure.higher_is_better else np.inf)
    return float(np.median(np.concatenate([living, worst])))


def change(medians: Floats, measure: Measure, rng: np.random.Generator, repetitions: int = 1999) -> Change | None:
    """The likeliest single change of level among T nights; None where there are too few nights to tell.

    With ranks R_1 … R_T of the medians, U_t = Σ_{i<=t} R_i - t (T + 1)/2 is centred, and
    K = max_t |U_t| / sqrt(t (T - t) (T + 1)/12), at least three nights on either side. Under no change all orders of the
    nights are alike: p is the share of orders whose K is as large, of 1999 drawn ones and the one at hand.
    The interval holds the places whose split is not significantly worse than the best: those t with U_t²-statistic
    within the 95 % quantile of χ²_1 (3.84), an approximation. Source: Pettitt 1979; Siegmund 1988 for the interval.
    """
    t = len(medians)
    if t < 2 * LEAST:
        return None
    ranks = _midranks(measure.orient(medians))
    if len(np.unique(ranks)) < 2:
        return None
    curve = _curve(ranks[None])[0]
    largest = curve.max()
    orders = np.array([rng.permutation(ranks) for _ in range(repetitions)])
    p = (1 + int((_curve(orders).max(axis=1) >= largest - 1e-12).sum())) / (repetitions + 1)
    at = int(curve.argmax()) + LEAST
    near = np.flatnonzero(curve**2 >= largest**2 - 3.84) + LEAST
    first, last = at, at
    while first - 1 in near:
        first -= 1
    while last + 1 in near:
        last += 1
    before, after = (float(np.median(part)) for part in (medians[:at], medians[at:]))
    better = bool(ranks[at:].mean() > ranks[:at].mean())
    return Change(at, first, last, before, after, better, p)


def _curve(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """[R, T] ranks -> standardised splits [R, T - 2·LEAST + 1], the first after LEAST nights."""
    t = ranks.shape[1]
    sizes = np.arange(1, t)
    centred = np.cumsum(ranks, axis=1)[:, :-1] - sizes * (t + 1) / 2
    scaled = np.abs(centred) / np.sqrt(sizes * (t - sizes) * (t + 1) / 12)
    return np.asarray(scaled[:, LEAST - 1 : t - LEAST], dtype=np.float64)


def _midranks(values: Floats) -> Floats:
    return np.asarray(rankdata(values), dtype=np.float64)


def plain(found: Sequence[Series]) -> list[Mapping[str, object]]:
    """For JSON: every series, its nights and its change."""
    out: list[Mapping[str, object]] = []
    for one in found:
        shown: dict[str, object] = {
            "dataset": one.dataset, "method": one.method, "metric": one.metric,
            "nights": [{"date": n.date, "commit": n.commit, "median": None if np.isnan(v) or np.isinf(v) else v}
                       for n, v in zip(one.nights, one.medians, strict=True)],
            "change": None,
        }  # fmt: skip
        if (c := one.change) is not None:
            shown["change"] = {
                "at": one.nights[c.at].date, "from": one.nights[c.first].date, "to": one.nights[c.last].date,
                "before": c.before, "after": c.after, "better": c.better, "p": c.p, "commits": list(one.commits),
            }  # fmt: skip
        out.append(shown)
    return out
