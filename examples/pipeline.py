"""Whatever can be sampled as a method of a suite. Run me: python pipeline.py, or bench run pipeline.yaml

`Circle` stands for a pipeline of diffusers: those are called in the same way, and have images [n, H, W, C] in [0, 1].

    from diffusers import DDPMPipeline
    pipeline = DDPMPipeline.from_pretrained(self.weights)
    images = pipeline(batch_size=n, generator=torch.Generator().manual_seed(seed), output_type="np").images
    return 2 * torch.from_numpy(images).movedim(-1, 1) - 1
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

import bench
from bench.data.base import Data
from bench.hashing.content import digest


class Circle:
    """A denoiser of which nothing is known but that it can be called."""

    def __init__(self, radius: float) -> None:
        self.radius = radius

    def __call__(self, batch_size: int, generator: torch.Generator) -> Tensor:
        angle = 2 * torch.pi * torch.rand(batch_size, generator=generator)
        noise = 0.02 * torch.randn(batch_size, 2, generator=generator)
        return self.radius * torch.stack([angle.cos(), angle.sin()], 1) + noise


@dataclass(frozen=True, kw_only=True)
class Pipeline(bench.Pretrained):
    """Samples of a pipeline whose weights lie in a file beside the suite; one seed is one checkpoint of it or one run."""

    weights: str  # a path from the suite's folder

    def content(self, data: Data) -> str:
        return digest((self.folder / self.weights).read_text())  # other weights are another method

    def sample(self, n: int, seed: int) -> Tensor:
        pipeline = Circle(float((self.folder / self.weights).read_text()))
        return pipeline(batch_size=n, generator=torch.Generator().manual_seed(seed))


if __name__ == "__main__":
    frame = bench.load(bench.run(Path(__file__).with_suffix(".yaml"), quiet=True))
    print(frame[frame["kind"] == "score"].groupby(["name", "method"])["value"].median().unstack().round(3))
