"""The record of a version as its page shows it: every field checked, bounded, and in words."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from recast.inputs.help import input_rows
from recast.inputs.wording import shown
from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.results.cite import bibtex, cff, citations
from recast.results.subject import Subject
from recast.service.pages.links import page_of_version, query, references
from recast.service.pages.record.evidence import shown_changes, shown_evidence, shown_size
from recast.service.pages.record.workflow import shown_workflow
from recast.service.pages.shape import compact, cut, items_of, mapping, text, texts
from recast.service.pages.words import (
    ENTRY_AUTHORITIES,
    POLICIES,
    RESULT_TYPES,
    VERSION_STATES,
    signature_words,
    validation_words,
)

__all__ = ["LONGEST_TEXT", "bibtex_of", "cff_of", "shown_record"]

LONGEST_TEXT = 8000
_MOST_INPUTS, _MOST_EXAMPLES, _MOST_IMAGES, _MOST_VERSIONS, _MOST_LIMITS = 80, 12, 40, 60, 30
_LONGEST_EXAMPLE = 1200
_TAGS = (("final_states", "final_state", "Final states"), ("models", "model", "Models"), ("tools", "tool", "Tools"))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table, and how many more the record has; `fault` says why there are none, although there should be."""

    rows: tuple[JsonDict, ...]
    more: int = 0
    fault: str = ""


def shown_record(version: JsonObject, analysis: JsonObject, base: str) -> JsonDict:
    """Return what the page of a version shows; `analysis` is the record of its analysis, with card and versions."""
    name, number = text(version.get("analysis")), text(version.get("version"))
    status = text(version.get("status"))
    return {
        "name": name,
        "number": number,
        "reference": f"{name}@{number}",
        "own": f"{base}/analyses/{quote(name)}",
        "itself": f"{base}/analyses/{quote(name)}/versions/{quote(number, safe='+')}",
        "digest": text(version.get("digest")),
        "title": text(version.get("title"), 1000) or name,
        "collaboration": text(version.get("collaboration")),
        "abstract": text(version.get("abstract"), LONGEST_TEXT),
        "facts": list(_facts(version)),
        "links": list(references(mapping(version.get("references")))),
        "status": status,
        "status_words": VERSION_STATES.get(status, f"{status or 'Unknown'}."),
        "reason": text(version.get("reason"), 2000),
        "signature": signature_words(mapping(version.get("signature"))),
        "validation": _validation(mapping(version.get("validation"))),
        "evidence": shown_evidence(mapping(version.get("evidence"))),
        "workflow": shown_workflow(mapping(version.get("workflow"))),
        "validity": _validity(version.get("validity")),
        "cost": text(version.get("cost"), 2000),
        "cost_seen": _cost_seen(mapping(version.get("cost_seen"))),
        "changes": text(version.get("changes"), 2000),
        "since": shown_changes(version.get("since")),
        "inputs": _inputs(mapping(version.get("inputs"))),
        "examples": _examples(mapping(version.get("examples"))),
        "results": _results(version),
        "images": _images(version),
        "versions": _versions(analysis, name, base),
        "card": _card(mapping(analysis.get("card")), base),
        "cite": [cut(it, 2000) for it in _cited(version)],
        "bibtex": bibtex_of(version),
    }


def _facts(version: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield what is measured where: short pairs of words."""
    if energy := text(version.get("sqrts_tev")):
        yield "Energy", f"{energy} TeV"
    if luminosity := text(version.get("luminosity_inv_fb")):
        yield "Luminosity", f"{luminosity} fb⁻¹"
    for key, words in (("final_states", "Final states"), ("models", "Models")):
        if found := texts(version.get(key), 30):
            yield words, "; ".join(found)
    if authority := text(version.get("authority")):
        yield "Authority", ENTRY_AUTHORITIES.get(authority, authority)


def _validation(found: JsonObject) -> JsonDict:
    return {
        "words": validation_words(found),
        "known": bool(found),
        "counts": [(word, text(found.get(word))) for word in ("passed", "documented", "failed") if word in found],
        "failed": texts(found.get("failed_items"), 12),
        "who": text(found.get("who")),
        "when": text(found.get("when")),
    }


def _cost_seen(found: JsonObject) -> str:
    """Return what a point took in runs that have ended here, empty if none has."""
    return f"A point took {text(found.get('words'), 300)}" if is_finite(found.get("core_hours")) else ""


def _validity(found: JsonValue) -> Rows:
    told = [{"words": it} for it in texts(found, _MOST_LIMITS, 1000)]
    return Rows(tuple(told), max(0, len(found) - _MOST_LIMITS) if isinstance(found, (list, tuple)) else 0)


def _inputs(schema: JsonObject) -> Rows:
    try:
        rows = [_input(row) for row in input_rows(schema)]
    except (AttributeError, TypeError, ValueError, KeyError, RecursionError):  # a schema that is none
        return Rows((), fault="The schema of its inputs cannot be read.")
    return Rows(tuple(rows[:_MOST_INPUTS]), max(0, len(rows) - _MOST_INPUTS))


def _input(row: JsonObject) -> JsonDict:
    examples = row["examples"][:2]
    return {
        "input": cut(row["input"], 120),
        "type": cut(row["type"], 120),
        "required": bool(row["required"]),
        "unit": cut(row["unit"], 40),
        "allowed": cut(row["allowed"], 200),
        "default": shown(row["default"]) if "default" in row else "",
        "description": cut(row["description"], 300),
        "example": "; ".join(shown(it) for it in examples),
    }


def _examples(found: JsonObject) -> Rows:
    rows = [
        {
            "name": cut(name, 100),
            "description": text(mapping(it).get("description"), 500),
            "inputs": cut(json.dumps(mapping(it).get("inputs"), ensure_ascii=False, indent=1), _LONGEST_EXAMPLE),
            "typed": shlex.quote(name),
        }
        for name, it in list(found.items())[:_MOST_EXAMPLES]
    ]
    return Rows(tuple(rows), max(0, len(found) - _MOST_EXAMPLES))


def _results(version: JsonObject) -> list[JsonDict]:
    return [
        {
            "name": text(it.get("name"), 100),
            "type": RESULT_TYPES.get(text(it.get("type")), text(it.get("type"), 40)),
            "title": text(it.get("title"), 300),
        }
        for it in items_of(version.get("results"))[:60]
    ]


def _images(version: JsonObject) -> Rows:
    found = items_of(version.get("images"))
    rows = [
        {
            "image": text(it.get("image")),
            "digest": text(it.get("digest"), 80),
            "built": it.get("built") is True,
            "size": shown_size(it),
            "typed": shlex.quote(text(it.get("image"))),
        }
        for it in found[:_MOST_IMAGES]
    ]
    return Rows(tuple(rows), max(0, len(found) - _MOST_IMAGES))


def _versions(analysis: JsonObject, name: str, base: str) -> Rows:
    found = items_of(analysis.get("versions"))
    rows = [
        {
            "number": text(it.get("version"), 80),
            "status": text(it.get("status")),
            "digest": text(it.get("digest"), 80),
            "address": page_of_version(f"{base}/analyses", name, text(it.get("version"), 80)),
        }
        for it in found[:_MOST_VERSIONS]
    ]
    return Rows(tuple(rows), max(0, len(found) - _MOST_VERSIONS))


def _card(card: JsonObject, base: str) -> JsonDict:
    """Return who answers for an analysis and which requests it takes; of its contacts the names alone."""
    policy = text(card.get("policy"))
    quota = card.get("quota_core_hours")
    takes = POLICIES.get(policy, "not said")
    if policy == "at-once" and is_finite(quota):
        takes = f"{takes}: each requester may use {text(quota)} core-hour{'s' * (quota != 1)} in 30 days"
    tags = [
        (words, [(tag, query(f"{base}/analyses", {facet: tag})) for tag in found])
        for key, facet, words in _TAGS
        if (found := texts(card.get(key), 50, 100))
    ]
    return {
        "policy": policy,
        "takes": takes,
        "contacts": [name for it in items_of(card.get("contacts")) if (name := text(it.get("name"), 200))],
        "tags": tags,
        "note": text(card.get("note"), 2000),
        "when": text(card.get("when"), 40),
    }


def _subject(version: JsonObject) -> Subject:
    known = ("title", "collaboration", "authority")
    metadata = {key: text(version.get(key), 1000) for key in known if version.get(key)}
    numbers = {key: text(value, 200) for key, value in mapping(version.get("references")).items()}
    reference = f"{text(version.get('analysis'))}@{text(version.get('version'))}"
    found = Subject("", reference, text(version.get("digest")))
    return replace(found, metadata={**metadata, "references": numbers}) if metadata else found


def _cited(version: JsonObject) -> list[str]:
    return [one.words for one in citations(_subject(version))]


def cff_of(version: JsonObject) -> str:
    """Return what to cite for a version as CITATION.cff."""
    return cff(citations(_subject(version)), _subject(version))


def bibtex_of(version: JsonObject) -> str:
    """Return what to cite for a version as BibTeX."""
    return bibtex(citations(_subject(version)), compact(version.get("analysis"), 100))
