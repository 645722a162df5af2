"""What belongs to a whole process, and plugins may change on their way: put back, so that it ends with who changed it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple


class Settings(NamedTuple):
    """Settings of torch that change the numbers of whoever comes next."""

    dtype: Any
    device: Any
    threads: int
    gradients: bool
    deterministic: bool
    matmul: str

    @classmethod
    def now(cls) -> Settings:
        import torch

        return cls(
            torch.get_default_dtype(),
            torch.get_default_device(),
            torch.get_num_threads(),
            torch.is_grad_enabled(),
            torch.are_deterministic_algorithms_enabled(),
            torch.get_float32_matmul_precision(),
        )

    def restore(self) -> None:
        """Put back what is another now."""
        import torch

        if Settings.now() == self:
            return
        torch.set_default_dtype(self.dtype)
        torch.set_default_device(None if self.device.type == "cpu" else self.device)
        torch.set_num_threads(self.threads)
        torch.set_grad_enabled(self.gradients)
        torch.use_deterministic_algorithms(self.deterministic)
        torch.set_float32_matmul_precision(self.matmul)


NAMES = ("default type of numbers", "default device", "number of threads", "recording of gradients",
         "choice of deterministic algorithms", "precision of products")  # fmt: skip


@contextmanager
def unchanged_settings() -> Iterator[None]:
    """Raises ValueError where a setting is another one afterwards; it is put back in any case."""
    before = Settings.now()
    try:
        yield
        after = Settings.now()
        if changed := [name for name, was, now in zip(NAMES, before, after, strict=True) if was != now]:
            raise ValueError(f"it changes the {changed[0]}, which is everybody's")
    finally:
        before.restore()


@contextmanager
def plain_surroundings() -> Iterator[None]:
    """Within, torch's default type is float32 and gradients are recorded; afterwards, too, and all settings and the current
    folder are those of before. Also a decorator."""
    import torch

    here = os.getcwd()
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    before = Settings.now()
    try:
        yield
    finally:
        before.restore()
        with suppress(OSError):
            os.chdir(here)
