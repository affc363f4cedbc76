"""Workflows with any number of stages in few boxes, and in few words."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from recast.graph.fold import folds_of


def test_few_stages_stay_as_they_are() -> None:
    found = folds_of(["init", "map", "fit"], [[], ["init", "init"], ["map", "gone"]], 5)
    assert [(it.members, it.after) for it in found] == [((0,), ()), ((1,), (0,)), ((2,), (1,))]


def test_many_stages_are_folded_by_how_early_they_come() -> None:
    names = ["init", *(f"map{at}" for at in range(100)), "gather"]
    after = [[], *([["init"]] * 100), names[1:-1]]
    found = folds_of(names, after, 10)
    assert [(len(it.members), it.after) for it in found] == [(1, ()), (100, (0,)), (1, (1,))]


def test_a_long_chain_is_folded_in_pieces_of_equal_length() -> None:
    names = [f"s{at}" for at in range(10_000)]
    start = time.process_time()
    found = folds_of(names, [[], *([it] for it in names[:-1])], 20)
    assert [len(it.members) for it in found] == [500] * 20
    assert [it.after for it in found[1:]] == [(at,) for at in range(19)]
    assert time.process_time() - start < 5


def test_a_circle_is_drawn_without_what_closes_it() -> None:
    found = folds_of(["a", "b", "c"], [[], ["c"], ["b"]], 9)
    assert [it.members for it in found] == [(0,), (1,), (2,)]


_NAMES = [f"s{at}" for at in range(12)]


@given(st.lists(st.lists(st.sampled_from(_NAMES), max_size=6), min_size=1, max_size=12), st.integers(1, 8))
def test_each_stage_is_in_one_box_and_no_arrow_goes_back(after: list[list[str]], most: int) -> None:
    found = folds_of(_NAMES[: len(after)], after, most)
    assert sorted(at for it in found for at in it.members) == list(range(len(after)))
    assert len(found) <= max(most, len(after) if len(after) <= most else 0)
    if len(after) > most:
        assert all(one < at for at, it in enumerate(found) for one in it.after)
