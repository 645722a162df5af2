"""Blocks as tasks of a Ray cluster of two nodes on this machine: `tox -e ray`, or wherever Ray is installed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.records import store
from bench.running import seed_block
from bench.running.executors import _shared
from bench.running.executors.ray import Ray
from bench.running.plan import Plan, plan
from bench.suite.load import load_suite
from tests.running.elsewhere import TEXT, Heard, tables

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("default")  # Ray's own
Write = Callable[[str], Path]


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head that works on nothing, and two nodes of one core each."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    made.nodes_of_ours = [made.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def same(one: Path, other: Path) -> None:
    ours, theirs = tables(one), tables(other)
    assert ours.keys() == theirs.keys()
    assert len(ours) == 4
    for name, table in ours.items():
        pd.testing.assert_frame_equal(table, theirs[name], check_exact=True)


def planned(write: Write, out: Path, steps: int) -> Plan:
    return plan(load_suite(write(TEXT.format(steps=steps))), out)


def test_a_node_that_dies_costs_no_block(cluster: Any, write: Write, tmp_path: Path) -> None:
    """What was lost goes on elsewhere, from its checkpoint; records equal those of one process bit for bit."""
    todo, heard = planned(write, tmp_path / "there", 1500), Heard()
    work = threading.Thread(target=Ray(2).run, args=(todo.jobs, heard))
    work.start()
    deadline = time.monotonic() + 180
    while not all(job.checkpoint.exists() for job in todo.jobs) and time.monotonic() < deadline:
        time.sleep(0.05)
    cluster.remove_node(cluster.nodes_of_ours[0], allow_graceful=False)
    work.join(400)
    ends = [said for said in heard.said if said[0] == "end"]
    assert sorted(ends) == [("end", 0, "done"), ("end", 1, "done")]
    assert any(said[0] == "note" and "another one takes the block over" in said[1] for said in heard.said)
    assert any(said[0] == "progress" for said in heard.said)
    assert any(record["resumed"] for record in store.load_records(todo.root))
    alone = planned(write, tmp_path / "here", 1500)
    for job in alone.jobs:
        assert seed_block.run(job).status == "done"
    same(todo.root, alone.root)
    assert not list(todo.root.rglob(f"*{_shared.ENDING}"))


def test_an_interrupt_saves_what_is_under_way(
    cluster: Any, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo, heard = planned(write, tmp_path / "there", 100_000), Heard()
    there = ray.wait

    def wait(*args: Any, **more: Any) -> Any:
        if all(job.checkpoint.exists() for job in todo.jobs):
            raise KeyboardInterrupt
        return there(*args, **more)

    monkeypatch.setattr(ray, "wait", wait)
    with pytest.raises(KeyboardInterrupt):
        Ray(2).run(todo.jobs, heard)
    assert sorted(said for said in heard.said if said[0] == "end") == [
        ("end", 0, "interrupted"), ("end", 1, "interrupted"),
    ]  # fmt: skip
    assert all(job.checkpoint.exists() for job in todo.jobs)
    assert {record["status"] for record in store.load_records(todo.root)} == {"interrupted"}
