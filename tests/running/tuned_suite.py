"""A small suite that is tuned, and an executor that runs its blocks in this process."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from bench.running.executors.base import Listener
from bench.running.job import Job
from bench.running.progress import Quiet
from bench.running.seed_block import run as run_block

TEXT = """
suite: toy
seeds: 6
train: {budget: {gradients: 41}, batch: 8, evaluate_every: 20}
datasets: {ring: ring(n=200, held_out=200)}
methods:
  WGAN: gan(width=4, depth=1, loss=wasserstein) + gradient_penalty + n_critic(2)
  EDM: edm(width=4, depth=1)
  plain: edm(width=5, depth=1)
metrics: [sliced_wasserstein(n=100)]
quality: mmd_multiscale(n=100)
probes: [losses(every=5)]
claims: {tuned wins: {is: EDM, better_than: WGAN, in: quality}}
tune:
  trials: 3
  seeds: 2
  space:
    WGAN: {lr: log(1e-4, 3e-2), betas: [(0, .9), (.5, .9)], gradient_penalty.weight: log(.01, 10)}
    EDM: {lr: log(1e-4, 3e-2)}
"""


class Here:
    """Runs blocks in this process; stops, as Ctrl-C does, before block `stop`."""

    count = 1

    def __init__(self, stop: int = -1) -> None:
        self.stop, self.ran = stop, list[Job]()

    def run(self, jobs: Sequence[Job], listener: Listener) -> None:
        for k, job in enumerate(jobs):
            if len(self.ran) == self.stop:
                raise KeyboardInterrupt
            self.ran.append(job)
            listener.begin(k, job)
            listener.end(k, job, run_block(job))


def quiet() -> Quiet:
    return Quiet(Console(stderr=True))
