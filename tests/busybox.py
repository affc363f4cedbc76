"""A one-megabyte image for tests and benchmarks that need a real container: Debian's static busybox."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import yaml

from recast.images import ImageLock, ImageStore, Pin, write_lock

NAME = "recast/busybox:1"
APPLETS = [
    "sh",
    "cat",
    "echo",
    "ls",
    "sleep",
    "true",
    "false",
    "id",
    "mkdir",
    "rm",
    "wc",
    "dd",
    "ln",
    "env",
    "ps",
    "wget",
    "awk",
    "sed",
    "xargs",
]
FOLDERS = ["bin", "etc", "proc", "dev", "tmp"]


def add_busybox(store: ImageStore) -> str:
    """Put the image into a store under `NAME`; return its digest."""
    program = shutil.which("busybox")
    assert program, "busybox is missing; type: make setup-test"
    layer = _layer(Path(program).read_bytes())
    blob = store.add_blob([gzip.compress(layer, 1, mtime=0)], "application/vnd.oci.image.layer.v1.tar+gzip")
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/bin", "FROM_IMAGE=yes"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }
    digest = store.add_image(config, [blob])
    store.tag(NAME, digest)
    return digest


def pin(folder: Path, digest: str) -> None:
    """Write the lock beside a spec that uses the image."""
    write_lock(folder, ImageLock({NAME: Pin(digest, "linux/amd64", 1, "2026-01-01T00:00:00Z", "build")}))


def environment(**options: object) -> dict[str, object]:
    """Return the environment of a step in this image, with options such as memory_mb."""
    name, tag = NAME.split(":")
    resources = [{"recast": options}] if options else []
    return {"environment_type": "docker-encapsulated", "image": name, "imagetag": tag, "resources": resources}


def write_spec(
    folder: Path, command: str, parameters: dict[str, object], publish: dict[str, object], **options: object
) -> Path:
    """Write a workflow of one step in a busybox container; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": environment(**options),
        "publisher": {"publisher_type": "interpolated-pub", "publish": publish},
    }
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": parameters, "step": step}
    stages = [{"name": "work", "dependencies": ["init"], "scheduler": scheduler}]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


def _layer(program: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in FOLDERS:
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        busybox = tarfile.TarInfo("bin/busybox")
        busybox.size, busybox.mode = len(program), 0o755
        archive.addfile(busybox, io.BytesIO(program))
        for name in APPLETS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    return buffer.getvalue()
