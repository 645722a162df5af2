"""Samples -> metric rows, one number a seed, always in the original space of the data.

A seed that has diverged, or whose samples are not finite, gets None for every metric and does not affect the others.
Features are extracted once per space and evaluation; the real side is computed once and may be kept on disk.

A metric that raises is absent, and the others are not affected: methods take `errors` (column -> why), add to it what
breaks, and ask no metric that is in it already. Without one, what a metric raises is passed on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from bench.data.base import Data
from bench.evaluation.bounds import within
from bench.evaluation.reference_cache import Cache
from bench.evaluation.references import REAL_DRAWS, WRONG_DRAWS, Reference
from bench.evaluation.witnesses import copies, half, null_samples
from bench.features.base import extract, open_space
from bench.hashing.code import code_hash
from bench.hashing.content import digest
from bench.metrics._pairwise import PairMetric, Want, survey
from bench.metrics.base import FeatureMetric, Metric, NonFinite
from bench.plugins import reason, word_of
from bench.plugins.surroundings import unchanged_settings
from bench.stats.measure import LARGEST
from bench.training.seed_axis import finite
from bench.training.untouched import WroteInPlace, content, untouched, version

Row = tuple[int, str, float | None]  # seed's lane, column, value
SHIPPED = "bench.metrics."
Errors = dict[str, str]  # column -> why its metric is absent, in one line


class Evaluator:
    """The metrics of one data set. Metrics that refuse the data set are left out; `refused` says why.

    cache: a folder for what is expensive on the real side (radii, roots, features); None keeps it in memory only.
    Raises ValueError where two metrics yield the same column.
    """

    def __init__(self, data: Data, scores: Sequence[Metric], cache: Path | None = None) -> None:
        self.data = data
        self.refused = {n: why for s in scores if (why := s.refuses(data)) is not None for n in s.names()}
        self.scores = [s for s in scores if s.refuses(data) is None]
        self.names = [name for s in self.scores for name in s.names()]
        if twice := sorted({n for n in self.names if self.names.count(n) > 1}):
            raise ValueError(f"two metrics yield the column '{twice[0]}'")
        self._wants: dict[tuple[object, ...], set[Want]] = defaultdict(set)
        for s in self.scores:
            if isinstance(s, PairMetric):
                self._wants[s.n, s.recipe()].add(s.wants())
        self._cache = None if cache is None else Cache(cache)
        self._content = digest(data.x, data.held_out, data.modes, data.manifold, data.law)
        self._real: dict[tuple[object, ...], Any] = {}

    @property
    def n(self) -> int:
        """Samples of every seed that a call needs: the most that any metric uses."""
        return max((s.n for s in self.scores), default=0)

    def __call__(self, samples: Tensor, alive: Tensor, errors: Errors | None = None) -> list[Row]:
        """samples [S, >= n, *D] in the original space, alive [S] bool -> one row per seed and column, none of broken ones.

        Each metric uses the first samples, as many as its `n`. Raises ValueError with fewer samples than that.
        """
        if samples.shape[1] < self.n:
            raise ValueError(f"{samples.shape[1]} samples a seed, and the metrics judge {self.n}")
        lanes = [
            k for k, sound in enumerate((alive.to(samples.device) & finite(samples[:, : self.n])).tolist()) if sound
        ]
        found: dict[tuple[int, str], float | None] = {}
        view = _View(samples[lanes], self.scores)
        for score in self._sound(errors) if lanes else ():
            with _noted(score, errors):
                for name, values in self._values(score, view).items():
                    found |= {(lanes[k], name): value for k, value in values.items()}
        names = [name for name in self.names if name not in (errors or ())]
        return [(k, name, found.get((k, name))) for k in range(len(samples)) for name in names]

    def _sound(self, errors: Errors | None) -> Iterator[Metric]:
        """The metrics that have not broken before."""
        return (s for s in self.scores if not any(name in (errors or ()) for name in s.names()))

    def floors(self) -> dict[str, float | None]:
        """By column: the metric between real samples and held-out real samples; None where that is not a number."""
        return {name: None if isnan(one.real) else one.real for name, one in self.references().items()}

    def references(self, errors: Errors | None = None) -> dict[str, Reference]:
        """By column: what the metric reads on real samples and on the witnesses (references.py), at the same n.

        Where there are fewer than n real samples to spare, all of them are used, and `n_floor` of the protocol says
        how many. Computed once a data set, and kept in the cache's folder.
        """
        found: dict[str, Reference] = {}
        for score in self._sound(errors):
            with _noted(score, errors):
                found |= self._references(score)
        return found

    def _references(self, score: Metric) -> dict[str, Reference]:
        key = self._key(score, "references", type(score).__qualname__, score.options(), REAL_DRAWS, WRONG_DRAWS)
        drawn = self._draws(score) if self._cache is None else self._cache.take(key, partial(self._draws, score))
        alike = 2 * score.spare(self.data) <= score.pool(self.data)
        sign = 0 if score.two_sided else 1 if score.higher_is_better else -1
        of = {name: {kind: drawn[kind][name] for kind in drawn} for name in score.names()}
        return {name: Reference.of(draws, alike, sign) for name, draws in of.items()}

    def _draws(self, score: Metric) -> dict[str, dict[str, list[float | None]]]:
        """The values of every draw, by kind and column."""
        n = score.spare(self.data)
        others = replace(score, n=min(n, score.pool(self.data) // 2))  # draws of all there is would be one draw
        part = half(self.data)
        kinds = {  # one draw at a time: 32 of 26 000 images would take gigabytes
            "real": ((others if draw else score).control(self.data, draw) for draw in range(REAL_DRAWS)),
            "null": (null_samples(self.data, n, draw) for draw in range(WRONG_DRAWS)),
            "half": (others.control(part, draw) for draw in range(WRONG_DRAWS) if part),
            "copies": (copies(self.data, others.n, draw) for draw in range(WRONG_DRAWS)),
        }
        found: dict[str, dict[str, list[float | None]]] = {}
        for kind, draws in kinds.items():
            measured = [self._values(replace(score, n=len(x)), _View(x[None], self.scores), score) for x in draws]
            found[kind] = {name: [values[name].get(0) for values in measured] for name in score.names()}
        return found

    def protocols(self, errors: Errors | None = None) -> dict[str, dict[str, object]]:
        """By column: what two numbers must share to be comparable, and its hash as `id`."""
        found = {}
        for score in self._sound(errors):
            with _noted(score, errors):
                protocol = {**score.protocol(self.data), "n_floor": score.spare(self.data), "data": self._content[:16]}
                for name in score.names():
                    key = digest(json.dumps([name, protocol], sort_keys=True, default=str))
                    found[name] = {"id": key[:12], **protocol}
        return found

    def describe(self, errors: Errors | None = None) -> dict[str, dict[str, object]]:
        """By column: which way is better, on which scale differences mean something, and the bounds."""
        found: dict[str, dict[str, object]] = {}
        for s in self._sound(errors):
            with _noted(s, errors):
                how = {name: getattr(s, name) for name in ("higher_is_better", "scale", "bounds", "two_sided")}
                found |= {name: dict(how) for name in s.names()}
        return found

    def _values(self, score: Metric, view: _View, owner: Metric | None = None) -> dict[str, dict[int, float | None]]:
        """Column -> lane of the view -> value; all seeds in one pass, or one by one where one of them is refused."""
        real = self._real_side(owner or score, view.samples.device)
        if isinstance(score, FeatureMetric):
            measure, (shown, lanes) = score.compare, view.features(score.space, score.n)
        else:
            measure, (shown, lanes) = score.measure, (view.first(score.n), list(range(len(view.samples))))
        found: dict[str, dict[int, float | None]] = {name: {} for name in score.names()}
        try:
            if isinstance(score, PairMetric) and lanes:
                asked = self._wants[(owner or score).n, score.recipe()]
                survey(shown, real, asked)  # in one pass, for all metrics that will ask
            with self._untouched(score, shown):
                parts = [(lanes, measure(shown, real))] if lanes else []
            if parts and not parts[0][1]:
                raise LookupError(f"it yields nothing and promises {', '.join(found)}")
        except NonFinite:
            parts = [([lane], _alone(measure, shown[k : k + 1], real)) for k, lane in enumerate(lanes)]
        for where, values in parts:
            if values and set(values) != set(found):
                raise LookupError(f"it yields {', '.join(values)} and promises {', '.join(found)}")
            for name, column in values.items():
                within(score, name, column)
                found[name] |= {
                    k: v if abs(v) <= LARGEST else None for k, v in zip(where, column.tolist(), strict=True)
                }
        return found

    def _untouched(self, score: Metric, *more: Tensor) -> AbstractContextManager[None]:
        """Raises WroteInPlace where a metric writes into the samples or the data, which all metrics share."""
        own = type(score).__module__.startswith(SHIPPED)  # which don't write past torch
        word = word_of(type(score))
        message = f"the metric {word} writes into the samples that it is shown: clone them first"
        return untouched((*more, self.data.x, self.data.held_out), version if own else content, message)

    def _key(self, score: Metric, *of: object) -> str:
        """The name under which something of a metric is kept: a hash of all it depends on."""
        space = open_space(score.space) if isinstance(score, FeatureMetric) else None
        plugins = [type(score), *([type(space)] if space else [])]
        extractor = space.sha256() if space else ""
        return digest(self._content, of, code_hash(p.__module__ for p in plugins), extractor, torch.__version__)

    def _real_side(self, score: Metric, device: torch.device) -> Any:
        recipe = (*score.recipe(), device.type, device.index)
        if recipe not in self._real:
            with self._untouched(score):
                if self._cache is None or not score.keeps:
                    real = score.reference(self.data)
                else:
                    real = self._cache.take(self._key(score, score.recipe()), lambda: score.reference(self.data))
            self._real[recipe] = pytree.tree_map_only(Tensor, lambda t: t.to(device), real)
        return self._real[recipe]


@contextmanager
def _noted(score: Metric, errors: Errors | None) -> Iterator[None]:
    """What a metric raises becomes its columns' error. What concerns more than the metric is passed on: a device that is
    full, samples that it wrote into."""
    try:
        with unchanged_settings():
            yield
    except (torch.OutOfMemoryError, WroteInPlace):
        raise
    except (Exception, SystemExit, GeneratorExit) as error:
        if errors is None:
            raise
        errors.update(dict.fromkeys(score.names(), reason(error)))


class _View:
    """Samples of the seeds that can be measured, and their features, extracted once per space."""

    def __init__(self, samples: Tensor, scores: Sequence[Metric]) -> None:
        self.samples = samples  # [S, n, *D]
        self.most = {s.space: 0 for s in scores if isinstance(s, FeatureMetric)}
        for s in scores:
            if isinstance(s, FeatureMetric):
                self.most[s.space] = max(self.most[s.space], s.n)
        self._held: dict[tuple[str, int], tuple[Tensor, list[int]]] = {}
        self._first: dict[int, Tensor] = {}

    def first(self, n: int) -> Tensor:
        """The first n samples of every seed; the same tensor at every call, so that metrics may share work on it."""
        return self._first.setdefault(n, self.samples[:, :n])

    def features(self, space: str, n: int) -> tuple[Tensor, list[int]]:
        """Features [L, n, F] of the first n samples, of the lanes where they are finite; and those lanes."""
        if (space, n) not in self._held:
            most = max(n, self.most[space])
            if most == n:
                flat = extract(space, self.samples[:, :n].flatten(0, 1))
                every = flat.reshape(len(self.samples), -1, flat.shape[1])
                lanes = [k for k, sound in enumerate(finite(every).tolist()) if sound]
                self._held[space, n] = every[lanes], lanes
            else:
                every, lanes = self.features(space, most)
                self._held[space, n] = every[:, :n], lanes
        return self._held[space, n]


def _alone(measure: Any, one: Tensor, real: Any) -> Mapping[str, Tensor]:
    try:
        return measure(one, real)  # type: ignore[no-any-return]
    except NonFinite:
        return {}
