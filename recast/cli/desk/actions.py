"""The steps in the life of a request, each as a command: which they are is the table of `recast.desk.transitions`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from recast.cli.desk.connect import connected, server_option
from recast.cli.desk.shown import emit_request
from recast.cli.output import output_option
from recast.desk.model import AUDIENCES
from recast.desk.transitions import ACTIONS, JUDGEMENTS

__all__ = ["ACTION_COMMANDS"]

_HELP = {
    "submit": "Submit a draft: its points are checked, and every fault of every point is named at once.",
    "accept": "Accept a submitted request (a contact of the analysis; with the policy 'at-once', its owner).",
    "decline": "Decline a submitted request, with a reason.",
    "withdraw": "Withdraw a request of your own; a run of it is cancelled.",
    "reopen": "Make a draft again of a request that was declined, withdrawn or has expired.",
    "run": "Run the open points of an accepted request.",
    "cancel": "Cancel the run of a request; points that are answered stay so.",
    "rerun": "Run points again, on what the analysis' version is now; earlier answers stay beside the new ones.",
    "review": "Say that answers are sound: those of runs and of the people of the request, or those named.",
    "reject": "Say that answers are not sound, with a reason; which ones, as for review.",
    "release": "Release all reviewed answers: each becomes a statement under a digest.",
    "subscribe": "Be told how a request goes on.",
    "unsubscribe": "Be told nothing more of a request.",
    "claim": "Say that you will see to a request that nobody answers.",
    "unclaim": "Give up a claim.",
    "archive": "Name the analysis that answers a request for a search that nobody had archived.",
    "invite": "Let a user read a private request of yours.",
    "uninvite": "Take an invitation back.",
    "publish": "Change who may read a request of yours.",
    "restrict": "Make a request private, with a reason (moderation).",
    "comment": "Add to the discussion of a request.",
}
_EXAMPLES = {
    "decline": "decline qx3f... --reason 'the signal regions were never validated there'",
    "comment": "comment qx3f... 'which PDF set?'",
    "review": "review qx3f... --answer a1 --answer a2",
    "reject": "reject qx3f... --answer a7 --reason 'too few events'",
    "rerun": "rerun qx3f... --point failed",
    "archive": "archive qx3f... atlas-susy-2019-09",
    "invite": "invite qx3f... u7k2...",
    "publish": "publish qx3f... public",
}
_NEEDS_WORD = {"comment": "TEXT", "archive": "ANALYSIS", "invite": "USER", "uninvite": "USER", "publish": "AUDIENCE"}
_KEY_OF_WORD = {"comment": "text", "archive": "analysis", "invite": "user", "uninvite": "user", "publish": "audience"}
_NO_REASON = frozenset({"submit", "subscribe", "unsubscribe", *_NEEDS_WORD})


def _command(action: str) -> click.Command:
    """Return the command of an action, with what it needs: a word, a reason, answers or points."""

    def callback(request: str, server: str | None, output: str, word: str = "", **data: Any) -> None:
        from recast.operations.desk.calls import act

        said: dict[str, Any] = {key: list(it) if isinstance(it, tuple) else it for key, it in data.items()}
        if word:
            said[_KEY_OF_WORD[action]] = word
        emit_request(act(connected(server), request, action, **said), output)

    for decorate in (output_option, server_option, *_options(action), click.argument("request", metavar="ID")):
        callback = decorate(callback)
    example = f"recast request {_EXAMPLES.get(action, f'{action} qx3f...')}"
    return click.command(action, help=_HELP[action], epilog=f"\b\nExample:\n  {example}")(callback)


def _options(action: str) -> list[Any]:
    found: list[Any] = []
    if action not in _NO_REASON:
        needed = ACTIONS[action].reason
        found.append(click.option("--reason", required=needed, default="", metavar="TEXT", help="Shown to readers."))
    if action in ("review", "reject"):
        words = "Only this answer (several times: several)."
        found.append(click.option("--answer", "answers", multiple=True, metavar="ID", help=words))
    if action in JUDGEMENTS:
        words = "Only if it is still at this revision, as 'show -o json' has it [default: as it is now]."
        found.append(click.option("--revision", type=click.IntRange(min=1), metavar="N", help=words))
    if action == "rerun":
        words = "Only this point, or 'failed' (several times: several)."
        found.append(click.option("--point", "points", multiple=True, metavar="ID", help=words))
    if (word := _NEEDS_WORD.get(action)) is not None:
        kind = click.Choice(AUDIENCES) if action == "publish" else None
        found.append(click.argument("word", metavar=word, type=kind))
    return found


@click.command(
    "answer",
    epilog="""
\b
Example:
  recast request answer qx3f... -f answer.yml
\b
answer.yml, one answer or a list of them:
  point: p1
  results: [{name: limit, type: limit, cls_obs: 0.021, cls_exp: [0.001, 0.004, 0.012, 0.03, 0.08]}]
  provenance: {method: full detector simulation, by: Jane Doe, software: AthSimulation 22.0.1}
""",
)
@click.argument("request", metavar="ID")
@click.option("-f", "file", type=click.Path(path_type=Path), required=True, help="YAML or JSON file with answers.")
@server_option
@output_option
def answer(request: str, file: Path, server: str | None, output: str) -> None:
    """Give answers that were computed elsewhere, with their provenance; they are reviewed like those of a run."""
    from recast.operations.desk.calls import give_answers, read_answers

    emit_request(give_answers(connected(server), request, read_answers(file)), output)


ACTION_COMMANDS = (*(_command(action) for action in _HELP), answer)
