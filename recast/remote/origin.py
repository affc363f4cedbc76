"""The origin of fetched files: what a toplevel was resolved to, as recorded in a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from recast.json_types import JsonDict, JsonObject

__all__ = ["Fetched", "Origin", "utc_now"]


@dataclass(frozen=True, slots=True)
class Origin:
    """A resolved remote toplevel.

    `toplevel` is its full form; `repository`, `ref`, `commit` and `subfolder` are empty for a web server. `digest` is
    that of all fetched files, as `recast spec digest` prints it; `files` maps each path to its sha256. `fetched` is
    when the bytes were fetched, `resolved` when the ref was resolved (UTC). `note` describes anything unusual.
    """

    toplevel: str
    scheme: str
    digest: str
    files: Mapping[str, str]
    fetched: str
    repository: str = ""
    ref: str = ""
    commit: str = ""
    subfolder: str = ""
    resolved: str = ""
    note: str = ""
    left_out: tuple[str, ...] = field(default=())
    """Links of the repository, which are not followed."""

    def as_json(self, used: Iterable[str] | None = None) -> JsonDict:
        """Return the origin as JSON, with the `used` files only if they are given."""
        wanted = self.files if used is None else [path for path in used if path in self.files]
        return {**asdict(self), "left_out": list(self.left_out), "files": {path: self.files[path] for path in wanted}}

    @classmethod
    def from_json(cls, body: JsonObject) -> Origin:
        """Read what `as_json` wrote; raise TypeError or KeyError for anything else."""
        return cls(**{**body, "left_out": tuple(body["left_out"])})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A toplevel as a local folder; `origin` is None if it was local from the start."""

    path: Path
    origin: Origin | None = None


def utc_now() -> str:
    """Return the time in UTC as ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
