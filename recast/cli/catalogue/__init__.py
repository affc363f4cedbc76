"""`recast catalogue`: what is published or imported here, and all about one version or entry."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from recast.cli.catalogue.archive import export_version, import_archive
from recast.cli.catalogue.atlas import add, check, describe_imported, imported_rows, lines_of_imported, remove
from recast.cli.catalogue.create import create
from recast.cli.catalogue.diff import diff
from recast.cli.catalogue.get import get
from recast.cli.catalogue.lifecycle import deprecate, log, sign, signers, verify, withdraw
from recast.cli.catalogue.search import known_rows, search, show_known
from recast.cli.output import emit, message, output_option, say
from recast.errors import RecastError

if TYPE_CHECKING:
    from recast.catalogue import Catalogue, PublishedVersion
    from recast.recast_atlas.imported import ImportedEntry

__all__ = ["catalogue", "show_version"]

_COLUMNS = ("analysis", "version", "collaboration", "state", "signed", "title", "images")  # the widest last


@click.group()
def catalogue() -> None:
    """Published versions, what is said of them, their archives; and imported entries of recast-atlas."""


for _command in (
    create, get, search,
    add, check, remove,  # entries of recast-atlas
    diff, deprecate, log, sign, signers, verify, withdraw,  # the life of a version
    export_version, import_archive,  # the archive
):  # fmt: skip
    catalogue.add_command(_command)


@catalogue.command("ls", epilog="\b\nExamples:\n  recast catalogue ls\n  recast catalogue ls --all")
@click.option("--all", "everything", is_flag=True, help="Also searches that are known, but not archived.")
@output_option
def list_analyses(everything: bool, output: str) -> None:
    """List the published analyses, newest version each with state and signature, and the imported entries."""
    from recast.catalogue import Catalogue

    local = Catalogue()
    keys = _keys(local)
    rows = [_row(local, analysis, versions, keys) for analysis, versions in local.analyses().items()]
    rows += [{**row, "signature": None, "images": None} for row in imported_rows()]
    rows += known_rows(local) if everything else []
    shown = [{**row, "signed": (row["signature"] or {}).get("state")} for row in rows]
    emit(rows, rows if output == "jsonl" else shown, _COLUMNS, output)
    if local.no_room is not None:
        message(f"note: {local.no_room.what}: {local.no_room.why}; {local.no_room.next_step}")
    if not rows:
        message("nothing is here yet; recast publish catalogue/ANALYSIS.yml, or recast catalogue add PATH|URL")
    if output == "table" and not everything and (more := len(known_rows(local))):
        message(f"{more} more are known, but not archived: recast catalogue ls --all")


def _row(local: Catalogue, analysis: str, versions: list[str], keys: Container[str]) -> dict[str, Any]:
    """Return the row of an analysis; what is damaged is a row too, not the end of the list."""
    try:
        version = local.get(analysis)
        standing = local.standing(version)
    except RecastError as problem:
        nothing = dict.fromkeys(("version", "collaboration", "digest", "signature", "images"))
        return {"analysis": analysis, **nothing, "versions": versions, "title": str(problem), "state": "damaged"}
    return {
        "analysis": analysis,
        "version": version.version,
        "versions": versions,
        "collaboration": version.metadata["collaboration"],
        "title": version.metadata["title"],
        "digest": version.digest,
        "state": standing.state,
        "signature": standing.signature.as_json(),
        "images": _images(version, keys),
    }


def _keys(local: Catalogue) -> set[str]:
    from recast.catalogue.ready import keys_here
    from recast.images import ImageStore
    from recast.paths import places

    return keys_here(local, ImageStore(places().image_store))


def _images(version: PublishedVersion, keys: Container[str]) -> str:
    from recast.catalogue.ready import images_in_words
    from recast.images import ImageStore
    from recast.paths import places

    return images_in_words(version, ImageStore(places().image_store), keys)


@catalogue.command(
    "show",
    epilog="\b\nExamples:\n  recast catalogue show atlas-susy-2018-31\n  recast catalogue show oci://HOST/REPO:1.0.0",
)
@click.argument("analysis")
@output_option
def show(analysis: str, output: str) -> None:
    """Show ANALYSIS, ANALYSIS@VERSION or oci://...: inputs, examples, images, results, validation, state, signature.

    An imported entry is shown by its name, and so is a search that is known, but not archived.
    """
    show_version(analysis, output)


def show_version(analysis: str, output: str) -> None:
    """Print all about a version or an imported entry; what is in a registry is fetched first, without its images."""
    from recast.catalogue import Catalogue
    from recast.catalogue.statements.validated import said_validations
    from recast.catalogue.statements.warnings import warnings_about
    from recast.catalogue.transfer.find import find_version
    from recast.catalogue.unarchived import known_searches
    from recast.recast_atlas.imported import ImportedEntries

    local, imported = Catalogue(), ImportedEntries()
    if analysis in imported.names() and analysis not in local.analyses():
        _show_imported(imported.get(analysis), output)
        return
    if analysis not in local.analyses() and (known := known_searches().get(analysis)) is not None:
        show_known(known, output)
        return
    found = find_version(analysis, local)
    version = found.version
    for warning in found.warnings:
        message(f"warning    {warning}")
    own = [] if found.written else local.versions(version.analysis)
    document = {**describe(version, own), **found.standing.as_json()}
    document["validated_by"] = [one.as_json() for one in said_validations(local.book(version).entries())]
    document["warnings"] = warnings_about(version, local)
    document["state_in_words"] = found.standing.words
    document["signature_in_words"] = str(found.standing.signature)
    document["images_in_words"] = _images(version, _keys(local))
    if output == "table":
        for line in lines(version, document):
            say(line)
    else:
        emit(document, [document], tuple(document), output)


def _show_imported(imported: ImportedEntry, output: str) -> None:
    if output == "table":
        for line in lines_of_imported(imported):
            say(line)
    else:
        document = describe_imported(imported)
        emit(document, [document], tuple(document), output)


def describe(version: PublishedVersion, versions: list[str]) -> dict[str, Any]:
    """Return all that `recast catalogue show -o json` prints."""
    from recast.catalogue.validate import read_evidence

    return {
        "analysis": version.analysis,
        "version": version.version,
        "digest": version.digest,
        "versions": versions,
        "metadata": dict(version.metadata),
        "input_schema": dict(version.input_schema),
        "examples": dict(version.config["examples"]),
        "results": [result.as_json() for result in version.declared_results],
        "images": dict(version.pins),
        "recipes": {name: dict(recipe) for name, recipe in version.recipes.items()},
        "files": dict(version.files),
        "validation": list(version.config["validation"]),
        "validated_here": read_evidence(version),
    }


def lines(version: PublishedVersion, document: Mapping[str, Any]) -> Iterator[str]:
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


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the type of an input in words; null only says that it may be left out."""
    kind = schema.get("type", "any")
    return " or ".join(name for name in kind if name != "null") if isinstance(kind, list) else str(kind)


def _outcome(item: Mapping[str, Any] | None) -> str:
    """Return what a validation found for an item: failed ones in capitals, documented ones with their reason."""
    if item is None:
        return ""
    ours = "nothing" if item["ours"] is None else f"{item['ours']:.6g}"
    word = "FAILED" if item["verdict"] == "failed" else item["verdict"]
    return f" -> {ours}, {word}" + (f": {item['reason']}" if item["reason"] else "")


def _said(one: Mapping[str, Any]) -> str:
    """Return what a publisher said of a validation."""
    total = one["passed"] + one["documented"] + one["failed"]
    failed = f", {one['failed']} FAILED: {', '.join(one['failed_items'])}" if one["failed"] else ""
    documented = f", {one['documented']} documented" if one["documented"] else ""
    return f"validated {one['who']} {one['when']}: {one['passed']} of {total} passed{documented}{failed}"


def _evidence(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "not validated here yet"
    verdicts = [item["verdict"] for item in found["items"]]
    counts = "".join(f", {verdicts.count(word)} {word}" for word in ("documented", "failed") if word in verdicts)
    return f"validated here {found['validated']}: {verdicts.count('passed')} of {len(verdicts)} passed{counts}"
