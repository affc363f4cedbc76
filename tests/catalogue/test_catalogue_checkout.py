"""The files of a version on disk are exactly those of its digest, or an error."""

import stat
import threading

import pytest

from recast.catalogue.checkout import checkout
from recast.catalogue.load import read_version
from recast.catalogue.store import CatalogueStore
from recast.catalogue.version import FILE_TYPE, TITLE, VERSION_TYPE
from recast.errors import InputError, NotFound, StoreError


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_checkout_holds_the_files_read_only(published, tmp_path):
    folder = checkout(published, tmp_path / "out")
    assert folder.name == published.digest.removeprefix("sha256:")
    assert tree(folder) == {name: published.read(name) for name in published.files}
    for path in [folder, *folder.rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o222
    assert checkout(published, tmp_path / "out") == folder
    assert [path.name for path in (tmp_path / "out").iterdir()] == [folder.name]


@pytest.mark.parametrize("harm", ["change", "remove", "add", "link", "be-a-link"])
def test_a_folder_that_was_tampered_with_is_made_again(published, tmp_path, harm):
    folder = checkout(published, tmp_path / "out")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    file = folder / "workflow.yml"
    if harm == "change":
        file.write_text("stages: []")
    elif harm == "remove":
        file.unlink()
    elif harm == "add":
        (folder / "more.yml").write_text("x")
    elif harm == "link":
        (tmp_path / "copy").write_bytes(file.read_bytes())
        file.unlink()
        file.symlink_to(tmp_path / "copy")
    else:
        folder.rename(tmp_path / "moved")
        folder.symlink_to(tmp_path / "moved")
    again = checkout(published, tmp_path / "out")
    assert not again.is_symlink()
    assert tree(again) == {name: published.read(name) for name in published.files}
    assert not file.is_symlink()
    assert [path.name for path in (tmp_path / "out").iterdir()] == [folder.name]


def test_many_checkouts_at_once(published, tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(checkout(published, tmp_path / "out"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(found)) == 1
    assert len(found) == 8
    assert [path.name for path in (tmp_path / "out").iterdir()] == [found[0].name]


def test_a_place_that_cannot_be_written(published, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        checkout(published, tmp_path / "file" / "out")
    assert caught.value.next_step


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../evil", "", ".", "a//b", "a/./b"])
def test_a_manifest_with_an_escaping_path_is_refused(published, catalogue, path):
    store = CatalogueStore(catalogue.store.root)
    blob = store.add(b"evil", FILE_TYPE)
    layers = [{**blob.as_json(), "annotations": {TITLE: path}}]
    digest = store.add_manifest(published.config, "x", layers, VERSION_TYPE)
    with pytest.raises(StoreError, match="damaged"):
        read_version(store, digest, "tiny-1", "1.0.0")


def test_an_index_that_calls_a_version_by_another_name_is_refused(published, catalogue):
    with pytest.raises(StoreError) as caught:
        read_version(catalogue.store, published.digest, "tiny-1", "2.0.0")
    assert "tiny-1@1.0.0" in caught.value.why


def test_inputs_are_checked_against_the_schema(published):
    published.check_inputs({"words": ["a"]})
    for inputs, words in [
        ({}, "'words' is missing"),
        ({"words": "a"}, "a is a text, not a list of texts"),
        ({"words": []}, "fewer than 1 item"),
        ({"words": ["$(rm)"]}, "does not fit the pattern"),
        ({"words": ["a"], "wrds": 1}, "there is no input 'wrds'"),
    ]:
        with pytest.raises(InputError) as caught:
            published.check_inputs(inputs)
        assert words in caught.value.what
        assert caught.value.exit_code == 3


def test_a_file_that_the_bundle_has_not(published):
    with pytest.raises(NotFound):
        published.read("nothing")
