"""What an export says of the run that it comes from; plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from recast.json_types import JsonObject

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
    given: JsonObject = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def references(self) -> JsonObject:
        """Where the analysis is published: arxiv, doi, inspire, hepdata, hepdata_doi, note."""
        found: JsonObject = self.metadata.get("references", {})
        return found

    @property
    def authority(self) -> str:
        """Whose word a result is: authoritative, community or automatic."""
        return str(self.metadata.get("authority", "automatic"))
