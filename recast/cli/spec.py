"""`recast spec`: is this workflow valid, and what is its digest?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recast.cli.output import emit, message, output_option
from recast.errors import NotFound, SpecError

if TYPE_CHECKING:
    from recast.spec import Finding

__all__ = ["spec"]

_INVALID = 3
_SUFFIXES = (".yml", ".yaml", ".json")
_COLUMNS = ("path", "severity", "code", "where", "what", "next")

_paths = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
_toplevel = click.option(
    "--toplevel",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that $ref in the workflow file is relative to.  [default: the file's own]",
)


@click.group()
def spec() -> None:
    """Look at workflow specs without running them."""


@spec.command()
@_paths
@_toplevel
@click.option("-w", "--warnings", is_flag=True, help="Print warnings too.")
@output_option
@click.pass_context
def validate(ctx: click.Context, paths: tuple[Path, ...], toplevel: Path | None, warnings: bool, output: str) -> None:
    """Say of each workflow whether it can run: a line for each problem, or `ok`.

    PATH is a workflow file, or a folder of which all workflow files are judged. Exit code 3 if any is invalid.
    """
    reports = [
        _judge(path, [toplevel] if toplevel else _between(path.parent, limit)) for path, limit in _workflows(paths)
    ]
    if output == "table":
        for report in reports:
            _print_report(report, warnings)
    else:
        rows = [{"path": r["path"], **finding} for r in reports for finding in r["errors"] + r["warnings"]]
        emit({"files": reports}, rows, _COLUMNS, output)
    if not all(report["valid"] for report in reports):
        ctx.exit(_INVALID)


@spec.command()
@_paths
@_toplevel
@output_option
def digest(paths: tuple[Path, ...], toplevel: Path | None, output: str) -> None:
    """Print the sha256 of a folder's files, or of the files that a workflow reads.

    It depends on the names below the toplevel and the contents, not on where the folder lies.
    """
    from recast.spec import bundle_files, load_workflow, spec_digest

    rows: list[dict[str, Any]] = []
    for path in paths:
        if path.is_dir():
            base, files = path, bundle_files(path)
        else:
            loaded = load_workflow(str(path.absolute()), toplevel or path.parent, check=False)
            base, files = loaded.toplevel, loaded.files
        rows.append({"digest": spec_digest(base, files), "path": str(path), "files": list(files)})
    if output == "table":
        for row in rows:
            print(f"{row['digest']}  {row['path']}")
    else:
        emit(rows, rows, ("digest", "path"), output)


def _workflows(paths: tuple[Path, ...]) -> Iterator[tuple[Path, Path]]:
    """Return each workflow file with the highest folder that may be its toplevel."""
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
            found = [file for file in files if _is_workflow(file)]
            if not found:
                message(f"{path}: no workflow files (with `stages:` at the top)")
            yield from ((file, path) for file in found)
        elif path.exists():
            yield path, path.parent
        else:
            raise NotFound(f"There is no file {str(path)!r}", next_step=f"ls {path.parent}")


def _is_workflow(path: Path) -> bool:
    """Return whether a file has `stages` at the top; an unreadable one counts, so that its error is shown."""
    from recast.spec.source import MAX_FILE_BYTES, parse

    with path.open("rb") as stream:
        data = stream.read(MAX_FILE_BYTES)
    if b"stages" not in data:
        return False
    try:
        value = parse(data, path.name).value
    except SpecError:
        return True
    return isinstance(value, dict) and "stages" in value


def _between(folder: Path, limit: Path) -> list[Path]:
    """Return a folder and those above it, up to a limit that is one of them."""
    folders = [folder, *folder.parents]
    return folders[: folders.index(limit) + 1]


def _judge(path: Path, folders: list[Path]) -> dict[str, Any]:
    """Return the report on a file, with the first of these toplevels in which its references are found."""
    from recast.spec import load_workflow

    reports = []
    for folder in folders:
        try:
            loaded = load_workflow(str(path.absolute()), folder)
        except SpecError as error:
            reports.append(_report(path, folder, error))
            if error.code not in ("spec.ref-missing", "spec.ref-escape"):
                return reports[-1]
        else:
            return _report(path, folder, None, loaded.warnings)
    return reports[0]


def _report(path: Path, toplevel: Path, error: SpecError | None, warnings: tuple[Finding, ...] = ()) -> dict[str, Any]:
    from recast.spec.findings import findings_of

    def place(where: object) -> str:
        return os.path.join("" if toplevel == Path() else toplevel, str(where))  # noqa: PTH118 - a Path would eat slashes of the key

    errors = [{**finding.as_json(), "where": place(finding.position)} for finding in findings_of(error)]
    if error is not None and not errors:
        errors = [{"severity": "error", **error.as_json(), "where": place(error.where)}]
    return {
        "path": str(path),
        "toplevel": str(toplevel),
        "valid": error is None,
        "errors": errors,
        "warnings": [{**warning.as_json(), "where": place(warning.position)} for warning in warnings],
    }


def _print_report(report: dict[str, Any], warnings: bool) -> None:
    """Print a line for each problem, and `path: ok` if there is no error."""
    for finding in report["errors"] + (report["warnings"] if warnings else []):
        remedy = f". {finding['next']}" if finding["next"] else ""
        print(f"{finding['where']}: {finding['severity']}: {finding['what']}{remedy}")
    if report["valid"]:
        count = len(report["warnings"])
        hint = f" ({count} warning{'s' if count > 1 else ''}; -w shows them)" if count and not warnings else ""
        print(f"{report['path']}: ok{hint}")
