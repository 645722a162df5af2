"""Randomness as a function, not a state: noise = f(seed, purpose, step, call).

Nothing has to be saved and nothing can be disturbed: a probe that draws changes no other noise, and an extragradient
half-step replays the noise of the step that it corrects.

Training reads from a *tape*: for every (seed, purpose, call) a counter-based generator (Philox 4x64, Salmon et al. 2011;
the CUDA generator on a GPU) is keyed by a hash and draws a chunk of consecutive steps at once. The chunk's length depends on the
shape of one draw alone, so that a seed's noise does not depend on how many seeds are trained beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
import torch
from torch import Tensor

from bench.hashing.noise_keys import key_of

LONGEST_CHUNK = 64  # steps
LARGEST_CHUNK = 1 << 20  # numbers per seed

Kind = tuple[str, int]  # ("normal", 0) | ("uniform", 0) | ("integers", high)


def chunk_length(shape: Sequence[int]) -> int:
    """How many steps are drawn at once: a power of two, at most 64, and at most about a million numbers."""
    fit = max(1, LARGEST_CHUNK // max(1, prod(shape)))
    return int(min(LONGEST_CHUNK, 1 << (fit.bit_length() - 1)))


def draw(key: int, kind: Kind, shape: Sequence[int], device: torch.device, dtype: torch.dtype) -> Tensor:
    """One keyed draw. Integers are int64, the rest `dtype` (drawn as float32, so that precision does not change the noise)."""
    if device.type == "cuda":
        return by_torch(key, kind, shape, device).to(dtype if kind[0] != "integers" else torch.int64)
    name, high = kind
    source = np.random.Generator(np.random.Philox(key=key))
    if name == "integers":
        return torch.from_numpy(source.integers(high, size=tuple(shape), dtype=np.int64))
    if name == "normal":
        return _normal(source, prod(shape)).view(tuple(shape)).to(dtype)
    return torch.from_numpy(source.random(tuple(shape), dtype=np.float32)).to(dtype)


def by_torch(key: int, kind: Kind, shape: Sequence[int], device: torch.device) -> Tensor:
    """A keyed draw of a device's own generator, float32 or int64; the same within vmap, where torch refuses to draw."""
    (name, high), generator = kind, torch.Generator(device).manual_seed(key & (2**63 - 1))
    with torch._C._DisableFuncTorch():
        if name == "integers":
            return torch.randint(high, tuple(shape), generator=generator, device=device)
        fill = torch.randn if name == "normal" else torch.rand
        return fill(*shape, generator=generator, device=device)


def _normal(source: np.random.Generator, n: int) -> Tensor:
    """n normal numbers, float32: √(-2 ln(1-u)) times cos 2πv and sin 2πv (Box & Muller 1958).

    In vectorised passes, less than half the time of NumPy's own, which branches at every number. u has 24 bits: |x| < 5.8.
    """
    u, v = torch.from_numpy(source.random((2, (n + 1) // 2), dtype=np.float32))
    radius = u.neg_().add_(1).log_().mul_(-2).sqrt_()  # 1-u in (0, 1] is exact
    angle = v.mul_(2 * torch.pi)
    return torch.cat([radius * angle.cos(), radius * angle.sin()])[:n]


class NoiseTape:
    """The noise of all seeds of an engine. `tape` remembers the current chunk of each purpose and nothing else."""

    def __init__(self, seeds: Sequence[int], device: torch.device, dtype: torch.dtype) -> None:
        self.seeds, self.device, self.dtype = tuple(seeds), device, dtype
        self.tape: dict[tuple[object, ...], tuple[int, Tensor]] = {}

    def read(self, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        """What training draws at this step, all seeds: [S, *shape]."""
        length = chunk_length(shape)
        chunk, within = divmod(step, length)
        name = (purpose, call, kind, shape)
        held, rows = self.tape.get(name, (-1, None))
        if rows is None or held != chunk:
            rows = self._stack(purpose, call, ("chunk", chunk), kind, (length, *shape))  # [S, length, *shape]
            self.tape[name] = (chunk, rows)
        return rows[:, within]

    def number(self, step: Tensor) -> int:
        """The number of a step (0-d int64) on the host."""
        return int(step)

    def decides(self, step: int, question: Callable[[int], bool]) -> bool:
        """What the number of a step says to a question."""
        return question(step)

    def once(self, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        """A draw that no later step will continue (probes, sampling): [S, *shape]."""
        return self._stack(purpose, call, ("once", step), kind, shape)

    def once_alone(self, lane: int, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        """One seed's row of `once`, without drawing the others': [*shape]."""
        return self._draw(self.seeds[lane], purpose, call, ("once", step), kind, shape)

    def _stack(self, purpose: str, call: int, when: object, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        return torch.stack([self._draw(seed, purpose, call, when, kind, shape) for seed in self.seeds])

    def _draw(self, seed: int, purpose: str, call: int, when: object, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        return draw(key_of(seed, purpose, call, when, kind), kind, shape, self.device, self.dtype)


class Rng:
    """Where a hook gets its noise. Written for one seed: shapes carry no seed axis.

    `lane` says which seed is meant: an int (loop), a 0-d tensor (vmap), or None for all seeds at once, [S, *shape].
    """

    def __init__(
        self, noise: NoiseTape, lane: int | Tensor | None, step: int, purpose: str, *, taped: bool = True
    ) -> None:
        self.noise, self.lane, self.purpose, self.taped = noise, lane, purpose, taped
        self._step = step
        self._calls = 0
        self._forks: dict[str, int] = {}

    def fork(self, purpose: str) -> Rng:
        """Independent noise under a further name; forking the same name twice gives two different streams."""
        count = self._forks[purpose] = self._forks.get(purpose, 0) + 1
        name = purpose if count == 1 else f"{purpose}#{count}"
        return Rng(self.noise, self.lane, self._step, f"{self.purpose}/{name}", taped=self.taped)

    def decides(self, question: Callable[[int], bool]) -> bool:
        """An `if` on the number of steps completed, the same for all seeds: question(number), a pure function.

        The number itself stays here, so that what is computed between two answers is one program (trace.py).
        """
        return self.noise.decides(self._step, question)

    def normal(self, *shape: int) -> Tensor:
        """N(0, 1), independent."""
        return self._draw(("normal", 0), shape)

    def uniform(self, *shape: int) -> Tensor:
        """U[0, 1), independent."""
        return self._draw(("uniform", 0), shape)

    def integers(self, high: int, *shape: int) -> Tensor:
        """Uniform on 0 … high-1, int64."""
        return self._draw(("integers", high), shape)

    def _draw(self, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        self._calls += 1
        if isinstance(self.lane, int) and not self.taped:
            return self.noise.once_alone(self.lane, self.purpose, self._calls, self._step, kind, shape)
        source = self.noise.read if self.taped else self.noise.once
        rows = source(self.purpose, self._calls, self._step, kind, shape)
        if self.lane is None:
            return rows
        return rows[self.lane]
