"""Golden trajectories: planted bugs show, harmless changes don't, and all that is not as it was is named."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from math import inf, nan
from pathlib import Path

import pytest
import torch

import bench
from bench import plugins
from bench.gate import golden, golden_accept, golden_file, golden_record
from bench.gate.golden_file import DATA, Golden, Line
from bench.running.cells import Cell, cells
from bench.stabilizers.r1 import R1
from bench.training import gan_losses, optimizers
from tests.gate.planted_bugs import ALL, PLANTED

SUITE = Path(bench.__file__).parents[1] / "suites/ci.yaml"


@cache
def of_suite() -> tuple[Cell, ...]:
    return tuple(cells(bench.load_suite(SUITE)))


@cache
def before() -> Golden:
    return golden_record.record(of_suite())


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_shows_and_only_where_it_is(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, where = PLANTED[bug]
    kept = before()
    plant(monkeypatch)
    found = golden.compare(kept, golden_record.record(of_suite()), shaken=golden_record.shaken(of_suite()))
    assert {one.line.method for one in found.changed} == where


def test_a_repetition_changes_nothing() -> None:
    assert golden.compare(before(), golden_record.record(of_suite())).findings == ()


def test_sums_in_another_order_change_bits_and_no_trajectory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adam's update as the paper writes it, the corrected moments first: the same numbers but for rounding."""
    kept = before()

    def adam(lr: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> optimizers.Optimizer:
        plain, (b1, b2) = true(lr, betas, eps), betas

        def update(grad, memory, theta):
            t, m, v = memory["t"] + 1, b1 * memory["m"] + (1 - b1) * grad, b2 * memory["v"] + (1 - b2) * grad * grad
            corrected = m / (1 - b1**t), v / (1 - b2**t)
            return -lr * corrected[0] / (corrected[1].sqrt() + eps), {"t": t, "m": m, "v": v}

        return plain._replace(update=update)

    true = optimizers.adam
    monkeypatch.setattr(optimizers, "adam", adam)
    other = golden_record.record(of_suite())
    assert [line.numbers for line in other.lines] != [line.numbers for line in kept.lines]
    assert golden.compare(kept, other, shaken=golden_record.shaken(of_suite())).findings == ()


def test_the_first_step_that_differs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = before()
    true = gan_losses.pair
    louder = lambda word: gan_losses.Pair(lambda inputs: 1.5 * true(word).critic(inputs), true(word).generator)  # noqa: E731
    monkeypatch.setattr(gan_losses, "pair", louder)
    after = golden_record.record([cell for cell in of_suite() if cell.method.label == "WGAN-GP"])
    first, *_ = golden.compare(kept, after, lambda *cell: False).changed
    assert first.first is not None
    assert first.first.quantity == "grad_norm_D at step 1"
    assert str(first).startswith("changed: ring / WGAN-GP, seed 0: grad_norm_D at step 1 was ")
    assert str(first).endswith("; seed 1 too")


def moved(line: Line, name: str, by: float, **made: str) -> Line:
    return replace(line, numbers=line.numbers | {name: line.numbers[name] * (1 + by)}, made={**line.made, **made})


def test_another_machine_is_compared_with_the_wider_tolerance_and_that_is_said() -> None:
    line = next(line for line in before().lines if line.method == "DDPM")
    name = "loss_net at step 1"
    kept = Golden((line,))
    here = golden.compare(kept, Golden((moved(line, name, 1e-4),)))
    assert [one.first.quantity for one in here.changed if one.first] == [name]
    assert here.said()[-1].startswith("golden trajectories: 1 compared within 1e-05 (samples 1e-06): not the same")
    for word in ("machine", "vectors", "torch"):
        elsewhere = golden.compare(kept, Golden((moved(line, name, 1e-4, **{word: "another"}),)))
        assert elsewhere.exit_code == 0
        assert f"1 compared within 0.001, since they were recorded on {word}" in elsewhere.said()[-1]
        assert golden.compare(kept, Golden((moved(line, name, 1e-2, **{word: "another"}),))).exit_code == 3


def test_what_rounding_moves_as_far_is_no_change() -> None:
    """EDM at a learning rate of .01: within ten steps a rounding of its weights is 3e-3 of its gradient's norm."""
    kept, name = before(), "grad_norm_net at step 10"
    (edm,) = [line for line in kept.lines if line.method == "EDM + EMA" and line.seed == 0]
    (gan,) = [line for line in kept.lines if line.method == "GAN + R1" and line.seed == 0]
    again = golden_record.shaken(of_suite())
    by = max(abs(numbers[name] / edm.numbers[name] - 1) for numbers in again(edm))
    assert 1e-4 < by < 1e-2
    of_gan = "grad_norm_G at step 10"
    assert all(abs(numbers[of_gan] / gan.numbers[of_gan] - 1) < 1e-5 for numbers in again(gan))
    elsewhere = [moved(edm, name, 5 * by, machine="another"), moved(gan, of_gan, 5 * by, machine="another")]
    found = golden.compare(Golden(tuple(elsewhere)), Golden((edm, gan)), shaken=again)
    assert [one.line.method for one in found.changed] == ["GAN + R1"]
    far = golden.compare(Golden((moved(edm, name, 20 * by, machine="another"),)), Golden((edm,)), shaken=again)
    assert len(far.changed) == 1


def test_lines_of_two_machines_are_compared_each_with_its_own_tolerance() -> None:
    first, second = (line for line in before().lines if line.method == "DDPM")
    found = golden.compare(
        Golden((first, moved(second, "loss_net at step 1", 0.0, torch="1.0"))), Golden((first, second))
    )
    assert sorted(found.compared.values()) == [1, 1]
    assert len(found.compared) == 2


def without(*dropped: tuple[str, int]) -> Golden:
    return replace(before(), lines=tuple(one for one in before().lines if (one.method, one.seed) not in dropped))


def test_all_that_was_not_compared_is_named_and_not_counted() -> None:
    """A lost seed passed in silence, and was counted as compared."""
    whole, count = before(), len(before().lines)
    lost = golden.compare(without(("VAE", 1)), whole)
    assert [str(one) for one in lost.findings] == ["incomplete in the file: ring / VAE, seed 1 is not there"]
    assert (sum(lost.compared.values()), lost.exit_code) == (count - 1, 3)
    never = golden.compare(without(("VAE", 0), ("VAE", 1)), whole)
    assert [str(one) for one in never.findings] == ["never recorded: ring / VAE, seed 0, 1"]
    gone = golden.compare(whole, without(("VAE", 0), ("VAE", 1)))
    assert [str(one) for one in gone.findings] == ["in the file, and not in the suite: ring / VAE, seed 0, 1"]
    assert golden.compare(whole, without(("VAE", 0), ("VAE", 1)), lambda d, m: m != "VAE").exit_code == 0
    misspelt = replace(without(("VAE", 1)), lines=(*without(("VAE", 1)).lines, Line("ring", "VEA", 1, {"loss": 1.0})))
    assert {one.kind for one in golden.compare(misspelt, whole).findings} == {"incomplete", "gone"}
    assert {row.verdict for row in golden.compare(misspelt, whole).rows()} == {"incomparable"}


def test_a_number_that_is_missing_on_either_side_is_said_to_be() -> None:
    line = next(line for line in before().lines if line.method == "VAE")
    name = "loss_net at step 2"
    less = replace(line, numbers={n: v for n, v in line.numbers.items() if n != name})
    never = golden.compare(Golden((less,)), Golden((line,)))
    assert f"seed 0: {name} was never recorded, and is " in str(never.findings[0])
    gone = golden.compare(Golden((line,)), Golden((less,)))
    assert str(gone.findings[0]).startswith("changed: ring / VAE, seed 0: loss_net at step 2 was ")
    assert str(gone.findings[0]).endswith(" and is no longer measured")


@pytest.mark.parametrize("then", [nan, inf, -inf, 1.0])
@pytest.mark.parametrize("now", [nan, inf, -inf, 1.0])
def test_what_was_not_finite_must_be_so_again(tmp_path: Path, then: float, now: float) -> None:
    made = golden_record.here()
    golden_file.write(tmp_path / "f", Golden((Line("d", "m", 0, {"loss_D at step 2": then}, made),)))
    json.loads((tmp_path / "f").read_text().splitlines()[1], parse_constant=pytest.fail)
    kept = golden_file.read(tmp_path / "f")
    found = golden.compare(kept, Golden((Line("d", "m", 0, {"loss_D at step 2": now}, made),)))
    assert (found.exit_code == 0) == (repr(then) == repr(now))


def test_a_cell_that_raises_is_broken_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(self, *a, **k):
        raise RuntimeError("no such thing\nat all")

    kept = before()
    monkeypatch.setattr(R1, "penalty", raises)
    found = golden.compare(kept, golden_record.record(of_suite()))
    assert [str(one) for one in found.findings] == ["broken: ring / GAN + R1: RuntimeError: no such thing"]
    assert (found.exit_code, [row.verdict for row in found.rows()]) == (4, ["incomplete"])


def test_accepting_says_what_changes_and_keeps_what_was_not_asked_for(tmp_path: Path) -> None:
    path, everything = tmp_path / "f", lambda *cell: True
    only = lambda d, m: m == "VAE"  # noqa: E731
    whole, said = golden_accept.accepted(path, before(), everything, True)
    assert whole == before()
    assert said[-1] == f"{path}: {len(before().lines)} lines, of which 0 were kept as they are: {len(ALL) + 1} new"
    golden_file.write(path, whole)
    assert golden_accept.accepted(path, before(), everything, True) == (
        None,
        [f"{path}: unchanged ({len(before().lines)} lines)"],
    )
    line = next(line for line in before().lines if line.method == "VAE")
    made = Golden((moved(line, "loss_net at step 5", 0.1),))
    part, said = golden_accept.accepted(path, made, only, False)
    assert part is not None
    assert {one.method for one in part.lines} == {*ALL, DATA}
    assert said[0].startswith("changed: ring / VAE, seed 0: loss_net at step 5 was ")
    assert said[1] == "gone: ring / VAE, seed 1"
    (tmp_path / "f").write_text("{")
    with pytest.raises(golden_file.GoldenError):
        golden_accept.accepted(path, made, only, False)
    _, said = golden_accept.accepted(path, before(), everything, True)
    assert said[0].startswith(f"replaced: {path}:1: not a whole line of JSON")


def test_the_committed_trajectories_are_those_of_this_code() -> None:
    """On another processor or version of torch within the wider tolerance."""
    kept = golden_file.read(SUITE.parents[1] / "results/baselines/ci.golden.jsonl")
    found = golden.compare(kept, before(), shaken=golden_record.shaken(of_suite()))
    assert found.exit_code == 0, "\n".join(found.said())


@pytest.mark.long
@pytest.mark.parametrize("suite", ["golden", "golden_measures"])
def test_the_wide_suites_compute_what_they_computed(suite: str) -> None:
    """Every method, and every data set, metric and probe: half a minute."""
    asked = cells(bench.load_suite(SUITE.with_name(f"{suite}.yaml")))
    kept = golden_file.read(SUITE.parents[1] / f"results/baselines/{suite}.golden.jsonl")
    found = golden.compare(kept, golden_record.record(asked), shaken=golden_record.shaken(asked))
    assert found.exit_code == 0, "\n".join(found.said())


@pytest.mark.parametrize("category", ["models", "stabilizers", "datasets", "metrics", "probes"])
def test_the_wide_suites_have_every_word(category: str) -> None:
    text = "".join(SUITE.with_name(f"{name}.yaml").read_text() for name in ("golden", "golden_measures"))
    of_files = {
        "cifar10",
        "image_folder",
        "mnist",
        "samples",
        "stacked_mnist",
    }  # need files that do not come with the package
    assert [word for word in plugins.words(category) if not re.search(rf"\b{word}\b", text)] == sorted(
        of_files & set(plugins.words(category))
    )


def test_nothing_random_is_moved() -> None:
    state = torch.get_rng_state()
    golden_record.record(of_suite()[:1])
    assert torch.equal(state, torch.get_rng_state())
