"""The results that a reference names by digest: in the artifact store of this machine, and in a registry.

A lock holds digests alone, so that git stays small; results are small JSON documents, and equal ones have equal bytes.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from recast.atomic import replace_file
from recast.digests import digest_of, hex_of
from recast.errors import ArtifactDamaged, NotFound, StoreError
from recast.images import ImageStore
from recast.images.manifest import MANIFEST_TYPE
from recast.json_types import JsonObject
from recast.plainfile import read_plain
from recast.registry import Registry
from recast.store import ArtifactStore
from recast.strictjson import parse_json

__all__ = ["bring_results", "canonical_results", "keep_results", "put_beside", "send_results"]

RESULTS_TYPE = "application/vnd.recast.ci.results.v1+json"
_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
_MOST_BYTES = 256 << 20


def keep_results(store: ArtifactStore, results: Sequence[JsonObject]) -> str:
    """Keep results (the list of `recast results -o json`) in the store; return their digest."""
    return _keep(store, _content(results))


def canonical_results(results: Sequence[JsonObject]) -> list[JsonObject]:
    """Return results with their keys in the order that kept ones have: pointers of quantities may depend on it."""
    return _parsed(_content(results), "")


def _content(results: Sequence[JsonObject]) -> bytes:
    return json.dumps(list(results), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def bring_results(
    store: ArtifactStore, digest: str, registry: str | None = None, beside: Path | None = None
) -> list[JsonObject]:
    """Return results by digest: from the store, from the folder `beside` a reference, or from a registry (`oci://...`).

    They are in the store then. Raises StoreError if nobody has them, NetworkError and the like if the registry cannot
    be asked.
    """
    if (near := _beside(beside, digest)) is not None:
        return _parsed(near, digest)
    try:
        return _parsed(store.read(digest, _MOST_BYTES), digest)
    except ArtifactDamaged as problem:
        if registry is None:
            raise _nowhere(digest, "They are not on this machine, and the reference names no registry.") from problem
    try:
        with Registry(registry) as remote:
            found = remote.document(_tag(digest)).manifest().layers
            content = remote.get_blob(digest, _MOST_BYTES) if digest in [it.digest for it in found] else b""
    except NotFound as problem:
        raise _nowhere(digest, f"They are not on this machine, and {registry} does not have them.") from problem
    if _keep(store, content) != digest:
        raise _nowhere(digest, f"What {registry} has under that name is something else.")
    return _parsed(content, digest)


def put_beside(store: ArtifactStore, digest: str, folder: Path) -> None:
    """Copy results from the store into a folder beside a reference, for pipelines that have another store."""
    path = folder / f"{hex_of(digest)}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            replace_file(path, store.read(digest, _MOST_BYTES))
    except OSError as problem:
        raise StoreError.of(problem, "Results cannot be kept", path, "make the folder writable") from problem


def _beside(folder: Path | None, digest: str) -> bytes | None:
    """Return results from the folder beside a reference, None if they are not there, or are not what was written."""
    if folder is None:
        return None
    try:
        content = read_plain(folder / f"{hex_of(digest)}.json", _MOST_BYTES, links=False)
    except OSError:
        return None
    return content if digest_of(content) == digest else None


def send_results(store: ArtifactStore, digest: str, registry: str) -> None:
    """Push results to a registry as an artifact of their own; what is there already is not sent again."""
    with Registry(registry) as remote:
        if remote.head(_tag(digest)) is not None:
            return
        with tempfile.TemporaryDirectory(prefix="recast-ci-") as name:
            layout = ImageStore(Path(name))
            layout.create()
            layer = layout.add_blob([store.read(digest, _MOST_BYTES)], RESULTS_TYPE)
            document = {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "artifactType": RESULTS_TYPE,
                "config": layout.add_blob([b"{}"], _EMPTY_TYPE).as_json(),
                "layers": [layer.as_json()],
            }
            remote.push(layout.add_json(document, MANIFEST_TYPE).digest, layout, _tag(digest))


def _keep(store: ArtifactStore, content: bytes) -> str:
    digest = digest_of(content)
    if not store.sound(digest):
        try:
            store.scratch.mkdir(parents=True, exist_ok=True)
            temporary = store.scratch / os.urandom(8).hex()
            with temporary.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            store.take_over(temporary, digest)
        except OSError as problem:
            step = "free some space there, or name another place with RECAST_HOME"
            raise StoreError.of(problem, "Results cannot be kept", store.root, step) from problem
    return digest


def _tag(digest: str) -> str:
    return f"results_{hex_of(digest)}"


def _parsed(content: bytes, digest: str) -> list[JsonObject]:
    found = parse_json(content)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise _nowhere(digest, "The document with this digest is not a list of results.")
    return found


def _nowhere(digest: str, why: str) -> StoreError:
    return StoreError(
        "The results of the reference are not to be had",
        where=digest,
        why=why,
        next_step="recast ci run --update-reference on the commit of the reference makes them again, or name a "
        "registry that keeps them: recast ci run --push oci://HOST/REPOSITORY",
    )
