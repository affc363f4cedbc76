"""What the tests against the real pool share: settings, executors, an image that the nodes can have."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Any

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import NodeImage, TaskContext
from recast.executors.htcondor import HTCondorSystem
from recast.images import ImageStore
from recast.runtimes import runtime_by_name
from recast.site import Site
from tests.runtimes.tinyroot import make_layout, make_root
from tests.testbeds.htcondor.config import NODES
from tests.testbeds.htcondor.pool import Pool

__all__ = ["executor_on", "image_for", "own_folder", "python_image", "settings_of"]


def settings_of(pool: Pool, **more: Any) -> dict[str, Any]:
    """Return the settings for a pool of a test-bed; everything is asked often, and given up soon."""
    quick = {"poll_s": 1.0, "quick_poll_s": 0.3, "sweep_s": 5.0, "lease_s": 20, "call_s": 30, "margin_s": 60}
    own = {"collector": pool.collector, "token_dir": str(pool.tokens), "condor_tail": str(pool.condor_tail)}
    return {**own, **quick, **more}


def executor_on(
    pool: Pool, run_dir: Path, store: Path, image: NodeImage | None = None, runtime: str = "apptainer", **more: Any
) -> BatchExecutor:
    """Return an executor over a pool, not started."""
    around = TaskContext(
        jobs="",
        store="",
        runtimes=[runtime_by_name(runtime)] if image else (),
        site=Site(),
        node={"cache": "", "cache_mb": 1000, "wait_s": 60},
    )
    return BatchExecutor(HTCondorSystem(settings_of(pool, **more)), run_dir, store, around, lambda _: image)


def image_for(pool: Pool, tmp: Path) -> NodeImage:
    """Return a tiny image in a store that the nodes see."""
    layout = own_folder(pool)
    digest = make_layout(make_root(tmp / "root"), layout)
    config = ImageStore(layout).manifest(digest).config.digest
    for path in [layout, *layout.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return NodeImage(digest, config, ({"kind": "layout", "path": str(layout)},))


def python_image(pool: Pool, tmp: Path) -> NodeImage:
    """Return an image that has a Python, for the container universe: the pool finds it by the digits of its digest."""
    root = make_root(tmp / "root")
    python = Path("/usr/bin/python3").resolve()
    library = Path(f"/usr/lib/{python.name}")
    shutil.copytree(library, root / str(library)[1:], ignore=shutil.ignore_patterns("test", "__pycache__", "config-*"))
    (root / "usr/bin").mkdir()
    shutil.copy(python, root / "usr/bin/python3")
    shutil.copy("/usr/bin/env", root / "usr/bin/env")
    for program in (python, *library.glob("lib-dynload/*.so")):
        add_libraries(program, root)
    name = uuid.uuid4().hex * 2
    shutil.copytree(root, pool.shared / name, symlinks=True)
    # HTCondor tests an image before it uses it, which a folder that is not a SIF's does not pass.
    image = pool.shared / f"{name}.sif"
    pool.on(
        NODES[0],
        "apptainer",
        "--silent",
        "build",
        "--mksquashfs-args",
        "-comp gzip -Xcompression-level 1",
        str(image),
        str(pool.shared / name),
    )
    return NodeImage(f"sha256:{name}", f"sha256:{name}", ())


def add_libraries(program: Path, root: Path) -> None:
    """Copy the libraries of a program into a root folder."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    for library in (word for word in said.split() if word.startswith("/")):
        target = root / library.lstrip("/")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)


def own_folder(pool: Pool) -> Path:
    """Return a new folder that all machines of a pool see, and may write."""
    folder = pool.shared / uuid.uuid4().hex
    folder.mkdir()
    folder.chmod(0o777)
    return folder
