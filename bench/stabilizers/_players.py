"""Players that a stabilizer names, checked against those of a game."""

from __future__ import annotations

from bench.training.game import Game


def lacks(game: Game, players: tuple[str, ...]) -> str | None:
    """Why a game has not got all of these players, in half a sentence; None where it has."""
    missing = [p for p in players if p not in game.players]
    if missing:
        return f"it is for player {missing[0]} and {type(game).__name__.lower()} has {' and '.join(game.players)}"
    return None
