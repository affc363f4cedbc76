"""Test whether an executor works."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from recast.counted import counted
from recast.executors.registry import executor_class
from recast.json_types import JsonDict, JsonObject

__all__ = ["try_executor"]

_MOST_S = 120


def try_executor(name: str, values: JsonObject) -> JsonDict:
    """Return `ok`, `found` and `seconds` for a trivial job on this machine, or for connecting to a batch system.

    Raises ExecutorError or CredentialsProblem if a batch system cannot be reached or rejects us.
    """
    made = executor_class(name)
    started = time.monotonic()
    if hasattr(made, "capabilities"):
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory(prefix="recast-check-") as folder:
            found = asyncio.run(_run_a_job(made(Path(folder) / "run", Path(folder) / "store", 1)))
    else:
        found = asyncio.run(_connect(made(values)))
    return {**found, "seconds": round(time.monotonic() - started, 3)}


async def _connect(engine: Any) -> JsonDict:
    try:
        async with asyncio.timeout(_MOST_S):
            await engine.connect()
        traits = engine.traits
    except TimeoutError:
        return {"ok": False, "found": f"no answer within {_MOST_S} s"}
    finally:
        await engine.close()
    files = "nodes see our files" if traits.shared_files else "jobs take their files along"
    files = "files go by store_url" if traits.outcomes_by_name else files
    return {"ok": True, "found": f"it answers; arrays of up to {counted(traits.array_size, 'job')}, {files}"}


async def _run_a_job(executor: Any) -> JsonDict:
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
    await executor.start()
    try:
        (receipt,) = await executor.submit([job])
        if receipt.failure is not None:
            return {"ok": False, "found": receipt.message}
        async with asyncio.timeout(_MOST_S):
            async for batch in changes(executor, lambda: [job.job_id]):
                last = batch[-1]
                if last.state.final:
                    ok = last.outcome is not None and last.outcome.succeeded
                    found = last.outcome.message if last.outcome else last.reason
                    return {"ok": ok, "found": found or "a trivial job succeeded"}
    except TimeoutError:
        pass
    finally:
        await executor.close()
    return {"ok": False, "found": f"no answer within {_MOST_S} s"}
