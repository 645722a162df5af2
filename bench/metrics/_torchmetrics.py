"""Every metric of this folder as one of torchmetrics: what is added is the gathering, the number is the metric's own.

Importing torchmetrics takes seconds, so nobody does who doesn't ask: `from bench.metrics import FrechetDistance`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import isfinite
from typing import Any, ClassVar

import torchmetrics
from torch import Tensor
from torchmetrics.utilities.data import dim_zero_cat

from bench.data.base import Data
from bench.metrics._arrays import finite
from bench.metrics.base import Metric
from bench.plugins import find, options, words
from bench.plugins.own_code import snake_case

NAMES = {  # what the field calls a word; any other is known by its own name: `modes_hit` is ModesHit
    "frechet": "FrechetDistance",
    "fd_inf": "FrechetDistanceInfinity",
    "kid": "KernelDistance",  # in any feature space; KID is Inception's
    "mmd": "MaximumMeanDiscrepancy",
    "mmd_multiscale": "MultiscaleMaximumMeanDiscrepancy",
    "energy": "EnergyDistance",
    "exact_wasserstein": "WassersteinDistance",
    "sliced_wasserstein": "SlicedWassersteinDistance",
    "precision": "ImprovedPrecision",
    "recall": "ImprovedRecall",
    "vendi": "VendiScore",
    "ndb": "NumberOfDifferentBins",
    "birthday_support": "BirthdayParadoxSupport",
    "memorisation": "DataCopying",
    "nll": "NegativeLogLikelihood",
    "stein": "KernelizedSteinDiscrepancy",
    "mode_kl": "ModeKullbackLeiblerDivergence",
}


class GenerativeMetric(torchmetrics.Metric):
    """update(x, real) as often as needed, then compute(): the metric's number of all samples that were given.

    x [B, *D] is in the original space of the data, images in [-1, 1]. The options are the metric's own but for n, which
    is as many samples as are gathered. `data` is for metrics that have to know more than real samples: modes, a law, a
    manifold, or what was trained on; its held-out samples stand for real ones where none are given. Raises NonFinite.
    """

    is_differentiable = False
    full_state_update = False
    of: ClassVar[type[Metric]]
    trained_on: ClassVar[bool]  # whether it looks at training samples too
    fake: list[Tensor]
    real: list[Tensor]

    def __init__(self, *, data: Data | None = None, **more: Any) -> None:
        known = {option.name for option in options(self.of)} - {"n"}
        super().__init__(**{name: value for name, value in more.items() if name not in known})
        self.metric = self.of(**{name: value for name, value in more.items() if name in known})
        if data is not None and not isinstance(data, Data):
            raise TypeError(f"data= is a loaded data set, as of bench.load_data('ring'), not {type(data).__name__}")
        self.data = data
        if data is not None and (why := self.metric.refuses(data)):
            raise ValueError(f"{type(self).__name__} does not fit the data: {why}")
        self.add_state("fake", [], dist_reduce_fx="cat")
        self.add_state("real", [], dist_reduce_fx="cat")

    def update(self, x: Tensor, real: bool) -> None:
        """`real` says whether x [B, *D] are real samples or generated ones."""
        if not isinstance(real, bool):
            raise TypeError(f"real is True for real samples and False for generated ones, not {type(real).__name__}")
        (self.real if real else self.fake).append(finite(x, "samples"))

    def compute(self) -> Tensor | dict[str, Tensor]:
        found = self._values(dim_zero_cat(self._held(self.fake, "generated")))
        return next(iter(found.values())) if len(found) == 1 else found

    def _values(self, fake: Tensor) -> dict[str, Tensor]:
        """Column -> value."""
        data = self._data()
        why = "what was trained on is not known" if self.trained_on and self.data is None else self.metric.refuses(data)
        if why:
            raise ValueError(
                f"{type(self).__name__} has to know more than these samples ({why}): give it data=, or more"
            )
        real = self.metric.reference(data)
        measured: Mapping[str, Tensor] = replace(self.metric, n=len(fake)).measure(fake[None], real)
        return {name: values[0] for name, values in measured.items()}

    def _data(self) -> Data:
        if self.data is None:
            real = dim_zero_cat(self._held(self.real, "real"))
            return Data(real[:0], real)
        given = not isinstance(self.real, list) or len(self.real) > 0
        return replace(self.data, held_out=dim_zero_cat(self.real)) if given else self.data

    def _held(self, samples: list[Tensor], kind: str) -> list[Tensor]:
        if isinstance(samples, list) and not samples:
            raise ValueError(f"{type(self).__name__} has no {kind} samples: update(x, real={kind == 'real'}) first")
        return samples


@cache
def of_word(word: str) -> type[GenerativeMetric]:
    """The class of a word of `bench list metrics`; the same at every call, so that it can be pickled."""
    metric: type[Metric] = find("metrics", word)
    low, high = (bound if isfinite(bound) else None for bound in metric.bounds)
    about: dict[str, Any] = {
        "__module__": "bench.metrics",
        "__doc__": f"{first_line_of(metric)} (`{word}`)\n\n    {(GenerativeMetric.__doc__ or '').strip()}\n    ",
        "of": metric,
        "trained_on": word == "memorisation",
        "higher_is_better": None if metric.two_sided else metric.higher_is_better,
        "plot_lower_bound": low,
        "plot_upper_bound": high,
    }
    return type(name_of(word), (GenerativeMetric,), about)


def first_line_of(metric: type[Metric]) -> str:
    return next(iter((metric.__doc__ or "").strip().splitlines()), metric.__name__)


def name_of(word: str) -> str:
    """`frechet` -> FrechetDistance, `modes_hit` -> ModesHit."""
    return NAMES.get(word) or "".join(part.title() for part in word.split("_"))


def find_class(name: str) -> type[GenerativeMetric] | None:
    """The class of a name; None where no metric is called so."""
    word = next((known for known, called in NAMES.items() if called == name), snake_case(name))
    return of_word(word) if word in words("metrics") and name_of(word) == name else None
