"""Referrers of a manifest (signatures, SBOMs): from the registry's API, or from the fallback tag."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from recast.errors import NetworkError, NotFound
from recast.images.manifest import INDEX_TYPE, Descriptor, read_descriptor
from recast.json_types import JsonDict
from recast.registry.documents import LARGEST_DOCUMENT, Document, read_document
from recast.registry.http.session import Ask, Session
from recast.registry.tags import read_json

__all__ = ["Referrers"]

_TRIES = 5


class Referrers:
    """The referrers of one repository; `get` and `put` read and write a document by tag."""

    def __init__(
        self, session: Session, get: Callable[[str], Document], put: Callable[[Document, str], object]
    ) -> None:
        self._session, self._get, self._put = session, get, put

    def of(self, digest: str) -> list[tuple[Descriptor, str]]:
        """Return the referrers of a manifest, each with its artifact type."""
        ask = Ask("GET", f"{self._session.repository}/referrers/{digest}", wanted=(200, 404, 400, 405))
        answer = self._session.short(ask, LARGEST_DOCUMENT)
        items = _items(read_json(answer.content, answer.url)) if answer.status == 200 else self._listed(digest)
        return [(read_descriptor(item, digest), str(item.get("artifactType", ""))) for item in items]

    def note(self, document: Document, subject: str) -> None:
        """List a document under its subject's tag, for registries without the referrers API.

        This is not atomic in a registry: a writer that finds its entry overwritten writes again.
        """
        described = Descriptor(document.digest, len(document.content), document.media_type).as_json()
        entry = {**described, "artifactType": document.artifact_type}
        for _ in range(_TRIES):
            known = self._listed(subject)
            if entry in known:
                return
            others = [item for item in known if item.get("digest") != document.digest]
            index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [*others, entry]}
            content = json.dumps(index, sort_keys=True, separators=(",", ":")).encode()
            self._put(read_document(content, subject), _tag(subject))
        raise NetworkError("A list of referrers is overwritten again and again", where=subject, next_step="Try again.")

    def _listed(self, digest: str) -> list[JsonDict]:
        try:
            return _items(self._get(_tag(digest)).data)
        except NotFound:
            return []


def _tag(digest: str) -> str:
    return digest.replace(":", "-")


def _items(document: Any) -> list[JsonDict]:
    items = document.get("manifests") if isinstance(document, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
