"""Small specs for tests, written as YAML text."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from recast.errors import SpecError
from recast.spec import LoadedSpec, load_workflow

STEPS = """\
echo:
  process:
    process_type: string-interpolated-cmd
    cmd: echo {text} > {out}
  environment:
    environment_type: localproc-env
  publisher:
    publisher_type: frompar-pub
    outputmap: {out: out}
"""

FIRST = """\
name: first
dependencies: [init]
scheduler:
  scheduler_type: singlestep-stage
  parameters:
    text: {step: init, output: text}
    out: '{workdir}/out.txt'
  step: {$ref: steps.yml#/echo}
"""


def stages(*texts: str) -> str:
    """Return a workflow of stages, each written from column 0."""
    return "stages:\n" + "".join("- " + indent(dedent(text).strip(), "  ").strip() + "\n" for text in texts)


def single(parameters: str = "{}", body: str = "step: {$ref: steps.yml#/echo}", name: str = "second") -> str:
    """Return a singlestep stage that depends on init; `parameters` and `body` in flow style."""
    return (
        f"name: {name}\ndependencies: [init]\nscheduler:\n  scheduler_type: singlestep-stage\n"
        f"  parameters: {parameters}\n  {body}\n"
    )


class Specs:
    """A folder of spec files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("steps.yml", STEPS)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def load(self, text: str | None = None, name: str = "workflow.yml", *, check: bool = True) -> LoadedSpec:
        if text is not None:
            self.write(name, text)
        return load_workflow(name, self.folder, check=check)

    def error(self, text: str | None = None, name: str = "workflow.yml") -> SpecError:
        """Return the error that loading raises; it must say what to do next."""
        with pytest.raises(SpecError) as caught:
            self.load(text, name)
        assert caught.value.next_step, caught.value
        return caught.value
