"""Files of plugins as they lie beside a suite, and a suite that uses them."""

from __future__ import annotations

import textwrap
from pathlib import Path

STABILIZER = """
    from dataclasses import dataclass
    from bench.plugins.ranges import NonNegative
    from bench.training.hooks import Stabilizer
    from bench.training.loss_inputs import AdversarialInputs
    from strength import STRENGTH

    @dataclass(frozen=True)
    class InputDecay(Stabilizer):
        '''loss_D + weight · E[D(x)² + D(x̃)²]. Source: Karras et al. 2018, appendix A.1.'''
        weight: NonNegative = 0.001
        inputs_type = AdversarialInputs

        def loss(self, loss, inputs, at):
            drift = inputs.r.square().mean() + inputs.f.square().mean()
            return loss + STRENGTH * self.weight * drift if at.player == "D" else loss
"""
METRIC = """
    from dataclasses import dataclass
    from bench.metrics.base import Metric

    @dataclass(frozen=True, kw_only=True)
    class MeanGap(Metric):
        '''‖E x − E x̃‖₂ in the units of the data.'''
        n: int = 100
        higher_is_better = False
        bounds = (0.0, float("inf"))

        def names(self):
            return ("mean_gap",)

        def reference(self, data):
            return data.held_out.double().flatten(1).mean(0)

        def measure(self, fake, real):
            return {"mean_gap": (fake.double().flatten(2).mean(1) - real).norm(dim=1)}
"""
NET = """
    from dataclasses import dataclass
    from bench.architectures.mlp import MLP

    @dataclass(frozen=True, kw_only=True)
    class Narrow(MLP):
        '''A perceptron of 4 units.'''
        width: int = 4
"""
SUITE = """
suite: own
seeds: 2
plugins: [my_stabilizers.py]
train: {steps: 4, batch: 8}
datasets: {ring8: "ring(n=200, held_out=100)"}
methods:
  GAN: gan(width=8) + input_decay(weight=0.1)
  NET: gan(arch=nets.narrow:Narrow) + my_stabilizers:InputDecay(weight=1)
metrics: [mean_gap]
"""


def own(folder: Path, suite: str = SUITE, **files: str) -> Path:
    """A suite beside the files above, some of them with another text."""
    texts = {
        "my_stabilizers.py": STABILIZER,
        "strength.py": "STRENGTH = 1.0",
        "bench_plugins/gaps.py": METRIC,
        "nets/narrow.py": NET,
    }
    for name, text in {**texts, **{name.replace("__", "/") + ".py": text for name, text in files.items()}}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    path = folder / "own.yaml"
    path.write_text(suite)
    return path
