"""What a fuzzer found once is found no more: each input is taken or refused in words, in bounded time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fuzz.targets import FINDS, TARGETS

_ALL = sorted(path for path in FINDS.glob("*/*") if path.is_file())


@pytest.mark.parametrize("find", _ALL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_find_stays_mended(find: Path) -> None:
    border = TARGETS[find.parent.name]
    began = time.process_time()
    border.feed(find.read_bytes())
    assert time.process_time() - began < 5 * border.most_s
