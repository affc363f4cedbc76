"""`recast image push|pull|tags`: images between the local store and registries, by digest."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.output import emit, message, output_option, overwrite
from recast.errors import NotFound, UsageError
from recast.json_types import JsonDict

if TYPE_CHECKING:
    from recast.images import ImageStore
    from recast.registry import Copied

__all__ = ["Progress", "pull", "push", "tags"]

_COLUMNS = ("name", "digest", "size_mb", "moved_mb", "blobs", "seconds")
_STORE = click.option(
    "--store", "store_dir", type=click.Path(file_okay=False, path_type=Path), help="Image store (default: your own)."
)

PULL_EPILOG = """
\b
Examples:
  recast image pull specs/my-analysis/1.0.0
  recast image pull ghcr.io/scailfin/madgraph5-amc-nlo@sha256:...
  recast image pull docker.io/library/debian:12@sha256:... --platform linux/arm64
"""
PUSH_EPILOG = """
\b
Examples:
  recast image push recast/pyhf-fit:1 oci://registry.example.org/team/pyhf-fit:1
  recast image push sha256:... oci://127.0.0.1:5000/team/pyhf-fit
"""


@click.command(epilog=PULL_EPILOG)
@click.argument("what", metavar="NAME@sha256:...|SPEC")
@click.option("--platform", metavar="OS/ARCH", help="Which image, if the digest is that of an index.")
@_STORE
@output_option
def pull(what: str, platform: str | None, store_dir: Path | None, output: str) -> None:
    """Fetch an image into the store by its digest, or all images in the lock of SPEC.

    Blobs that are already here are verified, and fetched again if damaged. An interrupted download is continued by the
    next one. From a multi-architecture index, the platform's image is fetched.
    """
    from recast.registry.fetch import pull_image

    store = _store(store_dir)
    rows = []
    for name, digest in _wanted(what, store):
        start = time.monotonic()
        copied = pull_image(name, digest, store, platform, Progress(f"pull {name}"))
        rows.append(_row(name, copied, start))
    emit({"images": rows}, rows, _COLUMNS, output)


@click.command(epilog=PUSH_EPILOG)
@click.argument("what", metavar="REF|DIGEST")
@click.argument("target", metavar="oci://REGISTRY/REPOSITORY[:TAG]")
@click.option("--force", is_flag=True, help="Move TAG if it refers to another image there.")
@_STORE
@output_option
def push(what: str, target: str, force: bool, store_dir: Path | None, output: str) -> None:
    """Upload an image from the store to a registry; its digest stays the same.

    Blobs that the registry already has are not sent; those that another of its repositories has are mounted. Its SBOM
    and its provenance go along.
    """
    from recast.registry import Registry
    from recast.registry.notes import push_notes

    store = _store(store_dir)
    digest = what if what.startswith("sha256:") else store.resolve(what)
    start = time.monotonic()
    with Registry(target) as registry:
        tag = registry.target.tag
        if tag is not None and not force and (there := registry.head(tag)) not in (None, digest):
            raise UsageError(
                f"The tag {tag} refers to another image there",
                where=str(registry.target),
                why=f"It refers to {there}; pushing {digest} would move it.",
                next_step="Use another tag, or add --force.",
                code="image.tag-taken",
            )
        copied = registry.push(digest, store, tag, watch=Progress(f"push {registry.target}"))
        push_notes([digest], store, registry)
        name = f"{registry.target.name}@{digest}"
    row = _row(name, copied, start)
    emit(row, [row], _COLUMNS, output)


@click.command(epilog="\b\nExample:\n  recast image tags docker.io/library/debian")
@click.argument("name")
@output_option
def tags(name: str, output: str) -> None:
    """List the tags of a repository."""
    from recast.registry import Registry

    with Registry(name) as registry:
        rows = [{"tag": tag} for tag in registry.tags()]
        emit({"name": registry.target.name, "tags": [row["tag"] for row in rows]}, rows, ["tag"], output)


def _wanted(what: str, store: ImageStore) -> list[tuple[str, str]]:
    """Return names and digests to pull; images built elsewhere that are already here need no registry."""
    from recast.images import load_lock, parse_reference
    from recast.registry.name import parse_target

    if not Path(what).exists():
        digest = parse_target(what).digest
        if digest is None:
            raise UsageError(
                "An image is pulled by its digest, never by a tag",
                where=what,
                why="A tag may refer to another image tomorrow.",
                next_step="recast image pin SPEC, then: recast image pull SPEC",
            )
        text = what.removeprefix("oci://").removeprefix("docker://")
        reference = parse_reference(text)
        return [(f"{reference.name}:{reference.tag}" if reference.tag else text, digest)]
    folder = Path(what) if Path(what).is_dir() else Path(what).parent
    images = load_lock(folder).images
    if not images:
        raise NotFound(
            "Nothing is pinned here", where=str(folder), next_step=f"recast image pin {what}", code="image.not-pinned"
        )
    for name, pin in images.items():
        if pin.source == "build":
            message(
                f"{name}: built here"
                + ("" if store.has_blob(pin.digest) else f"; missing: recast image build {folder}")
            )
    return [(name, pin.digest) for name, pin in images.items() if pin.source == "registry"]


def _row(name: str, copied: Copied, start: float) -> JsonDict:
    return {
        "name": name,
        "digest": copied.digest,
        "blobs": copied.blobs,
        "size": copied.size,
        "moved": copied.moved,
        "size_mb": round(copied.size / 1e6, 1),
        "moved_mb": round(copied.moved / 1e6, 1),
        "seconds": round(time.monotonic() - start, 2),
    }


class Progress:
    """Shows on stderr the progress of a copy: in place on a terminal, otherwise a line each quarter."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._tell: Callable[[int, int], None] = self._in_place if sys.stderr.isatty() else self._line
        self._told = -1

    def __call__(self, done: int, total: int) -> None:
        """Show the progress now and then."""
        self._tell(done, total)

    def _in_place(self, done: int, total: int) -> None:
        overwrite(f"{self._title}: {done / 1e6:.0f} of {total / 1e6:.0f} MB", last=done >= total)

    def _line(self, done: int, total: int) -> None:
        quarter = 4 * done // total if total else 4
        if quarter > self._told:
            self._told = quarter
            message(f"{self._title}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")


def _store(store_dir: Path | None) -> ImageStore:
    from recast.images import ImageStore
    from recast.paths import places

    return ImageStore(store_dir or places().image_store)
