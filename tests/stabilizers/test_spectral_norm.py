"""Spectral normalization against the singular value decomposition and torch's own."""

import torch
from torch import nn
from torch.utils import _pytree as pytree

from bench.stabilizers._matrices import matrices
from bench.stabilizers.spectral_norm import SpectralNorm, iterate, sigma
from bench.training.engine import Engine
from bench.training.nets import Net
from tests.laws.cases import game, images, points


def test_a_known_matrix():
    w, u = torch.diag(torch.tensor([1.0, 7.0, 2.0])), torch.ones(3) / 3**0.5
    for _ in range(30):
        u = iterate(w, u)
    torch.testing.assert_close(sigma(w, u), torch.tensor(7.0))


def test_its_gradient_is_the_outer_product_of_the_singular_vectors():
    w = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).double()
    left, _, right = torch.linalg.svd(w)
    torch.testing.assert_close(torch.func.grad(sigma)(w, left[:, 0]), torch.outer(left[:, 0], right[0]))


def test_one_step_equals_torch():
    layer = nn.Linear(6, 4).double()
    torch.nn.init.normal_(layer.weight, generator=torch.Generator().manual_seed(1))
    w = layer.weight.detach().clone()
    reference = nn.utils.parametrizations.spectral_norm(layer, eps=0.0)
    u = reference.parametrizations.weight[0]._u.clone()
    torch.testing.assert_close(w / sigma(w, iterate(w, u)), reference.weight.detach())


def test_normalised_matrices_have_norm_one_once_the_weights_stand_still():
    """After k power iterations σ̂ is at least (1 - O(log n / k)) σ, however close the singular values; it is never above σ."""
    for data in (points(), images()):
        engine = Engine(game("gan"), data, [0, 1], [SpectralNorm(players=("G", "D"))], batch=16)
        state = engine.init_state()
        for _ in range(30):
            state = engine.step(state)
        params, memory = ({p: v[1] for p, v in state.params.items()}, pytree.tree_map(lambda u: u[1], state.memory))
        for _ in range(200):
            memory = engine.stack.update_memory(memory, params, engine.context(state, 1, "test", memory=memory))
        seen = engine.stack.params_in_loss(params, engine.context(state, 1, "test", memory=memory))
        for player in ("G", "D"):
            for w in matrices(engine.game.nets[player], seen[player]).values():
                assert 0.9999 < float(torch.linalg.matrix_norm(w, 2)) < 1.02


def test_convolutions_are_matrices_by_output():
    net = Net(lambda: nn.Sequential(nn.Conv2d(3, 5, 4), nn.ConvTranspose2d(5, 7, 2), nn.Linear(2, 9)))
    shapes = [tuple(m.shape) for m in matrices(net, net.init(0)).values()]
    assert shapes == [(5, 48), (7, 20), (9, 2)]
