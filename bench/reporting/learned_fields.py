"""What networks of the plane learned, from the weights that records keep: a critic's surface, or a denoiser's score and paths.

All is asked in the space of training and given in the units of the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import grad
from torch.utils import _pytree as pytree

from bench.diffusion.base import Diffusion
from bench.diffusion.paths import Level
from bench.probes._probe_batches import has_critic, map_loss_inputs
from bench.probes.score_error import grid, score
from bench.records.status import pretrained
from bench.running.kept_weights import FILE, read_state
from bench.running.plan import CantRun
from bench.running.trained import Trained
from bench.training.engine import Engine
from bench.training.game import Batch, Params
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.state import State

SIDE, ARROWS, PATHS = 56, 13, 20  # points along an edge of a surface and of a field; samples
NOISE = 0.2  # σ/α of the score, in the data's standard deviations
POINTS = 40  # of a path


@dataclass(frozen=True)
class Frame:
    """The square that is drawn, in the units of the data."""

    low: np.ndarray  # [2]
    high: np.ndarray  # [2]

    def points(self, side: int) -> np.ndarray:
        """[side², 2], x running fastest."""
        x, y = (np.linspace(self.low[k], self.high[k], side) for k in range(2))
        return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)


@dataclass(frozen=True)
class CriticSurface:
    """D, and where the generator's samples are pulled."""

    logits: np.ndarray  # [SIDE, SIDE], rows from low y to high
    samples: np.ndarray  # [n, 2]
    pulls: np.ndarray  # [n, 2], -∂loss_G/∂x̃


@dataclass(frozen=True)
class ScoreField:
    """∇ log p of data with a little noise, as the denoiser has it, and the sampler's paths."""

    at: np.ndarray  # [ARROWS², 2]
    score: np.ndarray  # [ARROWS², 2]
    sigma: float  # of that noise over α, in the data's standard deviations
    paths: np.ndarray  # [T, PATHS, 2], x_t/√(α² + σ²), from noise to the sample


def learned(trained: Trained, record: Mapping[str, Any], seed: int, frame: Frame) -> CriticSurface | ScoreField:
    """What one seed of a record learned. Raises CantRun, with the reason, where nothing can be drawn."""
    seeds, folder = [int(entry["seed"]) for entry in record["seeds"]], Path(record["folder"])
    if not pretrained(record) and not (folder / FILE).is_file():
        raise CantRun("its weights were not kept; set 'keep: last' under 'train'")
    whole = trained.engine(record, seeds)
    if not has_critic(whole.game) and not isinstance(whole.game, Diffusion):
        raise CantRun("it has neither a critic nor a score")
    try:
        state = _lane(read_state(folder, whole), seeds.index(seed))
    except (OSError, ValueError) as error:
        raise CantRun(f"its weights can't be read ({error})") from None
    engine = trained.engine(record, [seed])
    outside, inside = _affine(engine)
    found = _score if isinstance(engine.game, Diffusion) else _critic
    return found(engine, state, frame, outside, inside)


Map = Callable[[np.ndarray], np.ndarray]


def _affine(engine: Engine) -> tuple[Map, Map]:
    """Points of training -> points of the data, and back: normalising and whitening are affine."""
    corners = engine.data.undo(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=engine.dtype)).double().numpy()
    shift, matrix = corners[0], corners[1:] - corners[0]  # x = shift + z · matrix
    back = np.linalg.inv(matrix)
    return (lambda z: shift + z @ matrix), (lambda x: (x - shift) @ back)


def _critic(engine: Engine, state: State, frame: Frame, outside: Map, inside: Map) -> CriticSurface:
    asked = torch.as_tensor(inside(frame.points(SIDE)), dtype=engine.dtype)

    def judged(inputs: AdversarialInputs, at: StepContext) -> tuple[Tensor, Tensor]:
        return inputs.critic(asked), inputs.critic(asked[:8])

    def pulled(inputs: AdversarialInputs, at: StepContext) -> tuple[Tensor, Tensor]:
        def loss(fake: Tensor) -> Tensor:
            moved = replace(inputs, fake=fake)
            return at.engine.stack.loss(at.game.objective("G", moved), moved, at)

        return inputs.fake, -grad(loss)(inputs.fake)

    try:
        with torch.no_grad():
            logits, few = map_loss_inputs(engine, state, "D", judged)
        samples, pulls = map_loss_inputs(engine, state, "G", pulled)
    except (RuntimeError, ValueError, TypeError):
        raise CantRun("its critic does not judge a point by itself") from None
    if (
        logits.shape[1:] != (len(asked),)
        or samples.shape[2:] != (2,)
        or not torch.allclose(few, logits[:, :8], atol=1e-3)
    ):
        raise CantRun("its critic does not judge a point by itself")
    z, way = samples[0].double().numpy(), pulls[0].double().numpy()
    return CriticSurface(logits[0].double().numpy().reshape(SIDE, SIDE), outside(z), outside(z + way) - outside(z))


def _score(engine: Engine, state: State, frame: Frame, outside: Map, inside: Map) -> ScoreField:
    game = engine.game
    assert isinstance(game, Diffusion)
    level = min(grid(game, 200), key=lambda level: abs(level.sigma / level.alpha - NOISE))
    at = frame.points(ARROWS)
    shown = level.alpha * torch.as_tensor(inside(at), dtype=engine.dtype)

    def one(lane: Any, params: Params, memory: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        here = engine.context(state, lane, "picture", taped=False, memory=memory, params=params)
        served = engine.stack.params_in_loss(engine.stack.eval_params(params, here), replace(here, all_memory=memory))
        y = here.rng.integers(game.classes, PATHS) if game.conditional else None
        return score(game, served, shown, level), _paths(game, served, y, here)

    with torch.no_grad():
        scores, paths = engine.map_seeds(one, state.params, state.memory, engine.draw_batch(state, purpose="probe"))
    ahead = inside(at) + scores[0].double().numpy()
    held = paths[0].double().numpy()
    kept = np.unique(np.linspace(0, len(held) - 1, POINTS).astype(int))
    return ScoreField(at, outside(ahead) - outside(inside(at)), level.sigma / level.alpha, outside(held[kept]))


def _paths(game: Diffusion, params: Params, y: Tensor | None, at: StepContext) -> Tensor:
    """[T, PATHS, 2]: where the sampler asked its denoiser last at every level, and the samples."""
    look, seen = game.look(params, y), dict[float, Tensor]()

    def noted(x: Tensor, level: Level) -> tuple[Tensor, Tensor]:
        seen[level.t] = x / (level.alpha**2 + level.sigma**2) ** 0.5
        return look(x, level)

    start = game.prior * at.rng.normal(PATHS, *game.shape)
    end = game.walker.walk(noted, start, game.steps(), at.rng)
    return torch.stack([*seen.values(), end])


def _lane(state: State, k: int) -> State:
    """The k-th seed of a state, alone."""
    named = {name: value for name, value in vars(state).items() if name != "step"}
    return State(**pytree.tree_map(lambda leaf: leaf[k : k + 1], named), step=state.step)
