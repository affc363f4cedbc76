"""Ask before images are built: their size and time are shown, and on a terminal the user is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from recast.cli.output import message

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion
    from recast.catalogue.ready import Consent, Needed

__all__ = ["asking", "made_ready", "yes_option"]

F = TypeVar("F", bound=Callable[..., Any])


def yes_option(function: F) -> F:
    """Add `--yes`, which answers what would be asked on a terminal."""
    return click.option("--yes", is_flag=True, help="Build missing images without asking.")(function)


def asking(yes: bool) -> Consent:
    """Return the function that asks whether images may be built: on a terminal, unless `--yes` was given."""

    def consent(version: PublishedVersion, missing: list[Needed]) -> None:
        import sys

        from recast.catalogue.ready import refuse

        for it in missing:
            message(f"{version.reference}: {it} (built from its recipe, once)")
        if yes:
            return
        if not sys.stdin.isatty() or not click.confirm("Build it now?", default=True, err=True):
            refuse(version, missing)

    return consent


def made_ready(version: PublishedVersion, yes: bool, *, is_draft: bool = False) -> PublishedVersion:
    """Return a version with its images available, as `recast.catalogue.ready.make_ready` does."""
    from recast.catalogue.ready import make_ready
    from recast.paths import places

    return make_ready(version, places(), message, asking(yes), is_draft=is_draft)
