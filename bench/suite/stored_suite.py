"""A suite as it is stored beside its records: plain text, read without its plugins, which may be gone or have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.claims.claim_types import Claim, ClaimError
from bench.claims.label_patterns import matches
from bench.claims.parse import parse
from bench.suite.grammar import text
from bench.suite.yaml_lines import Problems, read

# what `train:` means where it says nothing
FILE = "suite.yaml"  # what a run keeps of its suite beside the records
TRAIN_DEFAULTS: dict[str, Any] = {
    "batch": 256, "evaluate_every": 0, "precision": "float32", "mapping": "auto", "compile": "off",
}  # fmt: skip


@dataclass(frozen=True)
class StoredExperiment:
    """An experiment as it is written; () names everything."""

    label: str
    asks: str
    source: str
    on: tuple[str, ...]
    methods: tuple[str, ...]
    variant: str
    claims: tuple[Claim, ...]

    def covers(self, dataset: str, method: str, variants: Sequence[str]) -> bool:
        """Whether a cell is one of its own; `variants` are those of all experiments, one of which may end a label."""
        if self.variant != variant_of(method, variants):
            return False
        plain = [(dataset, self.on), (unvaried(method, self.variant), self.methods)]
        return all(not patterns or any(matches(label, p) for p in patterns) for label, patterns in plain)


def stored_suite(folder: Path) -> dict[str, Any]:
    """The suite that is stored beside some records; {} where none does. Raises SuiteError where it can't be read."""
    path = folder / FILE
    if not path.is_file():
        return {}
    problems = Problems(path)
    root = read(path, problems)
    problems.check()
    found = root.plain if root is not None else None
    return found if isinstance(found, dict) else {}


def stored_experiments(suite: Mapping[str, Any]) -> list[StoredExperiment]:
    """The experiments of a stored suite, in its order. Raises ClaimError where a claim can't be read."""
    found = []
    for label, body in _mapping(suite.get("experiments")).items():
        body = _mapping(body)
        which, on = variant(body.get("train"), suite.get("train")), names(body.get("on"))
        try:
            claims = parse(body.get("claims") or {})
        except ClaimError as error:
            raise ClaimError(f"experiments.{label}: {error}") from None
        mine = tuple(placed(claim, str(label), which, on) for claim in claims)
        asks, source = (str(body.get(key) or "") for key in ("asks", "source"))
        found.append(StoredExperiment(str(label), asks, source, on, names(body.get("methods")), which, mine))
    return found


def stored_claims(suite: Mapping[str, Any]) -> list[Claim]:
    """Every claim of a stored suite: its own and those of its experiments. Raises ClaimError."""
    return [*parse(suite.get("claims") or {}), *(c for e in stored_experiments(suite) for c in e.claims)]


def seeds_of(suite: Mapping[str, Any]) -> int:
    """How many seeds of every cell a stored suite asks for; 0 where that isn't said."""
    seeds = suite.get("seeds")
    if isinstance(seeds, list):
        return len(seeds)
    if isinstance(seeds, Mapping):
        seeds = next(iter(seeds.values()), 0)
    return seeds if isinstance(seeds, int) else 0


def names(value: Any) -> tuple[str, ...]:
    """`on:` or `methods:` as written: one name, a list of them, or nothing for all."""
    return tuple(map(str, value if isinstance(value, list) else [] if value is None else [value]))


def variant(overrides: Any, base: Any) -> str:
    """What of an experiment's `train:` is not so in the suite's, as `steps=2000`; '' where nothing."""
    held = TRAIN_DEFAULTS | _flat(base)
    changed = {key: value for key, value in _flat(overrides).items() if key not in held or held[key] != value}
    return ", ".join(f"{key}={text(changed[key])}" for key in sorted(changed))


def varied(label: str, which: str) -> str:
    """A method's label where its training is varied: `GAN` -> `GAN [steps=2000]`, as a point of a grid is written."""
    if not which:
        return label
    return f"{label[:-1]}, {which}]" if label.endswith("]") else f"{label} [{which}]"


def unvaried(label: str, which: str) -> str:
    """The label without its variant; as it is where it has another one or none."""
    alone, beside = f" [{which}]", f", {which}]"
    return (
        label.removesuffix(alone)
        if label.endswith(alone)
        else (f"{label.removesuffix(beside)}]" if label.endswith(beside) else label)
    )


def variant_of(label: str, variants: Sequence[str]) -> str:
    """Which of some variants a label carries: the longest, since `batch=32, steps=3` ends as `steps=3` does; '' for none."""
    return max((which for which in variants if which and unvaried(label, which) != label), key=len, default="")


def placed(claim: Claim, experiment: str, which: str, on: Sequence[str]) -> Claim:
    """A claim as its experiment means it: of the methods that were trained its way, on its data sets."""
    own = claim.renamed(lambda method: varied(unvaried(method, which), which))
    return replace(own, experiment=experiment, among=tuple(on))


def _flat(train: Any) -> dict[str, Any]:
    """`{budget: {gradients: 60000}}` as `{gradients: 60000}`."""
    found = _mapping(train)
    return {**_mapping(found.pop("budget", None)), **found}


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
