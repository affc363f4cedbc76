"""The golden queries, and the catalogue that they are asked of."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from recast.json_types import JsonDict
from recast.ledger.catalogue.records import AnalysisRecord, VersionRecord
from recast.spec.source import parse

__all__ = ["QUERIES", "catalogue"]

_HERE = Path(__file__).parent
_ENTRIES = _HERE.parents[1] / "catalogue"
_GOLDEN: JsonDict = parse((_HERE / "golden_queries.yml").read_bytes(), "golden_queries.yml").value
QUERIES: list[JsonDict] = _GOLDEN["queries"]


@cache
def catalogue() -> tuple[AnalysisRecord, ...]:
    """Return the analyses of this project, and those of the golden set."""
    real = [(_read(path), _read(_ENTRIES / "cards" / path.name)) for path in sorted(_ENTRIES.glob("*.yml"))]
    return tuple(
        _record(entry, card) for entry, card in [*real, *((it, it.get("card", {})) for it in _GOLDEN["analyses"])]
    )


def _read(path: Path) -> JsonDict:
    found: JsonDict = parse(path.read_bytes(), path.name).value
    return found


def _record(entry: JsonDict, card: JsonDict) -> AnalysisRecord:
    name, newest = entry["analysis"], entry.get("versions", [{}])[-1]
    about = {**entry, **{key: newest[key] for key in ("validity", "cost", "changes") if key in newest}}
    status = entry.get("status", "published")
    version = VersionRecord(name, "1.0.0", f"sha256:{name}", status, "", about)
    return AnalysisRecord((version,), card, stamp=name)
