"""A method with a setting of its space: the same call with those options in it."""

from __future__ import annotations

from dataclasses import replace

from bench import plugins
from bench.plugins import BrokenPlugin, UnknownName, close
from bench.suite import grammar, options
from bench.suite.distributions import Distribution, Range
from bench.suite.grammar import Call
from bench.suite.options import WrongOption
from bench.suite.space import Setting
from bench.suite.suite import Method


def place_of(method: Method, name: str) -> tuple[int, str]:
    """Which of a method's calls an option of a space belongs to, and its name there: `r1.weight` -> (1, "weight").

    Raises WrongOption for a stabilizer that the method has not, or has twice; the option itself is not looked at.
    """
    word, dot, option = name.rpartition(".")
    calls = grammar.read(method.call)
    if not dot:
        return 0, name
    held = [k for k, call in enumerate(calls) if k and call.word == word]
    if word == method.model and not held:
        raise WrongOption(f"'{word}' is the model of {method.label}: write '{option}'")
    if not held:
        words = [call.word for call in calls[1:]]
        raise WrongOption(
            f"'{word}' is no stabilizer of {method.label}{close(word, words)} (stabilizers: {', '.join(words) or 'none'})"
        )
    if len(held) > 1:
        raise WrongOption(f"{method.label} has {word} {len(held)} times, and '{name}' does not say which")
    return held[0], option


def check(method: Method, name: str, distribution: Distribution) -> None:
    """Raises WrongOption, a line for each mistake, where a method has no such option, has it set already, or can't take
    a value of the distribution."""
    k, option = place_of(method, name)
    call = grammar.read(method.call)[k]
    plugin = plugins.find("stabilizers" if k else "models", call.word)
    known = {one.name: one for one in plugins.options(plugin)}
    if option not in known:
        raise WrongOption(
            f"'{option}' is not an option of {call.word}{close(option, known)} (options: {', '.join(known) or 'none'})"
        )
    if option in options.bind(call, plugin):
        raise WrongOption(f"{method.row} sets {name} itself: remove it there, or here")
    if known[option].kind is int and isinstance(distribution, Range):
        raise WrongOption(f"option '{option}' of {call.word} is a whole number: write int(a, b)")
    wrong = []
    for value in distribution.ends():
        try:
            options.fit(value, known[option])
        except (WrongOption, UnknownName, BrokenPlugin) as error:
            wrong.append(f"option '{option}' of {call.word}: {error}")
    if wrong:
        raise WrongOption("\n".join(wrong))


def with_setting(method: Method, setting: Setting) -> Method:
    """The method with some options set, under the same label. Raises WrongOption where it can't have them."""
    calls = grammar.read(method.call)
    for name, value in setting:
        k, option = place_of(method, name)
        calls[k] = Call(calls[k].word, calls[k].positional, (*calls[k].named, (option, value)))
    parts = []
    for k, call in enumerate(calls):
        ((_, _, instance),) = options.make("stabilizers" if k else "models", call)
        parts.append(instance)
    game, *stabilizers = parts
    for call, stabilizer in zip(calls[1:], stabilizers, strict=True):
        if why := stabilizer.refuses(game):
            raise WrongOption(f"{call.word} does not fit {method.model}: {why}")
    return replace(
        method,
        call=" + ".join(map(str, calls)),
        game=game,
        stabilizers=tuple(stabilizers),
        stabilizer_calls=tuple(map(str, calls[1:])),
    )
