"""Sample sheets and mode shares: one normalisation for all panels, real data once, and which modes a seed fills."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from bench.data.ring import Ring
from bench.reporting.figure_style import strokes
from bench.reporting.film_strips import film_strips
from bench.reporting.mode_shares import mode_shares, modes_of, shares
from bench.reporting.results import read
from bench.reporting.samples import drawn
from bench.reporting.sheets import sample_sheets
from bench.reporting.tiles import DENSITY, Density

RING = Ring(n=50, held_out=400)


def test_all_panels_share_one_normalisation_and_the_frame_of_the_real_ones() -> None:
    real = RING.load().held_out.numpy()
    made = np.concatenate([np.repeat(real[:1], 900, 0), np.full((100, 2), 50.0, dtype=np.float32)])
    density = Density([real, made], real)
    assert density.norm.vmax == pytest.approx(0.9)  # the fullest bin of any panel
    assert density.norm.vmin == pytest.approx(1 / 1000)  # one sample of the largest
    assert density.shares(made).sum() == pytest.approx(0.9)  # what is outside is in no bin
    assert density.shares(real).sum() == pytest.approx(1)


def test_the_densest_has_the_most_ink_on_any_ground() -> None:
    alphas = DENSITY(np.linspace(0, 1, 9))[:, 3]
    assert (np.diff(alphas) > 0).all()
    assert alphas[-1] == 1


def test_three_dimensions_are_seen_along_the_widest_two() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(500, 3)) * [0.01, 5.0, 2.0]
    density = Density([real], real)
    np.testing.assert_allclose(np.abs(density._seen(real)).max(0), np.abs(real - real.mean(0))[:, 1:].max(0), rtol=0.01)
    assert "principal axes" in density.axes


def test_real_data_is_shown_once(fake: ModuleType, tmp_path: Path) -> None:
    for method in ("GAN", "EDM"):
        fake.write(tmp_path, "ring8", method, seeds=range(5))
    (sheet,) = sample_sheets(read(tmp_path), "ring8")
    assert sheet.svg.count("real data") == 1
    assert sheet.svg.count("<image") == 1 + 2 * 3 + 1  # real, three of each method, the colour bar
    assert "at the end of training" in sheet.caption


def test_a_strip_shows_a_few_evaluations_and_the_end(fake: ModuleType, tmp_path: Path) -> None:
    filmed, plain = (fake.write(tmp_path, "ring8", method, seeds=range(5)) for method in ("GAN", "EDM"))
    frames = np.random.default_rng(0).normal(size=(2, 5, 100, 2)).astype("float32")
    frames[0, :, 0] = np.nan
    np.savez(filmed / "film.npz", steps=np.array([2000, 6000]), samples=frames, seeds=np.arange(5))
    (strip,) = film_strips(read(tmp_path), "ring8")
    assert [strip.svg.count(f"step {step}\u202f000") for step in (2, 6, 20)] == [1, 1, 1]
    assert "EDM" not in strip.svg
    assert strip.svg.count("not finite") == 3
    assert strip.svg.count("<image") == 1 + 3 * 2  # real, and of three seeds the second evaluation and the end
    np.savez(plain / "film.npz", steps=np.array([2000]), samples=frames, seeds=np.arange(5))
    with pytest.warns(UserWarning, match=r"film.npz: its arrays do not fit one another: no picture"):
        assert len(film_strips(read(tmp_path), "ring8")) == 1


def test_shares_of_modes_are_of_what_counts() -> None:
    modes = RING.load().modes
    assert modes is not None
    centres = RING.mixture().means.float()
    made = torch.cat(
        [centres[:1].repeat(60, 1), centres[2:3].repeat(20, 1), torch.zeros(20, 2)]
    )  # the middle is no mode
    held, outside = shares(modes, made.numpy())
    np.testing.assert_allclose(held, [0.6 * 8, 0, 0.2 * 8, 0, 0, 0, 0, 0], rtol=1e-6)
    assert outside == pytest.approx(0.2)


def write(fake: ModuleType, folder: Path, made: torch.Tensor, **options: float) -> None:
    """A record of one seed on RING that made some samples."""
    record = fake.write(folder, "ring8", "GAN", seeds=range(1))
    path = record / "record.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["dataset"] |= {"word": "ring", "options": {"n": 50, "held_out": 400, **options}}
    path.write_text(json.dumps(content), encoding="utf-8")
    real = RING.load().held_out[: len(made)]
    np.savez(record / "samples.npz", samples=made[None].numpy(), real=real.numpy(), seeds=np.array([0]))


def test_the_modes_that_are_missing_are_named(fake: ModuleType, tmp_path: Path) -> None:
    centres = RING.mixture().means.float()
    write(fake, tmp_path, centres[[0, 1, 2, 4, 5, 6]].repeat(40, 1))
    results = read(tmp_path)
    picture = mode_shares(results, "ring8", strokes(results.methods))
    assert picture is not None
    assert "Of the median seeds, GAN lacks 2 (3, 7)." in picture.caption
    assert "0 % in no mode" in picture.svg


def test_other_data_today_has_no_modes(fake: ModuleType, tmp_path: Path) -> None:
    write(fake, tmp_path, torch.zeros(50, 2), std=0.3)  # the real points that were kept are not those
    results = read(tmp_path)
    (one,) = drawn(results, "ring8")
    assert modes_of(one) is None
    assert mode_shares(results, "ring8", strokes(results.methods)) is None
