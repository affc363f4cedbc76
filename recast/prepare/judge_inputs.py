"""Check, before a run is created, the inputs that can be checked without a container.

Checks use what the version declares (`checks`, `applies`), never its code: no untrusted code runs here. The first step
of the workflow checks again, and more.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from recast.catalogue.entries.declaring import applies_of, points_in, rules_of, tables_of
from recast.catalogue.version import PublishedVersion
from recast.inputs.faults import Fault, raise_faults
from recast.inputs.schema import with_defaults
from recast.json_types import JsonObject

if TYPE_CHECKING:
    from recast.applies.rates import Table
    from recast.applies.slha import Spectrum

__all__ = ["Declarations", "declarations_of", "judge_files", "rule_faults_of"]

_EVENTS = ("lhe", "hepmc")


class Declarations:
    """What a version declares about its inputs beyond their schema, read once; files of the bundle when needed."""

    def __init__(self, version: PublishedVersion) -> None:
        self.version = version
        self.rules = rules_of(version.config)
        self.applies = applies_of(version.config)

    @cached_property
    def points(self) -> Mapping[str, Collection[str]]:
        """The known points, by the file of the bundle that lists them."""
        return {rule.file: frozenset(points_in(self.version.read(rule.file))) for rule in self.rules if rule.file}

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """The tables of cross sections, by topology."""
        return tables_of(self.applies, self.version.read) if self.applies else {}

    def faults(self, inputs: JsonObject) -> list[Fault]:
        """Return the faults of inputs that fit the schema but violate the version's `checks`, masses or units."""
        found: list[Fault] = []
        if self.rules:
            from recast.inputs.rules import rule_faults

            found = rule_faults(self.rules, inputs, self.version.input_schema, self.points)
        values = with_defaults(inputs, self.version.input_schema)
        if not found and self.applies is not None:
            from recast.applies.outside import points_outside

            found = points_outside(self.applies, values)
        return found or _unit_faults(self, values, None)


def rule_faults_of(version: PublishedVersion, inputs: JsonObject) -> list[Fault]:
    """Return the faults of inputs that fit the schema but violate the version's `checks`, masses or units."""
    return declarations_of(version).faults(inputs)


_READ: dict[str, Declarations] = {}
_MOST_READ = 8


def declarations_of(version: PublishedVersion) -> Declarations:
    """Return what a version declares, read once for its digest: a scan asks for each of its points."""
    found = _READ.get(version.digest)
    if found is None:
        if len(_READ) >= _MOST_READ:
            _READ.pop(next(iter(_READ)), None)
        found = _READ[version.digest] = Declarations(version)
    return found


def _unit_faults(declared: Declarations, values: JsonObject, spectrum: Spectrum | None) -> list[Fault]:
    """Return a fault for each given cross section that is far from the version's tables; these are read only if one is
    given.
    """
    applies = declared.applies
    if applies is None or applies.own is None or not values.get(applies.own.input):
        return []
    from recast.applies.plausible import far_from_tables

    return far_from_tables(applies, declared.tables, values, spectrum)


def _section_faults(declared: Declarations, values: JsonObject, spectrum: Spectrum, key: str) -> list[Fault]:
    """Return a fault if the spectrum's own cross sections, which would be used, are far from the version's tables."""
    applies, metadata = declared.applies, declared.version.metadata
    if applies is None or not spectrum.cross_sections:
        return []
    from recast.applies.plausible import sections_far_from_tables

    return sections_far_from_tables(applies, declared.tables, values, spectrum, key, metadata["sqrts_tev"])


def judge_files(
    version: PublishedVersion,
    inputs: JsonObject,
    files: Mapping[tuple[str | int, ...], Path],
    declared: Declarations | None = None,
) -> None:
    """Raise InputError for a file that is not of the declared kind, or a spectrum that the version cannot take.

    `declared` are the version's declarations, if they were read before.
    """
    declared = declared or declarations_of(version)
    applies = declared.applies
    if applies is None:
        return
    defaults = with_defaults({}, version.input_schema)
    there = {
        kind: files[(key,)]
        for kind, key in applies.files.items()
        if (key,) in files and inputs.get(key) != defaults.get(key)
    }
    if not there:
        return
    from recast.prepare.what_file import fault_of_file, spectrum_fault, spectrum_of

    values = with_defaults(inputs, version.input_schema)
    for kind, path in there.items():
        key = applies.files[kind]
        words = fault_of_file(kind, path, version.metadata["sqrts_tev"])
        if not words and kind == "slha" and not set(_EVENTS) & there.keys():
            words = spectrum_fault(applies, path, values, version.metadata["sqrts_tev"])
        if words:
            name = shlex.quote(str(inputs[key]).removeprefix("@"))
            step = f"recast which {name}   (which searches take it, and why the others do not)"
            raise_faults([Fault(f"/{key}", words, "")], version.typed, step if kind == "slha" else "")
        if kind == "slha" and len(there) == 1:
            spectrum = spectrum_of(path)
            raise_faults(_unit_faults(declared, values, spectrum), version.typed)
            raise_faults(_section_faults(declared, values, spectrum, key), version.typed)
