"""The results of a run as one document: typed results, those that its entry names, or what its last steps published."""

from __future__ import annotations

import json
from pathlib import Path

from recast.errors import NotFound, StoreError
from recast.json_types import JsonDict
from recast.rundir import RunOrder

__all__ = ["read_results", "request_of", "untyped_results"]


def request_of(run_dir: Path) -> RunOrder | None:
    """Return a run's request; None for a folder that contains only results."""
    from recast.rundir import RunDirectory

    return RunDirectory(run_dir).request() if (run_dir / "request.json").exists() else None


def untyped_results(run_dir: Path) -> JsonDict | None:
    """Return the results of a run that declares none: those that its entry names, or what it published; else None.

    A run that ends with a stage declares only the results of its stages, and so maybe none.
    """
    from recast.rundir import RunDirectory

    directory = RunDirectory(run_dir)
    if (run_dir / "results" / "results.json").exists() or not (run_dir / "request.json").exists():
        return None
    request = directory.request()
    if request.results:
        return None
    from recast.paths import places
    from recast.reports.atlas_results import entry_results
    from recast.runs import open_run
    from recast.runs.published_values import published_results
    from recast.store import ArtifactStore

    live = open_run(directory)
    return entry_results(live, ArtifactStore(places().artifact_store)) or published_results(live)


def read_results(run_dir: Path) -> JsonDict:
    """Return the stored document of a run's results; raise NotFound if the run has none (yet)."""
    path = run_dir / "results" / "results.json"
    try:
        document: JsonDict = json.loads(path.read_bytes())
        return document
    except FileNotFoundError:
        raise NotFound(
            f"The run {run_dir.name} has no results",
            where=str(path),
            why="It has not ended, or it failed; results are collected when all steps are done.",
            next_step=f"recast status {run_dir.name}",
        ) from None
    except (OSError, ValueError) as problem:
        raise StoreError(
            f"The results of {run_dir.name} cannot be read",
            where=str(path),
            why=str(problem),
            next_step=f"recast resume {run_dir.name}   (collects them again)",
        ) from problem
