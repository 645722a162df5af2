"""What belongs to a whole process, and plugins may change on their way: put back, so that it ends with who changed it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def plain_surroundings() -> Iterator[None]:
    """Within, torch's default type is float32 and gradients are recorded; afterwards, too, and the current folder is that of
    before. Also a decorator."""
    import torch

    here = os.getcwd()
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        with suppress(OSError):
            os.chdir(here)
