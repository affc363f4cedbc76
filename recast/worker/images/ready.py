"""Sources that are used in place, without a copy: each is checked before it is used."""

from __future__ import annotations

import hashlib
import json
import os

from recast.worker.cache.lease import keep, shared
from recast.worker.failure import Failure
from recast.worker.images.documents import MOST_DOCUMENT_BYTES, read_manifest
from recast.worker.json_types import JsonObject

__all__ = ["READY", "ready"]

_CHUNK_BYTES = 1 << 20


def ready(source: JsonObject, image: JsonObject, runtime: str) -> str:
    """Return what `runtime` starts of an `unpacked`, `cvmfs` or `sif` source; raises Failure if it is not fit."""
    look, fits = READY[source["kind"]]
    if runtime not in fits:
        raise Failure("infrastructure", f"{runtime} starts no {source['kind']} image")
    try:
        return look(str(source["path"]), image, runtime)
    except OSError as problem:
        raise Failure("infrastructure", f"{problem.strerror}: {problem.filename}") from None


def _unpacked(path: str, image: JsonObject, runtime: str) -> str:
    """A root folder in an image store that nodes share: `<store>/unpacked/<hex>/rootfs`, its record beside it."""
    digest = image["digest"]
    folder = os.path.dirname(path)
    store = os.path.dirname(os.path.dirname(folder))
    with open(folder + "/image.json", encoding="utf-8") as file:
        blobs = json.load(file).get("blobs") or {}
    if os.path.basename(folder) != _hex(digest) or digest not in blobs:
        raise Failure("infrastructure", f"{path} is not of {digest}")
    with open(f"{store}/blobs/sha256/{_hex(digest)}", "rb") as document:
        manifest = read_manifest(document.read(MOST_DOCUMENT_BYTES), digest)
    for blob in (manifest.config, *manifest.layers):
        found = os.stat(f"{store}/blobs/sha256/{_hex(blob.digest)}")
        if blobs.get(blob.digest, [])[:2] != [found.st_size, found.st_mtime_ns]:
            raise Failure("infrastructure", f"{blob.digest} was changed after {path} had been made of it")
    _keep_from_collector(folder + ".lock")
    return path


def _cvmfs(path: str, image: JsonObject, runtime: str) -> str:
    """A folder that CVMFS names by the digest of the configuration, and checks itself when it is read."""
    if os.path.basename(path) != _hex(image["config"]) or "/.flat/" not in path:
        raise Failure("infrastructure", f"{path} is not of {image['config']}")
    if os.path.islink(path) or not os.path.isdir(path):
        raise Failure("infrastructure", f"{path} is not there")
    return path


def _sif(path: str, image: JsonObject, runtime: str) -> str:
    """A SIF file with its record beside it; it is hashed if it does not look as it did when it was made."""
    with open(os.path.splitext(path)[0] + ".json", encoding="utf-8") as file:
        record = json.load(file)
    found = os.stat(path)
    if record.get("image") != image["digest"]:
        raise Failure("infrastructure", f"{path} is not of {image['digest']}")
    if record.get("stamp", [])[:2] != [found.st_size, found.st_mtime_ns] and record.get("sha256") != _sha256(path):
        raise Failure("infrastructure", f"{path} was changed since it was made")
    _keep_from_collector(os.path.splitext(path)[0] + ".lock")
    return path


def _keep_from_collector(lock: str) -> None:
    """Hold what `recast image gc` must have alone before it removes an image, until this process has ended."""
    try:
        held = shared(lock)
    except PermissionError:
        return
    if held is None and os.path.exists(lock):
        raise Failure("infrastructure", f"{lock} is held: the image is being made or removed")
    if held is not None:
        keep(held)


READY = {
    "unpacked": (_unpacked, ("bubblewrap", "apptainer")),
    "cvmfs": (_cvmfs, ("bubblewrap", "apptainer")),
    "sif": (_sif, ("apptainer",)),
}
"""Kind of source -> how it is looked at, and which runtimes start it."""


def _hex(digest: str) -> str:
    return digest.partition(":")[2]


def _sha256(path: str) -> str:
    hasher = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            hasher.update(chunk)
    return hasher.hexdigest()
