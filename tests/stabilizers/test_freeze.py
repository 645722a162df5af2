"""A frozen player stands still, whatever the rule, and the others play on."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.probes.gradients import Gradients
from bench.stabilizers.adaptive_clip import AdaptiveClip
from bench.stabilizers.consensus import Consensus
from bench.stabilizers.ema import EMA
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.freeze import Freeze
from bench.stabilizers.gdpp import GDPP
from bench.stabilizers.lookahead import Lookahead
from bench.stabilizers.n_critic import NCritic
from bench.stabilizers.optimistic import Optimistic
from bench.stabilizers.path_length import PathLength
from bench.stabilizers.r1 import R1
from bench.stabilizers.schedule import Schedule
from bench.stabilizers.simultaneous import Simultaneous
from bench.stabilizers.warm_critic import WarmCritic
from bench.stabilizers.weight_clip import WeightClip
from bench.training.engine import Engine
from bench.training.state import State
from tests.laws.cases import game, points, run, same

BESIDE = [
    (),
    (NCritic(steps=3),),
    (Simultaneous(),),
    (Extragradient(),),
    (Consensus(),),
    (Lookahead(every=2),),
    (Optimistic(), Schedule(steps=10, warmup=2), AdaptiveClip(limit=1.0, warmup=2)),
    (WeightClip(clip=0.01),),
]


def engine(*parts: Any, **more: Any) -> Engine:
    return Engine(game("gan", **more), points(), [3, 5], parts, batch=16, mapping="vmap")


def carried(state: State, player: str) -> list[torch.Tensor]:
    """A player's weights and the numbers of its optimizer."""
    return [state.params[player], *torch.utils._pytree.tree_leaves(state.opt[player])]  # type: ignore[attr-defined]


@pytest.mark.parametrize("beside", BESIDE, ids=lambda parts: " + ".join(type(p).__name__ for p in parts) or "in turn")
@pytest.mark.parametrize("player", ["G", "D"])
@pytest.mark.parametrize("first", [True, False], ids=["left", "right"])
def test_it_stands_still_and_the_other_moves(beside: tuple[Any, ...], player: str, first: bool) -> None:
    frozen, average = Freeze(player=player), (EMA(decay=0.5),) if player == "D" else ()
    parts = (frozen, *beside, *average) if first else (*beside, *average, frozen)
    if player == "D" and any(isinstance(part, WeightClip) for part in beside):
        with pytest.raises(
            ValueError, match="freeze does not go with weight_clip: D never moves, so it would change nothing"
        ):
            engine(*parts)
        return
    machine = engine(*parts)
    start = machine.init_state()
    end = run(machine, 6, start)
    assert all(torch.equal(a, b) for a, b in zip(carried(start, player), carried(end, player), strict=True))
    if average:  # of what stood still
        assert torch.equal(end.memory[-1 if first else -2][player], start.params[player])
    (other,) = {"G", "D"} - {player}
    assert not torch.equal(start.params[other], end.params[other])
    assert end.losses[player].isfinite().all()
    assert end.alive.all()


@pytest.mark.parametrize(
    ("player", "idle"),
    [("G", EMA()), ("G", GDPP()), ("G", PathLength()), ("D", R1()), ("G", Freeze()), ("G", WarmCritic())],
    ids=lambda part: str(part) if isinstance(part, str) else type(part).__name__,
)
def test_what_would_change_nothing_is_refused(player: str, idle: Any) -> None:
    for parts in ((Freeze(player=player), idle), (idle, Freeze(player=player))):
        with pytest.raises(ValueError, match="does not go with"):
            engine(*parts)


def test_the_side_on_which_it_is_written_does_not_matter() -> None:
    left, right = run(engine(Freeze(), NCritic(steps=3)), 3), run(engine(NCritic(steps=3), Freeze()), 3)
    assert same(left, right)
    assert not torch.equal(left.params["D"], run(engine(Freeze()), 3).params["D"])  # three moves a step are not one


def test_the_other_faces_it_as_it_stands() -> None:
    """With the critic frozen, moving in turn is moving at once; with it moving, it is not."""
    frozen, at_once, in_turn = (run(engine(*parts), 1) for parts in ((Freeze(player="D"),), (Simultaneous(),), ()))
    assert torch.equal(frozen.params["G"], at_once.params["G"])
    assert not torch.equal(frozen.params["G"], in_turn.params["G"])


@pytest.mark.parametrize("rule", [(), (NCritic(steps=2),), (Extragradient(),)])
def test_it_moves_from_its_step_on_as_if_nothing_had_been(rule: tuple[Any, ...]) -> None:
    machine, plain = engine(Freeze(until=3), *rule), engine(*rule)
    still = run(machine, 3)
    assert torch.equal(still.params["G"], machine.init_state().params["G"])
    assert float(still.opt["G"]["t"].max()) == 0
    moved = machine.step(still)
    assert not torch.equal(moved.params["G"], still.params["G"])
    from_here = State(**vars(still) | {"memory": still.memory[1:]})
    assert same(State(**vars(moved) | {"memory": moved.memory[1:]}), plain.step(from_here))


def test_a_warm_critic_is_a_generator_that_is_frozen_for_a_while() -> None:
    assert same(run(engine(WarmCritic(steps=4)), 7), run(engine(Freeze(player="G", until=4)), 7))


def test_two_players_may_wait_for_different_steps() -> None:
    machine = engine(Freeze(player="G", until=4), Freeze(player="D", until=2))
    start = machine.init_state()
    moved = [{p for p in "GD" if not torch.equal(run(machine, k, start).params[p], start.params[p])} for k in (2, 3, 5)]
    assert moved == [set(), {"D"}, {"G", "D"}]


def test_a_game_in_which_nobody_would_ever_move_is_refused() -> None:
    with pytest.raises(ValueError, match="freeze and freeze hold G and D: nothing would train"):
        engine(Freeze(player="G"), Freeze(player="D"))
    with pytest.raises(ValueError, match="nothing would train"):
        engine(Freeze(player="D"), NCritic(), Freeze(player="G"))
    for parts in ((Freeze(player="G"), Freeze(player="D", until=2)), (Freeze(player="D"), WarmCritic(steps=2))):
        start = engine(*parts).init_state()  # one of them moves in time
        end = run(engine(*parts), 3, start)
        assert any(not torch.equal(start.params[p], end.params[p]) for p in "GD")
    three = Engine(game("vae_gan"), points(), [0], (Freeze(player="G"), Freeze(player="D")), batch=16)
    assert run(three, 1).alive.all()  # its encoder moves


def test_what_it_would_feel_is_measured() -> None:
    frozen, plain, probe = engine(Freeze()), engine(), Gradients()
    state = run(frozen, 3)
    found, free = (probe.measure(m, state) for m in (frozen, plain))
    assert (found["grad_norm_G"] > 0).all()
    assert all(torch.equal(found[name], free[name]) for name in ("grad_norm_G", "grad_norm_D", "grad_vanished"))


def test_a_lone_player_and_a_stranger_are_refused() -> None:
    assert Freeze().refuses(game("ddpm")) == "ddpm has one player"
    assert Freeze(player="E").refuses(game("gan")) == "it is for player E and gan has G and D"
    assert WarmCritic().refuses(game("vae")) == "it is for player G and vae has net"
    assert Freeze(player="E").refuses(game("vae_gan")) is None
