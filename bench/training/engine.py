"""The engine: loss -> gradient -> gradient of the game -> update -> step -> sample.

`loss` and `gradient` are what one seed computes; `game_gradient`, `update`, `step` and `sample` do it for all seeds through the
mapping of seed_axis.py. A step is a pure function State -> State of tensors with static shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.func import grad
from torch.utils import _pytree as pytree

from bench.data._normalised import normalised
from bench.data.base import Data
from bench.training.compatible import conflicts
from bench.training.game import Batch, Game, Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.memory_allocator import keep_pages
from bench.training.precision import Products, arithmetic, rounded
from bench.training.rng import NoiseTape, Rng
from bench.training.seed_axis import MAPPINGS, finite, freeze, stack
from bench.training.stabilizer_stack import Stack
from bench.training.state import GameGradient, State, Tree, Vectors
from bench.training.update_rules import Alternating, UpdateRule

Draw = Callable[[State, str, int], Tensor]  # state, name of the noise, samples of a seed -> [S, n, *D]


class Engine:
    """One method on one data set with S seeds."""

    looks = False  # whether all its contexts are of the mean game

    def __init__(
        self,
        game: Game,
        data: Data,
        seeds: Sequence[int],
        stabilizers: Sequence[Stabilizer] = (),
        *,
        batch: int = 256,
        mapping: str = "auto",
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        products: Products = "exact",
    ) -> None:
        keep_pages()
        self.device, self.dtype, self.products = torch.device(device), dtype, products
        self.seeds = tuple(seeds)
        self.stack = Stack(*stabilizers)
        if clash := conflicts(stabilizers, game):
            raise ValueError(clash[0])
        if why := self.stack.refuses_data(data) or self.stack.refuses_batch(batch):
            raise ValueError(why)
        self.batch = self.stack.batch(batch)
        if isinstance(self.batch, bool) or not isinstance(self.batch, int) or self.batch < 1:
            raise TypeError(
                f"a batch of {self.batch!r} samples, of which {batch} were asked for: a stabilizer's batch() is wrong"
            )
        self.data = self.stack.data(normalised(data) if game.normalises else data)
        if not self.data.x.isfinite().all():
            raise ValueError("what it trains on is not finite any more: a stabilizer's data() is wrong")
        built = game.build(self.data)
        self.game = replace(built, nets=self.stack.nets(dict(built.nets), built))
        self.rule: UpdateRule = self.stack.rule(Alternating())
        self.optimizers = {p: self.stack.optimizer(self.game.make_optimizer(p), p) for p in self.game.players}
        chosen = choose(self.game, len(self.seeds), self.device) if mapping == "auto" else mapping
        self.mapping = MAPPINGS[chosen](len(self.seeds), self.device)
        self.noise = NoiseTape(self.seeds, self.device, dtype)
        self.x = self.data.x.to(self.device, dtype)
        self.y = None if self.data.labels is None else self.data.labels.to(self.device)

    @property
    def nfe(self) -> int:
        """Network evaluations per sample, stabilizers included. Raises TypeError where a plugin counts otherwise."""
        count: object = self.stack.nfe(self.game.nfe - self.game.drafts)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise TypeError(f"nfe is {count!r}; the number of network evaluations of a sample is a whole number")
        return count + self.game.drafts

    def init_state(self) -> State:
        """Fresh weights and memories."""
        count = len(self.seeds)
        weights = [{p: self.game.init(p, s).to(self.dtype) for p in self.game.players} for s in self.seeds]
        params = {p: v.to(self.device) for p, v in stack(weights).items()}
        opt = {p: self.map_seeds(lambda _, theta, p=p: self.optimizers[p].init(theta), params[p]) for p in params}
        memory = self.map_seeds(lambda _, params: self.stack.init_memory(self.game, params), params)
        return State(
            step=torch.zeros((), dtype=torch.int64, device=self.device),
            params=params,
            opt=opt,
            memory=memory,
            alive=torch.ones(count, dtype=torch.bool, device=self.device),
            died_at=torch.full((count,), -1, device=self.device),
            losses={p: torch.full((count,), torch.nan, dtype=self.dtype, device=self.device) for p in params},
        )

    # what one seed computes

    def loss(self, params: Params, at: StepContext) -> tuple[Tensor, Tree]:
        """The loss of `at.player`, with all stabilizers; and what they observed. Tensors of one seed."""
        at = replace(at, params=params, all_memory=at.memory)
        params = self.stack.params_in_loss(params, at)
        with rounded(self.products):
            inputs = self.game.loss_inputs(at.player, params, at.batch, at.rng.fork("game"))
            inputs = self.stack.loss_inputs(inputs, at)
            loss = self.stack.loss(self.game.objective(at.player, inputs), inputs, at)
            if loss.ndim:
                raise ValueError(f"the loss of {at.player} is {list(loss.shape)}: it has to be one number a seed")
            return loss, self.stack.collect(inputs, at)

    def gradient(self, params: Params, at: StepContext) -> Tensor:
        """d loss / d theta [P] of `at.player`, as a function that can be differentiated again."""
        slope: Tensor = grad(lambda theta: self.loss(params | {at.player: theta}, at)[0])(params[at.player])
        return slope

    # what all seeds compute

    def map_seeds(self, fn: Callable[..., Tree], *trees: Tree) -> Tree:
        """fn(lane, *slices of one seed) for all seeds."""
        with arithmetic(self.products, self.device):
            return self.mapping.map_seeds(fn, *trees)

    def context(
        self, state: State, lane: int | Tensor | None, name: str, *, taped: bool = True, **more: Any
    ) -> StepContext:
        """The StepContext of one lane; `name` names the noise, so two contexts of one name and step share it.
        What is not `taped` is no training: it looks at the mean game."""
        rng = Rng(self.noise, lane, self.noise.number(state.step), name, taped=taped)
        plain: dict[str, Any] = {"player": "", "memory": (), "mean": self.looks or not taped}
        return StepContext(engine=self, step=state.step, rng=rng, **plain | more)

    def looking(self) -> Engine:
        """The same engine, whose steps are those of the mean game: for whoever asks what a step is."""
        (other := copy(self)).looks = True
        return other

    def draw_batch(self, state: State, substep: int = 0, *, purpose: str = "data", n: int | None = None) -> Batch:
        """The batch of a substep, leaves [S, B, ...]: it depends on the seed, the step and the substep alone."""
        rng = Rng(self.noise, None, self.noise.number(state.step), f"{purpose}{substep}", taped=purpose == "data")
        rows = rng.integers(len(self.x), n or self.batch)
        return Batch(_gather(self.x, rows), () if self.y is None else self.y[rows])

    def game_gradient(
        self,
        state: State,
        batch: Batch,
        players: Sequence[str],
        *,
        name: str = "",
        at: Params | None = None,
        transform: Callable[[Vectors], Vectors] | None = None,
        taped: bool = True,
    ) -> GameGradient:
        """The gradients of some players, at the state's weights or at others.

        `name` names the noise; the default is that of the first player's first update, which simultaneous updates share.
        `transform` alters the field as a function of all weights (consensus, symplectic adjustment), for one seed.
        """
        name, where = name or f"{self.game.players[0]}0", at or state.params
        losses, grads, collected = {}, {}, {}
        for p in players:

            def one(lane: Any, theta: Tensor, params: Params, memory: Tree, batch: Batch, p: str = p) -> Any:
                here = self.context(state, lane, name, taped=taped, player=p, memory=memory, batch=Batch(*batch))
                return self.loss({**params, p: theta}, here)

            if transform is None:
                with arithmetic(self.products, self.device):
                    losses[p], grads[p], collected[p] = self.mapping.gradient(one, where[p], where, state.memory, batch)
            else:
                with torch.no_grad():
                    losses[p], collected[p] = self.map_seeds(one, where[p], where, state.memory, batch)
        if transform is not None:

            def bent(lane: Any, params: Params, memory: Tree, batch: Batch) -> Params:
                def plain(params: Params) -> Params:
                    here = {
                        p: self.context(state, lane, name, taped=taped, player=p, memory=memory, batch=Batch(*batch))
                        for p in players
                    }
                    return {p: self.gradient(params, here[p]) for p in players}

                return transform(plain)(params)

            grads = self.map_seeds(bent, where, state.memory, batch)
        return GameGradient(grads, losses, collected)

    def update(self, state: State, field: GameGradient) -> State:
        """Optimizer steps, then projection of the weights; seeds whose numbers are no longer finite are frozen."""
        movers = tuple(field.grads)
        rates = {p: self.stack.learning_rate(state.step, p) for p in movers} if self.stack.uses("learning_rate") else {}

        def one(lane: Any, params: Params, opt: Tree, grads: Params, memory: Tree) -> tuple[Params, Tree]:
            new, held = dict(params), {}
            for p in movers:
                delta, held[p] = self.optimizers[p].update(grads[p], opt[p], params[p])
                new[p] = params[p] + (rates[p].to(delta.dtype) * delta if rates else delta)
            if self.stack.uses("project_params"):
                new = self.stack.project_params(new, self.context(state, lane, f"project {movers}", memory=memory))
            return {p: new[p] for p in movers}, held

        with torch.no_grad():
            before = {p: state.opt[p] for p in movers}
            involved = state.params if self.stack.uses("project_params") else {p: state.params[p] for p in movers}
            memory = state.memory if self.stack.uses("project_params") else ()
            new, held = self.map_seeds(one, involved, before, field.grads, memory)
            sound = finite(*(new[p] for p in movers), *field.grads.values(), *field.losses.values())
            alive = state.alive & sound
            params, opt = freeze(alive, (state.params | new, state.opt | held), (state.params, state.opt))
            return replace(
                state,
                params=params,
                opt=opt,
                alive=alive,
                died_at=torch.where(state.alive & ~sound, state.step, state.died_at),
                losses=state.losses | {p: torch.where(state.alive, v, torch.nan) for p, v in field.losses.items()},
                collected=state.collected | field.collected,
            )

    def step(self, state: State) -> State:
        """One step of training."""
        state = self.rule.step(self, state)
        if self.stack.uses("params_after_step") or self.stack.uses("update_memory"):
            state = self._remember(state)
        return replace(state, step=state.step + 1, collected={})

    def _remember(self, state: State) -> State:
        def one(lane: Any, params: Params, memory: Tree, collected: Tree) -> tuple[Params, Tree]:
            more: dict[str, Any] = {"all_memory": memory, "collected": collected}
            at = self.context(state, lane, "end", memory=memory, params=params, **more)
            after = self.stack.params_after_step(params, at)
            if self.stack.uses("params_after_step") and self.stack.uses("project_params"):  # back to where they may lie
                back = self.stack.project_params(after, at)  # but for players that stood still
                after = {p: torch.where((after[p] == params[p]).all(), after[p], back[p]) for p in after}
            return after, self.stack.update_memory(memory, after, at)

        with torch.no_grad():
            params, memory = self.map_seeds(one, state.params, state.memory, state.collected)
            return replace(
                state,
                params=freeze(state.alive, params, state.params),
                memory=freeze(state.alive, memory, state.memory),
            )

    def sample(
        self, state: State, n: int, *, purpose: str = "sample", block: int = 2048, draw: Draw | None = None
    ) -> Tensor:
        """n samples of every seed, from the evaluation weights, in the original space of the data: [S, n, *D], n ≥ 1.

        They are drawn in blocks of `block`, the last one of what is left, each with noise of its own, which depends on the seed,
        the step, `purpose`, the number of the block and its size: equal calls give equal samples, and the first n of more
        samples are those n where n is whole blocks. `block` bounds the memory, and is a part of the samples.
        `draw`: `draw_samples`, run otherwise (trace.py). Raises ValueError where a model's samples are not of the data's shape.
        """
        draw, blocks = draw or self.draw_samples, []
        for k, size in enumerate([block] * (n // block) + [n % block] * bool(n % block)):
            samples = draw(state, f"{purpose}{k}", size)
            if samples.shape[1:] != (size, *self.data.shape) or not samples.is_floating_point():
                found, wanted = list(samples.shape[1:]), [size, *self.data.shape]
                raise ValueError(f"its samples are {found} of {samples.dtype}, and those of the data {wanted} of reals")
            original = self.data.undo(samples.flatten(0, 1))
            blocks.append(original.view(*samples.shape[:2], *original.shape[1:]))
        return torch.cat(blocks, 1)

    def draw_samples(self, state: State, name: str, size: int) -> Tensor:
        """`size` samples of every seed as the method makes them, in the space it trains in; `name` names the noise."""

        def one(lane: Any, params: Params, memory: Tree) -> Tensor:
            at = self.context(state, lane, name, taped=False, memory=memory, params=params)
            served = self.stack.params_in_loss(self.stack.eval_params(params, at), replace(at, all_memory=memory))
            with rounded(self.products):
                return self.game.sample(served, size, at.rng)

        with torch.no_grad():
            samples: Tensor = self.map_seeds(one, state.params, state.memory)  # [S, size, *D]
        return samples

    def to_device(self, state: State) -> State:
        """A state read from a file, on this engine's device."""
        return State(**pytree.tree_map(lambda x: x.to(self.device), vars(state)))

    def synchronize(self) -> None:
        """Wait until the device has finished."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def choose(game: Game, seeds: int, device: torch.device) -> str:
    """The mapping that is fastest: all seeds at once, but on a CPU the loop for convolutions and for a lone seed."""
    convolves = any(p.ndim > 2 for net in game.nets.values() for p in net.module.parameters())
    return "loop" if device.type == "cpu" and (convolves or seeds == 1) else "vmap"


def _gather(x: Tensor, rows: Tensor) -> Tensor:
    """x [N, *D], rows [S, B] -> [S, B, *D]."""
    return x.index_select(0, rows.flatten()).view(*rows.shape, *x.shape[1:])
