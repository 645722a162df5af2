"""The metrics that outcomes are told from, beside those that a suite lists."""

from __future__ import annotations

from collections.abc import Sequence

from bench.data.base import Data
from bench.metrics.base import FeatureMetric, Metric
from bench.metrics.high_quality_rate import HighQualityRate
from bench.metrics.mmd_multiscale import MmdMultiscale
from bench.metrics.modes_occupied import ModesOccupied

MOST = 1000  # samples of the quality metric: enough to tell the null from real data on every set of points


def with_quality(listed: Sequence[Metric], data: Data, quality: MmdMultiscale | None = None) -> tuple[Metric, ...]:
    """The listed metrics that fit a data set, the one that quality is measured by, and those of modes where they are known.

    None is asked for more samples than the listed ones are. Quality is measured in the data's own space for points, and
    for images in the first feature space that the suite uses; `quality` says otherwise. Nothing is added to nothing.
    """
    fitting = [score for score in listed if score.refuses(data) is None]
    if not fitting:
        return ()
    most = max(score.n for score in fitting)
    if quality is not None and quality.refuses(data) is None:
        fitting = [*(score for score in fitting if score.names() != quality.names()), quality]
    elif not any(isinstance(score, MmdMultiscale) for score in fitting):
        fitting.append(MmdMultiscale(n=min(MOST, most), space=_space(fitting) if data.is_image else "data"))
    for kind in (HighQualityRate, ModesOccupied):
        if data.modes is not None and not any(isinstance(score, kind) for score in fitting):
            fitting.append(kind(n=most))
    return tuple(dict.fromkeys(fitting))


def addable(listed: Sequence[Metric], quality: MmdMultiscale | None = None) -> tuple[Metric, ...]:
    """Whatever `with_quality` may add to the listed metrics on one data set or another."""
    if not listed:
        return ()
    own = [quality] if quality is not None else []
    spaces = dict.fromkeys(["data", _space(listed)])
    return (*own, *(MmdMultiscale(space=space) for space in spaces), HighQualityRate(), ModesOccupied())


def _space(fitting: Sequence[Metric]) -> str:
    spaces = [score.space for score in fitting if isinstance(score, FeatureMetric)]
    return next((space for space in spaces if space != "data"), "data")
