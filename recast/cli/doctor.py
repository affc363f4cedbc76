"""`recast doctor`: what this machine lacks and the command that fixes it."""

from __future__ import annotations

import click

from recast.cli.output import emit, message, output_option
from recast.errors import InfrastructureError

__all__ = ["doctor"]


@click.command()
@output_option
def doctor(output: str) -> int:
    """Check this machine: runtimes, tools, limits, disk, stores.

    Exit code 4 if something that every run needs is missing.
    """
    from recast.executors.machine import examine
    from recast.paths import places

    here = places()
    checks = examine(here)
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
    return 0 if ok else InfrastructureError.exit_code
