"""The spine: one step of training of one method, for all seeds at once. What models and stabilizers are made of is here too.

May import: data, hashing.
Public: engine.Engine, loop.train, game.Game (a model), hooks.Stabilizer, hooks.StepContext, state.State, rng.Rng, nets.Net.
"""
