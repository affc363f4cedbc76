"""`recast catalogue export` and `import`: a version as one file; the whole catalogue as pages."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.catalogue.site import write_site
from recast.cli.consent import made_ready, yes_option
from recast.cli.output import emit, message, output_option
from recast.digests import hex_of

__all__ = ["export_version", "import_archive"]

_EXPORT = """
\b
Examples:
  recast catalogue export atlas-susy-2018-31@1.0.0 --with-images atlas-susy-2018-31-1.0.0.oci.tar
  skopeo inspect --raw oci-archive:atlas-susy-2018-31-1.0.0.oci.tar:atlas-susy-2018-31:1.0.0
  recast catalogue export --site catalogue
  recast catalogue export --site public --database postgresql://recast@db/recast --url https://example.org/recast
"""


@click.command("export", epilog=_EXPORT)
@click.argument("reference", metavar="[ANALYSIS@VERSION|oci://...]", required=False)
@click.argument("file", metavar="[FILE]", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--with-images", is_flag=True, help="Include all images, so that no registry is ever needed again.")
@click.option(
    "--site",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the whole catalogue as pages into this folder, in place of an earlier copy.",
)
@click.option(
    "--database", metavar="URL", default="", help="With --site: the catalogue and the public requests of this service."
)
@click.option(
    "--url", metavar="URL", default="", help="With --site: where the copy will be served, for feeds and robots."
)
@yes_option
@output_option
def export_version(
    reference: str | None,
    file: Path | None,
    with_images: bool,
    site: Path | None,
    database: str,
    url: str,
    yes: bool,
    output: str,
) -> None:
    """Write a version, statements about it, its signatures and its images into one FILE, an OCI archive; or, with
    --site, the whole public catalogue as pages.

    The same version gives the same bytes. It includes a README for readers in 2040.

    The pages of --site need neither a service nor a network: open index.html, from a disk or a memory stick. They are
    those of `recast serve` as a stranger sees them, with a search of their own. Without --database they show the local
    catalogue, and no requests.
    """
    if site is not None:
        if reference or file or with_images:
            raise click.UsageError(
                "--site writes the whole catalogue: it takes no version, no FILE and no --with-images."
            )
        write_site(site, database, url, output)
        return
    if reference is None or file is None or database or url:
        raise click.UsageError("Name a version and a FILE; or --site DIR, which alone takes --database and --url.")
    from recast.catalogue import Catalogue
    from recast.catalogue.ready import take_in
    from recast.catalogue.transfer.export_archive import export_archive
    from recast.catalogue.transfer.find import find_published
    from recast.images import ImageStore
    from recast.inputs.initfile import is_elsewhere
    from recast.paths import places
    from recast.plainfile import file_digest

    found = find_published(reference)
    for warning in found.warnings:
        message(f"warning    {warning}")
    for key, text in found.version.init.items():
        if is_elsewhere(text):
            message(f"warning    the file of init {key!r} is remote and not in the archive: {text}")
    version = made_ready(found.version, yes) if with_images else take_in(found.version, Catalogue())
    done = export_archive(version, ImageStore(places().image_store) if with_images else None, file)
    row = {
        "reference": found.version.reference,
        "digest": found.version.digest,
        "file": str(file),
        "sha256": hex_of(file_digest(file)),
        "size": done.size,
        "blobs": done.blobs,
        "images": done.images,
    }
    emit(row, [row], ("reference", "digest", "file", "sha256", "size", "images"), output)


@click.command("import", epilog="\b\nExample:\n  recast catalogue import atlas-susy-2018-31-1.0.0.oci.tar")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output_option
def import_archive(file: Path, output: str) -> None:
    """Import an archive: its versions into the catalogue, its images into the image store; no network is needed.

    Every byte is verified. A failed import leaves everything unchanged; run again, it continues.
    """
    from recast.catalogue import Catalogue
    from recast.catalogue.transfer.import_archive import import_archive as bring
    from recast.images import ImageStore
    from recast.paths import places

    local = Catalogue()
    rows = []
    for done in bring(file, local, ImageStore(places().image_store)):
        version, standing = done.version, local.standing(done.version)
        for line in done.told:
            message(f"warning    {line}")
        rows.append(
            {
                "reference": version.reference,
                "digest": version.digest,
                "new": done.new,
                "images": list(done.images),
                "missing_images": list(done.missing),
                **standing.as_json(),
            }
        )
        if standing.state != "published":
            message(f"warning    {version.reference} is {standing.words}")
        message(f"{version.reference} is {standing.signature}; look at it: recast catalogue show {version.reference}")
    emit(rows, rows, ("reference", "digest", "new", "state"), output)
