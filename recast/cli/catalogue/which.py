"""`recast which`: the searches that apply to a model, and the clauses that rule others out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.output import emit, message, output_option, say
from recast.errors import NotFound
from recast.json_types import JsonDict
from recast.operations.which import searches_asked

if TYPE_CHECKING:
    from recast.applies.which import Answer

__all__ = ["which"]

EPILOG = """
\b
Examples:
  recast which my.slha
  recast which -p m_squark=1200 -p m_neutralino=300
  recast which -p m_zprime=3500 -p model=psi
  recast which events.lhe.gz
  recast which -p 'points=["T5HH_2000"]'
  recast which my.slha --entries catalogue       (entries that are not published yet)

Exit codes: 0 a search takes it (possibly outside its validated range); 6 none does; 3 the file is not a model.
"""

_COLUMNS = ("analysis", "takes", "topology", "xsec_times_branching_fb", "clause", "why")


@click.command(epilog=EPILOG)
@click.argument("file", required=False, metavar="[FILE]")
@click.option(
    "-p", "assignments", multiple=True, metavar="KEY=YAML|@FILE", help="A mass (m_squark=1200, GeV), an input."
)
@click.option(
    "--entries",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="Entry files, or folders of them, instead of the catalogue.",
)
@output_option
def which(file: str | None, assignments: tuple[str, ...], entries: tuple[Path, ...], output: str) -> None:
    """Show which searches apply to a model: a spectrum, masses, couplings, or an event file.

    Each answer follows from what the entry declares: yes, outside (it runs, but was not validated there), no, or
    unknown.
    """
    from recast.operations.which import ask, model_asked

    model, named = model_asked(file, assignments)
    answers = ask(searches_asked(entries, message), model, named)
    rows = [answer.as_json() for answer in answers]
    covered = sum(row["takes"] in ("yes", "outside") for row in rows)
    notes = list(model.spectrum.notes) if model.spectrum is not None else []
    emit({"covered": covered, "searches": rows, "notes": notes}, rows, _COLUMNS, output)
    if output == "table":
        _say_next(answers)
    for note in notes[:5]:
        message(f"note       {named}, {note}")
    if not covered:
        raise _nothing(rows)


def _say_next(answers: Sequence[Answer]) -> None:
    for answer in answers:
        if answer.command:
            say(f"next  {answer.command}")
            for note in answer.notes:
                say(f"      {note}")


def _nothing(rows: Sequence[JsonDict]) -> NotFound:
    if not rows:
        return NotFound(
            "There are no searches here",
            code="which.empty",
            next_step="recast publish catalogue/ANALYSIS.yml   (or recast which ... --entries catalogue)",
        )
    return NotFound(
        f"None of the {len(rows)} searches here covers this model",
        code="which.nothing",
        why="The table shows which clause rules each of them out.",
        next_step="recast catalogue ls --all   (searches that are known but not preserved here)",
    )
