"""Check, before a run is created, the inputs that can be checked without a container.

Checks use what the version declares (`checks`, `applies`), never its code: no untrusted code runs here. The first step
of the workflow checks again, and more.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recast.catalogue.entries.declaring import applies_of, points_in, rules_of, tables_of
from recast.catalogue.version import PublishedVersion
from recast.inputs.faults import Fault, raise_faults
from recast.inputs.schema import with_defaults
from recast.json_types import JsonObject

if TYPE_CHECKING:
    from recast.applies.declared import Applies
    from recast.applies.slha import Spectrum

__all__ = ["judge_files", "rule_faults_of"]

_EVENTS = ("lhe", "hepmc")


def rule_faults_of(version: PublishedVersion, inputs: JsonObject) -> list[Fault]:
    """Return the faults of inputs that fit the schema but violate the version's `checks`, masses or units."""
    rules = rules_of(version.config)
    found: list[Fault] = []
    if rules:
        from recast.inputs.rules import rule_faults

        points = {rule.file: points_in(version.read(rule.file)) for rule in rules if rule.file}
        found = rule_faults(rules, inputs, version.input_schema, points)
    applies, values = applies_of(version.config), with_defaults(inputs, version.input_schema)
    if not found and applies is not None:
        from recast.applies.outside import points_outside

        found = points_outside(applies, values)
    return found or _unit_faults(version, applies, values, None)


def _unit_faults(
    version: PublishedVersion, applies: Applies | None, values: JsonObject, spectrum: Spectrum | None
) -> list[Fault]:
    """Return a fault for each given cross section that is far from the version's tables; these are read only if one is
    given.
    """
    if applies is None or applies.own is None or not values.get(applies.own.input):
        return []
    from recast.applies.plausible import far_from_tables

    return far_from_tables(applies, tables_of(applies, version.read), values, spectrum)


def _section_faults(
    version: PublishedVersion, applies: Applies, values: JsonObject, spectrum: Spectrum, key: str
) -> list[Fault]:
    """Return a fault if the spectrum's own cross sections, which would be used, are far from the version's tables."""
    if not spectrum.cross_sections:
        return []
    from recast.applies.plausible import sections_far_from_tables

    tables = tables_of(applies, version.read)
    return sections_far_from_tables(applies, tables, values, spectrum, key, version.metadata["sqrts_tev"])


def judge_files(version: PublishedVersion, inputs: JsonObject, files: Mapping[tuple[str | int, ...], Path]) -> None:
    """Raise InputError for a file that is not of the declared kind, or a spectrum that the version cannot take."""
    applies = applies_of(version.config)
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
            raise_faults(_unit_faults(version, applies, values, spectrum), version.typed)
            raise_faults(_section_faults(version, applies, values, spectrum, key), version.typed)
