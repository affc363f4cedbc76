"""`recast image stale`: images of others that have moved on, and what that would mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.output import emit, message, output_option
from recast.counted import counted
from recast.errors import ValidationFailed
from recast.json_types import JsonDict

if TYPE_CHECKING:
    from recast.ci.bases import Stale

__all__ = ["stale"]

_COLUMNS = ("name", "state", "since", "packages", "stages", "spec")
EPILOG = """
\b
Examples:
  recast image stale specs/my-analysis/1.0.0
  recast image stale catalogue/my-analysis.yml -o json
  recast image stale --pull
  recast image stale --check          (exit code 1 if something is newer)

Nothing is pinned or built. To take a newer base: recast image build SPEC --update; a newer image: recast image pin SPEC
--update. Both make a new version of the analysis.
"""


@click.command(epilog=EPILOG)
@click.argument("path", type=click.Path(exists=True, path_type=Path), default=Path(), metavar="[SPEC|DIR|ENTRY]")
@click.option("--pull", is_flag=True, help="Fetch newer images whose lists of packages are not known, to compare them.")
@click.option("--check", is_flag=True, help="Exit with 1 if an image has a newer digest or is gone.")
@click.option(
    "--store", "store_dir", type=click.Path(file_okay=False, path_type=Path), help="Image store (default: your own)."
)
@output_option
def stale(path: Path, pull: bool, check: bool, store_dir: Path | None, output: str) -> None:
    """Say which images that specs take from registries have a newer digest, and what rebuilding would compute again.

    Those are the images that steps name, and the bases in FROM lines. What differs in their packages comes from SBOMs.
    """
    from recast.ci.bases import stale_images
    from recast.ci.bases.subjects import specs_at
    from recast.cli.image.transfer import Progress
    from recast.images import ImageStore
    from recast.paths import places
    from recast.registry.bases import Registries

    def tell(it: Stale) -> None:
        if it.problem is not None:
            message(f"{it.name}: {it.state}: {it.problem.what}")

    store, registries = ImageStore(store_dir or places().image_store), Registries(Progress)
    found = [it for spec in specs_at(path) for it in stale_images(spec, store, registries, pull=pull, told=tell)]
    document = {"items": [it.as_json() for it in found]}
    emit(document, document["items"] if output != "table" else [_row(it) for it in found], _COLUMNS, output)
    newer = [it for it in found if it.state in ("newer", "gone")]
    message(f"{counted(len(found), 'image or base', 'images and bases')}, {len(newer)} with a newer digest or gone")
    if check and newer:
        raise ValidationFailed(
            f"{counted(len(newer), 'image')} moved on",
            where=", ".join(dict.fromkeys(it.spec for it in newer)),
            why="\n".join(f"{it.name}: {it.state}, pinned {it.pinned}, now {it.now or 'gone'}" for it in newer),
            next_step="recast image build SPEC --update   or   recast image pin SPEC --update",
            code="image.moved",
        )


def _row(it: Stale) -> JsonDict:
    row = it.as_json()
    packages = row["packages"]
    if packages is not None:
        row["packages"] = f"+{len(packages['added'])} -{len(packages['removed'])} ~{len(packages['changed'])}"
    row["stages"] = " ".join([*row["stages"], *(f"({name})" for name in row["after"])])
    return row
