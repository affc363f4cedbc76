"""`recast publish`: put a version of an analysis into the catalogue, or into a registry, for good."""

from __future__ import annotations

import shlex
import tempfile
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recast.cli.output import emit, message, output_option
from recast.errors import UsageError

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion
    from recast.catalogue.publishing.examine import Examined
    from recast.catalogue.publishing.publish import Author

__all__ = ["publish", "who_option"]

EPILOG = """
\b
Examples:
  recast publish catalogue/atlas-susy-2018-31.yml
  recast publish atlas-susy-2018-31 --to oci://registry.example.org/susy/atlas-susy-2018-31 --dry-run
  recast publish atlas-susy-2018-31@1.0.0 --to oci://127.0.0.1:5000/atlas-susy-2018-31 --key ~/.ssh/id_ed25519
  recast publish catalogue/my-search.yml --throw-away --to try-out      (a number can be used again there)
  recast publish atlas-susy-2018-31 --to oci://... --reason 'no published numbers to compare with'
"""
_CHECK_COLUMNS = ("check", "verdict", "what", "next")

who_option = click.option(
    "--who", metavar="NAME", help="Your name, for the record [default: the user of this process]."
)


@click.command(epilog=EPILOG)
@click.argument("source", metavar="ENTRY.yml|NAME|ANALYSIS@VERSION")
@click.option("--to", "target", metavar="DIR|oci://...", help="Where to [default: your own catalogue].")
@click.option("--version", "number", metavar="V", help="Version to publish; the newest of the entry if not given.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is published without having been validated.")
@click.option("--throw-away", is_flag=True, help="DIR is a catalogue for trying: a number may be used again there.")
@click.option("--dry-run", is_flag=True, help="Only check, and show what every check says; exit code 3 if one fails.")
@click.option("--key", type=click.Path(path_type=Path), help="Sign it with this SSH key.")
@who_option
@output_option
def publish(
    source: str,
    target: str | None,
    number: str | None,
    reason: str,
    throw_away: bool,
    dry_run: bool,
    key: Path | None,
    who: str | None,
    output: str,
) -> None:
    """Check and publish SOURCE: an entry such as catalogue/NAME.yml, the NAME of one in ./catalogue, or a version that
    is published here already (ANALYSIS@VERSION).

    A published version never changes: the same bytes again change nothing, other bytes need a new number. To a registry
    go the version and all its images, and it must have been validated, or there must be a reason why not.
    """
    from recast.catalogue import Catalogue
    from recast.catalogue.publishing.examine import examine
    from recast.catalogue.publishing.publish import Author
    from recast.operations.check_version import plan_example
    from recast.paths import places

    remote = target is not None and "://" in target
    _check_target(target)
    local = Catalogue(None if remote or target is None else Path(target))
    if throw_away:
        _mark(local, target, remote)
    with ExitStack() as stack:
        store = Catalogue(stack.enter_context(_scratch()) / "store").store if dry_run else local.store
        found = examine(source, number, Catalogue(), store, places().image_store, plan_example, reason, remote=remote)
        if dry_run:
            _report(found, output)
            return
        author = Author(_name(who), reason, found.validation, key)
        _publish(found, local, target if remote else None, author, output)


def _publish(found: Examined, local: Any, target: str | None, author: Author, output: str) -> None:
    from recast.catalogue.publishing.publish import enter, say_published
    from recast.paths import places

    found.raise_for()
    version = found.staged
    new = enter(version, local.store)
    if new or target is None:
        say_published(version, local.store, author if target is None else replace(author, key=None))
    row: dict[str, Any] = {"reference": version.reference, "digest": version.digest, "new": new}
    if target is not None:
        row |= _send(version, local, target, author)
    for check in found.checks:
        if check.problem is not None:
            message(f"warning    {check.problem.what}")
    row["signature"] = local.standing(version).signature.as_json()
    emit(row, [row], ("reference", "digest", "new"), output)
    elsewhere = target is None and local.store.root.resolve() != places().catalogue_store.resolve()
    where = f"RECAST_CATALOGUE={shlex.quote(str(local.store.root))} " if elsewhere else ""
    run = f"{where}recast run {row.get('at', version.analysis)} --example NAME"
    message(f"published; run it: {run}" if row["new"] else "was published already")


def _mark(local: Any, target: str | None, remote: bool) -> None:
    if target is None or remote:
        raise UsageError(
            "--throw-away is for a folder of its own",
            next_step="recast publish SOURCE --throw-away --to DIR, then: RECAST_CATALOGUE=DIR recast run NAME",
        )
    local.store.make_throw_away()


def _scratch() -> AbstractContextManager[Path]:
    from recast.atomic import new_folder

    return new_folder(Path(tempfile.gettempdir()), "recast-publish", 0o700)


def _send(version: PublishedVersion, local: Any, target: str, author: Author) -> dict[str, Any]:
    from recast.catalogue.transfer.connection import open_registry
    from recast.catalogue.transfer.push import bundle_tag, publish_remotely
    from recast.images import ImageStore
    from recast.paths import places

    with open_registry(target) as registry:
        sent = publish_remotely(version, local.store, ImageStore(places().image_store), registry, author)
        name = registry.target.name
    return {
        "new": sent.new,
        "at": f"oci://{name}:{version.version}",
        "bundle": f"oci://{name}:{bundle_tag(version)}",
        "moved_bytes": sent.moved,
    }


def _check_target(target: str | None) -> None:
    if target is None or "://" not in target:
        return
    from recast.registry import parse_target

    step = "recast publish SOURCE --to oci://registry.example.org/group/analysis"
    if not target.startswith("oci://"):
        raise UsageError("Versions are published to a folder or to oci://...", where=f"--to {target}", next_step=step)
    wanted = parse_target(target)
    if wanted.tag is not None or wanted.digest is not None:
        why = "The tag is the number of the version; the entry says it."
        raise UsageError("The target of publishing has a tag", where=f"--to {target}", why=why, next_step=step)


def _report(found: Examined, output: str) -> None:
    rows = [check.as_json() for check in found.checks]
    stops = any(check.stops for check in found.checks)
    document = {"reference": found.reference, "digest": found.digest, "ok": not stops, "checks": rows}
    emit(document, rows, _CHECK_COLUMNS, output)
    message(f"{found.reference}: " + ("not fit to be published" if stops else "fit to be published"))
    if stops:
        raise click.exceptions.Exit(3)


def _name(who: str | None) -> str:
    import getpass

    return who or getpass.getuser()
