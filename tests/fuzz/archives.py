"""Archives: input archives (zip, tar, tar.gz) and archives of versions, as a file and as what may lie in one."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import subprocess
import zipfile
from collections.abc import Mapping
from typing import Any
from unittest import mock

from recast.catalogue.local import Catalogue
from recast.catalogue.statements.statements import SIGNATURE_TYPE, STATEMENT_TYPE
from recast.catalogue.transfer.archive_file import open_archive
from recast.catalogue.transfer.import_archive import import_archive
from recast.catalogue.version import CONFIG_TYPE, FILE_TYPE, TITLE, VERSION_TYPE
from recast.errors import RecastError
from recast.images import ImageStore, verify
from recast.images.manifest import MANIFEST_TYPE
from recast.inputs.filevalue import FileName
from recast.operations.search import search
from recast.prepare.crate import read_crate
from recast.registry.loading import load_images, save_image
from recast.remote.unpack import Bounds, unpack
from tests.fuzz.border import Border, scratch
from tests.fuzz.layers import tars
from tests.fuzz.mutations import mended_tar, mutated_bytes, mutated_json, mutated_tar
from tests.fuzz.words import STATEMENT
from tests.images.handmade import document, image, item, tar

__all__ = ["BORDERS", "VERSION"]

_BOUNDS = Bounds(most_files=200, most_bytes=4 << 20)

VERSION: dict[str, Any] = {
    "schema": 1,
    "analysis": "tiny-1",
    "version": "1.0.0",
    "metadata": {
        "title": "A tiny analysis",
        "collaboration": "ATLAS",
        "abstract": "Counts words.",
        "authority": "community",
        "sqrts_tev": 13,
        "luminosity_inv_fb": 139,
        "references": {"arxiv": "1908.03122"},
        "final_states": ["words"],
        "models": ["none"],
    },
    "input_schema": {"type": "object", "properties": {"q": {"type": "integer"}}},
    "examples": {"demo": {"description": "One.", "inputs": {"q": 1}}},
    "init": {},
    "results": [{"name": "limit", "type": "limit", "stage": "count", "output": "limits"}],
    "images": {"tools/count:1": "sha256:" + "ab" * 32},
    "validation": [],
    "workflow": "workflow.yml",
}


def feed_input_archive(data: bytes) -> None:
    """An input archive is unpacked below its folder, or refused; links are refused or left out."""
    for links_refused in (True, False):
        with scratch() as folder:
            archive, inside = folder / "archive", folder / "files"
            archive.write_bytes(data)
            inside.mkdir()
            try:
                done = unpack(archive, inside, _BOUNDS, str, links_refused=links_refused)
            except RecastError:
                pass
            else:
                assert all((inside / name).is_file() for name in done.files)
            paths = list(inside.rglob("*"))
            assert len(paths) <= 40 * _BOUNDS.most_files, "more folders than members can explain"
            assert not any(path.is_symlink() for path in paths)


def feed_version_archive(data: bytes) -> None:
    """The file of an archive of versions is opened and every document in it read."""
    with scratch() as folder:
        file = folder / "archive.tar"
        file.write_bytes(data)
        try:
            with open_archive(file) as archive:
                for document in archive.documents().values():
                    for blob in document.blobs():
                        for _ in archive.read_blob(blob.digest, blob.size):
                            pass
        except RecastError:
            pass


def feed_saved_images(data: bytes) -> None:
    """A file of docker save or of an OCI layout is loaded or refused; no name without a whole image behind it."""
    with scratch() as folder:
        file, store = folder / "saved.tar", ImageStore(folder / "images")
        file.write_bytes(data)
        with contextlib.suppress(RecastError):
            load_images(file, store)
        assert not store.names() or verify(store) == []


def _saved() -> list[bytes]:
    layer = tar(item("file", "a", b"1"))
    config = json.dumps(document([layer])).encode()
    listed = json.dumps([{"Config": "c.json", "RepoTags": ["a/b:1"], "Layers": ["one/layer.tar"]}]).encode()
    docker = tar(
        item("file", "c.json", config),
        item("file", "two/layer.tar", layer),
        item("link", "one/layer.tar", link="../two/layer.tar"),
        item("file", "manifest.json", listed),
    )
    with scratch() as folder:
        store = ImageStore(folder / "images")
        store.tag("a/b:1", image(store, layer, compress=True))
        save_image("a/b:1", store, folder / "oci.tar")
        return [docker, (folder / "oci.tar").read_bytes(), gzip.compress(docker, mtime=0)]


def feed_crate(data: bytes) -> None:
    """What a crate says of its run is taken or refused, and no file of the machine gets into the inputs."""
    with scratch() as folder:
        crate = folder / "crate"
        (crate / "spec").mkdir(parents=True)
        files = {"recast-run.json": data, "spec/workflow.yml": b"stages: []\n", "inputs/x/y.txt": b"1"}
        listed = []
        for name, content in files.items():
            (crate / name).parent.mkdir(parents=True, exist_ok=True)
            (crate / name).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            listed.append({"@id": name, "@type": "File", "sha256": digest, "contentSize": str(len(content))})
        (crate / "ro-crate-metadata.json").write_text(json.dumps({"@graph": listed}))
        with contextlib.suppress(RecastError), mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(folder)}):
            found = read_crate(crate)
            for value in found.offer().values.values():
                assert not isinstance(value, FileName) or value.startswith(str(folder))


def _runs_of_crates() -> list[bytes]:
    digest = "sha256:" + hashlib.sha256(b"1").hexdigest()
    said = {
        "schema": 1, "run": "ab", "workflow": "workflow.yml", "digest": None, "version": None,
        "pins": {"a/b:1": "sha256:" + "ab" * 32}, "given": {"x": "y.txt", "z": [1]},
        "resolved": {"x": "/recast/run/init/inputs/x/y.txt", "z": [1]}, "overrides": {"all": {"cpus": 2}},
        "init_files": [{"path": "inputs/x/y.txt", "digest": digest, "executable": False}],
        "sub_files": {"sub": [{"path": "y.txt", "digest": digest}]},
    }  # fmt: skip
    return [json.dumps(said).encode(), json.dumps({**said, "version": VERSION, "digest": digest}).encode()]


def feed_version(data: bytes) -> None:
    """A version of a stranger, in an archive that is sound, comes in or not; the catalogue works afterwards."""
    try:
        recipe = json.loads(data)
        if not isinstance(recipe, dict):
            return
        content = archive_of(recipe)
    except (ValueError, RecursionError, OverflowError):
        return
    with scratch() as folder:
        file, catalogue, images = folder / "a.tar", Catalogue(folder / "catalogue"), ImageStore(folder / "images")
        file.write_bytes(content)
        with mock.patch("recast.signing.ssh._ssh_keygen", _bad_signature):  # a program of its own, with its own border
            with contextlib.suppress(RecastError):
                import_archive(file, catalogue, images)
            _look_around(catalogue)


def _bad_signature(*_: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.CompletedProcess([], 255, b"", b"")


def _look_around(catalogue: Catalogue) -> None:
    """What the commands do that read a catalogue: none of them may end in a traceback."""
    names = catalogue.analyses()
    with mock.patch.multiple("recast.operations.search", _imported=lambda *_: [], _known=lambda *_: []):
        json.dumps([hit.as_json() for hit in search(["tiny"], catalogue)])
    for analysis, numbers in names.items():
        for number in numbers:
            try:
                version = catalogue.get(f"{analysis}@{number}")
                json.dumps(version.metadata, allow_nan=False)
                for path in version.files:
                    version.read(path)
                catalogue.standing(version).as_json()
                for name in version.examples:
                    version.check_inputs(version.example(name).inputs)
            except RecastError:
                pass


def archive_of(recipe: Mapping[str, Any]) -> bytes:
    """Return an archive whose digests and sizes hold, with documents as a recipe says, word for word."""
    blobs: dict[str, bytes] = {}

    def blob(content: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        blobs[digest] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content), **more}

    def as_bytes(value: Any) -> bytes:
        return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()

    files = recipe.get("files")
    layers = [
        blob(as_bytes(content), FILE_TYPE, annotations={TITLE: name})
        for name, content in (files.items() if isinstance(files, dict) else ())
    ]
    config = blob(as_bytes(recipe.get("config")), CONFIG_TYPE)
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "artifactType": VERSION_TYPE}
    change = recipe.get("manifest")
    manifest |= {"config": config, "layers": layers, **(change if isinstance(change, dict) else {})}
    top = blob(as_bytes(manifest), MANIFEST_TYPE)
    entries = [top]
    said = recipe.get("statements")
    for statement in said if isinstance(said, list) else ():
        words = statement.get("words") if isinstance(statement, dict) else statement
        if isinstance(words, dict):
            words = {**words, "digest": top["digest"] if words.get("digest") == "THIS" else words.get("digest")}
            words = json.dumps(words, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
        parts = [blob(as_bytes(words), STATEMENT_TYPE)]
        if isinstance(statement, dict) and "signature" in statement:
            parts.append(blob(as_bytes(statement["signature"]), SIGNATURE_TYPE))
        note = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "artifactType": STATEMENT_TYPE, "subject": top}
        note |= {"config": blob(b"{}", "application/vnd.oci.empty.v1+json"), "layers": parts}
        if isinstance(statement, dict) and isinstance(statement.get("manifest"), dict):
            note |= statement["manifest"]
        entries.append(blob(as_bytes(note), MANIFEST_TYPE))
    index = {"schemaVersion": 2, "manifests": entries}
    return tar(
        item("file", "oci-layout", b'{"imageLayoutVersion":"1.0.0"}'),
        item("file", "index.json", json.dumps(index).encode()),
        *(item("file", f"blobs/sha256/{digest[7:]}", content) for digest, content in blobs.items()),
    )


def _recipe() -> dict[str, Any]:
    return {
        "config": VERSION,
        "files": {"workflow.yml": "stages: []\n", "files/a.txt": "a"},
        "manifest": {"annotations": {"a": "b"}},
        "statements": [
            {"words": {**STATEMENT, "digest": "THIS"}, "signature": "-----BEGIN SSH SIGNATURE-----\nU1NI\n"}
        ],
    }


def _recipes() -> list[bytes]:
    signed, unsigned = _recipe(), _recipe()
    del unsigned["statements"][0]["signature"]
    return [json.dumps(unsigned).encode(), json.dumps(signed).encode()]


def _zips() -> list[bytes]:
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", "b" * 300)
        archive.writestr("c.txt", "c", zipfile.ZIP_STORED)
        archive.writestr("d/", "")
        link = zipfile.ZipInfo("l")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "a/b.txt")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("e.txt", "e" * 100)
    return [plain.getvalue(), packed.getvalue(), *tars()[:2], gzip.compress(tar(item("file", "a/b", b"1")), mtime=0)]


def _mutated_archive(data: bytes, rng: Any) -> bytes:
    return mutated_tar(data, rng) if data[257:262] == b"ustar" else mutated_bytes(data, rng)


def _mended(data: bytes) -> bytes:
    return mended_tar(data) if data[257:262] == b"ustar" else data


BORDERS = [
    Border("input-archive", feed_input_archive, _zips, _mutated_archive, _mended, examples=80),
    Border(
        "version-archive", feed_version_archive, lambda: [archive_of(_recipe())], mutated_tar, mended_tar, examples=150
    ),
    Border("saved-images", feed_saved_images, _saved, _mutated_archive, _mended, examples=80),
    Border("crate-run", feed_crate, _runs_of_crates, mutated_json, examples=60),
    Border("version", feed_version, _recipes, mutated_json, examples=40),
]
