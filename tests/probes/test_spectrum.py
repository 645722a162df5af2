"""The matrix-free spectrum against the dense one, and Arnoldi's method against matrices whose eigenvalues are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bench.data.base import Data
from bench.models.bilinear import Bilinear, singular_values
from bench.models.gan import GAN
from bench.probes.spectrum import Spectrum, arnoldi, eigenvalues
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.training.engine import Engine
from tests.theory.play import machine, run


def test_arnoldi_finds_all_of_a_small_matrix() -> None:
    matrix = torch.randn(9, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    small = arnoldi(lambda w: matrix @ w, torch.ones(9, dtype=torch.float64), 9)
    found, exact = eigenvalues(small[None])[0], torch.linalg.eigvals(matrix)
    gaps = (found[:, None] - exact[None]).abs()
    assert gaps.amin(0).max() < 1e-9
    assert gaps.amin(1).max() < 1e-9


def test_arnoldi_stops_where_the_space_is_exhausted() -> None:
    """Two different eigenvalues: two vectors hold everything, and the rest is zero."""
    matrix = torch.diag(torch.tensor([2.0, 2.0, 5.0, 5.0], dtype=torch.float64))
    small = arnoldi(lambda w: matrix @ w, torch.ones(4, dtype=torch.float64), 4)
    assert sorted(eigenvalues(small[None])[0].real.round(decimals=9).tolist()) == [0, 0, 2, 5]


def test_a_matrix_that_is_not_finite_has_no_eigenvalues() -> None:
    matrices = torch.stack([torch.eye(2), torch.full((2, 2), torch.inf)]).double()
    found = eigenvalues(matrices)
    assert found[0].real.tolist() == [1, 1]
    assert bool(found[1].real.isnan().all())


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_matrix_free_equals_dense(mapping: str) -> None:
    """The outer eigenvalues of a small GAN with a gradient penalty, every seed's own."""
    engine = machine(GAN(width=6, depth=2, latent=2), GradientPenalty(0.1), dim=2, seeds=2, batch=32, mapping=mapping)
    state = run(engine, 3)
    dense, free = Spectrum(dense=10_000), Spectrum(dense=0, vectors=60)
    exact, found = dense.measure(engine, state), free.measure(engine, state)
    for name in ("spectrum_max_re", "spectrum_max_im", "spectrum_min_re"):
        torch.testing.assert_close(
            found[name], exact[name], rtol=1e-4, atol=1e-4 * float(exact["spectrum_max_re"].max())
        )


def test_convolutions() -> None:
    """A GAN on images: mapped at once or in turn, the same outer eigenvalues."""
    x = torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    found = []
    for mapping in ("vmap", "loop"):
        engine = Engine(GAN(width=4), Data(x, x), [0, 1], batch=8, mapping=mapping, dtype=torch.float64)
        found.append(Spectrum(vectors=6).measure(engine, engine.init_state()))
    for name, values in found[0].items():
        torch.testing.assert_close(values, found[1][name], rtol=1e-6, atol=1e-8)


def test_a_game_that_only_turns() -> None:
    """The bilinear game's eigenvalues are ±i s: no real part, nothing detached."""
    engine = machine(Bilinear(scale=2.0, condition=8.0), dim=4, seeds=1)
    found = Spectrum().eigenvalues(engine, engine.init_state())[0]
    expected = sorted(singular_values(4, 2.0, 8.0) * 2)
    assert sorted(found.imag.abs().tolist()) == pytest.approx(expected, rel=1e-9)
    assert found.real.abs().max() < 1e-12


def test_a_dead_seed_has_no_spectrum() -> None:
    engine = machine(GAN(width=6, depth=2, latent=2), dim=2, seeds=2, batch=8)
    state = engine.init_state()
    broken = {p: v.clone() for p, v in state.params.items()}
    broken["G"][1] = torch.nan
    found = Spectrum().measure(engine, replace(state, params=broken))
    clean = Spectrum().measure(engine, state)
    for name in clean:
        assert torch.equal(found[name][:1], clean[name][:1])
        assert bool(found[name][1].isnan())
