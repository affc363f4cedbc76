"""Search analyses by words: published here, imported, or known but not archived."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recast.catalogue.local import Catalogue
from recast.catalogue.ready import images_in_words, keys_here
from recast.catalogue.spelling import Words
from recast.catalogue.unarchived import NOT_ARCHIVED, not_archived
from recast.errors import RecastError
from recast.images import ImageStore
from recast.json_types import JsonDict
from recast.paths import places
from recast.recast_atlas.imported import ImportedEntries

__all__ = ["Hit", "search"]


@dataclass(frozen=True, slots=True)
class Hit:
    """An analysis that contains all the words; `version` is the newest, empty if there is none.

    `images` says whether its images are available (`recast.catalogue.ready.images_in_words`).
    """

    analysis: str
    title: str
    state: str
    version: str = ""
    collaboration: str = ""
    images: str = ""

    def as_json(self) -> JsonDict:
        """Return the hit as a row."""
        return {
            "analysis": self.analysis,
            "version": self.version or None,
            "collaboration": self.collaboration or None,
            "state": self.state,
            "images": self.images or None,
            "title": self.title,
        }


def search(
    words: Sequence[str], catalogue: Catalogue | None = None, say: Callable[[str], None] = lambda _: None
) -> list[Hit]:
    """Return the analyses with all words anywhere in their metadata, in any spelling; matches in name or title first.

    Published analyses come before imported entries, and these before what is only known. If no analysis contains a
    phrase of several words, those that contain each of the words are returned. Damaged items are skipped and reported
    to `say`.
    """
    local = catalogue or Catalogue()
    found = [(hit, Words(text)) for hit, text in [*_published(local, say), *_imported(say), *_known(local)]]
    hits = [hit for hit, text in found if all(text.hold(word) for word in words)]
    if not hits and any(len(word.split()) > 1 for word in words):
        words = [part for word in words for part in word.split()]
        hits = [hit for hit, text in found if all(text.hold(word) for word in words)]
    return sorted(hits, key=lambda hit: not _in_title(hit, words))


def _in_title(hit: Hit, wanted: Sequence[str]) -> bool:
    title = Words(f"{hit.analysis} {hit.title}")
    return all(title.hold(word) for word in wanted)


def _published(local: Catalogue, say: Callable[[str], None]) -> Iterator[tuple[Hit, str]]:
    store = ImageStore(places().image_store)
    keys = keys_here(local, store)
    for analysis in local.analyses():
        try:
            version = local.get(analysis)
            state = local.standing(version).state
            images = images_in_words(version, store, keys)
        except RecastError as problem:
            say(f"note: {analysis} cannot be read and is left out: {problem}")
            continue
        metadata = version.metadata
        text = json.dumps([analysis, dict(metadata)], ensure_ascii=False)
        yield Hit(analysis, metadata["title"], state, version.version, metadata["collaboration"], images), text


def _imported(say: Callable[[str], None]) -> Iterator[tuple[Hit, str]]:
    for name, entry in ImportedEntries().all():
        if isinstance(entry, RecastError):
            say(f"note: {name} cannot be read and is left out: {entry}")
        else:
            metadata = entry.entry.metadata
            yield Hit(name, metadata.short_description, entry.state), f"{name} {entry.text}"


def _known(local: Catalogue) -> Iterator[tuple[Hit, str]]:
    for item in not_archived(local.analyses()):
        hit = Hit(item.analysis, item.title, NOT_ARCHIVED, collaboration=item.collaboration)
        yield hit, json.dumps(item.as_json(), ensure_ascii=False)
