"""The hash of contents: equal where they are equal, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import torch

from bench.hashing.content import digest
from tests.evaluation.samples import LAW, encoder


def test_digests_see_contents() -> None:
    x = torch.arange(6.0)
    assert digest(x) == digest(x.clone())
    different = [
        x,
        x.view(2, 3),
        x.double(),
        -x,
        [x],
        {"x": x},
        LAW,
        replace(LAW, within=2.0),
        encoder(),
        None,
        "x",
        b"x",
        1,
    ]
    assert len({digest(thing) for thing in different}) == len(different)
    assert digest(x[::2]) == digest(x[::2].clone())
