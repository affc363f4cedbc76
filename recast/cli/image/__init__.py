"""`recast image`: list, verify and build the images that analyses run in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from recast.cli.image.collect import gc, rm
from recast.cli.image.files import load, save
from recast.cli.image.pin import pin
from recast.cli.image.provenance import provenance
from recast.cli.image.sbom import sbom
from recast.cli.image.stale import stale
from recast.cli.image.transfer import Progress, pull, push, tags
from recast.cli.output import emit, message, output_option
from recast.counted import counted
from recast.json_types import JsonDict

__all__ = ["image"]

EPILOG = """
\b
Examples:
  recast image ls
  recast image verify -o json
  recast image build specs/atlas-susy-2018-31/1.0.0
  recast image pin specs/my-analysis/1.0.0
  recast image pull specs/my-analysis/1.0.0
  recast image gc --dry-run
"""

STORE = click.option(
    "--store", "store_dir", type=click.Path(file_okay=False, path_type=Path), help="Image store (default: your own)."
)


@click.group(epilog=EPILOG)
def image() -> None:
    """Pin, build, transfer, list and verify container images.

    The image store is a standard OCI image layout: skopeo, podman and umoci read it too.
    """


for _command in (gc, load, pin, provenance, pull, push, rm, save, sbom, stale, tags):
    image.add_command(_command)


@image.command("ls")
@STORE
@output_option
def list_images(store_dir: Path | None, output: str) -> None:
    """List the images in the store."""
    rows = _rows(store_dir)
    emit({"images": rows}, rows, ["name", "digest", "size_mb", "platform", "created"], output)


@image.command("verify")
@STORE
@output_option
def verify_images(store_dir: Path | None, output: str) -> None:
    """Hash every blob and check each unpacked root; name what is damaged and exit with 1."""
    from recast.errors import ValidationFailed
    from recast.images import verify
    from recast.images.layout import REBUILD
    from recast.images.reference import subject_of

    store = _store(store_dir)
    bad = [blob.as_json() for blob in verify(store)]
    images = [name for name in store.names() if subject_of(name) is None]
    emit({"ok": not bad, "images": len(images), "bad": bad}, bad, ["digest", "problem", "images", "path"], output)
    if bad:
        roots = [str(Path(item["path"]).parent) for item in bad if Path(item["path"]).name == "rootfs"]
        what = "blobs or unpacked roots are" if len(bad) > 1 else "unpacked root is" if roots else "blob is"
        raise ValidationFailed(
            f"{len(bad)} {what} damaged",
            where=str(store.root),
            why="\n".join(f"{item['digest']}: {item['problem']}" for item in bad),
            next_step=f"rm -rf {' '.join(roots)}   (recreated by the next run)" if len(roots) == len(bad) else REBUILD,
            code="image.corrupt",
        )
    message(f"{counted(len(images), 'image')}, every blob matches its digest")


@image.command("build")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", "names", multiple=True, help="Build only images/NAME; may be repeated.")
@click.option(
    "--bases",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with recipes for base images; may be repeated.",
)
@click.option("--force", is_flag=True, help="Build even if nothing changed.")
@click.option("--locked", is_flag=True, help="Fail if an image differs from its pin in images.lock.json.")
@click.option("--update", "anew", is_flag=True, help="Update bases to the current digests of the tags in FROM lines.")
@click.option("--key", type=click.Path(path_type=Path), help="Sign the provenance with this SSH key.")
@STORE
@output_option
def build_command(
    path: Path,
    names: tuple[str, ...],
    bases: tuple[Path, ...],
    force: bool,
    locked: bool,
    anew: bool,
    key: Path | None,
    store_dir: Path | None,
    output: str,
) -> None:
    """Build the images of the spec in folder PATH and pin them in its images.lock.json.

    PATH contains images/NAME/Containerfile (or Dockerfile). Builds have no network: the wheels in requirements.lock are
    fetched beforehand, base images are made with mmdebstrap or pulled from the registry that FROM names. A tag there is
    pinned the first time, in images.lock.json; --update resolves it again. How an image was built is written beside it
    (recast image provenance), signed if there is a key: --key, or RECAST_SIGNING_KEY.
    """
    from recast.images.building.build import BuildOptions, build_images
    from recast.registry.bases import Registries
    from recast.signing import signing_key

    options = BuildOptions(names=names, bases=bases, force=force, locked=locked, anew=anew, key=key or signing_key())
    built = build_images(path, _store(store_dir), options, message, Registries(Progress))
    rows = [
        {
            "name": item.name,
            "digest": item.digest,
            "size_mb": round(item.size / 1e6, 1),
            "reused": item.reused,
            "seconds": round(item.seconds, 1),
        }
        for item in built
    ]
    emit({"images": rows}, rows, ["name", "digest", "size_mb", "reused", "seconds"], output)


def _rows(store_dir: Path | None) -> list[JsonDict]:
    from recast.images.reference import subject_of

    store = _store(store_dir)
    rows = []
    for name, digest in sorted(store.names().items()):
        if subject_of(name) is not None:
            continue
        config = store.config(digest)
        size_mb = round(store.manifest(digest).size / 1e6, 1)
        row = {"name": name, "digest": digest, "size_mb": size_mb, "platform": config.platform}
        rows.append({**row, "created": config.created, "labels": dict(config.labels)})
    return rows


def _store(store_dir: Path | None) -> Any:
    from recast.images import ImageStore
    from recast.paths import places

    return ImageStore(store_dir or places().image_store)
