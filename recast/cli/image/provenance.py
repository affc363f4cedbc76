"""`recast image provenance`: how an image came to be, and who says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.output import as_json, message, say
from recast.errors import ValidationFailed

if TYPE_CHECKING:
    from recast.images.contents.provenance import Provenance

__all__ = ["provenance"]

EPILOG = """
\b
Examples:
  recast image provenance recast/pyhf-fit:1
  recast image provenance recast/pyhf-fit:1 -o json | jq .statement.predicate
  recast image provenance sha256:... --signed

Exit codes: 0 it is there and about this image; 1 its signature is bad, or with --signed not an accepted one; 6 none.
"""


@click.command(epilog=EPILOG)
@click.argument("ref", metavar="REF|DIGEST")
@click.option("--signed", is_flag=True, help="Fail unless an accepted signer has signed it.")
@click.option(
    "--store", "store_dir", type=click.Path(file_okay=False, path_type=Path), help="Image store (default: your own)."
)
@click.option("-o", "--output", type=click.Choice(("table", "json")), default="table", help="Output format.")
def provenance(ref: str, signed: bool, store_dir: Path | None, output: str) -> None:
    """Show how image REF was built: base, commit, packages, wheels, builder; and verify who says so.

    It is an in-toto Statement with SLSA provenance (v1), written beside the image when it is built here. Signers are
    those of the catalogue (recast catalogue signers), by the last part of the image's name.
    """
    from recast.catalogue import Catalogue
    from recast.images import ImageStore
    from recast.images.contents.provenance import read_provenance
    from recast.paths import places

    store = ImageStore(store_dir or places().image_store)
    digest = ref if ref.startswith("sha256:") else store.resolve(ref)
    found = read_provenance(store, digest, Catalogue().signers)
    if output == "json":
        say(as_json({"image": digest, **found.as_json()}, indent=1))
    else:
        _tell(found, digest)
    state = found.signature.state
    if state == "bad" or (signed and state != "verified"):
        raise ValidationFailed(
            f"The provenance is {found.signature}",
            where=digest,
            next_step="recast catalogue signers add NAME KEY.pub   (accepts a signer), or build it again with --key",
            code="image.provenance-unsigned",
        )


def _tell(found: Provenance, digest: str) -> None:
    say(f"image      {found.name} {digest}")
    say(f"signature  {found.signature}")
    say(f"recipe     {found.recipe}, key {found.key}")
    say(f"builder    {found.builder}")
    say(f"built      {found.built[0]} to {found.built[1]}")
    counts: dict[str, int] = {}
    for it in found.materials:
        if it.kind in ("base", "source"):
            note = {None: "", True: ", its files as in the commit", False: ", its files CHANGED since"}[it.unmodified]
            say(f"{it.kind:<10} {it.name} {it.digest}{note}")
        else:
            counts[it.kind] = counts.get(it.kind, 0) + 1
    for kind, count in sorted(counts.items()):
        message(f"{kind:<10} {count}; -o json lists them")
