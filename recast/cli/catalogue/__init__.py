"""`recast catalogue`: what is published or imported here, and the details of one version or entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from recast.cli.catalogue.archive import export_version, import_archive
from recast.cli.catalogue.atlas import add, check, lines_of_imported, remove
from recast.cli.catalogue.card import card
from recast.cli.catalogue.create import create
from recast.cli.catalogue.diff import diff
from recast.cli.catalogue.get import get
from recast.cli.catalogue.lifecycle import deprecate, log, sign, signers, verify, withdraw
from recast.cli.catalogue.search import lines_of_known, search
from recast.cli.output import emit, message, output_option, say
from recast.json_types import JsonObject

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion
    from recast.operations.describe import Description

__all__ = ["catalogue", "show_version"]

_COLUMNS = ("analysis", "version", "collaboration", "state", "signed", "title", "images")  # the widest last


@click.group()
def catalogue() -> None:
    """Manage published versions, statements about them, archives, and imported recast-atlas entries."""


for _command in (
    create, get, search,
    add, check, remove,  # entries of recast-atlas
    card,  # what may change about an analysis
    diff, deprecate, log, sign, signers, verify, withdraw,  # the life of a version
    export_version, import_archive,  # the archive
):  # fmt: skip
    catalogue.add_command(_command)


@catalogue.command("ls", epilog="\b\nExamples:\n  recast catalogue ls\n  recast catalogue ls --all")
@click.option("--all", "everything", is_flag=True, help="Include searches that are known but not archived.")
@output_option
def list_analyses(everything: bool, output: str) -> None:
    """List the published analyses, each with its newest version, state and signature, and the imported entries."""
    from recast.catalogue import Catalogue
    from recast.operations.describe import list_analyses as listing

    found = listing(Catalogue(), everything=everything)
    rows = found.rows
    shown = [{**row, "signed": (row["signature"] or {}).get("state")} for row in rows]
    emit(rows, rows if output == "jsonl" else shown, _COLUMNS, output)
    if (problem := found.no_room) is not None:
        message(f"note: {problem.what}: {problem.why}; {problem.next_step}")
    if not rows:
        message("nothing is published or imported yet; recast publish ENTRY.yml, or recast catalogue add PATH|URL")
    if output == "table" and not everything and found.known:
        message(f"{found.known} more are known but not archived: recast catalogue ls --all")


@catalogue.command(
    "show",
    epilog="\b\nExamples:\n  recast catalogue show atlas-susy-2018-31\n  recast catalogue show oci://HOST/REPO:1.0.0",
)
@click.argument("analysis")
@output_option
def show(analysis: str, output: str) -> None:
    """Show ANALYSIS, ANALYSIS@VERSION or oci://...: inputs, examples, images, results, validation, state, signature.

    An imported entry is shown by its name, and so is a search that is known but not archived.
    """
    show_version(analysis, output)


def show_version(analysis: str, output: str) -> None:
    """Print the details of a version, an imported entry or a known search."""
    from recast.catalogue import Catalogue
    from recast.operations.describe import describe

    found = describe(analysis, Catalogue())
    for warning in found.warnings:
        message(f"warning    {warning}")
    if output != "table":
        emit(found.document, [found.document], tuple(found.document), output)
        return
    for line in _page(found):
        say(line)


def _page(found: Description) -> Iterator[str]:
    """Yield the page for a terminal."""
    from recast.catalogue import PublishedVersion
    from recast.recast_atlas.imported import ImportedEntry

    if isinstance(found.about, PublishedVersion):
        return lines(found.about, found.document)
    return lines_of_imported(found.about) if isinstance(found.about, ImportedEntry) else lines_of_known(found.about)


def lines(version: PublishedVersion, document: JsonObject) -> Iterator[str]:
    """Yield the page for a terminal."""
    metadata = version.metadata
    yield from (f"WARNING  {warning}" for warning in document["warnings"])
    yield f"{version.reference}  {metadata['title']}"
    yield (
        f"  {metadata['collaboration']}, {metadata['sqrts_tev']} TeV, {metadata['luminosity_inv_fb']} fb^-1, "
        f"result: {metadata['authority']}"
    )
    yield f"  cite   {', '.join(f'{key} {value}' for key, value in metadata['references'].items() if value)}"
    yield f"  digest {version.digest}"
    yield f"  state  {document['state_in_words']}; {document['signature_in_words']}"
    yield f"  versions {', '.join(document['versions'])}"
    yield from (f"  holds  {words}" for words in metadata.get("validity", ()))
    if metadata.get("cost"):
        yield f"  cost   {metadata['cost']}"
    yield "inputs"
    required = version.input_schema.get("required", [])
    for key, schema in version.input_schema.get("properties", {}).items():
        need = "required" if key in required else "optional"
        yield f"  {key} ({_kind(schema)}, {need}): {schema.get('description', '')}"
    yield "examples"
    yield from (f"  {example.name}: {example.description}" for example in version.examples.values())
    yield "results"
    yield from (f"  {item.name} ({item.type}): {item.title}" for item in version.declared_results)
    yield "images"
    yield from (f"  {name} {digest}" for name, digest in version.pins.items())
    if document["images_in_words"] != "here":
        yield f"  {document['images_in_words']}; recast catalogue get {version.typed}"
    yield "validation"
    outcomes = {item["name"]: item for item in (document["validated_here"] or {"items": []})["items"]}
    for item in version.validation:
        asked = f"{item.published:.6g} within {item.tolerance:g} ({item.kind}); {item.source}"
        yield f"  {item.name}: {asked}{_outcome(outcomes.get(item.name))}"
    yield f"  {_evidence(document['validated_here'])}"
    yield from (f"  {_said(one)}" for one in document["validated_by"])
    yield "run it"
    yield from (f"  recast run {version.typed} --example {name}" for name in version.examples)
    yield f"  recast validate {version.typed}"


def _kind(schema: JsonObject) -> str:
    """Return the type of an input in words; null only means that it may be left out."""
    kind = schema.get("type", "any")
    return " or ".join(name for name in kind if name != "null") if isinstance(kind, list) else str(kind)


def _outcome(item: JsonObject | None) -> str:
    """Return what a validation found for an item: failed ones in capitals, documented ones with their reason."""
    if item is None:
        return ""
    ours = "nothing" if item["ours"] is None else f"{item['ours']:.6g}"
    word = "FAILED" if item["verdict"] == "failed" else item["verdict"]
    return f" -> {ours}, {word}" + (f": {item['reason']}" if item["reason"] else "")


def _said(one: JsonObject) -> str:
    """Return what a publisher stated about a validation."""
    total = one["passed"] + one["documented"] + one["failed"]
    failed = f", {one['failed']} FAILED: {', '.join(one['failed_items'])}" if one["failed"] else ""
    documented = f", {one['documented']} documented" if one["documented"] else ""
    return f"validated {one['who']} {one['when']}: {one['passed']} of {total} passed{documented}{failed}"


def _evidence(found: JsonObject | None) -> str:
    if found is None:
        return "not validated here yet"
    verdicts = [item["verdict"] for item in found["items"]]
    counts = "".join(f", {verdicts.count(word)} {word}" for word in ("documented", "failed") if word in verdicts)
    return f"validated here {found['validated']}: {verdicts.count('passed')} of {len(verdicts)} passed{counts}"
