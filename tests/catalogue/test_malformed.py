"""A version that is whole and malformed, as a stranger makes one: refused at the door, and where it is in already it
stands in nobody's way."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from catalogue_parts import Checkout, entry_with

from recast.catalogue import Catalogue, PublishedVersion
from recast.catalogue.form import DEEPEST, MOST_FOLDERS, check_files
from recast.catalogue.load import load_version
from recast.catalogue.publishing.publish import publish
from recast.catalogue.store import CatalogueStore
from recast.catalogue.transfer.export_archive import export_archive
from recast.catalogue.transfer.import_archive import import_archive
from recast.catalogue.version import CONFIG_TYPE, FILE_TYPE, TITLE, VERSION_TYPE
from recast.errors import EntryError, InputError, RecastError, StoreError
from recast.images import ImageStore
from recast.paths import places

Change = Callable[[dict[str, Any]], None]


def put(*keys: str | int, value: Any) -> Change:
    def change(config: dict[str, Any]) -> None:
        here: Any = config
        for key in keys[:-1]:
            here = here[key]
        if value is ...:
            del here[keys[-1]]
        else:
            here[keys[-1]] = value

    return change


def written(version: PublishedVersion, store: CatalogueStore, change: Change, paths: tuple[str, ...] = ()) -> str:
    """Put a version with another configuration, and more files, into a store; return its digest."""
    config = copy.deepcopy(dict(version.config))
    change(config)
    names = {**{path: version.read(path) for path in version.files}, **dict.fromkeys(paths, b"x")}
    layers = [{**store.add(it, FILE_TYPE).as_json(), "annotations": {TITLE: path}} for path, it in names.items()]
    content = store.add(json.dumps(config).encode(), CONFIG_TYPE).as_json()
    manifest = {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": VERSION_TYPE,
        "config": content, "layers": layers,
    }  # fmt: skip
    return store.add(json.dumps(manifest).encode(), manifest["mediaType"]).digest


MALFORMED = {
    "metadata-missing": put("metadata", value=...),
    "metadata-list": put("metadata", value=[]),
    "title-missing": put("metadata", "title", value=...),
    "title-number": put("metadata", "title", value=5),
    "title-half-a-character": put("metadata", "title", value="\ud800"),
    "energy-nan": put("metadata", "sqrts_tev", value=float("nan")),
    "energy-infinite": put("metadata", "sqrts_tev", value=float("inf")),
    "energy-too-large": put("metadata", "sqrts_tev", value=10**400),
    "references-text": put("metadata", "references", value="arXiv"),
    "references-deep": put("metadata", "references", "inspire", value={"a": 1}),
    "models-numbers": put("metadata", "models", value=[1]),
    "validity-text": put("metadata", "validity", value="everywhere"),
    "schema-list": put("input_schema", value=[]),
    "properties-list": put("input_schema", "properties", value=[]),
    "property-number": put("input_schema", "properties", "words", value=5),
    "required-numbers": put("input_schema", "required", value=[1]),
    "examples-list": put("examples", value=[]),
    "example-inputs": put("examples", "demo", "inputs", value=[]),
    "results-type": put("results", 0, "type", value="../secret"),
    "images-number": put("images", "tools/count:1", value=5),
    "images-no-digest": put("images", "tools/count:1", value="latest"),
    "images-no-name": put("images", "../x", value="sha256:" + "0" * 64),
    "validation-kind": put("validation", 0, "kind", value="exact"),
    "validation-published": put("validation", 0, "published", value="0.5"),
    "validation-unknown-key": put("validation", 0, "more", value=1),
    "scan-axes": put("scan", value={"axes": "m1"}),
    "init-number": put("init", "table", value=5),
    "workflow-missing": put("workflow", value="other.yml"),
    "analysis-long": put("analysis", value="a" * 200),
    "version-long": put("version", value="1.0.0-" + "a" * 200),
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED.keys())
def test_each_malformed_configuration_is_refused(change, published, catalogue):
    digest = written(published, catalogue.store, change)
    with pytest.raises(StoreError) as caught:
        load_version(catalogue.store, digest, "tiny-1@1.0.1")
    assert caught.value.code == "catalogue.corrupt"
    assert "recast catalogue rm tiny-1@1.0.1" in caught.value.next_step
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(("paths", "words"), [
    (("a/" * (DEEPEST + 1) + "x",), "too deep"),
    (("a/b", "a"), "a file and a folder"),
    (("x" * 300,), "too long"),
    (("é" * 200,), "too long"),
    (tuple(f"{i}/x" for i in range(MOST_FOLDERS + 1)), "folders"),
    (("a", "a"), "two files"),
])  # fmt: skip
def test_files_that_make_too_many_or_too_deep_folders_are_refused(paths, words):
    with pytest.raises(ValueError, match=words):
        check_files(paths)


def test_the_files_of_a_version_are_bounded(published, catalogue):
    wide = tuple(f"{number}/a/b/c/d/e/f/g/h/i/x" for number in range(MOST_FOLDERS // 10 + 1))
    for paths in [("a/" * 200 + "x",), wide]:
        digest = written(published, catalogue.store, lambda _: None, paths)
        with pytest.raises(StoreError, match="damaged"):
            load_version(catalogue.store, digest)


def test_an_archive_of_a_malformed_version_is_refused_and_names_nothing(published, catalogue, tmp_path, monkeypatch):
    there = Catalogue(tmp_path / "there")
    with monkeypatch.context() as strangers:
        strangers.setattr("recast.catalogue.load.check_form", lambda _: None)
        digest = written(published, catalogue.store, put("metadata", "title", value=5))
        version = load_version(catalogue.store, digest)
        strangers.setattr("recast.catalogue.transfer.export_archive.readme", lambda *_, **__: "")
        strangers.setattr("recast.catalogue.transfer.export_archive.licences", lambda *_, **__: "")
        export_archive(version, None, tmp_path / "a.tar")
    with pytest.raises(RecastError) as caught:
        import_archive(tmp_path / "a.tar", there, ImageStore(tmp_path / "images"))
    assert isinstance(caught.value, (InputError, StoreError, EntryError))
    assert there.store.names() == {}


@pytest.fixture
def crowded(home, tmp_path) -> Catalogue:
    """This installation's catalogue: a sound analysis, and malformed ones as an older recast let them in."""
    local = Catalogue()
    sound = publish(Checkout(tmp_path / "sound").entry, local.store).version
    for number, change in enumerate(MALFORMED.values()):
        try:
            digest = written(sound, local.store, change)
            local.store.tag(f"bad-{number}", "1.0.0", digest)
        except RecastError:
            pass
    checkout = Checkout(tmp_path / "newer")
    checkout.write_entry(entry_with({"/versions/0/version": "1.1.0"}))
    newer = publish(checkout.entry, Catalogue(tmp_path / "scratch").store).version
    local.store.tag("tiny-1", "1.1.0", written(newer, local.store, put("metadata", "title", value=5)))
    return local


def test_lists_go_on_without_what_is_malformed_and_name_it(crowded, recast):
    listed = recast("catalogue", "ls", "-o", "json")
    assert listed.code == 0, listed.err
    rows = {row["analysis"]: row for row in listed.json}
    assert rows["tiny-1"]["version"] == "1.0.0"
    assert len(rows) == len(MALFORMED) + 1
    assert {row["state"] for name, row in rows.items() if name != "tiny-1"} == {"damaged"}
    found = recast("catalogue", "search", "tiny", "-o", "json")
    assert [row["analysis"] for row in found.json][:1] == ["tiny-1"]
    assert "bad-0 cannot be read" in found.err
    logged = recast("catalogue", "log", "tiny-1", "-o", "json")
    assert {row["version"] for row in logged.json} == {"1.0.0"}
    assert "tiny-1@1.1.0 cannot be read" in logged.err
    damaged = recast("catalogue", "show", "tiny-1@1.1.0")
    assert damaged.code == 4
    assert "recast catalogue rm tiny-1@1.1.0" in damaged.err
    assert recast("catalogue", "rm", "tiny-1@1.1.0").code == 0
    assert recast("catalogue", "ls").code == 0


def image(store: ImageStore, word: str) -> str:
    layer = store.add_blob([word.encode()], "application/vnd.oci.image.layer.v1.tar")
    return store.add_image(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}, [layer]
    )


def test_collecting_garbage_goes_on_and_keeps_what_a_malformed_version_may_need(crowded, recast):
    images = ImageStore(places().image_store)
    wanted, dead = image(images, "wanted"), image(images, "dead")
    sound = crowded.get("tiny-1@1.0.0")
    change = put("metadata", "title", value=5)

    def both(config: dict[str, Any]) -> None:
        change(config)
        config["images"] = {"a/b:1": wanted, "a/c:1": images.manifest(wanted).layers[0].digest, "a/d:1": 7}

    crowded.store.tag("needs", "1.0.0", written(sound, crowded.store, both))
    done = recast("image", "gc", "-o", "json")
    assert done.code == 0, done.err
    assert "needs@1.0.0 cannot be read" in done.err
    assert (images.has_blob(wanted), images.has_blob(dead)) == (True, False)


def test_collecting_garbage_keeps_everything_if_what_is_needed_is_unknown(crowded, recast):
    images = ImageStore(places().image_store)
    kept = image(images, "perhaps")
    (images.root / "blobs/sha256/.1.ab.tmp").write_bytes(b"half")
    digest = written(crowded.get("tiny-1@1.0.0"), crowded.store, put("metadata", "title", value=6))
    crowded.store.tag("lost", "1.0.0", digest)
    config = json.loads(crowded.store.read(digest))["config"]["digest"]
    crowded.store.path(config).write_bytes(b"gone")
    done = recast("image", "gc", "-o", "json")
    assert done.code == 0, done.err
    assert [item["kind"] for item in done.json["garbage"]] == ["temporary"]
    assert "only temporary files are deleted" in done.err
    assert "recast catalogue rm lost@1.0.0" in done.err
    assert images.has_blob(kept)
    assert recast("catalogue", "rm", "lost@1.0.0").code == 0
    assert recast("image", "gc").code == 0
    assert not images.has_blob(kept)


def test_a_damaged_imported_entry_keeps_images_until_it_is_forgotten(home, recast):
    images = ImageStore(places().image_store)
    kept = image(images, "perhaps")
    folder = places().state_dir / "imported"
    folder.mkdir(parents=True)
    (folder / "some.json").write_text("{")
    done = recast("image", "gc")
    assert done.code == 0, done.err
    assert "recast catalogue rm some" in done.err
    assert images.has_blob(kept)
    assert recast("catalogue", "rm", "some").code == 0
    assert recast("image", "gc").code == 0
    assert not images.has_blob(kept)
