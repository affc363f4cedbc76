"""Fetch the blobs of an image from a layout, a registry or an archive; each is hashed before it is used."""

from __future__ import annotations

import os
from typing import Protocol

from recast.worker.failure import Failure, failure_of
from recast.worker.images.archive import extract_blobs
from recast.worker.images.documents import (
    MOST_DOCUMENT_BYTES,
    Blob,
    Manifest,
    check_digest,
    read_diff_ids,
    read_manifest,
)
from recast.worker.images.registry import RegistryProof, base_url, repository_of
from recast.worker.json_types import JsonDict, JsonObject
from recast.worker.remote.fetch import fetch, hash_of, read_small
from recast.worker.remote.web import named

__all__ = ["PULLED", "Pulled", "pull"]

_ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
_LARGEST_LAYER_BYTES = 64 << 30


class Pulled:
    """An image whose blobs lie on the disk: `paths` by digest, `document` and `config` as bytes."""

    def __init__(
        self, document: bytes, manifest: Manifest, config: bytes, diff_ids: list[str], paths: dict[str, str]
    ) -> None:
        self.document = document
        self.manifest = manifest
        self.config = config
        self.diff_ids = diff_ids
        self.paths = paths


class _Source(Protocol):
    def document(self, digest: str) -> bytes: ...

    def blob(self, blob: Blob) -> str: ...


def pull(image: JsonObject, folder: str) -> Pulled:
    """Fetch the blobs of an image from the first source that has all of them.

    `folder` keeps what was fetched, also for the next source or attempt. Raises Failure with the error of each source.
    """
    digest = check_digest(image["digest"])
    said, kinds = [], set()
    for source in image["sources"]:
        if source["kind"] not in PULLED:
            continue
        try:
            return _pulled(PULLED[source["kind"]](source, folder), digest)
        except (Failure, OSError) as problem:
            failure = problem if isinstance(problem, Failure) else failure_of(problem, "infrastructure")
            said.append(f"{source['kind']}: {failure.message}")
            kinds.add(failure.kind)
    why = "; ".join(said) or "none of its sources can be pulled from"
    raise Failure(kinds.pop() if len(kinds) == 1 else "infrastructure", f"image {digest}: {why}")


def _pulled(source: _Source, digest: str) -> Pulled:
    document = source.document(digest)
    manifest = read_manifest(document, digest)
    with open(source.blob(manifest.config), "rb") as file:
        config = file.read(MOST_DOCUMENT_BYTES)
    diff_ids = read_diff_ids(config, manifest)
    paths = {layer.digest: source.blob(layer) for layer in manifest.layers}
    return Pulled(document, manifest, config, diff_ids, paths)


class _Layout:
    """An OCI layout on a disk that the node sees: read where it lies."""

    def __init__(self, source: JsonObject, folder: str) -> None:
        self._root = str(source["path"])

    def document(self, digest: str) -> bytes:
        with open(self._path(digest), "rb") as file:
            return file.read(MOST_DOCUMENT_BYTES)

    def blob(self, blob: Blob) -> str:
        path = self._path(blob.digest)
        if os.stat(path).st_size != blob.size or hash_of(path) != blob.digest:
            raise Failure("infrastructure", f"{path} is damaged: it does not hash to its name")
        return path

    def _path(self, digest: str) -> str:
        return f"{self._root}/blobs/sha256/{check_digest(digest)[7:]}"


class _Registry:
    """A registry, asked for digests and never for a tag."""

    def __init__(self, source: JsonObject, folder: str) -> None:
        host, name = repository_of(str(source["reference"]))
        self._base = base_url(host, bool(source.get("insecure"))) + name
        self._proof = RegistryProof(host, name, str(source.get("credentials") or ""))
        self._folder = folder

    def document(self, digest: str) -> bytes:
        url = f"{self._base}/manifests/{digest}"
        return read_small(url, MOST_DOCUMENT_BYTES, self._proof, _ACCEPT, "infrastructure")

    def blob(self, blob: Blob) -> str:
        path = f"{self._folder}/{blob.digest[7:]}"
        if blob.size > _LARGEST_LAYER_BYTES:
            raise Failure("infrastructure", f"{blob.digest} has {blob.size} bytes")
        if not os.path.exists(path) or hash_of(path) != blob.digest:
            url = f"{self._base}/blobs/{blob.digest}"
            fetch(url, path, blob.digest, blob.size, self._proof, "infrastructure")
        return path


class _Archive:
    """A layout in one tar file at a URL, read once from the start."""

    def __init__(self, source: JsonObject, folder: str) -> None:
        self._url = str(source["url"])
        self._token = str(source.get("credentials") or "")
        self._folder = folder
        self._is_here = False

    def document(self, digest: str) -> bytes:
        with open(self.blob(Blob(digest, -1)), "rb") as file:
            return file.read(MOST_DOCUMENT_BYTES)

    def blob(self, blob: Blob) -> str:
        path = f"{self._folder}/{blob.digest[7:]}"
        if not os.path.exists(path) and not self._is_here:
            extract_blobs(self._url, self._token, self._folder)
            self._is_here = True
        if not os.path.exists(path):
            raise Failure("infrastructure", f"{named(self._url)} holds no {blob.digest}")
        if hash_of(path) != blob.digest:
            os.unlink(path)
            raise Failure("infrastructure", f"{blob.digest} of {named(self._url)} is damaged")
        return path


PULLED: JsonDict = {"layout": _Layout, "registry": _Registry, "url": _Archive}
"""Kind of source -> what reads it."""
