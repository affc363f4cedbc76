"""`recast export-analyses`: the list of our analyses for HEPData."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from recast.cli.output import message

__all__ = ["export_analyses"]

EPILOG = """
\b
Example:
  recast export-analyses --url 'https://recast.example.org/analyses/{name}' > analyses.json
"""


@click.command("export-analyses", epilog=EPILOG)
@click.option("--url", required=True, metavar="TEMPLATE", help="Where an analysis is shown, with {name} in it.")
def export_analyses(url: str) -> None:
    """Print the published analyses as the JSON list that HEPData reads from tools, so that its records link here."""
    from recast.catalogue import Catalogue
    from recast.catalogue.analyses import analyses_document, listed

    now = datetime.now(UTC).isoformat(timespec="seconds")
    document = analyses_document(listed(Catalogue(), message), url, now)
    print(json.dumps(document, indent=1, ensure_ascii=False))
    message(f"{len(document['analyses'])} publications; put the file on the web and tell HEPData where it is")
