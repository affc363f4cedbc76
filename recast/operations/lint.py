"""Lint workflow files: which files, with which toplevel, and the report on them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from recast.errors import ImageError, NotFound, SpecError
from recast.json_types import JsonDict
from recast.spec import Finding
from recast.spec.lint.judge import Judgement
from recast.terminal_safe import visible

__all__ = ["here", "judgements", "place_of", "report_of", "summary_of"]

_SUFFIXES = (".yml", ".yaml", ".json")


def here(paths: Sequence[Path], toplevel: str | None) -> tuple[Sequence[Path], Path | None]:
    """Return the local paths and toplevel, fetched if they are remote; raise NotFound."""
    if toplevel is None:
        return paths, None
    if not Path(toplevel).is_dir():
        from recast.remote import local_toplevel

        folder = local_toplevel(toplevel, str(paths[0])).path
        return [folder / path for path in paths], folder
    return paths, Path(toplevel)


def judgements(
    paths: Sequence[Path], toplevel: str | None, *, lint: bool = False, say: Callable[[str], None] = lambda _: None
) -> list[Judgement]:
    """Check each workflow file, with the given toplevel or the one found for it; raise NotFound."""
    from recast.spec.lint.judge import judge

    paths, folder = here(paths, toplevel)
    return [
        judge(
            path,
            [folder] if folder is not None else _between(path.parent, limit),
            lint=lint,
            pinned=_pinned,
        )
        for path, limit in _workflows(paths, say)
    ]


def _pinned(folder: Path) -> frozenset[str]:
    """Return the images that a toplevel's lock pins; an invalid lock pins none, and a run reports it."""
    if not (folder / "images.lock.json").is_file():
        return frozenset()
    from recast.images import load_lock

    try:
        return frozenset(load_lock(folder).images)
    except ImageError:
        return frozenset()


def place_of(judgement: Judgement, finding: Finding) -> str:
    """Return the location of a finding: a path that can be opened, a line and a key."""
    if finding.position is None:
        return visible(str(judgement.path), None)
    base = "" if judgement.toplevel == Path() else visible(str(judgement.toplevel), None)
    return os.path.join(base, str(finding.position)).rstrip()  # noqa: PTH118 - a Path would eat slashes of the key


def report_of(judgement: Judgement) -> JsonDict:
    """Return a judgement as a JSON object.

    `schema` is VALID, INVALID or ERROR, `valid` whether it is VALID, `runnable` whether a run would start.
    """
    findings = [{**finding.as_json(), "where": place_of(judgement, finding)} for finding in judgement.findings]
    return {
        "path": visible(str(judgement.path), None),
        "toplevel": visible(str(judgement.toplevel), None),
        "schema": judgement.verdict,
        "valid": judgement.verdict == "VALID",
        "runnable": judgement.runnable,
        "errors": [finding for finding in findings if finding["severity"] == "error"],
        "warnings": [finding for finding in findings if finding["severity"] == "warning"],
        "notes": [finding for finding in findings if finding["severity"] == "note"],
        "silenced": [
            {**item.finding.as_json(), "where": place_of(judgement, item.finding), "reason": item.reason}
            for item in judgement.silenced
        ],
        "more": judgement.more,
    }


def summary_of(found: Sequence[Judgement]) -> JsonDict:
    """Return the counts of workflows by verdict, and of distinct findings by severity and code.

    A finding in a file that several workflows share is counted once.
    """
    verdicts = Counter(judgement.verdict for judgement in found)
    different = {(place_of(judgement, finding), finding) for judgement in found for finding in judgement.findings}
    severities = Counter(finding.severity for _, finding in different)
    silenced = {(place_of(judgement, item.finding), item) for judgement in found for item in judgement.silenced}
    return {
        "workflows": len(found),
        "valid": verdicts["VALID"],
        "invalid": verdicts["INVALID"],
        "unresolvable": verdicts["ERROR"],
        "not_runnable": sum(judgement.verdict == "VALID" and not judgement.runnable for judgement in found),
        "errors": severities["error"],
        "warnings": severities["warning"],
        "notes": severities["note"],
        "silenced": len(silenced),
        "codes": dict(sorted(Counter(finding.code for _, finding in different).items())),
    }


def _workflows(paths: Sequence[Path], say: Callable[[str], None]) -> Iterator[tuple[Path, Path]]:
    """Yield each workflow file with the highest folder that may be its toplevel."""
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
            found = [file for file in files if _is_workflow(file)]
            if not found:
                say(f"{path}: no workflow files (with `stages:` at the top)")
            yield from ((file, path) for file in found)
        elif path.exists():
            yield path, path.parent
        else:
            raise NotFound(f"There is no file {str(path)!r}", next_step=f"ls {path.parent}")


def _is_workflow(path: Path) -> bool:
    """Return whether a file has a top-level `stages`; an unreadable file counts, so that its error is shown."""
    from recast.spec.source import MAX_FILE_BYTES, parse

    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES)
        if b"stages" not in data:
            return False
        value = parse(data, path.name).value
    except (SpecError, OSError):
        return True
    return isinstance(value, dict) and "stages" in value


def _between(folder: Path, limit: Path) -> list[Path]:
    """Return a folder and its parents, up to and including `limit`."""
    folders = [folder, *folder.parents]
    return folders[: folders.index(limit) + 1]
