"""`recast image pin`: the digest of each tag in a spec, recorded once, and what moved since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recast.cli.output import emit, message, output_option
from recast.errors import UsageError, ValidationFailed
from recast.json_types import JsonDict
from recast.moments import now
from recast.operations.pin import spec_folder

if TYPE_CHECKING:
    from recast.registry.pins import Finding

__all__ = ["pin"]

_COLUMNS = ("name", "state", "digest", "platform", "size_mb", "resolved", "old_digest", "old_resolved")
_WORDS = {
    "new": "pinned",
    "same": "unchanged",
    "built": "built here, unchanged",
    "digest": "already a digest",
    "gone": "its tag no longer exists, the pin is kept",
    "failed": "unknown",
}
EPILOG = """
\b
Examples:
  recast image pin specs/my-analysis/1.0.0
  recast image pin flows/workflow.yml --toplevel flows --check -o json
  recast image pin specs/my-analysis/1.0.0 --update

An existing pin stays unchanged, even if its tag moved; only --update changes it. With --check, the exit code is 1 if
an image moved, is gone or is not pinned.
"""


@click.command(epilog=EPILOG)
@click.argument("spec", type=click.Path(exists=True, path_type=Path))
@click.option("--toplevel", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The spec's folder.")
@click.option("--update", is_flag=True, help="Update pins whose tags moved.")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit with 1 if something differs from its pin."
)
@click.option("--platform", metavar="OS/ARCH", help="Which image of a multi-architecture index (default: the pin's).")
@output_option
def pin(spec: Path, toplevel: Path | None, update: bool, only_check: bool, platform: str | None, output: str) -> None:
    """Resolve the tags of SPEC in their registries, and write images.lock.json next to it.

    SPEC is a workflow file or the folder that contains one; sub-workflows and cases are included. Images built here
    and digests are left unchanged.
    """

    from recast.images import load_lock
    from recast.registry.pins import images_of, look
    from recast.spec import load_workflow

    if update and only_check:
        raise UsageError("--check writes nothing, --update does", next_step="Give one of them.")
    folder, workflow = spec_folder(spec, toplevel)
    loaded = load_workflow(workflow, folder, check=False)
    lock = load_lock(loaded.toplevel)
    when = now()
    found = look(images_of(loaded.workflow), lock, when, platform, told=_tell)
    if not only_check:
        _write(loaded.toplevel, found, update)
    rows = [_row(it) for it in found]
    emit({"lock": str(loaded.toplevel / "images.lock.json"), "images": rows}, rows, _COLUMNS, output)
    _judge(found, spec, update, only_check)


def _row(found: Finding) -> JsonDict:
    document = found.as_json()
    size = document["size"]
    return {**document, "size_mb": round(size / 1e6, 1) if size is not None else None}


def _tell(found: Finding) -> None:
    """Report the outcome for one image on stderr, as soon as it is known."""
    if found.state == "moved" and found.old and found.now:
        message(f"{found.name}: moved since {found.old.resolved}\n  {found.old.digest}\n  {found.now.digest} now")
    else:
        why = f": {found.problem.what}" if found.problem is not None and found.state == "failed" else ""
        message(f"{found.name}: {_WORDS[found.state]}{why}")


def _write(folder: Path, found: list[Finding], update: bool) -> None:
    """Write the pins that are new, and with `update` those that moved."""
    from dataclasses import replace

    from recast.images import load_lock, write_lock

    old = load_lock(folder)
    new = {it.name: it.now for it in found if it.now is not None and (it.state == "new" or update)}
    lock = replace(old, images={**old.images, **new})
    if lock != old:
        message(f"pinned in {write_lock(folder, lock)}")


def _judge(found: list[Finding], spec: Path, update: bool, only_check: bool) -> None:
    for it in found:
        if it.state == "failed" and it.problem is not None:
            raise it.problem
    off = [it for it in found if it.state in ("gone", *(("new", "moved") if only_check else ()))]
    if off and only_check:
        raise ValidationFailed(
            f"{len(off)} image{'s differ from their pins' if len(off) > 1 else ' differs from its pin'}",
            where=str(spec),
            why="\n".join(f"{it.name}: {'not pinned' if it.state == 'new' else it.state}" for it in off),
            next_step=f"recast image pin {spec} --update   (a new version of the analysis)",
            code="image.moved",
        )
    moved: list[Any] = [] if update else [it for it in found if it.state == "moved"]
    if moved:
        message(f"{len(moved)} moved, their pins are kept; update them with: recast image pin {spec} --update")
