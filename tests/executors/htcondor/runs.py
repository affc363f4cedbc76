"""What the tests against the real pool share: settings, executors, an image that the nodes can have."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import NodeImage, Surroundings
from recast.executors.htcondor import HTCondorEngine
from recast.images import ImageStore
from recast.runtimes import runtime_by_name
from recast.site import Site
from tests.runtimes.tinyroot import make_layout, make_root
from tests.testbeds.htcondor.pool import Pool

__all__ = ["executor_on", "image_for", "own_folder", "settings_of"]


def settings_of(pool: Pool, **more: Any) -> dict[str, Any]:
    """Return the settings for a pool of a test-bed; everything is asked often, and given up soon."""
    quick = {"poll_s": 1.0, "quick_poll_s": 0.3, "lease_s": 20, "call_s": 30, "margin_s": 60}
    return {"collector": pool.collector, "token_dir": str(pool.tokens), **quick, **more}


def executor_on(
    pool: Pool, run_dir: Path, store: Path, image: NodeImage | None = None, runtime: str = "apptainer", **more: Any
) -> BatchExecutor:
    """Return an executor over a pool, not started."""
    around = Surroundings(
        jobs="",
        store="",
        runtimes=[runtime_by_name(runtime)] if image else (),
        site=Site(),
        node={"cache": "", "cache_mb": 1000, "wait_s": 60},
    )
    return BatchExecutor(HTCondorEngine(settings_of(pool, **more)), run_dir, store, around, lambda _: image)


def image_for(pool: Pool, tmp: Path) -> NodeImage:
    """Return a tiny image in a store that the nodes see."""
    layout = own_folder(pool)
    digest = make_layout(make_root(tmp / "root"), layout)
    config = ImageStore(layout).manifest(digest).config.digest
    for path in [layout, *layout.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return NodeImage(digest, config, ({"kind": "layout", "path": str(layout)},))


def own_folder(pool: Pool) -> Path:
    """Return a new folder that all machines of a pool see, and may write."""
    folder = pool.shared / uuid.uuid4().hex
    folder.mkdir()
    folder.chmod(0o777)
    return folder
