"""What an export says about its run; plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from recast.json_types import JsonObject

__all__ = ["Subject"]


@dataclass(frozen=True, slots=True)
class Subject:
    """The run, and the catalogue's metadata of its version (empty for a workflow without an entry).

    `day` is the date of the run: YYYY-MM-DD, UTC. `warnings` must be shown at the top of every export. Answers of a
    `request` may be of many runs: then `run` is empty.
    """

    run: str
    reference: str = ""
    digest: str = ""
    day: str = ""
    given: JsonObject = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    request: str = ""

    @property
    def origin(self) -> str:
        """What the results are of: a run, or a request."""
        return f"request {self.request}" if self.request else f"run {self.run}"

    @property
    def references(self) -> JsonObject:
        """Where the analysis is published: arxiv, doi, inspire, hepdata, hepdata_doi, note."""
        found: JsonObject = self.metadata.get("references", {})
        return found

    @property
    def authority(self) -> str:
        """The authority of a result: authoritative, community or automatic."""
        return str(self.metadata.get("authority", "automatic"))
