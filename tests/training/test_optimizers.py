"""Optimizers that are altered, against the optimizer they should be."""

from __future__ import annotations

from math import cos, pi

import pytest
import torch
from torch import Tensor

from bench.models.dirac import Dirac
from bench.models.gan import GAN
from bench.stabilizers._jacobian import pull, push
from bench.stabilizers.adaptive_clip import AdaptiveClip
from bench.stabilizers.competitive import least_squares
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.n_critic import NCritic
from bench.stabilizers.negative_momentum import NegativeMomentum
from bench.stabilizers.optimistic import Optimistic
from bench.stabilizers.schedule import Schedule
from bench.stabilizers.simultaneous import Simultaneous
from bench.stabilizers.ttur import TTUR
from bench.training import optimizers
from bench.training.engine import Engine
from bench.training.game import Params
from bench.training.hooks import Stabilizer
from bench.training.optimizers import Optimizer
from tests.laws.cases import points
from tests.theory.play import machine


def deltas(transform: Optimizer, grads: list[Tensor]) -> list[Tensor]:
    """The steps that an optimizer makes of these gradients."""
    theta = torch.zeros_like(grads[0])
    memory, found = transform.init(theta), []
    for grad in grads:
        delta, memory = transform.update(grad, memory, theta)
        found.append(delta)
    return found


def noise(steps: int, n: int = 6) -> list[Tensor]:
    return list(torch.randn(steps, n, generator=torch.Generator().manual_seed(3), dtype=torch.float64))


def test_negative_momentum_is_heavy_ball() -> None:
    """Around gradient descent it is torch's own momentum (which leaves the sign to the user)."""
    grads = noise(12)
    theta = torch.zeros(6, dtype=torch.float64, requires_grad=True)
    other = torch.optim.SGD([theta], lr=0.1)
    other.param_groups[0]["momentum"] = -0.4  # the constructor refuses a negative one
    mine = torch.zeros(6, dtype=torch.float64)
    for delta, grad in zip(
        deltas(NegativeMomentum(-0.4).optimizer(optimizers.sgd(0.1), "x"), grads), grads, strict=True
    ):
        mine = mine + delta
        theta.grad = grad.clone()
        other.step()
        torch.testing.assert_close(mine, theta.detach(), rtol=1e-13, atol=1e-14)


def test_optimistic_around_adam() -> None:
    """δ'_t = 2 δ_t - δ_{t-1} of Adam's own steps: they telescope, so θ_T = Σ δ_t + δ_T."""
    grads = noise(10)
    plain, bold = (
        deltas(optimizers.adam(0.01), grads),
        deltas(Optimistic().optimizer(optimizers.adam(0.01), "x"), grads),
    )
    torch.testing.assert_close(sum(bold), sum(plain) + plain[-1], rtol=1e-12, atol=1e-14)


def test_two_time_scales() -> None:
    """One simultaneous step from one point: D moves `ratio` times as far, G as before."""
    plain, scaled = (machine(Dirac(), *parts, Simultaneous()) for parts in ((), (TTUR(ratio=4.0),)))
    start = plain.init_state()
    a, b = plain.step(start), scaled.step(scaled.init_state())
    assert torch.equal(a.params["G"], b.params["G"])
    moved, ahead = a.params["D"] - start.params["D"], b.params["D"] - start.params["D"]
    torch.testing.assert_close(ahead, 4 * moved, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("constant", [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1]),
        ("linear", [0.25, 0.5, 0.75, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2]),
        ("cosine", [0.25, 0.5, 0.75, 1] + [0.2 + 0.4 * (1 + cos(pi * t / 4)) for t in range(5)] + [0.2, 0.2]),
        ("inverse_sqrt", [0.25, 0.5, 0.75, 1] + [0.2 + 0.8 * (4 / (4 + t)) ** 0.5 for t in range(6)]),
    ],
)
def test_schedules(shape: str, expected: list[float]) -> None:
    """Four steps of warm-up, four of decay to a fifth."""
    schedule = Schedule(shape=shape, steps=4, warmup=4, floor=0.2)
    found = [float(schedule.learning_rate(torch.tensor(step), "G")) for step in range(len(expected))]
    assert found == pytest.approx(expected, rel=1e-12)


def test_cosine_is_torchs() -> None:
    other = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(other, T_max=7)
    schedule = Schedule(shape="cosine", steps=7)
    for step in range(8):
        assert float(schedule.learning_rate(torch.tensor(step), "G")) == pytest.approx(
            reference.get_last_lr()[0], abs=1e-6
        )
        other.step()
        reference.step()


@pytest.mark.parametrize(
    "rule", [(), (NCritic(5),), (Extragradient(),)], ids=["alternating", "n_critic", "extragradient"]
)
def test_schedules_follow_steps_and_not_moves(rule: tuple[Stabilizer, ...]) -> None:
    """A critic that moves five times a step, and players that move twice, are not frozen before the end of the schedule."""
    parts = (*rule, Schedule(shape="linear", steps=10))
    state = (engine := Engine(GAN(width=8, depth=1, optimizer="sgd"), points(), [0], parts, batch=8)).init_state()
    for step in range(11):
        before, state = state, engine.step(state)
        moved = {p: float((state.params[p] - before.params[p]).abs().max()) for p in state.params}
        assert all((way > 0) == (step < 10) for way in moved.values()), (step, moved)


def test_schedule_rejects_unknown_shapes() -> None:
    with pytest.raises(ValueError, match="shape=cosin is none of"):
        Schedule(shape="cosin")


def zclip(norms: list[float], limit: float, decay: float, warmup: int) -> list[float]:
    """ZClip on numbers, as the paper writes it."""
    mean, var, passed = 0.0, 0.0, []
    for t, norm in enumerate(norms):
        if t < warmup:
            passed.append(norm)
            mean = sum(passed) / len(passed)
            var = sum((n - mean) ** 2 for n in passed) / len(passed)
            continue
        z = (norm - mean) / var**0.5
        out = mean + limit**2 / z * var**0.5 if z > limit else norm
        passed.append(out)
        mean = decay * mean + (1 - decay) * out
        var = decay * var + (1 - decay) * (out - mean) ** 2
    return passed


def test_adaptive_clipping_is_zclip() -> None:
    """Norms around 1 with spikes of 20: the spikes are shortened, the rest passes."""
    norms = (1 + 0.1 * torch.randn(60, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).abs()
    norms[[35, 50]] = 20.0
    found = deltas(AdaptiveClip(warmup=10).optimizer(optimizers.sgd(1.0), "x"), [n[None] for n in norms])
    expected = zclip(norms.tolist(), 2.5, 0.97, 10)
    assert [-float(d) for d in found] == pytest.approx(expected, rel=1e-9)
    assert expected[35] < 2
    assert expected[34] == norms[34]


def test_adaptive_clipping_hides_no_divergence() -> None:
    grads = [torch.ones(1) * (1 + 0.1 * k) for k in range(5)] + [torch.tensor([torch.nan])]
    assert bool(deltas(AdaptiveClip(warmup=3).optimizer(optimizers.sgd(1.0), "x"), grads)[-1].isnan())


def test_jacobian_products() -> None:
    """Of a field that is nobody's gradient, against the Jacobian itself."""

    def field(w: Params) -> Params:
        return {"a": w["a"].square() * w["b"].sum(), "b": w["b"].sin() + w["a"][:1]}

    point = {"a": torch.tensor([1.0, 2.0]).double(), "b": torch.tensor([0.3, -0.4]).double()}
    w = {"a": torch.tensor([0.5, -1.0]).double(), "b": torch.tensor([2.0, 0.1]).double()}
    flat = torch.cat(list(point.values()))
    full = torch.func.jacrev(lambda v: torch.cat(list(field({"a": v[:2], "b": v[2:]}).values())))(flat)
    joined = torch.cat(list(w.values()))
    torch.testing.assert_close(torch.cat(list(push(field, point, w).values())), full @ joined)
    torch.testing.assert_close(torch.cat(list(pull(field, point, w).values())), full.T @ joined)


def test_least_squares_solves_and_stays_there() -> None:
    """Four steps solve four equations; ten change nothing, and nothing divides by zero."""
    matrix = torch.randn(4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 3 * torch.eye(4)
    b = torch.arange(1.0, 5.0).double()
    for steps in (4, 10):
        x = least_squares(lambda w: {"x": matrix @ w["x"]}, lambda w: {"x": matrix.T @ w["x"]}, {"x": b}, steps)["x"]
        torch.testing.assert_close(matrix @ x, b, rtol=1e-8, atol=1e-8)
    zero = {"x": torch.zeros(4).double()}
    assert torch.equal(least_squares(lambda w: w, lambda w: w, zero, 3)["x"], zero["x"])
