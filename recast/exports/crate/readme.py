"""The README of a crate, for readers who know nothing about it; pure."""

from __future__ import annotations

from recast.exports.crate.facts import RunFacts
from recast.results.cite import Citation
from recast.terminal_safe import one_line

__all__ = ["readme"]


def readme(facts: RunFacts) -> str:
    """Return the text of README.md (Markdown)."""
    request = facts.request
    version = f"\nVersion of the analysis: `{request.title}`, digest `{request.digest}`.\n" if request.digest else ""
    rows = "\n".join(f"| {step.id} | {step.state} | {_cell(step.reason)} |" for step in facts.steps)
    warned = "".join(f"**WARNING: {one_line(warning)}**\n\n" for warning in facts.warnings)
    return f"""# Run {request.run} of {request.title}

{warned}It {facts.state}. It was asked for at {facts.started} and ended at {facts.ended}.
{version}
| here | what it is |
|---|---|
| `ro-crate-metadata.json` | who, what, when, with which image and files: a Workflow Run RO-Crate in JSON |
| `inputs.json`, `inputs/` | what the run was given |
| `recast-run.json` | the same for a machine: `recast run` makes the run again from it |
| `spec/` | the workflow, in yadage's language; it starts at `spec/{request.workflow}` |
| `results/`, `outputs/` | what the run yielded |
| `intermediate/` | files between its steps, if they were exported as well |

Run it again, where RECAST is installed (`DIR` is this folder, or a zip of it), or ask the same of another version:

```sh
recast run DIR
recast run {request.title if request.digest else "WORKFLOW.yml"} --inputs DIR/inputs.json
```

Every file is checked first, and digests say which images run. They come from where they were pulled, or from an archive
of the version (`recast catalogue import`).

Every file stands in `ro-crate-metadata.json` with its size and its sha256: `sha256sum` prints the same.
Container images are named there by the sha256 of their OCI manifest.

| step | state | why |
|---|---|---|
{rows}
{_cite(facts)}"""


def _cite(facts: RunFacts) -> str:
    """Return what to cite for the results, the paper first; nothing for a run without a version."""
    lines = [f"{number}. {one_line(Citation(**one).words)}" for number, one in enumerate(facts.cite, 1)]
    return "\n".join(["", "To cite:", "", *lines, ""]) if lines else ""


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")
