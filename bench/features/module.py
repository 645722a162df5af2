"""Any network of yours as a feature space: `space="module:package.nets:encoder"`."""

from __future__ import annotations

import copy
import importlib
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench.features.base import Features, FeaturesError
from bench.hashing.content import digest


@dataclass(frozen=True, kw_only=True)
class Module(Features):
    """x [N, *D] -> module(x), flattened to [N, F]. `of` names a function without arguments that returns an nn.Module.

    The module is put in evaluation mode. It must be the same at every call: its weights are hashed, its code is not.
    Raises FeaturesError where the name leads nowhere or to something else.
    """

    name: ClassVar[str] = "module"

    of: str  # module:function

    @property
    def label(self) -> str:
        return self.of.rpartition(":")[2].lower()

    def __call__(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            features: Tensor = _network(self.of, x.device)(x)
        return features.flatten(1)

    def sha256(self) -> str:
        return digest(self.of, _made(self.of))


@cache
def _made(of: str) -> nn.Module:
    place, _, name = of.partition(":")
    try:
        factory = getattr(importlib.import_module(place), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise FeaturesError(f"space=module:{of}: {error}; write module:<package.module>:<function>") from error
    made = factory()
    if not isinstance(made, nn.Module):
        raise FeaturesError(f"space=module:{of}: it returned a {type(made).__name__}, not an nn.Module")
    return made.eval().requires_grad_(False)


@cache
def _network(of: str, device: torch.device) -> nn.Module:
    return copy.deepcopy(_made(of)).to(device)
