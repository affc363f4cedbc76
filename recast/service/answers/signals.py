"""The signals that the runs behind answers fitted, as files for pyhf: found in the runs' folders by a process apart."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from recast.errors import InfrastructureError, NotFound

__all__ = ["signals_of"]

_MOST_WALL_S = 120.0
_MOST_BYTES = 64 << 20
_NOTHING = 3
_CHILD = f"""
import resource, sys
from pathlib import Path
from recast.errors import NotFound
from recast.operations.export import export_results
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
resource.setrlimit(resource.RLIMIT_FSIZE, ({_MOST_BYTES}, {_MOST_BYTES}))
try:
    export_results(Path(sys.argv[1]), "pyhf", Path(sys.argv[2]))
except NotFound:
    sys.exit({_NOTHING})
"""
"""Reading a run folds its journal, which a web process must not do."""


def signals_of(runs: Mapping[str, Path]) -> dict[str, bytes]:
    """Return the files for pyhf of some runs by name, each in a folder of its run if there are several.

    Raises NotFound if no run fitted a signal with pyhf, InfrastructureError if one cannot be read in time.
    """
    found = dict[str, bytes]()
    with tempfile.TemporaryDirectory() as scratch:
        for run, folder in runs.items():
            out = Path(scratch) / str(len(found))
            for path in _written(run, folder, out):
                found[path.name if len(runs) == 1 else f"{run}/{path.name}"] = path.read_bytes()
    if not found:
        raise NotFound(
            "The runs behind these answers have no pyhf patches",
            why="No step of theirs takes a pyhf workspace together with a signal patch.",
        )
    if sum(map(len, found.values())) > _MOST_BYTES:
        raise InfrastructureError(f"The signals have more than {_MOST_BYTES >> 20} MB", next_step="ask an operator")
    return found


def _written(run: str, folder: Path, out: Path) -> Iterator[Path]:
    """Let a child write the files of a run, and yield them."""
    command = [sys.executable, "-c", _CHILD, str(folder), str(out)]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_MOST_WALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise InfrastructureError(f"The signals of the run {run} cannot be read", why=str(problem)) from None
    if done.returncode == _NOTHING:
        return
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()[-500:]
        raise InfrastructureError(f"The signals of the run {run} cannot be read", why=why)
    yield from sorted(out.iterdir())
