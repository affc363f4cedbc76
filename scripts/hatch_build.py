"""What goes into the wheel besides the code: the entries of `catalogue/` with their specs and cards.

Locks of images are left out: they are a site's (docs/adr/0003, 0046).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_INTO = "recast/catalogue/shipped-entries"
_LEFT_OUT = ("images.lock.json", "__pycache__")


class ShippedEntries(BuildHookInterface):  # type: ignore[type-arg]
    """Adds each entry and the files of its specs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files, each by itself."""
        root = Path(self.root)
        for entry in sorted((root / "catalogue").glob("*.yml")):
            card = root / "catalogue" / "cards" / entry.name
            for file in (entry, card, *sorted((root / "specs" / entry.stem).rglob("*"))):
                if file.is_file() and not set(_LEFT_OUT) & set(file.parts):
                    inside = file.relative_to(root).as_posix()
                    build_data["force_include"][str(file)] = f"{_INTO}/{inside}"
