"""What an export says of the run that it comes from; plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Subject"]


@dataclass(frozen=True, slots=True)
class Subject:
    """The run, and the catalogue's metadata of its version (empty for a workflow without an entry).

    `day` is when the run was made: YYYY-MM-DD, UTC. `warnings` must be said on top of whatever is exported.
    """

    run: str
    reference: str = ""
    digest: str = ""
    day: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def references(self) -> Mapping[str, Any]:
        """Where the analysis is published: arxiv, doi, inspire, hepdata, hepdata_doi, note."""
        found: Mapping[str, Any] = self.metadata.get("references", {})
        return found

    @property
    def authority(self) -> str:
        """Whose word a result is: authoritative, community or automatic."""
        return str(self.metadata.get("authority", "automatic"))
