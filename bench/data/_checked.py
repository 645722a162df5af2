"""The one way by which a data set comes to training: loaded, and checked against what `Data` promises."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from bench.data._normalised import FLAT
from bench.data.base import Data, DataError, DataSource
from bench.data.point import Point
from bench.plugins import first_line, reason, word_of
from bench.plugins.surroundings import plain_surroundings

RANGE = 1 + 1e-5  # of pixels, with the rounding of float32


@runtime_checkable
class Remarkable(Protocol):
    """A data set of which something has to be said, though it can be had."""

    def remarks(self) -> Sequence[str]:
        """Half a sentence each: what of its files was left out, and the like."""
        ...


def remarks(source: DataSource) -> str:
    """What has to be said of a data set, in one line; '' where nothing."""
    if not isinstance(source, Remarkable):
        return ""
    try:
        return "; ".join(source.remarks())
    except Exception as error:
        return f"what has to be said of it can't be told: {reason(error)}"


@plain_surroundings()
def checked(source: DataSource) -> Data:
    """The data of a source. Raises DataError, one line, where it can't be loaded or is not what `Data` promises.

    Both parts have to be there, in one shape, finite and float32; images within [-1, 1]; labels one for each sample and
    within the number of classes. Two samples are the fewest: batches are drawn with replacement. Samples that are all
    the same are refused unless the data set is `point`, or derives from it: there a point mass is meant.
    """
    word = word_of(type(source))
    try:
        data = source.load()
    except (DataError, OSError) as error:
        raise DataError(first_line(error)) from error
    except (Exception, SystemExit, GeneratorExit) as error:
        raise DataError(f"can't be loaded: {reason(error)}") from error
    try:
        why = _broken(data) or (None if isinstance(source, Point) else _alike(data))
    except Exception as error:  # attributes that are none of what they should be
        why = f"what load() gave can't be looked at: {reason(error)}"
    if why:
        raise DataError(f"{word}: {why}")
    return data


def content_of(source: DataSource, data: Data) -> str:
    """What identifies the data (`DataSource.content`). Raises DataError, one line, where it can't be said."""
    try:
        found = source.content(data)
    except (Exception, SystemExit, GeneratorExit) as error:
        raise DataError(f"{word_of(type(source))}: its content can't be told: {reason(error)}") from error
    if not isinstance(found, str):
        raise DataError(f"{word_of(type(source))}: content() gave a {type(found).__name__}, not a text")
    return found


def _broken(data: object) -> str | None:
    """What of the contract does not hold, and the remedy."""
    if not isinstance(data, Data):
        return f"load() gave a {type(data).__name__}, not a Data: return bench.data.base.Data"
    for name, x in (("x", data.x), ("held_out", data.held_out)):
        if why := _no_samples(x):
            return f"{name} {why}"
    if data.x.shape[1:] != data.held_out.shape[1:]:
        shapes = f"{list(data.x.shape[1:])} and {list(data.held_out.shape[1:])}"
        return f"samples of x and of held_out have the shapes {shapes}: give both one shape"
    if data.is_image:
        for name, x in (("x", data.x), ("held_out", data.held_out)):
            if (furthest := float(x.abs().max())) > RANGE:
                return f"{name} is of images and reaches {furthest:g}: scale pixels to [-1, 1]"
    return _wrong_labels(data)


def _no_samples(x: object) -> str | None:
    if not isinstance(x, Tensor):
        return f"is a {type(x).__name__}, not a tensor: give a torch.Tensor"
    if x.ndim not in (2, 4):
        return f"has the shape {list(x.shape)}: points are [N, d], images [N, C, H, W]"
    if x.dtype != torch.float32:
        return f"is {str(x.dtype).removeprefix('torch.')}: give float32"
    if x.device.type != "cpu":
        return f"lies on {x.device}: give it on the CPU"
    if prod(x.shape[1:]) == 0:
        return f"has the shape {list(x.shape)}, and samples without a number: give them at least one"
    if x.requires_grad:
        return "asks for gradients, which would flow into the data: give it detached"
    if len(x) == 0:
        return "is empty: give samples, or another share to what is held out"
    if bad := int((~x.isfinite()).flatten(1).any(1).sum()):
        return f"has {bad} of {len(x)} samples with numbers that are not finite (NaN or infinite): mend or remove them"
    return None


def _wrong_labels(data: Data) -> str | None:
    if (data.labels is None) != (data.held_out_labels is None):
        one, other = ("held_out_labels", "labels") if data.labels is None else ("labels", "held_out_labels")
        return f"{one} are there and {other} are not: give both, or neither"
    if (data.labels is None) != (data.classes == 0):
        return f"classes={data.classes} " + (
            "without labels: give both" if data.labels is None else "with labels: say how many"
        )
    for name, x, labels in (("labels", data.x, data.labels), ("held_out_labels", data.held_out, data.held_out_labels)):
        if labels is None:
            continue
        if labels.dtype != torch.int64 or labels.shape != (len(x),):
            kind = f"{str(labels.dtype).removeprefix('torch.')} {list(labels.shape)}"
            return f"{name} are {kind}: give one int64 for each of the {len(x)} samples"
        if int(labels.min()) < 0 or int(labels.max()) >= data.classes:
            reach = f"{int(labels.min())} to {int(labels.max())}"
            return f"{name} reach from {reach} with classes={data.classes}: number classes from 0"
    return None


def _alike(data: Data) -> str | None:
    """That there is nothing to learn: fewer than two samples, or copies of one (as far as float32 tells)."""
    if len(data.x) < 2:
        return "there is 1 sample to train on, beside what is held out, and at least 2 are needed: give more"
    width = float((data.x.amax(0).double() - data.x.amin(0).double()).max())
    if width <= FLAT * float(data.x.abs().max()):
        return f"all {len(data.x)} samples are the same, so there is nothing to learn: a point mass is the word 'point'"
    return None
