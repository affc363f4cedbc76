"""Every border of strangers' bytes, fed with hostile changes of valid examples: the same ones in each run."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.fuzz.border import Border
from tests.fuzz.targets import TARGETS

_SAME_EACH_TIME = settings(
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

    @settings(_SAME_EACH_TIME, max_examples=border.examples)
    @given(st.integers(0, len(seeds) - 1), st.integers(0, 2**32))
    def feed(index: int, number: int) -> None:
        data = border.mutate(seeds[index], Random(number))
        note(repr(data[:4000]))
        border.feed(data)

    feed()


def test_the_fuzzer_needs_no_pytest() -> None:
    code = "import sys; sys.modules['pytest'] = None; import tests.fuzz.hour"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
