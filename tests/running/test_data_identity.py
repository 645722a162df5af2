"""What data are, by content: other pictures under the same path are another cell, and no checkpoint goes on with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.digits import Digits
from bench.data.image_folder import ImageFolder
from bench.data.ring import Ring
from bench.records import store
from bench.running import seed_block
from bench.running.plan import Plan, plan
from bench.suite.load import load_suite

Write = Callable[[str], Path]


def pictures(folder: Path, seed: int) -> Path:
    folder.mkdir(exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (24, 8, 8, 3), dtype=np.uint8)
    for k, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{k:02d}.png")
    return folder


@pytest.fixture
def todo(write: Write, tmp_path: Path) -> Callable[[], Plan]:
    path = write(f"""
suite: toy
seeds: 2
train: {{steps: 6, batch: 4}}
datasets: {{pictures: "image_folder(root='{tmp_path / "pictures"}', size=8)"}}
methods: {{GAN: "gan(arch=mlp, width=8, depth=1)"}}
metrics: [sliced_wasserstein(n=4)]
""")
    pictures(tmp_path / "pictures", 0)
    return lambda: plan(load_suite(path), tmp_path / "results")


def test_replaced_pictures_are_run_again(todo: Callable[[], Plan], tmp_path: Path) -> None:
    (job,) = todo().jobs
    assert seed_block.run(job).status == "done"
    assert todo().jobs == ()
    pictures(tmp_path / "pictures", 1)
    (again,) = todo().jobs
    assert again.cell.key != job.cell.key
    assert seed_block.run(again).status == "done"
    old, new = store.load_records(todo().root)
    assert (old["data"], new["data"]) == (job.cell.content, again.cell.content)
    assert [r["key"] for r in store.current([old, new])] == [again.cell.key]
    pictures(tmp_path / "pictures", 0)  # the first ones come back
    assert todo().jobs == ()


def test_a_worker_refuses_other_pictures_than_those_of_the_plan(todo: Callable[[], Plan], tmp_path: Path) -> None:
    (job,) = todo().jobs
    pictures(tmp_path / "pictures", 1)
    done = seed_block.run(job)
    assert done.status == "infra"
    assert done.reason == (
        "the data set image_folder is not what it was when the run began: its files were changed, or what it draws does not "
        "follow from its options; run it again"
    )
    (again,) = todo().jobs
    assert seed_block.run(again).status == "done"


def test_a_checkpoint_of_other_pictures_is_not_continued(todo: Callable[[], Plan], tmp_path: Path) -> None:
    def stop(step: int, alive: int, steps: int) -> None:
        raise KeyboardInterrupt

    (job,) = todo().jobs
    assert seed_block.run(job, stop).status == "interrupted"
    assert job.checkpoint.is_file()
    pictures(tmp_path / "pictures", 1)
    (other,) = todo().jobs
    assert other.checkpoint != job.checkpoint


def test_generated_data_are_what_their_options_say() -> None:
    ring, digits = Ring(n=100, held_out=10), Digits()
    assert ring.content(ring.load()) == ""
    assert digits.content(digits.load()) == digits.content(digits.load()) != ""


def test_labels_are_content(tmp_path: Path) -> None:
    for k, name in enumerate("ab"):
        pictures(tmp_path / name, k)
    source = ImageFolder(root=str(tmp_path), size=8)
    before = source.content(source.load())
    (tmp_path / "b" / "00.png").rename(tmp_path / "a" / "b00.png")
    assert source.content(source.load()) != before
