"""Zips that are packed in another way than by deflate: their readers would take into memory whatever they grow to."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from recast.errors import InputError
from recast.remote.unpack import Bounds, unpack


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_not_deflated_is_refused(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("zeros", bytes(1 << 20))
    with pytest.raises(InputError, match="cannot be unpacked") as refused:
        unpack(tmp_path / "a.zip", tmp_path, Bounds(10, 1 << 30), str, links_refused=True)
    assert "deflate" in refused.value.why
