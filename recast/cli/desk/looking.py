"""`recast request ls|show|history|wait`."""

from __future__ import annotations

from itertools import islice

import click

from recast.cli.desk.connect import connected, server_option
from recast.cli.desk.shown import emit_request
from recast.cli.output import emit, message, output_option, write
from recast.desk.model import REQUEST_STATES

__all__ = ["history", "list_requests", "show", "wait"]


@click.command("ls", epilog="\b\nExamples:\n  recast request ls --mine\n  recast request ls --state submitted -o json")
@click.option("--state", type=click.Choice(REQUEST_STATES), help="Only those in this state.")
@click.option("--analysis", metavar="NAME", help="Only those for this analysis.")
@click.option("--mine", is_flag=True, help="Only your own.")
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many, the newest.")
@server_option
@output_option
def list_requests(
    state: str | None, analysis: str | None, mine: bool, most: int, server: str | None, output: str
) -> None:
    """List the requests that you may find."""
    from recast.operations.desk.calls import requests

    found = requests(connected(server), state=state, analysis=analysis, mine="true" if mine else None)
    rows = list(islice(found, most))
    shown = [{**row, "points": _points(row.get("points"))} for row in rows] if output in ("table", "csv") else rows
    emit(rows, shown, ("id", "state", "audience", "analysis", "points", "changed", "title"), output)
    if not rows:
        message("there is no such request that you may find")


@click.command(
    epilog="\b\nExamples:\n  recast request show qx3f... -o json\n"
    "  recast request show qx3f... --document > request.yml",
)
@click.argument("request", metavar="ID")
@click.option("--document", is_flag=True, help="Print the file that asks the same again.")
@server_option
@output_option
def show(request: str, document: bool, server: str | None, output: str) -> None:
    """Show a request: its points with their answers, and what you may do."""
    from recast.operations.desk.calls import show_request
    from recast.operations.desk.request_file import asked_again, request_text

    found = show_request(connected(server), request)
    if document:
        write(request_text(asked_again(found)), end="")
    else:
        emit_request(found, output)


@click.command(epilog="\b\nExample:\n  recast request history qx3f...")
@click.argument("request", metavar="ID")
@server_option
@output_option
def history(request: str, server: str | None, output: str) -> None:
    """List what happened to a request, as far as you may see it."""
    from recast.operations.desk.calls import history as events

    rows = list(events(connected(server), request))
    emit(rows, rows, ("number", "at", "kind", "by", "data"), output)


@click.command(epilog="\b\nExample:\n  recast request run qx3f... && recast request wait qx3f...")
@click.argument("request", metavar="ID")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Give up after this [default: never].")
@server_option
@output_option
def wait(request: str, timeout: float | None, server: str | None, output: str) -> None:
    """Wait until all points of a request are answered or failed; exit code 1 if it ends without."""
    from recast.operations.desk.wait import Patience, wait_for

    emit_request(wait_for(connected(server), request, message, Patience(most_s=timeout)), output)


def _points(counts: dict[str, int] | None) -> str:
    told = (f"{count} {state}" for state, count in (counts or {}).items() if count and state != "all")
    return ", ".join(told) or "none"
