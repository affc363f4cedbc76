"""Copy images between a registry and a store by digest: blobs first, in parallel, and what refers to them last."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from recast.errors import ImageError, NotFound
from recast.images import ImageStore
from recast.images.disk import sync_folder, writing
from recast.images.manifest import Descriptor, document_type
from recast.registry.documents import Document, read_document
from recast.registry.download import download_blob
from recast.registry.flow import Flow, Watch
from recast.registry.http.session import Session
from recast.registry.name import Target, parse_target
from recast.registry.partial import sweep
from recast.registry.upload import upload_blob

__all__ = ["Copied", "nearby", "pull_tree", "push_tree", "stored_document", "whole_document"]

_DEEPEST = 4
_MOST_DOCUMENTS = 1000
_MOST_SOURCES = 2


@dataclass(frozen=True, slots=True)
class Copied:
    """The outcome of a copy: the digest, its number of blobs and bytes, and the number of bytes transferred."""

    digest: str
    blobs: int
    size: int
    moved: int


def pull_tree(
    session: Session, get: Callable[[str], Document], digest: str, store: ImageStore, watch: Watch | None = None
) -> Copied:
    """Pull everything that `digest` refers to; existing blobs are hashed, and fetched again if damaged.

    A manifest is added to the store after everything that it refers to.
    """
    store.create()
    documents = _tree(lambda wanted: whole_document(store, wanted) or get(wanted), digest)
    blobs = _blobs_of(documents)
    missing = [blob for blob in blobs if not _is_whole(store, blob)]
    _check_room(store, missing)
    flow = Flow(sum(blob.size for blob in missing), watch)
    flow.each(
        _largest_first(missing), lambda blob: download_blob(session, store, blob, flow), session.settings.parallel
    )
    if missing:
        sync_folder(store.blob_path(digest).parent)  # once, before any manifest refers to them
    for document in reversed(documents):
        if not _is_whole(store, Descriptor(document.digest, len(document.content), document.media_type)):
            store.add_blob([document.content], document.media_type)
    sweep(store)
    return Copied(digest, len(blobs), sum(blob.size for blob in blobs), flow.total - flow.spared)


def push_tree(
    session: Session,
    put: Callable[[Document], None],
    digest: str,
    store: ImageStore,
    sources: Mapping[str, list[str]],
    watch: Watch | None = None,
    *,
    fresh: bool = False,
) -> Copied:
    """Push everything that `digest` refers to, manifests after what they refer to, the top one last.

    `sources` are repositories of the registry that should already have a blob.
    """
    documents = _tree(lambda wanted: stored_document(store, wanted), digest)
    blobs = _blobs_of(documents)
    flow = Flow(sum(blob.size for blob in blobs), watch)
    flow.each(
        _largest_first(blobs),
        lambda blob: upload_blob(session, store, blob, flow, sources.get(blob.digest, []), fresh=fresh),
        session.settings.parallel,
    )
    for document in reversed(documents):
        put(document)
    return Copied(digest, len(blobs), sum(blob.size for blob in blobs), flow.total - flow.spared)


def nearby(target: Target, store: ImageStore) -> dict[str, list[str]]:
    """Return, for each blob of a store, other repositories at the same registry that its images are named after."""
    found: dict[str, list[str]] = {}
    for name, digest in store.names().items():
        other = parse_target(name)
        if other.host != target.host or other.repository == target.repository:
            continue
        document = whole_document(store, digest)
        for blob in document.blobs() if document is not None else []:
            found.setdefault(blob.digest, []).append(other.repository)
    return {blob: sorted(set(names))[:_MOST_SOURCES] for blob, names in found.items()}


def stored_document(store: ImageStore, digest: str) -> Document:
    """Return a manifest or an index of the store, checked; raise NotFound or ImageCorrupt."""
    content = store.read_document(digest)
    return read_document(content, str(store.blob_path(digest)), digest, document_type(content))


def _blobs_of(documents: Iterable[Document]) -> list[Descriptor]:
    """Return the blobs of manifests, each once; raise ImageError if two of them disagree about a size."""
    found: dict[str, Descriptor] = {}
    for document in documents:
        for blob in document.blobs():
            if found.setdefault(blob.digest, blob).size != blob.size:
                raise _lie(document.digest, f"{blob.digest} has {blob.size} B here and other sizes elsewhere")
    return list(found.values())


def _tree(get: Callable[[str], Document], digest: str) -> list[Document]:
    """Return a document and all documents below it, each once, parents before children."""
    found: dict[str, Document] = {}
    todo = [(digest, -1, 0)]
    while todo:
        wanted, size, depth = todo.pop()
        document = found.pop(wanted, None) or get(wanted)
        found[wanted] = document
        if size not in (-1, len(document.content)):
            raise _lie(wanted, f"it has {len(document.content)} B, the index says {size}")
        if depth > _DEEPEST or len(found) > _MOST_DOCUMENTS:
            raise _lie(digest, "indexes name indexes without end")
        todo += [(child.digest, child.size, depth + 1) for child in document.documents()]
    return list(found.values())


def whole_document(store: ImageStore, digest: str) -> Document | None:
    """Return a manifest or an index of the store, None if it is missing or damaged."""
    try:
        return stored_document(store, digest)
    except (NotFound, ImageError):
        return None


def _is_whole(store: ImageStore, blob: Descriptor) -> bool:
    try:
        if store.blob_path(blob.digest).stat().st_size != blob.size:
            return False
        store.check_blob(blob.digest, blob.size)
    except (OSError, NotFound, ImageError):
        return False
    return True


def _largest_first(blobs: Iterable[Descriptor]) -> Iterator[Descriptor]:
    return iter(sorted(blobs, key=lambda blob: -blob.size))


def _check_room(store: ImageStore, blobs: Iterable[Descriptor]) -> None:
    needed = sum(blob.size for blob in blobs)
    with writing(store.root):
        free = shutil.disk_usage(store.root).free
    if needed > free:
        raise ImageError(
            "The disk has no room for the image",
            where=str(store.root),
            why=f"{needed / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free.",
            next_step="Free space, or choose another folder: export RECAST_IMAGE_STORE=DIR",
            code="image.no-room",
        )


def _lie(where: str, why: str) -> ImageError:
    return ImageError("A manifest lies", where=where, why=why, code="image.malformed")
