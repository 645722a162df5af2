"""What a stabilizer that rebuilds the critic has to know of it."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from bench.architectures.base import Critic
from bench.training.nets import Net


def plain(critic: Net, word: str) -> Net:
    """The critic, where it sees a sample and nothing else. Raises ValueError where it also sees labels or levels."""
    for option, seen in (("classes", "labels"), ("timed", "noise levels")):
        if critic.options.get(option):
            raise ValueError(f"{word} rebuilds a critic of samples alone; this one sees {seen} too")
    if "shape" not in critic.options:
        raise ValueError(f"{word} rebuilds a critic of samples; this one also compares samples with one another")
    return critic


def timed(critic: Net, word: str) -> Net:
    """The critic, told a noise level too. Raises ValueError where it already is told one, or can't be."""
    if critic.options.get("timed"):
        raise ValueError(f"{word} tells the critic a noise level; this one is told one already")
    try:
        return critic.rebuild(timed=True)
    except TypeError as error:
        raise ValueError(f"{word} tells the critic a noise level; this one can't be told any") from error


def widened(critic: Net, layer: Callable[[int], tuple[nn.Module, int]], word: str) -> Net:
    """The critic with a layer between features and head: layer(features) -> (module, features it adds)."""

    def around(module: nn.Module) -> nn.Module:
        if not isinstance(module, Critic) or not isinstance(module.head, nn.Linear):
            raise ValueError(f"{word} needs a critic that ends in one linear layer on its features")
        added, more = layer(module.head.in_features)
        bias = module.head.bias is not None
        module.body = nn.Sequential(module.body, added)
        module.head = type(module.head)(module.head.in_features + more, module.head.out_features, bias=bias)
        return module

    return critic.wrap(around)
