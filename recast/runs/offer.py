"""What an example brings to a run: inputs, and where the files are that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Offer"]


@dataclass(frozen=True, slots=True)
class Offer:
    """Inputs under a name; the user's own are merged over them.

    `initdir` is a folder in the spelling of a toplevel, `subinits` are such folders by stage, `archive` is a file or
    URL with `match` (`recast.remote.archive`). `named` are the URLs that the user gave (`recast.remote.toplevel`).
    """

    name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    initdir: str | None = None
    archive: str | None = None
    match: str | None = None
    subinits: Mapping[str, str] = field(default_factory=dict)
    named: tuple[str, ...] = ()
