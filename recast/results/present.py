"""Present results as tables, and as files in a folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recast.atomic import copy_file, replace_file
from recast.errors import StoreError
from recast.json_types import JsonDict, JsonObject
from recast.results.types import FILE_TYPES

__all__ = ["Section", "copy_files", "export", "export_named", "sections"]

Row = JsonObject
_OBSERVED = ("cls_obs", "mu_ul_obs", "xsec_ul_obs_fb")
_BAND = ("minus2sigma", "minus1sigma", "median", "plus1sigma", "plus2sigma")


@dataclass(frozen=True, slots=True)
class Section:
    """One table: its name, the columns to show on a terminal, and rows, which contain more than those."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def sections(results: Sequence[Row]) -> list[Section]:
    """Return a table for each result with numbers, in their order, and finally one of all files."""
    tables = []
    for name in dict.fromkeys(result["name"] for result in results if result["type"] not in FILE_TYPES):
        chosen = [result for result in results if result["name"] == name]
        tables.append(_table(name, chosen))
    files = tuple(result for result in results if result["type"] in FILE_TYPES)
    return [*tables, Section("files", ("name", "type", "file", "title"), files)] if files else tables


def export(document: JsonObject, run_dir: Path, form: str, folder: Path) -> list[Path]:
    """Write the results into a folder: `results.json`, or one CSV file per table; and the plots and other files.

    Returns what was written, sorted.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [_write_json(document, folder)] if form == "json" else _write_csv(document, folder)
        return sorted([*written, *copy_files(document["results"], run_dir, folder, FILE_TYPES)])
    except OSError as problem:
        raise _cannot(problem, folder) from problem


def export_named(document: JsonObject, form: str, folder: Path) -> list[Path]:
    """Write the results named by an imported entry, whose values are in the document: JSON, or one CSV file."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if form == "json":
            return [_write_json(document, folder)]
        return [_write_table(folder / "results.csv", ("name", "path", "value"), document["results"])]
    except OSError as problem:
        raise _cannot(problem, folder) from problem


def copy_files(results: Sequence[Row], run_dir: Path, folder: Path, types: frozenset[str]) -> list[Path]:
    """Copy the files of results of some types into a folder; return the copies."""
    copies = []
    try:
        for result in results:
            if result["type"] in types:
                folder.mkdir(parents=True, exist_ok=True)
                source = run_dir / "results" / result["file"]
                copy_file(source, folder / source.name)
                copies.append(folder / source.name)
    except OSError as problem:
        raise _cannot(problem, folder) from problem
    return copies


def _table(name: str, results: Sequence[Row]) -> Section:
    rows = tuple(row for result in results for row in _ROWS[result["type"]](result))
    if results[0]["type"] != "limit":
        return Section(name, tuple(dict.fromkeys(key for row in rows for key in row)), rows)
    known = ("published_cls_obs", "relative_deviation") if any("published_cls_obs" in row for row in rows) else ()
    value = next((key for key in _OBSERVED if any(row[key] is not None for row in rows)), _OBSERVED[0])
    notes = ("notes",) if any(row["notes"] for row in rows) else ()
    bounds = [key for key in _OBSERVED[1:] if key != value and any(row[key] is not None for row in rows)]
    return Section(name, ("point", value, *bounds, *known, "verdict", *notes), rows)


def _limit_rows(limit: Row) -> Iterator[Row]:
    point = limit["point"]
    row: JsonDict = {"point": point.get("name") or " ".join(f"{key}={value}" for key, value in point.items())}
    row |= {key: value for key, value in point.items() if key != "name"}
    for key in _OBSERVED:
        row[key] = limit.get(key)
    for key in ("cls_exp", "mu_ul_exp", "xsec_ul_exp_fb"):
        row |= {f"{key}_{sigma}": value for sigma, value in zip(_BAND, limit.get(key) or (), strict=False)}
    row |= {"expected_convention": limit["expected_convention"]} if limit.get("expected_convention") else {}
    row |= {"excluded": limit["excluded"], "verdict": limit["verdict"]}
    published = limit.get("published", {}).get("cls_obs")
    if published and limit["cls_obs"] is not None:
        row |= {"published_cls_obs": published, "relative_deviation": limit["cls_obs"] / published - 1}
    yield row | {"notes": "; ".join(limit.get("notes", []))}


def _region_rows(result: Row) -> Iterator[Row]:
    for region in result["regions"]:
        yield {**result.get("point", {}), **region}


def _cutflow_rows(cutflow: Row) -> Iterator[Row]:
    for step in cutflow["steps"]:
        yield {**cutflow.get("point", {}), "region": cutflow["region"], **step}


def _table_rows(table: Row) -> Iterator[Row]:
    names = [
        f"{column['name']} [{column['unit']}]" if "unit" in column else column["name"] for column in table["columns"]
    ]
    for row in table["rows"]:
        yield dict(zip(names, row, strict=False))


_ROWS = {
    "cutflow": _cutflow_rows,
    "efficiency": _region_rows,
    "limit": _limit_rows,
    "table": _table_rows,
    "yields": _region_rows,
}


def _write_json(document: JsonObject, folder: Path) -> Path:
    path = folder / "results.json"
    replace_file(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())
    return path


def _write_csv(document: Row, folder: Path) -> list[Path]:
    """Write one file per table; warnings about the version are the first column of each."""
    written = []
    warning = {"warning": "; ".join(document["warnings"])} if document.get("warnings") else {}
    for section in sections([result for result in document["results"] if result["type"] not in FILE_TYPES]):
        rows = [{**warning, **row} for row in section.rows]
        columns = list(dict.fromkeys(key for row in rows for key in row))
        written.append(_write_table(folder / f"{section.name}.csv", columns, rows))
    return written


def _write_table(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> Path:
    """Write rows as CSV; maps and lists in cells are written as JSON."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows([{key: _cell(row[key]) for key in columns if key in row} for row in rows])
    replace_file(path, text.getvalue().encode())
    return path


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _cannot(problem: OSError, folder: Path) -> StoreError:
    return StoreError.of(
        problem,
        "The results cannot be written",
        folder,
        "Free space or fix the permissions, or choose another folder.",
    )
