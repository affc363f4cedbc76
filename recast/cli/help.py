"""`recast help`: the meaning of an error or a lint rule, and what to do."""

from __future__ import annotations

import click

from recast.cli.output import emit, output_option, write_page

__all__ = ["help"]

EPILOG = """
\b
Examples:
  recast help store.damaged
  recast help spec.cycle        (or: recast help cycle)
  recast help                   (all codes; -o json)
"""


@click.command(epilog=EPILOG)
@click.argument("code", required=False)
@output_option
def help(code: str | None, output: str) -> None:
    """Explain an error code or lint rule: what it means, when it comes up, what to do.

    The code is shown in brackets in the first line of every error. Without CODE, list all codes.
    """
    if code is not None:
        _print_page(code.strip("[]"))
    else:
        rows = _rows()
        emit(rows, rows, ("code", "exit_code", "title"), output)


def _print_page(code: str) -> None:
    from recast.cli.app import COMMANDS
    from recast.errors import NotFound
    from recast.pages import codes, page_text

    if code in COMMANDS and code not in codes():
        raise NotFound(f"{code!r} is a command, not a code", next_step=f"recast {code} --help")
    write_page(page_text(code))


def _rows() -> list[dict[str, str]]:
    """Return all codes with their titles; the exit code of a rule is that of a spec that `recast run` rejects."""
    from recast.errors import SpecError
    from recast.pages import error_pages
    from recast.spec.rulebook import RULES

    rows = [{"code": page.code, "exit_code": page.exit_code, "title": page.title} for page in error_pages()]
    for rule in RULES.values():
        stops = rule.stops_run and rule.severity == "error"
        rows.append({"code": rule.code, "exit_code": str(SpecError.exit_code) if stops else "", "title": rule.title})
    return sorted(rows, key=lambda row: row["code"])
