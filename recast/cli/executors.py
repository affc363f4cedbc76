"""`recast executors`: where jobs can run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from recast.cli.output import emit, output_option

__all__ = ["executors"]


@click.group()
def executors() -> None:
    """List the places where jobs can run, and try them."""


@executors.command("ls")
@output_option
def list_(output: str) -> None:
    """List the installed executors."""
    from recast.executors.registry import executor_class
    from recast.executors.registry import executors as installed

    rows = []
    for entry in installed():
        can = executor_class(entry.name).capabilities
        rows.append(
            {
                "name": entry.name,
                "source": entry.source,
                "reports_by_itself": can.pushes,
                "outlives_driver": can.outlives_driver,
                "arrays": can.arrays,
                "shared_files": can.shared_files,
            }
        )
    emit({"executors": rows}, rows, tuple(rows[0]), output)


@executors.command()
@click.argument("name", default="local")
@output_option
def check(name: str, output: str) -> int:
    """Run one trivial job on an executor and tell how long it took.

    Exit code 4 if the job did not come back well.
    """
    import asyncio
    import tempfile

    from recast.executors.registry import executor_class

    made = executor_class(name)
    with tempfile.TemporaryDirectory(prefix="recast-check-") as folder:
        row = asyncio.run(_try(made(Path(folder) / "run", Path(folder) / "store", 1)))
    row = {"name": name, **row}
    emit(row, [row], tuple(row), output)
    return 0 if row["ok"] else 4


async def _try(executor: Any) -> dict[str, object]:
    import asyncio
    import time
    import uuid

    from recast.executors.poller import changes
    from recast.jobs import ContainerJob, Resources

    job = ContainerJob(
        job_id=f"check-{uuid.uuid4().hex}",
        image=None,
        command="true",
        script=None,
        interpreter="sh",
        workdir="/recast/run/check",
        resources=Resources(walltime_s=60),
    )
    started = time.monotonic()
    await executor.start()
    try:
        (receipt,) = await executor.submit([job])
        if receipt.failure is not None:
            return {"ok": False, "found": receipt.message, "seconds": 0.0}
        async with asyncio.timeout(120):
            async for batch in changes(executor, lambda: [job.job_id]):
                last = batch[-1]
                if last.state.final:
                    ok = last.outcome is not None and last.outcome.succeeded
                    found = last.outcome.message if last.outcome else last.reason
                    seconds = round(time.monotonic() - started, 3)
                    return {"ok": ok, "found": found or "a trivial job came back", "seconds": seconds}
    except TimeoutError:
        pass
    finally:
        await executor.close()
    return {"ok": False, "found": "no answer within two minutes", "seconds": 120.0}
