"""What pipelines have found here, by content key: `ci/passed/<key>.json` in the state folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from recast.atomic import replace_file
from recast.errors import StoreError
from recast.json_types import JsonDict
from recast.strictjson import parse_json

__all__ = ["Passed", "PassedRecords"]

_SCHEMA = 1
_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Passed:
    """A pipeline that passed: its report and its comparison, as their files hold them."""

    report: JsonDict
    comparison: JsonDict | None


class PassedRecords:
    """The records of one state folder. Only what passed is recorded: everything else is judged again."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "ci" / "passed"

    def find(self, key: str) -> Passed | None:
        """Return what passed with this content, None if nothing is known of it; a damaged record is not known."""
        try:
            path = self._path(key)
            if path.stat().st_size > _MOST_BYTES:
                return None
            document = parse_json(path.read_bytes())
            if document["schema"] != _SCHEMA:
                return None
            return Passed(dict(document["report"]), document["comparison"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note(self, key: str, passed: Passed) -> None:
        """Write down that a content passed; raise StoreError."""
        path = self._path(key)
        body = {"schema": _SCHEMA, "report": passed.report, "comparison": passed.comparison}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, json.dumps(body).encode())
        except OSError as problem:
            step = "make the folder writable, or name another one with RECAST_HOME"
            raise StoreError.of(problem, "The verdict cannot be recorded", path, step) from problem

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
