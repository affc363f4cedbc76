"""What a version declares about the models it is for and its inputs: read from its configuration, and checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from recast.errors import EntryError
from recast.inputs.part import BadDeclaration
from recast.json_types import JsonObject
from recast.strictjson import parse_json

if TYPE_CHECKING:
    from recast.applies.declared import Applies, Topology
    from recast.applies.rates import Table
    from recast.catalogue.entries.entry import EntryFile, VersionEntry
    from recast.inputs.rules import Rule

__all__ = ["applies_of", "check_declarations", "grids_of", "points_in", "rules_of", "tables_of"]

_DOCS = "docs/reference/applies.md and docs/reference/checks.md describe every key."
_MOST_POINTS = 100_000


def applies_of(config: JsonObject) -> Applies | None:
    """Return what a configuration declares under `applies`; raise BadDeclaration."""
    from recast.applies.reading import read_applies

    return read_applies(config["applies"]) if config.get("applies") is not None else None


def rules_of(config: JsonObject) -> tuple[Rule, ...]:
    """Return the rules of a configuration's `checks`; raise BadDeclaration."""
    from recast.inputs.rules import read_rules

    return read_rules(config["checks"]) if config.get("checks") else ()


def tables_of(applies: Applies, read: Callable[[str], bytes]) -> dict[str, Table]:
    """Return the table of cross sections of each topology that names one; raise ValueError."""
    from recast.applies.rates import read_table

    named = {topology.name: topology.table for topology in applies.topologies if topology.table is not None}
    return {name: read_table(parse_json(read(table.file)), table.pointer) for name, table in named.items()}


def grids_of(applies: Applies, read: Callable[[str], bytes]) -> dict[str, frozenset[str]]:
    """Return the points of each topology that has a grid; raise ValueError."""
    return {
        topology.name: frozenset(points_in(read(topology.grid)))
        for topology in applies.topologies
        if topology.grid is not None
    }


def points_in(content: bytes) -> list[str]:
    """Return the names of points in a CSV file of a bundle: its column `name`; raise ValueError."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8")))
    if "name" not in (rows.fieldnames or ()):
        raise ValueError("it is not CSV with a column `name`")
    names = [row["name"] for row in rows]
    if len(names) > _MOST_POINTS or not all(names):
        raise ValueError(f"it has an empty name, or more than {_MOST_POINTS} points")
    return names


def check_declarations(source: EntryFile, item: VersionEntry, files: Mapping[str, bytes], schema: JsonObject) -> None:
    """Check `applies` and `checks` of an entry against its files and the schema of its inputs; raise EntryError."""
    config = {"applies": item.applies, "checks": item.checks}
    for key, check in (("applies", _check_applies), ("checks", _check_rules)):
        try:
            check(config, files, schema)
            if key == "checks":
                _check_offered(item, files, schema)
        except BadDeclaration as problem:
            raise EntryError(
                f"The `{key}` of version {item.version} are not valid: {problem.message}",
                where=source.place(item, f"/{key}{problem.pointer}"),
                next_step=f"Fix it; {_DOCS}",
            ) from problem


def _check_applies(config: JsonObject, files: Mapping[str, bytes], schema: JsonObject) -> None:
    applies = applies_of(config)
    if applies is None:
        return
    known = schema.get("properties", {})
    for kind, key in applies.files.items():
        if known.get(key, {}).get("format") != "file":
            raise BadDeclaration(f"/files/{kind}", f"the schema has no file {key!r}")
    own = applies.own
    for part, name in (("input", own.input), ("of", own.of), ("accept", own.accept)) if own else ():
        if name is not None and name not in known:
            raise BadDeclaration(f"/own_cross_section/{part}", f"the schema has no input {name!r}")
    for index, topology in enumerate(applies.topologies):
        where = f"/topologies/{index}"
        for part, keys in (("run", topology.run), ("when", topology.when)):
            for key in keys:
                if key not in known:
                    raise BadDeclaration(f"{where}/{part}/{key}", f"the schema has no input {key!r}")
        _check_files(topology, where, files)


def _check_files(topology: Topology, where: str, files: Mapping[str, bytes]) -> None:
    from recast.applies.rates import read_table

    def parse_table(content: bytes) -> object:
        return read_table(parse_json(content), topology.table.pointer if topology.table else "")

    wanted = [("grid", topology.grid, points_in)] if topology.grid else []
    table = [("cross_section", topology.table.file, parse_table)] if topology.table else []
    for key, path, parse in (*wanted, *table):
        if path not in files:
            raise BadDeclaration(f"{where}/{key}", f"the bundle has no file {path!r}")
        try:
            parse(files[path])
        except ValueError as problem:
            raise BadDeclaration(f"{where}/{key}", f"{path}: {problem}") from problem


def _check_rules(config: JsonObject, files: Mapping[str, bytes], schema: JsonObject) -> None:
    from recast.inputs.rules import unknown_inputs

    for index, rule in enumerate(rules_of(config)):
        if unknown := unknown_inputs(rule, schema):
            raise BadDeclaration(f"/{index}", f"the schema has no input {unknown[0]!r}")
        if rule.file:
            if rule.file not in files:
                raise BadDeclaration(f"/{index}/in", f"the bundle has no file {rule.file!r}")
            try:
                points_in(files[rule.file])
            except ValueError as problem:
                raise BadDeclaration(f"/{index}/in", f"{rule.file}: {problem}") from problem


def _check_offered(item: VersionEntry, files: Mapping[str, bytes], schema: JsonObject) -> None:
    """Check that the version's own examples and validation items satisfy its `checks`."""
    from recast.inputs.rules import rule_faults

    rules = rules_of({"checks": item.checks})
    points = {rule.file: points_in(files[rule.file]) for rule in rules if rule.file}
    offered = [(f"example {name}", example.inputs) for name, example in item.examples.items()]
    offered += [(f"validation item {check.name}", check.inputs) for check in item.validation]
    for what, inputs in offered:
        if faults := rule_faults(rules, inputs, schema, points):
            raise BadDeclaration("", f"{what} does not satisfy them: {faults[0].pointer or '/'}: {faults[0].what}")
