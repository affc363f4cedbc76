"""A workflow whose steps leave files, some from the cache and some alike, and a look whether each is what it was.

In the guest: `python -m tests.machines.intact write FOLDER`; `check RUN` prints what is wrong, and ends with 1 then.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

from recast.images import ImageStore
from recast.paths import places
from tests.busybox import add_busybox, environment, pin

__all__ = ["check", "write"]

# `same` is in the store already when the second step leaves it; `big` is not on the disk by itself for seconds.
_COMMAND = "dd if=/dev/zero of=big bs=1k count=300; echo {n} >> big; echo {n} > out; echo always the same > same"


def write(folder: Path) -> None:
    """Write the workflow, its lock and its image: `make` leaves three files for each of `numbers`."""
    folder.mkdir(parents=True, exist_ok=True)
    publish = {name: "{workdir}/" + name for name in ("big", "out", "same")}
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": _COMMAND},
        "environment": environment(),
        "publisher": {"publisher_type": "interpolated-pub", "publish": publish},
    }
    scheduler = {
        "scheduler_type": "multistep-stage",
        "parameters": {"n": {"step": "init", "output": "numbers"}, "workdir": "{workdir}"},
        "scatter": {"method": "zip", "parameters": ["n"]},
        "step": step,
    }
    stages = [{"name": "make", "dependencies": ["init"], "scheduler": scheduler}]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    pin(folder, add_busybox(ImageStore(places().image_store)))


def check(run: Path) -> list[str]:
    """Return what is wrong with the files of a run: each in `work/` has to be what its step left, as in the store."""
    wrong = []
    for step, outputs in _outputs(run).items():
        work = run / "work" / step.strip("/").replace("/", "_")
        for output in outputs:
            name, digest = output["path"], output["digest"].removeprefix("sha256:")
            blob = places().artifact_store / "sha256" / digest[:2] / digest[2:]
            for path in (work / name, blob):
                if (found := _digest(path)) != digest:
                    wrong.append(f"{step} {name}: {path} has {found}")
    return wrong


def _outputs(run: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what each step left, as the journal says."""
    with closing(sqlite3.connect(run / "journal.sqlite")) as journal:
        events = journal.execute("SELECT kind, body FROM events ORDER BY seq")
        rows = [(kind, json.loads(body)) for kind, body in events]
    steps = {body["job_id"]: body["step"] for kind, body in rows if kind == "SubmitIntended"}
    found = {body["step"]: body["outputs"] for kind, body in rows if kind == "StepCached"}
    ended = [body for kind, body in rows if kind == "JobEnded" and not body["outcome"]["failure"]]
    return found | {steps[body["job_id"]]: body["outcome"]["outputs"] for body in ended}


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as problem:
        return f"nothing ({problem.strerror})"


def main(what: str, where: str) -> int:
    """Do what the command line says."""
    if what == "write":
        write(Path(where))
        return 0
    wrong, files = check(Path(where)), sum(map(len, _outputs(Path(where)).values()))
    print("\n".join(wrong) or f"{files} files are what their steps left")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
