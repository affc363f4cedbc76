"""A map-reduce in a real container, and the bare bubblewrap command that does one step of it."""

from __future__ import annotations

from pathlib import Path

import yaml

from benchmarks.measure import take
from benchmarks.place import Place
from recast.images import ImageStore, ensure_unpacked
from recast.jobs import RUN_ROOT, ContainerJob
from recast.paths import places
from recast.runtimes import Sandbox, runtime_by_name
from tests.busybox import add_busybox, environment, pin

__all__ = ["bare_bwrap", "bare_loop", "container_spec"]

STEP = {
    "process": {"process_type": "string-interpolated-cmd", "cmd": "echo hello > {input}"},
    "environment": environment(),
    "publisher": {"publisher_type": "constant-pub", "publish": {"out": "done"}},
}


def container_spec(folder: Path) -> tuple[str, Path]:
    """Write a scatter over `input` into a folder, its image pinned; return the image's digest and the folder."""
    digest = add_busybox(ImageStore(places().image_store))
    scheduler = {
        "scheduler_type": "multistep-stage",
        "parameters": {"input": {"stages": "init", "output": "input", "unwrap": True}},
        "scatter": {"method": "zip", "parameters": ["input"]},
        "step": STEP,
    }
    stages = [{"name": "map", "dependencies": ["init"], "scheduler": scheduler}]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    pin(folder, digest)
    return digest, folder


def bare_bwrap(digest: str, folder: Path) -> list[str]:
    """Return the bubblewrap command of one step, as our runtime makes it, for `{}` in a folder that they share."""
    rootfs = ensure_unpacked(ImageStore(places().image_store), digest).rootfs
    work = folder / "work"
    inputs = folder / "in"
    logical = f"{RUN_ROOT}/map"
    work.mkdir()
    (inputs / "map").mkdir(parents=True)
    job = ContainerJob("bare", digest, "echo hello > {}", None, "sh", logical, env={"PATH": "/bin"})
    sandbox = Sandbox(str(rootfs), str(work), str(inputs))
    argv = runtime_by_name("bubblewrap").argv(job, sandbox)
    status = argv.index("--json-status-fd")  # the pipe on which the worker hears of the payload's end
    return argv[:status] + argv[status + 2 :]


def bare_loop(place: Place, digest: str, count: int) -> float:
    """Return the seconds that xargs takes for `count` such steps, two at a time."""
    folder = place.fresh()
    numbers = "".join(f"{i}\n" for i in range(count))
    return take(["xargs", "-P2", "-I{}", *bare_bwrap(digest, folder)], folder, text=numbers).seconds
