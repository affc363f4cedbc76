"""An image in Podman's own storage on the node, loaded from bytes that were hashed here."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence

from recast.layers.tree import remove_tree
from recast.worker.cache.folder import Cache
from recast.worker.failure import Failure, failure_of
from recast.worker.images.pull import Pulled, pull
from recast.worker.json_types import JsonDict, JsonObject

__all__ = ["hold_podman_image"]

_PULL_S = 3600.0
_ASK_S = 120.0
_ID = re.compile(r"[0-9a-f]{64}")


def hold_podman_image(cache: Cache, image: JsonObject, podman: Sequence[str]) -> str:
    """Return the id under which Podman holds the image, loading it once per node; raises Failure.

    `podman` is the program with the flags that this site needs. Podman's storage is not limited by our cache.
    """
    digest = image["digest"]
    entry = cache.hold(
        digest.partition(":")[2] + ".podman",
        lambda entry: _held(podman, _name(digest)) == (entry.record.get("id"), digest),
        lambda folder: _make(folder, image, podman),
    )
    return str(entry.record["id"])


def _make(folder: str, image: JsonObject, podman: Sequence[str]) -> JsonDict:
    digest = image["digest"]
    held = _held(podman, _name(digest))
    if held is None or held[1] != digest:
        try:
            os.makedirs(folder + "/blobs", exist_ok=True)
            _load(pull(image, folder + "/blobs"), folder, digest, podman)
            remove_tree(folder + "/blobs")
        except OSError as problem:
            raise failure_of(problem, "infrastructure") from None
        held = _held(podman, _name(digest))
    if held is None or held[1] != digest:
        raise Failure(
            "infrastructure", f"Podman holds {held[1] if held else 'nothing'} as {_name(digest)}, not {digest}"
        )
    return {"image": digest, "id": held[0], "size_bytes": 0}


def _load(pulled: Pulled, folder: str, digest: str, podman: Sequence[str]) -> None:
    """Make Podman load a layout that contains only this image, so that no tag can refer to another one."""
    layout = folder + "/layout"
    remove_tree(layout)
    os.makedirs(layout + "/blobs/sha256")
    for blob, path in pulled.paths.items():
        os.symlink(os.path.abspath(path), f"{layout}/blobs/sha256/{blob[7:]}")
    _write(f"{layout}/blobs/sha256/{digest[7:]}", pulled.document)
    _write(f"{layout}/blobs/sha256/{pulled.manifest.config.digest[7:]}", pulled.config)
    entry = {"mediaType": pulled.manifest.media_type, "digest": digest, "size": len(pulled.document)}
    _write(layout + "/oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
    _write(layout + "/index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode())
    image_id = _run([*podman, "pull", "--quiet", f"oci:{layout}"], _PULL_S).strip().splitlines()[-1:]
    if not image_id or not _ID.fullmatch(image_id[0]):
        raise Failure("infrastructure", f"Podman gave no id for {digest}: {image_id}")
    _run([*podman, "tag", image_id[0], _name(digest)], _ASK_S)
    remove_tree(layout)


def _held(podman: Sequence[str], name: str) -> "tuple[str, str] | None":
    """Return (id, manifest digest) of an image in Podman's storage."""
    try:
        words = _run([*podman, "image", "inspect", "--format", "{{.Id}} {{.Digest}}", name], _ASK_S).split()
    except Failure:
        return None
    return (words[0], words[1]) if len(words) == 2 else None


def _run(argv: list[str], seconds: float) -> str:
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Failure("infrastructure", f"Podman cannot be run: {problem}") from None
    if done.returncode != 0:
        said = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise Failure("infrastructure", f"podman {argv[-2]}: {said}")
    return done.stdout


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _name(digest: str) -> str:
    return f"localhost/recast:{digest.partition(':')[2]}"
