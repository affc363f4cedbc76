"""What strangers say of a version, in archives and registries, never counts for more than what somebody vouches for."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from catalogue_parts import WHEN, Checkout, about, entry_with, plant

from recast.catalogue import Catalogue, PublishedVersion
from recast.catalogue.publishing.publish import Author, publish, say_published
from recast.catalogue.statements.declare import declare, sign_version
from recast.catalogue.statements.statements import SIGNATURE_TYPE, STATEMENT_TYPE, read_entry, read_statement
from recast.catalogue.statements.status import check_standing
from recast.catalogue.transfer.export_archive import export_archive
from recast.catalogue.transfer.find import find_version
from recast.catalogue.transfer.import_archive import import_archive
from recast.errors import EntryError, InputError, NotFound, PermissionDenied
from recast.images import ImageStore
from recast.images.manifest import MANIFEST_TYPE
from recast.signing import sign


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("jane", "mallory"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@example.org", "-f", folder / name]
        subprocess.run(command, check=True)
    return folder


@pytest.fixture
def elsewhere(tmp_path) -> Catalogue:
    """The catalogue of a stranger."""
    return Catalogue(tmp_path / "elsewhere")


@pytest.fixture
def images(tmp_path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def made(folder: Path, catalogue: Catalogue, author: Author | None = None, **changes: str) -> PublishedVersion:
    checkout = Checkout(folder)
    checkout.write_entry(entry_with({f"/{key}": value for key, value in changes.items()}))
    return publish(checkout.entry, catalogue.store, None, author).version


def archive_of(version: PublishedVersion, file: Path) -> Path:
    export_archive(version, None, file)
    return file


# -- a signature counts for the names that it was made for, at every door


@pytest.mark.parametrize("changes", [
    {"analysis": "evil-thing"}, {"analysis": "evil-thing", "version": "2.0.0"}, {"version": "1.0.1"},
    {"digest": "sha256:" + "0" * 64},
])  # fmt: skip
def test_words_about_something_else_verify_nothing(changes, published, catalogue, keys, tmp_path, images, monkeypatch):
    catalogue.signers.add("evil-*,tiny-1", (keys / "mallory.pub").read_text())
    said = about(published, **changes)
    manifest = plant(published, said, sign(said.content(), keys / "mallory"))
    with pytest.raises(ValueError, match="not about tiny-1"):
        read_entry(manifest, catalogue.store, published)
    assert catalogue.standing(published).signature.state == "unsigned"
    monkeypatch.setenv("RECAST_SIGNATURES", "required")
    with pytest.raises(PermissionDenied, match="not signed"):
        find_version("tiny-1@1.0.0", catalogue).to_run()
    other = Catalogue(tmp_path / "other")
    archive_of(published, tmp_path / "a.tar")  # what says nothing about it does not go along
    (done,) = import_archive(tmp_path / "a.tar", other, images)
    assert manifest not in other.book(done.version).manifests()


def test_a_key_for_other_names_does_not_verify_words_about_this_one(published, catalogue, keys):
    catalogue.signers.add("evil-*", (keys / "mallory.pub").read_text())
    said = about(published)
    plant(published, said, sign(said.content(), keys / "mallory"))
    assert catalogue.standing(published).signature.state == "unsigned"  # one's own words
    states = {entry.signature is not None for entry in catalogue.book(published).entries()}
    assert states == {True, False}


def test_a_key_of_two_people_is_named_after_whom_it_belongs_to_here(published, catalogue, keys):
    catalogue.signers.add("evil-*", (keys / "jane.pub").read_text(), "Somebody else")
    catalogue.signers.add("t*,!tiny-2", (keys / "jane.pub").read_text(), "Jane")
    sign_version(catalogue, published, keys / "jane", "jane")
    assert catalogue.standing(published).signature.signer == "Jane"


@pytest.mark.parametrize("changes", [
    {"artifactType": "application/vnd.cyclonedx+json"},
    {"subject": {"mediaType": MANIFEST_TYPE, "digest": "sha256:" + "1" * 64, "size": 1}},
    {"layers": []},
])  # fmt: skip
def test_what_is_of_another_kind_is_no_statement(changes, published, catalogue):
    manifest = plant(published, about(published, "withdrawn"), **changes)
    with pytest.raises(ValueError):
        read_entry(manifest, catalogue.store, published)
    assert catalogue.standing(published).state == "published"


def test_layers_of_other_kinds_are_no_statement_and_no_signature(published, catalogue, keys):
    said = about(published)
    content, signature = said.content(), sign(said.content(), keys / "jane")
    for kinds in [(SIGNATURE_TYPE, STATEMENT_TYPE), (STATEMENT_TYPE, STATEMENT_TYPE), ("text/plain",)]:
        layers = [catalogue.store.add(*it).as_json() for it in zip((content, signature), kinds, strict=False)]
        manifest = plant(published, said, None, layers=layers)
        with pytest.raises(ValueError):
            read_entry(manifest, catalogue.store, published)


def test_a_time_that_is_none_is_refused(published):
    for when in ("2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z"):
        with pytest.raises(ValueError):
            read_statement(about(published, when=when).content())


def test_an_archive_with_words_about_something_else_is_refused(elsewhere, catalogue, tmp_path, images, monkeypatch):
    forged = made(tmp_path / "forged", elsewhere)
    plant(forged, about(forged, analysis="evil-thing"))
    with monkeypatch.context() as strangers:
        strangers.setattr("recast.catalogue.statements.statements.check_about", lambda *_: None)
        archive = archive_of(forged, tmp_path / "a.tar")
    with pytest.raises(InputError) as caught:
        import_archive(archive, catalogue, images)
    assert "is not a statement" in caught.value.why
    assert catalogue.store.index() == {}


# -- what nobody vouches for never outranks what somebody does


def test_a_forged_withdrawal_does_not_outrank_a_signed_version(elsewhere, catalogue, tmp_path, keys, images):
    genuine = made(tmp_path / "genuine", elsewhere, Author("jane", key=keys / "jane"))
    archive = archive_of(genuine, tmp_path / "genuine.tar")
    plant(genuine, about(genuine, "withdrawn"))
    said = about(genuine, "withdrawn", reason="signed by a key that nobody accepts")
    plant(genuine, said, sign(said.content(), keys / "mallory"))
    catalogue.signers.add("tiny-*", (keys / "jane.pub").read_text(), "Jane")
    import_archive(archive_of(genuine, tmp_path / "forged.tar"), catalogue, images)
    for _ in range(2):
        standing = find_version("tiny-1@1.0.0", catalogue).standing
        assert (standing.state, standing.signature.signer) == ("published", "Jane")
        assert {it.reason for it in standing.unheeded} == {"forged", "signed by a key that nobody accepts"}
        told = check_standing("tiny-1@1.0.0", standing, allow_withdrawn=False)
        assert any("mallory" in line and "nobody vouches for" in line for line in told)
        import_archive(archive, catalogue, images)
    declare(catalogue, catalogue.get("tiny-1"), "withdrawn", "a wrong sign", "jane", keys / "jane")
    assert catalogue.standing(catalogue.get("tiny-1")).words.startswith("withdrawn by jane")


def test_a_forged_withdrawal_does_not_outrank_what_was_published_here(published, catalogue, tmp_path, images):
    stranger = Catalogue(tmp_path / "stranger")
    shutil.copytree(catalogue.store.root, stranger.store.root)
    forged = stranger.get("tiny-1")
    plant(forged, about(forged, "withdrawn"))
    import_archive(archive_of(forged, tmp_path / "forged.tar"), catalogue, images)
    assert catalogue.standing(published).state == "published"
    declare(catalogue, published, "deprecated", "1.1.0 is better", "joe")
    assert catalogue.standing(published).state == "deprecated"


def test_where_nobody_vouches_for_anything_the_gravest_counts_and_can_be_forgotten(
    elsewhere, catalogue, tmp_path, images, keys
):
    forged = made(tmp_path / "v", elsewhere)
    archive = archive_of(forged, tmp_path / "genuine.tar")
    plant(forged, about(forged, "withdrawn"))
    import_archive(archive_of(forged, tmp_path / "forged.tar"), catalogue, images)
    found = find_version("tiny-1", catalogue)
    with pytest.raises(PermissionDenied) as caught:
        found.to_run()
    assert "recast catalogue rm tiny-1@1.0.0" in caught.value.next_step
    with pytest.raises(EntryError, match="nobody here vouches"):
        sign_version(catalogue, found.version, keys / "jane", "jane")
    assert catalogue.forget("tiny-1@1.0.0") == forged.digest
    assert catalogue.analyses() == {}
    import_archive(archive, catalogue, images)
    assert find_version("tiny-1", catalogue).to_run()


def test_strangers_words_are_not_said_again_or_signed_by_who_publishes(elsewhere, catalogue, tmp_path, images, keys):
    forged = made(tmp_path / "v", elsewhere)
    claim = replace(about(forged), validation={"validated": WHEN, "passed": 40, "documented": 0}, reason="")
    plant(forged, claim)
    import_archive(archive_of(forged, tmp_path / "forged.tar"), catalogue, images)
    version = catalogue.get("tiny-1")
    catalogue.signers.add("tiny-*", (keys / "jane.pub").read_text())
    entry = sign_version(catalogue, version, keys / "jane", "jane")
    assert (entry.statement.who, entry.statement.validation) == ("jane", None)
    say_published(version, catalogue.store, Author("joe", key=keys / "jane"), "registry.example.org/x")
    assert {it.statement.who for it in catalogue.book(version).entries() if it.here} == {"jane", "joe"}


def test_many_words_of_strangers_crowd_out_nobody(elsewhere, catalogue, tmp_path, images, keys, monkeypatch):
    monkeypatch.setattr("recast.catalogue.statements.statements.MOST_STRANGERS", 5)
    genuine = made(tmp_path / "v", elsewhere)
    for number in range(8):
        plant(genuine, about(genuine, reason=f"{number}"))
    (done,) = import_archive(archive_of(genuine, tmp_path / "many.tar"), catalogue, images)
    assert any("left out" in line for line in done.told)
    catalogue.signers.add("tiny-*", (keys / "jane.pub").read_text())
    say_published(genuine, elsewhere.store, Author("jane", key=keys / "jane"))
    said = about(genuine, who="jane")
    plant(genuine, said, sign(said.content(), keys / "jane"))
    import_archive(archive_of(genuine, tmp_path / "signed.tar"), catalogue, images)
    assert catalogue.standing(done.version).signature.state == "verified"
    assert len(catalogue.book(done.version).manifests()) <= 7


def test_a_signed_version_takes_its_number_from_a_strangers(elsewhere, catalogue, tmp_path, images, keys):
    stranger = made(tmp_path / "stranger", Catalogue(tmp_path / "s"), title="Not mine")
    import_archive(archive_of(stranger, tmp_path / "stranger.tar"), catalogue, images)
    genuine = made(tmp_path / "genuine", elsewhere, Author("jane", key=keys / "jane"))
    archive = archive_of(genuine, tmp_path / "genuine.tar")
    with pytest.raises(EntryError, match="published with other content") as caught:
        import_archive(archive, catalogue, images)  # nobody here accepts this signer
    assert "recast catalogue rm tiny-1@1.0.0" in caught.value.next_step
    catalogue.signers.add("tiny-*", (keys / "jane.pub").read_text())
    (done,) = import_archive(archive, catalogue, images)
    assert done.new
    assert stranger.digest in done.told[0]
    assert catalogue.get("tiny-1@1.0.0").digest == genuine.digest
    with pytest.raises(EntryError, match="published with other content"):
        import_archive(tmp_path / "stranger.tar", catalogue, images)
    assert catalogue.get("tiny-1@1.0.0").digest == genuine.digest


def test_what_was_published_here_keeps_its_number_whoever_signs(
    published, elsewhere, catalogue, tmp_path, images, keys
):
    other = made(tmp_path / "other", elsewhere, Author("jane", key=keys / "jane"), title="Another")
    catalogue.signers.add("tiny-*", (keys / "jane.pub").read_text())
    with pytest.raises(EntryError, match="published with other content"):
        import_archive(archive_of(other, tmp_path / "other.tar"), catalogue, images)
    assert catalogue.get("tiny-1").digest == published.digest


def test_a_strangers_higher_number_is_not_the_newest(published, elsewhere, catalogue, tmp_path, images):
    changes = {"versions/0/version": "9.0.0"}
    import_archive(archive_of(made(tmp_path / "v", elsewhere, **changes), tmp_path / "a.tar"), catalogue, images)
    assert catalogue.get("tiny-1").digest == published.digest
    assert catalogue.get("tiny-1@9.0.0").version == "9.0.0"


# -- on the command line


def test_what_was_imported_is_forgotten_and_can_be_imported_again(recast, home, elsewhere, tmp_path):
    archive = archive_of(made(tmp_path / "v", elsewhere), tmp_path / "a.tar")
    assert recast("catalogue", "import", archive).code == 0
    which = recast("catalogue", "rm", "tiny-1")
    assert which.code == 2
    assert "recast catalogue rm tiny-1@VERSION" in which.err
    assert recast("catalogue", "rm", "tiny-1@1.0.1").code == 6
    gone = recast("catalogue", "rm", "tiny-1@1.0.0", "-o", "json")
    assert gone.code == 0, gone.err
    assert gone.json["digest"].startswith("sha256:")
    assert recast("catalogue", "ls", "-o", "json").json == []
    assert recast("catalogue", "import", archive).code == 0
    assert "rm atlas-susy" in recast("catalogue", "rm", "--help").out


def test_a_version_that_an_unfinished_run_needs_is_refused(home, published, catalogue, tmp_path):
    from recast.rundir import RunOrder, create_run_directory
    from recast.runs.image_roots import unfinished_runs

    runs = home / "runs"
    directory = create_run_directory(runs, "0123456789", None)
    directory.write_request(RunOrder("0123456789", 0.0, "workflow.yml", {}, {}, "tiny-1", "1.0.0", published.digest))
    assert unfinished_runs(runs, published.digest) == ["0123456789"]
    assert unfinished_runs(runs, "sha256:" + "0" * 64) == []


def test_there_is_nothing_to_forget(catalogue):
    with pytest.raises(NotFound):
        catalogue.forget("tiny-1@1.0.0")
