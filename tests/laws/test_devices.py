"""The law of devices, which needs no GPU: on the meta device a step mixes no devices and looks at no number.

A tensor there has a shape, a type and a place, and no content: what is made on another device than the weights' raises, and so does
whatever asks the host for a number on the way.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

from bench.plugins import find, words
from bench.training.engine import Engine
from bench.training.rng import Kind, NoiseTape
from tests.laws.cases import engine, game, methods, points

SEEDS = [3, 5]
META = torch.device("meta")
ENDLESS = {"competitive"}  # tens of thousands of operations, all of which other cases ask for as well
LAPACK = {"spectrum", "step_radius"}  # eigenvalues in double precision, of matrices that are small


class Elsewhere(NoiseTape):
    """Noise of the right shape, type and place, at a step whose number is known."""

    def number(self, step: Tensor) -> int:
        return 0

    def read(self, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        dtype = torch.int64 if kind[0] == "integers" else self.dtype
        return torch.empty(len(self.seeds), *shape, dtype=dtype, device=META)

    def once(self, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        return self.read(purpose, call, step, kind, shape)

    def once_alone(self, lane: int, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        return self.read(purpose, call, step, kind, shape)[lane]


def elsewhere(case: Any) -> Engine:
    machine = engine(case, SEEDS, device="meta")
    machine.noise = Elsewhere(machine.seeds, META, machine.dtype)
    return machine


class Carrying(TorchFunctionMode):
    """Notes what makes or moves tensors that lie on the host: a copy from there, which no CUDA graph can hold."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        of_host = func is Tensor.to and args[0].device != META
        if func in MADE or of_host or (func in FILLED and made.device != META):
            self.found.append(func.__name__)
        return made


MADE = {torch.tensor, torch.as_tensor, torch.asarray, torch.from_numpy}  # of the host's numbers, wherever they end
FILLED = {torch.eye, torch.ones, torch.zeros, torch.full, torch.arange, torch.linspace}


@pytest.mark.parametrize(("game", "data", "parts"), [c for c in methods() if c.id not in ENDLESS])
def test_a_step_stays_on_its_device(game: Any, data: Any, parts: Any) -> None:
    machine = elsewhere((game, data, parts))
    state = machine.step(machine.init_state())
    assert {leaf.device for leaf in pytree.tree_leaves(vars(state))} == {META}
    with Carrying() as carrying:  # the first step may have filled what is kept
        machine.draw_samples(machine.step(state), "sample0", 4)
    assert not carrying.found


def test_a_copy_from_the_host_is_noticed() -> None:
    with Carrying() as carrying:
        torch.ones(2, device=META) * torch.tensor([1.0, 2.0], device=META)
    assert carrying.found == ["tensor"]


@pytest.mark.parametrize("word", words("probes"))
def test_a_probe_stays_on_its_device(word: str) -> None:
    probe = find("probes", word)()
    machines = (elsewhere((game(model), points(), ())) for model in ("gan", "ddpm", "vae", "dirac", "hopf"))
    machine = next(machine for machine in machines if probe.fits(machine.game))
    if word in LAPACK:
        with pytest.raises(NotImplementedError, match="no data"):
            probe.measure(machine, machine.init_state())
        return
    found = probe.measure(machine, machine.init_state())
    assert found
    assert {value.device for value in found.values()} == {META}


@pytest.mark.parametrize("model", ["gan", "edm", "vae"])
def test_samples_stay_on_their_device(model: str) -> None:
    machine = elsewhere((game(model), points(), ()))
    assert machine.sample(machine.init_state(), 8).device == META
    assert model in words("models")
