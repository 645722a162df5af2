"""Critics and scores from kept weights: the networks' own values in the units of the data, and a line where there are none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.func import grad

from bench.reporting import build
from bench.reporting.field_figures import fields
from bench.reporting.figure_style import strokes
from bench.reporting.learned_fields import PATHS, SIDE, CriticSurface, Frame, ScoreField, _affine, _lane, learned
from bench.reporting.results import Cell, Results, read
from bench.running import seed_block
from bench.running.kept_weights import FILE, read_state
from bench.running.plan import CantRun, plan
from bench.running.trained import Trained
from bench.suite.load import load_suite

Write = Callable[[str], Path]
FRAME = Frame(np.array([-3.0, -4.0]), np.array([5.0, 4.0]))
TEXT = """
suite: toy
seeds: 3
train: {steps: 6, batch: 16}
datasets:
  gauss: "gaussian(mean=(1, -1), covariance=((4, 1), (1, 2)))"
methods:
  GAN:    gan(loss=wasserstein, width=8, depth=1, lr=0.01)
  pac:    gan(width=8, depth=1) + pacgan(pack=2)
  oracle: oracle(of=edm(sample_steps=6), noise=0, lr=1e-9)
  VAE:    vae(width=8, depth=1)
probes: [losses]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    path = root / "toy.yaml"
    path.write_text(TEXT)
    (root / "toy").mkdir()
    shutil.copy(path, root / "toy" / "suite.yaml")
    for job in plan(load_suite(path), root).jobs:
        assert seed_block.run(job).folder is not None
    return root / "toy"


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return read(folder)


def cell(results: Results, method: str) -> Cell:
    return next(cell for cell in results.cells if cell.method == method)


def test_a_critics_surface_is_its_logits_in_the_units_of_the_data(folder: Path, results: Results) -> None:
    trained, (record,) = Trained(folder), cell(results, "GAN").records
    found = learned(trained, record, 1, FRAME)
    assert isinstance(found, CriticSurface)
    engine = trained.engine(record, [0, 1, 2])
    weights = read_state(Path(record["folder"]), engine).params["D"][1]
    critic = engine.game.nets["D"].at(weights)
    outside, inside = _affine(engine)
    corner = torch.tensor(inside(np.array([[5.0, -4.0]])), dtype=torch.float32)
    assert found.logits[0, SIDE - 1] == pytest.approx(critic(corner).item(), rel=1e-4)
    np.testing.assert_allclose(outside(inside(FRAME.points(3))), FRAME.points(3), atol=1e-6)
    # Wasserstein: loss_G = -mean D(x̃), so a sample is pulled along ∇D
    seen = torch.tensor(inside(found.samples), dtype=torch.float32)
    slopes = grad(lambda x: critic(x).sum())(seen).numpy()
    cosines = (slopes * found.pulls).sum(1) / np.linalg.norm(slopes, axis=1) / np.linalg.norm(found.pulls, axis=1)
    np.testing.assert_allclose(cosines, 1, atol=1e-4)


def test_a_score_field_is_that_of_the_law_and_paths_end_in_samples(folder: Path, results: Results) -> None:
    trained, (record,) = Trained(folder), cell(results, "oracle").records
    found = learned(trained, record, 0, FRAME)
    assert isinstance(found, ScoreField)
    covariance = np.array([[4.0, 1.0], [1.0, 2.0]])
    noisy = covariance + found.sigma**2 * np.trace(covariance) / 2 * np.eye(2)
    true = -(found.at - [1, -1]) @ np.linalg.inv(noisy)
    cosines = (true * found.score).sum(1) / np.linalg.norm(true, axis=1) / np.linalg.norm(found.score, axis=1)
    assert cosines.min() > 0.999
    assert found.paths.shape[1:] == (PATHS, 2)
    assert len(found.paths) == 6 + 1  # where each step began, and the samples
    engine = trained.engine(record, [0, 1, 2])
    samples = engine.draw_samples(read_state(Path(record["folder"]), engine), "picture", PATHS)[0]
    np.testing.assert_allclose(found.paths[-1], engine.data.undo(samples), rtol=1e-4, atol=1e-5)


def test_what_can_not_be_drawn_is_said(folder: Path, results: Results) -> None:
    part = fields(results, Trained(folder), "gauss", strokes(results.methods))
    assert list(part.sentences) == [
        "pac: its critic does not judge a point by itself.",
        "VAE: it has neither a critic nor a score.",
    ]
    assert "GAN: logits from" in part.pictures[0].caption
    assert "oracle: the score at σ/α = 0.196" in part.pictures[0].caption


def test_without_weights_or_with_other_code_there_is_one_line(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "toy"
    shutil.copytree(folder, copy)
    for path in copy.rglob(FILE):
        path.unlink()
    results = read(copy)
    part = fields(results, Trained(copy), "gauss", strokes(results.methods))
    assert part.sentences == ["GAN, pac, oracle, VAE: its weights were not kept; set 'keep: last' under 'train'."]
    (copy / "suite.yaml").unlink()
    (record,) = read(copy).cells[0].records
    with pytest.raises(CantRun, match=r"there is no suite\.yaml"):
        Trained(copy).engine(record, [0])
    with pytest.raises(CantRun, match="was trained on cuda"):
        Trained(folder).cell({**record, "device": {"kind": "cuda"}})


def test_a_lane_is_one_seed(folder: Path, results: Results) -> None:
    (record,) = cell(results, "GAN").records
    state = read_state(Path(record["folder"]), Trained(folder).engine(record, [0, 1, 2]))
    alone = _lane(state, 2)
    assert torch.equal(alone.params["G"], state.params["G"][2:])
    assert alone.alive.shape == (1,)


def test_the_page_has_them(folder: Path, tmp_path: Path) -> None:
    pages = [build(folder, tmp_path / name).read_text(encoding="utf-8") for name in ("a", "b")]
    assert pages[0] == pages[1]
    assert 'id="fields-gauss"' in pages[0]
