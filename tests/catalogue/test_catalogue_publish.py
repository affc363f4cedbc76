"""Publishing: once and for good, by one or by many, and nothing that floats."""

import json
import multiprocessing

import pytest
from catalogue_parts import DIGEST, SCHEMA, WORKFLOW, entry_with

from recast.catalogue import Catalogue
from recast.catalogue.checkout import checkout as check_out
from recast.catalogue.publishing.publish import publish
from recast.errors import EntryError, NotFound, RecastError, SpecError, StoreError
from tests.waiting import BOUND_S


def test_a_version_comes_back_as_it_was_written(published, catalogue, checkout):
    found = catalogue.get("tiny-1")
    assert found == published
    assert found.reference == "tiny-1@1.0.0"
    assert found.metadata["title"] == "A tiny analysis"
    assert found.input_schema == SCHEMA
    assert found.examples["demo"].inputs == {"words": ["a", "b"]}
    assert found.init == {"table": "files/table.txt"}
    assert found.pins == {"tools/count:1": DIGEST}
    assert found.workflow == "workflow.yml"
    assert [result.name for result in found.declared_results] == ["limit"]
    assert [item.tolerance for item in found.validation] == [1e-4]
    assert set(found.files) == {"files/table.txt", "inputs.schema.json", "workflow.yml"}
    assert found.read("files/table.txt") == b"1 2 3\n"


def test_the_digest_depends_on_the_content_alone(published, checkout, tmp_path):
    checkout.write_lock(DIGEST, resolved="2031-05-05T05:05:05Z")
    (checkout.spec / "__pycache__").mkdir()
    (checkout.spec / "__pycache__" / "a.pyc").write_text("x")
    (checkout.spec / ".swp").write_text("x")
    elsewhere = Catalogue(tmp_path / "elsewhere")
    assert publish(checkout.entry, elsewhere.store).version.digest == published.digest


def test_the_store_is_an_oci_layout(published, catalogue):
    root = catalogue.store.root
    assert json.loads((root / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    manifests = json.loads((root / "index.json").read_text())["manifests"]
    named = {item["annotations"]["org.opencontainers.image.ref.name"]: item["digest"] for item in manifests}
    book = f"tiny-1:{published.digest.replace(':', '-')}"
    assert named.keys() == {"tiny-1:1.0.0", book}
    assert named["tiny-1:1.0.0"] == published.digest
    document = json.loads(catalogue.store.read(published.digest))
    titles = [layer["annotations"]["org.opencontainers.image.title"] for layer in document["layers"]]
    assert titles == sorted(published.files)


def test_the_same_bytes_again_change_nothing(published, checkout, catalogue):
    before = {path: path.read_bytes() for path in catalogue.store.root.rglob("*") if path.is_file()}
    again = publish(checkout.entry, catalogue.store)
    assert not again.new
    assert again.version == published
    assert {path: path.read_bytes() for path in catalogue.store.root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: (c.spec / "files" / "table.txt").write_text("9"), "changed: files/table.txt"),
        (lambda c: (c.spec / "files" / "more.txt").write_text("9"), "new: files/more.txt"),
        (lambda c: c.write_entry(entry_with({"/title": "Other"})), "changed in the entry: metadata"),
        (lambda c: c.write_lock("sha256:" + "cd" * 32), "image tools/count:1: published sha256:abab"),
        (lambda c: c.write_schema({**SCHEMA, "title": "x"}), "changed: inputs.schema.json"),
    ],
)
def test_other_bytes_under_the_same_number_are_refused(published, checkout, catalogue, change, words):
    change(checkout)
    with pytest.raises(EntryError, match="never changes") as caught:
        publish(checkout.entry, catalogue.store)
    assert caught.value.exit_code == 3
    assert caught.value.code == "version.immutable"
    assert words in caught.value.why
    assert catalogue.get("tiny-1") == published


def test_a_new_number_stands_beside_the_old_one(published, checkout, catalogue):
    checkout.write_entry(entry_with({"/versions/0/version": "1.1.0-rc.1"}))
    publish(checkout.entry, catalogue.store)
    assert catalogue.versions("tiny-1") == ["1.0.0", "1.1.0-rc.1"]
    assert catalogue.get("tiny-1").version == "1.0.0"
    assert catalogue.get("tiny-1@1.1.0-rc.1").version == "1.1.0-rc.1"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda c: (c.spec / "images.lock.json").unlink(), EntryError, "not pinned"),
        (lambda c: (c.spec / "files" / "table.txt").unlink(), EntryError, "/versions/0/init/table"),
        (lambda c: (c.spec / "workflow.yml").write_text("stages: []\nname: x"), SpecError, "name"),
        (lambda c: (c.spec / "link").symlink_to("/etc/passwd"), SpecError, "link"),
        (lambda c: (c.spec / "workflow.yml").write_text(WORKFLOW.replace("count {words}", "{wrds}")), RecastError, ""),
        (lambda c: c.write_schema({"type": "strin"}), EntryError, "schema of the inputs"),
        (lambda c: c.write_schema({"type": "array"}), EntryError, "schema of the inputs"),
        (lambda c: c.write_schema({**SCHEMA, "$defs": {"a": {"$ref": "http://x/y"}}}), EntryError, "outside"),
        (lambda c: c.write_schema({**SCHEMA, "required": ["word"]}), EntryError, "/versions/0/examples/demo"),
        (lambda c: (c.spec / "inputs.schema.json").write_text("{"), EntryError, "not JSON"),
        (
            lambda c: c.write_entry(entry_with({"/versions/0/results/0/stage": "map"})),
            EntryError,
            "/versions/0/results/0/stage",
        ),
        (lambda c: c.write_entry(entry_with({"/versions/0/source": "../nowhere"})), EntryError, "/versions/0/source"),
        (lambda c: c.write_entry(entry_with({"/versions/0/init/words": "workflow.yml"})), EntryError, "'words'"),
        (
            lambda c: c.write_entry(entry_with({"/versions/0/examples/demo/inputs": {"words": ["A"]}})),
            EntryError,
            "/versions/0/examples/demo",
        ),
        (
            lambda c: c.write_entry(entry_with({"/versions/0/validation/0/inputs": {}})),
            EntryError,
            "/versions/0/validation/0/inputs",
        ),
    ],
)
def test_what_is_not_fit_to_be_kept_is_refused(checkout, catalogue, change, error, words):
    change(checkout)
    with pytest.raises(error) as caught:
        publish(checkout.entry, catalogue.store)
    assert words in f"{caught.value.what} {caught.value.where} {caught.value.why}"
    assert caught.value.exit_code == 3
    assert catalogue.analyses() == {}


def test_a_process_on_the_host_is_refused(checkout, catalogue):
    text = WORKFLOW.replace(
        "{environment_type: docker-encapsulated, image: tools/count, imagetag: '1'}",
        "{environment_type: localproc-env}",
    )
    (checkout.spec / "workflow.yml").write_text(text)
    with pytest.raises(EntryError, match="on the host"):
        publish(checkout.entry, catalogue.store)


def _publish(entry, root, start, answers):
    start.wait(30)
    try:
        done = publish(entry, Catalogue(root).store)
        answers.put((done.version.digest, done.new))
    except EntryError as problem:
        answers.put((problem.code, False))


def test_publishers_at_once_of_the_same_bytes_agree(checkout, catalogue):
    answers = _race([checkout.entry] * 4, catalogue)
    assert len({digest for digest, _ in answers}) == 1
    assert sum(new for _, new in answers) == 1
    assert catalogue.get("tiny-1").digest == answers[0][0]


def test_of_publishers_of_different_bytes_exactly_one_wins(checkout, catalogue):
    other = checkout.entry.with_name("other.yml")
    text = checkout.entry.read_text()
    other.write_text(text.replace("A tiny analysis", "Another"))
    answers = _race([checkout.entry, other], catalogue)
    assert sorted(new for _, new in answers) == [False, True]
    assert "version.immutable" in {answer for answer, _ in answers}
    assert catalogue.get("tiny-1").digest in {answer for answer, _ in answers}


def _race(entries, catalogue):
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(len(entries)), context.Queue()
    processes = [
        context.Process(target=_publish, args=(entry, catalogue.store.root, start, answers)) for entry in entries
    ]
    for process in processes:
        process.start()
    found = [answers.get(timeout=BOUND_S) for _ in processes]
    for process in processes:
        process.join(30)
    return found


def test_a_publisher_that_dies_before_the_index_leaves_nothing_visible(checkout, catalogue, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(catalogue.store), "tag", die)
    with pytest.raises(KeyboardInterrupt):
        publish(checkout.entry, catalogue.store)
    assert catalogue.analyses() == {}
    monkeypatch.undo()
    assert publish(checkout.entry, catalogue.store).new


def test_unknown_names_get_the_closest(published, catalogue):
    with pytest.raises(NotFound) as caught:
        catalogue.get("tyni-1")
    assert caught.value.exit_code == 6
    assert "tiny-1" in caught.value.why
    with pytest.raises(NotFound, match=r"no version 9\.9\.9") as caught:
        catalogue.get("tiny-1@9.9.9")
    assert "1.0.0" in caught.value.why
    with pytest.raises(NotFound, match="no example 'dmo'") as caught:
        published.example("dmo")
    assert "demo" in caught.value.why


@pytest.mark.parametrize("which", ["manifest", "config", "file"])
def test_a_tampered_blob_is_named(published, catalogue, tmp_path, which):
    manifest = json.loads(catalogue.store.read(published.digest))
    digest = {
        "manifest": published.digest,
        "config": manifest["config"]["digest"],
        "file": published.files["workflow.yml"],
    }[which]
    catalogue.store.path(digest).write_bytes(b"{}")
    with pytest.raises(StoreError) as caught:
        check_out(catalogue.get("tiny-1"), tmp_path / "out")
    assert digest in str(caught.value)
    assert caught.value.exit_code == 4


def test_a_missing_blob_is_named_and_publishing_again_mends_it(published, catalogue, checkout, tmp_path):
    digest = published.files["workflow.yml"]
    catalogue.store.path(digest).unlink()
    with pytest.raises(StoreError) as caught:
        check_out(published, tmp_path / "out")
    assert digest in str(caught.value)
    publish(checkout.entry, catalogue.store)
    assert (check_out(published, tmp_path / "out") / "workflow.yml").read_text() == WORKFLOW


def test_a_broken_index_is_an_error_not_an_empty_catalogue(published, catalogue):
    (catalogue.store.root / "index.json").write_text("{")
    with pytest.raises(StoreError):
        catalogue.analyses()


def test_names_in_the_index_that_are_no_versions_are_left_alone(published, catalogue):
    index = json.loads((catalogue.store.root / "index.json").read_text())
    for name in ("base:1", "recast/base:1.0.0", "tiny-1:latest"):
        entry = {**index["manifests"][0], "annotations": {"org.opencontainers.image.ref.name": name}}
        index["manifests"].append(entry)
    (catalogue.store.root / "index.json").write_text(json.dumps(index))
    assert catalogue.analyses() == {"tiny-1": ["1.0.0"]}
