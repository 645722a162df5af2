"""Networks by role (generator, critic, denoiser, encoder); one file an architecture.

May import: plugins.
Public: base.Architecture, base.Critic.
"""
