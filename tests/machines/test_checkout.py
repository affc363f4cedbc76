"""What is copied into the guest: a file that is copied alone takes along what was compiled of it."""

from __future__ import annotations

import io
import tarfile

import pytest

from tests.testbeds.vm.checkout import packed_checkout


@pytest.mark.parametrize("name", ["tests/machines/limits.py", "tests/machines"])
def test_nothing_old_runs_in_the_guest(name: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed_checkout([name]))) as packed:
        names = packed.getnames()
    assert "tests/machines/limits.py" in names
    assert any(path.startswith("tests/machines/__pycache__/limits.") for path in names)
