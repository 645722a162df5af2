"""The weight matrices of a network: what acts linearly from one layer's output to the next."""

from __future__ import annotations

from torch import Tensor, nn

from bench.training.nets import Net

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)  # keep their weights as [in, out, …]


def matrices(net: Net, theta: Tensor) -> dict[str, Tensor]:
    """Every weight of two or more axes as a matrix [out, rest], by name; views of theta [P] where it can be."""
    found = {}
    for name, w in net.unravel(theta).items():
        if w.ndim > 1:
            owner = net.module.get_submodule(name.rpartition(".")[0])
            found[name] = (w.transpose(0, 1) if isinstance(owner, TRANSPOSED) else w).flatten(1)
    return found
