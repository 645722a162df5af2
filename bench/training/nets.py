"""A network as a pure function of one flat weight vector: net(theta, x)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class Net:
    """An nn.Module as a function of theta [P].

    `make(**options)` builds the module, so that a stabilizer can have it built otherwise: `net.rebuild(shape=(4,))`.
    Refuses buffers: running state belongs to a stabilizer's memory, where every seed has its own.
    """

    def __init__(self, make: Callable[..., nn.Module], **options: Any) -> None:
        self.make, self.options = make, options
        with torch.random.fork_rng(devices=[]):
            self.module = make(**options).requires_grad_(False)
        if buffers := [name for name, _ in self.module.named_buffers()]:
            raise ValueError(
                f"a Net holds weights only, not buffers ({', '.join(buffers)}): keep such state in a stabilizer's memory"
            )
        self.shapes = {name: p.shape for name, p in self.module.named_parameters()}
        self.sizes = [shape.numel() for shape in self.shapes.values()]
        # The modules' own tables of parameters. Writing weights there for the time of one call is what
        # torch.func.functional_call does, without its checks of every name at every call (a tenth of a small step).
        self.slots = [_slot(self.module, name) for name in self.shapes]

    @property
    def size(self) -> int:
        """P, the number of weights."""
        return sum(self.sizes)

    def rebuild(self, **changes: Any) -> Net:
        """The same network with some options of `make` changed."""
        return Net(self.make, **self.options | changes)

    def wrap(self, around: Callable[[nn.Module], nn.Module]) -> Net:
        """The same network with its module altered by `around`, each time it is built."""
        return Net(lambda **options: around(self.make(**options)), **self.options)

    def init(self, seed: int) -> Tensor:
        """Fresh weights theta [P] by the modules' own initialisation; the global random state is left as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return torch.cat([p.detach().flatten() for p in self.make(**self.options).parameters()])

    def unravel(self, theta: Tensor) -> dict[str, Tensor]:
        """theta [P] -> its named weights, as views."""
        pieces = torch.split(theta, self.sizes)
        return {
            name: piece if len(shape) == 1 else piece.view(shape)  # a bias has its shape already
            for (name, shape), piece in zip(self.shapes.items(), pieces, strict=True)
        }

    def ravel(self, weights: dict[str, Tensor]) -> Tensor:
        """Named weights -> theta [P]; the inverse of `unravel`."""
        return torch.cat([weights[name].reshape(-1) for name in self.shapes])

    def at(self, theta: Tensor) -> Callable[..., Any]:
        """The network at these weights; unravels them once for all calls."""
        weights = list(self.unravel(theta).values())

        def call(*args: Any, **kwargs: Any) -> Any:
            held = [owner[name] for owner, name in self.slots]
            try:
                for (owner, name), weight in zip(self.slots, weights, strict=True):
                    owner[name] = weight
                return self.module(*args, **kwargs)
            finally:
                for (owner, name), weight in zip(self.slots, held, strict=True):
                    owner[name] = weight

        return call

    def __call__(self, theta: Tensor, *args: Any, **kwargs: Any) -> Any:
        return self.at(theta)(*args, **kwargs)


def _slot(module: nn.Module, path: str) -> tuple[dict[str, Any], str]:
    """Where a module keeps the parameter of this path."""
    *owners, name = path.split(".")
    return module.get_submodule(".".join(owners))._parameters, name
