"""An entry before it is published: it runs, is checked as a run would, and a number can be tried again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from catalogue_parts import BusyboxCheckout, busybox_entry

from recast.catalogue import Catalogue
from recast.cli.app import run as call
from recast.images import ImageStore
from tests.conftest import Answer


class Here:
    """The command line in this process: starting a Python for each command takes longer than what it does."""

    def __init__(self, checkout, capsys) -> None:
        self.checkout, self._capsys = checkout, capsys

    def __call__(self, *arguments) -> Answer:
        code = call([str(argument) for argument in arguments])
        said = self._capsys.readouterr()
        return Answer(code, said.out, said.err)

    def ok(self, *arguments):
        answer = self(*arguments, "-o", "json")
        assert answer.code == 0, answer.err
        return json.loads(answer.out)


@pytest.fixture
def author(tmp_path, monkeypatch, capsys):
    """An analysis team whose entry really runs."""
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RECAST_CATALOGUE", raising=False)
    return Here(BusyboxCheckout(tmp_path / "checkout", ImageStore(tmp_path / "home" / "images")), capsys)


def test_an_entry_runs_before_it_is_published(author) -> None:
    entry = author.checkout.entry
    done = author("run", entry, "--example", "demo", "-q")
    assert done.code == 0, done.err
    assert "not published" in done.err
    shown = author.ok("show", "last")
    assert (shown["analysis"], shown["version"]) == ("tiny-1", "1.0.0")
    assert "not published" in shown["origin"]["draft"]["note"]
    assert str(author.checkout.root) not in json.dumps(shown["origin"])
    assert author.ok("catalogue", "ls") == []
    assert author.ok("publish", entry)["digest"] == shown["digest"]  # the same bytes, the same digest


def test_a_draft_knows_the_images_that_its_recipes_became_here(author, monkeypatch) -> None:
    from catalogue_parts import add_recipe

    checkout = author.checkout
    for name in ("recast/busybox", "recast/other"):
        add_recipe(checkout.spec, name)
    built = dict(checkout.digests)
    monkeypatch.setattr("recast.images.building.build.built_before", lambda folder, store, names: built)
    assert author.ok("catalogue", "show", checkout.entry)["images_in_words"] == "here"
    assert author("run", checkout.entry, "--example", "demo", "-q").code == 0  # nothing is built
    planned = author("plan", checkout.entry, "--example", "demo", "-o", "json")
    assert "not here" not in planned.err
    assert {step["action"] for step in json.loads(planned.out)["steps"][1:]} == {"cached"}
    built.clear()
    planned = author("plan", checkout.entry, "--example", "demo", "-o", "json")
    assert "image recast/busybox:1 not here; it is built before the first step starts" in planned.err


def test_what_is_said_of_a_draft_can_be_typed(author) -> None:
    """No hint names a version that is not published."""
    entry = author.checkout.entry
    for arguments in (
        ("run", entry, "-p", "words=3"),
        ("run", entry, "--example", "dmeo"),
        ("show", "inputs", entry),
        ("show", "inputs", entry, "--template"),
        ("catalogue", "show", entry),
        ("scan", entry),
    ):
        said = author(*arguments)
        hints = [line for line in (said.out + said.err).splitlines() if "recast " in line]
        assert hints, arguments
        assert [line for line in hints if "tiny-1@1.0.0" in line.partition("recast ")[2]] == []
    shown = author("show", "inputs", f"{entry}@1.0.0")
    assert f"recast show inputs {entry}@1.0.0 --template" in shown.out
    assert author("cite", entry).code == 0
    asked = author("run", "tiny-1")
    assert (asked.code, "recast publish" in asked.err) == (6, True)


def test_an_analysis_whose_entry_lies_here_is_found(author, monkeypatch) -> None:
    monkeypatch.chdir(author.checkout.root)
    asked = author("run", "tiny-1", "--example", "demo")
    assert asked.code == 6
    assert "recast run catalogue/tiny-1.yml" in asked.err


@pytest.mark.parametrize(
    "command", [("run",), ("validate",), ("show", "inputs"), ("catalogue", "show"), ("plan",), ("scan",), ("cite",)]
)
def test_a_file_that_is_not_there_is_said_to_be_none(author, command) -> None:
    example = ("--example", "demo") if command == ("run",) else ()
    said = author(*command, "catalogue/nothere.yml", *example)
    assert said.code == 6
    assert "There is no" in said.err
    assert "file " in said.err
    assert "nothere.yml'" in said.err


def test_nothing_is_said_of_a_draft_and_no_archive_made(author, tmp_path) -> None:
    entry = author.checkout.entry
    for arguments in (
        ("deprecate", entry, "--reason", "old"),
        ("withdraw", entry, "--reason", "wrong"),
        ("export", entry, tmp_path / "x.tar"),
    ):
        refused = author("catalogue", *arguments)
        assert (refused.code, "version.not-published" in refused.err) == (3, True), refused.err
        assert f"recast publish {entry}" in refused.err
    assert not (tmp_path / "x.tar").exists()


def test_results_of_a_draft_say_that_nobody_published_it(author) -> None:
    entry = author.checkout.entry
    assert author("run", entry, "--example", "demo", "-q").code == 0
    (told,) = author.ok("results", "last")["warnings"]
    assert told.startswith("tiny-1@1.0.0 is not published here; it is what its entry")
    assert author("publish", entry).code == 0
    assert "warnings" not in author.ok("results", "last")  # the very bytes that ran


def test_a_run_until_a_stage_has_what_the_stage_published(author) -> None:
    entry = author.checkout.entry
    first = author.ok("plan", entry, "--example", "demo")["steps"][1]["id"].split("/")[1]
    assert author("run", entry, "--example", "demo", "--until", first, "-q").code == 0
    shown = author.ok("results", "last")
    assert (shown["analysis"], shown["version"]) == ("tiny-1", "1.0.0")
    assert shown["results"]
    assert "not published" in author("results", "last").out


def test_publishing_elsewhere_says_how_to_run_it_from_there(author, tmp_path) -> None:
    elsewhere = tmp_path / "try out"
    told = author("publish", author.checkout.entry, "--throw-away", "--to", elsewhere).err
    assert f"RECAST_CATALOGUE='{elsewhere}' recast run tiny-1 --example NAME" in told
    assert "run it: recast run tiny-1" in author("publish", author.checkout.entry).err


def test_a_number_of_an_entry_can_be_tried_again(author) -> None:
    checkout = author.checkout
    first = author.ok("catalogue", "show", checkout.entry)
    (checkout.spec / "files" / "table.txt").write_text("other\n")
    second = author.ok("catalogue", "show", f"{checkout.entry}@1.0.0")
    assert first["state"] == second["state"] == "not published"
    assert first["digest"] != second["digest"]
    assert author("run", checkout.entry, "--example", "demo", "-q").code == 0
    assert author("run", f"{checkout.entry}@2.0.0").code == 6
    assert author.ok("plan", checkout.entry, "--example", "demo")["steps"]
    assert author.ok("show", "inputs", checkout.entry)["version"] == "1.0.0"


def test_in_a_throw_away_catalogue_a_number_means_what_was_published_last(author, tmp_path, monkeypatch) -> None:
    checkout, there = author.checkout, tmp_path / "try-out"
    first = author.ok("publish", checkout.entry, "--to", there, "--throw-away")
    (checkout.spec / "files" / "table.txt").write_text("other\n")
    second = author.ok("publish", checkout.entry, "--to", there)
    assert second["new"] and second["digest"] != first["digest"]
    monkeypatch.setenv("RECAST_CATALOGUE", str(there))
    assert author.ok("catalogue", "show", "tiny-1")["digest"] == second["digest"]
    refused = author("publish", "tiny-1@1.0.0", "--to", "oci://127.0.0.1:1/tiny-1", "--reason", "no")
    assert refused.code == 3
    assert "throw-away" in refused.err
    monkeypatch.delenv("RECAST_CATALOGUE")
    author.ok("publish", checkout.entry)
    for target in ((), ("--to", Catalogue().store.root)):
        assert author("publish", checkout.entry, "--throw-away", *target).code in (2, 3)
    (checkout.spec / "files" / "table.txt").write_text("third\n")
    assert "version.immutable" in author("publish", checkout.entry).err


@pytest.fixture
def home(tmp_path, monkeypatch, checkout):
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RECAST_CATALOGUE", raising=False)
    monkeypatch.chdir(checkout.root)


def found_by(capsys, name: str) -> tuple[int, list[str]]:
    code = call(["catalogue", "check", name, "-o", "json"])
    return code, [finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]]


def test_check_refuses_an_image_that_floats_or_that_nobody_has(home, capsys, checkout) -> None:
    assert found_by(capsys, str(checkout.entry)) == (3, ["entry.image-missing"])
    call(["publish", "tiny-1"])
    capsys.readouterr()
    assert found_by(capsys, "tiny-1") == (3, ["entry.image-missing"])
    recipe = checkout.spec / "images" / "count" / "Containerfile"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("FROM recast/base-minimal:bookworm\n")
    assert found_by(capsys, str(checkout.entry)) == (0, ["entry.image-missing"])  # a warning: it can be built
    (checkout.spec / "images.lock.json").unlink()
    assert found_by(capsys, str(checkout.entry)) == (3, ["entry.floating-image"])
    assert call(["run", str(checkout.entry), "--example", "demo"]) == 3


def test_check_refuses_an_output_that_no_step_publishes(author) -> None:
    """A run would say so when all steps are done, which may take hours."""
    entry = author.checkout.entry
    entry.write_text(entry.read_text().replace("output: ", "output: not-"))
    checked = author("catalogue", "check", entry)
    assert checked.code == 3
    assert "does not publish" in checked.out
    refused = author("run", entry, "--example", "demo")
    assert (refused.code, refused.out) == (3, "")
    assert "It publishes: " in refused.err


def test_check_names_no_image_that_is_here_and_the_folder_of_one_that_is_not(author, monkeypatch) -> None:
    from catalogue_parts import add_recipe

    monkeypatch.chdir(author.checkout.root)
    for name in ("recast/busybox", "recast/other"):
        add_recipe(author.checkout.spec, name)
    built = dict(author.checkout.digests)
    monkeypatch.setattr("recast.images.building.build.built_before", lambda folder, store, names: built)
    assert author.ok("catalogue", "check", author.checkout.entry)["findings"] == []
    built.clear()
    found = author.ok("catalogue", "check", author.checkout.entry)["findings"]
    assert {row["next"] for row in found} == {"recast image build specs/tiny-1/1.0.0"}


def test_what_was_built_from_another_recipe_is_not_published(author) -> None:
    from catalogue_parts import add_recipe

    from recast.images import load_lock, write_lock
    from recast.images.building.source import written_key

    spec = author.checkout.spec
    folder = add_recipe(spec, "recast/busybox")
    lock = load_lock(spec)
    pin = replace(lock.images["recast/busybox:1"], recipe=written_key(folder / "Containerfile", spec))
    write_lock(spec, lock.with_pin("recast/busybox:1", pin))
    assert author("publish", author.checkout.entry, "--dry-run").code == 0
    (folder / "table.txt").write_text("other\n")
    refused = author("publish", author.checkout.entry)
    assert (refused.code, "entry.stale-image" in refused.err) == (3, True), refused.err
    assert f"recast image build {spec}" in refused.err
    assert author("catalogue", "check", author.checkout.entry).code == 0  # a run builds it anew


def test_what_is_wrong_with_a_file_comes_before_what_it_lacks(author) -> None:
    author.checkout.entry.write_text("analysis: [1\n")
    said = author("run", author.checkout.entry, "--example", "demo")
    assert (said.code, "not valid YAML" in said.err) == (3, True), said.err


def test_a_pattern_that_no_validation_item_matches_validates_nothing(author) -> None:
    said = author("validate", author.checkout.entry, "--only", "nothing*")
    assert said.code == 6
    assert "No validation item matches 'nothing*'" in said.err


def test_check_refuses_what_cannot_be_planned_and_what_is_withdrawn(author) -> None:
    checkout = author.checkout
    assert author("catalogue", "check", checkout.entry).code == 0
    author.ok("publish", checkout.entry)
    assert author("catalogue", "check", "tiny-1").code == 0
    assert author("catalogue", "withdraw", "tiny-1@1.0.0", "--reason", "wrong").code == 0
    for command in (("catalogue", "check", "tiny-1"), ("run", "tiny-1", "--example", "demo")):
        refused = author(*command)
        assert refused.code in (3, 5)
        assert "withdrawn" in refused.out + refused.err
    text = (checkout.spec / "workflow.yml").read_text().replace("output: words}", "output: letters}")
    (checkout.spec / "workflow.yml").write_text(text)
    checkout.write_entry(busybox_entry({}))
    for command in (("catalogue", "check", checkout.entry), ("run", checkout.entry, "--example", "demo")):
        refused = author(*command)
        assert refused.code == 3
        assert "letters" in refused.out + refused.err
