"""Two sides next to each other: their settings, and effects only where they may be compared."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import numpy as np
import pytest

from bench.records import store
from bench.records.side_by_side import CantCompare, Comparison, Effect, folders, methods
from tests.reporting import fake


def effects(found: Comparison) -> dict[tuple[str, str], Effect]:
    return {(one.where, one.name): one for one in found.effects}


def last(root: Path, method: str, name: str) -> np.ndarray:
    rows = store.load(root).query(
        f"dataset == 'ring8' and method == '{method}' and name == '{name}' and step == {fake.STEPS}"
    )
    return rows["value"].to_numpy(np.float64)


def test_two_methods(tmp_path: Path) -> None:
    fake.write(tmp_path, "ring8", "GAN", quality=0.1, died={3: 9000}, losses=False)
    fake.write(tmp_path, "ring8", "EDM", quality=0.9, losses=False)
    fake.write(tmp_path, "grid25", "EDM", losses=False)
    found = methods(tmp_path, "GAN", "EDM")
    one = effects(found)["ring8", "sliced_wasserstein"]
    a, b = last(tmp_path, "GAN", "sliced_wasserstein"), last(tmp_path, "EDM", "sliced_wasserstein")
    assert one.a == pytest.approx(np.median(np.where(np.isnan(a), np.inf, a)))  # the dead seed is the worst
    assert one.b == pytest.approx(np.median(b))
    gaps = np.subtract.outer(np.where(np.isnan(a), np.inf, a), b)  # lower is better: B's gain
    assert one.gain == pytest.approx(np.median(gaps))
    assert 0 < one.low < one.gain < one.high
    failed = effects(found)["ring8", "share of failed seeds"]
    assert (failed.a, failed.b, failed.gain, failed.seeds) == (0.1, 0.0, 0.1, (10, 10))
    assert failed.low < 0 < failed.high
    assert [(s.what, s.a) for s in found.settings] == [("method", "gan(loss=non_saturating)")]
    assert found.alone == ("grid25 / EDM",)


def test_two_folders_name_what_differs_and_compare_only_what_may_be(tmp_path: Path) -> None:
    for root, device, protocol in (("a", "cpu", "p1"), ("b", "cuda", "p2")):
        fake.write(tmp_path / root, "ring8", "GAN", device=device, losses=False)
        fake.write(tmp_path / root, "ring8", "EDM", protocol=protocol, losses=False)
    found = folders(tmp_path / "a", tmp_path / "b")
    assert [(s.what, s.a, s.b, s.where) for s in found.settings] == [("device: kind", "cpu", "cuda", ("ring8 / GAN",))]
    gan, edm = effects(found)["ring8 / GAN", "modes_covered"], effects(found)["ring8 / EDM", "modes_covered"]
    assert isnan(gan.gain)
    assert gan.why == "device differs: cpu (A) vs cuda (B)"
    assert edm.why == "protocol differs: p1modes_covered (A) vs p2modes_covered (B)"
    same = effects(found)["ring8 / EDM", "share of failed seeds"]
    assert (same.gain, same.why) == (0.0, "")


def test_nothing_in_common_is_one_line(tmp_path: Path) -> None:
    fake.write(tmp_path / "a", "ring8", "GAN", losses=False)
    fake.write(tmp_path / "b", "grid25", "GAN", losses=False)
    with pytest.raises(CantCompare, match="no data set and method have a result in both"):
        folders(tmp_path / "a", tmp_path / "b")
    with pytest.raises(CantCompare, match="no method 'EMD' has a result; there are GAN"):
        methods(tmp_path / "a", "GAN", "EMD")
