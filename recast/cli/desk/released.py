"""`recast request statement|verify`: an answer as a file, and whether it is what was released."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.desk.connect import connected, server_option
from recast.cli.output import emit, hand_over_file, message, output_option, say
from recast.errors import ValidationFailed
from recast.json_types import JsonDict

__all__ = ["statement", "verify"]

_FILE = click.Path(path_type=Path, dir_okay=False)
_THERE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(epilog="\b\nExample:\n  recast request statement qx3f... a1 > answer.json")
@click.argument("request", metavar="ID")
@click.argument("answer", metavar="ANSWER")
@server_option
def statement(request: str, answer: str, server: str | None) -> None:
    """Print the file of a released answer: a statement and its signature. It can be checked for ever."""
    from recast.operations.desk.calls import statement as released

    hand_over_file(released(connected(server), request, answer))


EPILOG = """
\b
Examples:
  recast request verify answer.json --key service.pub
  recast request verify answer.json --signers allowed_signers -o json
\b
The same without RECAST:
  jq -j .statement answer.json > statement; jq -j .signature answer.json > statement.sig
  ssh-keygen -Y verify -f allowed_signers -I ANALYSIS -n recast-answer -s statement.sig < statement
"""


@click.command(epilog=EPILOG)
@click.argument("file", type=_FILE)
@click.option("--key", type=_FILE, help="Public key (.pub) that signs the answers of the service.")
@click.option("--signers", type=_THERE, help="File of accepted signers (allowed_signers of OpenSSH), by analysis.")
@output_option
def verify(file: Path, key: Path | None, signers: Path | None, output: str) -> None:
    """Check a released answer offline, with an ordinary SSH key; exit code 1 unless it is signed by an accepted one.

    Without --key and --signers, those accepted for the catalogue count.
    """
    from recast.operations.desk.released import read_released, verify_released

    released = read_released(file)
    signature = verify_released(released, key=key, signers=signers or _accepted_here())
    document = {**signature.as_json(), "digest": released.digest, "statement": released.document}
    if output == "table":
        _print(released.document, released.digest, str(signature))
    else:
        emit(document, [document], ("state", "signer", "digest"), output)
    if signature.state != "verified":
        raise ValidationFailed(
            f"The answer is {signature}",
            where=str(file),
            why=f"Its digest is {released.digest}.",
            next_step="recast request verify FILE --key service.pub   (if you trust that key)",
            code="answer.unsigned",
        )
    message(f"verified: {signature}")


def _accepted_here() -> Path:
    from recast.paths import places

    return places().catalogue_store / "allowed_signers"


def _print(document: JsonDict, digest: str, signed: str) -> None:
    point = ", ".join(f"{name}={value}" for name, value in document["point"]["coordinates"].items())
    say(f"{document['analysis']}@{document['version']}  {document['authority']}, {signed}")
    say(f"  version   {document['digest']}")
    say(f"  answer    {digest}")
    say(f"  point     {point}")
    for result in document["results"]:
        say(f"  result    {result.get('name', '')}: {result.get('verdict') or result.get('cls_obs', '')}")
    if document["reason"]:
        say(f"  no result {document['reason']}")
    reviewed = document["reviewed"]
    say(f"  reviewed  {reviewed['at']} by {reviewed['name'] or reviewed['by']}")
