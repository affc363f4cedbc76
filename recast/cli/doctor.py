"""`recast doctor`: what this machine lacks and the command that fixes it."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.output import emit, message, output_option
from recast.errors import InfrastructureError
from recast.paths import Places

__all__ = ["doctor"]


@click.command()
@click.option("--quick", is_flag=True, help="Do not test limits: only try each runtime as a run would.")
@output_option
@click.argument("names", metavar="[CHECK]...", nargs=-1)
def doctor(quick: bool, output: str, names: tuple[str, ...]) -> int:
    """Check this machine: runtimes, tools, limits, disk, stores; or only the items named CHECK, such as podman.


    Each available runtime starts a container, like a job's, that uses more memory than its limit; the output shows
    whether the limit held. Fixes with `sudo` need root.

    Exit code 4 if something that every run needs is missing.
    """
    from recast.executors.machine import examine
    from recast.operations.prove_runtime import prove
    from recast.paths import places

    here = places()
    near = _near(here)
    checks = examine(here, None if quick else lambda runtime: prove(runtime, near, _tell), _tell, names)
    ok = all(check.ok for check in checks if check.needed)
    rows = [check.as_json() for check in checks]
    document = {
        "ok": ok,
        "checks": rows,
        "image_store": str(here.image_store),
        "catalogue_store": str(here.catalogue_store),
        "state_dir": str(here.state_dir),
    }
    shown = [{**row, "ok": "yes" if row["ok"] else ("NO" if row["needed"] else "no")} for row in rows]
    emit(document, rows if output in ("jsonl", "csv") else shown, ("name", "ok", "found", "fix"), output)
    if output == "table":
        message("everything that a run needs is available" if ok else "a run needs the items marked NO")
        message(_word(ok, bool(names)))
    return 0 if ok else InfrastructureError.exit_code


def _word(ok: bool, is_part: bool) -> str:
    if not ok:
        return "a run needs the items marked NO"
    return "nothing that every run needs is missing here" if is_part else "everything that a run needs is available"


def _tell(line: str) -> None:
    message(f"doctor     {line}")


def _near(here: Places) -> Path:
    """Return the folder for the temporary files of tests: on the disk of the runs, if that is writable."""
    import os
    import tempfile

    there = next(path for path in (here.state_dir, *here.state_dir.parents) if path.is_dir())
    return there if os.access(there, os.W_OK) else Path(tempfile.gettempdir())
