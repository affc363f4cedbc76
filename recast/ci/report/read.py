"""Reading the reports of pipelines, which may have been written by somebody else, or be damaged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recast.ci.report.shape import COMPARISON, REPORT, Shape, misfit
from recast.errors import NotFound, StoreError
from recast.json_types import JsonDict
from recast.strictjson import parse_json
from recast.terminal_safe import one_line

__all__ = ["read_comparison", "read_report"]

SCHEMA = 1
_MOST_BYTES = 256_000_000
_OF_REPORT = {
    "word": str,
    "sentence": str,
    "exit_code": int,
    "phases": list,
    "tests": list,
    "images": list,
    "runs": list,
}
_OF_COMPARISON = {"mode": str, "quantities": list, "histograms": list}


def read_report(path: Path) -> JsonDict:
    """Return `report.json` of a pipeline; raise NotFound if there is none, StoreError if it is damaged."""
    return _shaped(path, _read(path, _OF_REPORT), REPORT)


def read_comparison(path: Path) -> JsonDict:
    """Return `comparison.json` of a pipeline; raise NotFound if there is none, StoreError if it is damaged."""
    document = _shaped(path, _read(path, _OF_COMPARISON), COMPARISON)
    if not all(isinstance(row.get("pointer"), str) for row in (*document["quantities"], *document["histograms"])):
        raise _damaged(path, "a quantity in it has no pointer")
    return document


def _shaped(path: Path, document: JsonDict, shape: Shape) -> JsonDict:
    if place := misfit(document, shape):
        raise _damaged(path, f"something else is at {one_line(place, 200)} than belongs there")
    return document


def _read(path: Path, needed: Mapping[str, type]) -> JsonDict:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _damaged(path, f"it has more than {_MOST_BYTES:,} bytes")
        document = parse_json(path.read_bytes())
    except FileNotFoundError:
        step = "recast ci run --out DIR, then look in DIR/recast-ci"
        raise NotFound("There is no report of a pipeline", where=str(path), next_step=step) from None
    except ValueError as problem:
        raise _damaged(path, str(problem)) from problem
    except OSError as problem:
        raise StoreError("A report cannot be read", where=str(path), why=str(problem)) from problem
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _damaged(path, f"its schema is not {SCHEMA}")
    wrong = [key for key, kind in needed.items() if not isinstance(document.get(key), kind)]
    if wrong:
        raise _damaged(path, f"it has no valid {', '.join(wrong)}")
    return document


def _damaged(path: Path, why: str) -> StoreError:
    return StoreError(
        "A report is damaged", where=str(path), why=why, next_step="Run the pipeline again: recast ci run"
    )
