"""Cramér GANs: real and fake are compared by the energy distance of what the critic makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from torch import Tensor, nn

from bench.architectures.base import Architecture, Critic, architecture
from bench.data.base import Data
from bench.models.gan import GAN
from bench.plugins.ranges import Count
from bench.training.game import Batch, Params
from bench.training.loss_inputs import AnchoredInputs, safe_norm
from bench.training.nets import Net
from bench.training.rng import Rng


def embedding(arch: Architecture, sample: tuple[int, ...], size: int) -> nn.Module:
    """A critic with `size` outputs in place of one: h(x) [B, size]."""
    module = arch.critic(sample)
    assert isinstance(module, Critic), "every architecture's critic has a head"
    assert isinstance(module.head, nn.Linear), "every architecture's critic ends in one linear layer"
    module.head = type(module.head)(module.head.in_features, size)
    return module


def distances(a: Tensor, b: Tensor) -> Tensor:
    """‖a_i - b_j‖ [n, m] of a [n, k], b [m, k]; gradient 0 where two rows coincide."""
    return safe_norm((a[:, None] - b[None]).flatten(0, 1)).view(len(a), len(b))


@dataclass(frozen=True)
class Embedded(AnchoredInputs):
    """An adversarial game over an embedding."""

    embed: Callable[[Tensor], Tensor]  # x [B, *D] -> h(x) [B, k]


@dataclass(frozen=True, kw_only=True)
class CramerGAN(GAN):
    """D: E f(x̃) - E f(x) with the critic f(x) = E‖h(x) - h(x')‖ - ‖h(x)‖, x' further fakes; G: the energy distance

    2 E‖h(x) - h(x̃)‖ - E‖h(x̃) - h(x̃')‖ between the batches, without the term that G can't change; h is the network of
    `size` outputs, and expectations run over all pairs (without a sample and itself). With `+ gradient_penalty` it is the
    paper's. The anchors x' are noised and augmented as the fakes are. Source: Bellemare et al. 2017, algorithm 1 and appendix C.
    """

    loss: str = field(default="cramer", metadata={"words": lambda: ["cramer"]})
    size: Count = 16

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"size={self.size}: an embedding has at least one coordinate")
        if self.conditional:
            raise ValueError("conditional=True: cramer_gan compares samples across labels; leave it out")

    def make_nets(self, data: Data) -> dict[str, Net]:
        arch = architecture(self.arch, data.shape, "dcgan", self.width, self.depth)
        return super().make_nets(data) | {"D": Net(embedding, arch=arch, sample=data.shape, size=self.size)}

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> Embedded:
        net, generate = self.nets["D"].at(params["D"]), self.nets["G"].at(params["G"])
        z, further = rng.normal(len(batch.x), self.latent), rng.normal(len(batch.x), self.latent)

        def embed(x: Tensor) -> Tensor:
            h: Tensor = net(x)
            return h.reshape(len(x), -1)

        def facing(anchors: Tensor) -> Callable[[Tensor], Tensor]:
            known = embed(anchors)

            def critic(x: Tensor) -> Tensor:
                h = embed(x)
                return distances(h, known).mean(1) - safe_norm(h)

            return critic

        anchors, features = generate(further), partial(net, features=True)
        return Embedded(batch.x, generate(z), facing(anchors), features, z, generate, anchors, facing, embed)

    def objective(self, player: str, inputs: Embedded) -> Tensor:  # type: ignore[override]
        if player == "D":
            return inputs.f.mean() - inputs.r.mean()
        real, fake = inputs.embed(inputs.real), inputs.embed(inputs.fake)
        n = len(fake)
        return 2 * distances(real, fake).mean() - distances(fake, fake).sum() / (n * (n - 1))
