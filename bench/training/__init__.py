"""One step of training of one method, for all seeds at once, and what models and stabilizers are made of.

May import: data, hashing, plugins.
Public: engine.Engine, loop.train, game.Game (a model), pretrained.Pretrained (one that was trained
elsewhere), hooks.Stabilizer, hooks.StepContext, state.State, rng.Rng, nets.Net.
"""
