"""What a stabilizer that rebuilds the critic has to know of it."""

from __future__ import annotations

from bench.nets import Net


def plain(critic: Net, word: str) -> Net:
    """The critic, where it sees a sample and nothing else. Raises ValueError where it also sees labels or levels."""
    for option, seen in (("classes", "labels"), ("timed", "noise levels")):
        if critic.options.get(option):
            raise ValueError(f"{word} rebuilds a critic of samples alone; this one sees {seen} too")
    if "shape" not in critic.options:
        raise ValueError(f"{word} rebuilds a critic of samples; this one is not made for samples of a shape")
    return critic
