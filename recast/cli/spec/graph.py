"""`recast spec graph`: the DAG as a drawing, or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from recast.cli.options import input_options
from recast.cli.output import message, write
from recast.errors import InputError, StoreError
from recast.paths import places
from recast.prepare import find_source
from recast.prepare.arguments import chosen
from recast.reports.drawing import Subject, subject_as_written, subject_of_inputs, subject_of_run

__all__ = ["graph"]

FORMS = {"svg": ".svg", "dot": ".dot .gv", "mermaid": ".mmd .mermaid", "json": ".json"}
EVERYTHING = ("*",)

EPILOG = """
\b
Examples:
  recast spec graph workflow.yml --toplevel specs --output-file workflow.svg
  recast spec graph workflow.yml -p 'input=[1, 2, 3]' -o mermaid
  recast spec graph atlas-susy-2018-31 --example demo --output-file demo.svg
  recast spec graph last --expand fit --output-file run.svg
  recast spec graph last -o dot | dot -Tpdf > run.pdf

Each stage is one box, however many steps it has; a sub-workflow is a box around its stages. Stages that have not
expanded yet are dashed. A run shows the states of its steps.
"""

_WORKFLOWS = ("workflow.yml", "workflow.yaml")


@click.command(epilog=EPILOG)
@input_options
@click.option("--expand", multiple=True, metavar="STAGE", help="Draw each step of this stage; may be repeated.")
@click.option("--steps", is_flag=True, help="Draw each step of every stage.")
@click.option(
    "-o", "--output", type=click.Choice(list(FORMS)), help="Format [default: from the file's suffix, otherwise svg]."
)
@click.option(
    "--output-file", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead of stdout."
)
def graph(expand: tuple[str, ...], steps: bool, output: str | None, output_file: Path | None, **given: Any) -> None:
    """Draw the DAG of a workflow, of a published version, or of a run (its id, `last`, or its folder).

    Without inputs the stages are drawn as written; with inputs they are expanded as far as possible.
    """
    subject = _subject(**given)
    text = _rendered(subject, output or _form_of(output_file), EVERYTHING if steps else expand)
    if output_file is None:
        write(text, end="")
    else:
        _write(output_file, text)
        message(f"wrote {output_file}")


def _subject(source: str, **given: Any) -> Subject:
    """Return what to draw. A workflow that needs inputs, and was given none at all, is drawn as written."""
    is_given = any(given.values())
    subject = None if is_given else subject_of_run(source, places())
    if subject is not None:
        return subject
    source = next((f"{source}/{name}" for name in _WORKFLOWS if (Path(source) / name).is_file()), source)
    try:
        return subject_of_inputs(*chosen(source, **given))
    except InputError as problem:
        if any(value for name, value in given.items() if name != "toplevel"):
            raise
        message(f"drawn as written, not expanded: {problem.what}")
        return subject_as_written(find_source(source, given["toplevel"]))


def _form_of(path: Path | None) -> str:
    suffix = path.suffix.lower() if path else ""
    return next((form for form, suffixes in FORMS.items() if suffix and suffix in suffixes.split()), "svg")


def _rendered(subject: Subject, form: str, expand: tuple[str, ...]) -> str:
    if form == "json":
        return json.dumps(subject.as_json(expand), indent=1, ensure_ascii=False) + "\n"
    drawing = subject.drawing(expand)
    if form == "dot":
        from recast.graph.dot import dot

        return dot(drawing)
    if form == "mermaid":
        from recast.graph.mermaid import mermaid

        return mermaid(drawing)
    from recast.graph.svg import svg

    return svg(drawing)


def _write(path: Path, text: str) -> None:
    from recast.atomic import replace_file

    try:
        replace_file(path, text.encode())
    except OSError as problem:
        raise StoreError.of(problem, "The picture cannot be written", path, "choose another --output-file") from problem
