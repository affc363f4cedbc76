"""`recast catalogue deprecate|withdraw|log|sign|verify|signers`: statements about a version, and who made them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.catalogue.publish import user_name, who_option
from recast.cli.output import emit, message, output_option
from recast.errors import InputError, ValidationFailed
from recast.json_types import JsonDict
from recast.plainfile import read_plain

if TYPE_CHECKING:
    from recast.catalogue import Catalogue, PublishedVersion

__all__ = ["deprecate", "log", "sign", "signers", "verify", "withdraw"]

_KEY = click.option("--key", type=click.Path(path_type=Path), help="Sign the statement with this SSH key.")
_REASON = click.option("--reason", required=True, metavar="TEXT", help="The reason, shown to everybody.")
_VERSION = click.argument("reference", metavar="ANALYSIS@VERSION|oci://...")
_COLUMNS = ("reference", "state", "reason", "who", "when", "signature")

_STATE = """
\b
Examples:
  recast catalogue {word} atlas-susy-2018-31@1.0.0 --reason '1.0.1 has the right luminosity'
  recast catalogue {word} oci://registry.example.org/susy/atlas-susy-2018-31:1.0.0 --reason '...' --key KEY
"""


@click.command(epilog=_STATE.format(word="deprecate"))
@_VERSION
@_REASON
@_KEY
@who_option
@output_option
def deprecate(reference: str, reason: str, key: Path | None, who: str | None, output: str) -> None:
    """Mark a version as superseded; it still runs, with a warning.

    For oci://..., the statement is sent to the registry as well. It cannot be undone, and nothing is removed.
    """
    _declare(reference, "deprecated", reason, key, who, output)


@click.command(epilog=_STATE.format(word="withdraw"))
@_VERSION
@_REASON
@_KEY
@who_option
@output_option
def withdraw(reference: str, reason: str, key: Path | None, who: str | None, output: str) -> None:
    """Mark a version as unusable; it runs only with --allow-withdrawn.

    For oci://..., the statement is sent to the registry as well. It cannot be undone, and nothing is removed.
    """
    _declare(reference, "withdrawn", reason, key, who, output)


@click.command(
    epilog="\b\nExamples:\n  recast catalogue log atlas-susy-2018-31\n  recast catalogue log NAME -o json | jq .[].who"
)
@click.argument("analysis", metavar="ANALYSIS|oci://HOST/REPOSITORY")
@output_option
def log(analysis: str, output: str) -> None:
    """Show who published which version of ANALYSIS and when, and all later statements about them.

    For a repository, all versions are fetched first, without their images.
    """
    from recast.catalogue import Catalogue
    from recast.operations.lifecycle import log as history

    rows = list(history(analysis, Catalogue(), message))
    shown = [{**row, "signed": _signed(row["signature"])} for row in rows] if output in ("table", "csv") else rows
    emit(rows, shown, ("when", "version", "state", "who", "signed", "where", "reason", "digest"), output)


@click.command(epilog="\b\nExample:\n  recast catalogue sign atlas-susy-2018-31@1.0.0 --key ~/.ssh/id_ed25519")
@_VERSION
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    required=True,
    help="Private SSH key, or the .pub file of a key held by an agent.",
)
@who_option
@output_option
def sign(reference: str, key: Path, who: str | None, output: str) -> None:
    """Sign a version's digest and state with an ordinary SSH key.

    For oci://..., the signature is sent to the registry; otherwise it is included when the version is published again
    or exported. A later state needs a new signature.
    """
    from recast.catalogue import Catalogue
    from recast.operations.lifecycle import sign as sign_version

    local = Catalogue()
    version = sign_version(reference, local, key, user_name(who))
    _print(version, local, output)
    if local.standing(version).signature.state != "verified":
        message(f"this signer is not accepted here: recast catalogue signers add {version.analysis} {key}.pub")


@click.command(epilog="\b\nExample:\n  recast catalogue verify atlas-susy-2018-31@1.0.0 -o json")
@_VERSION
@output_option
def verify(reference: str, output: str) -> None:
    """Verify every byte of a version and its signature, offline; exit code 1 without a valid accepted signature."""
    from recast.catalogue import Catalogue
    from recast.operations.lifecycle import verify as verify_version

    local = Catalogue()
    found = verify_version(reference, local)
    _print(found.version, local, output)
    if found.standing.signature.state != "verified":
        raise ValidationFailed(
            f"{found.version.reference} is {found.standing.signature}",
            where=found.version.digest,
            why=f"Accepted signers are listed in {local.signers.path}.",
            next_step=f"recast catalogue signers add {found.version.analysis} KEY.pub   (if you trust that key)",
            code="version.unsigned",
        )


@click.group()
def signers() -> None:
    """Manage the accepted signers of analyses: the file allowed_signers of your catalogue."""


@signers.command("ls")
@output_option
def list_signers(output: str) -> None:
    """List the accepted signers."""
    from recast.catalogue import Catalogue

    rows = [signer.as_json() for signer in Catalogue().signers.all()]
    emit(rows, rows, ("analyses", "name", "key"), output)
    if not rows:
        message("there are no accepted signers yet; recast catalogue signers add 'atlas-susy-*' KEY.pub")


@signers.command("add", epilog="\b\nExample:\n  recast catalogue signers add 'atlas-susy-*' jane.pub --name 'Jane Doe'")
@click.argument("analyses", metavar="PATTERN")
@click.argument("key", metavar="KEY.pub", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="", help="Owner of the key [default: the comment of the key].")
def add_signer(analyses: str, key: Path, name: str) -> None:
    """Accept signatures by a public key for an analysis, or for a pattern such as 'atlas-susy-*'."""
    from recast.catalogue import Catalogue

    signer = Catalogue().signers.add(analyses, _text(key), name)
    message(f"{signer.name or signer.key} may sign {signer.analyses}")


MOST_KEY_BYTES = 64 << 10


def _text(key: Path) -> str:
    try:
        return read_plain(key, MOST_KEY_BYTES).decode("utf-8", "replace")
    except OSError as problem:
        raise InputError("The key cannot be read", where=str(key), why=problem.strerror or "") from problem


def _declare(reference: str, state: str, reason: str, key: Path | None, who: str | None, output: str) -> None:
    from recast.catalogue import Catalogue
    from recast.operations.lifecycle import declare

    local = Catalogue()
    done = declare(reference, state, local, reason, user_name(who), key)
    version = done.version
    if not done.new:  # here first, or by a command that did not reach the registry
        message(
            f"{version.reference} is already {local.standing(version).words}; the statement is now sent to the registry"
        )
    word = {"deprecated": "deprecate", "withdrawn": "withdraw"}[state]
    for place in done.not_told:
        message(f"not sent   {place}: recast catalogue {word} oci://{place}:{version.version} --reason ...")
    _print(version, local, output)


def _print(version: PublishedVersion, local: Catalogue, output: str) -> None:
    document: JsonDict = {
        "reference": version.reference,
        "digest": version.digest,
        **local.standing(version).as_json(),
    }
    row = {**document, "signature": _signed(document["signature"])} if output in ("table", "csv") else document
    emit(document, [row], _COLUMNS, output)


def _signed(signature: JsonDict) -> str:
    return {"verified": str(signature["signer"]), "unsigned": "no", "bad": "BAD"}.get(
        signature["state"], f"unknown key {signature['signer']}"
    )
