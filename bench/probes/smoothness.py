"""How steep the critic is, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.probes._probe_batches import LossInputsProbe
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs, expand_like, gradient_norm


@dataclass(frozen=True, kw_only=True)
class Smoothness(LossInputsProbe):
    """‖∇ₓD(x)‖₂ of each sample, as the critic's loss sees it, in logits per unit of what is trained on
    (points: a standard deviation of the data).

    slope_real, slope_fake, slope_between: its mean over real samples, fakes, and points drawn uniformly between pairs.
    slope_spread: its standard deviation between; slope_largest: its maximum over all three, a lower bound of the
    critic's Lipschitz constant. On a batch that is not trained on. Source: Gulrajani et al. 2017, section 4.
    """

    columns: ClassVar[tuple[str, ...] | None] = (
        "slope_real",
        "slope_fake",
        "slope_between",
        "slope_spread",
        "slope_largest",
    )
    price: ClassVar[float | None] = 0.6
    inputs_type: ClassVar[type] = AdversarialInputs
    player: ClassVar[str] = "D"

    every: int = 100

    def read(self, inputs: AdversarialInputs, at: StepContext) -> dict[str, Tensor]:
        a = expand_like(at.rng.fork("between").uniform(len(inputs.real)), inputs.real)
        between = gradient_norm(inputs.critic, a * inputs.real + (1 - a) * inputs.fake)
        real, fake = gradient_norm(inputs.critic, inputs.real), gradient_norm(inputs.critic, inputs.fake)
        return {
            "slope_real": real.mean(),
            "slope_fake": fake.mean(),
            "slope_between": between.mean(),
            "slope_spread": between.std(correction=0),
            "slope_largest": real.amax().maximum(fake.amax()).maximum(between.amax()),
        }
