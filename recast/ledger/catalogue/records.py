"""What the index keeps of an analysis: its record, one line for lists, the values of its facets, its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from recast.catalogue.semver import Semver
from recast.json_types import JsonDict, JsonObject
from recast.ledger.catalogue.compared import compared
from recast.search import Terms, terms_of

__all__ = ["DAMAGED", "FACETS", "AnalysisRecord", "VersionRecord", "newest"]

FACETS = (
    "collaboration",
    "final_state",
    "model",
    "sqrts_tev",
    "luminosity_inv_fb",
    "status",
    "validated",
    "tool",
    "policy",
)
DAMAGED = "damaged"
"""The status of a version that cannot be read here: the catalogue says which ones there are, apart from their files."""

_MOST_VALUES = 40
_ABOUT = ("collaboration", "authority", "final_states", "models", "tools", "note", "changes", "validity", "abstract")
"""What searches look at besides names, numbers and facets; what may be very long comes last."""


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One version as the catalogue has it. `validation` is what its last publisher said of it, None if nothing.

    `images` are its container images: `image` (name and tag), `digest` (empty for one that each site builds from a
    recipe and that nobody has named yet), whether it is `built` from a recipe, and then what its size is said to be.
    `workflow` are its stages (`recast.graph.outline`), `evidence` the numbers that it must reproduce, `plot` the axes
    that its entry declares for plots (`recast.scans.declared.plot_of`).
    `published_at` is when it was first stated to be published, `status_at` when its status was stated (UTC); empty if
    nobody has stated it.
    """

    analysis: str
    version: str
    digest: str
    status: str
    reason: str
    metadata: JsonObject = field(hash=False)
    validation: JsonObject | None = field(default=None, hash=False)
    inputs: JsonObject = field(default_factory=dict, hash=False)
    examples: JsonObject = field(default_factory=dict, hash=False)
    results: tuple[JsonObject, ...] = field(default=(), hash=False)
    signature: JsonObject = field(default_factory=dict, hash=False)
    images: tuple[JsonObject, ...] = field(default=(), hash=False)
    workflow: JsonObject = field(default_factory=dict, hash=False)
    evidence: JsonObject = field(default_factory=dict, hash=False)
    plot: JsonObject = field(default_factory=dict, hash=False)
    published_at: str = ""
    status_at: str = ""

    @property
    def validated(self) -> bool:
        """Whether a publisher has reproduced its numbers, all of them."""
        return self.validation is not None and not self.validation.get("failed")

    def as_json(self) -> JsonDict:
        """Return the record of the version."""
        return {
            "analysis": self.analysis,
            "version": self.version,
            "digest": self.digest,
            "status": self.status,
            "reason": self.reason,
            "published_at": self.published_at,
            "status_at": self.status_at,
            "validated": self.validated,
            "validation": self.validation,
            "signature": dict(self.signature),
            **{key: self.metadata.get(key) for key in _METADATA if key in self.metadata},
            "inputs": self.inputs,
            "examples": self.examples,
            "results": list(self.results),
            "images": list(self.images),
            "workflow": dict(self.workflow),
            "evidence": dict(self.evidence),
            "plot": dict(self.plot),
        }


_METADATA = (
    "title",
    "collaboration",
    "abstract",
    "references",
    "sqrts_tev",
    "luminosity_inv_fb",
    "final_states",
    "models",
    "authority",
    "changes",
    "validity",
    "cost",
)


@dataclass(frozen=True, slots=True)
class AnalysisRecord:
    """An analysis: its versions, oldest first, and its card; `stamp` changes with all that they were made of."""

    versions: tuple[VersionRecord, ...]
    card: JsonObject = field(hash=False)
    stamp: str = ""

    @property
    def analysis(self) -> str:
        """Its name."""
        return self.versions[-1].analysis

    @property
    def shown(self) -> VersionRecord:
        """The version that stands for it: the newest that is not withdrawn."""
        return newest(self.versions)

    @property
    def changed(self) -> str:
        """When a version of it was published, or changed its status, for the last time; empty if nobody said so."""
        return max(moment for it in self.versions for moment in (it.published_at, it.status_at))

    def item(self) -> JsonDict:
        """Return its line in lists."""
        it = self.shown
        return {
            "analysis": it.analysis,
            "version": it.version,
            "digest": it.digest,
            "title": it.metadata.get("title", ""),
            "collaboration": it.metadata.get("collaboration", ""),
            "sqrts_tev": it.metadata.get("sqrts_tev"),
            "status": it.status,
            "validated": it.validated,
            "policy": self.card.get("policy", ""),
            "changed": self.changed,
            "inspire": _number(it.metadata.get("references")),
        }

    def facets(self) -> dict[str, list[str]]:
        """Return the values of each facet. Tags of the card come before the free text of the version."""
        it, card = self.shown.metadata, self.card
        found = {
            "collaboration": _texts(it.get("collaboration")),
            "final_state": _texts(card.get("final_states") or it.get("final_states")),
            "model": _texts(card.get("models") or it.get("models")),
            "sqrts_tev": _texts(it.get("sqrts_tev")),
            "luminosity_inv_fb": _texts(it.get("luminosity_inv_fb")),
            "status": [self.shown.status],
            "validated": ["yes" if self.shown.validated else "no"],
            "tool": _texts(card.get("tools")),
            "policy": _texts(card.get("policy")),
        }
        return {name: values for name, values in found.items() if values}

    def terms(self) -> Terms:
        """Return the words that searches find it by."""
        it, card = self.shown.metadata, self.card
        contacts = [one.get("name") for one in _items(card.get("contacts"))]
        texts = [it.get("references"), contacts, *(found.get(key) for key in _ABOUT for found in (card, it))]
        takes = self.shown.status != "withdrawn" and card.get("policy") != "closed"
        fields = {**self.facets(), "accepts": ["yes" if takes else "no"]}
        references = it.get("references")
        numbers = references if isinstance(references, Mapping) else {}
        return terms_of(self.analysis, str(it.get("title") or ""), numbers, texts, fields)

    def as_json(self) -> JsonDict:
        """Return the record of the analysis: that of the version shown, with its card and all versions."""
        keys = ("version", "digest", "status", "published_at", "status_at")
        listed = [{key: getattr(it, key) for key in keys} for it in reversed(self.versions)]
        return {**self.version_json(self.shown), "card": dict(self.card), "versions": listed}

    def version_json(self, version: VersionRecord) -> JsonDict:
        """Return the record of one of its versions, with what it changed of the one before it that can be read."""
        before = [it for it in self.versions[: self.versions.index(version)] if it.status != DAMAGED]
        told = version.as_json()
        since = compared(before[-1].as_json(), told) if before and version.status != DAMAGED else None
        return {**told, "since": since}


def _number(references: object) -> str:
    """Return the number of a paper at INSPIRE; empty for anything else."""
    found = references.get("inspire") if isinstance(references, Mapping) else None
    return str(found) if isinstance(found, (int, str)) and str(found).isascii() and str(found).isdigit() else ""


def newest(versions: Sequence[VersionRecord]) -> VersionRecord:
    """Return the newest version: published before deprecated, withdrawn, damaged; stable before pre-releases."""
    if len(versions) == 1:
        return versions[0]
    order = (DAMAGED, "withdrawn", "deprecated", "published")
    return max(
        versions, key=lambda it: (order.index(it.status), Semver.parse(it.version).stable, Semver.parse(it.version))
    )


def _items(found: object) -> list[JsonObject]:
    """Return the objects in a list."""
    return [it for it in found if isinstance(it, Mapping)] if isinstance(found, (list, tuple)) else []


def _texts(found: object) -> list[str]:
    """Return the values of one key of metadata as short texts: one value, or a list of them."""
    values: Iterable[object] = found if isinstance(found, (list, tuple)) else [found]
    texts = [re.sub(r"\s+", " ", f"{it:g}" if isinstance(it, float) else str(it)).strip()[:200] for it in values if it]
    return [text for text in dict.fromkeys(texts) if text][:_MOST_VALUES]
