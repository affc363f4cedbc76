"""The newest version of a shipped search: the one that its name stands for."""

from __future__ import annotations

from pathlib import Path

from recast.catalogue.semver import Semver
from tests.conftest import ROOT

__all__ = ["newest_spec"]


def newest_spec(analysis: str) -> Path:
    """Return the folder of the newest version of a search, such as `specs/atlas-susy-2018-31/1.0.0`."""
    return max((ROOT / "specs" / analysis).iterdir(), key=lambda folder: Semver.parse(folder.name))
