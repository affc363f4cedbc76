"""`recast cite`: what to cite for an analysis or a run, the paper first."""

from __future__ import annotations

import click

from recast.cli.output import emit, message, output_option, say, write
from recast.operations.cite import subject_named

__all__ = ["cite"]

EPILOG = """
\b
Examples:
  recast cite atlas-susy-2018-31
  recast cite last
  recast cite last --format bibtex > cite.bib
  recast cite atlas-susy-2018-31 --format cff > CITATION.cff
"""


@click.command(epilog=EPILOG)
@click.argument("what", metavar="ANALYSIS[@VERSION]|ENTRY.yml|oci://...|RUN", default="last")
@click.option("--format", "form", type=click.Choice(["text", "bibtex", "cff"]), default="text", show_default=True,
              help="Plain text, BibTeX, or a CITATION.cff file.")  # fmt: skip
@output_option
def cite(what: str, form: str, output: str) -> None:
    """Show what to cite: the paper, its data on HEPData, the version with its digest, then this software."""
    from recast.results.cite import as_rows, bibtex, cff, citations

    subject = subject_named(what, message)
    found = citations(subject)
    for warning in subject.warnings:
        message(f"WARNING    {warning}")
    if subject.reference and not subject.metadata:
        message(f"warning    {subject.reference} is not in your catalogue: its paper is not known here")
    if output != "table":
        warned = {"warnings": list(subject.warnings)} if subject.warnings else {}
        about = {
            **warned,
            "reference": subject.reference or None,
            "digest": subject.digest or None,
            "run": subject.run or None,
        }
        document = {**about, "cite": [one.as_json() for one in found]}
        emit(document, as_rows(found), ("what", "cite"), output)
    elif form == "text":
        for number, row in enumerate(as_rows(found), 1):
            say(f"{number}. {row['cite']}")
    else:
        write(bibtex(found, subject.reference or "recast") if form == "bibtex" else cff(found, subject), end="")
