"""A submission to HEPData: `submission.yaml` and one YAML file per table (hepdata-submission.readthedocs.io, schema
1.1).

It is plain YAML, written without HEPData's packages; the tests check it with hepdata-validator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from recast.errors import NotFound
from recast.exports.tables import Column, Table, tables_of
from recast.json_types import JsonDict, JsonObject
from recast.masked import masked_json
from recast.results.cite import in_words
from recast.results.subject import Subject

__all__ = ["Resource", "submission"]

_LONGEST_NAME, _LONGEST_KEYWORD, _LONGEST_INPUTS = 64, 128, 2000
_AT_THE_LHC = ("ALICE", "ATLAS", "CMS", "LHCb")


@dataclass(frozen=True, slots=True)
class Resource:
    """An additional file or URL, listed in `additional_resources`. `kind` is one of HEPData's types."""

    location: str
    description: str
    kind: str = ""

    def as_yaml(self) -> dict[str, str]:
        """Return the resource in HEPData's format."""
        return {"location": self.location, "description": self.description} | ({"type": self.kind} if self.kind else {})


def submission(
    results: Sequence[JsonObject],
    subject: Subject,
    titles: Mapping[str, str],
    resources: Iterable[Resource] = (),
) -> dict[str, bytes]:
    """Return the files of a submission by name; raise NotFound if no result has numbers.

    `titles` are those of the declared results; `resources` are listed in the first document, and files among them have
    to be placed next to the others.
    """
    tables = tables_of(results, titles)
    if not tables:
        raise NotFound(
            f"The {subject.origin} has no numbers for HEPData",
            why="It has no limit, yields, efficiency, cutflow or table.",
            next_step=f"recast results {subject.run}   (its results)" if subject.run else "wait for its answers",
            code="export.nothing",
        )
    files: dict[str, bytes] = {}
    documents: list[JsonDict] = [_header(subject, resources)]
    names: set[str] = set()
    for table in tables:
        name, file = _unique(table.title, names), f"{re.sub(r'[^A-Za-z0-9_.-]', '_', table.key)}.yaml"
        documents.append(_document(table, name, file, subject))
        files[file] = _yaml([_data(table, subject)])
    return {"submission.yaml": _yaml(documents), **files}


def _header(subject: Subject, resources: Iterable[Resource]) -> JsonDict:
    linked = [*_links(subject), *resources]
    return {"comment": _comment(subject)} | (
        {"additional_resources": [resource.as_yaml() for resource in linked]} if linked else {}
    )


def _comment(subject: Subject) -> str:
    """Return what readers must know first: that this is a reinterpretation, its authority, and what produced it."""
    metadata = subject.metadata
    of = (
        f'of "{metadata["title"]}" of the {metadata["collaboration"]} Collaboration'
        if metadata
        else "without a catalogue entry"
    )
    told = [f"WARNING: {warning}." for warning in subject.warnings]
    told += [f"This is a reinterpretation {of}, made with RECAST; it is not part of any original publication."]
    told.append("Cite, the original publication first: " + "; ".join(in_words(subject)) + ".")
    told.append(f"Authority of the result: {subject.authority}.")
    if subject.reference:
        told.append(f"Catalogue entry: {subject.reference}, digest {subject.digest}.")
    told.append(f"{subject.origin.capitalize()}{f', made {subject.day}' if subject.day else ''}.")
    if subject.request:  # the inputs of its points are columns
        return " ".join(told)
    given = json.dumps(masked_json(subject.given), ensure_ascii=False, sort_keys=True)
    told.append(f"Inputs: {given if len(given) <= _LONGEST_INPUTS else given[:_LONGEST_INPUTS] + ' ...'}")
    return " ".join(told)


def _links(subject: Subject) -> list[Resource]:
    """Return links to the original paper and its data."""
    addresses = {
        "arxiv": ("https://arxiv.org/abs/{}", "Original publication that is reinterpreted"),
        "inspire": ("https://inspirehep.net/literature/{}", "INSPIRE record of the original publication"),
        "hepdata_doi": ("https://doi.org/{}", "HEPData record of the original publication"),
    }
    known = subject.references
    return [Resource(form.format(known[key]), words) for key, (form, words) in addresses.items() if known.get(key)]


def _document(table: Table, name: str, file: str, subject: Subject) -> JsonDict:
    return {
        "name": name,
        "location": f"RECAST {subject.origin}",
        "description": _short_origin(subject, table.description),
        "keywords": _keywords(table, subject),
        "data_file": file,
    }


def _short_origin(subject: Subject, words: str) -> str:
    warned = "".join(f"WARNING: {warning}. " for warning in subject.warnings)
    made_of = f" of {subject.reference} ({subject.digest})" if subject.reference else ""
    return f"{warned}{words} Reinterpretation with RECAST{made_of}; authority: {subject.authority}."


def _keywords(table: Table, subject: Subject) -> list[JsonDict]:
    metadata = subject.metadata
    words = ["Reinterpretation", "RECAST", *metadata.get("final_states", ()), *metadata.get("models", ())]
    found: dict[str, list[Any]] = {
        "cmenergies": [metadata["sqrts_tev"] * 1000.0] if metadata else [],
        "reactions": ["P P --> X"] if metadata.get("collaboration") in _AT_THE_LHC else [],
        "observables": list(table.observables),
        "phrases": [word for word in words if len(word) <= _LONGEST_KEYWORD],
    }
    return [{"name": key, "values": values} for key, values in found.items() if values]


def _data(table: Table, subject: Subject) -> JsonDict:
    return {
        "independent_variables": [
            {"header": _variable(column), "values": [{"value": value} for value in column.values]}
            for column in table.independent
        ],
        "dependent_variables": [_dependent(column, subject) for column in table.dependent],
    }


def _variable(column: Column) -> dict[str, str]:
    return {"name": column.name} | ({"units": column.unit} if column.unit else {})


def _dependent(column: Column, subject: Subject) -> JsonDict:
    errors = column.errors or ((),) * len(column.values)
    values = [
        {"value": value} | ({"errors": [dict(error) for error in own]} if own else {})
        for value, own in zip(column.values, errors, strict=True)
    ]
    qualifiers = [
        {"name": name, "value": value} | ({"units": unit} if unit else {})
        for name, value, unit in (*_of_the_data(subject), *column.qualifiers)
    ]
    return {"header": _variable(column), **({"qualifiers": qualifiers} if qualifiers else {}), "values": values}


def _of_the_data(subject: Subject) -> tuple[tuple[str, str | float, str], ...]:
    metadata = subject.metadata
    if not metadata:
        return ()
    return (
        ("SQRT(S)", metadata["sqrts_tev"] * 1000.0, "GEV"),
        ("LUMINOSITY", metadata["luminosity_inv_fb"], "fb$^{-1}$"),
    )


def _unique(title: str, names: set[str]) -> str:
    """Return a name of at most 64 characters that no table has yet."""
    name, number = title[:_LONGEST_NAME], 2
    while name in names:
        end = f" ({number})"
        name, number = title[: _LONGEST_NAME - len(end)] + end, number + 1
    names.add(name)
    return name


def _yaml(documents: Sequence[JsonObject]) -> bytes:
    text: str = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=120, explicit_start=True)
    return text.encode("utf-8")
