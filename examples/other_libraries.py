"""The metrics as torchmetrics', and a feature space as torch-fidelity's extractor. Run me: python other_libraries.py"""

import torch
import torch_fidelity
from torch.utils.data import Dataset
from torchmetrics import MetricCollection

from bench.data.digits import Digits
from bench.features import register_feature_extractor
from bench.metrics import FrechetDistance, ImprovedPrecision, ImprovedRecall

DATA = Digits().load()


class Images(Dataset[torch.Tensor]):
    """Images in [-1, 1] as torch-fidelity wants them: three channels of uint8."""

    def __init__(self, x: torch.Tensor) -> None:
        self.x = ((x + 1) * 127.5).round().to(torch.uint8).expand(-1, 3, -1, -1)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, k: int) -> torch.Tensor:
        return self.x[k]


def by_torchmetrics(fake: torch.Tensor, real: torch.Tensor) -> dict[str, float]:
    """In batches, as in a loop of training."""
    metrics = MetricCollection(
        {
            "fd_digits": FrechetDistance(space="digits"),
            "precision": ImprovedPrecision(k=3, space="digits"),
            "recall": ImprovedRecall(k=3, space="digits"),
        }
    )
    for batch in fake.split(100):
        metrics.update(batch, real=False)
    for batch in real.split(100):
        metrics.update(batch, real=True)
    return {name: float(value) for name, value in metrics.compute().items()}


def by_torch_fidelity(fake: torch.Tensor, real: torch.Tensor) -> dict[str, float]:
    """With the classifier of digits in Inception's place, so that what is called FID is `fd_digits`."""
    found: dict[str, float] = torch_fidelity.calculate_metrics(
        input1=Images(fake),
        input2=Images(real),
        feature_extractor=register_feature_extractor("digits", channels=1),
        fid=True,
        prc=True,
        cuda=False,
        cache=False,
        save_cpu_ram=True,
        verbose=False,
    )
    return found


if __name__ == "__main__":
    fake, real = (
        DATA.x[:400] + 0.3 * torch.randn(400, 1, 8, 8, generator=torch.Generator().manual_seed(0)),
        DATA.held_out,
    )
    fake = fake.clamp(-1, 1)
    print("torchmetrics:", by_torchmetrics(fake, real))
    print("torch-fidelity:", by_torch_fidelity(fake, real))
