"""Test whether an engine starts a container as it would start a job: with its limits, its user, its binds."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from recast.digests import digest_of
from recast.jobs import RUN_ROOT, Bind, ContainerJob, Resources
from recast.paths import places
from recast.runtimes.protocol import Sandbox

__all__ = ["Trial", "add_trial_image", "make_trial_root", "tried"]

_TRY_S = 240
_MEMORY_MB = 64
_FOLDERS = ("usr", "sbin", "tmp", "proc", "dev", "sys", "recast")
_LINKS = ("bin", "lib", "lib64")
"""The folders of programs and libraries, in a root that contains only the machine's /usr."""
_COMMAND = """
for limit in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    if test -r $limit; then read bytes < $limit && break; fi
done
echo "memory ${bytes:-unknown}" > said
"""
_MOST_LIMIT_BYTES = _MEMORY_MB * 1_000_000


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome: why no container started, empty if one did; whether its memory limit holds, None if unknown.

    `slow`: it did not end in time.
    """

    problem: str = ""
    holds_memory: bool | None = None
    slow: bool = False


def tried(start: Callable[[ContainerJob, Sandbox], list[str]], clear: Callable[[str], list[str]], image: str) -> Trial:
    """Start a small job on this machine's /usr and check its outputs; `clear` is the engine's clean-up."""
    job = ContainerJob(
        job_id=f"probe-{os.getpid()}-{uuid4().hex[:8]}",
        image=image,
        command=_COMMAND,
        script=None,
        interpreter="sh",
        workdir=f"{RUN_ROOT}/probe",
        resources=Resources(cpus=1, memory_mb=_MEMORY_MB, disk_mb=_MEMORY_MB, walltime_s=_TRY_S),
        binds=(Bind("/usr", "/usr"),),
    )
    with _folder() as folder:
        for name in ("work", "in/probe", "client"):
            (folder / name).mkdir(parents=True, mode=0o700)
        argv = start(job, Sandbox(image, str(folder / "work"), str(folder / "in")))
        argv.insert(argv.index("run") + 1, "--rm")  # no container is left behind if we are killed
        try:
            done = _run(argv, folder / "client")
        except subprocess.TimeoutExpired:
            return Trial(f"{argv[0]} did not start a container within {_TRY_S} s", slow=True)
        except OSError as problem:
            return Trial(f"{argv[0]} cannot be run: {problem}")
        finally:
            with suppress(OSError, subprocess.TimeoutExpired):
                _run(clear(job.job_id), folder / "client")
        return _judged(done, folder / "work/said")


def make_trial_root(root: Path) -> str:
    """Make a root folder for a trial and return its path."""
    for name in _FOLDERS:
        (root / name).mkdir(parents=True)
    for name in _LINKS:
        (root / name).symlink_to(f"usr/{name}")
    return str(root)


def add_trial_image(store: Path) -> str:
    """Put an image for trials, always the same, into a layout; return its digest."""
    from recast.images import ImageStore
    from recast.images.manifest import LAYER_TYPE

    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in _FOLDERS:
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        for name in _LINKS:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            archive.addfile(link)
    content, machine = layer.getvalue(), os.uname().machine
    images = ImageStore(store)
    config = {
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine),
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(content)]},
    }
    return images.add_image(config, [images.add_blob([content], LAYER_TYPE)])


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a new folder where runs lie: what a daemon sees elsewhere proves nothing."""
    wanted = places().state_dir
    parent = wanted if os.access(wanted, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix=".probe-", dir=parent, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _run(argv: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, check=False, capture_output=True, text=True, timeout=_TRY_S, stdin=subprocess.DEVNULL, cwd=cwd
    )


def _judged(done: subprocess.CompletedProcess[str], left: Path) -> Trial:
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
        told = [line for line in said if not line.startswith(("See 'docker", "Run 'docker")) and line.strip()]
        return Trial((told or said)[-1])
    try:
        owner, words = left.stat().st_uid, left.read_text().split()
    except OSError:
        return Trial(f"what a container wrote did not arrive at {left.parent}: is the engine on another machine?")
    if owner != os.getuid():
        return Trial(f"files of a container belong to user {owner}, not to {os.getuid()}")
    if words[-1] == "unknown":
        return Trial()
    return Trial(holds_memory=words[-1].isdigit() and int(words[-1]) <= _MOST_LIMIT_BYTES)
