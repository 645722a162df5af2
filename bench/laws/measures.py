"""The laws of what is measured, and of data: metrics, probes, feature spaces and data sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from bench.data._checked import checked
from bench.data.base import Data, DataError
from bench.features.base import FeaturesError, open_space
from bench.hashing.content import digest
from bench.laws.cases import BATCH, game, images, points, probe
from bench.laws.contracts import wrong_metric, wrong_probe
from bench.laws.training import inert
from bench.laws.verdict import LawBroken, NotTried, hold
from bench.metrics.base import Metric
from bench.plugins import find, first_line
from bench.training.engine import Engine

PLAYED = ("gan", "vae", "flow", "ddpm", "dirac", "hopf")
NEAR = 1e-6  # between a seed's number alone and among others, relative


def _few(word: str) -> Iterator[tuple[Any, Data]]:
    """A metric of 64 samples, on each kind of data that it fits. Raises NotTried where it fits none."""
    plugin, fits = find("metrics", word), False
    for data in (points(), images()):
        metric: Metric = plugin(n=64)
        if metric.refuses(data) is None:
            fits = True
            yield metric, data
    if not fits:
        raise NotTried("it fits neither points nor small images")


def metric_contract(word: str) -> None:
    """One number a seed under each of its names, on real samples."""
    for metric, data in _few(word):
        if why := wrong_metric(metric, data):
            raise LawBroken(why)


def metric_alone(word: str) -> None:
    """A seed's number is the same alone, among others, and in another place."""
    for metric, data in _few(word):
        fakes, real = torch.stack([data.x[k : k + 64] for k in range(3)]), metric.reference(data)
        together, turned = metric.measure(fakes, real), metric.measure(fakes.flip(0), real)
        for k in range(3):
            one = metric.measure(fakes[k : k + 1], real)
            for name, values in together.items():
                number, alone, moved = values[k], one[name][0], turned[name][2 - k]
                same = all(torch.isclose(number, other, rtol=NEAR, equal_nan=True) for other in (alone, moved))
                hold(same, f"{name} of a seed is {number:g} among others, {alone:g} alone, {moved:g} in another place")


def metric_repeats(word: str) -> None:
    """The same samples, the same bits; samples, data and torch's global noise are as they were."""
    for metric, data in _few(word):
        fakes, noise = torch.stack([data.x[k : k + 64] for k in range(2)]), torch.random.get_rng_state()
        kept = digest(fakes, data.x, data.held_out)
        first, second = (metric.measure(fakes, metric.reference(data)) for _ in range(2))
        hold(digest(dict(first)) == digest(dict(second)), "two measurements of the same samples differ")
        hold(
            digest(fakes, data.x, data.held_out) == kept,
            "it writes into the samples that it is shown: clone them first",
        )
        hold(
            torch.equal(noise, torch.random.get_rng_state()),
            "it draws torch's global noise: use a Generator of its own",
        )


def probe_inert(word: str) -> None:
    """Training is the same, bit for bit, whether it looks or not, and it measures what its columns say."""
    fits = False
    for model in PLAYED:
        engine = Engine(game(model), points(), [0], batch=BATCH)
        look = probe(word)
        if look.fits(engine.game):
            fits = True
            if why := wrong_probe(look, engine, engine.step(engine.init_state())):
                raise LawBroken(f"on {model} it {why}")
            inert((game(model), points(), ()), [word])
    if not fits:
        raise NotTried(f"it fits none of {', '.join(PLAYED)}")


def data_repeats(word: str) -> None:
    """What is loaded keeps the contract of `Data`, and is the same bits each time."""
    source = find("datasets", word)()
    try:
        source.load()
    except (DataError, OSError) as error:  # its files are elsewhere
        raise NotTried(first_line(error)) from error
    try:
        first, second = (checked(source) for _ in range(2))
    except DataError as error:
        raise LawBroken(str(error)) from error
    for name in ("x", "held_out", "labels", "held_out_labels"):
        hold(
            digest(getattr(first, name)) == digest(getattr(second, name)), f"{name} differs between two calls of load()"
        )


def rows_alone(word: str) -> None:
    """The features of a sample are the same alone and among others, and repeat."""
    space, tried = open_space(word), 0
    for data in (points(), images()):
        if space.refuses(data) is not None:
            continue
        tried += 1
        x: Tensor = data.x[:8]
        try:
            features = space(x)
        except FeaturesError as error:  # its weights are elsewhere
            raise NotTried(first_line(error)) from error
        hold(features.ndim == 2 and len(features) == 8, f"features of 8 samples are {list(features.shape)}, not [8, F]")
        hold(features.dtype == torch.float32, f"features are {features.dtype}, not float32")
        hold(torch.equal(features, space(x)), "two calls on the same samples differ")
        far = float((space(x[3:4]) - features[3:4]).abs().max())
        hold(far <= 1e-4, f"features of a sample differ by {far:.1g} when others are beside it")
    if not tried:
        raise NotTried("it fits neither points nor small images")
