"""What images say of themselves: manifests, indexes, configurations, and the index of an image store."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import Any

from recast.errors import RecastError
from recast.images import ImageStore
from recast.images.manifest import document_type, read_config
from recast.registry.documents import read_document
from recast.registry.platforms import choose, read_entries
from recast.worker.failure import Failure
from recast.worker.images import documents as on_node
from tests.fuzz.border import Border, scratch
from tests.fuzz.mutations import mutated_json

__all__ = ["BORDERS", "CONFIG", "INDEX", "MANIFEST"]

_DIGEST = "sha256:" + "ab" * 32
MANIFEST: dict[str, Any] = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "artifactType": "application/vnd.example",
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": _DIGEST, "size": 2},
    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": _DIGEST, "size": 3}],
    "subject": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": _DIGEST, "size": 4},
    "annotations": {"org.opencontainers.image.title": "x"},
}
INDEX: dict[str, Any] = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.index.v1+json",
    "manifests": [
        {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": _DIGEST,
            "size": 5,
            "platform": {"os": "linux", "architecture": "amd64", "variant": "v1"},
            "annotations": {"org.opencontainers.image.ref.name": "tools/count:1"},
        }
    ],
}
CONFIG: dict[str, Any] = {
    "os": "linux",
    "architecture": "amd64",
    "created": "2026-01-31T12:00:00Z",
    "config": {"Env": ["A=b"], "WorkingDir": "/work", "User": "1000:1000", "Labels": {"a": "b"}, "Volumes": {"/v": {}}},
    "rootfs": {"type": "layers", "diff_ids": [_DIGEST]},
}


def feed_manifest(data: bytes) -> None:
    """A manifest or an index, as a registry or an archive has it, here and on a node."""
    document_type(data)
    try:
        document = read_document(data, "registry.example.org/x")
        document.documents()
        document.blobs()
        assert isinstance(document.artifact_type, str)
        document.subject  # noqa: B018 - reads it
        if document.is_index:
            choose(read_entries(document.data, document.digest), "linux/amd64", "x")
        else:
            assert isinstance(document.manifest().size, int)
    except RecastError:
        pass
    with contextlib.suppress(Failure):
        on_node.read_manifest(data, f"sha256:{hashlib.sha256(data).hexdigest()}")


def feed_config(data: bytes) -> None:
    """The configuration of an image, here and on a node."""
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    manifest = on_node.Manifest("", on_node.Blob(digest, len(data)), [on_node.Blob(_DIGEST, 3)])
    with contextlib.suppress(Failure):
        on_node.read_diff_ids(data, manifest)
    with scratch() as folder:
        store = ImageStore(folder / "images")
        config = store.add_blob([data], "application/vnd.oci.image.config.v1+json")
        image = store.add_json({**MANIFEST, "config": config.as_json()}, MANIFEST["mediaType"]).digest
        try:
            read = store.config(image)
            json.dumps([read.platform, read.created, dict(read.env), read.workdir, read.user, dict(read.labels)])
        except RecastError:
            pass
    assert read_config(CONFIG, digest).platform == "linux/amd64"


def feed_store_index(data: bytes) -> None:
    """The index of an image store that somebody else has written."""
    with scratch() as folder:
        store = ImageStore(folder)
        store.create()
        (folder / "index.json").write_bytes(data)
        for read in (store.names, store.roots, lambda: store.resolve("tools/count:1")):
            with contextlib.suppress(RecastError):
                read()


BORDERS = [
    Border("manifest", feed_manifest, lambda: [json.dumps(one).encode() for one in (MANIFEST, INDEX)], mutated_json),
    Border("image-config", feed_config, lambda: [json.dumps(CONFIG).encode()], mutated_json),
    Border("store-index", feed_store_index, lambda: [json.dumps(INDEX).encode()], mutated_json),
]
