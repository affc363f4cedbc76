"""The published numbers that a version must reproduce, and what it gave when it was last validated on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recast.catalogue.validate import read_evidence
from recast.catalogue.version import PublishedVersion, ValidationItem
from recast.digests import hex_of
from recast.json_types import JsonDict, JsonObject, is_finite
from recast.paths import places

__all__ = ["evidence_changes", "evidence_of", "evidence_stamps"]

_MOST_ITEMS = 300
_OUR_NUMBERS, _OUR_WORDS = ("ours", "deviation"), ("verdict", "reason")
_LONGEST_WORDS = 1000


def evidence_of(version: PublishedVersion) -> JsonDict:
    """Return `{"items": […], "more", "when", "where"}`: each number with its tolerance and source, and with ours if
    there is one; `when` and `where` are empty if it was not validated here.
    """
    found = read_evidence(version)
    here = found if isinstance(found, Mapping) else {}
    ours = {it["name"]: it for it in _items(here.get("items")) if isinstance(it.get("name"), str)}
    told = [_told(item, ours.get(item.name, {})) for item in version.validation[:_MOST_ITEMS]]
    return {
        "items": told,
        "more": max(0, len(version.validation) - _MOST_ITEMS),
        "when": str(here.get("validated", ""))[:40] if ours else "",
        "where": "on this machine" if ours else "",
    }


def evidence_stamps(digests: Mapping[str, str]) -> dict[str, str]:
    """Return what changes when a version is validated here: for the name of each whose digest is given."""
    by_hex = {hex_of(digest): name for name, digest in digests.items() if digest.startswith("sha256:")}
    stamps: dict[str, str] = {}
    for path in sorted(_folder().glob("*.json")) if _folder().is_dir() else ():
        if (name := by_hex.get(path.stem.partition("-")[0])) is not None:
            stamps[name] = f"{stamps.get(name, '')}{path.name}:{path.stat().st_mtime_ns};"
    return stamps


def evidence_changes() -> tuple[int, ...]:
    """Return a value that changes when anything is validated here."""
    try:
        status = _folder().stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_mtime_ns)


def _folder() -> Path:
    return places().state_dir / "validation"


def _told(item: ValidationItem, ours: JsonObject) -> JsonDict:
    """Return a number with ours. JSON has no NaN, which a result may be."""
    numbers = {key: ours[key] for key in _OUR_NUMBERS if is_finite(ours.get(key))}
    words = {key: str(ours[key])[:_LONGEST_WORDS] for key in _OUR_WORDS if ours.get(key)}
    return {
        "name": item.name,
        "result": item.result,
        "quantity": item.quantity,
        "point": dict(item.point),
        "published": item.published if is_finite(item.published) else None,
        "kind": item.kind,
        "tolerance": item.tolerance if is_finite(item.tolerance) else None,
        "source": item.source,
        "documented": item.documented,
        **numbers,
        **words,
    }


def _items(found: object) -> list[JsonObject]:
    return [it for it in found if isinstance(it, Mapping)] if isinstance(found, list) else []
