"""Every border of strangers' bytes, fed with hostile changes of valid examples: the same ones in each run."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.fuzz.border import Border
from tests.fuzz.targets import TARGETS

MOST_S = 3.0
"""For one border in one run of the suite; `make fuzz` gives each many times as much."""

_BOUNDED = settings(
    max_examples=250,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize("border", TARGETS.values(), ids=TARGETS)
def test_a_valid_example_is_taken(border: Border) -> None:
    for seed in border.seeds():
        border.feed(seed)


@pytest.mark.parametrize("border", TARGETS.values(), ids=TARGETS)
def test_hostile_changes_are_taken_or_refused_in_words(border: Border) -> None:
    seeds = border.seeds()
    until = time.monotonic() + MOST_S

    @_BOUNDED
    @given(st.integers(0, len(seeds) - 1), st.integers(0, 2**32))
    def feed(index: int, number: int) -> None:
        data = border.mutate(seeds[index], Random(number))
        note(repr(data[:4000]))
        if time.monotonic() < until:
            border.feed(data)

    feed()
