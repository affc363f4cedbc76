"""A node for tests: an image, where it can be had, and processes that ask for it as jobs do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from recast.executors.bundle import build_worker
from recast.images import ImageStore
from tests.images.handmade import image, item, tar
from tests.registry.fake import FakeRegistry

BUBBLEWRAP = {"bubblewrap": {"name": "bubblewrap", "argv": ["bwrap", "\0image\0"]}}
_ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from recast.worker.failure import Failure
from recast.worker.nodeimage import obtain
task = json.loads(sys.argv[2])
try:
    found = obtain(task["image"], task["runtimes"])
    print(json.dumps(list(found)), flush=True)
except Failure as failure:
    print(json.dumps({"kind": failure.kind, "message": failure.message}), flush=True)
sys.stdin.read()
"""


def two_layers(store: ImageStore, size: int = 10) -> str:
    """Store an image of two layers; return its digest."""
    lower = tar(item("dir", "etc"), item("file", "etc/a", b"a" * size), item("file", "etc/gone", b"x"))
    return image(store, lower, tar(item("file", "etc/.wh.gone"), item("file", "b", b"two")), compress=True)


def serve_image(store: ImageStore, digest: str, registry: FakeRegistry) -> dict[str, Any]:
    """Put an image into a registry; return the source of a task."""
    manifest = store.manifest(digest)
    for blob in (manifest.config, *manifest.layers):
        registry.blobs[blob.digest] = store.blob_path(blob.digest).read_bytes()
    registry.add_manifest(store.blob_path(digest).read_bytes())
    return {"kind": "registry", "reference": f"{registry.name}@{digest}", "insecure": True}


def entry(digest: str, cache: Path, *sources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the `image` of a task."""
    config = {"config": "", "cache_mb": 1000, "wait_s": 30}
    return {**config, "digest": digest, "cache": str(cache), "sources": list(sources), **more}


class Asking:
    """A job on the node: a process of its own that asks for an image and holds it until it is let go."""

    def __init__(self, worker: Path, image_entry: dict[str, Any], python: str = sys.executable) -> None:
        task = json.dumps({"image": image_entry, "runtimes": BUBBLEWRAP})
        self.process = subprocess.Popen(
            [python, "-c", _ASK, str(worker), task], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def answer(self) -> Any:
        """Wait for what it was given, or why not."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline() or "null")

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def worker_in(folder: Path) -> Path:
    return build_worker(folder / "worker")
