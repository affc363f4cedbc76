"""`recast cite`: what to cite for an analysis or a run: the paper first."""

from __future__ import annotations

import click

from recast.cli.output import emit, message, output_option, say, write
from recast.results.subject import Subject

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
              help="Lines to read, BibTeX, or a CITATION.cff.")  # fmt: skip
@output_option
def cite(what: str, form: str, output: str) -> None:
    """Say what to cite: the paper, its data on HEPData, the version with its digest, then this software."""
    from recast.results.cite import as_rows, bibtex, cff, citations

    subject = _subject(what)
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


def _subject(what: str) -> Subject:
    """Return what an export would say: of a version that is published here, or of a run."""
    from recast.catalogue import Catalogue
    from recast.catalogue.entries.draft import looks_written
    from recast.catalogue.transfer.find import find_version
    from recast.cli.find_run import run_directory
    from recast.runs.subject import subject_of, subject_of_version

    local = Catalogue()
    if looks_written(what) or "@" in what or what.startswith("oci://") or what in local.analyses():
        return subject_of_version(find_version(what, local).version)
    return subject_of(run_directory(what).request())
