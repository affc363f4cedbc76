"""Find the images of a version that are not in the image store."""

from __future__ import annotations

from recast.catalogue import PublishedVersion

__all__ = ["missing_images"]


def missing_images(version: PublishedVersion | None, *, is_draft: bool = False) -> list[str]:
    """Return a line for each missing image that is built from a recipe, saying what a run does about it."""
    if version is None or not version.recipes:
        return []
    from recast.catalogue import Catalogue
    from recast.catalogue.ready import keys_here, may_build, needed
    from recast.images import ImageStore
    from recast.paths import places

    images, catalogue = ImageStore(places().image_store), Catalogue()
    missing = needed(version, images, keys_here(catalogue, images) if needed(version, images) else ())
    builds = is_draft or not missing or may_build(version, catalogue)
    what = "it is built before the first step starts" if builds else "its recipe is not yours, so it is not built here"
    return [f"{it}; {what}" for it in missing]
