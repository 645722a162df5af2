"""claims: in a suite -> Claim objects. The caller adds the file and the line."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal

from bench.claims.claim_types import (
    Claim,
    ClaimError,
    FailsLess,
    Margin,
    NonInferiority,
    Ordering,
    Spent,
    Superiority,
    Threshold,
)
from bench.claims.cost_names import COSTS
from bench.diagnostics.summary import measure_of
from bench.plugins import close, nearest
from bench.stats.comparable import CURRENCIES
from bench.stats.measure import Measure

KINDS = {  # the word that says which kind a claim is: the words it needs, and those it may have
    "better_than": ({"is", "in"}, {"by", "on", "than_on", "better", "at"}),
    "not_worse_than": ({"is", "in", "by"}, {"on", "better", "at"}),
    "fails_less_than": ({"is"}, {"on"}),
    "order": ({"in"}, {"on", "better", "at"}),
    "at_least": ({"is", "in"}, {"on", "at"}),
    "at_most": ({"is", "in"}, {"on", "at"}),
}
SIDES: tuple[Literal["at_least"], Literal["at_most"]] = ("at_least", "at_most")
WORDS = sorted(KINDS.keys() | {w for needs, may in KINDS.values() for w in needs | may})


def parse(
    claims: Mapping[str, Any],
    *,
    scores: Mapping[str, Measure] | None = None,
) -> list[Claim]:
    """The claims of a suite; with `scores`, each must be about a measure whose direction is known.

    Raises ClaimError with the claim's name, what is wrong and the remedy, in one line.
    """
    if not isinstance(claims, Mapping):
        raise ClaimError(
            "claims: expected a name and a statement each, as in 'A wins: {is: A, better_than: B, in: score}'"
        )
    out = [_claim(str(name), body) for name, body in claims.items()]
    for claim in out:
        if scores is not None:
            direction(claim, scores)
    return out


def direction(claim: Claim, scores: Mapping[str, Measure]) -> Measure:
    """Which way the claim's measure is better: said in the claim, or known of the score or diagnostic."""
    if isinstance(claim, FailsLess):
        return Measure(higher_is_better=False)
    whole = claim.measure in COSTS or (claim.measure not in scores and measure_of(claim.measure, scores) is not None)
    if claim.at is not None and whole:
        raise ClaimError(
            f"claims.{claim.name}: {claim.measure} is told from all of training: 'at' belongs to a score or a trace"
        )
    if isinstance(claim, Threshold):
        return Measure(higher_is_better=claim.side == "at_least")
    known = measure_of(claim.measure, scores)
    if known is not None:
        if claim.better not in (None, "higher" if known.higher_is_better else "lower"):
            raise ClaimError(f"claims.{claim.name}: {claim.measure} has a direction of its own; leave out 'better'")
        return known
    if claim.better is None:
        hint = close(claim.measure, sorted(scores))
        raise ClaimError(
            f"claims.{claim.name}: '{claim.measure}' is no score or diagnostic of this suite{hint}; "
            "for a trace or a cost, say which way is better: 'better: lower'"
        )
    return Measure(higher_is_better=claim.better == "higher")


def _claim(name: str, body: Any) -> Claim:
    if not isinstance(body, Mapping):
        raise ClaimError(f"claims.{name}: expected {{is: A, better_than: B, in: score}}, not {body!r}")
    for word in body:
        if word not in WORDS:
            raise ClaimError(f"claims.{name}: '{word}' is no word of a claim{nearest(str(word), WORDS)}")
    kinds = [k for k in KINDS if k in body]
    if len(kinds) != 1:
        found = " and ".join(kinds) if kinds else "none"
        raise ClaimError(f"claims.{name}: a claim has one of {', '.join(KINDS)}; found {found}")
    kind = kinds[0]
    needs, may = KINDS[kind]
    for word in sorted(needs - body.keys()):
        raise ClaimError(f"claims.{name}: '{kind}' needs '{word}'; add it")
    for word in sorted(body.keys() - needs - may - {kind}):
        raise ClaimError(f"claims.{name}: '{word}' means nothing beside '{kind}'; remove it")
    on = _places(name, body["on"]) if "on" in body else ()
    if kind == "fails_less_than":
        method, than = _two(name, body, kind)
        return FailsLess(name=name, on=on, method=method, than=than)
    measure, better = _word(name, body, "in"), _better(name, body)
    at = _spent(name, body["at"]) if "at" in body else None
    if kind == "order":
        return Ordering(name=name, measure=measure, on=on, at=at, better=better, order=_order(name, body["order"]))
    for side in SIDES:
        if kind == side:
            level, method = _number(name, side, body[side]), _word(name, body, "is")
            return Threshold(name=name, measure=measure, on=on, at=at, method=method, level=level, side=side)
    by = _margin(name, body.get("by", 0))
    if kind == "not_worse_than" and by.size == 0:
        raise ClaimError(f"claims.{name}: 'by' is how much worse is still not worse; give a number above 0")
    other = _word(name, body, "than_on") if "than_on" in body else None
    if other is not None and (len(on) != 1 or other in on):
        raise ClaimError(
            f"claims.{name}: 'than_on' compares two data sets; name the first one, and no other, with 'on'"
        )
    method, than = _two(name, body, kind, other is not None)
    make = Superiority if kind == "better_than" else NonInferiority
    return make(name=name, measure=measure, on=on, than_on=other, at=at, better=better, method=method, than=than, by=by)


def _two(name: str, body: Mapping[str, Any], kind: str, elsewhere: bool = False) -> tuple[str, str]:
    method, than = _word(name, body, "is"), _word(name, body, kind)
    if method == than and not elsewhere:
        raise ClaimError(f"claims.{name}: '{method}' is compared with itself; name another method")
    return method, than


def _word(name: str, body: Mapping[str, Any], word: str) -> str:
    if not isinstance(body[word], str) or not body[word]:
        raise ClaimError(f"claims.{name}.{word}: expected a name, not {body[word]!r}{_quote(body[word])}")
    return str(body[word])


def _quote(value: Any) -> str:
    """A label that YAML reads as a number or a truth has to be quoted."""
    return f"; a label that reads so needs quotes: '{str(value).lower()}'" if isinstance(value, int | float) else ""


def _places(name: str, value: Any) -> tuple[str, ...]:
    """One data set, or a list of them."""
    named = value if isinstance(value, list) else [value]
    if not named or not all(isinstance(one, str) and one for one in named) or len(set(named)) < len(named):
        raise ClaimError(f"claims.{name}.on: expected a data set, or a list of different ones, not {value!r}")
    return tuple(named)


def _order(name: str, value: Any) -> tuple[str, ...]:
    good = isinstance(value, list) and len(value) >= 2 and all(isinstance(v, str) for v in value)
    if not good or len(set(value)) < len(value):
        raise ClaimError(f"claims.{name}.order: expected two or more different methods, best first, not {value!r}")
    return tuple(value)


def _spent(name: str, value: Any) -> Spent:
    """`{gradients: 20000}`."""
    known = ("steps", *CURRENCIES)
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in known:
        raise ClaimError(
            f"claims.{name}.at: expected one of {', '.join(known)} and an amount, as in {{gradients: 20000}}, not {value!r}"
        )
    ((currency, amount),) = value.items()
    if (found := _number(name, "at", amount)) <= 0:
        raise ClaimError(f"claims.{name}.at: expected an amount above 0, not {amount!r}")
    return Spent(str(currency), found)


def _better(name: str, body: Mapping[str, Any]) -> Literal["lower", "higher"] | None:
    value = body.get("better")
    if value is None or value == "lower" or value == "higher":
        return value
    raise ClaimError(f"claims.{name}.better: expected lower or higher, not {value!r}")


def _margin(name: str, value: Any) -> Margin:
    """A number in the measure's units, or a share: 10%."""
    relative = isinstance(value, str) and value.endswith("%")
    size = _number(name, "by", value.removesuffix("%") if relative else value) / (100 if relative else 1)
    if size < 0 or (relative and size >= 1):
        raise ClaimError(f"claims.{name}.by: expected a margin of 0 or more (below 100%), not {value!r}")
    return Margin(size, relative)


def _number(name: str, word: str, value: Any) -> float:
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not isfinite(number):
        raise ClaimError(f"claims.{name}.{word}: expected a number, not {value!r}")
    return number
