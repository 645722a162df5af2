"""Phase portraits: the field is the game's own, the eigenvalues are those of a step, and what can't be drawn is said."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.models.bilinear import Bilinear
from bench.models.dirac import Dirac
from bench.models.hopf import Hopf
from bench.probes.step_radius import StepRadius
from bench.reporting import build
from bench.reporting.figure_style import strokes
from bench.reporting.phase_plane import PhasePlane, phase_plane
from bench.reporting.portraits import _predicted, portraits
from bench.reporting.results import Cell, Fate, read
from bench.running import seed_block
from bench.running.plan import plan
from bench.running.trained import Trained
from bench.stabilizers.consensus import Consensus
from bench.stabilizers.r1 import R1
from bench.stabilizers.simultaneous import Simultaneous
from bench.suite.load import load_suite
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from tests.theory.play import machine

Write = Callable[[str], Path]
CELL = Cell("point", "x", "k", ({"key": "k"},), (), {0: Fate(0, "ok")})


def plane(game: Game, *parts: Stabilizer, probes: Sequence[Any] = ()) -> PhasePlane:
    def engine(record: Any, seeds: Sequence[int], precision: str) -> Engine:
        assert precision == "float64"
        return machine(game, *parts, seeds=len(seeds))

    trained: Any = SimpleNamespace(engine=engine, cell=lambda record: SimpleNamespace(probes=probes))
    return phase_plane(trained, CELL, 2.0, (0.6, 0.2))


def test_arrows_are_the_games_own_steps_with_the_stabilizers() -> None:
    """At once: (x, y) moves by η(-y, x); consensus pulls by ηγ(x, y) as well; R1 of the Dirac-GAN pulls its critic."""
    here = plane(Bilinear(lr=0.2, optimizer="sgd"), Simultaneous())
    x, y = here.at.T
    np.testing.assert_allclose(here.moves, 0.2 * np.stack([-y, x], 1), atol=1e-12)
    here = plane(Bilinear(lr=0.2, optimizer="sgd"), Consensus(weight=0.5))
    np.testing.assert_allclose(here.moves, 0.2 * np.stack([-y - 0.5 * x, x - 0.5 * y], 1), atol=1e-12)
    plain, pulled = (
        plane(Dirac(loss="wasserstein", lr=0.1), *more, Simultaneous()).moves for more in ([], [R1(weight=1.0)])
    )
    np.testing.assert_allclose(pulled - plain, np.stack([0 * y, -0.1 * y], 1), atol=1e-12)


def test_eigenvalues_are_those_of_a_step() -> None:
    here = plane(Bilinear(lr=0.2, optimizer="sgd"), Simultaneous())
    assert here.rests
    np.testing.assert_allclose(sorted(here.eigenvalues, key=np.imag), [1 - 0.2j, 1 + 0.2j], atol=1e-8)
    assert here.radius == pytest.approx(abs(1 + 0.2j))
    five = plane(Bilinear(lr=0.2, optimizer="sgd"), Simultaneous(), probes=[StepRadius(steps=5)])
    assert five.steps == 5
    np.testing.assert_allclose(sorted(five.eigenvalues, key=np.imag), [1 - 0.2j, 1 + 0.2j], atol=1e-7)


def test_a_cycle_is_drawn_where_theory_has_one() -> None:
    here = plane(Hopf(mu=0.5, lr=0.1, optimizer="sgd"), Simultaneous())
    ring = _predicted(here, np.array([[1.0, 0.0], [0.9, 0.1]]))
    assert ring is not None
    np.testing.assert_allclose(np.hypot(*ring.T), (0.5 + (1 - 0.99**0.5) / 0.1) ** 0.5)
    assert not here.rests
    assert plane(Hopf(mu=-0.2, lr=0.1, optimizer="sgd"), Simultaneous()).circle == 0


def test_the_predicted_spiral_is_the_way_of_a_linear_game() -> None:
    here = plane(Bilinear(lr=0.2, optimizer="sgd"), Consensus(weight=1.0))
    step = np.array([[1 - 0.2, -0.2], [0.2, 1 - 0.2]])
    way = np.array([np.linalg.matrix_power(step, t) @ [1.0, 0.5] for t in range(40)])
    spiral = _predicted(here, way)
    assert spiral is not None
    start = int(np.nonzero(np.hypot(*way.T) < np.hypot(*way[0]) / 2)[0][0])
    nearest = [np.hypot(*(spiral - point).T).min() for point in way[start:]]
    assert max(nearest) < 0.02 * np.hypot(*way[0])


TEXT = """
suite: toy
seeds: 2
train: {steps: 24, batch: 4}
datasets: {point: point, square: point(dim=2)}
methods:
  Dirac:  dirac(lr=0.1) + r1(weight=0.5)
  cycle:  hopf(mu=0.5, lr=0.1) + simultaneous
probes: [trajectory]
"""


def trained(write: Write, out: Path, text: str = TEXT) -> Path:
    path = write(text)
    for job in plan(load_suite(path), out).jobs:
        (out / "toy").mkdir(parents=True, exist_ok=True)
        shutil.copy(path, out / "toy" / "suite.yaml")
        assert seed_block.run(job).folder is not None
    return out / "toy"


def test_games_of_two_weights_have_a_figure(write: Write, tmp_path: Path) -> None:
    folder = trained(write, tmp_path / "r")
    results = read(folder)
    part = portraits(results, Trained(folder), "point", strokes(results.methods))
    assert [picture.key for picture in part.pictures] == ["portrait-point-dirac", "portrait-point-hopf"]
    assert "Dirac: |λ| = 0.975 at the origin, 0.975 predicted" in part.pictures[0].caption
    assert "cycle of radius 0.742 predicted" in part.pictures[1].caption
    four = portraits(results, Trained(folder), "square", strokes(results.methods))
    assert list(four.sentences) == ["Dirac, cycle: 4 weights have no plane; 'What the probes saw' has them all."]
    page = build(folder, tmp_path / "out").read_text(encoding="utf-8")
    assert 'id="portrait-point-hopf"' in page
    assert 'id="probe-point-trajectory"' in page


def test_what_other_options_trained_has_no_portrait(write: Write, tmp_path: Path) -> None:
    folder = trained(write, tmp_path, TEXT.replace(", square: point(dim=2)", ""))
    file = folder / "suite.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("weight=0.5", "weight=0.7"), encoding="utf-8")
    results = read(folder)
    part = portraits(results, Trained(folder), "point", strokes(results.methods))
    assert [picture.key for picture in part.pictures] == ["portrait-point-hopf"]
    assert part.sentences[0].startswith("Dirac: no phase portrait: was trained by other code")


def test_two_weights_of_one_player_are_a_plane(write: Write, tmp_path: Path) -> None:
    text = """
suite: toy
seeds: 2
train: {steps: 12, batch: 8}
datasets: {gauss: "gaussian(mean=(1, -1), covariance=((1, 0.5), (0.5, 2)))"}
methods: {oracle: "oracle(of=edm(sample_steps=4), lr=0.05)"}
probes: [trajectory]
"""
    folder = trained(write, tmp_path, text)
    results = read(folder)
    (picture,) = portraits(results, Trained(folder), "gauss", strokes(results.methods)).pictures
    assert picture.caption.startswith("Above, net_2 against net_1:")


def test_a_small_game_without_the_probe_is_told_of_it(write: Write, tmp_path: Path) -> None:
    folder = trained(write, tmp_path, TEXT.replace("[trajectory]", "[losses]").replace(", square: point(dim=2)", ""))
    results = read(folder)
    part = portraits(results, Trained(folder), "point", strokes(results.methods))
    assert not part.pictures
    assert "add 'trajectory' under 'probes'" in part.sentences[0]
