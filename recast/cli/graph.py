"""`recast spec graph`: the DAG as a picture, or as JSON."""

from __future__ import annotations

from pathlib import Path

import click

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

A stage is one box, whatever the number of its steps; a sub-workflow is a box around its stages. What has not
expanded yet is dashed. A run shows the states of its steps.
"""

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog=EPILOG)
@click.argument("what", metavar="PATH|ANALYSIS[@VERSION]|RUN")
@click.option("--toplevel", type=_FOLDER, help="Folder that the workflow's $ref are relative to.")
@click.option("--inputs", "files", type=_FILE, multiple=True, help="YAML file with inputs.")
@click.option("-p", "assignments", multiple=True, metavar="KEY=YAML", help="One input; may be repeated.")
@click.option("--example", metavar="NAME", help="Inputs of one of the version's examples.")
@click.option("--initdir", type=_FOLDER, help="Folder with files that inputs may name.")
@click.option("--expand", multiple=True, metavar="STAGE", help="A box for each step of this stage; may be repeated.")
@click.option("--steps", is_flag=True, help="A box for each step of every stage.")
@click.option("-o", "--output", type=click.Choice(list(FORMS)), help="Form  [default: by the file's suffix, else svg].")
@click.option("--output-file", type=_FILE, help="Write there instead of to stdout.")
def graph(
    what: str,
    toplevel: Path | None,
    files: tuple[Path, ...],
    assignments: tuple[str, ...],
    example: str | None,
    initdir: Path | None,
    expand: tuple[str, ...],
    steps: bool,
    output: str | None,
    output_file: Path | None,
) -> None:
    """Draw the DAG of a workflow, of a published version, or of a run.

    Without inputs the stages are drawn as they are written; with inputs they are expanded as far as that is known.
    """
    from recast.cli.output import message
    from recast.places import places
    from recast.runs.picture import GivenInputs, find_subject

    given = GivenInputs(files, assignments, example, initdir)
    subject = find_subject(what, toplevel, given, places())
    if subject.why_not:
        message(f"drawn as written, not expanded: {subject.why_not}")
    form = output or _form_of(output_file)
    text = _rendered(subject, form, EVERYTHING if steps else expand)
    if output_file is None:
        print(text, end="")
    else:
        _write(output_file, text)
        message(f"wrote {output_file}")


def _form_of(path: Path | None) -> str:
    suffix = path.suffix.lower() if path else ""
    return next((form for form, suffixes in FORMS.items() if suffix and suffix in suffixes.split()), "svg")


def _rendered(subject: object, form: str, expand: tuple[str, ...]) -> str:
    from recast.runs.picture import Subject

    assert isinstance(subject, Subject)
    if form == "json":
        import json

        return json.dumps(subject.as_json(), indent=1, ensure_ascii=False) + "\n"
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
    from recast.errors import StoreError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise StoreError(
            "The picture cannot be written",
            where=str(path),
            why=problem.strerror or str(problem),
            next_step="choose another --output-file",
        ) from problem
