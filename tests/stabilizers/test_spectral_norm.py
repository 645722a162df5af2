"""Spectral normalization against the singular value decomposition and torch's own."""

import torch
from torch import nn

from bench.engine import Engine
from bench.nets import Net
from bench.stabilizers._matrices import matrices
from bench.stabilizers.spectral_norm import SpectralNorm, iterate, sigma
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


def test_normalised_matrices_have_norm_one_after_some_steps():
    for data in (points(), images()):
        engine = Engine(game("gan"), data, [0, 1], [SpectralNorm(players=("G", "D"))], batch=16)
        state = engine.start()
        for _ in range(30):
            state = engine.step(state)
        for lane in range(2):
            at = engine.moment(
                state,
                lane,
                "test",
                memory=tuple({p: {k: u[lane] for k, u in us.items()} for p, us in m.items()} for m in state.memory),
            )
            seen = engine.stack.weights({p: v[lane] for p, v in state.params.items()}, at)
            for player in ("G", "D"):
                for w in matrices(engine.game.nets[player], seen[player]).values():
                    assert 0.98 < float(torch.linalg.matrix_norm(w, 2)) < 1.1


def test_convolutions_are_matrices_by_output():
    net = Net(lambda: nn.Sequential(nn.Conv2d(3, 5, 4), nn.ConvTranspose2d(5, 7, 2), nn.Linear(2, 9)))
    shapes = [tuple(m.shape) for m in matrices(net, net.init(0)).values()]
    assert shapes == [(5, 48), (7, 20), (9, 2)]
