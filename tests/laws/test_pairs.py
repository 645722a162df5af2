"""A law of pairs: any two stabilizers in one method, in either order, are refused with a reason, or both do something.

Two finite steps, on a GAN of points and of images, on denoisers and on a VAE. The default run takes a part of the pairs, the
same every time; all of them are marked `long`.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, NamedTuple

import pytest
import torch

from bench.data.base import Data
from bench.plugins import find
from bench.stabilizers.adaptive_clip import AdaptiveClip
from bench.stabilizers.free_bits import FreeBits
from bench.stabilizers.grad_clip import GradClip
from bench.stabilizers.lookahead import Lookahead
from bench.stabilizers.reflow import Reflow
from bench.stabilizers.schedule import Schedule
from bench.stabilizers.warm_critic import WarmCritic
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from tests.laws.cases import BATCH, STABILIZERS, game, images, points, run, stabilizer

HOSTS = ("gan", "dcgan", "ddpm", "edm", "flow", "vae")
SOON: dict[str, Stabilizer] = {  # options with which it does something within the few steps that are looked at
    "adaptive_clip": AdaptiveClip(limit=1e-3, warmup=2),
    "free_bits": FreeBits(nats=0.02),
    "grad_clip": GradClip(norm=0.01),
    "lookahead": Lookahead(every=2),
    "reflow": Reflow(every=5, pairs=64),
    "schedule": Schedule(steps=50),
    "warm_critic": WarmCritic(steps=1),
}
IDLE = {
    ("adaptive_clip", "grad_clip")
}  # the first may find nothing to do: where all norms are cut to one, none is an outlier
STEPS = 6
EVERY = {"gan": 60, "dcgan": 300}  # one of so many pairs is in the default run; 20 elsewhere


class End(NamedTuple):
    weights: dict[str, torch.Tensor]
    samples: torch.Tensor

    def same(self, other: End) -> bool:
        """Bit for bit."""
        alike = [
            v.shape == other.weights[p].shape and torch.equal(v, other.weights[p]) for p, v in self.weights.items()
        ]
        return all(alike) and torch.equal(self.samples, other.samples)


def stage(host: str) -> tuple[Game, Data]:
    if host == "dcgan":
        return game("gan", arch="dcgan", width=4), images()
    return game(host), points()


def part(word: str) -> Stabilizer:
    return SOON.get(word) or stabilizer(word)


def end(host: str, *words: str, steps: int = STEPS) -> End | str:
    """Where a method gets in a few steps, or why it is refused."""
    plays, data = stage(host)
    parts = [part(word) for word in words]
    if why := next((why for one in parts if (why := one.refuses(plays))), None):
        return why
    try:
        engine = Engine(plays, data, [0], parts, batch=BATCH, mapping="loop")
    except ValueError as refusal:
        return str(refusal)
    state = run(engine, steps)
    assert state.alive.all(), words
    samples = engine.sample(state, 32)
    assert samples.isfinite().all(), words
    return End(state.params, samples)


@cache
def alone(host: str, word: str) -> End | str:
    return end(host, word)


@cache
def fitting(host: str) -> tuple[str, ...]:
    return tuple(word for word in STABILIZERS if isinstance(alone(host, word), End))


def pairs(host: str) -> list[tuple[str, str]]:
    return [(a, b) for a in fitting(host) for b in fitting(host)]


def chosen(host: str, pair: tuple[str, str]) -> bool:
    """By a hash, so that a new stabilizer leaves the others' pairs where they are."""
    return int(hashlib.sha256(" ".join((host, *pair)).encode()).hexdigest(), 16) % EVERY.get(host, 20) == 0


def holds(host: str, pair: tuple[str, str]) -> None:
    both = end(host, *pair)
    if isinstance(both, str):
        assert len(both) > 10
        assert "\n" not in both
        return
    bare = end(host)
    for one, other in (pair, pair[::-1]):
        lone, idle = alone(host, one), alone(host, other)
        assert isinstance(lone, End)
        assert isinstance(idle, End)
        assert isinstance(bare, End)
        idles = idle.same(bare) or (other, one) in IDLE
        assert not both.same(lone) or idles, f"{other} changes nothing beside {one}"


@pytest.mark.parametrize("host", HOSTS)
def test_each_does_something_alone(host: str) -> None:
    """Else the pairs would say little."""
    bare = end(host)
    assert isinstance(bare, End)
    idle = [word for word in fitting(host) if bare.same(alone(host, word))]  # type: ignore[arg-type]
    assert idle == [], f"give {idle} options in SOON with which they do something in {STEPS} steps"


@pytest.mark.parametrize("host", HOSTS)
def test_some_pairs(host: str) -> None:
    for pair in (pair for pair in pairs(host) if chosen(host, pair)):
        holds(host, pair)


@pytest.mark.long
@pytest.mark.parametrize("host", HOSTS)
def test_all_pairs(host: str) -> None:
    broken = []
    for pair in pairs(host):
        try:
            holds(host, pair)
        except Exception as error:  # all of them are told, not the first
            broken.append(f"{' + '.join(pair)}: {type(error).__name__}: {error}".splitlines()[0])
    assert broken == []


KNOWN: list[Any] = [  # once passed `check` and crashed, or were silently one of the two
    ("gan", "pacgan", "path_length"), ("gan", "pacgan", "zcr"), ("gan", "pacgan", "presgan"), ("gan", "topk", "pacgan"),
    ("gan", "topk", "diffusion_gan"), ("gan", "gradient_normalization", "diffusion_gan"),
    ("gan", "progressive_growing", "minibatch_stddev"), ("gan", "progressive_growing", "minibatch_discrimination"),
    ("gan", "progressive_growing", "presgan"), ("gan", "ema", "swa"), ("gan", "gdpp", "feature_matching"),
    ("monoflow", "pacgan", "particle_regression"), ("gan", "weight_clip", "lookahead"),
]  # fmt: skip


@pytest.mark.parametrize(("host", "one", "other"), KNOWN)
def test_pairs_that_were_wrong(host: str, one: str, other: str) -> None:
    holds(host, (one, other))
    holds(host, (other, one))


def test_weights_stay_in_their_box_when_lookahead_synchronises() -> None:
    parts = (find("stabilizers", "weight_clip")(clip=0.01), Lookahead(every=2))
    for order in (parts, parts[::-1]):
        engine = Engine(game("gan"), points(), [0, 1], order, batch=BATCH)
        assert float(run(engine, 2).params["D"].abs().max()) <= 0.01


def test_an_engine_refuses_what_a_suite_refuses() -> None:
    with pytest.raises(ValueError, match="consensus and n_critic both replace the rule: keep one of them"):
        Engine(game("gan"), points(), [0], (part("consensus"), part("n_critic")), batch=BATCH)
