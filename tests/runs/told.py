"""A workflow of two stages and runs of it, for the tests of what is told about runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.conftest import Answer, Recast

COPY = "cat {input} > {out}; echo {value} >> {out}; test {value} != 13"


def stage(
    name: str, parameters: dict[str, Any], command: str, publisher: dict[str, Any], **more: Any
) -> dict[str, Any]:
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": {"environment_type": "localproc-env"},
        "publisher": publisher,
    }
    kind = "multistep-stage" if more else "singlestep-stage"
    scheduler = {"scheduler_type": kind, "parameters": parameters, "step": step, **more}
    after = sorted({value["step"] for value in parameters.values() if isinstance(value, dict) and "step" in value})
    return {"name": name, "dependencies": after, "scheduler": scheduler}


def write_spec(folder: Path, *, command: str = COPY) -> Path:
    """`map` copies a file and appends a value, once a value; `sum` adds up; `late` waits for what `sum` leaves."""
    folder.mkdir(exist_ok=True)
    init = {"input": {"step": "init", "output": "input"}, "value": {"step": "init", "output": "values"}}
    out = {"out": "{workdir}/out.txt"}
    frompar = {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}}
    total = {"publisher_type": "fromyaml-pub", "yamlfile": "sum.yml"}
    constant = {"publisher_type": "constant-pub", "publish": {"done": "yes"}}
    all_of_map = {"files": {"stages": "map", "output": "out"}, "sum": "{workdir}/sum.yml"}
    stages = [
        stage("map", init | out, command, frompar, scatter={"method": "zip", "parameters": ["value"]}),
        stage("sum", all_of_map, 'echo "parts: [$(cat {files} | grep -v x | paste -sd,)]" > {sum}', total),
        stage("late", {"part": {"step": "sum", "output": "parts"}}, "echo {part}", constant)
        | {"dependencies": ["sum"]},
    ]
    stages[1]["dependencies"] = ["map"]
    stages[2]["scheduler"] |= {
        "scheduler_type": "multistep-stage",
        "scatter": {"method": "zip", "parameters": ["part"]},
    }
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


def write_init(folder: Path, text: str = "x\n") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "data.txt").write_text(text)
    return folder


def arguments(spec: Path, init: Path, values: str = "[1, 2]") -> list[str | Path]:
    given: list[str | Path] = ["workflow.yml", "--toplevel", spec, "--initdir", init, "--allow-host-process"]
    return [*given, "-p", "input=data.txt", "-p", f"values={values}"]


def run(recast: Recast, spec: Path, init: Path, values: str = "[1, 2]") -> str:
    """Run it to its end, however that is, and return the run's id."""
    answer: Answer = recast("run", *arguments(spec, init, values), "-q")
    assert answer.code in (0, 1), answer.err
    return answer.out.strip()
