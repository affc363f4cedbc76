"""`recast request new|amend`: from a file to a draft."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.desk.connect import connected, server_option
from recast.cli.desk.shown import emit_request
from recast.cli.output import message, output_option
from recast.desk.model import AUDIENCES
from recast.errors import UsageError
from recast.json_types import JsonDict

__all__ = ["amend", "new"]

_FILE = click.Path(path_type=Path, dir_okay=False)

EPILOG = """
\b
Examples:
  recast request new -f request.yml
  recast request new -f request.yml --submit
  recast request new -a atlas-susy-2019-08 --title 'Winos' --csv points.csv --audience public
\b
request.yml:
  analysis: atlas-susy-2019-08
  title: Winos with a light neutralino
  reason: our model lies between the published points
  audience: public
  axes: {m_chargino_gev: [300, 400, 500], m_neutralino_gev: [0, 50]}
"""


@click.command(epilog=EPILOG)
@click.option("-f", "file", type=_FILE, help="The request: YAML or JSON, or a CSV of points.")
@click.option("--csv", type=_FILE, help="More points: a column for each coordinate, or 'inputs.NAME' for an input.")
@click.option("-a", "--analysis", metavar="ANALYSIS[@VERSION]", help="The search to ask.")
@click.option("--title", metavar="TEXT", help="Title of the request.")
@click.option("--audience", type=click.Choice(AUDIENCES), help="Who may read it [default: private].")
@click.option("--submit", is_flag=True, help="Submit it at once.")
@server_option
@output_option
def new(
    file: Path | None,
    csv: Path | None,
    analysis: str | None,
    title: str | None,
    audience: str | None,
    submit: bool,
    server: str | None,
    output: str,
) -> None:
    """Make a draft of a request from a file, and print it. Nobody but you sees a draft.

    An input 'file:NAME' is that file, beside the request's: it is handed in first.
    """
    from recast.operations.desk.calls import act, new_request

    document = _document(file, csv, analysis, title, audience)
    service = connected(server)
    found = new_request(service, document, (file or csv or Path("x")).parent, message)
    if submit:
        message(f"draft {found['id']}")  # what it is called if it is not taken
        found = act(service, found["id"], "submit")
    emit_request(found, output)


@click.command(epilog="\b\nExample:\n  recast request amend qx3f... -f request.yml")
@click.argument("request", metavar="ID")
@click.option("-f", "file", type=_FILE, help="What changes; what it does not name stays.")
@click.option("--csv", type=_FILE, help="A file of points.")
@click.option("--title", metavar="TEXT", help="Another title.")
@server_option
@output_option
def amend(
    request: str, file: Path | None, csv: Path | None, title: str | None, server: str | None, output: str
) -> None:
    """Change a request that has not been accepted yet. New points replace all points."""
    from recast.operations.desk.calls import amend_request

    document = _document(file, csv, None, title, None)
    if not document.get("points"):
        document.pop("points", None)
    folder = (file or csv or Path("x")).parent
    emit_request(amend_request(connected(server), request, document, folder, message), output)


def _document(
    file: Path | None, csv: Path | None, analysis: str | None, title: str | None, audience: str | None
) -> JsonDict:
    from recast.operations.desk.request_file import read_request_file

    if file is None and csv is None and analysis is None and title is None:
        raise UsageError("There is nothing to ask", next_step="recast request new -f request.yml")
    name, _, version = (analysis or "").partition("@")
    said = {"analysis": name, "version": version, "title": title, "audience": audience}
    return read_request_file(file, csv, {key: value for key, value in said.items() if value})
