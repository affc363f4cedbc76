"""Specs made at random from the language as yadage has it; most of them run."""

from __future__ import annotations

import random
from typing import Any

__all__ = ["INPUTS", "random_workflow"]

INPUTS: dict[str, Any] = {"one": 3, "many": [1, 2, 3]}
"""What every workflow is given."""

DEEPEST = 2
"""Levels of sub-workflows below the root."""

HOST = {"environment_type": "localproc-env"}
OUTPUTS = ("one", "many", "file")
"""What every step publishes: a value, a list, a path."""


def random_workflow(seed: int) -> dict[str, Any]:
    """Return a workflow; the same for the same seed."""
    return _Maker(random.Random(seed)).workflow(DEEPEST)


class _Maker:
    """Makes stages that refer to those before them."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def workflow(self, depth: int) -> dict[str, Any]:
        """Return a workflow of up to five stages, with sub-workflows of less depth."""
        paths: list[str] = []
        stages = []
        for index in range(self.dice.randint(1, 5)):
            stages.append(self._stage(f"s{index}", paths, depth))
            paths += _paths_to(stages[-1])
        return {"stages": stages}

    def _stage(self, name: str, before: list[str], depth: int) -> dict[str, Any]:
        # Below the root a jq-stage of yadage sees what it saw in the first instance: it writes into the shared spec.
        kinds = ["singlestep-stage", "singlestep-stage", "multistep-stage", *(["jq-stage"] if depth == DEEPEST else [])]
        kind = self.dice.choice(kinds)
        used: set[str] = {"init"}
        scheduler: dict[str, Any] = {"scheduler_type": kind}
        is_scope = depth > 0 and self.dice.random() < 0.3
        if kind == "jq-stage":
            scheduler |= self._jq(is_scope)
        else:
            scheduler["parameters"] = {
                "one": self._value(before, used),
                "many": self._list(before, used),
                **({} if is_scope else {"file": "{workdir}/out.txt"}),
            }
        if kind == "multistep-stage":
            scheduler |= self._scatter()
        self._add_body(scheduler, is_scope, depth)
        if self.dice.random() < 0.2 and not is_scope:
            value = {"stages": name, "output": "one", "expression_type": "stage-output-selector"}
            scheduler["register_values"] = {f"of_{name}": value}
        return {"name": name, "dependencies": sorted(used), "scheduler": scheduler}

    def _add_body(self, scheduler: dict[str, Any], is_scope: bool, depth: int) -> None:
        if is_scope:
            scheduler["workflow"] = self.workflow(depth - 1)
            if self.dice.random() < 0.3:
                scheduler["workflow_opts"] = {"discover": self.dice.random() < 0.5}
        elif self.dice.random() < 0.15 and scheduler["scheduler_type"] != "jq-stage":
            scheduler["cases"] = [{"if": ".one == 3", "step": self._step()}, {"if": "true", "step": self._step()}]
        else:
            scheduler["step"] = self._step()

    def _jq(self, is_scope: bool) -> dict[str, Any]:
        file = "" if is_scope else ', file: "{workdir}/out.txt"'
        script = ".n[0][0] | map({one: ., many: [1, 2]%s})" % file  # noqa: UP031
        return {
            "bindings": {"n": {"$wflowref": [".init[]", ".many"]}},
            "stepscript": script,
            "postscript": ".",
        }

    def _scatter(self) -> dict[str, Any]:
        found: dict[str, Any] = {"scatter": {"method": self.dice.choice(["zip", "cartesian"]), "parameters": ["many"]}}
        group = self.dice.choice(["", "", "batchsize", "partitionsize"])
        return {**found, **({group: self.dice.randint(1, 3)} if group else {})}

    def _value(self, before: list[str], used: set[str]) -> Any:
        if not before or self.dice.random() < 0.4:
            return self.dice.choice([3, "text", [1, 2], {"a": 1}, {"step": "init", "output": "one"}])
        return self._reference(before, used, self.dice.choice(OUTPUTS))

    def _list(self, before: list[str], used: set[str]) -> Any:
        if not before or self.dice.random() < 0.5:
            return self.dice.choice([[1, 2, 3], ["x", "y"], {"step": "init", "output": "many"}, [[1], [2, 3]]])
        return self._reference(before, used, self.dice.choice(OUTPUTS), single=False)

    def _reference(self, before: list[str], used: set[str], output: str, single: bool | None = None) -> dict[str, Any]:
        path = self.dice.choice(before)
        used.add(path.partition("[")[0].rstrip("."))
        reference: dict[str, Any] = {"stages": path, "output": output}
        for shape in ("unwrap", "flatten"):
            if self.dice.random() < 0.3 and (shape == "flatten" or single is not False):
                reference[shape] = True
        return reference

    def _step(self) -> dict[str, Any]:
        publisher = self.dice.choice(
            [
                {"publisher_type": "frompar-pub", "outputmap": {"one": "one", "many": "many", "file": "file"}},
                {
                    "publisher_type": "interpolated-pub",
                    "publish": {"one": "{one}", "many": ["{file}", 5], "file": "{workdir}/out.txt"},
                },
                {
                    "publisher_type": "interpolated-pub",
                    "glob": True,
                    "publish": {"one": 1, "many": "{workdir}/*.txt", "file": "{file}"},
                },
                {"publisher_type": "fromyaml-pub", "yamlfile": "result.yml"},
                {"publisher_type": "constant-pub", "publish": {"one": 1, "many": [1, 2], "file": "none"}},
            ]
        )
        command = "echo made > {file}; echo two > two.txt; echo '{{one: 1, many: [5, 6], file: x}}' > result.yml"
        process = {"process_type": "string-interpolated-cmd", "cmd": command}
        return {"process": process, "environment": HOST, "publisher": publisher}


def _paths_to(stage: dict[str, Any]) -> list[str]:
    """Return the paths to steps of a stage; in a sub-workflow that of its first stage, if that runs steps."""
    body = stage["scheduler"].get("workflow")
    if body is None:
        return [stage["name"]]
    name, inner = stage["name"], body["stages"][0]
    return [] if "workflow" in inner["scheduler"] else [f"{name}[*].{inner['name']}", f"{name}.[*].{inner['name']}"]
