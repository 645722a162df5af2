"""How the seeds of a cell are cut into blocks."""

from hypothesis import given
from hypothesis import strategies as st

from bench.running.plan import split_evenly


@given(st.lists(st.integers(), unique=True, max_size=300), st.integers(1, 130))
def test_every_seed_once_in_the_fewest_blocks_of_like_size(seeds, most):
    blocks = split_evenly(seeds, most)
    assert [seed for block in blocks for seed in block] == seeds
    assert len(blocks) == -(-len(seeds) // most)
    sizes = [len(block) for block in blocks]
    assert not sizes or (max(sizes) <= most and max(sizes) - min(sizes) <= 1 and min(sizes) > 0)
