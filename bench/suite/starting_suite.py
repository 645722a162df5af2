"""The suite that `bench init` writes: small, commented, and whole."""

from __future__ import annotations

import re

TEXT = """\
# A suite asks one question: which of its methods train stably, on which data, at what price.
#   bench check {file}      says what is wrong, and trains nothing
#   bench plan {file}       says how long it will take
#   bench run {file}        trains, judges the claims, writes reports/{name}/index.html
# `bench list` shows every word that may stand here, with its options.

suite: {name}
asks: Does R1 keep a GAN from losing modes, and what does it cost?

seeds: 6                       # every method trains from each of them; 10 or more to publish, 60 to find rare failures
train:
  budget: {{gradients: 3000}}    # the same for all; `steps: 3000` gives every method as many steps instead
  batch: 128
  evaluate_every: 500          # in the budget's unit

datasets:                      # label: a word with its options
  ring: ring(modes=8, std=0.02)

methods:                       # label: a model + stabilizers; a list in an option is a grid, lr=[1e-3, 1e-4]
  GAN:      gan(arch=mlp, width=64, depth=2, lr=3e-3)
  GAN + R1: gan(arch=mlp, width=64, depth=2, lr=3e-3) + r1(weight=0.1)
  EDM:      edm(arch=mlp, width=64, depth=2, lr=5e-3, sample_steps=18) + ema(decay=0.99)

metrics:                       # quality, the scale on which failures are told, is always measured
  - modes_covered(n=2500)
  - high_quality_rate(n=2500)

probes:                        # looks at training that leave no trace in it
  - losses(every=10)

claims:                        # judged by exact tests over seeds: supported, refuted or undecided
  R1 covers more modes: {{is: GAN + R1, better_than: GAN, in: modes_covered, by: 1}}

# Code of your own: stabilizers, metrics, data sets in files beside this one, each class a word in snake_case
# plugins: [my_stabilizers.py]
"""


def starting_suite(file: str, stem: str) -> str:
    """The text of a suite that is called like its file."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).lstrip("-.") or "mine"
    return TEXT.format(file=file, name=name)
