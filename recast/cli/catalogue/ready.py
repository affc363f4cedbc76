"""Asking before images are built: their size and time are said, and on a terminal the user answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from recast.cli.output import message

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion
    from recast.catalogue.ready import Consent, Needed

__all__ = ["asking", "made_ready", "missing_images", "yes_option"]

F = TypeVar("F", bound=Callable[..., Any])


def yes_option(function: F) -> F:
    """Add `--yes`, for what would be asked on a terminal."""
    return click.option("--yes", is_flag=True, help="Build what is missing without asking.")(function)


def asking(yes: bool) -> Consent:
    """Return what asks whether images may be built: on a terminal, unless `--yes` has answered already."""

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


def missing_images(version: PublishedVersion | None, *, is_draft: bool = False) -> list[str]:
    """Say which images are not here that are built from recipes, and what a run does about it."""
    if version is None or not version.recipes:
        return []
    from recast.catalogue import Catalogue
    from recast.catalogue.ready import keys_here, may_build, needed
    from recast.images import ImageStore
    from recast.paths import places

    images, catalogue = ImageStore(places().image_store), Catalogue()
    missing = needed(version, images, keys_here(catalogue, images) if needed(version, images) else ())
    builds = is_draft or not missing or may_build(version, catalogue)
    what = "it is built before the first step starts" if builds else "its recipe is not yours, and is not built here"
    return [f"{it}; {what}" for it in missing]


def made_ready(version: PublishedVersion, yes: bool, *, is_draft: bool = False) -> PublishedVersion:
    """Return a version with its images here, as `recast.catalogue.ready.make_ready` does."""
    from recast.catalogue.ready import make_ready
    from recast.paths import places

    return make_ready(version, places(), message, asking(yes), is_draft=is_draft)
