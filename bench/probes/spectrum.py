"""The spectrum of the game: the eigenvalues of the Jacobian of its vector field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.func import jacrev, vjp

from bench.plugins.ranges import Count, NonNegative, Whole
from bench.probes.base import Probe
from bench.theory.predictions import spectrum
from bench.training.engine import Engine
from bench.training.game import Batch, Params
from bench.training.state import State

Tree = Any
Operator = Callable[[Tensor], Tensor]  # w [n] -> Jᵀw [n]


@dataclass(frozen=True, kw_only=True)
class Spectrum(Probe):
    """Eigenvalues λ of J = ∂v/∂θ, v all players' gradients side by side, on a batch that is not trained on.

    Players descend v, so a fixed point is stable where every Re λ > 0.
    spectrum_min_re, spectrum_max_re: the extremes of Re λ.   spectrum_max_im: max |Im λ|.
    spectrum_turn: max |Im λ|/|Re λ|, how much the game rotates.
    spectrum_critical_lr: min 2 Re λ/|λ|², below which simultaneous gradient descent is locally stable; at most 0 where
        some Re λ is. Source: Mescheder et al. 2017, section 3 and lemma 4.
    Eigenvalues with |λ| ≤ `flat` · max |λ| are directions in which nothing happens, and are left out.

    With at most `dense` weights J is formed; with more, `vectors` steps of Arnoldi's method on Jᵀ (the same
    eigenvalues) find the outer ones, each for about the price of a training step. Losses carry all their stabilizers;
    rules and optimizers are not part of J. Noise (`instance_noise`) is one draw, so J is the sampled game's. Of a loss with
    kinks (hinge) J is that of the straight pieces on which the batch lies: what samples that cross a kink add is not in it.
    Source: Berard et al. 2020; Saad 2011, section 6.2.
    """

    columns: ClassVar[tuple[str, ...] | None] = (
        "spectrum_min_re",
        "spectrum_max_re",
        "spectrum_max_im",
        "spectrum_turn",
        "spectrum_critical_lr",
    )
    price: ClassVar[float | None] = 40.0

    every: int = 2000
    vectors: Count = 20
    dense: Whole = 64
    flat: NonNegative = 1e-5

    def predictions(self, engine: Engine) -> dict[str, float]:
        return spectrum(engine.game, engine.stack.parts)

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        values = self.eigenvalues(engine, state)  # [S, k]
        size = values.abs()
        live = size > self.flat * size.amax(1, keepdim=True)

        def over(numbers: Tensor, otherwise: float) -> Tensor:
            return torch.where(live | ~size.isfinite(), numbers, otherwise)

        return {
            "spectrum_min_re": over(values.real, torch.inf).amin(1),
            "spectrum_max_re": over(values.real, -torch.inf).amax(1),
            "spectrum_max_im": over(values.imag.abs(), -torch.inf).amax(1),
            "spectrum_turn": over(values.imag.abs() / values.real.abs(), -torch.inf).amax(1),
            "spectrum_critical_lr": over(2 * values.real / size.square(), torch.inf).amin(1),
        }

    def eigenvalues(self, engine: Engine, state: State) -> Tensor:
        """Complex [S, k], on the CPU: all of them where J is formed, else the Ritz values. NaN for a diverged seed's."""
        sizes = [v.shape[1] for v in state.params.values()]

        def one(lane: Any, params: Params, memory: Tree, batch: Batch) -> Tensor:
            def field(joined: Tensor) -> Tensor:
                at = dict(zip(params, torch.split(joined, sizes), strict=True))
                here = partial(engine.context, state, lane, "probe", taped=False, memory=memory, batch=Batch(*batch))
                return torch.cat([engine.gradient(at, here(player=p)) for p in params])

            joined = torch.cat(list(params.values()))
            if len(joined) <= self.dense:
                return jacrev(field)(joined)  # type: ignore[no-any-return]
            start = engine.context(state, lane, "probe start", taped=False).rng.normal(len(joined))
            pull = vjp(field, joined)[1]
            return arnoldi(lambda w: pull(w)[0], start, min(self.vectors, len(joined)))

        with torch.no_grad():  # no gradient of the products themselves is needed
            small = engine.map_seeds(one, state.params, state.memory, engine.draw_batch(state, purpose="probe"))
        return eigenvalues(small.double().cpu())


def arnoldi(operator: Operator, start: Tensor, steps: int) -> Tensor:
    """The Hessenberg matrix H [k, k] = QᵀAQ of A on the Krylov space of `start` [n]; two passes of Gram–Schmidt.

    Where that space is exhausted the rest of H is 0, whose eigenvalues are 0. Source: Saad 2011, section 6.2.
    """
    basis = [start / torch.linalg.vector_norm(start)]
    columns = []
    for k in range(steps):
        w = operator(basis[k])
        scale = torch.linalg.vector_norm(w)
        known = torch.stack(basis)  # [k + 1, n]
        first = known @ w
        w = w - first @ known
        second = known @ w
        w = w - second @ known
        left = torch.linalg.vector_norm(w)
        done = left <= 100 * torch.finfo(w.dtype).eps * scale
        column = torch.cat([first + second, torch.where(done, 0.0, left)[None]])  # [k + 2]
        columns.append(torch.cat([column, column.new_zeros(steps - 1 - k)]))
        basis.append(torch.where(done, 0.0, w / torch.where(done, 1.0, left)))
    return torch.stack(columns, 1)[:steps]


def eigenvalues(matrices: Tensor) -> Tensor:
    """Of square matrices [S, k, k], complex [S, k]; not-a-number for a matrix that is not finite."""
    sound = matrices.isfinite().all(-1).all(-1)
    values = torch.linalg.eigvals(matrices.where(sound[:, None, None], torch.zeros(())))
    return torch.where(sound[:, None], values, torch.complex(*torch.full((2,), torch.nan, dtype=torch.float64)))
