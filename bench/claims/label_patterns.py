"""Labels of data sets and methods, named by patterns."""

from __future__ import annotations

from fnmatch import fnmatchcase


def matches(label: str, pattern: str) -> bool:
    """Whether a pattern means a label: the label itself, the row of its grid, or a shell pattern (`GAN*`).

    Brackets in a pattern are those of a grid's point (`GAN [lr=0.001]`), not a set of letters.
    """
    row = label.partition(" [")[0]
    return pattern in (label, row) or fnmatchcase(label, pattern.replace("[", "[[]"))


def named(dataset: str, method: str, only: str) -> bool:
    """Whether a pattern names a cell: `data set / method`, or either of the two."""
    pattern = only.replace("[", "[[]")
    return any(fnmatchcase(name, pattern) for name in (f"{dataset} / {method}", dataset, method))
