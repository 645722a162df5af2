"""The layers of perceptrons: a linear map that is quick under vmap, activations, initialisations."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Activation: TypeAlias = Literal["leaky_relu", "relu", "tanh", "maxout"]
Init: TypeAlias = Literal["default", "normal", "he", "orthogonal"]

PIECES = 5  # of a maxout unit (Goodfellow et al. 2013, section 5; Dumoulin et al. 2017, appendix A)


class Linear(nn.Linear):
    """x Wᵀ + b. Under vmap a fused linear layer falls apart into more passes over memory than these two.

    Batched matrix products of one or two columns are several times slower than of one or two rows. So a single output is a
    weighted sum (its weight gradient would be a column), and Wᵀ of few inputs is laid out anew (for the gradient of x).
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.out_features == 1:
            return (x * self.weight).sum(1, keepdim=True).add_(self.bias)
        across = self.weight.t()
        product = x @ (across.contiguous() if self.in_features < self.out_features else across)
        return product if self.bias is None else product.add_(self.bias)


class BatchNorm(nn.Module):
    """Normalises each channel by the statistics of the batch at hand, in sampling as in training: none are kept.

    A sample therefore depends on the batch that it is drawn in. Source: Ioffe & Szegedy 2015, algorithm 1.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, None, None, self.weight, self.bias, training=True)


class Maxout(nn.Module):
    """[B, o · PIECES] -> [B, o], the largest of each unit's pieces. Source: Goodfellow et al. 2013, eq. 2."""

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(len(x), -1, PIECES).amax(-1)


ACTIVATIONS: dict[Activation, Callable[[], nn.Module]] = {
    "leaky_relu": lambda: nn.LeakyReLU(0.2, inplace=True),
    "relu": lambda: nn.ReLU(inplace=True),
    "tanh": nn.Tanh,
    "maxout": Maxout,
}

INITS: dict[Init, Callable[[Tensor], object]] = {
    "default": lambda weight: weight,  # of torch: uniform, ±1/√inputs, biases too
    "normal": lambda weight: nn.init.normal_(weight, 0.0, 0.02),  # Radford et al. 2016, section 4
    "he": lambda weight: nn.init.kaiming_uniform_(weight, nonlinearity="relu"),  # He et al. 2015, eq. 10
    "orthogonal": lambda weight: nn.init.orthogonal_(weight, 1.4),  # Saxe et al. 2014; the gain of Metz et al. 2017
}


def hidden(
    inputs: int, width: int, depth: int, activation: Activation = "leaky_relu", *, normed: bool = False
) -> nn.Sequential:
    """`depth` hidden layers of `width`; `normed`: batch norm before each activation, in place of the layer's bias."""
    parts: list[nn.Module] = []
    for i, o in pairwise([inputs] + [width] * depth):
        outputs = o * PIECES if activation == "maxout" else o
        parts += [Linear(i, outputs, bias=not normed), *([BatchNorm(outputs)] if normed else [])]
        parts += [ACTIVATIONS[activation]()]
    return nn.Sequential(*parts)


def initialised(module: nn.Module, init: Init) -> nn.Module:
    """The same module with the weights of its linear layers drawn anew; but for `default` their biases are 0."""
    if init != "default":
        for layer in module.modules():
            if isinstance(layer, nn.Linear):
                INITS[init](layer.weight)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
    return module
