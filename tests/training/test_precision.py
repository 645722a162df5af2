"""What products of matrices are rounded to: errors of the size that is said, and nothing else is rounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.utils import _pytree as pytree

from bench.training.engine import Engine
from bench.training.precision import PRECISIONS, arithmetic, rounded
from bench.training.rng import NoiseTape
from tests.laws.cases import bits_agree, engine, game, images, methods, points, run

SEEDS = [3, 5]
CASES = {
    "perceptrons": ("gan", points, {}),
    "convolutions": ("gan", images, {"arch": "dcgan"}),
    "unet": ("ddpm", images, {}),
}


def slope(case: str, precision: str, mapping: str = "vmap") -> torch.Tensor:
    model, data, options = CASES[case]
    known = PRECISIONS[precision]
    machine = Engine(game(model, **options), data(), SEEDS, batch=32, mapping=mapping, **known._asdict())  # type: ignore[arg-type]
    machine.noise = NoiseTape(SEEDS, machine.device, known.dtype)
    state = machine.init_state()
    grads = machine.game_gradient(state, machine.draw_batch(state), machine.game.players).grads
    return torch.cat([g.double() for g in grads.values()], 1)


def error(case: str, precision: str, mapping: str = "vmap") -> float:
    exact = slope(case, "float64")
    return float((slope(case, precision, mapping) - exact).norm() / exact.norm())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_bfloat16_rounds_to_seven_bits(case: str, mapping: str) -> None:
    """A factor's relative error is at most 2⁻⁸."""
    assert error(case, "float32", mapping) < 1e-5
    assert 5e-4 < error(case, "bfloat16", mapping) < 5e-2


def test_a_cpu_has_no_tf32() -> None:
    assert torch.equal(slope("convolutions", "tf32"), slope("convolutions", "float32"))


@pytest.mark.parametrize(("game", "data", "parts"), methods())
def test_all_else_stays_what_it_is(game: Any, data: Any, parts: Any) -> None:
    """Weights, memories, losses and samples are float32 under every stabilizer, and training goes on."""
    machine = engine((game, data, parts), SEEDS, products="bfloat16")
    start = machine.init_state()
    state = run(machine, 2, start)
    before, after = (
        [x.dtype for x in pytree.tree_leaves(vars(replace(state, collected={})))] for state in (start, state)
    )
    assert before == after
    assert machine.sample(state, 4).dtype is torch.float32


def test_products_alone_are_rounded() -> None:
    x = torch.tensor([[1.0 + 2**-12]])
    with rounded("bfloat16"):
        assert (x @ torch.ones(1, 1)).item() == torch.nn.functional.linear(x, torch.ones(1, 1)).item() == 1
        assert (x @ torch.ones(1, 1)).dtype is torch.float32
        assert (x * 1.0).item() == x.item()
        assert (x.double() @ torch.ones(1, 1, dtype=torch.float64)).item() == x.item()
    with rounded("tf32"):
        assert (x @ torch.ones(1, 1)).item() == x.item()


def test_a_gpus_settings_are_given_back() -> None:
    """Within, kernels are deterministic and round as is said; without, as whoever runs this has it."""
    cuda, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    conv: Any = cudnn.conv  # type: ignore[attr-defined]

    def settings() -> tuple[Any, ...]:
        return cuda.fp32_precision, conv.fp32_precision, torch.are_deterministic_algorithms_enabled(), cudnn.benchmark

    before = settings()
    for products, rounding in (("exact", "ieee"), ("tf32", "tf32"), ("bfloat16", "ieee")):
        with arithmetic(products, torch.device("cuda")):  # type: ignore[arg-type]
            assert settings() == (rounding, rounding, True, False)
        assert settings() == before
    with arithmetic("exact", torch.device("cpu")):
        assert settings() == before


def test_precision_is_part_of_the_engine_and_not_of_the_noise() -> None:
    one, other = (engine((game("gan"), points(), ()), SEEDS, products=p) for p in ("exact", "bfloat16"))
    first, second = one.init_state(), other.init_state()
    assert bits_agree(first, second)
    assert torch.equal(one.draw_batch(first).x, other.draw_batch(second).x)
