"""RECAST's executor against the test-bed, as the conformance suite drives executors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import NodeImage, TaskContext
from recast.executors.conformance import Case
from recast.executors.panda import PandaSystem
from recast.images import ImageStore
from recast.site import Site
from tests.busybox import add_busybox
from tests.testbeds.panda.bed import PandaBed
from tests.testbeds.panda.conf import ORIGIN

__all__ = ["MISSING", "busybox", "case", "settings"]

MISSING = "sha256:" + "ab" * 32
"""The digest of an image that is nowhere."""
_BOUND_S = 600.0


def settings(bed: PandaBed, folder: Path, **changed: Any) -> dict[str, Any]:
    """Return the settings of the executor for a bed, with its store in a folder."""
    given = {
        "server": bed.url,
        "vo": ORIGIN,
        "user": "user.jdoe",
        "trans_path": bed.transformation,
        "token_file": str(bed.token_file),
        "store_url": f"file://{folder}/far",
        "poll_s": 2.0,
        "quick_poll_s": 0.3,
        "outcome_grace_s": 5.0,
    }
    return {**given, **changed}


def busybox(bed: PandaBed, folder: Path) -> str:
    """Let jobs of a bed have a small image; return its digest."""
    store = ImageStore(folder / "images")
    digest = add_busybox(store)
    bed.offer(store, digest)
    return digest


def case(bed: PandaBed, folder: Path, image: str | None, store: Path | None = None, **changed: Any) -> Case:
    """Return what runs jobs on a bed; jobs have `image` unless they say otherwise."""
    given = settings(bed, folder, **changed)
    node = {"cache": str(folder / "cache"), "cache_mb": 100, "wait_s": 20}
    around = TaskContext("", "", (), Site(), node, given["store_url"], outcomes_by_name=True)
    files = store or folder / "store"

    def image_of(digest: str) -> NodeImage:
        return NodeImage(digest, digest, ({"kind": "registry", "reference": f"registry.example.org/i@{digest}"},))

    def make() -> BatchExecutor:
        return BatchExecutor(PandaSystem(given), folder / "run", files, around, image_of, python=sys.executable)

    return Case(make=make, store=files, image=image, many=30, bound_s=_BOUND_S)
