"""Bytes that travel for a map-reduce of 100 steps on nodes without a shared disk, beside those that its steps need."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measure import Failed
from benchmarks.place import PYTHON, ROOT, Place
from benchmarks.table import Bar, Row

__all__ = ["staging"]

_MB = 1_000_000
_COMMON_MB, _POINT_MB, _YIELD_MB = 3, 2, 1
_MAKE = (
    "head -c {common} /dev/urandom > {{workdir}}/common.dat; "
    "for i in $(seq {count}); do head -c {point} /dev/urandom > {{workdir}}/point$i.dat; done"
)
_MAP = "cat {{common}} {{point}} > /dev/null; head -c {made} /dev/urandom > {{out}}"


@dataclass(frozen=True, slots=True)
class _Job:
    """What one job reads and leaves: size in bytes by digest."""

    reads: Mapping[str, int]
    leaves: Mapping[str, int]


def staging(place: Place) -> Iterator[Row]:
    """One step makes the events, 98 read their share and what is common to all, one reads what they left."""
    count = place.size(100) - 2
    folder, home, found = _run(place, count, "rides")
    jobs = _jobs(home, folder)
    needed = sum(sum(job.reads.values()) + sum(job.leaves.values()) for job in jobs)
    moved = found["sent"] + found["back"]
    yield _row(
        f"{len(jobs)} steps, bytes to and from jobs : bytes that they refer to", moved, needed, Bar(1.05, "times")
    )
    whole = _whole_workspace(jobs)
    yield _row("  : the whole workspace to each, REANA's way (computed)", moved, whole)
    _, _, found = _run(place, count, "url")
    yield _row(
        "  with large files by a URL, both ways : the same", sum(map(found.get, ("sent", "back", "by_url"))), needed
    )


def _row(name: str, ours: int, theirs: int, bar: Bar | None = None) -> Row:
    return Row(name, ours / _MB, "MB", theirs / _MB, ours / theirs, bar)


def _whole_workspace(jobs: Sequence[_Job]) -> int:
    """Return the bytes if each job got all files that there were when it could start, and sent back its own.

    Jobs come in the order in which they must run: those of the map start together.
    """
    made, mapped, reduced = jobs[:1], jobs[1:-1], jobs[-1:]
    first = sum(sum(job.leaves.values()) for job in made)
    second = sum(sum(job.leaves.values()) for job in mapped)
    return first + len(mapped) * first + second + len(reduced) * (first + second)


def _spec(place: Place, count: int) -> Path:
    folder = place.fresh()
    make = _MAKE.format(common=_COMMON_MB * _MB, point=_POINT_MB * _MB, count=count)
    stages = [
        _stage("make", [], {"workdir": "{workdir}"}, make, {"common": "common.dat", "points": "point*.dat"}),
        _stage(
            "map",
            ["make"],
            {
                "common": {"stages": "make", "output": "common", "unwrap": True},
                "point": {"stages": "make", "output": "points", "unwrap": True},
                "out": "{workdir}/yield.dat",
            },
            _MAP.format(made=_YIELD_MB * _MB),
            None,
            scatter="point",
        ),
        _stage(
            "reduce",
            ["map"],
            {"files": {"stages": "map", "output": "out"}, "out": "{workdir}/all.txt"},
            "cat {files} | sha256sum > {out}",
            None,
        ),
    ]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


def _stage(
    name: str, after: list[str], parameters: Any, command: str, globs: dict[str, str] | None, scatter: str = ""
) -> dict[str, Any]:
    if globs is None:
        publisher: dict[str, Any] = {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}}
    else:
        publisher = {"publisher_type": "interpolated-pub", "glob": True, "publish": _published(globs)}
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": {"environment_type": "localproc-env"},
        "publisher": publisher,
    }
    scheduler: dict[str, Any] = {"scheduler_type": "singlestep-stage", "parameters": parameters, "step": step}
    if scatter:
        scheduler.update(scheduler_type="multistep-stage", scatter={"method": "zip", "parameters": [scatter]})
    return {"name": name, "dependencies": after, "scheduler": scheduler}


def _published(globs: Mapping[str, str]) -> dict[str, str]:
    return {name: f"{{workdir}}/{pattern}" for name, pattern in globs.items()}


def _run(place: Place, count: int, way: str) -> tuple[Path, Path, dict[str, Any]]:
    folder, home = place.fresh(), place.fresh()
    spec = ["workflow.yml", f"--toplevel={_spec(place, count)}", "-q", "--allow-host-process"]
    command = [PYTHON, "-m", "benchmarks.sandboxed_run", str(folder), way, *spec]
    environ = {**os.environ, "RECAST_HOME": str(home)}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=900, check=False)
    last = (done.stdout.splitlines() or [""])[-1]
    found: dict[str, Any] = json.loads(last) if last.startswith("{") else {"code": 1}
    if found["code"]:
        raise Failed((done.stderr + done.stdout)[-2000:])
    return folder, home, found


def _jobs(home: Path, folder: Path) -> list[_Job]:
    """Return the jobs of the one run, in the order in which they were submitted, from what lies on the disk."""
    jobs = []
    for array in sorted(home.glob("runs/*/arrays/*"), key=lambda path: path.stat().st_mtime_ns):
        for path in sorted(array.glob("tasks/*.json")):
            job = json.loads(path.read_bytes())["job"]
            outcome = json.loads(Path(folder, "nodes", f"{array.name}.{path.stem}", "out/outcome.json").read_bytes())
            jobs.append(_Job(_sizes(job["inputs"]), _sizes(outcome["outputs"])))
    return jobs


def _sizes(artifacts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {item["digest"]: item["size"] for item in artifacts}
