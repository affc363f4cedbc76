"""A tiny root file system made of this machine's own shell and coreutils, and the same as an OCI layout."""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

PROGRAMS = [
    *("sh", "cat", "echo", "ls", "sleep", "true", "false", "head", "tail", "id", "mkdir", "ln", "mkfifo", "touch"),
    *("hostname", "env", "wc", "kill", "setsid", "grep", "printf", "chmod", "dd", "mknod"),
]


def make_root(root: Path) -> Path:
    """Make the root folder and return it."""
    for folder in ("bin", "etc", "tmp", "proc", "dev", "usr", "run", "sys"):
        (root / folder).mkdir(parents=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    for name in PROGRAMS:
        program = Path(shutil.which(name) or f"/bin/{name}").resolve()
        shutil.copy(program, root / "bin" / name)
        for library in _libraries(program):
            target = root / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copy(library, target)
    return root


def _libraries(program: Path) -> list[str]:
    said = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False).stdout
    return [word for line in said.splitlines() for word in line.split() if word.startswith("/")]


def make_layout(root: Path, layout: Path, volumes: Sequence[str] = ()) -> str:
    """Make an OCI layout of one layer from a root folder; return the manifest's digest."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for path in sorted(root.rglob("*")):
            archive.add(path, str(path.relative_to(root)), recursive=False, filter=_ageless)
    layer = _blob(layout, gzip.compress(plain.getvalue(), 1, mtime=0))
    declared = {"Volumes": {path: {} for path in volumes}} if volumes else {}
    config = _blob(
        layout,
        json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Env": ["FROM_IMAGE=yes"], **declared},
                "rootfs": {"type": "layers", "diff_ids": [_sha256(plain.getvalue())]},
            }
        ).encode(),
    )
    kind = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": {"mediaType": f"{kind}.config.v1+json", **config},
        "layers": [{"mediaType": f"{kind}.layer.v1.tar+gzip", **layer}],
    }
    entry = _blob(layout, json.dumps(manifest).encode())
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    index = {"schemaVersion": 2, "manifests": [{"mediaType": f"{kind}.manifest.v1+json", **entry}]}
    (layout / "index.json").write_text(json.dumps(index))
    return str(entry["digest"])


def _ageless(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same digest each time: the engine's storage holds one test image, not one per session."""
    entry.mtime = 0
    return entry


def _blob(layout: Path, data: bytes) -> dict[str, object]:
    digest = _sha256(data)
    path = layout / "blobs/sha256" / digest[7:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"digest": digest, "size": len(data)}


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
