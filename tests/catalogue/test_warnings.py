"""What must be said of a version goes wherever its answers go: withdrawn, deprecated, failed validations of anybody."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

from recast.catalogue import Catalogue
from recast.catalogue.publishing.publish import Author, publish, say_validated
from recast.catalogue.statements.declare import declare
from recast.catalogue.statements.validated import said_validations, summary, validated_here, validation_words
from recast.catalogue.statements.warnings import warnings_about, warnings_of_digest
from recast.catalogue.validate import keep_evidence

ITEMS = [{"name": "a", "verdict": "failed"}, {"name": "b", "verdict": "passed"}, {"name": "c", "verdict": "documented"}]
FOUND = summary({"validated": "2026-01-02T00:00:00+00:00", "items": ITEMS})
WORDS = "1 of 3 passed, 1 documented, 1 FAILED: a"


def test_a_version_that_is_in_order_needs_no_words(home, checkout) -> None:
    catalogue = Catalogue()
    version = publish(checkout.entry, catalogue.store).version
    assert warnings_about(version, catalogue) == warnings_of_digest(version.digest) == []
    assert warnings_of_digest("sha256:" + "0" * 64) == warnings_of_digest(None) == []
    assert validation_words(version) == "not validated here"


def test_each_reason_is_said(home, checkout) -> None:
    catalogue = Catalogue()
    version = publish(checkout.entry, catalogue.store, author=Author("jane", validation=FOUND)).version
    assert warnings_about(version, catalogue) == [
        f"tiny-1@1.0.0 failed its validation: {WORDS} (validated by jane 2026-01-02T00:00:00+00:00)"
    ]
    keep_evidence(version, ITEMS)
    declare(catalogue, version, "withdrawn", "a wrong luminosity", "jane")
    first, here, said = warnings_of_digest(version.digest)
    assert first.startswith("tiny-1@1.0.0 is withdrawn by jane") and "a wrong luminosity" in first
    assert "validated here" in here and "validated by jane" in said
    assert WORDS in validation_words(version)


def test_what_was_found_here_and_said_of_it_is_one_validation(home, checkout) -> None:
    catalogue = Catalogue()
    version = publish(checkout.entry, catalogue.store).version
    keep_evidence(version, ITEMS)
    here = validated_here(version)
    found = {**FOUND, "validated": here.when}
    assert say_validated(version, catalogue.store, found, "jane")
    (told,) = warnings_about(version, catalogue)
    assert "validated here" in told


def test_what_the_publisher_finds_later_travels_and_the_newest_word_counts(home, checkout) -> None:
    catalogue = Catalogue()
    version = publish(checkout.entry, catalogue.store).version
    assert say_validated(version, catalogue.store, FOUND, "jane")
    assert not say_validated(version, catalogue.store, {**FOUND, "validated": "later"}, "jane")  # nothing new
    (found,) = said_validations(catalogue.book(version).entries())
    assert found.failed_items == ("a",)
    good = {**FOUND, "failed": 0, "passed": 2, "failed_items": []}
    book = catalogue.book(version)
    (said,) = (entry.statement for entry in book.entries() if entry.statement.who == "jane")
    book.add(replace(said, validation=good, when="2099-01-01T00:00:00Z"))
    assert warnings_about(version, catalogue) == []


def test_of_a_strangers_version_nothing_is_said_for_them(home, checkout, tmp_path) -> None:
    elsewhere = Catalogue(tmp_path / "elsewhere")
    version = publish(checkout.entry, elsewhere.store).version
    (elsewhere.store.root / "said_here").unlink()
    assert not say_validated(version, elsewhere.store, FOUND, "me")


def test_what_is_not_of_the_form_says_nothing(home, checkout) -> None:
    catalogue = Catalogue()
    version = publish(checkout.entry, catalogue.store).version
    book = catalogue.book(version)
    said = book.entries()[0].statement
    bad = ({}, {"validated": 3}, {"validated": "x", "failed": "many"}, {"validated": "x", "failed": -1})
    for number, validation in enumerate(bad):
        book.add(replace(said, who=f"w{number}", validation=validation))
    assert said_validations(book.entries()) == warnings_about(version, catalogue) == []
    book.add(replace(said, who="w", validation={"validated": "x", "failed": 1, "failed_items": [3, "a" * 999]}))
    (found,) = said_validations(book.entries())
    assert found.failed_items == ("a" * 100,)


def test_a_failed_validation_and_a_withdrawal_reach_everybody_who_reads_the_results(
    author, machine, registry, tmp_path
):
    place = f"oci://{registry.host}/t/warned"
    digest = author.ok("publish", author.checkout.entry)["digest"]
    evidence = author.home / "recast/validation" / f"{digest.removeprefix('sha256:')}.json"
    evidence.parent.mkdir(parents=True)
    evidence.write_text(json.dumps({"validated": "2026-01-02", "items": ITEMS}))
    author.ok("publish", "tiny-1@1.0.0", "--to", place, "--reason", "the table is misprinted")
    reader = machine("reader")
    shown = reader("catalogue", "show", f"{place}:1.0.0")
    assert f"WARNING  tiny-1@1.0.0 failed its validation: {WORDS}" in shown.out
    run = reader("run", f"{place}:1.0.0", "--example", "demo")
    assert run.code == 0, run.err
    assert "WARNING: tiny-1@1.0.0 failed its validation" in run.err
    author.ok("catalogue", "withdraw", f"{place}:1.0.0", "--reason", "a wrong luminosity")
    reader("catalogue", "show", f"{place}:1.0.0")
    told = reader("results", "last")
    assert told.out.splitlines()[0].startswith("WARNING    tiny-1@1.0.0 is withdrawn")
    assert "a wrong luminosity" in reader.ok("results", "last")["warnings"][0]
    for form in ("json", "csv", "ro-crate"):
        assert reader("results", "last", "--export", form, tmp_path / form).code == 0
    exported = json.loads((tmp_path / "json/results.json").read_text())
    assert next(iter(exported)) == "warnings" and "A tiny analysis" in exported["cite"][0]
    assert "1908.03122" in (tmp_path / "csv/CITATION.bib").read_text()
    (root,) = [it for it in json.loads((tmp_path / "ro-crate/ro-crate-metadata.json").read_text())["@graph"]
               if it["@id"] == "./"]  # fmt: skip
    assert root["description"].startswith("WARNING: tiny-1@1.0.0 is withdrawn")
    assert root["citation"][0] == {"@id": "#cite/paper"}
    page = (tmp_path / "ro-crate/README.md").read_text()  # where a person begins
    assert page.split("\n\n")[1].startswith("**WARNING: tiny-1@1.0.0 is withdrawn by ")
    assert "To cite:\n\n1. ATLAS Collaboration" in page
    for what in ("last", "tiny-1@1.0.0"):
        cited = reader("cite", what)
        assert "WARNING    tiny-1@1.0.0 is withdrawn" in cited.err, cited
        assert reader.ok("cite", what)["warnings"]


def test_the_first_column_of_a_table_is_the_warning(tmp_path) -> None:
    from recast.results.present import export

    table = {"name": "t", "type": "table", "columns": [{"name": "m"}], "rows": [[1], [2]]}
    export({"warnings": ["it is withdrawn", "and it failed"], "results": [table]}, tmp_path, "csv", tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out/t.csv").read_text().splitlines()))
    assert rows == [{"warning": "it is withdrawn; and it failed", "m": str(number)} for number in (1, 2)]
