"""`recast validate`: does a version still reproduce the published numbers?"""

from __future__ import annotations

import click

from recast.cli.output import emit, message, output_option
from recast.errors import ValidationFailed

__all__ = ["validate"]

COLUMNS = ("name", "published", "ours", "deviation", "tolerance", "kind", "verdict")


@click.command(epilog="\b\nExample:\n  recast validate atlas-susy-2018-31")
@click.argument("analysis")
@output_option
def validate(analysis: str, output: str) -> None:
    """Run the validation items of ANALYSIS[@VERSION], compare with the published values; exit code 1 if any failed."""
    from recast.catalogue import Catalogue
    from recast.catalogue.validate import validate as validate_version
    from recast.cli.run import run_points

    version = Catalogue().get(analysis)
    items = [verdict.as_json(version) for verdict in validate_version(version, run_points)]
    emit({"items": items}, items, COLUMNS, output)
    if not items:
        message(f"{version.reference} declares nothing to validate")
    failed = [item for item in items if item["verdict"] == "failed"]
    if failed:
        reasons = [f"{item['name']}: {item['reason'] or 'deviation above tolerance'}" for item in failed]
        raise ValidationFailed(
            f"{len(failed)} of {len(items)} items failed",
            where=version.reference,
            why="\n".join(reasons[:5]),
            next_step="recast show last   (the run that was made last)",
        )
