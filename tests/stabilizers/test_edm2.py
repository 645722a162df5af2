"""Post-hoc averages against averages that were kept; uncertainty against the error that it should find."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.models.edm import EDM
from bench.stabilizers.posthoc_ema import PosthocEMA, inner
from bench.stabilizers.power_ema import PowerEMA
from bench.stabilizers.uncertainty import Uncertainty
from bench.training.engine import Engine
from tests.laws.cases import points
from tests.stabilizers.contexts import context

STEPS = 600


def walk() -> Tensor:
    """A random walk of five weights [STEPS + 1, 5]."""
    return torch.randn(STEPS + 1, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).cumsum(0)


def served(part: Any, thetas: Tensor) -> Tensor:
    memory = part.init_memory(None, {"net": thetas[0]})
    for k, theta in enumerate(thetas[1:]):
        memory = part.update_memory(memory, {"net": theta}, context(step=k))
    found: Tensor = part.eval_params({"net": thetas[-1]}, replace(context(step=len(thetas) - 1), memory=memory))["net"]
    return found


@pytest.mark.parametrize("sigma_rel", [0.03, 0.07, 0.15, 0.2])
def test_a_width_that_was_not_kept_is_put_together(sigma_rel: float) -> None:
    """To a twentieth of what lies between it and a width that was kept; of those to rounding."""
    thetas = walk()
    direct, found = served(PowerEMA(sigma_rel), thetas), served(PosthocEMA(sigma_rel, every=30, snapshots=20), thetas)
    kept = min((served(PowerEMA(s), thetas) - direct).norm() for s in (0.05, 0.1))
    assert (found - direct).norm() < 0.05 * kept


def test_a_width_that_was_kept_is_itself() -> None:
    thetas = walk()
    for sigma_rel in (0.05, 0.1):
        found = served(PosthocEMA(sigma_rel, every=50, snapshots=8), thetas)
        torch.testing.assert_close(found, served(PowerEMA(sigma_rel), thetas), rtol=1e-4, atol=1e-3)


def test_shares_sum_to_one_and_none_go_to_what_is_not_there() -> None:
    ends, step = torch.tensor([0.0, 40, 80, 0, 100], dtype=torch.float64), torch.tensor(100.0, dtype=torch.float64)
    shares = PosthocEMA(0.15).shares(ends, step)
    assert shares.sum().item() == pytest.approx(1)
    assert (shares[[0, 3, 5, 8]] == 0).all()
    assert served(PosthocEMA(), walk()[:1]).equal(walk()[0])  # before the first step


def test_inner_products_of_profiles() -> None:
    k = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 1000
    a, b, g, h = (torch.tensor(v, dtype=torch.float64) for v in (150.0, 200.0, 7.0, 17.0))
    p = torch.where(k < a, (g + 1) * k**g / a ** (g + 1), 0.0)
    q = torch.where(k < b, (h + 1) * k**h / b ** (h + 1), 0.0)
    assert inner(a, g, b, h).item() == pytest.approx(float((p * q).sum() / 1000), rel=1e-6)
    assert inner(b, h, a, g).item() == pytest.approx(inner(a, g, b, h).item())


def test_uncertainty_finds_the_error_of_its_levels() -> None:
    """Of a denoiser that stands still: u comes to the logarithm of the loss, and the loss to 1 + u on average."""
    engine = Engine(
        EDM(width=8, depth=1), points(), [0], [Uncertainty()], batch=64, mapping="loop", dtype=torch.float64
    )
    theta = engine.init_state().params["net"][0]
    part = engine.stack.parts[0]
    assert isinstance(part, Uncertainty)
    at = engine.context(engine.init_state(), 0, "x", player="net", params={"net": theta})
    batch = engine.draw_batch(engine.init_state(), n=4096)
    inputs = engine.game.loss_inputs("net", {"net": theta}, batch._replace(x=batch.x[0], y=()), at.rng)
    plain = engine.game.objective("net", inputs).detach()
    net = engine.game.nets["net"]
    weights = torch.zeros(10, dtype=torch.float64, requires_grad=True)
    fit = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        mine = replace(at, params={"net": net.ravel({**net.unravel(theta), "uncertainty": weights})})
        return part.loss(plain, inputs, mine)

    def closure() -> Tensor:
        fit.zero_grad()
        value = loss()
        value.backward()
        return value

    assert loss().item() == pytest.approx(plain.item(), rel=1e-12)  # u starts at 0
    fit.step(closure)  # type: ignore[no-untyped-call]
    mine = replace(at, params={"net": net.ravel({**net.unravel(theta), "uncertainty": weights.detach()})})
    u = part.log_variance(inputs.t, mine)
    weighted = (inputs.weight(inputs.t) * inputs.error).detach()
    assert (weighted * (-u).exp()).mean().item() == pytest.approx(1, abs=1e-4)
    assert loss().item() == pytest.approx(1 + u.mean().item(), abs=1e-4) != pytest.approx(1 + log(plain.item()))
    low = inputs.t < inputs.t.median()
    for half in (low, ~low):
        assert u[half].exp().mean().item() == pytest.approx(weighted[half].mean().item(), rel=0.15)
