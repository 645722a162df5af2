"""Stabilizers that rebuild networks."""

import pytest
import torch
from torch import nn

from bench.architectures.base import Critic
from bench.stabilizers._dropping import Drop, masks
from bench.stabilizers.diffusion_gan import DiffusionGAN, remaining
from bench.stabilizers.dropout import Dropout
from bench.stabilizers.gdpp import GDPP, spectrum
from bench.stabilizers.minibatch_discrimination import Closeness
from bench.stabilizers.minibatch_stddev import Deviation, MinibatchStddev
from bench.stabilizers.progressive_growing import ProgressiveGrowing
from bench.stabilizers.self_conditioning import TRUST, SelfConditioning
from bench.training.engine import Engine
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net
from tests.laws.cases import game, images, points, run
from tests.stabilizers.contexts import adversarial_inputs, context, rng


def test_closeness_by_hand():
    layer = Closeness(1, 1, 1)
    with torch.no_grad():
        layer.t.fill_(2.0)
    out = layer(torch.tensor([[0.0], [1.0], [1.0]]))
    near = torch.exp(torch.tensor(-2.0))
    torch.testing.assert_close(out[:, 1], torch.stack([2 * near, 1 + near, 1 + near]))


def test_deviation_by_hand():
    out = Deviation()(torch.tensor([[0.0, 5.0], [2.0, 5.0]]))
    torch.testing.assert_close(out[:, 2], torch.full((2,), 0.5), atol=1e-4, rtol=0)


def test_an_alien_critic_is_refused():
    class Alien(Critic):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Identity(), nn.Sequential(nn.Linear(2, 1))

    with pytest.raises(ValueError, match="one linear layer"):
        MinibatchStddev().nets({"D": Net(Alien)}, game("gan"))


def noised(t_most: float, n: int = 40_000) -> tuple[AdversarialInputs, AdversarialInputs]:
    levels = {}

    def critic(x, t=None):
        levels["t"] = t
        return x[:, 0]

    plain = adversarial_inputs(torch.ones(n, 2), torch.zeros(n, 2), critic, critic)
    part = DiffusionGAN(std=0.5, least=t_most, most=t_most)
    inputs = part.loss_inputs(plain, context(memory=torch.tensor(t_most)))
    assert inputs.r.shape == (n,)
    return inputs, levels["t"]


def test_diffusion_gan_shows_each_sample_at_the_level_it_is_told():
    inputs, t = noised(400.0)
    step = (t * 1000).round().long()
    assert float((step == 0).float().mean()) == pytest.approx(0.5, abs=0.01)
    assert int(step.max()) == 400
    kept = remaining(inputs.real)
    late = step > 300
    torch.testing.assert_close(inputs.real[~(step > 0)], torch.ones(int((step == 0).sum()), 2))
    assert float((inputs.real[late, 0] - kept[step[late]].sqrt()).mean()) == pytest.approx(0, abs=0.02)
    spread = (inputs.fake[late, 0] / (1 - kept[step[late]]).sqrt()).std()
    assert float(spread) == pytest.approx(0.5, rel=0.05)


def test_the_chain_is_that_of_ddpm():
    kept = remaining(torch.zeros(1).double())
    assert float(kept[0]) == 1
    assert float(kept[1]) == pytest.approx(1 - 1e-4)
    assert float(kept[1000]) == pytest.approx(4.0e-5, rel=0.02)


@pytest.mark.parametrize(("sign", "expected"), [(0.9, 50.25), (0.1, 49.75)])
def test_levels_adapt(sign, expected):
    at = context(collected={"D": torch.tensor(sign)})
    assert float(DiffusionGAN().update_memory(torch.tensor(50.0), {}, at)) == pytest.approx(expected)


@pytest.mark.parametrize(("word", "data"), [("mlp", points()), ("dcgan", images())], ids=["mlp", "dcgan"])
def test_unborn_stages_do_not_move_and_do_not_matter(word, data):
    part = ProgressiveGrowing(every=4, fade=1.0)
    engine = Engine(game("gan", arch=word, depth=3 if word == "mlp" else 1), data, [0], [part], batch=8, mapping="loop")
    start = engine.init_state()
    state = run(engine, 3, start)
    for player in ("G", "D"):
        net = engine.game.nets[player]
        before, after = net.unravel(start.params[player][0]), net.unravel(state.params[player][0])
        born = {"mlp": ("body.first", "head"), "dcgan": ("stem", "body.images.0", "body.entries.0", "head")}[word]
        for name in before:
            assert torch.equal(before[name], after[name]) == (not name.startswith(born)), name
    grown = run(engine, 12, state)
    moved = engine.game.nets["G"].unravel(grown.params["G"][0])
    later = "body.later.0.0.weight" if word == "mlp" else "body.blocks.0.0.weight"
    assert not torch.equal(moved[later], engine.game.nets["G"].unravel(start.params["G"][0])[later])


def test_a_grown_network_is_the_plain_one():
    """With all stages opaque, the layers of the architecture are all that is left."""
    for word, data in (("mlp", points()), ("dcgan", images())):
        chosen = game("gan", arch=word)
        plain = chosen.build(data).nets["D"]
        grown = ProgressiveGrowing().nets({"D": plain}, chosen)["D"]
        x, weights = data.x[:5], plain.unravel(plain.init(3))
        theirs = grown.unravel(grown.init(4))
        own = [n for n in theirs if "entries" not in n and "opacity" not in n]
        assert [theirs[n].shape for n in own] == [w.shape for w in weights.values()]
        renamed = (
            theirs
            | dict(zip(own, weights.values(), strict=True))
            | {"body.opacity": torch.ones_like(theirs["body.opacity"])}
        )
        torch.testing.assert_close(grown(grown.ravel(renamed), x), plain(plain.init(3), x))


def test_stages_fade_in():
    part = ProgressiveGrowing(every=10, fade=0.5)
    net = part.nets({"D": game("gan", depth=3).build(points()).nets["D"]}, game("gan"))["D"]
    holder = type("Engine", (), {"game": type("Game", (), {"nets": {"D": net}})})()
    for step, expected in ((0, [0, 0]), (10, [0, 0]), (12, [0.4, 0]), (15, [1, 0]), (25, [1, 1])):
        theta = part.params_in_loss({"D": net.init(0)}, context(step=step, engine=holder))["D"]
        torch.testing.assert_close(net.unravel(theta)["body.opacity"], torch.tensor(expected, dtype=torch.float32))


@pytest.mark.parametrize(("model", "arch"), [("ddpm", "mlp"), ("ddpm", "dcgan"), ("edm", "resnet"), ("flow", "unet")])
def test_dropout_is_for_training(model, arch):
    data = points() if arch == "mlp" else images()
    engine = Engine(
        game(model, arch=arch, depth=0 if arch != "mlp" else 2), data, [0], [Dropout(rate=0.5)], batch=8, mapping="loop"
    )
    state = engine.init_state()
    params, batch = {p: v[0] for p, v in state.params.items()}, engine.draw_batch(state)
    at = engine.context(state, 0, "test", player="net", batch=type(batch)(batch.x[0]))
    bare = engine.game.loss_inputs("net", params, at.batch, at.rng.fork("game"))
    shown = [Dropout(rate=0.5).loss_inputs(bare, engine.context(state, 0, f"test{k}", player="net")) for k in range(2)]
    guesses = [bare.guess, *(inputs.guess for inputs in shown)]
    assert not torch.equal(guesses[0], guesses[1])
    assert not torch.equal(guesses[1], guesses[2])
    assert torch.equal(bare.network(bare.x_t, bare.t), bare.guess)


def test_dropout_keeps_the_mean():
    layer = Drop(0.3)
    with masks(layer, rng()):
        out = layer(torch.ones(100, 1000))
    assert sorted(out.unique().tolist()) == pytest.approx([0, 1 / 0.7])
    assert float(out.mean()) == pytest.approx(1, abs=0.01)


def test_self_conditioning_shows_the_first_guess():
    engine = Engine(game("ddpm"), points(), [0], [SelfConditioning()], batch=8)
    net = engine.game.nets["net"]
    theta = net.init(0)
    x, t = points().x[:5], torch.full((5,), 0.3)
    inner = net.module.denoiser

    def by_hand(trust):
        with torch.no_grad():
            for (name, p), value in zip(net.module.named_parameters(), net.unravel(theta).values(), strict=True):
                p.copy_(value if name != TRUST else torch.tensor(trust))
            first = inner(torch.cat([x, torch.zeros_like(x)], 1), t)
            return inner(torch.cat([x, trust * first], 1), t)

    for trust in (0.0, 1.0):
        weights = net.unravel(theta) | {TRUST: torch.tensor(trust)}
        torch.testing.assert_close(net(net.ravel(weights), x, t), by_hand(trust))
    assert not torch.equal(by_hand(0.0), by_hand(1.0))


def test_the_coin_is_fair_and_sampling_always_looks_twice():
    engine = Engine(game("ddpm"), points(), [0], [SelfConditioning()], batch=8)
    net, part, state = engine.game.nets["net"], SelfConditioning(), engine.init_state()
    params = {"net": state.params["net"][0]}

    def trust(player, k):
        at = engine.context(state, 0, f"coin{k}", player=player, taped=False)
        return float(net.unravel(part.params_in_loss(params, at)["net"])[TRUST])

    assert sum(trust("net", k) for k in range(400)) == pytest.approx(200, abs=50)
    assert {trust("", k) for k in range(20)} == {1.0}


def test_gdpp_of_equal_batches_is_minus_the_scaled_spectrum():
    inputs = adversarial_inputs(rng(1).normal(6, 9), rng(1).normal(6, 9), features=lambda x: x)
    values, _ = spectrum(inputs.real)
    scaled = (values - values.min()) / (values.max() - values.min())
    found = GDPP().loss(torch.zeros(()), inputs, context("G"))
    torch.testing.assert_close(found, -scaled.sum(), rtol=1e-4, atol=1e-4)


def test_the_gradient_of_a_spectrum_is_that_of_torch():
    x = rng(2).normal(6, 9).double()

    def plain(x):
        phi = nn.functional.normalize(x, dim=1)
        return torch.linalg.eigh(phi @ phi.t())

    def answer(decompose):
        def number(x):
            values, vectors = decompose(x)
            return values.cumsum(0).sin().sum() + (vectors.square() * torch.arange(6)).cumsum(0).sin().sum()

        return torch.func.grad(number)(x)

    torch.testing.assert_close(answer(spectrum), answer(plain), rtol=1e-2, atol=1e-2)


def test_equal_fakes_have_a_finite_gradient():
    inputs = adversarial_inputs(rng(1).normal(6, 9), features=lambda x: x)
    slope = torch.func.grad(
        lambda x: GDPP().loss(torch.zeros(()), adversarial_inputs(inputs.real, x, features=lambda x: x), context("G"))
    )
    assert slope(torch.ones(6, 9)).isfinite().all()
