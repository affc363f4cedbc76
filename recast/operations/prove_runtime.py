"""Prove that a runtime starts a container here and enforces a memory limit, with a job that runs like any other."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from recast.executors.local import LocalExecutor
from recast.executors.poller import changes
from recast.executors.protocol import JobStatus
from recast.jobs import ContainerJob, FailureClass, Outcome, Resources
from recast.machine.payload import HELD_MB, PROGRAM, SAID, layer, program
from recast.runs.images import Images, image_preparer
from recast.runtimes import Runtime
from recast.runtimes.engine import image_name

__all__ = ["LIMIT_MB", "Proof", "prove"]

LIMIT_MB = 100
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
_SLACK = 1.1
"""What the kernel allows beyond the limit: it counts in pages, and in batches."""

_MOST_S = 900.0
"""For an image of 1 KB and a job of three seconds, which takes a minute on a slow machine."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a job in a container showed.

    `limit` is `held` by the kernel, `watched` from outside (a job may have more for a moment), `broken` if the job had
    four times its memory for three seconds, or `unknown`. `found` is the result as a sentence.
    """

    started: bool
    limit: Literal["held", "watched", "broken", "unknown"]
    found: str


def prove(runtime: Runtime, near: Path, say: Callable[[str], None] = lambda _: None, most_s: float = _MOST_S) -> Proof:
    """Start a container that uses four times its memory limit; all files are in a new folder in `near`.

    Failures are reported in the proof, not raised. Nothing is left behind: no file, no image, no container.
    """
    try:
        code, architecture = program()
    except KeyError as problem:
        return Proof(True, "unknown", f"not proven: there is no test program for {problem.args[0]}")
    with tempfile.TemporaryDirectory(dir=near, prefix=".recast-doctor-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        digest = _image(folder / "images", code, architecture)
        say(f"{runtime.name}: starting a container")
        try:
            status = asyncio.run(_run(runtime, folder, digest, most_s))
        except TimeoutError:
            return Proof(False, "unknown", f"no container came back within {most_s:g} s")
        except Exception as problem:  # doctor reports every problem, whatever it is
            why = getattr(problem, "why", "")
            return Proof(False, "unknown", f"{problem}" + (f": {why}" if why else ""))
        finally:
            _forget(runtime, digest)
        return _judged(status, folder)


def _image(root: Path, code: bytes, architecture: str) -> str:
    from recast.images import ImageStore

    store = ImageStore(root)
    content, diff_id = layer(code)
    blob = store.add_blob([content], _LAYER_TYPE)
    rootfs = {"type": "layers", "diff_ids": [diff_id]}
    config = {"architecture": architecture, "os": "linux", "config": {"Entrypoint": [PROGRAM]}, "rootfs": rootfs}
    return store.add_image(config, [blob])


async def _run(runtime: Runtime, folder: Path, digest: str, most_s: float) -> JobStatus:
    job = ContainerJob(
        job_id=f"doctor-{uuid.uuid4().hex}",
        image=digest,
        command=None,
        script="",
        interpreter=f"{PROGRAM} hold",
        workdir="/recast/run/doctor",
        resources=Resources(memory_mb=LIMIT_MB, disk_mb=100, walltime_s=600),
    )
    executor = LocalExecutor(
        folder / "run",
        folder / "store",
        1,
        runtime,
        image_preparer(runtime, folder / "images", cast(Images, _NoImages())),
        folder / "worker",
    )
    await executor.start()
    try:
        (receipt,) = await executor.submit([job])
        if receipt.failure is not None:
            raise OSError(receipt.message)
        async with asyncio.timeout(most_s):
            async for batch in changes(executor, lambda: [job.job_id]):
                if batch[-1].state.final:
                    return batch[-1]
    finally:
        await executor.close()
    raise TimeoutError


class _NoImages:
    """A stand-in for a run's images: nothing has to be pulled."""

    def fetch(self, digest: str) -> None:
        """Do nothing: the image has just been created."""


def _judged(status: JobStatus, folder: Path) -> Proof:
    outcome = status.outcome
    if outcome is None:
        return Proof(False, "unknown", status.reason or "the job was lost")
    logs = [path.read_text(errors="replace") for path in (folder / "run/jobs").glob("*/log")]
    if not any(SAID in text for text in logs):
        return Proof(False, "unknown", outcome.message or "the container left no output")
    limit = _limit(outcome)
    words = {
        "held": f"started a container; its limit of {LIMIT_MB} MB held",
        "watched": f"started a container; its limit of {LIMIT_MB} MB is only monitored: it had more for a moment",
        "broken": f"started a container; its limit of {LIMIT_MB} MB did NOT hold: it had {HELD_MB} MB",
        "unknown": f"started a container; whether its limit holds is unknown: {outcome.message}",
    }
    return Proof(True, limit, words[limit])


def _limit(outcome: Outcome) -> Literal["held", "watched", "broken", "unknown"]:
    if outcome.failure is None:
        return "broken"
    if outcome.failure is not FailureClass.MEMORY:
        return "unknown"
    is_held = "memory" not in outcome.unheld and outcome.peak_memory_bytes <= LIMIT_MB * 1_000_000 * _SLACK
    return "held" if is_held else "watched"


def _forget(runtime: Runtime, digest: str) -> None:
    """Remove the image from the storage of a container engine."""
    engine = {"podman": ["podman", *getattr(runtime, "flags", [])], "docker": ["docker"]}.get(runtime.name)
    if engine is None or shutil.which(engine[0]) is None:
        return
    argv = [*engine, "image", "rm", "--force", image_name(digest)]
    try:
        subprocess.run(argv, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return
