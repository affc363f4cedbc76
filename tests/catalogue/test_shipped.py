"""Searches that come along with the program: seen by every command, and taken into the catalogue when they are used."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time

import pytest
from catalogue_parts import BusyboxCheckout, Checkout, add_recipe, busybox_entry, entry_with

from recast.catalogue import Catalogue
from recast.catalogue import ready as ready_module
from recast.catalogue.entries.local_workflow import UNBUILT
from recast.catalogue.publishing.publish import publish
from recast.catalogue.ready import Needed, make_ready, needed, take_in
from recast.catalogue.transfer.find import find_version
from recast.cli.app import run
from recast.errors import EntryError, ImageError
from recast.images import ImageStore
from recast.images.building.build import BuiltImage
from recast.operations.search import search
from recast.paths import places
from tests.conftest import ROOT

COST = {"recast/busybox:1": {"size_mb": 350, "minutes": 3}}


@pytest.fixture
def along(home, tmp_path, monkeypatch):
    """A package whose entry comes along: its images have recipes, and nobody built them here."""
    store = ImageStore(tmp_path / "elsewhere")
    checkout = BusyboxCheckout(tmp_path / "package", store)
    for name in ("recast/busybox", "recast/other"):
        add_recipe(checkout.spec, name)
    checkout.write_entry(busybox_entry({"/versions/0/images": COST}))
    (checkout.spec / "images.lock.json").unlink()
    monkeypatch.setenv("RECAST_SHIPPED", str(checkout.entry.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return checkout


@pytest.fixture
def builder(monkeypatch, along):
    """Stands for buildah: it brings the images that were built elsewhere; `count` says how often."""
    calls = []

    def build(spec, store, options, say, registries):
        calls.append(sorted(path.parent.name for path in spec.glob("images/*/Containerfile")))
        from recast.catalogue.copy_tree import copy_tree

        for name, digest in along.digests.items():
            copy_tree(along.images, digest, store)
            store.tag(name, digest)
        return [BuiltImage(name, digest, 1, False, 0.1) for name, digest in along.digests.items()]

    monkeypatch.setattr("recast.images.building.build.build_images", build)
    return calls


def said(capsys, *arguments):
    code = run([*arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_every_command_sees_what_nobody_made_ready(along, capsys):
    code, out, _ = said(capsys, "catalogue", "ls", "-o", "json")
    (row,) = json.loads(out)
    assert (code, row["analysis"], row["version"]) == (0, "tiny-1", "1.0.0")
    assert "image recast/busybox:1 not here: 350 MB of disk, about 3 minutes" in row["images"]
    (hit,) = search(["tiny"])
    assert (hit.analysis, hit.images) == ("tiny-1", row["images"])
    _, out, _ = said(capsys, "catalogue", "show", "tiny-1")
    assert "350 MB of disk, about 3 minutes" in out
    assert "recast catalogue get tiny-1@1.0.0" in out
    code, out, _ = said(capsys, "plan", "tiny-1", "--example", "demo", "-o", "json")
    assert code == 0
    assert [step["action"] for step in json.loads(out)["steps"]] == ["run", "run", "run"]
    assert said(capsys, "show", "inputs", "tiny-1", "--template")[0] == 0
    assert not (places().catalogue_store / "index.json").exists(), "to look at something writes nothing"


def test_nothing_is_built_without_a_yes_and_wrong_inputs_are_said_before(along, builder, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, out, err = said(capsys, "run", "tiny-1", "--example", "demo")
    assert (code, out, builder) == (4, "", [])
    assert "350 MB of disk, about 3 minutes" in err
    assert "recast catalogue get tiny-1@1.0.0 --yes" in err
    assert said(capsys, "run", "tiny-1", "-p", "words=3", "--yes")[0] == 3
    assert builder == []
    assert not (places().catalogue_store / "index.json").exists()


def test_a_search_is_made_ready_once(along, builder, capsys):
    code, out, err = said(capsys, "catalogue", "get", "tiny-1", "--yes", "-o", "json")
    assert (code, builder) == (0, [["busybox", "other"]]), err
    assert "not signed" not in err, "it is this program's own"
    assert json.loads(out)["versions"][0]["images"] == along.digests
    assert said(capsys, "catalogue", "get", "--all")[0] == 0  # nothing to be asked
    assert len(builder) == 1
    (row,) = json.loads(said(capsys, "catalogue", "ls", "-o", "json")[1])
    assert row["images"] == "here"
    code, out, err = said(capsys, "run", "tiny-1", "--example", "demo", "-q")
    assert code == 0, err
    request = json.loads((places().runs / out.strip() / "request.json").read_text())
    assert request["pins"] == along.digests, "what ran is recorded"
    assert Catalogue().standing(Catalogue().get("tiny-1")).vouched
    code, out, err = said(capsys, "run", "tiny-1", "--example", "demo", "-q")
    assert (code, len(builder)) == (0, 1)
    assert "not signed" not in err


def test_what_comes_along_has_the_digest_that_it_has_when_it_is_published(along, tmp_path):
    digest = Catalogue().get("tiny-1").digest
    other = BusyboxCheckout(tmp_path / "other", ImageStore(tmp_path / "other-images"))
    for name in ("recast/busybox", "recast/other"):
        add_recipe(other.spec, name)
    other.write_entry(busybox_entry({"/versions/0/images": COST}))
    assert publish(other.entry, Catalogue(tmp_path / "store").store).version.digest == digest


def test_somebody_who_says_no_gets_nothing(along, builder):
    version = Catalogue().get("tiny-1")

    def no(_, missing):
        assert [it.name for it in missing] == ["recast/busybox:1", "recast/other:1"]
        raise ImageError("no")

    with pytest.raises(ImageError, match="no"):
        make_ready(version, places(), consent=no)
    assert builder == []


def test_other_recipes_than_those_of_the_version_are_not_built(along, builder, monkeypatch):
    version = Catalogue().get("tiny-1")
    monkeypatch.setattr("recast.images.building.source._VERSION", 2)  # as if a base of this program were another one
    with pytest.raises(EntryError, match="cannot be built by this program"):
        make_ready(version, places(), consent=lambda *_: None)
    assert builder == []


def test_recipes_of_a_stranger_are_not_built(along, builder, monkeypatch):
    store = Catalogue().store
    publish_as_stranger(along, store)
    monkeypatch.setenv("RECAST_SHIPPED", "")
    version = Catalogue().get("tiny-1")
    assert needed(version, ImageStore(places().image_store))
    with pytest.raises(ImageError, match="needs images that are not here") as refused:
        make_ready(version, places(), consent=lambda *_: None)
    assert refused.value.code == "image.not-here"
    assert builder == []


def publish_as_stranger(checkout, store, **changes):
    """Put a version into the catalogue that nobody says anything about."""
    from recast.catalogue.entries.entry import load_entry
    from recast.catalogue.publishing.bundle import read_bundle
    from recast.catalogue.publishing.publish import enter, stage

    source = load_entry(checkout.entry)
    version = stage(read_bundle(source, source.entry.version(None), unbuilt=True), store)
    enter(version, store)
    return version


def test_a_stranger_does_not_get_a_number_that_comes_along(along, tmp_path):
    theirs = Checkout(tmp_path / "stranger")
    theirs.write_entry(entry_with({"/title": "Forged"}))
    forged = publish_as_stranger(theirs, Catalogue().store)
    genuine = Catalogue().get("tiny-1")
    assert genuine.metadata["title"] != "Forged"
    told = []
    taken = take_in(genuine, Catalogue(), told.append)
    assert forged.digest in told[0]
    assert Catalogue().store.index() == {("tiny-1", "1.0.0"): taken.digest}


def test_what_the_user_published_stays_and_it_is_said(along, tmp_path):
    own = Checkout(tmp_path / "own")
    own.write_entry(entry_with({"/title": "Mine"}))
    publish(own.entry, Catalogue().store)
    found = find_version("tiny-1")
    assert found.version.metadata["title"] == "Mine"
    assert any("recast catalogue rm tiny-1@1.0.0" in line for line in found.warnings)


def test_an_edited_entry_is_another_version_at_once_and_a_broken_one_says_why(along):
    before = Catalogue().get("tiny-1").digest
    time.sleep(0.01)
    along.write_entry(busybox_entry({"/title": "Another title"}))
    assert Catalogue().get("tiny-1").digest != before
    along.entry.write_text("analysis: tiny-1\n")
    assert Catalogue().analyses() == {}
    with pytest.raises(EntryError) as caught:
        Catalogue().get("tiny-1")
    assert str(along.entry) in caught.value.where


def test_states_of_the_past_are_cleared(along, tmp_path):
    for number in range(7):
        along.write_entry(busybox_entry({"/title": f"Title {number}"}))
        os.utime(along.entry, ns=(number, number))
        assert Catalogue().get("tiny-1").metadata["title"] == f"Title {number}"
    assert len(list((tmp_path / "cache/recast/shipped").iterdir())) <= 4


def test_an_image_that_another_search_needed_is_not_asked_for_again(along, builder):
    version = make_ready(Catalogue().get("tiny-1"), places(), consent=lambda *_: None)
    images = ImageStore(places().image_store)
    keys = ready_module.keys_here(Catalogue(), images)
    assert {recipe["key"] for recipe in version.recipes.values()} == keys
    assert needed(Catalogue().shipped and version, ImageStore(places().image_store), keys) == []


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        ((350, 3), "image a:1 not here: 350 MB of disk, about 3 minutes"),
        ((350, 1), "image a:1 not here: 350 MB of disk, about 1 minute"),
        ((None, None), "image a:1 not here"),
    ],
)
def test_what_is_missing_is_said_in_words(cost, words):
    assert str(Needed("a:1", *cost)) == words


def test_a_plan_holds_a_place_for_an_image_that_is_not_built(along):
    from recast.prepare.source import from_version

    assert set(from_version(Catalogue().get("tiny-1")).pins.values()) == {UNBUILT}


def test_the_six_searches_are_whole_and_say_what_their_images_cost(home, tmp_path, monkeypatch):
    monkeypatch.setenv("RECAST_SHIPPED", str(ROOT / "catalogue"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    local = Catalogue()
    assert local.shipped is not None
    assert local.shipped.problems() == {}
    names = {path.stem for path in (ROOT / "catalogue").glob("*.yml")}
    assert set(local.analyses()) == names
    assert len(names) >= 6
    for name in names:
        version = local.get(name)
        assert version.config["images"] == {}, "no digest of somebody's machine"
        missing = needed(version, ImageStore(tmp_path / "none"))
        assert missing
        assert all(re.search(r"\d+ MB of disk, about \d", str(it)) for it in missing), name


def test_what_is_said_of_a_search_that_came_along_takes_it_in(along, capsys):
    code, out, err = said(capsys, "catalogue", "deprecate", "tiny-1@1.0.0", "--reason", "old", "-o", "json")
    assert code == 0, err
    assert json.loads(out)["state"] == "deprecated"
    assert Catalogue().store.index()


def test_it_is_published_to_a_registry_only_with_its_images(along, capsys):
    code, out, _ = said(capsys, "publish", "tiny-1@1.0.0", "--dry-run", "-o", "json")
    present = next(check for check in json.loads(out)["checks"] if check["check"] == "present")
    assert (code, present["verdict"]) == (0, "warning")
    assert "which was not built here" in present["why"]
    assert "recast catalogue get tiny-1@1.0.0" in present["next"]


def test_a_plan_says_what_has_to_be_built_first(along, builder, capsys):
    assert "350 MB of disk" in said(capsys, "plan", "tiny-1", "--example", "demo")[2]
    make_ready(Catalogue().get("tiny-1"), places(), consent=lambda *_: None)
    assert "MB of disk" not in said(capsys, "plan", "tiny-1", "--example", "demo")[2]


@pytest.mark.parametrize(("answer", "code", "builds"), [(False, 4, 0), (True, 0, 1)])
def test_a_terminal_is_asked(along, builder, capsys, monkeypatch, answer, code, builds):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.confirm", lambda *_, **__: answer)
    assert said(capsys, "catalogue", "get", "tiny-1")[0] == code
    assert len(builder) == builds


def test_where_nothing_can_be_unpacked_the_catalogue_still_works(along, tmp_path, capsys, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file/cache"))
    own = Checkout(tmp_path / "own")
    own.write_entry(entry_with({"/analysis": "other-1"}))
    publish(own.entry, Catalogue().store)
    assert Catalogue().get("other-1").analysis == "other-1"
    code, out, err = said(capsys, "catalogue", "ls", "-o", "csv")
    assert (code, out.count("other-1"), out.count("tiny-1")) == (0, 1, 0)
    assert "cannot be unpacked" in err
    code, _, err = said(capsys, "run", "tiny-1")
    assert code == 4
    assert "export XDG_CACHE_HOME=DIR" in err


def test_a_search_that_is_ready_starts_quickly(along, builder):
    make_ready(Catalogue().get("tiny-1"), places(), consent=lambda *_: None)
    code = (
        "import sys; from recast.catalogue import Catalogue; from recast.catalogue.ready import make_ready; "
        "from recast.paths import places; make_ready(Catalogue().get('tiny-1'), places()); "
        "sys.exit(any(name in sys.modules for name in ('pydantic', 'jsonschema', 'httpx2')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_template_of_each_example_is_a_file_that_runs(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RECAST_SHIPPED", str(ROOT / "catalogue"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    local = Catalogue()
    for name in local.analyses():
        for example in local.get(name).examples:
            code, text, err = said(capsys, "show", "inputs", name, "--template", "--example", example)
            assert code == 0, err
            (tmp_path / "inputs.yml").write_text(text)
            code, _, err = said(capsys, "plan", name, "--inputs", str(tmp_path / "inputs.yml"))
            assert code == 0, f"{name} {example}: {err}"


def with_images(author, *names):
    for name in names or ("recast/busybox", "recast/other"):
        add_recipe(author.checkout.spec, name)
    author.ok("publish", author.checkout.entry)


def test_an_archive_of_what_comes_along_brings_its_images(author, machine, tmp_path):
    with_images(author)
    file = tmp_path / "tiny.oci.tar"
    author.ok("catalogue", "export", "tiny-1@1.0.0", "--with-images", file)
    other, along = machine("reader"), {"RECAST_SHIPPED": str(author.checkout.entry.parent)}
    assert other("run", "tiny-1", "--example", "demo", **along).code == 4, "nobody built them here"
    (brought,) = other.ok("catalogue", "import", file, **along)
    assert brought["missing_images"] == []
    ran = other("run", "tiny-1", "--example", "demo", "-q", **along)
    assert ran.code == 0, ran.err
    assert "not signed" in ran.err


def test_other_bytes_under_a_number_that_comes_along_are_refused(author, machine, tmp_path):
    with_images(author)
    file = tmp_path / "tiny.oci.tar"
    author.ok("catalogue", "export", "tiny-1@1.0.0", file)
    author.checkout.write_entry(busybox_entry({"/title": "Another"}))
    refused = machine("reader")("catalogue", "import", file, RECAST_SHIPPED=str(author.checkout.entry.parent))
    assert refused.code == 3
    assert "never changes" in refused.err
