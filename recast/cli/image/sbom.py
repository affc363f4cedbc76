"""`recast image sbom`: the contents of an image, as CycloneDX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.output import message, write
from recast.errors import NotFound
from recast.terminal_safe import json_visible

if TYPE_CHECKING:
    from recast.images import ImageStore

__all__ = ["sbom"]

EPILOG = """
\b
Examples:
  recast image sbom recast/pyhf-fit:1
  recast image sbom recast/pyhf-fit@sha256:... | jq '.components[].purl'
  recast image sbom specs/atlas-susy-2018-31/1.0.0    (writes sbom.NAME.cdx.json next to its lock)
"""


@click.command(epilog=EPILOG)
@click.argument("ref", metavar="REF|SPEC")
@click.option(
    "--store", "store_dir", type=click.Path(file_okay=False, path_type=Path), help="Image store (default: your own)."
)
def sbom(ref: str, store_dir: Path | None) -> None:
    """Print the bill of materials (CycloneDX 1.6, JSON) of image REF, or write those of all images that SPEC pins.

    Images that were built here have one, with the base and the recipe; for others it is made from the installed
    packages.
    """
    from recast.atomic import replace_file
    from recast.images import ImageStore
    from recast.paths import places

    store = ImageStore(store_dir or places().image_store)
    if not Path(ref).is_dir():
        name, digest = _find(store, ref)
        write(json_visible(_text(store, name, digest).decode()), end="")
        return
    for name, digest in _pinned(Path(ref)):
        target = Path(ref) / f"sbom.{name.replace('/', '_').replace(':', '_')}.cdx.json"
        replace_file(target, _text(store, name, digest))
        message(f"{name}: {target}")


def _find(store: ImageStore, ref: str) -> tuple[str, str]:
    digest = ref if ref.startswith("sha256:") else store.resolve(ref)
    names = (name for name, known in sorted(store.names().items()) if known == digest)
    return (next(names, "image") if ref.startswith("sha256:") else ref), digest


def _pinned(folder: Path) -> Iterator[tuple[str, str]]:
    from recast.images import load_lock

    images = load_lock(folder).images
    if not images:
        raise NotFound(
            "Nothing is pinned here",
            where=str(folder),
            next_step=f"recast image build {folder}   or   recast image pin {folder}",
            code="image.not-pinned",
        )
    for name, pin in sorted(images.items()):
        yield name, pin.digest


def _text(store: ImageStore, name: str, digest: str) -> bytes:
    from recast.images.contents.sbom import attach_sbom, find_sbom, make_sbom, read_sbom

    if find_sbom(store, digest) is None:
        attach_sbom(store, name, digest, make_sbom(store, name, digest))
    return read_sbom(store, digest)
