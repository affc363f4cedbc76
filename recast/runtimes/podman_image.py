"""Load an image of the store into Podman's storage, by digest only."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from recast.errors import ImageCorrupt
from recast.images import ImageStore
from recast.images.archive import archive_bytes
from recast.images.manifest import document_type
from recast.runtimes.engine import image_name
from recast.runtimes.loading import Tell, ask, silent, watched
from recast.runtimes.podman_flags import needed_flags

__all__ = ["ensure_podman_image"]

_IMAGE_NAME = re.compile(r"(/[a-z0-9]+([._-][a-z0-9]+)*)+")


def ensure_podman_image(store_root: Path, digest: str, tell: Tell = silent, flags: Sequence[str] | None = None) -> str:
    """Return the id of the image `digest` in Podman's storage, loading it from the OCI layout `store_root` if
    necessary.

    Raises NotFound if the layout lacks the manifest, ImageCorrupt if its bytes or Podman's image have another digest,
    ImageError if Podman cannot load it.
    """
    podman = ["podman", *(needed_flags() if flags is None else flags)]
    name, store = image_name(digest), ImageStore(store_root)
    held = _held(podman, name)
    if held is None:
        with store.using():
            _pull(podman, store, digest, tell)
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
    done = ask([*podman, "image", "inspect", "--format", "{{.Id}} {{.Digest}}", name])
    if done.returncode != 0:
        return None
    image_id, digest = done.stdout.split()
    return image_id, digest


def _pull(podman: list[str], store: ImageStore, digest: str, tell: Tell) -> None:
    """Pull from a layout that contains only this image, so that no tag can refer to another one."""
    document = store.read_document(digest)
    total = archive_bytes(store, digest)
    tell(0, total)
    with _layout_folder() as layout:
        (layout / "blobs").symlink_to(store.root / "blobs")
        (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        entry = {
            "mediaType": document_type(document),
            "digest": digest,
            "size": len(document),
            "annotations": {"org.opencontainers.image.ref.name": "pinned"},
        }
        (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        source = f"oci:{layout}:pinned"
        said = watched([*podman, "pull", "--quiet", source], _Read(store.root / "blobs"), total, tell)
    image_id = (said.split() or [""])[-1]
    ask([*podman, "tag", image_id, image_name(digest)])
    ask([*podman, "untag", image_id, f"localhost{layout}:latest"])


class _Read:
    """Measures how many bytes of blobs a process and its descendants have read, by their open files."""

    def __init__(self, blobs: Path) -> None:
        self._blobs = f"{blobs.resolve()}/"
        self._at: dict[str, int] = {}

    def __call__(self, pid: int) -> int:
        """Look at them once more; a file that is no longer open has been read to its end."""
        from recast.worker.processes.proctree import descendants

        open_now = {path: at for each in {pid, *descendants([pid])} for path, at in self._files(each)}
        for path in self._at.keys() - open_now:
            with suppress(OSError):
                open_now[path] = Path(path).stat().st_size
        self._at.update(open_now)
        return sum(self._at.values())

    def _files(self, pid: int) -> Iterator[tuple[str, int]]:
        with suppress(OSError):
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError, ValueError):
                    path = str(link.readlink())
                    if path.startswith(self._blobs):
                        told = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text()
                        yield path, int(told.split()[1])  # pos: NUMBER


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
