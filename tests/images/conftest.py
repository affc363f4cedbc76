"""Fixtures of the images room."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.images import ImageStore


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    """An empty image store."""
    return ImageStore(tmp_path / "store")
