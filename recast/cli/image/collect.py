"""`recast image gc|rm`: remove names, and free what is no longer needed."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.output import emit, message, output_option
from recast.counted import counted

__all__ = ["gc", "rm"]

_COLUMNS = ["kind", "name", "size_mb"]
_STORE = click.option(
    "--store", "store_dir", type=click.Path(file_okay=False, path_type=Path), help="Image store (default: your own)."
)


@click.command(epilog="\b\nExamples:\n  recast image gc --dry-run\n  recast image gc -o json")
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@_STORE
@output_option
def gc(dry_run: bool, store_dir: Path | None, output: str) -> None:
    """Remove everything from the image store that is no longer needed.

    Needed are images with a name in the store, images that a published version, an imported entry or an unfinished
    run pins, and images in use. The command waits for builds and pulls to end.
    """
    from recast.images import ImageStore
    from recast.images.gc import collect, find_garbage
    from recast.paths import places
    from recast.runs.image_roots import needed_images

    here = places()
    store = ImageStore(store_dir or here.image_store)
    if dry_run:
        garbage = find_garbage(store, needed_images(here, message))
    else:
        garbage = collect(store, lambda: needed_images(here, message), message)
    rows = [{**item.as_json(), "size_mb": round(item.size / 1e6, 3)} for item in garbage]
    size = sum(item.size for item in garbage)
    emit({"dry_run": dry_run, "size": size, "garbage": rows}, rows, _COLUMNS, output)
    verb = "would be freed" if dry_run else "freed"
    message(f"{counted(len(garbage), 'item')}, {size / 1e6:.1f} MB {verb}")


@click.command(epilog="\b\nExample:\n  recast image rm recast/pyhf-fit:1 && recast image gc")
@click.argument("names", metavar="NAME:TAG...", nargs=-1, required=True)
@_STORE
def rm(names: tuple[str, ...], store_dir: Path | None) -> None:
    """Remove names of images; `recast image gc` then frees what nothing else needs."""
    from recast.images import ImageStore
    from recast.paths import places

    ImageStore(store_dir or places().image_store).untag(names)
    message(f"{counted(len(names), 'name')} removed; now: recast image gc")
