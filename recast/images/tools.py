"""Starting the programs that build images; a failure carries their last lines and the log's path."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from recast.errors import ImageError

__all__ = ["require_tools", "run_tool"]

_LAST_LINES = 12
_INSTALL = "apt-get install -y --no-install-recommends buildah mmdebstrap skopeo"


def require_tools(names: Sequence[str]) -> None:
    """Raise ImageError if one of the programs is not installed."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise ImageError(
            f"Images cannot be built here: {', '.join(missing)} not found",
            why="Bases are made with mmdebstrap, images with buildah and skopeo",
            next_step=_INSTALL,
            code="image.tool-missing",
        )


def run_tool(
    argv: Sequence[str], log: Path, *, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    """Run a program with its output appended to `log`; raise ImageError with the last lines if it fails.

    `environ` is added to ours.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        start = output.tell()
        finished = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environ or {})},
            cwd=cwd,
            check=False,
        )
    if finished.returncode != 0:
        raise ImageError(
            f"{_program(argv)} failed with exit code {finished.returncode}",
            where=str(log),
            why=_last_lines(log, start) or "It said nothing.",
            next_step=f"less {log}",
            code="image.build",
        )


def _program(argv: Sequence[str]) -> str:
    """Name the program that matters, not the wrappers that make namespaces."""
    last_wrapper = max((place for place, word in enumerate(argv) if word in ("--", "-n")), default=-1)
    program, *rest = argv[last_wrapper + 1 :]
    command = next((word for word in rest if not word.startswith("-")), "") if program != "mmdebstrap" else ""
    return f"{program.rpartition('/')[2]} {command}".rstrip()


def _last_lines(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - 16_384))
        text = file.read().decode(errors="replace")
    return "\n".join(text.rstrip().splitlines()[-_LAST_LINES:])
