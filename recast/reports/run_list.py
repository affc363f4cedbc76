"""All runs, one row each."""

from __future__ import annotations

from recast.json_types import JsonDict
from recast.reports.time_text import clock
from recast.rundir import RunDirectory
from recast.runs.state import state_of

__all__ = ["run_row"]


def run_row(directory: RunDirectory) -> JsonDict:
    """Return the row of a run in a list; raise StoreError if its request cannot be read."""
    request = directory.request()
    return {
        "run": request.run,
        "name": request.name or None,
        "state": state_of(directory),
        "what": request.title,
        "created": clock(request.created),
        "directory": str(directory.path),
    }
