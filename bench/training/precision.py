"""How exactly numbers are computed: `train: {precision: …}`, part of a protocol, since what changes rounding is (C4 in DESIGN.md).

Weights, losses, noise and optimizers are of one type. What the factors of matrix products and convolutions are rounded to is a
second choice, which libraries make silently: cuDNN's convolutions of float32 round to TensorFloat-32 unless they are told not to.
Here products are exact unless a protocol says otherwise, and kernels that sum in another order each time are ruled out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

Products = Literal["exact", "tf32", "bfloat16"]


class Precision(NamedTuple):
    """`dtype` of weights and losses; `products`: what the factors of matrix products and convolutions are rounded to.

    tf32: 10 bits of mantissa in place of 23, on cards that have it; elsewhere nothing is rounded. bfloat16: 7 bits, factors and
    results, in losses, their gradients and samples. Sums within a product are float32 in both, and so is all else.
    """

    dtype: torch.dtype
    products: Products


PRECISIONS: dict[str, Precision] = {  # by the word in a suite
    "float32": Precision(torch.float32, "exact"),
    "float64": Precision(torch.float64, "exact"),
    "tf32": Precision(torch.float32, "tf32"),
    "bfloat16": Precision(torch.float32, "bfloat16"),
}
ROUNDED = frozenset(
    {
        *(torch.matmul, torch.mm, torch.bmm, torch.mv, torch.addmm, torch.baddbmm, torch.einsum),
        *(Tensor.matmul, Tensor.__matmul__, Tensor.__rmatmul__, Tensor.mm, Tensor.bmm, Tensor.mv),
        *(F.linear, F.bilinear, F.scaled_dot_product_attention),
        *(F.conv1d, F.conv2d, F.conv3d, F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d),
    }
)


@contextmanager
def arithmetic(products: Products, device: torch.device) -> Iterator[None]:
    """Within, kernels of a GPU round as `products` says and repeat to the bit what they did before; those of a CPU always do."""
    if device.type != "cuda":
        yield
        return
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    conv: Any = cudnn.conv  # type: ignore[attr-defined]
    fills: Any = torch.utils.deterministic
    held = matmul.fp32_precision, conv.fp32_precision, cudnn.benchmark, fills.fill_uninitialized_memory
    chosen = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    rounding = "tf32" if products == "tf32" else "ieee"
    try:
        matmul.fp32_precision = conv.fp32_precision = rounding
        cudnn.benchmark = fills.fill_uninitialized_memory = False
        torch.use_deterministic_algorithms(True, warn_only=True)  # a kernel that has no such variant says so
        yield
    finally:
        matmul.fp32_precision, conv.fp32_precision, cudnn.benchmark, fills.fill_uninitialized_memory = held
        torch.use_deterministic_algorithms(chosen[0], warn_only=chosen[1])


def rounded(products: Products) -> AbstractContextManager[object]:
    """Within, factors of products are rounded to bfloat16 where that is asked for."""
    return _Narrow() if products == "bfloat16" else nullcontext()


class _Narrow(TorchFunctionMode):
    """Products of float32 are computed in bfloat16. `torch.autocast` does not reach what vmap has taken apart (a bias)."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func not in ROUNDED:
            return func(*args, **kwargs)
        narrow, options = pytree.tree_map_only(Tensor, _narrow, (args, kwargs))
        found = func(*narrow, **options)
        return found.float() if found.dtype is torch.bfloat16 else found


def _narrow(x: Tensor) -> Tensor:
    return x.bfloat16() if x.dtype is torch.float32 else x
