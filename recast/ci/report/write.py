"""Writing the report of a pipeline: all its files, each completely or not at all."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from recast.atomic import replace_file
from recast.ci.report.html import STYLE, STYLE_FILE
from recast.ci.report.junit import junit
from recast.ci.report.overlay import overlay
from recast.ci.report.page import Address, commit_page, plain_address
from recast.ci.report.series import series
from recast.ci.report.summary import SUMMARY_BYTES, summary
from recast.errors import StoreError
from recast.json_types import JsonObject
from recast.masked import masked_json

__all__ = ["SUMMARY_BYTES", "slug", "store", "write"]

PLOTS = "plots"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def write(
    report: JsonObject,
    comparison: JsonObject | None,
    out: Path,
    *,
    pictures: str = PLOTS,
    address: Address = plain_address,
    root: str = "",
    back: str = "",
) -> None:
    """Write `report.json`, `comparison.json`, `junit.xml`, `summary.md`, `plots/` and `index.html` into a folder.

    `report.json` comes last, so that a folder with it is complete; files of an earlier report that this one does not
    have are removed. Recognized secrets become stars. `pictures` is where the summary finds the plots, such as the
    address to which a pipeline uploads them. Raises StoreError.
    """
    told, compared = masked_json(dict(report)), None if comparison is None else masked_json(dict(comparison))
    drawn = _drawn(compared)
    own = [(f"{PLOTS}/{name}", title) for name, title, _ in drawn]
    shown = [(f"{pictures.rstrip('/')}/{name}", title) for name, title, _ in drawn]
    files = {f"{PLOTS}/{name}": content.encode() for name, _, content in drawn}
    if compared is not None:
        files["comparison.json"] = _json(compared)
    files["junit.xml"] = junit(told, compared)
    files["summary.md"] = summary(told, compared, shown).encode("utf-8", "backslashreplace")
    files["index.html"] = commit_page(told, compared, own, address=address, root=root, back=back)
    if not root:
        files[STYLE_FILE] = STYLE.encode()
    try:
        _remove_others(out, set(files))
    except OSError as problem:
        raise StoreError(
            "A report cannot be written", where=str(out), why=problem.strerror or str(problem)
        ) from problem
    store(out, {**files, "report.json": _json(told)})


def store(folder: Path, files: dict[str, bytes]) -> None:
    """Write files by their names in a folder, in that order; those that are there with these bytes are left alone."""
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not (path.is_file() and not path.is_symlink() and path.read_bytes() == content):
                path.unlink(missing_ok=True) if path.is_symlink() else None
                replace_file(path, content)
    except OSError as problem:
        why, step = (
            problem.strerror or str(problem),
            "Free space or fix the permissions, or name another folder: --out DIR",
        )
        raise StoreError("A report cannot be written", where=str(folder), why=why, next_step=step) from problem


def slug(name: str) -> str:
    """Return a file's name for a quantity: readable, and no two quantities have the same."""
    plain = _UNSAFE.sub("-", name).strip("-.")[:80]
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"


def _drawn(comparison: JsonObject | None) -> list[tuple[str, str, str]]:
    """Return name, title and content of each plot, the most important first."""
    found = series(comparison)
    names = [f"{slug(one.title)}.svg" for one in found]
    counts = (comparison or {}).get("counts") or {}
    words = ", ".join(f"{number:,} {word}" for word, number in counts.items())
    return [(name, one.title, overlay(one, words)) for name, one in zip(names, found, strict=True)]


def _remove_others(out: Path, files: set[str]) -> None:
    """Remove what an earlier report left: `report.json` first, for what follows is not complete any more."""
    (out / "report.json").unlink(missing_ok=True)
    old = [out / "comparison.json", *(out / PLOTS).glob("*.svg")]
    for path in old:
        if str(path.relative_to(out)) not in files:
            path.unlink(missing_ok=True)


def _json(document: JsonObject) -> bytes:
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"
