"""Images that each site builds stand beside a version: its digest is the same everywhere, and what ran is known."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from catalogue_parts import DIGEST, Checkout, about, add_recipe, plant

from recast.catalogue import Catalogue
from recast.catalogue.load import load_version
from recast.catalogue.publishing.publish import publish
from recast.catalogue.statements.statements import Statement, read_statement
from recast.catalogue.transfer.export_archive import export_archive
from recast.catalogue.transfer.import_archive import import_archive
from recast.catalogue.validate import keep_evidence, read_evidence
from recast.catalogue.version import CONFIG_TYPE, TITLE, VERSION_TYPE
from recast.errors import EntryError, StoreError
from recast.images import ImageLock, ImageStore, Pin, write_lock
from recast.images.building.source import source_key
from recast.images.lock import load_lock

OTHER = "sha256:" + "cd" * 32
NAME = "tools/count:1"


@pytest.fixture
def site(tmp_path):
    """Make the checkout of a site that has built the image with this digest."""

    def make(name: str, digest: str = DIGEST) -> Checkout:
        checkout = Checkout(tmp_path / name)
        add_recipe(checkout.spec, "tools/count")
        checkout.write_lock(digest)
        return checkout

    return make


def published(checkout, tmp_path, name):
    return publish(checkout.entry, Catalogue(tmp_path / name).store).version


def test_two_sites_that_build_for_themselves_have_one_version(site, tmp_path):
    ours, theirs = published(site("a"), tmp_path, "store-a"), published(site("b", OTHER), tmp_path, "store-b")
    assert ours.digest == theirs.digest
    assert ours.config["images"] == {}
    assert (ours.pins, theirs.pins) == ({NAME: DIGEST}, {NAME: OTHER})
    again = Catalogue(tmp_path / "store-b").get("tiny-1")
    assert again.pins == {NAME: OTHER}


def test_an_image_that_is_built_anew_is_said_anew_under_the_same_digest(site, tmp_path):
    checkout = site("a")
    first = published(checkout, tmp_path, "store")
    checkout.write_lock(OTHER)
    second = published(checkout, tmp_path, "store")
    assert (second.digest, second.pins) == (first.digest, {NAME: OTHER})
    said = [it.statement.images for it in Catalogue(tmp_path / "store").book(second).entries()]
    assert sorted(it[NAME] for it in said) == [DIGEST, OTHER]


@pytest.mark.parametrize("file", ["Containerfile", "table.txt"])
def test_another_recipe_is_another_version(site, tmp_path, file):
    checkout = site("a")
    published(checkout, tmp_path, "store")
    path = checkout.spec / "images/count" / file
    path.write_text(path.read_text() + "# more\n")
    with pytest.raises(EntryError, match="never changes"):
        published(checkout, tmp_path, "store")


def test_the_key_of_a_recipe_counts_its_bases_and_no_modes(tmp_path):
    specs = tmp_path / "specs"
    folder = add_recipe(specs / "one/1.0.0", "tools/count")
    file = folder / "Containerfile"
    file.write_text(file.read_text().replace("example.org/base@sha256:" + "cd" * 32, "house/base:1"))
    base = specs / "base-images/base"
    base.mkdir(parents=True)
    recipe = "name: house/base\ntag: '1'\nsuite: bookworm\ntimestamp: 1\npackages: [{}]\n"
    (base / "recipe.yml").write_text(recipe.format("jq"))
    keys = [source_key(file, specs / "one/1.0.0")]
    (folder / "table.txt").chmod(0o600)
    keys.append(source_key(file, specs / "one/1.0.0"))
    (base / "recipe.yml").write_text(recipe.format("make"))
    keys.append(source_key(file, specs / "one/1.0.0"))
    assert keys[0] == keys[1] != keys[2]


def test_an_image_of_a_registry_stays_in_the_version(site, tmp_path):
    checkout = site("a")
    pin = replace(load_lock(checkout.spec).images[NAME], source="registry")
    write_lock(checkout.spec, ImageLock({NAME: pin}))
    version = published(checkout, tmp_path, "store")
    assert version.config["images"] == {NAME: DIGEST}
    assert "recipes" not in version.config


def test_an_image_upon_a_tag_stays_in_the_version(site, tmp_path):
    checkout = site("a")
    path = checkout.spec / "images/count/Containerfile"
    path.write_text(path.read_text().replace("example.org/base@sha256:" + "cd" * 32, "example.org/base:latest"))
    assert source_key(path, checkout.spec) is None
    assert published(checkout, tmp_path, "store").config["images"] == {NAME: DIGEST}


def test_a_stranger_slips_no_image_under_bytes_that_somebody_vouches_for(site, tmp_path):
    version = published(site("a"), tmp_path, "store")
    plant(version, replace(about(version), images={NAME: OTHER}, when="2040-01-01T00:00:00Z"))
    assert Catalogue(tmp_path / "store").get("tiny-1").pins == {NAME: DIGEST}


def test_of_a_version_that_nobody_vouches_for_his_words_are_all_there_is(site, tmp_path):
    version = published(site("a"), tmp_path, "store")
    plant(version, replace(about(version), images={NAME: OTHER, "not/of-it:1": OTHER}))
    (tmp_path / "store/said_here").unlink()
    for entry in Catalogue(tmp_path / "store").book(version).entries():
        assert not entry.here
    assert Catalogue(tmp_path / "store").get("tiny-1").pins in ({NAME: OTHER}, {NAME: DIGEST})


@pytest.mark.parametrize("images", [["x"], {"a b": DIGEST}, {NAME: "sha256:12"}, {NAME: 3}])
def test_a_statement_with_images_that_are_none_is_none(site, tmp_path, images):
    version = published(site("a"), tmp_path, "store")
    document = {"schema": 1, **about(version).as_json(), "images": images}
    with pytest.raises(ValueError):
        read_statement(json.dumps(document).encode())


@pytest.mark.parametrize(
    "recipe",
    [{"folder": "../..", "key": DIGEST}, {"folder": "/etc", "key": DIGEST}, {"folder": "images/x", "key": "sha256:1"},
     {"folder": "images/x"}, {"folder": 3, "key": DIGEST}, "x", {"folder": "x", "key": DIGEST, "minutes": "many"}],
)  # fmt: skip
def test_a_version_with_recipes_that_are_none_is_none(site, tmp_path, recipe):
    version = published(site("a"), tmp_path, "store")
    config = {**version.config, "recipes": {NAME: recipe}}
    layers = [{"digest": it, "size": 1, "annotations": {TITLE: path}} for path, it in version.files.items()]
    digest = version.store.add_manifest(config, CONFIG_TYPE, layers, VERSION_TYPE)
    with pytest.raises(StoreError, match="damaged"):
        load_version(version.store, digest)


def test_statements_without_images_have_the_bytes_that_they_had(site, tmp_path):
    said = about(published(site("a"), tmp_path, "store"))
    assert "images" not in said.as_json()
    assert isinstance(said, Statement)


def test_what_was_validated_with_another_image_says_nothing_of_this_one(site, tmp_path, home):
    checkout = site("a")
    version = published(checkout, tmp_path, "store")
    keep_evidence(version, [{"name": "a", "verdict": "passed"}])
    assert read_evidence(version) is not None
    checkout.write_lock(OTHER)
    assert read_evidence(published(checkout, tmp_path, "store")) is None


# -- the images travel: archives and registries


def with_recipes(author) -> None:
    """Let both images of the busybox entry come from recipes."""
    for name in ("recast/busybox", "recast/other"):
        add_recipe(author.checkout.spec, name)


def test_an_archive_brings_the_images_that_were_built(author, machine, tmp_path):
    with_recipes(author)
    published = author.ok("publish", author.checkout.entry)
    file = tmp_path / "tiny.oci.tar"
    author.ok("catalogue", "export", "tiny-1@1.0.0", "--with-images", file)
    other = machine("reader")
    (brought,) = other.ok("catalogue", "import", file)
    assert brought["digest"] == published["digest"]
    assert brought["missing_images"] == []
    shown = other.ok("catalogue", "show", "tiny-1")
    assert shown["images"] == author.checkout.digests
    assert other("run", "tiny-1", "--example", "demo", "-q").code == 0


def test_an_archive_without_images_says_that_they_are_missing(author, tmp_path):
    with_recipes(author)
    author.ok("publish", author.checkout.entry)
    version = author.catalogue.get("tiny-1")
    file = tmp_path / "tiny.oci.tar"
    export_archive(version, None, file)
    (brought,) = import_archive(file, Catalogue(tmp_path / "c"), ImageStore(tmp_path / "i"))
    assert set(brought.missing) == set(author.checkout.digests)


def test_a_registry_brings_them_too_and_keeps_those_that_came_first(author, machine, registry):
    assert shutil.which("docker-registry")
    place = f"oci://{registry.host}/t/built-images"
    with_recipes(author)
    sent = author.ok("publish", author.checkout.entry, "--to", place, "--reason", "nothing to compare with")
    other = machine("reader")
    run = other("run", f"{place}:1.0.0", "--example", "demo", "-q")
    assert run.code == 0, run.err
    shown = other.ok("show", run.out.strip())
    assert shown["digest"] == sent["digest"]
    assert {step["image_run"] for step in shown["steps"][1:]} == set(author.checkout.digests.values())

    same = author.checkout.digests["recast/busybox:1"]  # as if the other recipe had become this one today
    pins = dict.fromkeys(author.checkout.digests, Pin(same, "linux/amd64", 1, "2026-01-01T00:00:00Z", "build"))
    write_lock(author.checkout.spec, ImageLock(pins))
    refused = author("publish", author.checkout.entry, "--to", place, "--reason", "nothing to compare with")
    assert refused.code == 3
    assert "other images" in refused.err
