"""How sure the critic is, and whether it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.probes._probe_batches import LossInputsProbe, share
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs

SURE = 0.99


@dataclass(frozen=True, kw_only=True)
class Saturation(LossInputsProbe):
    """The critic's logits r on real and f on fake samples of a batch that is not trained on, as its loss would see them.

    critic_real, critic_fake: mean σ(r), mean σ(f).
    critic_sure_real: share of σ(r) > .99; critic_sure_fake: share of σ(f) < .01.
    critic_accuracy: ½ (share of r > 0 + share of f < 0).
    critic_sign: E sign(r), 0 for a critic that guesses and 1 for one that knows its data (Karras et al. 2020, ADA, eq. 1).
    critic_gap: mean r - mean f, in logits.
    """

    columns: ClassVar[tuple[str, ...] | None] = (
        "critic_real",
        "critic_fake",
        "critic_sure_real",
        "critic_sure_fake",
        "critic_accuracy",
        "critic_sign",
        "critic_gap",
    )
    price: ClassVar[float | None] = 0.3
    inputs_type: ClassVar[type] = AdversarialInputs
    player: ClassVar[str] = "D"

    def read(self, inputs: AdversarialInputs, at: StepContext) -> dict[str, Tensor]:
        r, f = inputs.r, inputs.f
        return {
            "critic_real": r.sigmoid().mean(),
            "critic_fake": f.sigmoid().mean(),
            "critic_sure_real": share(r.sigmoid() > SURE),
            "critic_sure_fake": share(f.sigmoid() < 1 - SURE),
            "critic_accuracy": 0.5 * (share(r > 0) + share(f < 0)),
            "critic_sign": r.sign().mean(),
            "critic_gap": r.mean() - f.mean(),
        }
