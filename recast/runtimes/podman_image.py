"""Bring an image of our own layout into Podman's storage, by digest and no other way."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from recast.digests import digest_of, hex_of
from recast.errors import ImageCorrupt, ImageError, NotFound
from recast.runtimes.podman_flags import needed_flags

__all__ = ["ensure_podman_image"]

_NAME = "localhost/recast"
_IMAGE_NAME = re.compile(r"(/[a-z0-9]+([._-][a-z0-9]+)*)+")
_PULL_S = 1800
_ASK_S = 120


def ensure_podman_image(store_root: Path, digest: str, flags: Sequence[str] | None = None) -> str:
    """Return the id under which Podman holds the image `digest` of the OCI layout `store_root`; load it if need be.

    Raises NotFound if the layout lacks the manifest, ImageCorrupt if its bytes or what Podman holds have another
    digest, ImageError if Podman cannot load it.
    """
    podman = ["podman", *(needed_flags() if flags is None else flags)]
    name = f"{_NAME}:{digest.removeprefix('sha256:')}"
    held = _held(podman, name)
    if held is None:
        _pull(podman, store_root, digest, name)
        held = _held(podman, name)
    if held is None or held[1] != digest:
        raise ImageCorrupt(
            "Podman holds another image than the pinned one",
            where=name,
            why=f"its digest is {held[1] if held else 'unknown'}, pinned is {digest}",
            next_step=f"podman rmi {name}, then try again",
        )
    return held[0]


def _held(podman: list[str], name: str) -> tuple[str, str] | None:
    """Return (id, manifest digest) of an image in Podman's storage."""
    done = _run([*podman, "image", "inspect", "--format", "{{.Id}} {{.Digest}}", name], _ASK_S)
    if done.returncode != 0:
        return None
    image_id, digest = done.stdout.split()
    return image_id, digest


def _pull(podman: list[str], store_root: Path, digest: str, name: str) -> None:
    """Pull from a layout that holds nothing but this image, so that no tag can name another one."""
    manifest = _manifest(store_root, digest)
    with _layout_folder() as layout:
        (layout / "blobs").symlink_to((store_root / "blobs").absolute())
        (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        entry = {
            "mediaType": json.loads(manifest).get("mediaType", "application/vnd.oci.image.manifest.v1+json"),
            "digest": digest,
            "size": len(manifest),
            "annotations": {"org.opencontainers.image.ref.name": "pinned"},
        }
        (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        pulled = _run([*podman, "pull", "--quiet", f"oci:{layout}:pinned"], _PULL_S)
    image_id = pulled.stdout.strip()
    if pulled.returncode == 0 and image_id:
        pulled = _run([*podman, "tag", image_id, name], _ASK_S)
        _run([*podman, "untag", image_id, f"localhost{layout}:latest"], _ASK_S)
    if pulled.returncode != 0:
        raise ImageError(
            "Podman cannot load the image",
            where=digest,
            why=(pulled.stderr.strip() or "no reason given").splitlines()[-1],
            next_step="recast image verify",
        )


@contextmanager
def _layout_folder() -> Iterator[Path]:
    """Yield a new folder whose path is a valid image name: Podman names what it pulls after the folder."""
    home = tempfile.gettempdir()
    layout = Path(home if _IMAGE_NAME.fullmatch(home) else "/var/tmp") / f"recast-layout-{uuid4().hex}"  # noqa: S108
    layout.mkdir(mode=0o700)
    try:
        yield layout
    finally:
        shutil.rmtree(layout, ignore_errors=True)


def _manifest(store_root: Path, digest: str) -> bytes:
    path = store_root / "blobs" / "sha256" / hex_of(digest)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"There is no image {digest}", where=str(store_root), next_step="recast image ls") from None
    if digest_of(data) != digest:
        raise ImageCorrupt("The image's manifest was changed", where=str(path), next_step="recast image verify")
    return data


def _run(argv: list[str], seconds: int) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            argv, check=False, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise ImageError(
            "Podman cannot be run", where=argv[0], why=str(problem), next_step="recast doctor"
        ) from problem
