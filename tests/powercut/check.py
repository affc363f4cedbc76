"""Whether every file that a run's journal tells of is there with its content: in `work/`, and in the store.

    python -m tests.powercut.check RUN-FOLDER

Prints a JSON object: `steps` that have succeeded, `files`, and what is `wrong`; exit code 1 if anything is. It hashes
everything, and believes no stamp. It needs the environment of the run (RECAST_HOME).
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from recast.jobs import RUN_ROOT, StepState
from recast.paths import places
from recast.rundir import RunDirectory
from recast.runs.open_run import open_run
from recast.store import ArtifactStore

__all__ = ["check"]


def check(run: Path, store: Path) -> dict[str, Any]:
    """Return what is on the disk of a run, and what is wrong with it."""
    live, artifacts = open_run(RunDirectory(run)), ArtifactStore(store)
    steps = [each.step for each in live.engine.runs.values() if each.state is StepState.SUCCEEDED]
    wrong, count = [], 0
    for step in steps:
        folder = run / "work" / step.directory[len(RUN_ROOT) + 1 :]
        for artifact in step.outputs.values():
            count += 1
            for place in (folder / artifact.path, artifacts.path(artifact.digest)):
                if why := _wrong(place, artifact.digest, is_folder=artifact.path.endswith("/")):
                    wrong.append(f"{step.id} {artifact.path}: {place}: {why}")
    for result in (run / "results").glob("*"):
        if not result.stat().st_size:
            wrong.append(f"{result} is empty")
    return {"state": live.engine.state, "steps": len(steps), "files": count, "wrong": wrong}


def _wrong(place: Path, digest: str, *, is_folder: bool) -> str:
    if is_folder and place.is_dir():
        return ""
    try:
        content = place.read_bytes()
    except OSError as problem:
        return os.strerror(problem.errno or 0)
    if "sha256:" + hashlib.sha256(content).hexdigest() == digest:
        return ""
    return f"it has {len(content)} bytes, and another content than {digest}"


if __name__ == "__main__":
    found = check(Path(sys.argv[1]).resolve(), places().artifact_store)
    print(json.dumps(found, indent=1))
    sys.exit(1 if found["wrong"] else 0)
