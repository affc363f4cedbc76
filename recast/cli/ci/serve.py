"""`recast ci serve`: the server of continuous analysis, and the words that a person says to it."""

from __future__ import annotations

import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.output import emit, message, output_option

if TYPE_CHECKING:
    from recast.ci.server.model import Pipeline
    from recast.json_types import JsonDict

__all__ = ["again", "allow", "queue", "serve"]

_COLUMNS = ("id", "repository", "commit", "ref", "lane", "state", "word", "sentence", "allowed_by")
_CONFIG = click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("ci-server.toml"),
    show_default=True,
    help="The configuration of the server.",
)


@click.command(epilog="\b\nExamples:\n  recast ci serve\n  recast ci serve --config ci-server.toml --print-url")
@_CONFIG
@click.option("--print-url", is_flag=True, help="Print the address on stdout as soon as requests are answered.")
def serve(path: Path, print_url: bool) -> None:
    """Receive the hooks of GitLab, GitHub, Gitea and Forgejo, and judge every change.

    The server looks at each repository when a hook arrives, at its start and every minute, and starts `recast ci run`
    for each new commit. Ctrl-C or SIGTERM ends the server; pipelines go on, and the next server finds them.
    """
    from recast.ci.server import Server, load_settings

    server = Server(load_settings(path), message)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    server.run(_print if print_url else lambda url: message(f"listening on {url}"))


def _print(url: str) -> None:
    print(url, flush=True)
    sys.stdout.flush()


@click.command(epilog="\b\nExamples:\n  recast ci allow 3f2a\n  recast ci allow 3f2a --untrusted")
@click.argument("pipeline")
@_CONFIG
@click.option("--untrusted", is_flag=True, help="Run it on this machine only, without secrets, pushes and publication.")
def allow(pipeline: str, path: Path, untrusted: bool) -> None:
    """Let a request from a fork be analysed: PIPELINE is an id from `recast ci queue`, or the beginning of one.

    Look at the change first: without --untrusted it runs with the credentials of this server. What is pushed to the
    request later needs a new word.
    """
    from recast.ci.server import allow_pipeline, load_settings

    allowed = allow_pipeline(load_settings(path), pipeline, trusted=not untrusted)
    message(f"{allowed.id}: {allowed.repository} {allowed.commit[:10]} goes on, allowed by {allowed.allowed_by}")


@click.command(epilog="\b\nExamples:\n  recast ci again 3f2a\n  recast ci queue   (says the word of each)")
@click.argument("pipeline")
@_CONFIG
def again(pipeline: str, path: Path) -> None:
    """Try a pipeline again that the infrastructure has blocked: PIPELINE is an id, or the beginning of one.

    The server itself tries three times. Every other verdict stands: push a new commit.
    """
    from recast.ci.server import load_settings, try_again

    queued = try_again(load_settings(path), pipeline)
    message(f"{queued.id}: {queued.repository} {queued.commit[:10]} waits for its turn again")


@click.command(epilog="\b\nExamples:\n  recast ci queue\n  recast ci queue -o json")
@_CONFIG
@click.option("--most", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many to list.")
@output_option
def queue(path: Path, most: int, output: str) -> None:
    """List the pipelines of a server, the newest first: those that wait for a person, wait, run, or are done."""
    from recast.ci.server import list_pipelines, load_settings

    rows = [_row(it) for it in list_pipelines(load_settings(path), most)]
    short = [{**row, "commit": row["commit"][:10]} for row in rows] if output == "table" else rows
    emit({"pipelines": rows}, short, _COLUMNS, output)


def _row(pipeline: Pipeline) -> JsonDict:
    return asdict(pipeline)
