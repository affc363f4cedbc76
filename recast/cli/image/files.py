"""`recast image load|save`: images from and to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from recast.cli.output import emit, message, output_option

__all__ = ["load", "save"]

_COLUMNS = ("name", "digest", "platform", "size_mb")
_FILE = click.Path(path_type=Path, dir_okay=False)
_STORE = click.option(
    "--store", "store_dir", type=click.Path(file_okay=False, path_type=Path), help="Image store (default: your own)."
)

LOAD_EPILOG = """
\b
Examples:
  docker save team/analysis:1 | gzip > analysis.tar.gz ; recast image load analysis.tar.gz
  podman save --format oci-archive team/analysis:1 -o analysis.tar ; recast image load analysis.tar
  recast image load analysis.tar --name team/analysis:2 --pin specs/my-analysis/1.0.0
"""


@click.command(epilog=LOAD_EPILOG)
@click.argument("file", type=_FILE)
@click.option("--name", metavar="NAME:TAG", help="Name for the image in the store.")
@click.option(
    "--pin", "spec", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Pin it in the images.lock.json of the spec in this folder.",
)  # fmt: skip
@click.option("--platform", metavar="OS/ARCH", help="Which image, if the archive contains several platforms.")
@click.option("--force", is_flag=True, help="Move a name that refers to another image here.")
@_STORE
@output_option
def load(
    file: Path,
    name: str | None,
    spec: Path | None,
    platform: str | None,
    force: bool,
    store_dir: Path | None,
    output: str,
) -> None:
    """Load images into the store from a FILE written by docker save, podman save, skopeo or `recast image save`.

    The file may be compressed with gzip. Each layer is checked against the image's configuration.
    """
    from recast.registry.loading import load_images, pin_loaded

    found = load_images(file, _store(store_dir), name, force=force, platform=platform)
    if spec is not None:
        message(f"pinned in {pin_loaded(spec, found)}")
    rows = [
        {"name": it.name, "digest": it.digest, "platform": it.platform, "size_mb": round(it.size / 1e6, 1)}
        for it in found
    ]
    emit({"images": rows}, rows, _COLUMNS, output)


@click.command(epilog="\b\nExample:\n  recast image save recast/pyhf-fit:1 pyhf-fit.tar ; docker load -i pyhf-fit.tar")
@click.argument("what", metavar="REF|DIGEST")
@click.argument("file", type=_FILE)
@_STORE
@output_option
def save(what: str, file: Path, store_dir: Path | None, output: str) -> None:
    """Write an image from the store into a FILE for recast, skopeo, podman and docker. The same bytes each time."""
    from recast.registry.loading import save_image

    row = {"name": what, "digest": save_image(what, _store(store_dir), file), "file": str(file)}
    emit(row, [row], ("name", "digest", "file"), output)


def _store(store_dir: Path | None) -> Any:
    from recast.images import ImageStore
    from recast.paths import places

    return ImageStore(store_dir or places().image_store)
