"""Two nodes of a Ray cluster against one, on blocks that are large enough: what a second machine is worth."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bench.running.executors.ray import Ray
from bench.running.plan import plan
from bench.suite.load import load_suite
from tests.running.elsewhere import Heard

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("default")  # Ray's own
SUITE = """
suite: nodes
seeds: 8
train: {steps: 6000, batch: 64, evaluate_every: 3000}
datasets: {ring8: ring(n=5000)}
methods: {one: "gan(width=64, depth=2)", two: "gan(width=64, depth=2, lr=0.0002)"}
metrics: [modes_covered(n=500)]
"""


def took(folder: Path, nodes: int) -> float:
    """Seconds of both blocks on so many nodes of one core, the workers' start among them."""
    from ray.cluster_utils import Cluster

    folder.mkdir()
    (folder / "nodes.yaml").write_text(SUITE)
    todo = plan(load_suite(folder / "nodes.yaml"), folder / "out")
    assert len(todo.jobs) == 2
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(nodes):
        cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        heard, began = Heard(), time.perf_counter()
        Ray(2).run(todo.jobs, heard)
        assert [said[2] for said in heard.said if said[0] == "end"] == ["done", "done"]
        return time.perf_counter() - began
    finally:
        ray.shutdown()
        cluster.shutdown()


def test_two_nodes(benchmark: Any, tmp_path: Path) -> None:
    one, found = took(tmp_path / "one", 1), list[float]()
    benchmark.pedantic(lambda: found.append(took(tmp_path / "two", 2)), rounds=1)
    benchmark.extra_info.update(one_s=round(one, 1), ratio=round(one / found[0], 3), goal="≥ 1.8")
